package wstest_test

import (
	"context"
	"net"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/wstest"
)

func TestConformanceHasASubtestForEachCase(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &websockets.Server{
		Options: websockets.Options{DisableCompression: true},
		Handler: func(ctx context.Context, c *websockets.Conn) error {
			for m, err := range c.Messages(ctx) {
				if err != nil {
					return err
				}
				if err := c.Send(ctx, m); err != nil {
					return err
				}
			}
			return nil
		},
	}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	cases, err := conformance.Select("1.1.1", "7.7.*", "12.1.1")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	suite := &conformance.Suite{Cases: cases, Progress: func(p conformance.Progress) {
		ran++
		if p.Result.Case.ID == "12.1.1" && p.Result.Behavior != conformance.Unimplemented {
			t.Errorf("12.1.1 is %v", p.Result.Behavior)
		}
	}}
	wstest.Conformance(t, "ws://"+ln.Addr().String()+"/", suite)
	if ran != len(cases) {
		t.Errorf("%d of %d cases ran", ran, len(cases))
	}
}
