//go:build linux

package load

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Openings are clients that connect, do both handshakes and go, again and again.
type Openings struct {
	server  *Server
	request []byte
	poll    int
	slots   []opening
	done    int64
	pause   time.Duration // at least, from one connection in a place to the next
	events  []unix.EpollEvent
	buf     []byte
	Latency Histogram // from connecting to the end of TCP
}

// An opening is one connection on its way.
type opening struct {
	fd       int
	step     step
	response []byte
	began    time.Time
}

type step uint8

const (
	connecting step = iota
	upgrading
	closing // the close frame is out
	ending  // and has come back
)

// closeFrame has code 1000, masked with a key that leaves it readable.
var closeFrame = []byte{0x88, 0x82, 0, 0, 0, 0, 1000 >> 8, 1000 & 0xFF}

// Open prepares n connections that are on their way at a time.
func Open(s *Server, n int) (*Openings, error) {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	o := &Openings{server: s, request: s.httpRequest("/echo"), poll: poll, slots: make([]opening, n)}
	o.events, o.buf = make([]unix.EpollEvent, 256), make([]byte, 4<<10)
	for i := range o.slots {
		o.slots[i].fd = -1
	}
	for i := range o.slots {
		if err := o.connect(i); err != nil {
			o.Close()
			return nil, err
		}
	}
	return o, nil
}

// Close closes all connections.
func (o *Openings) Close() {
	for i := range o.slots {
		if o.slots[i].fd >= 0 {
			_ = unix.Close(o.slots[i].fd)
		}
	}
	_ = unix.Close(o.poll)
}

// Run goes on for a while, and returns how many connections came and went.
func (o *Openings) Run(d time.Duration) (int64, error) {
	return o.run(func(now, start time.Time) bool { return now.Sub(start) >= d })
}

// RunConnections goes on until n more connections have come and gone.
func (o *Openings) RunConnections(n int64) error {
	end := o.done + n
	_, err := o.run(func(_, _ time.Time) bool { return o.done >= end })
	return err
}

func (o *Openings) run(done func(now, start time.Time) bool) (int64, error) {
	start, last := time.Now(), time.Now()
	before, lastDone := o.done, o.done
	for {
		n, err := unix.EpollWait(o.poll, o.events, 20)
		if err != nil && err != unix.EINTR {
			return 0, fmt.Errorf("epoll: %w", err)
		}
		for i := range max(n, 0) {
			if err := o.handle(int(o.events[i].Fd), o.buf); err != nil {
				return 0, fmt.Errorf("opening: %w", err)
			}
		}
		now := time.Now()
		if o.done > lastDone {
			last, lastDone = now, o.done
		} else if now.Sub(last) > patience {
			return 0, fmt.Errorf("no connection opened and closed for %v", patience)
		}
		if done(now, start) {
			return o.done - before, nil
		}
	}
}

func (o *Openings) connect(i int) error {
	fd, err := o.server.socket(unix.SOCK_NONBLOCK)
	if err != nil {
		return err
	}
	o.slots[i] = opening{fd: fd, began: time.Now(), response: o.slots[i].response[:0]}
	if err := unix.Connect(fd, o.server.sockaddr()); err != nil && err != unix.EINPROGRESS {
		return fmt.Errorf("connect: %w", err)
	}
	return unix.EpollCtl(o.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLOUT, Fd: int32(i)})
}

func (o *Openings) handle(i int, buf []byte) error {
	s := &o.slots[i]
	if s.step == connecting {
		if code, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || code != 0 {
			return fmt.Errorf("connect: %w", errors.Join(err, unix.Errno(code)))
		}
		s.step = upgrading
		if err := writeAll(s.fd, o.request); err != nil {
			return err
		}
		return unix.EpollCtl(o.poll, unix.EPOLL_CTL_MOD, s.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)})
	}
	n, err := unix.Read(s.fd, buf)
	switch {
	case err == unix.EAGAIN:
		return nil
	case err != nil && (s.step != ending || err != unix.ECONNRESET):
		return fmt.Errorf("read: %w", err)
	case n <= 0:
		if s.step != ending {
			return fmt.Errorf("closed by the server too early, in step %d", s.step)
		}
		o.Latency.Add(time.Since(s.began))
		o.done++
		_ = unix.Close(s.fd)
		if s.fd = -1; o.pause > 0 {
			return nil // wake goes on
		}
		return o.connect(i)
	}
	return s.take(buf[:n])
}

func (s *opening) take(p []byte) error {
	switch s.step {
	case upgrading:
		s.response = append(s.response, p...)
		done, _, err := parseResponse(s.response)
		if err != nil || !done {
			return err
		}
		s.step = closing
		return writeAll(s.fd, closeFrame)
	case closing:
		if p[0] != closeFrame[0] {
			return fmt.Errorf("%x came back for a close frame", p)
		}
		s.step = ending
	}
	return nil
}
