package wstest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/conformance"
)

// Conformance runs the cases of a suite against the echo service at url, and has a
// subtest for each of them: with go test -run 'TestEcho/6\.4' a program runs some. A
// case fails if the server is at fault, and is skipped if the server lacks what it is
// about. A nil suite has all cases. Ports are real ones here, and so is the time.
func Conformance(t *testing.T, url string, suite *conformance.Suite) {
	t.Helper()
	if suite == nil {
		suite = &conformance.Suite{}
	}
	cases := suite.Cases
	if cases == nil {
		cases = conformance.Cases()
	}
	for _, c := range cases {
		if c.Peers&conformance.Servers == 0 {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			one := &conformance.Suite{
				Cases: []*conformance.Case{c}, Timeout: suite.Timeout, Full: suite.Full,
				Header: suite.Header, TLSConfig: suite.TLSConfig, Progress: suite.Progress,
			}
			report, err := one.TestServer(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			r := report.Agents[0].Results[0]
			switch {
			case !r.Passed(false):
				t.Error(explain(r))
			case r.Behavior == conformance.Unimplemented:
				t.Skip(r.Reason)
			}
		})
	}
}

// explain returns all that tells why a case has failed.
func explain(r *conformance.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n%s (%s)\nbehavior: %v: %s\nclosing: %v: %s\n",
		r.Case.ID, r.Case.Title, r.Case.Expectation, r.Case.Section, r.Behavior, r.Reason, r.Closing, r.Ending)
	for _, e := range r.Log {
		fmt.Fprintf(&b, "%12v %s\n", e.At, e.Text)
	}
	return b.String()
}
