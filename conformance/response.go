package conformance

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// baseResponse is what cases change that answer a client.
const baseResponse = "HTTP/1.1 101 Switching Protocols\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: {accept}\r\n" +
	"{more}\r\n"

// A taking says what a client may make of a response.
type taking uint8

const (
	takes        taking = iota // the connection is open and must work
	declines                   // the client must fail the connection
	shouldnt                   // it should; less strictly, the connection works
	mayTake                    // the RFC leaves it open; a connection that opens must work
	declinesWith               // it must fail the connection, or close it with 1010
)

var takingNames = [...]string{
	takes:        "The connection opens and works.",
	declines:     "The client ends the connection.",
	shouldnt:     "The client ends the connection, or it works.",
	mayTake:      "Anything; a connection that opens must work.",
	declinesWith: "The client ends the connection, or closes it with 1010.",
}

// answer returns a response with the client's and the suite's values.
func (s *session) answer(response string) []byte {
	r := s.client.request
	key := r.Header.Get("Sec-WebSocket-Key")
	flipped := strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z':
			return c - 'a' + 'A'
		case 'A' <= c && c <= 'Z':
			return c - 'A' + 'a'
		}
		return c
	}, acceptOf(key))
	return []byte(strings.NewReplacer(
		"{accept}", acceptOf(key), "{key}", key, "{flipped}", flipped, "{other}", acceptOf(newKey()),
		"{host}", r.Host, "{uri}", r.RequestURI, "{more}", "",
	).Replace(response))
}

// responds sends a response, and behind it any bytes, in one write.
func (s *session) responds(response string, behind ...byte) bool {
	s.dial()
	b := s.answer(response)
	s.r.Response = string(b[:min(len(b), maxHead)])
	s.r.Stats.OpeningOut += int64(len(b))
	return s.put(append(b, behind...))
}

// responseCase is a case of one response.
func responseCase(id, section, title string, want taking, edits ...edit) *Case {
	return scripted(id, section, title, takingNames[want], Clients, func(s *session) {
		response := baseResponse
		for _, e := range edits {
			response = e(response)
		}
		s.responds(response)
		s.judgeTaking(want)
	})
}

// judgeTaking judges what a client makes of the response that it has got.
func (s *session) judgeTaking(want taking) {
	s.begin(s.client.early)
	if want == takes {
		if err := s.echoes(helloWorld, replyTime); err != nil {
			s.failf("the connection does not open: %v", err)
		}
		s.finish()
		return
	}
	if s.declined() {
		if want == mayTake {
			s.inform("the client ended the connection")
		}
		if s.r.Remote.Sent && want != mayTake && !(want == declinesWith && s.r.Remote.Code == frame.CloseMandatoryExtension) {
			s.verdict(NonStrict, "the client sent a close frame, %v, though no connection was open", s.r.Remote)
		}
		return
	}
	s.judgeTaken(want)
}

// declined reports whether the client ends the connection by itself.
func (s *session) declined() bool {
	e, err := s.next(300 * time.Millisecond)
	switch {
	case err == errQuiet:
		return false
	case err == nil && e.op != frame.OpClose && e.op != frame.OpPong:
		s.failf("the client sends a message of its own: %v", e)
	}
	return err != nil || e.op == frame.OpClose
}

// judgeTaken judges a client that has not ended the connection by itself.
func (s *session) judgeTaken(want taking) {
	err := s.echoes(helloWorld, quietTime)
	works := err == nil
	if works {
		s.finish()
	}
	switch {
	case works && want == mayTake:
		s.verdict(Informational, "the connection opens and works")
	case works && want == shouldnt:
		s.verdict(NonStrict, "the connection opens; better: it does not")
	case works:
		s.failf("the connection opens")
	case want == mayTake:
		s.inform("the connection does not open")
	case errors.Is(err, errQuiet):
		s.verdict(NonStrict, "the connection does not open, but the client does not end it either")
	}
}

// statusCase is a case of a response with another status. Clients may keep such a
// connection for other requests, so they must send no frames, but need not end it.
func statusCase(id, section, title, response string) *Case {
	return scripted(id, section, title, "The connection does not open: no frame comes.", Clients, func(s *session) {
		s.responds(response)
		s.begin(s.client.early)
		s.send(textFrame(helloWorld)) // it is answered only if the client takes the connection for open
		e, err := s.next(300 * time.Millisecond)
		if err == nil {
			s.failf("the client sends a frame: %v", e)
		}
		if errors.Is(err, errQuiet) {
			s.log(Remark, "the client leaves it to us to end the connection")
		}
	})
}

// status is a response with another status and the headers that open a connection.
func status(line string, more ...string) string {
	return strings.Join(append(append([]string{line}, more...),
		"Upgrade: websocket", "Connection: Upgrade, close", "Sec-WebSocket-Accept: {accept}", "Content-Length: 0", "", ""), "\r\n")
}

// memory is what the cases of a suite tell one another: each client connection
// must have a key of its own, and a redirection must end some time.
type memory struct {
	mu     sync.Mutex
	keys   map[string]int
	visits map[string]int
}

// key notes a key, and returns how many times it came before.
func (m *memory) key(key string) (before, all int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys == nil {
		m.keys = map[string]int{}
	}
	before = m.keys[key]
	m.keys[key]++
	return before, len(m.keys)
}

// visit notes a connection, and returns how many there are now.
func (m *memory) visit(what string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.visits == nil {
		m.visits = map[string]int{}
	}
	m.visits[what]++
	return m.visits[what]
}

// askedCase is a case that looks at a client's request.
func askedCase(id, section, title, expectation string, check func(s *session, r *http.Request) error) *Case {
	return scripted(id, section, title, expectation, Clients, func(s *session) {
		if err := check(s, s.client.request); err != nil {
			s.failf("%v", err)
		}
		s.opens()
		s.finish()
	})
}

// single checks that a header occurs once, with this value.
func single(r *http.Request, name, want string) error {
	if got := r.Header.Values(name); len(got) != 1 || got[0] != want {
		return fmt.Errorf("the request has %s: %q, not %q", name, got, want)
	}
	return nil
}
