//go:build linux

package load

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Clients are connections to one server, driven by one goroutine.
type Clients struct {
	server  *Server
	traffic *Traffic
	poll    int
	conns   []*conn
	events  []unix.EpollEvent
	buf     []byte

	window  int // messages in flight on a connection
	begin   func() error
	reply   func(c *conn, messages int) error // to messages that came
	beside  *Openings                         // connections that come and go meanwhile
	silent  []int                             // sockets on which nothing is read
	asked   int64                             // messages sent
	got     int64                             // messages that came back
	started bool
	until   time.Time // when Run is to end
	whole   bool      // Run ends only between two broadcasts, and nothing is in flight then
	rests   bool      // it has ended there
	drained bool      // no more is sent

	extensions string // agreed on by the last connection
	latency    Histogram
}

type conn struct {
	id    int32 // its place in Clients.conns
	fd    int
	next  int    // in the ring, what is sent next
	rest  []byte // of what was to be written
	check checker
	sent  time.Time // only if one message is in flight
}

// patience is how long nothing may come back.
const patience = 10 * time.Second

// Echo opens n connections, each with window messages in flight. sampled says
// that replies may be cut or compressed, so that frames must be read.
func Echo(s *Server, t *Traffic, n, window int, sampled bool) (*Clients, error) {
	c, err := newClients(s, t)
	if err != nil {
		return nil, err
	}
	c.window = window
	c.reply = c.send
	c.begin = func() error {
		for _, k := range c.conns {
			if err := c.send(k, window); err != nil {
				return err
			}
		}
		return nil
	}
	if err := c.add(n, "/echo", sampled); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func newClients(s *Server, t *Traffic) (*Clients, error) {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &Clients{
		server: s, traffic: t, poll: poll,
		events: make([]unix.EpollEvent, 512),
		buf:    make([]byte, 256<<10),
	}, nil
}

// add opens connections.
func (c *Clients) add(n int, path string, sampled bool) error {
	for i := range n {
		if i%256 == 255 && path == "/echo" {
			c.drained = true
			if err := c.Idle(0); err != nil { // those that are open get pings
				return err
			}
			c.drained = false
		}
		fd, extensions, err := c.server.open(path)
		if err != nil {
			return fmt.Errorf("connection %d: %w", len(c.conns), err)
		}
		c.extensions = extensions
		k := &conn{id: int32(len(c.conns)), fd: fd}
		switch {
		case sampled && extensions != "" && len(c.conns) == 0:
			k.check = &parsed{payloads: c.traffic.Payloads, inflate: &inflater{}}
		case sampled:
			k.check = &parsed{payloads: c.traffic.Payloads}
		default:
			k.check = &exact{want: &c.traffic.in}
		}
		c.conns = append(c.conns, k)
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: k.id}
		if err := unix.EpollCtl(c.poll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
			return fmt.Errorf("epoll: %w", err)
		}
	}
	return nil
}

// Close closes the connections.
func (c *Clients) Close() {
	for _, k := range c.conns {
		_ = unix.Close(k.fd)
	}
	for _, fd := range c.silent {
		_ = unix.Close(fd)
	}
	_ = unix.Close(c.poll)
	c.conns, c.silent = nil, nil
}

// Wire returns how many bytes of payload came in on the connections that were
// looked at frame by frame.
func (c *Clients) Wire() (n int64) {
	for _, k := range c.conns {
		if p, ok := k.check.(*parsed); ok {
			n += p.wire
		}
	}
	return n
}

// Messages returns how many messages have come back so far.
func (c *Clients) Messages() int64 { return c.got }

// Extensions returns what the last connection agreed on.
func (c *Clients) Extensions() string { return c.extensions }

// Latency returns how long echoes took in the last Run, if only one message is in
// flight on each connection.
func (c *Clients) Latency() *Histogram { return &c.latency }

// Run keeps the connections busy for a while, and returns how many messages came
// back meanwhile. What is in flight at the end is left for the next Run; a broadcast
// is waited for.
func (c *Clients) Run(d time.Duration) (int64, error) {
	c.resume()
	c.until = time.Now().Add(d)
	return c.run(func(now, _ time.Time) bool {
		if c.whole {
			return c.rests
		}
		return !now.Before(c.until)
	})
}

func (c *Clients) resume() {
	if c.drained {
		c.drained, c.started = false, false
	}
}

// RunMessages is Run until n more messages have come back.
func (c *Clients) RunMessages(n int64) error {
	c.resume()
	c.until = time.Now().Add(time.Hour)
	end := c.got + n
	_, err := c.run(func(_, _ time.Time) bool { return c.got >= end })
	return err
}

// Drain waits for what is in flight, and ends the traffic. The next Run begins it
// again.
func (c *Clients) Drain() error {
	c.drained = true
	_, err := c.run(func(_, _ time.Time) bool { return c.got == c.asked })
	for _, k := range c.conns {
		k.sent = time.Time{}
	}
	return err
}

// Idle answers pings for a while, behind Drain.
func (c *Clients) Idle(d time.Duration) error {
	_, err := c.run(func(now, start time.Time) bool { return now.Sub(start) >= d })
	return err
}

func (c *Clients) run(done func(now, start time.Time) bool) (int64, error) {
	start := time.Now()
	before := c.got
	c.latency.Reset()
	if (!c.started || c.rests) && !c.drained {
		c.started, c.rests = true, false
		if err := c.begin(); err != nil {
			return 0, err
		}
	}
	last, lastGot := start, c.got
	for {
		n, err := unix.EpollWait(c.poll, c.events, 20)
		if err != nil && err != unix.EINTR {
			return 0, fmt.Errorf("epoll: %w", err)
		}
		for i := range max(n, 0) {
			if err := c.handle(&c.events[i]); err != nil {
				return 0, fmt.Errorf("connection %d: %w", c.events[i].Fd, err)
			}
		}
		now := time.Now()
		if c.beside != nil {
			if err := c.beside.wake(now); err != nil {
				return 0, err
			}
		}
		if c.got > lastGot {
			last, lastGot = now, c.got
		} else if now.Sub(last) > patience && c.got < c.asked {
			return 0, fmt.Errorf("nothing came back for %v", patience)
		}
		if done(now, start) {
			return c.got - before, nil
		}
	}
}

var errEOF = errors.New("the server closed the connection")

func (c *Clients) handle(e *unix.EpollEvent) error {
	if e.Fd == besideID {
		return c.beside.poke()
	}
	k := c.conns[e.Fd]
	if e.Events&unix.EPOLLOUT != 0 {
		if err := c.flush(k); err != nil {
			return err
		}
	}
	if e.Events&^uint32(unix.EPOLLOUT) == 0 {
		return nil
	}
	n, err := unix.Read(k.fd, c.buf)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return nil
	case err != nil:
		return fmt.Errorf("read: %w", err)
	case n == 0:
		return errEOF
	}
	messages, pong, err := k.check.take(c.buf[:n])
	if err != nil {
		return err
	}
	if pong != nil {
		if err := c.write(k, pong); err != nil {
			return err
		}
	}
	c.got += int64(messages)
	if messages == 0 {
		return nil
	}
	return c.reply(k, messages)
}

// send sends the next messages of a connection.
func (c *Clients) send(k *conn, messages int) error {
	if c.drained {
		return nil
	}
	c.asked += int64(messages)
	if c.window == 1 { // with Rotate, sent is zero here
		now := time.Now()
		if !k.sent.IsZero() {
			c.latency.Add(now.Sub(k.sent))
		}
		k.sent = now
	}
	for out := &c.traffic.out; messages > 0; {
		n := min(messages, out.n)
		if err := c.write(k, out.slice(k.next, n)); err != nil {
			return err
		}
		k.next = (k.next + n) % out.n
		messages -= n
	}
	return nil
}

// write writes what the system takes, and keeps the rest.
func (c *Clients) write(k *conn, p []byte) error {
	if len(k.rest) > 0 {
		k.rest = append(k.rest[:len(k.rest):len(k.rest)], p...)
		return nil
	}
	n, err := unix.Write(k.fd, p)
	if err != nil && err != unix.EAGAIN {
		return fmt.Errorf("write: %w", err)
	}
	if n = max(n, 0); n == len(p) {
		return nil
	}
	k.rest = p[n:]
	return c.watch(k, unix.EPOLLIN|unix.EPOLLOUT)
}

func (c *Clients) flush(k *conn) error {
	n, err := unix.Write(k.fd, k.rest)
	if err != nil && err != unix.EAGAIN {
		return fmt.Errorf("write: %w", err)
	}
	if k.rest = k.rest[max(n, 0):]; len(k.rest) > 0 {
		return nil
	}
	return c.watch(k, unix.EPOLLIN)
}

func (c *Clients) watch(k *conn, events uint32) error {
	return unix.EpollCtl(c.poll, unix.EPOLL_CTL_MOD, k.fd, &unix.EpollEvent{Events: events, Fd: k.id})
}
