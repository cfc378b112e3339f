package drive_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/go-websockets/websockets/cmd/ws/internal/drive"
	"github.com/go-websockets/websockets/conformance"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

func TestOurClientIsDrivenThroughTheCases(t *testing.T) {
	cases, err := conformance.Select("1.1.*", "2.5", "7.1.1")
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t)
	var updated *conformance.Report
	suite := &conformance.Server{
		Suite:  &conformance.Suite{Cases: cases},
		Update: func(r *conformance.Report) { updated = r },
	}
	served := make(chan *conformance.Report, 1)
	go func() {
		r, err := suite.Serve(t.Context(), ln)
		if err != nil {
			t.Error(err)
		}
		served <- r
	}()
	var numbers []int
	total, err := drive.Run(t.Context(), drive.Options{
		URL: "ws://" + ln.Addr().String(), Agent: "ours", Shutdown: true,
		Progress: func(n, total int) { numbers = append(numbers, n, total) },
	})
	if err != nil {
		t.Fatal(err)
	}
	report := <-served
	if total != 10 || len(numbers) != 20 || numbers[18] != 10 || numbers[19] != 10 {
		t.Errorf("%d cases, progress %v", total, numbers)
	}
	if len(report.Agents) != 1 || report.Agents[0].Name != "ours" || len(report.Agents[0].Results) != 10 {
		t.Fatalf("the report has %+v", report.Agents)
	}
	for _, r := range report.Agents[0].Results {
		if !r.Passed(true) {
			t.Errorf("%s: %v (%s), %v (%s)", r.Case.ID, r.Behavior, r.Reason, r.Closing, r.Ending)
		}
	}
	if updated == nil || len(updated.Agents[0].Results) != 10 {
		t.Errorf("Update got %+v", updated)
	}
}

func TestASuiteThatIsNotThere(t *testing.T) {
	ln := listen(t)
	_ = ln.Close()
	if _, err := drive.Run(t.Context(), drive.Options{URL: "ws://" + ln.Addr().String(), Agent: "a"}); err == nil {
		t.Error("no error")
	}
	if _, err := drive.Run(t.Context(), drive.Options{URL: ":", Agent: "a"}); err == nil {
		t.Error("no error for a URL that is none")
	}
}

func TestTheContextEndsTheDrive(t *testing.T) {
	ln := listen(t)
	go func() { _, _ = (&conformance.Server{}).Serve(t.Context(), ln) }()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := drive.Run(ctx, drive.Options{URL: "ws://" + ln.Addr().String(), Agent: "a", Progress: func(n, _ int) {
		if n == 3 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
