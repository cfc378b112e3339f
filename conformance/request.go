package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A rule says what a server may make of a request.
type rule uint8

const (
	opens        rule = iota // it must open the connection
	refuses                  // it must answer with an error; less strictly, it may drop the connection
	opensNot                 // anything but 101, as HTTP without an upgrade goes
	shouldRefuse             // it should do as in refuses; less strictly, it may open the connection
	mayOpen                  // the RFC leaves it open; a connection that is opened must work
)

var expectations = [...]string{
	opens:        "The connection opens and works.",
	refuses:      "The response is an error.",
	opensNot:     "The connection does not open.",
	shouldRefuse: "The response is an error, or the connection opens and works.",
	mayOpen:      "Anything; a connection that opens must work.",
}

// baseRequest is what cases of the opening handshake change.
const baseRequest = "GET {uri} HTTP/1.1\r\n" +
	"Host: {host}\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: {key}\r\n" +
	"Sec-WebSocket-Version: 13\r\n" +
	"User-Agent: " + userAgent + "\r\n" +
	"{more}\r\n"

// An edit changes a request.
type edit func(request string) string

// line puts text in place of the line that begins with start. The text has no
// CRLF at its end; if it is empty, the line is left out.
func line(start, text string) edit {
	return func(request string) string {
		from := strings.Index("\r\n"+request, "\r\n"+start)
		if from < 0 {
			return request // the line has been left out before
		}
		to := from + strings.Index(request[from:], "\r\n") + 2
		if text == "" {
			return request[:from] + request[to:]
		}
		return request[:from] + text + "\r\n" + request[to:]
	}
}

// plus adds header lines, without the CRLF at their end.
func plus(lines string) edit {
	return func(request string) string {
		return strings.Replace(request, "{more}", lines+"\r\n{more}", 1)
	}
}

// swap puts text in place of all that is old.
func swap(old, text string) edit {
	return func(request string) string { return strings.ReplaceAll(request, old, text) }
}

// fill puts the target's and the suite's values in place of what stands in braces.
func (s *session) fill(request, key string) []byte {
	var more strings.Builder
	for name, values := range s.suite.Header {
		for _, v := range values {
			fmt.Fprintf(&more, "%s: %s\r\n", name, v)
		}
	}
	scheme := "http"
	if s.target.url.Scheme == "wss" {
		scheme = "https"
	}
	return []byte(strings.NewReplacer(
		"{uri}", s.target.url.RequestURI(), "{host}", s.target.url.Host, "{scheme}", scheme, "{key}", key, "{more}", more.String(),
	).Replace(request))
}

// requests sends a request, and behind it any bytes, in one write.
func (s *session) requests(request, key string, behind ...byte) bool {
	s.dial()
	b := s.fill(request, key)
	s.r.Request = string(b[:min(len(b), maxHead)])
	s.r.Stats.OpeningOut += int64(len(b))
	return s.put(append(b, behind...))
}

// requestCase is a case of one request.
func requestCase(id, section, title string, want rule, edits ...edit) *Case {
	return scripted(id, section, title, expectations[want], Servers, func(s *session) {
		request, key := baseRequest, newKey()
		for _, e := range edits {
			request = e(request)
		}
		s.requests(request, key)
		s.judgeReply(want, s.hear(replyTime), keyOf(request, key))
	})
}

// keyOf returns the key that a request has: its own, or the one that is filled in.
func keyOf(request, key string) string {
	_, rest, _ := strings.Cut(request, "\r\nSec-WebSocket-Key:")
	if own, _, _ := strings.Cut(rest, "\r\n"); own != "" && !strings.Contains(own, "{key}") {
		return strings.Trim(own, " \t")
	}
	return key
}

// judgeReply judges how a server answered a request.
func (s *session) judgeReply(want rule, r reply, key string) {
	switch {
	case r.garbled():
		s.failf("%v", r.err)
	case r.silent && want != mayOpen:
		s.failf("the server neither answers nor ends the connection")
	case r.status == http.StatusSwitchingProtocols:
		s.judgeOpened(want, r, key)
	case want == opens:
		s.failf("the connection does not open: %v", r)
	case want == mayOpen:
		s.inform("the connection does not open: %v", r)
	case want == opensNot:
	case r.dropped():
		s.verdict(NonStrict, "the connection ends without a response; better: an error such as 400")
	case r.status < 400:
		s.verdict(NonStrict, "the response has %v; better: an error such as 400", r)
	}
}

// judgeOpened judges a connection that a server has opened.
func (s *session) judgeOpened(want rule, r reply, key string) {
	if want == refuses || want == opensNot {
		s.failf("the connection opens")
	}
	if err := checkOpened(r.response, key); err != nil {
		s.failf("%v", err)
	}
	s.begin(r.early)
	if err := s.echoes(helloWorld, replyTime); err != nil {
		s.failf("the connection opens, but %v", err)
	}
	s.finish()
	switch want {
	case shouldRefuse:
		s.verdict(NonStrict, "the connection opens; better: an error such as 400")
	case mayOpen:
		s.verdict(Informational, "the connection opens and works")
	}
}

// checkOpened checks the headers of a response that opens a connection, apart from
// its subprotocol and extensions.
func checkOpened(r *http.Response, key string) error {
	for _, name := range []string{"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"} {
		if len(r.Header.Values(name)) > 1 {
			return fmt.Errorf("the response has %s more than once", name)
		}
	}
	without := *r
	without.Header = r.Header.Clone()
	without.Header.Del("Sec-WebSocket-Protocol")
	return checkResponse(&without, key, true)
}

// newServed makes a case after which the server must still serve others. Its own
// verdict is Informational unless the function sets another.
func newServed(id, section, title string, run func(*session)) *Case {
	return scripted(id, section, title, "Anything that ends in time; the server goes on serving others.", Servers, func(s *session) {
		run(s)
		s.serves()
		if s.r.Behavior == Missing {
			s.verdict(Informational, "the server went on serving others")
		}
	})
}

// tried is a request whose outcome the RFC leaves open: of importance is that it
// ends, and that the server serves others then.
func tried(id, section, title string, edits ...edit) *Case {
	return newServed(id, section, title, func(s *session) {
		request, key := baseRequest, newKey()
		for _, e := range edits {
			request = e(request)
		}
		s.requests(request, key)
		r := s.hear(replyTime)
		s.verdict(Informational, "%v", r)
		if r.silent {
			s.verdict(Informational, "no response in %v", replyTime)
		}
	})
}

// tokens splits the lines of a header.
func tokens(lines []string) (list []string) {
	for t := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if t = strings.TrimSpace(t); t != "" {
			list = append(list, t)
		}
	}
	return slices.Clip(list)
}
