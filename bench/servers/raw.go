package servers

import (
	"net"
)

var raw = []*Candidate{{
	Name:   "raw",
	Family: Raw,
	About:  "bytes of TCP as they come, without WebSocket",
	serve:  serveRaw,
}}

// rawRead is how much is read at once.
const rawRead = 4 << 10

// rawLarge is how much is once a read has filled rawRead.
const rawLarge = 64 << 10

// rawResponse accepts the key that [load.Key] is.
const rawResponse = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

func serveRaw(ln net.Listener, s Setup) error {
	members := &connSet[net.Conn]{}
	return eachConn(ln, func(conn net.Conn) {
		defer conn.Close()
		if s.Opening {
			rawOpening(conn)
			return
		}
		var first [1]byte
		if _, err := conn.Read(first[:]); err != nil {
			return
		}
		switch first[0] {
		case PathHear[1]:
			defer members.add(conn)()
			rawCopy(conn, func([]byte) error { return nil })
		case PathSay[1]:
			rawCopy(conn, func(p []byte) error {
				for member := range members.all {
					if _, err := member.Write(p); err != nil {
						return err
					}
				}
				return nil
			})
		default:
			rawCopy(conn, func(p []byte) error {
				_, err := conn.Write(p)
				return err
			})
		}
	})
}

// rawCopy gives f what comes in.
func rawCopy(conn net.Conn, f func([]byte) error) {
	buf := make([]byte, rawRead)
	for {
		n, err := conn.Read(buf)
		if err != nil || f(buf[:n]) != nil {
			return
		}
		if n == rawRead {
			buf = make([]byte, rawLarge)
		}
	}
}

// rawOpening answers what a handshake and a close frame are with what they must be.
func rawOpening(conn net.Conn) {
	buf := make([]byte, rawRead)
	if _, err := conn.Read(buf); err != nil {
		return
	}
	if _, err := conn.Write([]byte(rawResponse)); err != nil {
		return
	}
	if _, err := conn.Read(buf); err == nil {
		_, _ = conn.Write([]byte{0x88, 2, 1000 >> 8, 1000 & 0xFF})
	}
}
