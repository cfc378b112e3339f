package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/cmd/ws/internal/drive"
	"github.com/go-websockets/websockets/conformance"
)

// runListen tests clients until it has tested enough of them, or is stopped.
func (x *checkCommand) runListen(ctx context.Context) error {
	ln, err := net.Listen("tcp", x.listen)
	if err != nil {
		return listenFailure("tcp", err)
	}
	defer ln.Close()
	if err := x.announceSuite(&ln); err != nil {
		return err
	}
	ctx, stop := x.untilSignal(ctx)
	defer stop()
	bar := x.newProgress()
	x.suite.Progress = bar.update
	files := x.files.withoutStdout() // that one gets the reports at the end
	server := &conformance.Server{Suite: &x.suite, Agents: x.agents, Update: func(r *conformance.Report) {
		if err := files.write(nil, r, x.strict); err != nil {
			bar.say(err.Error())
		}
	}}
	r, err := server.Serve(ctx, ln)
	bar.end()
	if err != nil && ctx.Err() == nil {
		return &failure{status: statusFailed, err: trimmed(err)}
	}
	if len(r.Agents) == 0 {
		return &failure{status: statusFailed, err: errors.New("no client has come to be tested")}
	}
	if err := x.present(r, time.Time{}); err != nil {
		return err
	}
	return x.judge(r)
}

const listenHint = `Have the client connect to
  %[1]s/getCaseCount                  which sends how many cases there are;
  %[1]s/runCase?case=N&agent=NAME     for N from 1 on: send back each message;
  %[1]s/updateReports?agent=NAME      at the end.
Ctrl-C ends the run with a report.
`

// announceSuite prints where clients find the suite, and puts TLS on the listener
// if that is asked for.
func (x *checkCommand) announceSuite(ln *net.Listener) error {
	st := x.style(x.stdout)
	base := "ws://" + reachable((*ln).Addr())
	more := ""
	if x.tls {
		base = "wss://" + reachable((*ln).Addr())
		config, err := serverTLS(x.cert, x.key, x.listen)
		if err != nil {
			return err
		}
		more = fmt.Sprintf("%s %s\n", st.dim("certificate SHA-256"), fingerprint(config.Certificates[0].Certificate[0]))
		*ln = tls.NewListener(*ln, config)
	}
	fmt.Fprintf(x.stderr, listenHint, base)
	if _, err := fmt.Fprintf(x.stdout, "%s\n%s", st.bold(base), more); err != nil {
		return &failure{status: statusFailed, err: err}
	}
	return nil
}

// runDrive has our client tested.
func (x *checkCommand) runDrive(ctx context.Context) error {
	url, err := completeURL(x.drive)
	if err != nil {
		return err
	}
	agent := x.suite.Agent
	if agent == "" {
		agent = "websockets"
	}
	ctx, stop := x.untilSignal(ctx)
	defer stop()
	start, bar := time.Now(), x.newProgress()
	total, err := drive.Run(ctx, drive.Options{
		URL: url, Agent: agent, Timeout: x.suite.Timeout, Shutdown: x.shutdown,
		Dialer:   websockets.Dialer{Header: x.suite.Header, TLSConfig: x.suite.TLSConfig},
		Progress: bar.started,
	})
	bar.end()
	if f, ok := errors.AsType[*failure](context.Cause(ctx)); ok {
		return f
	}
	if err != nil {
		return dialFailure(url, err)
	}
	if _, err := fmt.Fprintf(x.stdout, "%s has been through %d cases in %v: the suite has the results\n", agent, total, time.Since(start).Round(100*time.Millisecond)); err != nil {
		return &failure{status: statusFailed, err: err}
	}
	return nil
}
