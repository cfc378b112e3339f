package conformance

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// masking is family 22.
func masking() []*Case {
	return concat(wronglyMasked(), oddKeys(), keysOfClients())
}

// wronglyMasked are the cases 22.1: unmasked frames to servers, masked ones to
// clients.
func wronglyMasked() (cases []*Case) {
	const section = "RFC 6455 §5.1"
	for _, kind := range []struct {
		title string
		send  []raw // as they should be
		wrong raw
	}{
		{"A text message", nil, textFrame(helloWorld)},
		{"A binary message", nil, binaryFrame(helloWorld)},
		{"An empty text message", nil, textFrame("")},
		{"A binary message of 126 bytes", nil, binaryFrame(strings.Repeat("a", 126))},
		{"A binary message of 65536 bytes", nil, binaryFrame(strings.Repeat("a", 65536))},
		{"A ping", nil, pingFrame("hello")},
		{"An empty ping", nil, pingFrame("")},
		{"A pong", nil, pongFrame("hello")},
		{"A close frame", nil, raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "")}},
		{"An empty close frame", nil, raw{op: frame.OpClose}},
		{"The first fragment of a message", nil, unfinished(textFrame(helloWorld))},
		{"The second fragment of a message", []raw{unfinished(textFrame(helloWorld))}, contFrame(helloWorld)},
		{"A ping between two fragments", []raw{unfinished(textFrame(helloWorld))}, pingFrame("")},
	} {
		cases = append(cases, scripted(fmt.Sprintf("22.1.%d", len(cases)+1), section, kind.title+", not masked to a server, masked to a client",
			"The connection fails with 1002.", Both, func(s *session) {
				s.opens()
				for _, f := range kind.send {
					s.send(f)
				}
				s.writes(s.unnatural(kind.wrong))
				s.mustFail(failTime, frame.CloseProtocolError)
			}))
	}
	cases = append(cases, scripted(fmt.Sprintf("22.1.%d", len(cases)+1), section, "A good message, then one that is wrongly masked",
		"The first message may come back, the second one must not: the connection fails with 1002.", Both, func(s *session) {
			s.opens()
			if err := s.echoes(helloWorld, replyTime); err != nil {
				s.failf("%v", err)
			}
			s.writes(s.unnatural(textFrame(helloWorld)))
			s.mustFail(failTime, frame.CloseProtocolError)
		}))
	return cases
}

// oddKeys are the cases 22.2: keys that a server has to take.
func oddKeys() []*Case {
	of := func(n int, title string, keys ...[4]byte) *Case {
		return scripted(fmt.Sprintf("22.2.%d", n), "RFC 6455 §5.3", title, "The messages come back, and they are not masked.", Servers, func(s *session) {
			s.opens()
			for i, key := range keys {
				message := strings.Repeat("0123456789", i+3)
				h := textFrame(message).frame().Header()
				h.Masked, h.MaskingKey = true, key
				b := append(frame.AppendHeader(nil, h), message...)
				maskBytes(b[h.Size():], key, 0)
				s.writes(b)
				if err := s.gets(text(message), replyTime); err != nil {
					s.failf("with the key % x: %v", key, err)
				}
			}
			s.finish()
		})
	}
	return []*Case{
		of(1, "A key of zeros", [4]byte{}),
		of(2, "A key of ones", [4]byte{255, 255, 255, 255}),
		of(3, "The same key for several messages", [4]byte{1, 2, 3, 4}, [4]byte{1, 2, 3, 4}, [4]byte{1, 2, 3, 4}),
		of(4, "A key that makes the payload zeros", [4]byte{'0', '1', '2', '3'}),
		of(5, "Keys of which one byte is set", [4]byte{1}, [4]byte{0, 1}, [4]byte{0, 0, 1}, [4]byte{0, 0, 0, 1}),
	}
}

// keysOfClients are the cases 22.3: how a client masks.
func keysOfClients() []*Case {
	const section = "RFC 6455 §5.3"
	of := func(n int, title, expectation string, run func(*session)) *Case {
		return scripted(fmt.Sprintf("22.3.%d", n), section, title, expectation, Clients, run)
	}
	all := func(n int, f raw) (frames []raw) {
		for range n {
			frames = append(frames, f)
		}
		return frames
	}
	return []*Case{
		of(1, "The client's first frame", "It is masked.", func(s *session) { s.masks(textFrame(helloWorld)) }),
		of(2, "The client's empty frames", "They are masked.", func(s *session) { s.masks(textFrame(""), binaryFrame(""), pingFrame("")) }),
		of(3, "The client's pong", "It is masked.", func(s *session) { s.masks(pingFrame("hello")) }),
		of(4, "The client's close frame", "It is masked.", func(s *session) { s.masks(raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "")}) }),
		of(5, "The same message 64 times", "Each frame has a key of its own.", func(s *session) {
			s.differ(s.masks(all(64, textFrame(helloWorld))...))
		}),
		of(6, "The same ping 64 times, one by one", "Each pong has a key of its own.", func(s *session) {
			s.differ(s.masks(all(64, pingFrame("hello"))...))
		}),
		of(7, "Keys of 96 messages, as numbers", "They do not count up or down, and no bit stands still.", func(s *session) {
			s.unpredictable(s.masks(all(96, binaryFrame("a"))...))
		}),
		of(8, "The same big message 8 times", "Each frame has a key of its own.", func(s *session) {
			s.differ(s.masks(all(8, binaryFrame(strings.Repeat("a", 20000)))...))
		}),
	}
}

// masks sends frames one by one, each once the one before has been answered, and
// returns the keys of the answers, in which all frames must be masked.
func (s *session) masks(frames ...raw) (keys []uint32) {
	s.responds(baseResponse)
	buf := s.client.early
	for _, f := range frames {
		s.put(s.encode(f))
		for answered := false; !answered; {
			h, n := s.readHeader(&buf)
			if !h.Masked {
				s.failf("a frame is not masked: %v", h)
			}
			s.readPast(&buf, n+int(h.Length))
			keys = append(keys, binary.BigEndian.Uint32(h.MaskingKey[:]))
			answered = h.FIN && h.Opcode != frame.OpPing
		}
	}
	s.r.fact("keys", "%08x", keys[:min(len(keys), 8)])
	return keys
}

// readHeader reads up to the end of a frame's header.
func (s *session) readHeader(buf *[]byte) (frame.Header, int) {
	for {
		h, n, err := frame.ParseHeader(*buf)
		if err != nil || h.Length > maxPayload {
			s.failf("what came is no frame: % x", (*buf)[:min(len(*buf), 14)])
		}
		if n > 0 {
			return h, n
		}
		s.readPast(buf, 0)
	}
}

// readPast reads until there are n bytes, at least once if n is 0, and takes them
// away.
func (s *session) readPast(buf *[]byte, n int) {
	var b [4096]byte
	for once := n == 0; once || len(*buf) < n; once = false {
		_ = s.conn.SetReadDeadline(time.Now().Add(replyTime))
		got, err := s.conn.Read(b[:])
		*buf = append(*buf, b[:got]...)
		if err != nil && got == 0 {
			s.failf("a frame was not answered: %v", err)
		}
	}
	if n > 0 {
		s.log(ReceivedBytes, "%s", escape((*buf)[:n]))
	}
	*buf = (*buf)[n:]
}

// differ judges whether keys are fresh. That two of so few are alike by chance
// happens once in a million runs.
func (s *session) differ(keys []uint32) {
	seen := map[uint32]bool{}
	for _, k := range keys {
		if seen[k] {
			s.failf("the key %08x was used more than once in %d frames", k, len(keys))
		}
		seen[k] = true
	}
}

// unpredictable judges whether keys could be random.
func (s *session) unpredictable(keys []uint32) {
	s.differ(keys)
	n := len(keys)
	steps := map[uint32]int{}
	for i := 1; i < n; i++ {
		steps[keys[i]-keys[i-1]]++
		steps[bits.ReverseBytes32(keys[i])-bits.ReverseBytes32(keys[i-1])]++
	}
	for step, times := range steps {
		if times > n/4 {
			s.failf("%d of %d keys differ from the one before by %08x", times, n, step)
		}
	}
	for bit := range 32 {
		set := 0
		for _, k := range keys {
			set += int(k >> bit & 1)
		}
		if set < n/10 || set > n-n/10 { // 8 standard deviations
			s.failf("bit %d is set in %d of %d keys", bit, set, n)
		}
	}
}
