package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/go-websockets/websockets/conformance"
)

// Version is the version of the layout that [WriteJSON] writes. It grows when a
// field changes its meaning or goes away, not when one comes in addition.
const Version = 1

// WriteJSON writes all that a report has, in a layout of its own:
//
//	{
//	  "version": 1,
//	  "agents": [{
//	    "name": "example", "url": "ws://localhost:8765/", "peers": "servers",
//	    "started": "2006-01-02T15:04:05.999999999Z",
//	    "results": [{
//	      "id": "1.1.1", "title": "…", "expectation": "…", "section": "RFC 6455 §5.6", "volume": false,
//	      "verdict": "ok", "behavior": "ok", "closing": "ok", "reason": "", "ending": "",
//	      "expected": [{"verdict": "ok", "events": ["TEXT \"hi\""]}], "received": ["TEXT \"hi\""],
//	      "expectedClose": {"byPeer": false, "codes": [1000], "clean": true, "fatal": false},
//	      "started": "…", "micros": 1234,
//	      "request": "GET / HTTP/1.1\r\n…", "response": "HTTP/1.1 101 …",
//	      "closedByPeer": false, "violation": false, "droppedByUs": false, "overdue": "none", "clean": true,
//	      "local": {"code": 1000, "reason": ""}, "remote": {"code": 1000, "reason": ""},
//	      "log": [{"micros": 12, "kind": "sent", "text": "< TEXT \"hi\""}],
//	      "facts": [{"name": "…", "value": "…"}],
//	      "stats": {…}
//	    }]
//	  }]
//	}
//
// Fields are those of [conformance.Result]; micros are microseconds. Verdicts and
// waits are what their String methods return. A log entry is of the kind "sent",
// "received", "sent bytes", "received bytes" or "remark". Fields that are empty,
// false or zero are left out, except id and the three verdicts; local and remote
// are there if there was such a close frame. Bytes that are no UTF-8, in request,
// response and the reasons of close frames, become U+FFFD. Each result stands on a
// line of its own.
func WriteJSON(w io.Writer, r *conformance.Report) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `{"version":%d,"agents":[`, Version)
	for i, a := range r.Agents {
		if i > 0 {
			b.WriteString(",")
		}
		if err := writeAgent(b, a); err != nil {
			return err
		}
	}
	b.WriteString("\n]}\n")
	return b.Flush()
}

func writeAgent(b *bufio.Writer, a *conformance.Agent) error {
	head, err := compact(jsonAgent{Name: a.Name, URL: a.URL, Peers: a.Peers.String(), Started: a.Started})
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n%s,\"results\":[", bytes.TrimSuffix(head, []byte("}")))
	for i, r := range a.Results {
		if i > 0 {
			b.WriteString(",")
		}
		line, err := compact(resultToJSON(r))
		if err != nil {
			return err
		}
		b.WriteString("\n")
		b.Write(line)
	}
	b.WriteString("\n]}")
	return nil
}

// compact is v in JSON. Nothing is escaped for HTML: see html.go for that.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// ReadJSON reads what [WriteJSON] has written. Cases that this version of package
// conformance knows are those of [conformance.Cases]; others have what the report
// tells of them. It fails if the input is no such report, or has another version.
func ReadJSON(r io.Reader) (*conformance.Report, error) {
	var file jsonReport
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if file.Version != Version {
		return nil, fmt.Errorf("report: this is no report of version %d: its version is %d", Version, file.Version)
	}
	known := map[string]*conformance.Case{}
	for _, c := range conformance.Cases() {
		known[c.ID] = c
	}
	report := &conformance.Report{}
	for _, ja := range file.Agents {
		a := &conformance.Agent{Name: ja.Name, URL: ja.URL, Started: ja.Started, Peers: conformance.Clients}
		switch ja.Peers {
		case conformance.Servers.String():
			a.Peers = conformance.Servers
		case conformance.Clients.String():
		default:
			return nil, fmt.Errorf("report: agent %q: peers is %q", ja.Name, ja.Peers)
		}
		for _, jr := range ja.Results {
			result, err := jr.result(a, known[jr.ID])
			if err != nil {
				return nil, fmt.Errorf("report: agent %q, case %q: %w", ja.Name, jr.ID, err)
			}
			a.Results = append(a.Results, result)
		}
		report.Agents = append(report.Agents, a)
	}
	return report, nil
}
