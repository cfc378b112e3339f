package servers

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"unicode/utf8"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

var gobwases = []*Candidate{
	{
		Name: "gobwas", Family: Rival, ChecksText: true,
		About: "gobwas/ws as documented: wsutil, on a listener",
		serve: gobwasWith(gobwasEcho, false),
	},
	{
		Name: "gobwas-batch", Family: Rival, ChecksText: true,
		About: "gobwas/ws with a loop by hand: buffers of 64 KiB, and one write for all that was read",
		serve: gobwasWith(gobwasBatch, true),
	},
}

func gobwasWith(echo func(net.Conn), batch bool) func(net.Listener, Setup) error {
	return func(ln net.Listener, _ Setup) error {
		room := &hub[[]byte]{}
		return eachConn(ln, func(conn net.Conn) {
			defer conn.Close()
			path := ""
			u := ws.Upgrader{OnRequest: func(uri []byte) error {
				path = string(uri)
				return nil
			}}
			if _, err := u.Upgrade(conn); err != nil {
				return
			}
			switch path {
			case PathHear:
				gobwasHear(conn, room, batch)
			case PathSay:
				gobwasSay(conn, room)
			default:
				echo(conn)
			}
		})
	}
}

func gobwasEcho(conn net.Conn) {
	for {
		p, op, err := wsutil.ReadClientData(conn)
		if err != nil || wsutil.WriteServerMessage(conn, op, p) != nil {
			return
		}
	}
}

// gobwasBatch reads as much as there is, and writes when nothing is left of it.
func gobwasBatch(conn net.Conn) {
	const size = 64 << 10
	r := bufio.NewReaderSize(conn, size)
	w := bufio.NewWriterSize(conn, size)
	scratch := make([]byte, ws.MaxHeaderSize)
	var large []byte
	for {
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
		h, err := ws.ReadHeaderBuffer(r, scratch)
		if err != nil || ws.CheckHeader(h, ws.StateServerSide) != nil || !h.Fin {
			return // it is written for messages in one frame
		}
		var p []byte
		inPlace := h.Length <= size
		if inPlace {
			p, err = r.Peek(int(h.Length))
		} else {
			if int64(cap(large)) < h.Length {
				large = make([]byte, h.Length)
			}
			p = large[:h.Length]
			_, err = io.ReadFull(r, p)
		}
		if err != nil {
			return
		}
		ws.Cipher(p, h.Mask, 0)
		if gobwasReply(w, h.OpCode, p) != nil {
			return
		}
		if inPlace {
			_, _ = r.Discard(len(p))
		}
	}
}

var errGobwas = errors.New("the connection ends")

func gobwasReply(w *bufio.Writer, op ws.OpCode, p []byte) error {
	switch op {
	case ws.OpText:
		if !utf8.Valid(p) {
			return errGobwas
		}
	case ws.OpPing:
		op = ws.OpPong
	case ws.OpPong:
		return nil
	}
	if err := ws.WriteHeader(w, ws.Header{Fin: true, OpCode: op, Length: int64(len(p))}); err != nil {
		return err
	}
	if _, err := w.Write(p); err != nil {
		return err
	}
	if op == ws.OpClose {
		_ = w.Flush()
		return errGobwas
	}
	return nil
}

// gobwasHear writes frames that are ready, one by one or all that wait.
func gobwasHear(conn net.Conn, room *hub[[]byte], batch bool) {
	queue, leave := room.join(func() { _ = conn.Close() })
	gone := make(chan struct{})
	go func() { // ends with the connection
		var all bytes.Buffer
		for {
			select {
			case <-gone:
				return
			case p := <-queue:
				for batch {
					all.Write(p)
					if len(queue) == 0 {
						break
					}
					p = <-queue
				}
				if batch {
					p = all.Bytes()
				}
				if _, err := conn.Write(p); err != nil {
					return
				}
				all.Reset()
			}
		}
	}()
	_, _, _ = wsutil.ReadClientData(conn)
	leave()
	close(gone)
}

func gobwasSay(conn net.Conn, room *hub[[]byte]) {
	for {
		p, op, err := wsutil.ReadClientData(conn)
		if err != nil {
			return
		}
		f, err := ws.CompileFrame(ws.NewFrame(op, true, p))
		if err != nil {
			return
		}
		room.say(f)
	}
}
