package report

import (
	"fmt"
	"time"

	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/frame"
)

// The layout of version 1. Fields of conformance.Result have the same names.
type (
	jsonReport struct {
		Version int         `json:"version"`
		Agents  []jsonAgent `json:"agents"`
	}
	jsonAgent struct {
		Name    string       `json:"name"`
		URL     string       `json:"url,omitempty"`
		Peers   string       `json:"peers"`
		Started time.Time    `json:"started,omitzero"`
		Results []jsonResult `json:"results,omitempty"`
	}
	jsonResult struct {
		ID          string `json:"id"`
		Title       string `json:"title,omitempty"`
		Expectation string `json:"expectation,omitempty"`
		Section     string `json:"section,omitempty"`
		Volume      bool   `json:"volume,omitempty"`

		Verdict  string `json:"verdict"` // for readers only: it follows from the others
		Behavior string `json:"behavior"`
		Closing  string `json:"closing"`
		Reason   string `json:"reason,omitempty"`
		Ending   string `json:"ending,omitempty"`

		Expected      []jsonExpected     `json:"expected,omitempty"`
		Received      []string           `json:"received,omitempty"`
		ExpectedClose *jsonExpectedClose `json:"expectedClose,omitempty"`

		Started time.Time `json:"started,omitzero"`
		Micros  int64     `json:"micros,omitempty"`

		Request  string `json:"request,omitempty"`
		Response string `json:"response,omitempty"`

		ClosedByPeer bool      `json:"closedByPeer,omitempty"`
		Violation    bool      `json:"violation,omitempty"`
		DroppedByUs  bool      `json:"droppedByUs,omitempty"`
		Overdue      string    `json:"overdue,omitempty"`
		Clean        bool      `json:"clean,omitempty"`
		Local        *jsonCode `json:"local,omitempty"`
		Remote       *jsonCode `json:"remote,omitempty"`

		Log   []jsonEntry `json:"log,omitempty"`
		Facts []jsonFact  `json:"facts,omitempty"`
		Stats jsonStats   `json:"stats,omitzero"`
	}
	jsonExpected struct {
		Verdict string   `json:"verdict"`
		Events  []string `json:"events"`
	}
	jsonExpectedClose struct {
		ByPeer bool              `json:"byPeer,omitempty"`
		Codes  []frame.CloseCode `json:"codes,omitempty"`
		Clean  bool              `json:"clean,omitempty"`
		Fatal  bool              `json:"fatal,omitempty"`
	}
	jsonCode struct {
		Code   frame.CloseCode `json:"code"`
		Reason string          `json:"reason,omitempty"`
	}
	jsonEntry struct {
		Micros int64  `json:"micros"`
		Kind   string `json:"kind"`
		Text   string `json:"text"`
	}
	jsonFact struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	jsonStats struct {
		Reads       map[int]int          `json:"reads,omitempty"`
		Writes      map[int]int          `json:"writes,omitempty"`
		FramesIn    map[frame.Opcode]int `json:"framesIn,omitempty"`
		FramesOut   map[frame.Opcode]int `json:"framesOut,omitempty"`
		MessagesIn  int                  `json:"messagesIn,omitempty"`
		MessagesOut int                  `json:"messagesOut,omitempty"`
		WireIn      int64                `json:"wireIn,omitempty"`
		WireOut     int64                `json:"wireOut,omitempty"`
		PayloadIn   int64                `json:"payloadIn,omitempty"`
		PayloadOut  int64                `json:"payloadOut,omitempty"`
		PlainIn     int64                `json:"plainIn,omitempty"`
		PlainOut    int64                `json:"plainOut,omitempty"`
		OpeningIn   int64                `json:"openingIn,omitempty"`
		OpeningOut  int64                `json:"openingOut,omitempty"`
	}
)

// kinds are the names of log entries, by their kind.
var kinds = [...]string{
	conformance.SentFrame:     "sent",
	conformance.ReceivedFrame: "received",
	conformance.SentBytes:     "sent bytes",
	conformance.ReceivedBytes: "received bytes",
	conformance.Remark:        "remark",
}

func resultToJSON(r *conformance.Result) jsonResult {
	j := jsonResult{
		ID: r.Case.ID, Title: r.Case.Title, Expectation: r.Case.Expectation, Section: r.Case.Section, Volume: r.Case.Volume,
		Verdict: r.Verdict().String(), Behavior: r.Behavior.String(), Closing: r.Closing.String(), Reason: r.Reason, Ending: r.Ending,
		Received: r.Received, Started: r.Started, Micros: r.Duration.Microseconds(), Request: r.Request, Response: r.Response,
		ClosedByPeer: r.ClosedByPeer, Violation: r.Violation, DroppedByUs: r.DroppedByUs, Clean: r.Clean,
		Local: codeToJSON(r.Local), Remote: codeToJSON(r.Remote), Stats: jsonStats(r.Stats),
	}
	if r.Overdue != conformance.NoWait {
		j.Overdue = r.Overdue.String()
	}
	for _, e := range r.Expected {
		j.Expected = append(j.Expected, jsonExpected{e.Verdict.String(), e.Events})
	}
	if e := jsonExpectedClose(r.ExpectedClose); e.ByPeer || e.Codes != nil || e.Clean || e.Fatal {
		j.ExpectedClose = &e
	}
	for _, e := range r.Log {
		j.Log = append(j.Log, jsonEntry{e.At.Microseconds(), kinds[e.Kind], e.Text})
	}
	for _, f := range r.Facts {
		j.Facts = append(j.Facts, jsonFact(f))
	}
	return j
}

func codeToJSON(c conformance.Code) *jsonCode {
	if !c.Sent {
		return nil
	}
	return &jsonCode{c.Code, c.Reason}
}

func (j *jsonCode) code() conformance.Code {
	if j == nil {
		return conformance.Code{}
	}
	return conformance.Code{Sent: true, Code: j.Code, Reason: j.Reason}
}

// result is the reverse of resultToJSON. known may be nil.
func (j *jsonResult) result(a *conformance.Agent, known *conformance.Case) (_ *conformance.Result, err error) {
	if known == nil {
		known = &conformance.Case{ID: j.ID, Title: j.Title, Expectation: j.Expectation, Section: j.Section, Peers: a.Peers, Volume: j.Volume}
	}
	r := &conformance.Result{
		Case: known, Agent: a.Name, Reason: j.Reason, Ending: j.Ending, Received: j.Received,
		Started: j.Started, Duration: time.Duration(j.Micros) * time.Microsecond, Request: j.Request, Response: j.Response,
		ClosedByPeer: j.ClosedByPeer, Violation: j.Violation, DroppedByUs: j.DroppedByUs, Clean: j.Clean,
		Local: j.Local.code(), Remote: j.Remote.code(), Stats: conformance.Stats(j.Stats),
	}
	if r.Behavior, err = verdict(j.Behavior); err != nil {
		return nil, err
	}
	if r.Closing, err = verdict(j.Closing); err != nil {
		return nil, err
	}
	for w := conformance.NoWait; w <= conformance.DropWait; w++ {
		if w.String() == j.Overdue {
			r.Overdue = w
		}
	}
	for _, e := range j.Expected {
		v, err := verdict(e.Verdict)
		if err != nil {
			return nil, err
		}
		r.Expected = append(r.Expected, conformance.Expected{Verdict: v, Events: e.Events})
	}
	if j.ExpectedClose != nil {
		r.ExpectedClose = conformance.ExpectedClose(*j.ExpectedClose)
	}
	for _, e := range j.Log {
		r.Log = append(r.Log, conformance.Entry{At: time.Duration(e.Micros) * time.Microsecond, Kind: kind(e.Kind), Text: e.Text})
	}
	for _, f := range j.Facts {
		r.Facts = append(r.Facts, conformance.Fact(f))
	}
	return r, nil
}

// kind is the kind of a log entry; one that is not known is a remark.
func kind(name string) conformance.EntryKind {
	for k, n := range kinds {
		if n == name {
			return conformance.EntryKind(k)
		}
	}
	return conformance.Remark
}

func verdict(name string) (conformance.Verdict, error) {
	for v := conformance.Missing; v <= conformance.Failed; v++ {
		if v.String() == name {
			return v, nil
		}
	}
	return 0, fmt.Errorf("there is no verdict %q", name)
}
