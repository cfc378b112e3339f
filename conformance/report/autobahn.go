package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/frame"
)

// WriteAutobahn writes the folder that the Autobahn TestSuite leaves, for scripts
// that read it: index.json with the verdicts, a JSON file for each case, and
// index.html, which is that of [WriteHTML]. The folder is made if it is not there;
// files of earlier runs stay. Only the classical families, 1 to 13, are in it, and
// only cases that were run.
//
// Some fields of the files for cases have less than the original: wirelog has no
// rows for timers, masking keys and pieces of frames, and of long payloads it has
// the beginning.
func WriteAutobahn(dir string, r *conformance.Report) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	index := map[string]map[string]any{}
	taken := map[string]bool{}
	for _, a := range r.Agents {
		prefix := fileName(a.Name)
		for n := 2; taken[prefix]; n++ { // names that differ only in what is replaced
			prefix = fileName(a.Name) + "_" + strconv.Itoa(n)
		}
		taken[prefix] = true
		entries := index[a.Name]
		if entries == nil {
			entries = map[string]any{}
			index[a.Name] = entries
		}
		for i, r := range classical(a) {
			if r.Verdict() == conformance.Missing {
				continue
			}
			name := prefix + "_case_" + strings.ReplaceAll(r.Case.ID, ".", "_") + ".json"
			entries[r.Case.ID] = map[string]any{
				"behavior":        behaviorName(r.Behavior),
				"behaviorClose":   closingName(r.Closing),
				"remoteCloseCode": closeCode(r.Remote),
				"duration":        r.Duration.Milliseconds(),
				"reportfile":      name,
			}
			if err := writeIndented(filepath.Join(dir, name), autobahnCase(a, r, i)); err != nil {
				return err
			}
		}
	}
	if err := writeIndented(filepath.Join(dir, "index.json"), index); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := WriteHTML(&page, r); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "index.html"), page.Bytes(), 0o666)
}

// writeIndented writes v with the keys of maps sorted.
func writeIndented(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "   ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, append(b, '\n'), 0o666)
}

// fileName is an agent's name as files begin with it.
func fileName(agent string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(agent))
	return strings.Trim(name, "_")
}

// isClassical reports whether a case is one of the families 1 to 13.
func isClassical(c *conformance.Case) bool {
	n, err := strconv.Atoi(c.Family())
	return err == nil && n <= 13
}

func classical(a *conformance.Agent) []*conformance.Result {
	return slices.DeleteFunc(slices.Clone(a.Results), func(r *conformance.Result) bool { return !isClassical(r.Case) })
}

// number is what a case has in place of an ID: for servers it counts all cases,
// for clients those that were selected; i is the latter, from 0.
func number(a *conformance.Agent, c *conformance.Case, i int) int {
	if a.Peers == conformance.Clients {
		return i + 1
	}
	n := 1
	for _, other := range conformance.Cases() {
		if other.ID == c.ID {
			break
		}
		if isClassical(other) {
			n++
		}
	}
	return n
}

func behaviorName(v conformance.Verdict) string {
	switch v {
	case conformance.OK:
		return "OK"
	case conformance.NonStrict:
		return "NON-STRICT"
	case conformance.Informational:
		return "INFORMATIONAL"
	case conformance.Unimplemented:
		return "UNIMPLEMENTED"
	}
	return "FAILED"
}

func closingName(v conformance.Verdict) string {
	switch v {
	case conformance.OK, conformance.NonStrict:
		return "OK"
	case conformance.Informational:
		return "INFORMATIONAL"
	case conformance.Unclean:
		return "UNCLEAN"
	case conformance.WrongCode:
		return "WRONG CODE"
	case conformance.NotDropped:
		return "FAILED BY CLIENT"
	}
	return "FAILED"
}

// closeCode is null if there was no close frame, or none with a code.
func closeCode(c conformance.Code) any {
	if !c.Sent || c.Code == frame.CloseNoStatus {
		return nil
	}
	return int(c.Code)
}

func closeReason(c conformance.Code) any {
	if closeCode(c) == nil {
		return nil
	}
	return c.Reason
}
