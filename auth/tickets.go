package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"
)

// The defaults of [Tickets].
const (
	DefaultTicketLifetime = 30 * time.Second
	DefaultMaxTickets     = 1 << 16
)

// Tickets stand in for a login where the credential itself must not go, such as in
// a URL: each is random, good once and for a short time. A page gets one by an
// ordinary request, which is authenticated as all others are, and connects with it
// at once:
//
//	tickets := &auth.Tickets[string]{}
//	srv.ProcessRequest = auth.Query("ticket", tickets.Redeem).Process
//
// They are kept in the memory of the process: where there are several servers, the
// one that made a ticket must get the connection. The zero value is ready to use,
// by any number of goroutines; it must not be copied, and its fields not be changed
// once it is in use.
type Tickets[T any] struct {
	// Lifetime is how long a ticket is good. Default: 30s.
	Lifetime time.Duration

	// Max is how many are remembered at a time: those that are not used, and the used
	// ones that were made after the oldest of these. Default: 65,536.
	Max int

	once  sync.Once
	vault *vault

	mu     sync.Mutex
	unused map[digest]ticket[T]
	order  []digest // of those that were made, the oldest first; some are used
}

// A ticket that is not used.
type ticket[T any] struct {
	identity T
	until    time.Time
}

// ErrTooManyTickets is what Issue returns when Max tickets are remembered.
var ErrTooManyTickets = errors.New("websockets/auth: too many tickets")

func (t *Tickets[T]) init() {
	t.once.Do(func() {
		t.vault = newVault()
		t.unused = make(map[digest]ticket[T])
		if t.Lifetime <= 0 {
			t.Lifetime = DefaultTicketLifetime
		}
		if t.Max <= 0 {
			t.Max = DefaultMaxTickets
		}
	})
}

// Issue makes a ticket for somebody: letters and digits, which can stand in a query
// and among subprotocols as they are. It fails only with [ErrTooManyTickets].
func (t *Tickets[T]) Issue(identity T) (string, error) {
	t.init()
	text := rand.Text()
	d := t.vault.digest(text)
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prune(now)
	if len(t.order) >= t.Max {
		return "", ErrTooManyTickets
	}
	t.unused[d] = ticket[T]{identity, now.Add(t.Lifetime)}
	t.order = append(t.order, d)
	return text, nil
}

// prune forgets the tickets at the front which are used or over. The mu is held.
func (t *Tickets[T]) prune(now time.Time) {
	for len(t.order) > 0 {
		if made, ok := t.unused[t.order[0]]; ok && now.Before(made.until) {
			return
		}
		delete(t.unused, t.order[0])
		t.order = t.order[1:]
	}
}

// Redeem returns for whom a ticket was made, once. It is the function for [Query],
// [Subprotocol] and [Bearer], and fails with [ErrDenied].
func (t *Tickets[T]) Redeem(_ context.Context, text string) (T, error) {
	t.init()
	d := t.vault.digest(text)
	t.mu.Lock()
	defer t.mu.Unlock()
	made, ok := t.unused[d]
	delete(t.unused, d)
	if !ok || !time.Now().Before(made.until) {
		var nobody T
		return nobody, ErrDenied
	}
	return made.identity, nil
}
