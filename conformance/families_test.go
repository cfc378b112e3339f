package conformance_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/conformance"
)

// quiet keeps the failures that the cases provoke out of the output of the tests.
var quiet = slog.New(slog.DiscardHandler)

// hostile are the families that no other suite has.
func hostile(t *testing.T) []*conformance.Case {
	cases, err := conformance.Select("20.*", "21.*", "22.*", "23.*", "24.*", "25.*")
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// listenOn returns a listener, for TLS if config is there, and its address.
func listenOn(t *testing.T, config *tls.Config) (net.Listener, string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	if config != nil {
		ln = tls.NewListener(ln, config)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln, addr
}

// serveOurs runs our server as the cases want it, and returns its address.
func serveOurs(t *testing.T, config *tls.Config) string {
	ln, addr := listenOn(t, config)
	s := &websockets.Server{Options: websockets.Options{Logger: quiet}, Handler: func(ctx context.Context, c *websockets.Conn) error {
		for {
			m, err := c.Recv(ctx)
			if err == nil {
				err = c.Send(ctx, m)
			}
			if err != nil {
				return err
			}
		}
	}}
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Close() })
	return addr
}

// A client dials a URL and sends back what comes, until the connection ends.
type client func(ctx context.Context, url string)

// testClient has the cases for clients tested with a client, four at a time.
func testClient(t *testing.T, cases []*conformance.Case, config *tls.Config, run client) []*conformance.Result {
	ln, addr := listenOn(t, config)
	scheme := "ws"
	if config != nil {
		scheme = "wss"
	}
	ctx, stop := context.WithCancel(t.Context())
	server := &conformance.Server{Suite: &conformance.Suite{Cases: cases}}
	all := make(chan struct{})
	server.Suite.Progress = func(p conformance.Progress) {
		if p.Done == p.Total {
			select {
			case <-all:
			default:
				close(all)
			}
		}
	}
	served := make(chan *conformance.Report)
	go func() {
		report, _ := server.Serve(ctx, ln)
		served <- report
	}()
	queue := make(chan string)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for id := range queue {
				u := url.URL{Scheme: scheme, Host: addr, Path: "/runCase", RawQuery: url.Values{"casetuple": {id}, "agent": {"client"}}.Encode()}
				within, cancel := context.WithTimeout(t.Context(), time.Minute)
				run(within, u.String())
				cancel()
			}
		})
	}
	for _, c := range cases {
		if c.Peers&conformance.Clients != 0 {
			queue <- c.ID
		}
	}
	close(queue)
	wg.Wait()
	select { // a result is there a little later than its client has ended
	case <-all:
	case <-time.After(time.Minute):
		t.Error("some cases have no result")
	}
	stop()
	report := <-served
	if len(report.Agents) == 0 {
		t.Error("no client has come")
		return nil
	}
	return report.Agents[0].Results
}

// ours is our client.
func ours(config *tls.Config) client {
	return func(ctx context.Context, url string) {
		d := &websockets.Dialer{Options: websockets.Options{Logger: quiet}, TLSConfig: config}
		c, err := d.Dial(ctx, url)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			m, err := c.Recv(ctx)
			if err == nil {
				err = c.Send(ctx, m)
			}
			if err != nil {
				return
			}
		}
	}
}

// judged reports what is not strictly passed, and what takes long.
func judged(t *testing.T, results []*conformance.Result) {
	verdicts := map[conformance.Verdict]int{}
	for _, r := range results {
		verdicts[r.Verdict()]++
		if r.Passed(true) {
			continue
		}
		t.Errorf("%s %s: %v (%s), closing %v (%s)", r.Case.ID, r.Case.Title, r.Behavior, r.Reason, r.Closing, r.Ending)
		for _, e := range r.Log {
			t.Logf("%10v %d %.400s", e.At, e.Kind, e.Text)
		}
	}
	t.Logf("%d cases: %v", len(results), verdicts)
}

func TestOurServerAgainstHostileClients(t *testing.T) {
	suite := &conformance.Suite{Cases: hostile(t)}
	report, err := suite.TestServer(t.Context(), "ws://"+serveOurs(t, nil)+"/")
	if err != nil {
		t.Fatal(err)
	}
	judged(t, report.Agents[0].Results)
}

func TestOurClientAgainstHostileServers(t *testing.T) {
	judged(t, testClient(t, hostile(t), nil, ours(nil)))
}
