package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-websockets/websockets"
)

// MaxFirstMessage is how long the message of [FirstMessage] may be, in bytes.
const MaxFirstMessage = 16 << 10

// FirstMessage is for handlers of connections that are open to anybody, and where
// the first message says who it is. It receives that message, which must have come
// within the given time, whatever else comes meanwhile: pings do not prolong it.
// Then verify decides, in the same time.
//
//	user, err := auth.FirstMessage(ctx, conn, 5*time.Second, verify)
//	if err != nil {
//		return err
//	}
//
// If anything is not as it should be, the connection is closed: with
// [CloseUnauthorized] if the error of verify matches [ErrDenied], with
// [CloseTimeout] if the time is over, with 1009 if the message is longer than
// [MaxFirstMessage], with 1001 if ctx ends, and with 1011 for any other error. A
// *[websockets.CloseError] of verify's own making closes it with its Code and
// Reason. FirstMessage returns when the connection is closed. Its error matches
// [ErrDenied] or [ErrMissing], or is that of verify; a handler returns it.
//
// Until then anybody can hold a connection: bound their number by
// [websockets.ConnLimits]. A connection that is open at all tells a page of another
// site nothing as long as nothing is sent before FirstMessage has returned nil.
func FirstMessage[T any](ctx context.Context, conn *websockets.Conn, within time.Duration, verify func(ctx context.Context, m websockets.Message) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, within, errLate)
	defer cancel()
	var nobody T
	m, err := receiveFirst(ctx, conn)
	if err == nil {
		var identity T
		if identity, err = verifyMessage(ctx, conn, m, verify); err == nil {
			return identity, nil
		}
	}
	if conn.Err() != nil { // nobody is there to be told
		return nobody, fmt.Errorf("first message: %w: %w", ErrMissing, err)
	}
	code, reason, why := verdict(ctx, err)
	if conn.CloseWith(code, reason) != nil {
		_ = conn.CloseWith(websockets.CloseInternalError, "") // verify gave a code that cannot be sent
	}
	if why == nil {
		return nobody, err // the handler's server logs it
	}
	return nobody, fmt.Errorf("first message: %w: %w", why, conn.Err())
}

var (
	errLate    = errors.New("the time for it is over")
	errTooLong = fmt.Errorf("more than %d bytes", MaxFirstMessage)
)

// receiveFirst receives a message of at most MaxFirstMessage.
func receiveFirst(ctx context.Context, conn *websockets.Conn) (m websockets.Message, err error) {
	typ, r, err := conn.Reader(ctx)
	if err != nil {
		return m, err
	}
	data, err := io.ReadAll(io.LimitReader(r, MaxFirstMessage+1))
	if err == nil && len(data) > MaxFirstMessage {
		err = errTooLong
	}
	return websockets.Message{Type: typ, Data: data}, err
}

// verifyMessage calls verify. What it returns after the end of ctx does not count.
func verifyMessage[T any](ctx context.Context, conn *websockets.Conn, m websockets.Message, verify func(context.Context, websockets.Message) (T, error)) (identity T, err error) {
	secret := string(m.Data)
	defer withholding(secret)
	done := false
	defer func() { // if verify panics, or calls runtime.Goexit
		if !done {
			_ = conn.CloseWith(websockets.CloseInternalError, "")
		}
	}()
	identity, err = verify(ctx, m)
	done = true
	if err == nil {
		return identity, ctx.Err()
	}
	if _, ok := errors.AsType[*websockets.CloseError](err); ok || errors.Is(err, ErrDenied) {
		return identity, err
	}
	return identity, verified(err, secret, nil)
}

// verdict says how to close, and why; why is nil for a fault of the program.
func verdict(ctx context.Context, err error) (code websockets.CloseCode, reason string, why error) {
	own, isOwn := errors.AsType[*websockets.CloseError](err)
	switch {
	case isOwn:
		return own.Code, own.Reason, ErrDenied
	case errors.Is(err, ErrDenied):
		return CloseUnauthorized, "unauthorized", ErrDenied
	case errors.Is(err, errTooLong):
		return websockets.CloseMessageTooBig, "first message too long", fmt.Errorf("%w: %w", ErrDenied, err)
	case context.Cause(ctx) == errLate:
		return CloseTimeout, "no credentials in time", fmt.Errorf("%w: %w: %w", ErrMissing, errLate, context.DeadlineExceeded)
	case ctx.Err() != nil:
		return websockets.CloseGoingAway, "", fmt.Errorf("%w: %w", ErrMissing, context.Cause(ctx))
	}
	return websockets.CloseInternalError, "", nil
}
