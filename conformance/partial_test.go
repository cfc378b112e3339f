package conformance_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/frame"
)

func TestRunThatIsCutShortReportsWhatItHas(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	suite := &conformance.Suite{Parallel: 1, Progress: func(p conformance.Progress) {
		if p.Done == 3 {
			cancel()
		}
	}}
	report, err := suite.TestServer(ctx, echo(t, websockets.Options{}))
	if !errors.Is(err, context.Canceled) || report == nil {
		t.Fatalf("got %v, %v", report, err)
	}
	for i, r := range report.Agents[0].Results {
		if r == nil || r.Case == nil || r.Agent != report.Agents[0].Name {
			t.Fatalf("result %d is %+v", i, r)
		}
		if ran := i < 3; ran != (r.Verdict() != conformance.Missing) || ran != (r.ExpectedClose.Codes != nil) {
			t.Errorf("%s is %v", r.Case.ID, r.Verdict())
		}
	}
	want := conformance.ExpectedClose{Codes: []frame.CloseCode{frame.CloseNormal}, Clean: true}
	if got := report.Agents[0].Results[0].ExpectedClose; len(got.Codes) != 1 || got.Codes[0] != want.Codes[0] || !got.Clean || got.ByPeer || got.Fatal {
		t.Errorf("1.1.1 expects %+v, want %+v", got, want)
	}
}
