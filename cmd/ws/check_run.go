package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/conformance/report"
	"github.com/spf13/cobra"
)

// runServer tests a server.
func (x *checkCommand) runServer(ctx context.Context, arg string) error {
	url, err := completeURL(arg)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(url, "ws://") && !strings.HasPrefix(url, "wss://") {
		return &failure{status: statusUsage, err: fmt.Errorf("%q is not a URL to test", url), hint: "give ws://host:port/path or wss://..."}
	}
	ctx, stop := x.untilSignal(ctx)
	defer stop()
	if err := x.knock(ctx, url); err != nil {
		return err
	}
	start, bar := time.Now(), x.newProgress()
	x.suite.Progress = bar.update
	r, err := x.suite.TestServer(ctx, url)
	bar.end()
	if r == nil {
		if f, ok := errors.AsType[*failure](context.Cause(ctx)); ok {
			return f
		}
		return &failure{status: statusFailed, err: trimmed(err), hint: dialHint(url, err)}
	}
	if err := x.present(r, start); err != nil {
		return err
	}
	if f, ok := errors.AsType[*failure](context.Cause(ctx)); ok {
		f.err = errors.New("interrupted: cases that were not run are missing")
		return f
	}
	return x.judge(r)
}

// knock finds out whether the server opens connections at this URL: if it refuses
// with a status, no case would tell more. What else is wrong is for the cases.
func (x *checkCommand) knock(ctx context.Context, url string) error {
	d := websockets.Dialer{Header: x.suite.Header, TLSConfig: x.suite.TLSConfig, Options: websockets.Options{OpenTimeout: 5 * time.Second}}
	conn, err := d.Dial(ctx, url)
	if err == nil {
		_ = conn.Close()
		return nil
	}
	_, refused := errors.AsType[*websockets.RejectError](err)
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknown := errors.AsType[*fingerprintError](err)
	if refused || badCertificate || unknown {
		return dialFailure(url, err)
	}
	return nil
}

// trimmed is err without the name of the package that it comes from.
func trimmed(err error) error {
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(err.Error(), "conformance: ") {
		return inner
	}
	return err
}

// present prints the summary and writes the files.
func (x *checkCommand) present(r *conformance.Report, start time.Time) error {
	if !x.files.toStdout() {
		if err := report.WriteText(x.stdout, r, x.strict); err != nil {
			return &failure{status: statusFailed, err: err}
		}
		if !start.IsZero() {
			fmt.Fprintf(x.stdout, "\nin %v\n", time.Since(start).Round(100*time.Millisecond))
		}
	}
	return x.files.write(x.stdout, r, x.strict)
}

// judge is nil if nothing failed, or nothing got worse than in the baseline.
func (x *checkCommand) judge(r *conformance.Report) error {
	if x.files.before != nil {
		return x.compare(r)
	}
	failed, total := 0, 0
	for _, a := range r.Agents {
		failed += len(report.Failures(a, x.strict))
		total += len(a.Results)
	}
	if failed == 0 {
		return nil
	}
	return &failure{status: statusFailed, err: fmt.Errorf("%s of %d", plural(failed, "case", "failed"), total)}
}

func (x *checkCommand) compare(r *conformance.Report) error {
	worse := report.Compare(x.files.before, r)
	for _, c := range worse {
		before := "not run"
		if c.Before != nil {
			before = c.Before.Verdict().String()
		}
		fmt.Fprintf(x.stderr, "%s %s %s: %s, was %s\n", x.style(x.stderr).bad("worse:"), c.Now.Case.ID, escape(c.Now.Case.Title), c.Now.Verdict(), before)
	}
	if len(worse) == 0 {
		return nil
	}
	return &failure{status: statusFailed, err: fmt.Errorf("%s worse than in %s", plural(len(worse), "case", "got"), x.files.baseline)}
}

// plural is "1 case failed" or "2 cases failed".
func plural(n int, what, did string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s %s", n, what, did)
}

// runMerge joins reports.
func (x *checkCommand) runMerge(c *cobra.Command, names []string) error {
	var list []*conformance.Report
	for _, name := range names {
		r, err := readReport(name)
		if err != nil {
			return usageError(c, err)
		}
		list = append(list, r)
	}
	merged := report.Merge(list...)
	if err := x.present(merged, time.Time{}); err != nil {
		return err
	}
	if x.files.before != nil {
		return x.compare(merged)
	}
	return nil
}
