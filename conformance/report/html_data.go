package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-websockets/websockets/conformance"
)

// How many lines of a log the page has at the start, and as many at the end.
const (
	linesOfFailure = 60
	linesOfOthers  = 15
)

// The data of the page. Names are short and strings are numbers, because there are
// thousands of results: the same lines come again and again. data.js reads it.
type (
	pageData struct {
		Strings  []string        `json:"strings"`
		Verdicts []string        `json:"verdicts"`
		Families []pageFamily    `json:"families"`
		Cases    []pageCase      `json:"cases"`
		Agents   []pageAgentData `json:"agents"`
	}
	pageFamily struct {
		Number string `json:"number"`
		Title  string `json:"title"`
	}
	pageCase struct {
		ID          string `json:"id"`
		Title       string `json:"title"`
		Expectation string `json:"expectation"`
		Section     string `json:"section"`
	}
	pageAgentData struct {
		Name    string       `json:"name"`
		URL     string       `json:"url"`
		Peers   string       `json:"peers"`
		Started time.Time    `json:"started"`
		Results []pageResult `json:"results"`
	}
	pageResult struct {
		Case     int            `json:"c"`           // index of Cases
		Behavior int            `json:"b"`           // index of Verdicts
		Closing  int            `json:"k"`           // the same
		Reason   int            `json:"y,omitempty"` // here and below: an index of Strings
		Ending   int            `json:"z,omitempty"`
		Micros   int64          `json:"d,omitempty"`
		Expected []pageExpected `json:"x,omitempty"`
		Received []int          `json:"g,omitempty"`
		Close    int            `json:"e,omitempty"` // how the close should have been
		Local    int            `json:"l,omitempty"`
		Remote   int            `json:"m,omitempty"`
		Request  []int          `json:"q,omitempty"` // by lines
		Response []int          `json:"a,omitempty"`
		Log      []int          `json:"w,omitempty"` // microseconds, kind and text, one after the other
		Facts    [][2]int       `json:"f,omitempty"`
	}
	pageExpected struct {
		Verdict int   `json:"v"`
		Events  []int `json:"e"`
	}
)

// A pageWriter collects the strings of a page. The one with number 0 is empty.
type pageWriter struct {
	data    pageData
	strings map[string]int
	cases   map[string]int
}

func pageOf(r *conformance.Report) pageData {
	p := &pageWriter{strings: map[string]int{}, cases: map[string]int{}}
	p.str("")
	for v := conformance.Missing; v <= conformance.Failed; v++ {
		p.data.Verdicts = append(p.data.Verdicts, v.String())
	}
	for _, f := range conformance.Families() {
		p.data.Families = append(p.data.Families, pageFamily(f))
	}
	for _, a := range r.Agents {
		agent := pageAgentData{Name: plain(a.Name), URL: plain(a.URL), Peers: a.Peers.String(), Started: a.Started, Results: []pageResult{}}
		for _, result := range a.Results {
			agent.Results = append(agent.Results, p.result(result))
		}
		p.data.Agents = append(p.data.Agents, agent)
	}
	return p.data
}

func (p *pageWriter) str(s string) int {
	i, ok := p.strings[s]
	if !ok {
		i = len(p.data.Strings)
		p.strings[s] = i
		p.data.Strings = append(p.data.Strings, s)
	}
	return i
}

func (p *pageWriter) all(list []string) (numbers []int) {
	for _, s := range list {
		numbers = append(numbers, p.str(plain(s)))
	}
	return numbers
}

// head is the head of an HTTP message by lines: most of them are the same in all
// cases.
func (p *pageWriter) head(s string) []int {
	if s == "" {
		return nil
	}
	return p.all(strings.Split(strings.TrimSuffix(strings.ReplaceAll(s, "\r\n", "\n"), "\n\n"), "\n"))
}

func (p *pageWriter) caseOf(c *conformance.Case) int {
	i, ok := p.cases[c.ID]
	if !ok {
		i = len(p.data.Cases)
		p.cases[c.ID] = i
		p.data.Cases = append(p.data.Cases, pageCase{c.ID, plain(c.Title), plain(c.Expectation), c.Section})
	}
	return i
}

func (p *pageWriter) result(r *conformance.Result) pageResult {
	j := pageResult{
		Case: p.caseOf(r.Case), Behavior: int(r.Behavior), Closing: int(r.Closing),
		Reason: p.str(plain(r.Reason)), Ending: p.str(plain(r.Ending)), Micros: r.Duration.Microseconds(),
		Received: p.all(r.Received), Close: p.str(closeInWords(r.ExpectedClose)),
		Request: p.head(r.Request), Response: p.head(r.Response),
	}
	if r.Local.Sent {
		j.Local = p.str(r.Local.String())
	}
	if r.Remote.Sent {
		j.Remote = p.str(r.Remote.String())
	}
	for _, e := range r.Expected {
		j.Expected = append(j.Expected, pageExpected{int(e.Verdict), p.all(e.Events)})
	}
	for _, e := range shorten(r.Log, r.Passed(true)) {
		j.Log = append(j.Log, int(e.At.Microseconds()), int(e.Kind), p.str(plain(e.Text)))
	}
	for _, f := range r.Facts {
		j.Facts = append(j.Facts, [2]int{p.str(plain(f.Name)), p.str(plain(f.Value))})
	}
	return j
}

// shorten leaves out the middle of a long log.
func shorten(log []conformance.Entry, passed bool) []conformance.Entry {
	keep := linesOfFailure
	if passed {
		keep = linesOfOthers
	}
	if len(log) <= 2*keep+1 {
		return log
	}
	short := append([]conformance.Entry(nil), log[:keep]...)
	short = append(short, conformance.Entry{
		At: log[keep].At, Kind: conformance.Remark, Text: fmt.Sprintf("%d more lines are in the JSON report", len(log)-2*keep),
	})
	return append(short, log[len(log)-keep:]...)
}

// closeInWords tells how the connection should have ended.
func closeInWords(e conformance.ExpectedClose) string {
	if len(e.Codes) == 0 {
		return ""
	}
	var codes []string
	for _, c := range e.Codes {
		codes = append(codes, fmt.Sprint(uint16(c)))
	}
	list := strings.Join(codes, " or ")
	if e.ByPeer {
		return "the peer closes with " + list + ", or ends the connection"
	}
	if e.Clean {
		return "the case closes, and the peer answers with " + list + " or without a code"
	}
	return "the case closes, and the peer may answer with " + list + " or without a code"
}
