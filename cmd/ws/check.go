package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-websockets/websockets/conformance"
	"github.com/spf13/cobra"
)

const checkHelp = `Check whether a WebSocket server or client does what RFC 6455 and RFC 7692 say.

  ws check URL             tests the server at URL, which must send each message
                           back with its type, up to 16 MiB, as ws serve does at
                           /echo with --max-message-size 64MiB
  ws check --listen ADDR   tests clients: they connect to /getCaseCount, to
                           /runCase?case=N&agent=NAME for each case to send back
                           what comes, and to /updateReports?agent=NAME at the end
  ws check --drive URL     is such a client, made of this library
  ws check --list          lists the cases
  ws check --merge FILE... joins reports that --json has written

Each case ends with a verdict: passed; non-strict, which the RFC allows although
there is better; informational, where the RFC leaves it open; unimplemented, for
what a peer need not have; or failed. A summary goes to standard output, progress to
standard error, and reports to files; "-" is standard output in place of it. An
interrupt (Ctrl-C) ends the run with a report of what there is.

The exit status is 0 if no case failed, 1 if some did or there was nobody to test,
2 for wrong usage, and 130 after an interrupt. With --strict, what is only non-strict
counts as a failure; with --baseline, only what got worse counts. With --drive the
verdicts are with the suite: 0 tells that all cases have been run. With --listen an
interrupt is a good end, and --merge judges only with --baseline.`

const checkExamples = `  ws check ws://127.0.0.1:8765/echo
  ws check --html report.html --junit junit.xml wss://example.com/echo
  ws check --cases 6.*,7.*,-7.13.* --strict :8765/echo
  ws check --json now.json --baseline accepted.json :8765/echo
  ws check --listen 127.0.0.1:9001 --agents 1 --html clients.html
  ws check --drive ws://127.0.0.1:9001 --agent mine
  ws check --merge gorilla.json mine.json --html both.html`

// A checkCommand is ws check with its flags.
type checkCommand struct {
	*program
	trust
	suite    conformance.Suite
	headers  []string
	cases    []string
	strict   bool
	listen   string
	drive    string
	list     bool
	merge    bool
	agents   int
	tls      bool
	cert     string
	key      string
	shutdown bool
	files    checkFiles
}

func (p *program) checkCommand() *cobra.Command {
	x := &checkCommand{program: p}
	c := &cobra.Command{
		Use:     "check [URL]",
		Short:   "Test a server or a client against the RFCs",
		Long:    checkHelp,
		Example: checkExamples,
		RunE:    x.run,
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringSliceVar(&x.cases, "cases", nil, "`IDS` of the cases to run, such as 6.*,7.1.1; -9.* takes cases away (default all)")
	fs.IntVar(&x.suite.Parallel, "parallel", 4, "server: `N` cases at the same time")
	fs.Var(durationFlag{value: &x.suite.Timeout, zero: true}, "timeout", "time for each case, or 0 for what the case needs with a slow peer")
	fs.BoolVar(&x.suite.Full, "full", false, "have the cases with much data go back and forth 1000 times: more than 10 GB")
	fs.BoolVar(&x.strict, "strict", false, "what is only non-strict fails")
	fs.StringVar(&x.suite.Agent, "agent", "", "`NAME` of what is tested, in reports (default the Server header or the host; with --drive websockets)")
	fs.StringArrayVarP(&x.headers, "header", "H", nil, "request `HEADER` such as \"Name: value\", or @FILE with one a line; may be repeated")
	x.addFlags(fs)
	x.files.addFlags(fs)
	fs.StringVar(&x.listen, "listen", "", "test clients that connect to `HOST:PORT`; port 0 takes a free one")
	fs.IntVar(&x.agents, "agents", 0, "listen: end after `N` clients have asked for their reports (default never)")
	fs.BoolVar(&x.tls, "tls", false, "listen: speak wss")
	fs.StringVar(&x.cert, "cert", "", "listen: `FILE` with the certificate chain in PEM, with --tls (default one made for this run)")
	fs.StringVar(&x.key, "key", "", "listen: `FILE` with the private key in PEM, with --tls")
	fs.StringVar(&x.drive, "drive", "", "have this library's client tested by the suite at `URL`")
	fs.BoolVar(&x.shutdown, "shutdown", false, "drive: have the suite end afterwards")
	fs.BoolVar(&x.list, "list", false, "list the cases instead; --json FILE writes them as JSON")
	fs.BoolVar(&x.merge, "merge", false, "join the JSON reports that are given as arguments instead")
	c.MarkFlagsMutuallyExclusive("listen", "drive", "list", "merge")
	c.MarkFlagsMutuallyExclusive("insecure", "ca", "fingerprint")
	c.MarkFlagsRequiredTogether("cert", "key")
	return c
}

// run does what the flags ask for.
func (x *checkCommand) run(c *cobra.Command, args []string) error {
	if err := x.checkFlags(c, args); err != nil {
		return usageError(c, err)
	}
	var err error
	if x.suite.Cases, err = conformance.Select(x.cases...); err != nil {
		return usageError(c, fmt.Errorf("--cases: %s", strings.TrimPrefix(err.Error(), "conformance: ")))
	}
	if x.suite.Header, err = parseHeaders(x.headers); err != nil {
		return usageError(c, err)
	}
	if x.suite.TLSConfig, err = x.config(); err != nil {
		return usageError(c, err)
	}
	if err := x.files.prepare(); err != nil {
		return usageError(c, err)
	}
	switch {
	case x.list:
		return x.runList()
	case x.merge:
		return x.runMerge(c, args)
	case x.listen != "":
		return x.runListen(c.Context())
	case x.drive != "":
		return x.runDrive(c.Context())
	}
	return x.runServer(c.Context(), args[0])
}

// checkFlags finds flags and arguments that do not go together.
func (x *checkCommand) checkFlags(c *cobra.Command, args []string) error {
	other := x.list || x.listen != "" || x.drive != ""
	switch {
	case x.merge && len(args) == 0:
		return errors.New("--merge needs the names of JSON reports")
	case !x.merge && !other && len(args) != 1:
		return fmt.Errorf("give the URL of one server, or --listen, --drive, --list or --merge; there are %d arguments", len(args))
	case other && len(args) > 0:
		return fmt.Errorf("there is nothing to do with %q", args)
	case x.suite.Parallel < 1:
		return fmt.Errorf("--parallel is %d: give a number of at least 1", x.suite.Parallel)
	case x.agents < 0:
		return fmt.Errorf("--agents is %d: give a number of clients", x.agents)
	case x.cert != "" && !x.tls:
		return errors.New("--cert and --key need --tls")
	}
	for flag, mode := range map[string]string{"agents": "listen", "tls": "listen", "shutdown": "drive"} {
		if c.Flags().Changed(flag) && !c.Flags().Changed(mode) {
			return fmt.Errorf("--%s needs --%s", flag, mode)
		}
	}
	return nil
}

// folderOf fails if the folder of a file that is to be written is not there: it
// would be a pity at the end of a long run.
func folderOf(name string) error {
	info, err := os.Stat(filepath.Dir(name))
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", filepath.Dir(name))
	}
	return nil
}
