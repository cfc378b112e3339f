package differential

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// limit is the size from which on a message is too big, at all endpoints that have
// such a setting.
const limit = 4096

// What a session breaks, or how it ends. The first fault decides what becomes
// of the session; what comes behind it must not matter.
const (
	endsWithout    = "no close frame"
	endsCut        = "the end inside a frame"
	closesEmpty    = "close without a code"
	closesAs       = "close with code " // and the code
	wrongMask      = "a frame masked or not as its sender must not"
	reservedBit    = "a reserved bit without an extension for it"
	rsv1Continues  = "RSV1 on a continuation"
	rsv1Control    = "RSV1 on a control frame"
	reservedOpcode = "a reserved opcode"
	longControl    = "a control frame of more than 125 bytes"
	cutControl     = "a control frame in fragments"
	longForm       = "a length in more bytes than it needs"
	topBit         = "a length with the top bit set"
	strayCont      = "a continuation of nothing"
	strayData      = "a message inside a message"
	badText        = "text that is not UTF-8"
	badCode        = "close with a code that must not be sent"
	badReason      = "close with a reason that is not UTF-8"
	closeOneByte   = "close with one byte"
	tooBig         = "a message over the limit"
	tooBigInflated = "a message over the limit once inflated"
	badDeflate     = "data that is no DEFLATE"
)

// A session is what a peer sends, after the opening handshake.
type session struct {
	fromClient bool // the endpoints are servers
	compressed bool // permessage-deflate is agreed on
	piece      int  // the most that one Read returns; 0: all
	wire       []byte
	frames     []string // for reading
	fault      string   // see above

	behindFinal bool // there is something behind a final block of DEFLATE
	noFlush     bool // compressed data ends with a whole block, and not as RFC 7692 §7.2.1 has it

	messages []string // what must be delivered
	pongs    []string // what must be sent
	late     bool     // the fault is found in the course of a compressed message, between pings

	open     byte // the opcode of the message under way; 0: none
	deflated bool // it is compressed
	data     []byte
	size     int
}

// A tape is the bytes that decide what a session is. Behind its end all is 0.
type tape struct{ b []byte }

func (t *tape) next() byte {
	if len(t.b) == 0 {
		return 0
	}
	c := t.b[0]
	t.b = t.b[1:]
	return c
}

func (t *tape) below(n int) int { return int(t.next()) % n }

func (t *tape) take(n int) []byte {
	n = min(n, len(t.b))
	p := t.b[:n]
	t.b = t.b[n:]
	return p
}

// generate makes a session of bytes.
func generate(b []byte) *session {
	t := &tape{b}
	flags := t.next()
	s := &session{fromClient: flags&1 == 0, compressed: flags&2 != 0}
	if flags&4 != 0 {
		s.piece = 1 + int(flags>>3)
	}
	for range 40 {
		if len(t.b) == 0 || s.ended() && len(s.frames) > 60 {
			break
		}
		steps[t.below(len(steps))](s, t)
	}
	if s.fault == "" {
		s.fault = endsWithout
	}
	return s
}

func (s *session) ended() bool { return s.fault != "" }

func (s *session) breaks(fault string) {
	if s.fault == "" {
		s.fault = fault
	}
}

// steps are what a session is made of. What is usual stands there more than once.
var steps = []func(*session, *tape){
	wholeMessage, wholeMessage, wholeMessage, begin, begin, goOn, goOn, finish, finish,
	ping, ping, pong, closes, closes, deflatedMessage, deflatedMessage, deflatedFragments,
	frameOutOfPlace, badHeader, badClose, bigMessage, cut,
}

// texts are worth to be cut anywhere. From invalidTexts on they are not UTF-8.
var texts = []string{
	"", "a", "hello", "aé€🌍z", "€€€€", "\x00\x7f", "\ufeff\ufffd\U0010ffff", strings.Repeat("long ", 60),
	"a\xc3", "\xe2\x82", "a\xed\xa0\x80z", "\xf4\x90\x80\x80", "\xc0\xaf", "\x80", "ok until here\xff and on",
}

const invalidTexts = 8

// some returns a payload: one of the texts or bytes of the tape.
func some(t *tape) []byte {
	n := t.next()
	if n < 200 {
		if n >= 180 {
			return []byte(texts[invalidTexts+int(n)%(len(texts)-invalidTexts)])
		}
		return []byte(texts[int(n)%invalidTexts])
	}
	return t.take(int(n) - 200)
}

func wholeMessage(s *session, t *tape) { s.send(byte(1+t.below(2)), true, some(t)) }
func begin(s *session, t *tape)        { s.send(byte(1+t.below(2)), false, some(t)) }
func goOn(s *session, t *tape)         { s.send(2, false, some(t)) }
func finish(s *session, t *tape)       { s.send(1, true, some(t)) }
func pong(s *session, t *tape)         { s.frame(0x8a, nil, short(some(t))) }

func ping(s *session, t *tape) {
	p := short(some(t))
	if s.fault == "" {
		s.pongs = append(s.pongs, string(p))
	}
	s.frame(0x89, nil, p)
}

func short(p []byte) []byte { return p[:min(len(p), 125)] }

// send adds the first frame of a message, or all of it. While a message is under way
// that is a continuation, so that most sessions go on.
func (s *session) send(opcode byte, fin bool, p []byte) {
	if s.open != 0 {
		s.continuation(fin, p)
		return
	}
	s.open, s.deflated, s.data, s.size = opcode, false, nil, 0
	s.fragment(opcode, fin, p)
}

func (s *session) continuation(fin bool, p []byte) {
	if s.open == 0 {
		s.breaks(strayCont)
	}
	s.fragment(0, fin, p)
}

// fragment adds a frame of the message under way.
func (s *session) fragment(b0 byte, fin bool, p []byte) {
	if fin {
		b0 |= 0x80
	}
	s.frame(b0, nil, p)
	if s.size += len(p); s.size > limit {
		s.breaks(tooBig)
	}
	if !s.deflated {
		s.data = append(s.data, p...)
		if s.open == 1 && (!beginsText(s.data) || fin && !utf8.Valid(s.data)) {
			s.breaks(badText)
		}
	}
	if fin {
		if s.fault == "" {
			s.messages = append(s.messages, fmt.Sprintf("%d %s", s.open, s.data))
		}
		s.open = 0
	}
}

// beginsText reports whether p may be the beginning of UTF-8.
func beginsText(p []byte) bool {
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		if r == utf8.RuneError && n == 1 {
			return !utf8.FullRune(p)
		}
		p = p[n:]
	}
	return true
}

// deflatedMessage adds a compressed message. None of them refers to another, so it
// is right whatever is agreed on.
func deflatedMessage(s *session, t *tape) { s.compress(t, 1) }

func deflatedFragments(s *session, t *tape) { s.compress(t, 2+t.below(3)) }

func (s *session) compress(t *tape, fragments int) {
	opcode, p := byte(1+t.below(2)), some(t)
	how := t.next()
	if t.next() > 240 {
		p, how = bytes.Repeat([]byte("big"), limit), how&^3
	}
	data := deflate(p, how)
	if at := int(t.next()); t.next() > 200 && at < len(data) {
		data = bytes.Clone(data)
		data[at] ^= 1 << (t.next() & 7)
	}
	if s.open != 0 {
		s.continuation(true, nil)
	}
	if !s.compressed {
		s.breaks(reservedBit)
	}
	s.open, s.deflated, s.size = opcode, true, 0
	s.inflate(data)
	b0 := opcode | 0x40
	for i := range fragments {
		from, to := i*len(data)/fragments, (i+1)*len(data)/fragments
		s.fragment(b0, i == fragments-1, data[from:to])
		b0 = 0
		if t.next() > 230 {
			ping(s, t)
		}
	}
}

var (
	levels      = [...]int{flate.BestSpeed, flate.NoCompression, flate.HuffmanOnly, flate.BestCompression}
	compressors [len(levels)]sync.Pool
)

// deflate compresses p as a message: in several blocks, perhaps stored, or with a
// final block.
func deflate(p []byte, how byte) []byte {
	var out bytes.Buffer
	w, ok := compressors[how&3].Get().(*flate.Writer)
	if !ok {
		w, _ = flate.NewWriter(&out, levels[how&3])
	}
	defer compressors[how&3].Put(w)
	w.Reset(&out)
	half := len(p) / 2
	_, _ = w.Write(p[:half])
	if how&4 != 0 {
		_ = w.Flush()
	}
	_, _ = w.Write(p[half:])
	if how&0xf8 == 0xf8 {
		_ = w.Close()
		return append(out.Bytes(), 0)
	}
	_ = w.Flush()
	return bytes.TrimSuffix(out.Bytes(), []byte("\x00\x00\xff\xff"))
}

// inflate sees what a compressed message comes to.
func (s *session) inflate(data []byte) {
	p, err := s.streams(data, "\x00\x00\xff\xff")
	if err != nil {
		if q, err := s.streams(data, ""); err == nil {
			s.noFlush, p = true, q
		}
	}
	switch {
	case s.fault != "":
		return
	case len(p) > limit:
		s.breaks(tooBigInflated)
	case err != nil && !s.noFlush:
		s.breaks(badDeflate)
	case s.open == 1 && !utf8.Valid(p):
		s.breaks(badText)
	}
	s.late = s.fault != ""
	s.data = p
}

// streams inflates data and what must be added to it. Behind a final block the next
// one begins with a byte (RFC 7692 §7.2.1), or there is nothing.
func (s *session) streams(data []byte, tail string) (p []byte, err error) {
	const end = "\x01\x00\x00\xff\xff"
	in := bytes.NewReader(append(bytes.Clone(data), tail+end...))
	for len(p) <= limit && in.Len() > 0 {
		more, err := io.ReadAll(io.LimitReader(flate.NewReaderDict(in, p), 2*limit))
		if p = append(p, more...); err != nil {
			return p, err
		}
		s.behindFinal = s.behindFinal || in.Len() > 0
		if in.Len() == len(tail+end) {
			break
		}
	}
	return p, nil
}

// frame adds a frame as it must be. extra comes before the payload.
func (s *session) frame(b0 byte, extra, p []byte) {
	p = append(bytes.Clone(extra), p...)
	s.raw(b0, uint64(len(p)), 0, s.fromClient, p)
}

// raw adds a frame as told. form is 0 for as few bytes of length as will do, or 2 or
// 8.
func (s *session) raw(b0 byte, length uint64, form int, masked bool, p []byte) {
	if len(s.frames) < 80 {
		s.frames = append(s.frames, fmt.Sprintf("%02x length %d/%d mask %v %.80q", b0, length, form, masked, p))
	}
	var b1 byte
	if masked {
		b1 = 0x80
	}
	s.wire = append(s.wire, b0)
	switch {
	case form == 0 && length < 126:
		s.wire = append(s.wire, b1|byte(length))
	case form == 2 || form == 0 && length < 1<<16:
		s.wire = binary.BigEndian.AppendUint16(append(s.wire, b1|126), uint16(length))
	default:
		s.wire = binary.BigEndian.AppendUint64(append(s.wire, b1|127), length)
	}
	if !masked {
		s.wire = append(s.wire, p...)
		return
	}
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	s.wire = append(s.wire, key[:]...)
	for i, c := range p {
		s.wire = append(s.wire, c^key[i%4])
	}
}
