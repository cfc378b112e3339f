package conformance_test

import (
	"context"
	"net"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/conformance"
)

// echo serves what every case expects of a server, and returns its URL.
func echo(t *testing.T, o websockets.Options) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &websockets.Server{Options: o, Handler: func(ctx context.Context, c *websockets.Conn) error {
		for {
			m, err := c.Recv(ctx)
			if err == nil {
				err = c.Send(ctx, m)
			}
			if err != nil {
				return err
			}
		}
	}}
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Close() })
	return "ws://" + ln.Addr().String() + "/"
}

func TestOurServer(t *testing.T) {
	suite := &conformance.Suite{}
	report, err := suite.TestServer(t.Context(), echo(t, websockets.Options{MaxMessageSize: 64 << 20}))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Agents[0].Results {
		if !r.Passed(true) {
			t.Errorf("%s %s: %v (%s), closing %v (%s)", r.Case.ID, r.Case.Title, r.Behavior, r.Reason, r.Closing, r.Ending)
			for _, e := range r.Log {
				t.Logf("%10v %s", e.At, e.Text)
			}
		}
	}
	t.Logf("%d cases", len(report.Agents[0].Results))
}
