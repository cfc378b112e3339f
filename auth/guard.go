package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/go-websockets/websockets"
)

// A Guard lets a request pass, or not. It returns the request to go on with, a
// copy without the credential and with the identity in its context, or an error:
// a *[websockets.RejectError], wrapped or not, is the response, any other makes it
// 500. A Guard of one's own changes copies only: see [WithIdentity]. Guards may be
// called by any number of goroutines.
type Guard func(r *http.Request) (*http.Request, error)

// Process is the guard as the ProcessRequest of a [websockets.Server].
func (g Guard) Process(r *http.Request) error {
	passed, err := g.check(r)
	if err != nil {
		return err
	}
	*r = *passed
	return nil
}

// Wrap is the guard as middleware: next gets the requests that pass. The others are
// answered as a [websockets.Server] does it; what is answered with 500 is logged by
// [slog.Default]. That functions of the program give up in time is for the context
// of the request to see to.
func (g Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if passed := g.admit(w, r); passed != nil {
			next.ServeHTTP(w, passed)
		}
	})
}

// admit returns the request to go on with, or nil and has answered.
func (g Guard) admit(w http.ResponseWriter, r *http.Request) (passed *http.Request) {
	fail := func(status int) { http.Error(w, http.StatusText(status), status) }
	logger := slog.Default().With("path", r.URL.EscapedPath())
	defer func() {
		if v := recover(); v != nil {
			logger.Error("websockets: panic in a check of credentials", "err", fmt.Sprint(v), "stack", string(debug.Stack()))
			fail(http.StatusInternalServerError)
			passed = nil
		}
	}()
	passed, err := g.check(r)
	switch reject, ok := errors.AsType[*websockets.RejectError](err); {
	case ok:
		answer(w, reject)
		return nil
	case r.Context().Err() != nil: // nobody may pass any more
		fail(http.StatusServiceUnavailable)
		return nil
	case err != nil:
		logger.Error("websockets: cannot check credentials", "err", err)
		fail(http.StatusInternalServerError)
		return nil
	}
	return passed
}

// check calls the guard. A guard that returns nothing lets nobody pass.
func (g Guard) check(r *http.Request) (*http.Request, error) {
	passed, err := g(r)
	if err == nil && passed == nil {
		err = errors.New("a guard returned neither a request nor an error")
	}
	return passed, err
}

// All lets a request pass which all guards let pass, one after the other: what
// needs no credential, such as [Hosts], stands first. It panics without a guard.
func All(guards ...Guard) Guard {
	if len(guards) == 0 {
		panic("websockets/auth: All without a guard")
	}
	return func(r *http.Request) (_ *http.Request, err error) {
		for _, g := range guards {
			if r, err = g.check(r); err != nil {
				return nil, err
			}
		}
		return r, nil
	}
}

// Any leaves the decision to the first guard that finds a credential of its kind.
// If none does, the response has the challenges of all. It panics without a guard.
func Any(guards ...Guard) Guard {
	if len(guards) == 0 {
		panic("websockets/auth: Any without a guard")
	}
	return func(r *http.Request) (*http.Request, error) {
		var challenges []string
		for _, g := range guards {
			passed, err := g.check(r)
			_, isFault := errors.AsType[*verifyError](err)
			if err == nil || isFault || !errors.Is(err, ErrMissing) {
				return passed, err
			}
			if reject, ok := errors.AsType[*websockets.RejectError](err); ok {
				challenges = append(challenges, reject.Header.Values("WWW-Authenticate")...)
			}
		}
		return nil, &refusal{"request", ErrMissing, &websockets.RejectError{
			Status: http.StatusUnauthorized,
			Header: http.Header{"Www-Authenticate": challenges},
			Body:   []byte(ErrMissing.Error() + "\n"),
		}}
	}
}

// identityKey is where an identity of type T is in a context.
type identityKey[T any] struct{}

// WithIdentity returns a context that has an identity: for a [Guard] of one's own,
// and for handlers after [FirstMessage].
//
//	return r.WithContext(auth.WithIdentity(r.Context(), user)), nil
func WithIdentity[T any](ctx context.Context, identity T) context.Context {
	return context.WithValue(ctx, identityKey[T]{}, identity)
}

// Identity returns the identity of type T that a [Guard] has found, in the context
// of a handler or of a request. Identities of different types do not touch.
func Identity[T any](ctx context.Context) (identity T, ok bool) {
	identity, ok = ctx.Value(identityKey[T]{}).(T)
	return identity, ok
}

// stripped returns a copy of a request whose headers and URL may be changed, and
// which has nothing that was parsed of them.
func stripped(r *http.Request) *http.Request {
	c := r.WithContext(r.Context())
	c.Header = r.Header.Clone()
	u := *r.URL
	c.URL = &u
	c.Form, c.PostForm = nil, nil
	return c
}
