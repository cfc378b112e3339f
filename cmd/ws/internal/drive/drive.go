// Package drive has our client tested by a conformance suite that listens: it asks
// for each case and sends back what comes.
package drive

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
)

// Options say whom to connect to, and how.
type Options struct {
	URL   string // of the suite, such as ws://127.0.0.1:9001
	Agent string // the name for the results

	// Dialer connects. Its MaxMessageSize, if 0, is 64 MiB: the cases send up to
	// 16 MiB.
	Dialer websockets.Dialer

	// Timeout bounds each connection. Default: 10 minutes.
	Timeout time.Duration

	// Shutdown has the suite stop once the reports are written.
	Shutdown bool

	// Progress, if set, is called before each case, which counts from 1.
	Progress func(number, total int)
}

// Run drives through all cases and has the reports written. It returns the number
// of cases. It fails if the suite cannot be reached or ctx ends: how the client did
// in the cases is for the suite to say.
func Run(ctx context.Context, o Options) (total int, err error) {
	base, err := url.Parse(o.URL)
	if err != nil {
		return 0, err
	}
	d := &driver{Options: o, base: base}
	if d.Dialer.MaxMessageSize == 0 {
		d.Dialer.MaxMessageSize = 64 << 20
	}
	if d.Timeout <= 0 {
		d.Timeout = 10 * time.Minute
	}
	total, err = d.count(ctx)
	if err != nil {
		return 0, err
	}
	for n := 1; n <= total; n++ {
		if d.Progress != nil {
			d.Progress(n, total)
		}
		d.echo(ctx, d.url("/runCase", "case", strconv.Itoa(n), "agent", o.Agent))
		if ctx.Err() != nil {
			return total, ctx.Err()
		}
	}
	return total, d.update(ctx)
}

type driver struct {
	Options
	base *url.URL
}

// url returns a URL of the suite with a query of names and values.
func (d *driver) url(path string, query ...string) string {
	u := *d.base
	u.Path = strings.TrimSuffix(u.Path, "/") + path
	q := u.Query()
	for i := 0; i < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// count asks how many cases there are.
func (d *driver) count(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	conn, err := d.Dialer.Dial(ctx, d.url("/getCaseCount"))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	m, err := conn.Recv(ctx)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(m.Data)))
	if err != nil {
		return 0, fmt.Errorf("not a number of cases: %q", m.Data)
	}
	return n, nil
}

// echo connects and sends back what comes. What goes wrong is often what a case is
// about, so there are no errors.
func (d *driver) echo(ctx context.Context, url string) {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	conn, err := d.Dialer.Dial(ctx, url)
	if err != nil {
		return
	}
	defer conn.Close()
	for m, err := range conn.Messages(ctx) {
		if err != nil || conn.Send(ctx, m) != nil {
			break
		}
	}
	if ctx.Err() != nil {
		_ = conn.CloseNow()
	}
}

// update has the reports written: the suite closes the connection when it is done.
func (d *driver) update(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	query := []string{"agent", d.Agent}
	if d.Shutdown {
		query = append(query, "shutdownOnComplete", "true")
	}
	conn, err := d.Dialer.Dial(ctx, d.url("/updateReports", query...))
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		_, err := conn.Recv(ctx)
		if e, ok := errors.AsType[*websockets.CloseError](err); ok && e.Code != websockets.CloseAbnormal {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
