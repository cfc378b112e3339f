package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/conformance/report"
)

func TestAutobahnFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	r := fullReport(t)
	r.Agents = append(r.Agents, with(t, "AGENT 1-2", map[string]conformance.Verdict{"1.1.1": conformance.WrongCode}).Agents...)
	// A case that is not one of the classical families.
	r.Agents[0].Results = append(r.Agents[0].Results, &conformance.Result{Case: &conformance.Case{ID: "20.1.1"}, Behavior: conformance.OK})
	if err := report.WriteAutobahn(dir, r); err != nil {
		t.Fatal(err)
	}
	var names []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{
		"a_client_case_1_1_2.json", "a_client_case_7_1_1.json",
		"agent_1_2_2_case_1_1_1.json", "agent_1_2_case_1_1_1.json", "agent_1_2_case_2_2.json", "agent_1_2_case_3_2.json",
		"index.html", "index.json",
	}
	if !slices.Equal(names, want) {
		t.Errorf("files: %q, want %q", names, want)
	}
	const index = `{
   "AGENT 1-2": {
      "1.1.1": {
         "behavior": "FAILED",
         "behaviorClose": "OK",
         "duration": 1,
         "remoteCloseCode": null,
         "reportfile": "agent_1_2_2_case_1_1_1.json"
      }
   },
   "Agent-1/2": {
      "1.1.1": {
         "behavior": "OK",`
	got, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil || !strings.HasPrefix(string(got), index) {
		t.Errorf("index.json: %v\n%s", err, got)
	}
	if !strings.Contains(string(got), `"behavior": "INFORMATIONAL"`) || !strings.Contains(string(got), `"behavior": "UNIMPLEMENTED"`) {
		t.Errorf("index.json has not all verdicts:\n%s", got)
	}
}

func TestAutobahnCase(t *testing.T) {
	dir := t.TempDir()
	if err := report.WriteAutobahn(dir, fullReport(t)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "agent_1_2_case_3_2.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	text := `{
		"agent": "Agent-1/2", "case": 29, "id": "3.2", "started": "2026-01-02T03:04:05.006Z", "duration": 1234,
		"reportTime": false, "reportCompressionRatio": false,
		"behavior": "NON-STRICT", "behaviorClose": "FAILED BY CLIENT",
		"resultClose": "the server has not dropped the connection",
		"expected": {"OK": [["message", "hi", false], ["timeout", "A"]], "NON-STRICT": []},
		"received": [["pong", "0xff"]],
		"expectedClose": {"closeCode": [1002], "closedByMe": false, "requireClean": true, "closedByWrongEndpointIsFatal": true},
		"closedByMe": false, "failedByMe": true, "droppedByMe": true, "wasClean": true, "wasNotCleanReason": null,
		"wasServerConnectionDropTimeout": true, "wasOpenHandshakeTimeout": false, "wasCloseHandshakeTimeout": false,
		"localCloseCode": null, "localCloseReason": null, "remoteCloseCode": 1002,
		"isServer": false, "httpRequest": "GET / HTTP/1.1\r\n\r\n", "createStats": true, "createWirelog": true,
		"rxOctetStats": {"5": 1}, "txOctetStats": {"7": 2}, "rxFrameStats": {"2": 1}, "txFrameStats": {"1": 3}, "trafficStats": null,
		"wirelog": [
			["TF", [70000, "Hello"], 1, false, 4, null, null, null, false],
			["RF", [70, "` + strings.Repeat(`\u0000`, 64) + ` ..."], 2, true, 1, false, null],
			["TO", [2, "8102"], false],
			["RO", [9, "48"]]
		]
	}`
	var want map[string]any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	for key, w := range want {
		if !reflect.DeepEqual(got[key], w) {
			t.Errorf("%s is %v, want %v", key, got[key], w)
		}
	}
	if len(got) != 39 {
		t.Errorf("%d fields, want 39", len(got))
	}
	// The files that scripts read have their keys in order.
	keys := regexp.MustCompile(`(?m)^   "(\w+)":`).FindAllStringSubmatch(string(b), -1)
	if !slices.IsSortedFunc(keys, func(a, b []string) int { return strings.Compare(a[1], b[1]) }) {
		t.Error("the keys are not sorted")
	}
}

func TestAutobahnTraffic(t *testing.T) {
	r := full(t)
	r.Case, r.Behavior = &conformance.Case{ID: "12.1.1", Volume: true}, conformance.OK
	dir := t.TempDir()
	err := report.WriteAutobahn(dir, &conformance.Report{Agents: []*conformance.Agent{{Name: "n", Peers: conformance.Clients, Results: []*conformance.Result{r}}}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "n_case_12_1_1.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Case                   int
		ReportCompressionRatio bool
		CreateWirelog          bool
		IsServer               bool
		TrafficStats           map[string]float64
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"incomingOctetsWireLevel": 3, "incomingOctetsWebSocketLevel": 5, "incomingOctetsAppLevel": 7, "incomingCompressionRatio": 5. / 7,
		"incomingWebSocketOverhead": -2. / 5, "incomingWebSocketFrames": 1, "incomingWebSocketMessages": 1, "preopenIncomingOctetsWireLevel": 9,
		"outgoingOctetsWireLevel": 4, "outgoingOctetsWebSocketLevel": 6, "outgoingOctetsAppLevel": 8, "outgoingCompressionRatio": 6. / 8,
		"outgoingWebSocketOverhead": -2. / 6, "outgoingWebSocketFrames": 3, "outgoingWebSocketMessages": 2, "preopenOutgoingOctetsWireLevel": 10,
	}
	if !reflect.DeepEqual(got.TrafficStats, want) || got.Case != 1 || !got.ReportCompressionRatio || got.CreateWirelog || !got.IsServer {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// junit is as much of the format as tests read.
type junit struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Cases []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
				Type    string `xml:"type,attr"`
				Text    string `xml:",chardata"`
			} `xml:"failure"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func TestJUnit(t *testing.T) {
	r := fullReport(t)
	r.Agents[0].Results[2].Log = []conformance.Entry{{Text: "> PONG \x1b"}}
	for _, strict := range []bool{false, true} {
		r.Agents[0].Results[3].Closing = conformance.OK
		var b bytes.Buffer
		if err := report.WriteJUnit(&b, r, strict); err != nil {
			t.Fatal(err)
		}
		var got junit
		if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		want := 1
		if strict {
			want = 2
		}
		if got.Tests != 6 || got.Failures != want || got.Skipped != 2 || len(got.Suites) != 5 {
			t.Fatalf("strict %v: got %+v", strict, got)
		}
		pings := got.Suites[1]
		if pings.Name != "Agent-1/2: 2 Pings and pongs" || pings.Cases[0].Skipped == nil || pings.Cases[1].Failure == nil {
			t.Fatalf("got %+v", pings)
		}
		f := pings.Cases[1].Failure
		if f.Message != "why 2.2" || f.Type != "failed" || !strings.Contains(f.Text, "\n    0.000 ms  > PONG \\x1b\n") || !strings.Contains(f.Text, "RFC 6455 §5.5.2") {
			t.Errorf("got %+v", f)
		}
	}
}

// pageData takes the data out of a page.
func pageData(t *testing.T, page string) (data struct {
	Strings []string
	Agents  []struct {
		Name    string
		Results []struct {
			W []int `json:"w"`
		}
	}
},
) {
	t.Helper()
	_, rest, _ := strings.Cut(page, `<script id="data" type="application/json">`)
	text, _, _ := strings.Cut(rest, "</script>")
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestHTMLHoldsNoMarkupOfAPeer(t *testing.T) {
	plain := &conformance.Report{}
	var empty, b strings.Builder
	if err := report.WriteHTML(&empty, plain); err != nil {
		t.Fatal(err)
	}
	r := fullReport(t)
	r.Agents[0].Name, r.Agents[0].URL = hostile, "ws://"+hostile
	if err := report.WriteHTML(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"<", "<script", "</script", "<img", "<!--"} {
		if got, want := strings.Count(b.String(), s), strings.Count(empty.String(), s); got != want {
			t.Errorf("%q stands %d times in the page, and %d times in an empty one", s, got, want)
		}
	}
	data := pageData(t, b.String())
	if want := `</script><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J\u202e&{{script}}`; data.Agents[0].Name != want || !slices.Contains(data.Strings, want) {
		t.Errorf("the agent's name is %q", data.Agents[0].Name)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") {
		t.Error("control characters are in the page")
	}
}

func TestHTMLNeedsNothingElse(t *testing.T) {
	var b strings.Builder
	if err := report.WriteHTML(&b, fullReport(t)); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if regexp.MustCompile(`(?i)(src|href)="(https?:)?//|@import|url\(|fetch\(|XMLHttpRequest|innerHTML|insertAdjacentHTML|document\.write|eval\(`).MatchString(page) {
		t.Error("the page loads something, or makes markup of strings")
	}
	if !strings.Contains(page, "default-src 'none'") || strings.Contains(page, "unsafe-inline") || strings.Contains(page, "{{policy}}") {
		t.Error("the page has no policy")
	}
}

func TestHTMLCutsLongLogs(t *testing.T) {
	for v, want := range map[conformance.Verdict]int{conformance.OK: 31, conformance.Failed: 121} {
		r := with(t, "n", map[string]conformance.Verdict{"1.1.1": v})
		log := make([]conformance.Entry, 400)
		for i := range log {
			log[i].Text = "> TEXT"
		}
		log[399].Text = "the last"
		r.Agents[0].Results[0].Log = log
		var b strings.Builder
		if err := report.WriteHTML(&b, r); err != nil {
			t.Fatal(err)
		}
		data := pageData(t, b.String())
		w := data.Agents[0].Results[0].W
		if len(w) != 3*want || data.Strings[w[len(w)-1]] != "the last" {
			t.Errorf("%v: %d lines, want %d", v, len(w)/3, want)
		}
	}
}
