package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/frame"
)

// A flaw makes a peer of ours a broken one: it stands between the peer and the
// wire, and changes what the peer gets to see and what it says. Each function may
// be nil.
type flaw struct {
	headIn   func(c *flawed, head string) string    // of what comes in
	headOut  func(c *flawed, head string) string    // of what goes out
	lose     bool                                   // the bytes behind the head that came in with it
	frameIn  func(h *frame.Header, payload *[]byte) // lengths are written anew, unless one is above 2^31
	frameOut func(h *frame.Header, payload *[]byte) // the payload is not masked here
	headerIn func(h *frame.Header)                  // of a frame whose payload is still to come
	atEnd    func(rest []byte, inside bool) []byte  // what the peer sees when TCP ends inside something
	open     bool                                   // Close does not close
}

// held are connections that are not closed: the garbage collector would.
var held sync.Map

// A flawed is a connection with a flaw.
type flawed struct {
	net.Conn
	flaw *flaw

	ready   []byte // for Read
	raw     []byte // came in, and is not looked at yet
	began   bool   // the head has come in
	inside  bool   // a message has begun and not ended
	ended   error
	sent    []byte // written, and not gone out yet
	started bool   // the head has gone out
	request string // the head that came in
	said    string // the head that went out
	wanted  string // the head that was written
}

func (c *flawed) CloseWrite() error {
	if c.flaw.open {
		return nil
	}
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

func (c *flawed) Close() error {
	if c.flaw.open {
		held.Store(c, true)
		return nil
	}
	return c.Conn.Close()
}

func (c *flawed) Read(p []byte) (int, error) {
	for len(c.ready) == 0 {
		if c.ended != nil {
			return 0, c.ended
		}
		b := make([]byte, 32<<10)
		n, err := c.Conn.Read(b)
		c.raw = append(c.raw, b[:n]...)
		c.advance()
		if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
			if len(c.ready) == 0 {
				return 0, err
			}
			break
		}
		if err != nil {
			c.ended = err
			if c.began && c.flaw.atEnd != nil && err == io.EOF {
				c.ready = append(c.ready, c.flaw.atEnd(c.raw, c.inside)...)
			} else {
				c.ready = append(c.ready, c.raw...)
			}
		}
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// advance takes what is whole from raw to ready.
func (c *flawed) advance() {
	if !c.began {
		i := bytes.Index(c.raw, []byte("\r\n\r\n"))
		if i < 0 {
			return
		}
		c.request, c.raw = string(c.raw[:i+4]), c.raw[i+4:]
		head := c.request
		if c.flaw.headIn != nil {
			head = c.flaw.headIn(c, head)
		}
		c.ready, c.began = append(c.ready, head...), true
		if c.flaw.lose {
			c.raw = nil
		}
	}
	for {
		h, n, err := frame.ParseHeader(c.raw)
		if err != nil || n == 0 && len(c.raw) == 0 {
			c.ready, c.raw = append(c.ready, c.raw...), nil
			return
		}
		if n == 0 {
			return
		}
		if c.flaw.headerIn != nil {
			c.flaw.headerIn(&h)
		}
		if h.Length > 1<<27 {
			c.ready, c.raw = append(c.ready, c.raw...), nil
			return
		}
		if len(c.raw) < n+int(h.Length) {
			if c.flaw.frameIn == nil && c.flaw.atEnd == nil {
				c.ready, c.raw = append(c.ready, c.raw...), nil
			}
			return
		}
		payload := slices.Clone(c.raw[n : n+int(h.Length)])
		c.raw = c.raw[n+int(h.Length):]
		if !h.Opcode.IsControl() {
			c.inside = !h.FIN
		}
		unmask(payload, h)
		if c.flaw.frameIn != nil {
			c.flaw.frameIn(&h, &payload)
		}
		c.ready = appendFrame(c.ready, h, payload)
	}
}

func unmask(payload []byte, h frame.Header) {
	if !h.Masked {
		return
	}
	for i := range payload {
		payload[i] ^= h.MaskingKey[i%4]
	}
}

func appendFrame(b []byte, h frame.Header, payload []byte) []byte {
	h.Length = int64(len(payload))
	payload = slices.Clone(payload)
	unmask(payload, h)
	return append(frame.AppendHeader(b, h), payload...)
}

func (c *flawed) Write(p []byte) (int, error) {
	c.sent = append(c.sent, p...)
	var out []byte
	if !c.started {
		i := bytes.Index(c.sent, []byte("\r\n\r\n"))
		if i < 0 {
			return len(p), nil
		}
		c.wanted = string(c.sent[:i+4])
		head := c.wanted
		c.sent = c.sent[i+4:]
		if c.flaw.headOut != nil {
			head = c.flaw.headOut(c, head)
		}
		out, c.started, c.said = append(out, head...), true, head
		if !strings.Contains(head, " 101 ") && strings.HasPrefix(head, "HTTP") {
			out, c.sent = append(out, c.sent...), nil
		}
	}
	for {
		h, n, err := frame.ParseHeader(c.sent)
		if err != nil || n == 0 || len(c.sent) < n+int(h.Length) {
			break
		}
		payload := c.sent[n : n+int(h.Length)]
		c.sent = c.sent[n+int(h.Length):]
		unmask(payload, h)
		if c.flaw.frameOut != nil {
			c.flaw.frameOut(&h, &payload)
		}
		out = appendFrame(out, h, payload)
	}
	if _, err := c.Conn.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// A flawedListener has each of its connections flawed.
type flawedListener struct {
	net.Listener
	flaw *flaw
}

func (l flawedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &flawed{Conn: conn, flaw: l.flaw}, nil
}

// failures returns the IDs of the cases that fail, and of those that are only
// passed in a less strict sense, behind "~".
func failures(results []*conformance.Result) (ids []string) {
	for _, r := range results {
		switch {
		case r.Verdict().IsFailure():
			ids = append(ids, r.Case.ID)
		case !r.Passed(true):
			ids = append(ids, "~"+r.Case.ID)
		}
	}
	return ids
}

// checkFailures compares the failures with the wanted ones, a list of words.
func checkFailures(t *testing.T, results []*conformance.Result, want string) {
	t.Helper()
	got := failures(results)
	if slices.Equal(got, strings.Fields(want)) {
		return
	}
	t.Errorf("failures:\n%s\nwant:\n%s", strings.Join(got, " "), strings.Join(strings.Fields(want), " "))
	for _, r := range results {
		if r.Verdict().IsFailure() {
			t.Logf("%s %s: %v %s, %v %s", r.Case.ID, r.Case.Title, r.Behavior, r.Reason, r.Closing, r.Ending)
		}
	}
}

// A broken is a peer with a flaw, and what finds that out: the IDs of the cases
// that fail, and behind "~" of those that are only passed in a less strict sense.
type broken struct {
	name  string
	cases string
	flaw  flaw
	want  string
}

// testBroken tests broken peers, some at the same time: cases wait for what never
// comes.
func testBroken(t *testing.T, test func(*testing.T, string, *flaw) []*conformance.Result, peers []broken) {
	results := make([][]*conformance.Result, len(peers))
	var wg sync.WaitGroup
	places := make(chan bool, 8)
	for i := range peers {
		places <- true
		wg.Go(func() {
			results[i] = test(t, peers[i].cases, &peers[i].flaw)
			<-places
		})
	}
	wg.Wait()
	for i, p := range peers {
		t.Run(p.name, func(t *testing.T) { checkFailures(t, results[i], p.want) })
	}
}

func selected(t *testing.T, patterns string) []*conformance.Case {
	cases, err := conformance.Select(strings.Fields(patterns)...)
	if err != nil {
		t.Error(err)
	}
	return cases
}

// flawedOptions are those of flawed peers. A flood of pings must reach the flaw.
var flawedOptions = websockets.Options{
	Logger: quiet, CloseTimeout: time.Second,
	PeerLimits: websockets.PeerLimits{Pings: websockets.Rate{PerSecond: websockets.NoLimit}},
}

// testFlawedServer tests our server with a flaw.
func testFlawedServer(t *testing.T, cases string, f *flaw) []*conformance.Result {
	ln, addr := listenOn(t, nil)
	s := &websockets.Server{
		Options: flawedOptions, Origins: []string{websockets.AnyOrigin}, Handler: sendsBack,
	}
	go func() { _ = s.Serve(flawedListener{ln, f}) }()
	t.Cleanup(func() { _ = s.Close() })
	suite := &conformance.Suite{Cases: selected(t, cases), Parallel: 8}
	report, err := suite.TestServer(t.Context(), "ws://"+addr+"/")
	if err != nil {
		t.Error(err)
		return nil
	}
	return report.Agents[0].Results
}

// testFlawedClient tests our client with a flaw.
func testFlawedClient(t *testing.T, cases string, f *flaw) []*conformance.Result {
	return testClient(t, selected(t, cases), nil, func(ctx context.Context, url string) {
		d := &websockets.Dialer{Options: flawedOptions}
		d.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &flawed{Conn: conn, flaw: f}, nil
		}
		c, err := d.Dial(ctx, url)
		if err == nil {
			_ = sendsBack(ctx, c)
			_ = c.CloseNow()
		}
	})
}

// sendsBack sends back what comes.
func sendsBack(ctx context.Context, c *websockets.Conn) error {
	for {
		m, err := c.Recv(ctx)
		if err == nil {
			err = c.Send(ctx, m)
		}
		if err != nil {
			return err
		}
	}
}
