package report_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/conformance/report"
	"github.com/go-websockets/websockets/frame"
)

// hostile is what a peer may send to harm who reads the report.
const hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J\u202e&{{script}}"

// caseOf returns the case with this ID.
func caseOf(t *testing.T, id string) *conformance.Case {
	t.Helper()
	list, err := conformance.Select(id)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// full is a result with something in every field.
func full(t *testing.T) *conformance.Result {
	return &conformance.Result{
		Case: caseOf(t, "3.2"), Agent: "Agent-1/2", Behavior: conformance.NonStrict, Closing: conformance.NotDropped,
		Reason: "saw " + hostile, Ending: "the server has not dropped the connection",
		Expected: []conformance.Expected{{Verdict: conformance.OK, Events: []string{`TEXT "hi"`, `timeout "A"`}}, {Verdict: conformance.NonStrict, Events: []string{}}},
		Received: []string{`PONG FF`}, ExpectedClose: conformance.ExpectedClose{ByPeer: true, Codes: []frame.CloseCode{1002}, Clean: true, Fatal: true},
		Started: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Duration: 1234567 * time.Microsecond,
		Request: "GET / HTTP/1.1\r\n\r\n", Response: "HTTP/1.1 101 " + hostile + "\r\n\r\n",
		ClosedByPeer: true, Violation: true, DroppedByUs: true, Overdue: conformance.DropWait, Clean: true,
		Local: conformance.Code{Sent: true, Code: 1005}, Remote: conformance.Code{Sent: true, Code: 1002, Reason: hostile},
		Log: []conformance.Entry{
			{At: 5 * time.Microsecond, Kind: conformance.SentFrame, Text: `< TEXT "Hello" ...(70000 bytes) more rsv1`},
			{At: 6 * time.Microsecond, Kind: conformance.ReceivedFrame, Text: `> BINARY 00*70 rsv3`},
			{At: 7 * time.Microsecond, Kind: conformance.SentBytes, Text: `< RAW 81 02`},
			{At: 8 * time.Microsecond, Kind: conformance.ReceivedBytes, Text: `> RAW "H" ...(9 bytes)`},
			{At: 9 * time.Microsecond, Kind: conformance.Remark, Text: hostile},
		},
		Facts: []conformance.Fact{{Name: "largest message", Value: hostile}},
		Stats: conformance.Stats{
			Reads: map[int]int{5: 1}, Writes: map[int]int{7: 2}, FramesIn: map[frame.Opcode]int{2: 1}, FramesOut: map[frame.Opcode]int{1: 3},
			MessagesIn: 1, MessagesOut: 2, WireIn: 3, WireOut: 4, PayloadIn: 5, PayloadOut: 6, PlainIn: 7, PlainOut: 8, OpeningIn: 9, OpeningOut: 10,
		},
	}
}

// with returns a report of one agent, with a result for each verdict of a case.
func with(t *testing.T, name string, verdicts map[string]conformance.Verdict) *conformance.Report {
	a := &conformance.Agent{Name: name, URL: "ws://localhost/", Peers: conformance.Servers, Started: time.Unix(1e9, 0).UTC()}
	for _, c := range conformance.Cases() {
		if v, ok := verdicts[c.ID]; ok {
			r := &conformance.Result{Case: c, Agent: name, Behavior: v, Duration: time.Millisecond}
			if v != conformance.Missing {
				r.Closing = conformance.OK
			}
			if v.IsFailure() {
				r.Reason = "why " + c.ID
			}
			a.Results = append(a.Results, r)
		}
	}
	if len(a.Results) != len(verdicts) {
		t.Fatal("there is no such case")
	}
	return &conformance.Report{Agents: []*conformance.Agent{a}}
}

func fullReport(t *testing.T) *conformance.Report {
	r := with(t, "Agent-1/2", map[string]conformance.Verdict{"1.1.1": conformance.OK, "2.1": conformance.Missing, "2.2": conformance.Failed})
	r.Agents[0].Results = append(r.Agents[0].Results, full(t))
	client := with(t, "a client", map[string]conformance.Verdict{"1.1.2": conformance.Informational, "7.1.1": conformance.Unimplemented})
	client.Agents[0].Peers, client.Agents[0].URL = conformance.Clients, ""
	r.Agents = append(r.Agents, client.Agents...)
	return r
}

func TestFullResultIsFull(t *testing.T) {
	v := reflect.ValueOf(full(t)).Elem()
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is zero: tests of reports do not see it", v.Type().Field(i).Name)
		}
	}
	stats := v.FieldByName("Stats")
	for i := range stats.NumField() {
		if stats.Field(i).IsZero() {
			t.Errorf("Stats.%s is zero", stats.Type().Field(i).Name)
		}
	}
}

func TestJSONKeepsAll(t *testing.T) {
	want := fullReport(t)
	var b bytes.Buffer
	if err := report.WriteJSON(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := report.ReadJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		for i, a := range want.Agents {
			for k, r := range a.Results {
				if !reflect.DeepEqual(got.Agents[i].Results[k], r) {
					t.Errorf("%s: got\n%+v, want\n%+v", r.Case.ID, got.Agents[i].Results[k], r)
				}
			}
		}
		t.Errorf("got %+v, want %+v", got.Agents[0], want.Agents[0])
	}
}

func TestJSONOfOtherCases(t *testing.T) {
	const text = `{"version":1,"agents":[{"name":"n","peers":"clients","results":[{"id":"99.1","title":"T","section":"S","behavior":"ok","closing":"ok","log":[{"micros":1,"kind":"new","text":"x"}]}]}]}`
	got, err := report.ReadJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r := got.Agents[0].Results[0]
	if r.Case.ID != "99.1" || r.Case.Title != "T" || r.Case.Peers != conformance.Clients || r.Log[0].Kind != conformance.Remark {
		t.Errorf("got %+v", r)
	}
}

func TestJSONThatIsNoReport(t *testing.T) {
	for text, want := range map[string]string{
		``:                                      "report: EOF",
		`[]`:                                    "report: json",
		`{"agents":[]}`:                         "its version is 0",
		`{"version":2}`:                         "its version is 2",
		`{"version":1,"agents":[{"name":"n"}]}`: `agent "n": peers is ""`,
		`{"version":1,"agents":[{"name":"n","peers":"servers","results":[{"id":"1.1.1","behavior":"good"}]}]}`:                              `case "1.1.1": there is no verdict "good"`,
		`{"version":1,"agents":[{"name":"n","peers":"servers","results":[{"id":"1.1.1","behavior":"ok"}]}]}`:                                `there is no verdict ""`,
		`{"version":1,"agents":[{"name":"n","peers":"servers","results":[{"behavior":"ok","closing":"ok","expected":[{"verdict":"x"}]}]}]}`: `there is no verdict "x"`,
	} {
		if _, err := report.ReadJSON(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestMergeJoinsAgents(t *testing.T) {
	one := with(t, "a", map[string]conformance.Verdict{"1.1.1": conformance.Failed, "2.10": conformance.OK, "2.2": conformance.OK})
	two := with(t, "a", map[string]conformance.Verdict{"1.1.1": conformance.OK, "2.2": conformance.Missing, "2.9": conformance.Failed})
	other := with(t, "b", map[string]conformance.Verdict{"1.1.1": conformance.OK})
	client := with(t, "a", map[string]conformance.Verdict{"1.1.1": conformance.OK})
	client.Agents[0].Peers = conformance.Clients
	m := report.Merge(one, two, other, client)
	var got []string
	for _, a := range m.Agents {
		line := a.Name + " " + a.Peers.String()
		for _, r := range a.Results {
			line += " " + r.Case.ID + " " + r.Verdict().String()
		}
		got = append(got, line)
	}
	want := []string{"a servers 1.1.1 ok 2.2 ok 2.9 failed 2.10 ok", "b servers 1.1.1 ok", "a clients 1.1.1 ok"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if one.Agents[0].Results[0].Verdict() != conformance.Failed || len(one.Agents[0].Results) != 3 {
		t.Error("a merged report has changed")
	}
}

func TestCompareFindsWhatGotWorse(t *testing.T) {
	before := with(t, "old", map[string]conformance.Verdict{
		"1.1.1": conformance.OK, "1.1.2": conformance.Failed, "1.1.3": conformance.OK, "1.1.4": conformance.Unimplemented,
		"1.1.5": conformance.OK, "1.1.6": conformance.Missing, "1.1.7": conformance.NonStrict, "1.1.8": conformance.WrongCode,
	})
	now := with(t, "new", map[string]conformance.Verdict{
		"1.1.1": conformance.Failed, "1.1.2": conformance.Failed, "1.1.3": conformance.NonStrict, "1.1.4": conformance.OK,
		"1.1.5": conformance.Missing, "1.1.6": conformance.Unclean, "1.1.7": conformance.Unimplemented, "1.1.8": conformance.Failed,
		"1.2.1": conformance.OK, "1.2.2": conformance.Failed, "1.2.3": conformance.Informational,
	})
	ids := func(list []report.Change) (ids []string) {
		for _, c := range list {
			ids = append(ids, c.Now.Case.ID)
		}
		return ids
	}
	got := report.Compare(before, now)
	if want := []string{"1.1.1", "1.1.3", "1.1.6", "1.1.7", "1.2.2"}; !reflect.DeepEqual(ids(got), want) {
		t.Errorf("worse: %q, want %q", ids(got), want)
	}
	if got[0].Before == nil || got[2].Before != nil {
		t.Errorf("before: %v, %v", got[0].Before, got[2].Before)
	}
	// With more than one agent, names count.
	two := report.Merge(with(t, "x", map[string]conformance.Verdict{"1.1.1": conformance.Failed}), with(t, "y", map[string]conformance.Verdict{"1.1.1": conformance.OK}))
	if got := ids(report.Compare(two, with(t, "y", map[string]conformance.Verdict{"1.1.1": conformance.Failed}))); len(got) != 1 {
		t.Errorf("an agent among others: %q", got)
	}
	if got := ids(report.Compare(two, with(t, "x", map[string]conformance.Verdict{"1.1.1": conformance.Failed}))); len(got) != 0 {
		t.Errorf("an agent among others: %q", got)
	}
}

func TestTextHasSumsAndReasons(t *testing.T) {
	r := fullReport(t)
	var b strings.Builder
	if err := report.WriteText(&b, r, true); err != nil {
		t.Fatal(err)
	}
	const want = `Agent-1/2  ws://localhost/

                                passed  non-strict  info  unimpl.  failed  not run
   1  Framing                        1           ·     ·        ·       ·        ·
   2  Pings and pongs                ·           ·     ·        ·       1        1
   3  Reserved bits                  ·           ·     ·        ·       1        ·
      all 4                          1           ·     ·        ·       2        1

2.2       A ping with text (RFC 6455 §5.5.2)
          failed: why 2.2

3.2       `
	if !strings.HasPrefix(b.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") || !strings.Contains(b.String(), `\x1b[2J\u202e`) {
		t.Errorf("what a peer sent is not escaped:\n%s", b.String())
	}
}

func TestCountsAddUp(t *testing.T) {
	r := with(t, "n", map[string]conformance.Verdict{
		"1.1.1": conformance.OK, "1.1.2": conformance.NonStrict, "1.1.3": conformance.Informational, "1.1.4": conformance.Unimplemented,
		"1.1.5": conformance.WrongCode, "1.1.6": conformance.Missing, "1.1.7": conformance.Failed,
	})
	got := report.Count(r.Agents[0].Results)
	if want := (report.Counts{Passed: 1, NonStrict: 1, Informational: 1, Unimplemented: 1, Failed: 2, Missing: 1}); got != want || got.Total() != 7 {
		t.Errorf("got %+v, total %d", got, got.Total())
	}
	for strict, want := range map[bool]int{false: 2, true: 3} {
		if got := len(report.Failures(r.Agents[0], strict)); got != want {
			t.Errorf("strict %v: %d failures, want %d", strict, got, want)
		}
	}
}
