//go:build linux

package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// Rotate opens n connections, of which at most active have a message in flight:
// as soon as one comes back, the next goes out on another connection, in turn. So
// how long an echo takes does not depend on how many connections there are.
func Rotate(s *Server, t *Traffic, n, active int) (*Clients, error) {
	c, err := newClients(s, t)
	if err != nil {
		return nil, err
	}
	if err := c.add(n, "/echo", false); err != nil {
		c.Close()
		return nil, err
	}
	c.window = 1
	active = min(active, n)
	next := active
	c.begin = func() error {
		for _, k := range c.conns[:active] {
			if err := c.send(k, 1); err != nil {
				return err
			}
		}
		return nil
	}
	c.reply = func(k *conn, _ int) error {
		c.latency.Add(time.Since(k.sent))
		k.sent = time.Time{}
		for !c.conns[next%n].sent.IsZero() {
			next++ // its echo is not back yet
		}
		next++
		return c.send(c.conns[(next-1)%n], 1)
	}
	return c, nil
}

// Beside lets connections come and go while the clients work, at most rate in a
// second: they are driven together.
func (c *Clients) Beside(o *Openings, rate float64) error {
	o.pause = time.Duration(float64(time.Second) * float64(len(o.slots)) / rate)
	c.beside = o
	return unix.EpollCtl(c.poll, unix.EPOLL_CTL_ADD, o.poll, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: besideID})
}

// besideID is what epoll calls the connections that come and go.
const besideID = -1

// Done returns how many connections have come and gone so far.
func (o *Openings) Done() int64 { return o.done }

// poke handles what is ready.
func (o *Openings) poke() error {
	n, err := unix.EpollWait(o.poll, o.events, 0)
	if err != nil && err != unix.EINTR {
		return err
	}
	for i := range max(n, 0) {
		if err := o.handle(int(o.events[i].Fd), o.buf); err != nil {
			return err
		}
	}
	return nil
}

// wake connects in the places that have paused long enough.
func (o *Openings) wake(now time.Time) error {
	for i := range o.slots {
		if s := &o.slots[i]; s.fd < 0 && now.Sub(s.began) >= o.pause {
			if err := o.connect(i); err != nil {
				return err
			}
		}
	}
	return nil
}
