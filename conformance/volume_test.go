package conformance_test

import (
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/conformance"
)

func TestHowManyMessagesGoBackAndForth(t *testing.T) {
	url := echo(t, websockets.Options{})
	for full, want := range map[bool]map[string]int{
		false: {"9.1.1": 1, "9.7.1": 200, "9.8.6": 200, "12.1.1": 200, "12.5.6": 128, "13.4.18": 10},
		true:  {"9.1.1": 1, "9.7.1": 1000, "12.1.1": 1000},
	} {
		for id, messages := range want {
			suite := &conformance.Suite{Cases: classicalCases(t, id), Full: full}
			report, err := suite.TestServer(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			r := report.Agents[0].Results[0]
			if !r.Passed(true) || r.Stats.MessagesOut != messages || r.Stats.MessagesIn != messages {
				t.Errorf("full %v: %s sent %d messages and got %d, want %d: %v", full, id, r.Stats.MessagesOut, r.Stats.MessagesIn, messages, r.Reason)
			}
			if r.Stats.PlainIn != r.Stats.PlainOut || id == "13.4.18" && r.Stats.PayloadOut > r.Stats.PlainOut/4 {
				t.Errorf("%s: %d bytes were sent in %d, %d came", id, r.Stats.PlainOut, r.Stats.PayloadOut, r.Stats.PlainIn)
			}
		}
	}
}

func TestTimeoutEndsACase(t *testing.T) {
	suite := &conformance.Suite{Cases: classicalCases(t, "2.1"), Timeout: 100 * time.Millisecond}
	report, err := suite.TestServer(t.Context(), "ws://"+serveBroken(t, faults{noPong: true, noCloseAnswer: true}))
	if err != nil {
		t.Fatal(err)
	}
	r := report.Agents[0].Results[0]
	if r.Passed(false) || r.Ending != "the case took too long" {
		t.Errorf("%v: %s", r.Verdict(), r.Ending)
	}
}

func TestServersThatCannotBeTested(t *testing.T) {
	ln, addr := listenOn(t, nil)
	_ = ln.Close()
	for _, url := range []string{"http://" + addr, "ws://", ":", "ws://" + addr} {
		if report, err := new(conformance.Suite).TestServer(t.Context(), url); err == nil || report != nil {
			t.Errorf("%s: %v, %v", url, report, err)
		}
	}
}
