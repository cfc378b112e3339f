//go:build linux

package load

import (
	"fmt"
	"time"
)

// Broadcast opens n connections that hear what one more says: window messages at
// a time, and the next when all have all of them. Every delivery counts as a
// message.
//
// hearing tells how many connections the server counts as hearing: nothing is said
// before all do. With stalled, there is one more that hears, but never reads.
func Broadcast(s *Server, t *Traffic, n, window int, stalled bool, hearing func() (int, error)) (*Clients, error) {
	if window > t.out.n {
		return nil, fmt.Errorf("%d messages in flight, but only %d in the ring", window, t.out.n)
	}
	c, err := newClients(s, t)
	if err != nil {
		return nil, err
	}
	err = c.broadcast(n, window, stalled)
	if err == nil {
		err = waitFor(n+len(c.silent)-1, hearing) // all but the one who says it
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// waitFor waits until at least n connections hear.
func waitFor(n int, hearing func() (int, error)) error {
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		got, err := hearing()
		if err != nil || got >= n {
			return err
		}
		if time.Since(start) > patience {
			return fmt.Errorf("%d of %d connections hear after %v", got, n, patience)
		}
	}
}

func (c *Clients) broadcast(n, window int, stalled bool) error {
	if err := c.add(n, "/hear", false); err != nil {
		return err
	}
	if stalled {
		fd, _, err := c.server.open("/hear")
		if err != nil {
			return err
		}
		c.silent = append(c.silent, fd)
	}
	fd, _, err := c.server.open("/say")
	if err != nil {
		return err
	}
	c.silent = append(c.silent, fd) // and nothing comes back on this one
	next := 0
	waiting := 0 // deliveries
	say := func() error {
		p := c.traffic.out.slice(next, window)
		next = (next + window) % c.traffic.out.n
		waiting = n * window
		c.asked += int64(waiting)
		return writeAll(fd, p)
	}
	c.begin, c.whole, c.until = say, true, time.Now().Add(time.Hour)
	c.reply = func(_ *conn, messages int) error {
		if waiting -= messages; waiting > 0 {
			return nil
		}
		if c.rests = time.Now().After(c.until); c.rests {
			return nil
		}
		return say()
	}
	return nil
}
