package demo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
)

func noParameters(url.Values) error { return nil }

// echo sends each message back.
func (s *Site) echo(ctx context.Context, conn *websockets.Conn, _ url.Values) error {
	for {
		m, err := conn.Recv(ctx)
		if err != nil {
			return err
		}
		if err := conn.Send(ctx, m); err != nil {
			return err
		}
	}
}

// The bounds of how often /time sends the time.
const (
	mostOften  = 10 * time.Millisecond
	leastOften = time.Hour
)

func checkTime(q url.Values) error {
	_, err := every(q)
	return err
}

func every(q url.Values) (time.Duration, error) {
	s := q.Get("every")
	if s == "" {
		return time.Second, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < mostOften || d > leastOften {
		return 0, fmt.Errorf("every is %q: give a duration from 10ms to 1h, such as 100ms", s)
	}
	return d, nil
}

// time sends the time, at first at once. A client that is too slow for it misses
// some.
func (s *Site) time(ctx context.Context, conn *websockets.Conn, q url.Values) error {
	interval, err := every(q)
	if err != nil {
		return err
	}
	go discard(ctx, conn)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for now := time.Now(); ; {
		err := conn.Send(ctx, websockets.Text(now.Format("2006-01-02T15:04:05.000Z07:00")))
		if err != nil {
			return err
		}
		select {
		case now = <-ticker.C:
		case <-conn.Done():
			return conn.Err()
		}
	}
}

// discard receives what nobody wants, so that the connection goes on reading. It
// ends with the connection.
func discard(ctx context.Context, conn *websockets.Conn) {
	for range conn.Messages(ctx) {
		continue
	}
}

func checkClose(q url.Values) error {
	_, err := closing(q)
	return err
}

func closing(q url.Values) (*websockets.CloseError, error) {
	e := &websockets.CloseError{Code: websockets.CloseNormal, Reason: q.Get("reason")}
	if s := q.Get("code"); s != "" {
		n, err := strconv.ParseUint(s, 10, 16)
		if e.Code = websockets.CloseCode(n); err != nil || !e.Code.IsWire() {
			return nil, fmt.Errorf("code is %q: give 1000 to 1003, 1007 to 1014 or 3000 to 4999", s)
		}
	}
	if len(e.Reason) > frame.MaxCloseReason {
		return nil, fmt.Errorf("reason has %d bytes: at most %d fit", len(e.Reason), frame.MaxCloseReason)
	}
	if !utf8.ValidString(e.Reason) {
		return nil, errors.New("reason is not UTF-8")
	}
	return e, nil
}

// close closes the connection at once.
func (s *Site) close(_ context.Context, _ *websockets.Conn, q url.Values) error {
	e, err := closing(q)
	if err != nil {
		return err
	}
	return e
}
