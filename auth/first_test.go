package auth_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/auth"
	"github.com/go-websockets/websockets/wstest"
)

func goodMessage(ctx context.Context, m websockets.Message) (string, error) {
	switch m.String() {
	case "slow":
		<-ctx.Done()
		return "ann", nil // which is too late
	case "slow, with an error":
		<-ctx.Done()
		return "", ctx.Err()
	case "own":
		return "ann", &websockets.CloseError{Code: auth.CloseForbidden, Reason: "banned"}
	case "impossible":
		return "ann", &websockets.CloseError{Code: 1}
	case "goexit":
		runtime.Goexit()
	}
	return good(ctx, m.String())
}

// firstMessage plays the peer of a connection whose handler calls FirstMessage, and
// returns what that has returned.
func firstMessage(t *testing.T, play func(p *wstest.Peer, cancel context.CancelFunc)) (user string, panicked any, err error) {
	t.Helper()
	a, b := new(wstest.Network).Pipe()
	conn := websockets.NewConn(b, websockets.RoleServer, websockets.Handshake{}, &websockets.Options{Logger: slog.New(slog.DiscardHandler)})
	defer conn.CloseNow()
	p := wstest.NewPeer(t, a, websockets.RoleClient)
	p.Timeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		user, err = auth.FirstMessage(ctx, conn, 5*time.Second, goodMessage)
	}()
	play(p, cancel)
	<-done
	if user != "" && (conn.State() != websockets.StateOpen || err != nil) {
		t.Errorf("identity %q, but the connection is %v, %v", user, conn.State(), err)
	}
	if user == "" && conn.State() != websockets.StateClosed {
		t.Errorf("no identity, but the connection is %v", conn.State())
	}
	return user, panicked, err
}

func TestFirstMessage(t *testing.T) {
	long := strings.Repeat("x", auth.MaxFirstMessage)
	for name, test := range map[string]struct {
		send string
		want string // the close frame
		err  error
	}{
		"denied":        {`TEXT "bad"`, `CLOSE 3000 "unauthorized"`, auth.ErrDenied},
		"long":          {`TEXT "` + long + `"`, `CLOSE 3000 "unauthorized"`, auth.ErrDenied},
		"too long":      {`TEXT "` + long + `x"`, `CLOSE 1009 "first message too long"`, auth.ErrDenied},
		"fault":         {`TEXT "broken"`, `CLOSE 1011`, nil},
		"fault, leaky":  {`TEXT "leaky"`, `CLOSE 1011`, nil},
		"its own":       {`TEXT "own"`, `CLOSE 3003 "banned"`, auth.ErrDenied},
		"odd own":       {`TEXT "impossible"`, `CLOSE 1011`, auth.ErrDenied},
		"panic":         {`TEXT "panic"`, `CLOSE 1011`, nil},
		"leaky panic":   {`TEXT "panic-leaky"`, `CLOSE 1011`, nil},
		"goexit":        {`TEXT "goexit"`, `CLOSE 1011`, nil},
		"slow":          {`TEXT "slow"`, `CLOSE 3008 "no credentials in time"`, auth.ErrMissing},
		"slow, error":   {`TEXT "slow, with an error"`, `CLOSE 3008 "no credentials in time"`, auth.ErrMissing},
		"nothing":       {``, `CLOSE 3008 "no credentials in time"`, auth.ErrMissing},
		"half":          {`TEXT "go" more`, `CLOSE 3008 "no credentials in time"`, auth.ErrMissing},
		"a broken rule": {`TEXT FF`, `CLOSE 1007 ...`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				user, panicked, err := firstMessage(t, func(p *wstest.Peer, _ context.CancelFunc) {
					if test.send != "" {
						p.Send(test.send)
					}
					p.Expect(test.want)
					if name == "a broken rule" {
						p.Close()
						return
					}
					p.Send(`CLOSE 1000`)
					p.ExpectEOF()
				})
				if user != "" || test.err != nil && !errors.Is(err, test.err) {
					t.Errorf("%q, %v, want %v", user, err, test.err)
				}
				isPanic := strings.Contains(test.send, "panic")
				if (panicked != nil) != isPanic || err == nil && !isPanic && name != "goexit" {
					t.Errorf("error %v, panic %v", err, panicked)
				}
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("took %v", took)
				}
				if strings.Contains(test.send, "leaky") && (err != nil && strings.Contains(err.Error(), "leaky") || panicked == "boom: panic-leaky") {
					t.Errorf("error %v, panic %v", err, panicked)
				}
			})
		})
	}
}

func TestFirstMessageReturnsTheIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		user, _, err := firstMessage(t, func(p *wstest.Peer, _ context.CancelFunc) {
			p.Send(`PING "a"`, `TEXT "go" more`, `CONT "od" fin`)
			p.Expect(`PONG "a"`)
		})
		if user != "ann" || err != nil {
			t.Errorf("%q, %v", user, err)
		}
	})
}

// V-066: pings keep nobody who has not said who it is.
func TestPingsDoNotProlongTheTimeForTheFirstMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, _, err := firstMessage(t, func(p *wstest.Peer, _ context.CancelFunc) {
			for range 4 {
				p.Send(`PING "still here"`, `PONG`)
				p.Expect(`PONG "still here"`)
				time.Sleep(time.Second)
			}
			p.Send(`TEXT "g" more`)
			p.Expect(`CLOSE 3008 "no credentials in time"`)
			p.Send(`CLOSE 3008`)
			p.ExpectEOF()
		})
		if !errors.Is(err, auth.ErrMissing) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestFirstMessageEndsWithTheConnectionAndTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, err := firstMessage(t, func(p *wstest.Peer, _ context.CancelFunc) {
			p.Send(`CLOSE 1000 "changed my mind"`)
			p.Expect(`CLOSE 1000 "changed my mind"`)
			p.ExpectEOF()
		})
		if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != 1000 || !errors.Is(err, auth.ErrMissing) {
			t.Errorf("got %v", err)
		}
		_, _, err = firstMessage(t, func(p *wstest.Peer, cancel context.CancelFunc) {
			cancel()
			p.Expect(`CLOSE 1001`)
			p.Send(`CLOSE 1001`)
			p.ExpectEOF()
		})
		if !errors.Is(err, context.Canceled) || !errors.Is(err, auth.ErrMissing) {
			t.Errorf("got %v", err)
		}
	})
}

// What FirstMessage returns is what a handler returns: the server logs faults of the
// program, and nothing about clients that may not connect.
func TestHandlersReturnTheErrorOfFirstMessage(t *testing.T) {
	for message, want := range map[string]string{"bad": "", "own": "", "broken": "the database is away", "leaky": "whose text has the credential"} {
		var log strings.Builder
		s := &websockets.Server{
			Options: websockets.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))},
			Handler: func(ctx context.Context, conn *websockets.Conn) error {
				_, err := auth.FirstMessage(ctx, conn, time.Minute, goodMessage)
				return err
			},
		}
		url, d := wstest.Server(t, s)
		conn, err := d.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Send(t.Context(), websockets.Text(message))
		_, _ = conn.Recv(t.Context())
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if (log.Len() > 0) != (want != "") || !strings.Contains(log.String(), want) || strings.Contains(log.String(), "leaky") {
			t.Errorf("%s: logged %q", message, log.String())
		}
	}
}
