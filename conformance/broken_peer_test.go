package conformance_test

import (
	"bytes"
	"compress/flate"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-websockets/websockets/frame"
)

// faults are what a peer does wrong. Without any it is a simple and right one,
// which looks at text when a message is complete.
type faults struct {
	anyText        bool // no check of UTF-8
	anyReason      bool // no check of the reason of a close frame
	anyClose       bool // close frames are sent back as they are
	anyBits        bool // reserved bits do not matter
	anyOpcode      bool // frames with reserved opcodes are skipped
	anyControl     bool // control frames may be long and fragmented
	anyOrder       bool // fragments may come in any order
	lastPong       bool // of pings in a row only the last is answered
	noPong         bool
	bareFragments  bool // each fragment is taken for a message
	alwaysText     bool // what comes back is text
	afterClose     bool // what comes behind a close frame is taken
	noCloseAnswer  bool
	stays          bool // the connection is not dropped
	otherMask      bool // frames are masked where they must not be, and the other way round
	longLengths    bool // lengths take 8 bytes
	cutAt          int  // longer messages are cut, if it is not 0
	flipsFrom      int  // longer messages have another last byte, if it is not 0
	most           int  // longer messages are refused with 1009, if it is not 0
	compresses     bool // knows permessage-deflate
	keepsContext   bool // although it agreed not to
	exceedsWindow  bool // although it agreed on one
	dropsNoContext bool // server_no_context_takeover is not granted
	dropsWindow    bool // server_max_window_bits is not granted
	raisesWindow   bool // it is granted with 15
	answersUnasked bool // an extension is agreed on that nobody offered
	wrongAccept    bool
}

// serveBroken serves peers with faults and returns their address.
func serveBroken(t *testing.T, f faults) string {
	ln, addr := listenOn(t, nil)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				p := &brokenPeer{faults: f, conn: conn, server: true}
				if p.accept() == nil {
					p.run()
				}
			}()
		}
	}()
	return addr
}

// A brokenPeer sends back what comes, with raw frames.
type brokenPeer struct {
	faults
	conn   net.Conn
	server bool
	buf    []byte

	opcode     frame.Opcode // of the message that has begun; 0: none
	compressed bool
	message    []byte
	pong       []byte // the answer that waits, if lastPong
	noContext  bool   // was agreed on for what is sent
	bits       int    // the window for what is sent
	window     []byte // of what came
	out        bytes.Buffer
	w          *flate.Writer
}

// accept does the opening handshake of a server.
func (p *brokenPeer) accept() error {
	head, err := p.head()
	if err != nil {
		return err
	}
	key := headerOf(head, "Sec-WebSocket-Key")
	if p.wrongAccept {
		key += "x"
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	response := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	if extension := p.agree(headerOf(head, "Sec-WebSocket-Extensions")); extension != "" {
		response += "Sec-WebSocket-Extensions: " + extension + "\r\n"
	}
	_, err = io.WriteString(p.conn, response+"\r\n")
	return err
}

// agree answers the first of the offers.
func (p *brokenPeer) agree(offers string) string {
	if p.answersUnasked {
		return "x-unasked"
	}
	if !p.compresses || offers == "" {
		p.compresses = false
		return ""
	}
	offer, _, _ := strings.Cut(offers, ",")
	answer := "permessage-deflate"
	if strings.Contains(offer, "server_no_context_takeover") && !p.dropsNoContext {
		p.noContext = true
		answer += "; server_no_context_takeover"
	}
	p.bits = 15
	if _, bits, ok := strings.Cut(offer, "server_max_window_bits="); ok && !p.dropsWindow {
		bits, _, _ = strings.Cut(bits, ";")
		p.bits, _ = strconv.Atoi(strings.TrimSpace(bits))
		if p.raisesWindow {
			p.bits = 15
		}
		answer += "; server_max_window_bits=" + strconv.Itoa(p.bits)
	}
	level := 6
	if p.bits < 15 && !p.exceedsWindow {
		level = flate.HuffmanOnly // it refers to nothing
	}
	p.w, _ = flate.NewWriter(&p.out, level)
	return answer
}

func (p *brokenPeer) head() (string, error) {
	for !bytes.Contains(p.buf, []byte("\r\n\r\n")) {
		if err := p.fill(); err != nil {
			return "", err
		}
	}
	head, rest, _ := bytes.Cut(p.buf, []byte("\r\n\r\n"))
	p.buf = bytes.Clone(rest)
	return string(head), nil
}

func headerOf(head, name string) string {
	for line := range strings.SplitSeq(head, "\r\n") {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (p *brokenPeer) fill() error {
	p.buf = slices.Grow(p.buf, 16<<10)
	n, err := p.conn.Read(p.buf[len(p.buf):cap(p.buf)])
	p.buf = p.buf[:len(p.buf)+n]
	if n > 0 {
		return nil
	}
	return err
}

// next returns the next frame. In the meantime a pong may become due.
func (p *brokenPeer) next() (frame.Frame, error) {
	for {
		h, n, err := frame.ParseHeader(p.buf)
		if err != nil {
			return frame.Frame{}, err
		}
		if n > 0 && int64(len(p.buf)-n) >= h.Length {
			payload := p.buf[n : n+int(h.Length) : n+int(h.Length)]
			p.buf = p.buf[n+int(h.Length):]
			for i := range payload {
				payload[i] ^= h.MaskingKey[i%4]
			}
			return frame.Frame{FIN: h.FIN, RSV1: h.RSV1, RSV2: h.RSV2, RSV3: h.RSV3, Opcode: h.Opcode, Payload: payload}, nil
		}
		if p.pong != nil {
			_ = p.conn.SetReadDeadline(time.Now().Add(150 * time.Millisecond))
		}
		err = p.fill()
		if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() && p.pong != nil {
			p.flushPong()
			continue
		}
		if err != nil {
			return frame.Frame{}, err
		}
	}
}

func (p *brokenPeer) flushPong() {
	if p.pong != nil {
		p.send(frame.OpPong, false, p.pong)
		p.pong = nil
		_ = p.conn.SetReadDeadline(time.Time{})
	}
}

func (p *brokenPeer) send(op frame.Opcode, rsv1 bool, payload []byte) {
	h := frame.Header{FIN: true, RSV1: rsv1, Opcode: op, Length: int64(len(payload)), Masked: p.server == p.otherMask}
	if h.Masked {
		h.MaskingKey = [4]byte{1, 2, 3, 4}
	}
	b := frame.AppendHeader(nil, h)
	if p.longLengths {
		n := len(payload)
		b = []byte{b[0], 127, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	}
	at := len(b)
	b = append(b, payload...)
	for i := at; i < len(b) && h.Masked; i++ {
		b[i] ^= h.MaskingKey[(i-at)%4]
	}
	_, _ = p.conn.Write(b)
}

// fail closes with a code.
func (p *brokenPeer) fail(code frame.CloseCode) { p.leave([]byte{byte(code >> 8), byte(code)}) }

// leave sends a close frame and ends the connection.
func (p *brokenPeer) leave(payload []byte) {
	p.flushPong()
	p.send(frame.OpClose, false, payload)
	_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if p.server && !p.stays {
		_ = p.conn.(*net.TCPConn).CloseWrite()
	}
	_, _ = io.Copy(io.Discard, p.conn) // until the other side is done
}

// run answers frames until the connection ends.
func (p *brokenPeer) run() {
	for {
		f, err := p.next()
		if _, ok := errors.AsType[*frame.ProtocolError](err); ok {
			p.fail(frame.CloseProtocolError)
		}
		if err != nil {
			return
		}
		code, goOn := p.take(f)
		if code != 0 {
			p.fail(code)
		}
		if code != 0 || !goOn {
			return
		}
	}
}

// take handles a frame. It returns a code to fail with, or whether to go on.
func (p *brokenPeer) take(f frame.Frame) (code frame.CloseCode, goOn bool) {
	if (f.RSV1 && (!p.compresses || f.Opcode == 0 || f.Opcode.IsControl()) || f.RSV2 || f.RSV3) && !p.anyBits {
		return frame.CloseProtocolError, false
	}
	if f.Opcode.IsControl() && (!f.FIN || len(f.Payload) > 125) && !p.anyControl {
		return frame.CloseProtocolError, false
	}
	switch f.Opcode {
	case frame.OpPing:
		switch {
		case p.noPong:
		case p.lastPong:
			p.pong = append([]byte{}, f.Payload...)
		default:
			p.send(frame.OpPong, false, f.Payload)
		}
		return 0, true
	case frame.OpPong:
		return 0, true
	case frame.OpClose:
		return p.closes(f.Payload)
	case frame.OpContinuation, frame.OpText, frame.OpBinary:
		p.flushPong()
		return p.data(f)
	}
	if p.anyOpcode {
		return 0, true
	}
	return frame.CloseProtocolError, false
}

func (p *brokenPeer) closes(payload []byte) (frame.CloseCode, bool) {
	if p.afterClose {
		late := &brokenPeer{faults: p.faults, conn: p.conn, server: p.server, buf: p.buf, opcode: p.opcode, message: p.message}
		late.afterClose, late.anyClose, late.stays = false, true, false
		_ = p.conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		late.run()
		_ = p.conn.SetReadDeadline(time.Time{})
	}
	switch _, _, err := frame.ParseClose(payload); {
	case p.noCloseAnswer:
		return 0, true
	case p.anyClose, p.anyReason && len(payload) >= 2 && frame.CloseCode(int(payload[0])<<8|int(payload[1])).IsWire():
	case err != nil && len(payload) > 2 && !utf8.Valid(payload[2:]):
		return frame.CloseInvalidPayload, false
	case err != nil:
		return frame.CloseProtocolError, false
	}
	p.leave(payload)
	return 0, false
}

// data handles a data frame.
func (p *brokenPeer) data(f frame.Frame) (frame.CloseCode, bool) {
	first := f.Opcode != frame.OpContinuation
	if first == (p.opcode != 0) && !p.anyOrder && !p.bareFragments {
		return frame.CloseProtocolError, false
	}
	if first {
		p.opcode, p.compressed, p.message = f.Opcode, f.RSV1 && p.compresses, nil
	}
	if p.opcode == 0 {
		p.opcode = frame.OpText // if anyOrder
	}
	p.message = append(p.message, f.Payload...)
	if !f.FIN && !p.bareFragments {
		return 0, true
	}
	op, message := p.opcode, p.message
	p.opcode, p.message = 0, nil
	if p.compressed {
		var err error
		if message, err = p.inflate(message); err != nil {
			return frame.CloseInvalidPayload, false
		}
	}
	switch {
	case op == frame.OpText && !p.anyText && !utf8.Valid(message):
		return frame.CloseInvalidPayload, false
	case p.most != 0 && len(message) > p.most:
		return frame.CloseMessageTooBig, false
	}
	p.echo(op, message)
	return 0, true
}

func (p *brokenPeer) echo(op frame.Opcode, message []byte) {
	if p.alwaysText {
		op = frame.OpText
	}
	if p.cutAt != 0 && len(message) > p.cutAt {
		message = message[:p.cutAt]
	}
	if p.flipsFrom != 0 && len(message) > p.flipsFrom {
		message = bytes.Clone(message)
		message[len(message)-1] ^= 1
	}
	if !p.compresses {
		p.send(op, false, message)
		return
	}
	p.out.Reset()
	if p.noContext && !p.keepsContext {
		p.w.Reset(&p.out)
	}
	_, _ = p.w.Write(message)
	_ = p.w.Flush()
	p.send(op, true, bytes.TrimSuffix(p.out.Bytes(), []byte{0, 0, 0xFF, 0xFF}))
}

func (p *brokenPeer) inflate(payload []byte) ([]byte, error) {
	r := flate.NewReaderDict(io.MultiReader(bytes.NewReader(payload), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")), p.window)
	b, err := io.ReadAll(r)
	p.window = append(p.window, b...)
	p.window = p.window[max(0, len(p.window)-32<<10):]
	return b, err
}
