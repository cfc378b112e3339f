package conformance_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/internal/race"
	"github.com/go-websockets/websockets/wstest"
)

// classicalCases are the cases of the classical families that patterns name: if
// there are none, all that are no matter of volume.
func classicalCases(t *testing.T, patterns ...string) (cases []*conformance.Case) {
	t.Helper()
	list, err := conformance.Select(patterns...)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if classical[c.Family()] > 0 && (len(patterns) > 0 || !c.Volume) {
			cases = append(cases, c)
		}
	}
	return cases
}

// badText are the cases whose text is not UTF-8: 75.
const badText = "6.3.* 6.4.* 6.6.1 6.6.3 6.6.4 6.6.6 6.6.8 6.6.10 6.8.* 6.10.* 6.11.5 6.12.* 6.13.* 6.14.* 6.15.* 6.16.* 6.17.* 6.18.* 6.19.* 6.20.* 6.21.*"

// A brokenRow is a peer with a fault.
type brokenRow struct {
	what   string
	faults faults
	cases  string // none: all that are no matter of volume
	fails  string
	others map[conformance.Verdict]string
}

// brokenPeers are peers with a fault each, and what must come of the cases: the
// IDs of those that fail, and of those with other verdicts. All others are passed.
var brokenPeers = []brokenRow{
	{what: "none, but text is looked at late", others: late},
	{what: "text is not checked", faults: faults{anyText: true}, fails: badText},
	{what: "reasons are not checked", faults: faults{anyReason: true}, fails: "7.5.1", others: late},
	{what: "close frames are sent back as they are", faults: faults{anyClose: true}, fails: "7.3.2 7.5.1 7.9.*", others: late},
	{what: "reserved bits are ignored", faults: faults{anyBits: true}, fails: "3.1 3.2 3.3 3.4 3.5 3.6", others: late},
	{what: "reserved opcodes are ignored", faults: faults{anyOpcode: true}, fails: "4.*", others: late},
	{
		what: "control frames and the order of fragments may be anything", faults: faults{anyControl: true, anyClose: true, anyOrder: true},
		fails: "2.5 5.1 5.2 5.9 5.10 5.11 5.12 5.13 5.14 5.15 5.16 5.17 5.18 7.3.2 7.3.6 7.5.1 7.9.*", others: late,
	},
	{what: "fragments come in any order", faults: faults{anyOrder: true}, fails: "5.9 5.10 5.11 5.12 5.13 5.14 5.15 5.16 5.17 5.18", others: late},
	{what: "fragments are messages", faults: faults{bareFragments: true}, cases: "5.* 6.1.* 6.2.*", fails: "5.3 5.4 5.5 5.6 5.7 5.8 5.9 5.10 5.11 5.12 5.13 5.14 5.15 5.16 5.17 5.18 5.19 5.20 6.1.2 6.1.3 6.2.2 6.2.3 6.2.4"},
	{what: "only the last ping is answered", faults: faults{lastPong: true}, fails: "2.10 2.11", others: late},
	{what: "pings are not answered", faults: faults{noPong: true}, fails: "2.1 2.2 2.3 2.4 2.6 2.9 2.10 2.11 5.6 5.7 5.8 5.19 5.20", others: late},
	{what: "all is text", faults: faults{alwaysText: true}, cases: "1.*", fails: "1.2.*"},
	{what: "messages are cut", faults: faults{cutAt: 65535}, cases: "1.* 9.*.1 10.*", fails: "1.1.7 1.1.8 1.2.7 1.2.8 9.1.1 9.2.1 9.3.1 9.4.1 9.5.1 9.6.1 10.1.1"},
	{what: "messages are changed", faults: faults{flipsFrom: 4000}, cases: "9.1.1 9.2.1 9.4.6 9.7.* 9.8.*", fails: "9.1.1 9.2.1 9.4.6 9.7.6 9.8.6"},
	{
		what: "large messages are refused", faults: faults{most: 100000}, cases: "1.* 9.1.1 9.1.2 9.2.3 10.*",
		others: map[conformance.Verdict]string{conformance.Informational: "9.1.2 9.2.3"},
	},
	{what: "small messages are refused", faults: faults{most: 5000}, cases: "1.* 9.1.1 9.7.*", fails: "1.1.6 1.1.7 1.1.8 1.2.6 1.2.7 1.2.8 9.1.1"},
	{what: "frames come behind the close frame", faults: faults{afterClose: true}, cases: "7.1.*", fails: "7.1.3 7.1.4 7.1.5"},
	{what: "close frames are not answered", faults: faults{noCloseAnswer: true}, cases: "1.1.1 2.1 7.1.1", fails: "1.1.1 2.1 7.1.1"},
	{what: "the connection stays", faults: faults{stays: true}, cases: "1.1.1 2.5 7.3.1", fails: "1.1.1 2.5 7.3.1"},
	{what: "masked where it must not be", faults: faults{otherMask: true}, cases: "1.1.1 2.5", fails: "1.1.1 2.5"},
	{what: "lengths are too long", faults: faults{longLengths: true}, cases: "1.1.1 1.1.7 2.1 7.1.1", fails: "1.1.1 1.1.7 2.1 7.1.1"},
	{what: "a wrong accept", faults: faults{wrongAccept: true}, cases: "1.1.1 7.1.6", fails: "1.1.1", others: map[conformance.Verdict]string{conformance.Informational: "7.1.6"}},
	{what: "an extension that nobody offered", faults: faults{answersUnasked: true}, cases: "1.1.1 12.1.1", fails: "1.1.1 12.1.1"},
	{what: "no compression", cases: "12.1.1 13.*.2", others: map[conformance.Verdict]string{conformance.Unimplemented: "12.1.1 13.*.2"}},
	{what: "none, with compression", faults: faults{compresses: true}, cases: "12.*.4 13.*.3 13.*.13"},
	{what: "context is kept", faults: faults{compresses: true, keepsContext: true}, cases: "12.1.2 13.*.2", fails: "13.2.2 13.6.2"},
	{what: "context is kept, and the window is not", faults: faults{compresses: true, keepsContext: true, exceedsWindow: true}, cases: "13.5.2 13.7.2", fails: "13.5.2 13.7.2"},
	{what: "the window is not kept", faults: faults{compresses: true, exceedsWindow: true}, cases: "13.*.6", fails: "13.3.6 13.5.6 13.7.6"},
	{what: "no context takeover is not granted", faults: faults{compresses: true, dropsNoContext: true}, cases: "13.*.1", fails: "13.2.1 13.5.1 13.6.1"},
	{
		what: "windows are not granted", faults: faults{compresses: true, dropsWindow: true}, cases: "13.*.1", fails: "13.3.1 13.5.1",
		others: map[conformance.Verdict]string{conformance.NonStrict: "13.4.1 13.6.1"},
	},
	{what: "windows are larger", faults: faults{compresses: true, raisesWindow: true}, cases: "13.*.1", fails: "13.3.1 13.5.1"},
	{what: "compressed messages are changed", faults: faults{compresses: true, flipsFrom: 200}, cases: "12.2.* 12.5.3", fails: "12.2.3 12.2.4 12.2.5 12.2.6 12.2.7 12.2.8 12.2.9 12.2.10 12.2.11 12.2.12 12.2.13 12.2.14 12.2.15 12.2.16 12.2.17 12.2.18 12.5.3"},
}

// late is what comes of looking at whole messages only.
var late = map[conformance.Verdict]string{conformance.NonStrict: "6.4.*"}

func TestBrokenServersAreFound(t *testing.T) {
	notUnderTheRaceDetector(t)
	wstest.NoLeaks(t)
	t.Run("all", func(t *testing.T) {
		var wg sync.WaitGroup
		defer wg.Wait()
		places := make(chan struct{}, 4)
		for _, b := range brokenPeers {
			cases, url := classicalCases(t, strings.Fields(b.cases)...), "ws://"+serveBroken(t, b.faults)
			wg.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				suite := &conformance.Suite{Cases: cases, Parallel: 32}
				report, err := suite.TestServer(t.Context(), url)
				if err != nil {
					t.Errorf("%s: %v", b.what, err)
					return
				}
				compareVerdicts(t, b.what, report.Agents[0].Results, b.fails, b.others)
			})
		}
	})
}

// compareVerdicts wants those verdicts that a peer should get.
func compareVerdicts(t *testing.T, what string, results []*conformance.Result, fails string, others map[conformance.Verdict]string) {
	t.Helper()
	want := map[string]string{}
	expect := func(patterns, verdict string) {
		for pattern := range strings.FieldsSeq(patterns) {
			list, err := conformance.Select(pattern)
			if err != nil {
				t.Error(err)
			}
			for _, c := range list {
				want[c.ID] = verdict
			}
		}
	}
	expect(fails, "fails")
	for verdict, patterns := range others {
		expect(patterns, verdict.String())
	}
	for _, r := range results {
		got, wanted := r.Behavior.String(), want[r.Case.ID]
		switch {
		case !r.Passed(false):
			got = "fails"
		case wanted == "" && (r.Case.ID == "7.1.6" || strings.HasPrefix(r.Case.ID, "7.13.")):
			wanted = "informational"
		case wanted == "":
			wanted = "ok"
		}
		if got != wanted {
			t.Errorf("%s: %s is %s, want %s: %v (%s), closing %v (%s)\n%s", what, r.Case.ID, got, wanted, r.Behavior, r.Reason, r.Closing, r.Ending, logOf(r))
		}
		if r.Behavior != conformance.OK && r.Reason == "" || r.Closing.IsFailure() && r.Ending == "" {
			t.Errorf("%s: %s does not say why: %v (%s), %v (%s)", what, r.Case.ID, r.Behavior, r.Reason, r.Closing, r.Ending)
		}
	}
}

func logOf(r *conformance.Result) string {
	var lines []string
	for _, e := range r.Log {
		lines = append(lines, fmt.Sprintf("\t%10v %.200s", e.At, e.Text))
	}
	return strings.Join(lines[:min(len(lines), 20)], "\n")
}

func TestBrokenClientsAreFound(t *testing.T) {
	notUnderTheRaceDetector(t)
	wstest.NoLeaks(t)
	t.Run("all", func(t *testing.T) {
		for _, b := range []brokenRow{
			{what: "none, but text is looked at late", cases: "1.* 2.* 3.* 6.4.* 7.* 9.*.1 10.* 12.1.* 13.*.1", others: map[conformance.Verdict]string{
				conformance.NonStrict: "6.4.*", conformance.Unimplemented: "12.1.* 13.*.1",
			}},
			{what: "text is not checked", faults: faults{anyText: true}, cases: "6.2.* 6.3.* 6.9.* 6.14.*", fails: "6.3.* 6.14.*"},
			{what: "close frames are sent back as they are", faults: faults{anyClose: true}, cases: "7.*", fails: "7.3.2 7.5.1 7.9.*"},
			{what: "frames are not masked", faults: faults{otherMask: true}, cases: "1.1.1 2.5 7.3.1", fails: "1.1.1 2.5 7.3.1"},
			{what: "messages are changed", faults: faults{flipsFrom: 60000}, cases: "1.* 9.1.1", fails: "1.1.6 1.1.7 1.1.8 1.2.6 1.2.7 1.2.8 9.1.1"},
			{what: "close frames are not answered", faults: faults{noCloseAnswer: true}, cases: "1.1.1 7.3.1", fails: "1.1.1 7.3.1"},
		} {
			results := testClient(t, classicalCases(t, strings.Fields(b.cases)...), nil, brokenClient(b.faults))
			compareVerdicts(t, b.what, results, b.fails, b.others)
		}
	})
}

// brokenClient is a client with faults.
func brokenClient(f faults) client {
	return func(_ context.Context, rawURL string) {
		u, err := url.Parse(rawURL)
		if err != nil {
			return
		}
		conn, err := net.Dial("tcp", u.Host)
		if err != nil {
			return
		}
		defer conn.Close()
		p := &brokenPeer{faults: f, conn: conn}
		_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", u.RequestURI(), u.Host)
		if err != nil {
			return
		}
		if _, err := p.head(); err == nil {
			p.run()
		}
	}
}

// notUnderTheRaceDetector skips tests of what cases find: some judge by time, and the
// detector makes the peers of these tests many times slower. The engine runs under it
// in the other tests.
func notUnderTheRaceDetector(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes peers slower than cases allow")
	}
}
