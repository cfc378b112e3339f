package websockets

import "time"

// This file is how somebody comes to read when the application does not.

// arm lets the timer look for a standby. Its caller holds mu.
func (r *reader) arm() {
	if r.armed {
		return
	}
	r.armed, r.seen = true, r.sits
	if r.timer == nil {
		r.timer = time.AfterFunc(standbyAfter, r.timeUp)
	} else {
		r.timer.Reset(standbyAfter)
	}
}

// timeUp starts the standby if nobody has sat since the timer was armed.
func (r *reader) timeUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed = false
	if r.reclaim() {
		r.arm()
		return
	}
	if r.used.Swap(false) {
		r.sits++
	}
	switch {
	case r.called && !r.ended:
		if r.chair == byReceiver || r.sits != r.seen {
			r.arm() // the driver may be about to call its function
		} else if r.chair == vacant {
			r.startStandby()
		}
	case r.ended || r.chair != vacant && !r.unconfirmed:
	case r.sits != r.seen:
		r.arm()
	case r.chair == vacant:
		r.startStandby()
	case r.chair == byReceiver: // the driver, who waits: it will read before it waits again
		r.unconfirmed = false
		r.unblock()
	}
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
	r.sit(byStandby)
	go r.standby()
}

// full reports whether nothing more is read ahead. Once the connection is
// closing, what finds no place is discarded.
func (r *reader) full() bool {
	return (len(r.queue) >= r.c.set.maxQueue || len(r.stream.data) >= streamAhead) && !r.c.isClosing.Load()
}

// standby reads until it is not needed, not allowed or not able to.
func (r *reader) standby() {
	for {
		err := r.read(needMessage, true)
		r.mu.Lock()
		if err == nil {
			m := r.takeMessage(nil)
			if len(r.queue) < r.c.set.maxQueue {
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
