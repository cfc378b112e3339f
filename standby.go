package websockets

import (
	"sync"
	"sync/atomic"
	"time"
)

// This file is how somebody comes to read when the application does not.

// A lookout looks after the readers of a server, or of one connection: each
// standbyAfter it goes through those that are in use, and starts a standby where
// nobody has sat since. One timer for all costs a small part of a timer for each.
//
// Its mu is taken inside that of a reader, never the other way round.
type lookout struct {
	mu      sync.Mutex
	posts   []*post   // of readers that are armed
	spare   []*post   // memory for the next list
	ticking bool      // tick will be called
	due     time.Time // when
}

// A post is where a lookout finds a reader, until that has ended: it does not keep the
// memory of a connection which is over.
type post struct {
	lookout *lookout
	reader  atomic.Pointer[reader]
}

// lookoutLost is how late a tick may be. One that is later never comes: its clock
// was that of a synctest bubble which is over.
const lookoutLost = 10 * time.Second

func (l *lookout) add(p *post) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if lost := l.ticking && now.Sub(l.due).Abs() > lookoutLost; lost {
		l.ticking, l.posts = false, nil
	}
	l.posts = append(l.posts, p)
	if !l.ticking {
		l.ticking = true
		l.due = now.Add(standbyAfter)
		time.AfterFunc(standbyAfter, l.tick)
	}
}

// tick looks at all that are armed. There is one at a time.
func (l *lookout) tick() {
	l.mu.Lock()
	list := l.posts
	l.posts, l.spare = l.spare[:0], nil
	l.mu.Unlock()

	kept := list[:0]
	for _, p := range list {
		if r := p.reader.Load(); r != nil && r.look() {
			kept = append(kept, p)
		}
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	added := l.posts // meanwhile
	kept = append(kept, added...)
	if len(kept) == 0 {
		l.ticking, l.posts = false, nil
		return
	}
	clear(added)
	if len(kept) < len(list) {
		clear(list[len(kept):])
	}
	l.posts, l.spare = kept, added[:0]
	l.due = time.Now().Add(standbyAfter)
	time.AfterFunc(standbyAfter, l.tick)
}

// arm has the lookout see whether a standby is needed. Its caller holds mu.
func (r *reader) arm() {
	if r.armed {
		return
	}
	r.armed, r.fresh, r.seen = true, true, r.sits
	r.post.lookout.add(r.post)
}

// look starts the standby if nobody has sat since the lookout passed by, and
// reports whether it should pass by again.
func (r *reader) look() (again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed = r.needsLook()
	return r.armed
}

// needsLook is look with mu held.
func (r *reader) needsLook() bool {
	taken := r.reclaim()
	if r.used.Swap(false) {
		r.sits++
	}
	// Who was armed between two rounds has not been watched for a whole one.
	quiet := !taken && !r.fresh && r.sits == r.seen
	r.fresh, r.seen = false, r.sits
	switch {
	case r.ended:
		return false
	case taken:
		return true
	case r.called: // by the driver, who may be about to call its function
		if quiet && r.chair == vacant {
			r.startStandby()
			return false
		}
		return !quiet || r.chair == byReceiver
	case r.chair != vacant && !r.unconfirmed:
		return false
	case !quiet:
		return true
	case r.chair == vacant:
		r.startStandby()
	case r.chair == byReceiver: // the driver, who waits: it will read before it waits again
		r.unconfirmed = false
		r.unblock()
	}
	return false
}

// ensure has somebody read, if anything may be read.
func (r *reader) ensure() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reclaim()
	if r.chair == vacant && !r.ended {
		r.startStandby()
	}
}

// wasParked reports whether at some time since it last said no, nobody read; and
// has somebody read, if anything may be read.
func (r *reader) wasParked() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return false
	}
	r.reclaim()
	if r.chair == vacant {
		r.parked = true
		r.startStandby()
		return true
	}
	was := r.parked
	r.parked = false
	return was
}

// startStandby starts the standby, unless the queue is full. Its caller holds
// mu and has found the chair vacant.
func (r *reader) startStandby() {
	if r.full() {
		r.parked = true
		return
	}
	if r.driver != nil && r.nudge == nil {
		r.nudge = make(chan struct{}, 1)
	}
	r.sit(byStandby)
	go r.standby()
}

// full reports whether nothing more is read ahead. Once the connection is
// closing, what finds no place is discarded.
func (r *reader) full() bool {
	return (r.queueFull() || r.stream.waiting() >= streamAhead) && !r.c.isClosing.Load()
}

// queueFull reports whether enough messages wait, by their number or by their bytes:
// what a peer can make the reader hold is that and one message more.
func (r *reader) queueFull() bool {
	left := r.c.set.mostQueued
	for _, m := range r.queue {
		left -= len(m.Data)
	}
	return len(r.queue) >= r.c.set.maxQueue || left <= 0
}

// standby reads until it is not needed, not allowed or not able to.
func (r *reader) standby() {
	for {
		err := r.read(needMessage, true)
		r.mu.Lock()
		if err == nil {
			m := r.takeMessage(nil)
			if !r.queueFull() {
				r.queue = append(r.queue, m)
			}
		}
		if err != nil || r.wanted || r.full() {
			r.leave()
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
	}
}
