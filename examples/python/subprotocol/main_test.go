package main

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

func TestTell(t *testing.T) {
	wstest.NoLeaks(t)
	url, d := wstest.Server(t, newServer())
	for _, tt := range []struct {
		offered []string
		chosen  string // "" if the server refuses
		parse   func(string) (time.Time, error)
	}{
		{[]string{"time.unix", "time.rfc3339"}, "time.unix", parseUnix},
		{[]string{"time.julian", "time.rfc3339"}, "time.rfc3339", parseRFC3339},
		{[]string{"time.julian"}, "", nil},
		{nil, "", nil},
	} {
		d.Subprotocols = tt.offered
		conn, err := d.Dial(t.Context(), url)
		if tt.chosen == "" {
			if e, ok := errors.AsType[*websockets.RejectError](err); !ok || e.Status != 400 {
				t.Errorf("%q: got %v", tt.offered, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if conn.Subprotocol() != tt.chosen {
			t.Errorf("%q: got %q", tt.offered, conn.Subprotocol())
		}
		msg, err := conn.Recv(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if told, err := tt.parse(msg.String()); err != nil || time.Since(told) > time.Minute {
			t.Errorf("%s: told %q, %v", tt.chosen, msg, err)
		}
	}
}

func parseUnix(s string) (time.Time, error) {
	seconds, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(seconds, 0), err
}

func parseRFC3339(s string) (time.Time, error) { return time.Parse(time.RFC3339, s) }
