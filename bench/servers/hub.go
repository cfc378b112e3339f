package servers

import (
	"sync"
	"sync/atomic"
)

// A connSet is who hears a broadcast.
type connSet[T comparable] struct {
	mu      sync.RWMutex
	members map[T]struct{}
}

// hearing counts the members of all sets.
var hearing atomic.Int64

// Hearing returns how many connections hear what is said, of all servers in this
// process. Clients wait for it before they say anything.
func Hearing() int { return int(hearing.Load()) }

// add adds c and returns what removes it.
func (s *connSet[T]) add(c T) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hearing.Add(1)
	if s.members == nil {
		s.members = map[T]struct{}{}
	}
	s.members[c] = struct{}{}
	return func() { s.remove(c) }
}

func (s *connSet[T]) remove(c T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hearing.Add(-1)
	delete(s.members, c)
}

func (s *connSet[T]) all(yield func(T) bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for c := range s.members {
		if !yield(c) {
			return
		}
	}
}

// A hub is the usual way to broadcast where a write blocks: a channel and a
// goroutine for each member, and who does not keep up is dropped.
type hub[T any] struct{ set connSet[*member[T]] }

type member[T any] struct {
	queue chan T
	drop  func()
}

// hubQueue is as long as in the chat of gorilla/websocket.
const hubQueue = 256

// join adds a member. The caller writes what comes on the queue, and leaves.
func (h *hub[T]) join(drop func()) (queue <-chan T, leave func()) {
	m := &member[T]{queue: make(chan T, hubQueue), drop: drop}
	return m.queue, h.set.add(m)
}

func (h *hub[T]) say(v T) {
	for m := range h.set.all {
		select {
		case m.queue <- v:
		default:
			m.drop()
		}
	}
}
