package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// A program is what every command runs in: nothing below main reaches for the
// process itself, so that tests can give it other streams.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	signals        <-chan os.Signal // interrupts; the first asks to stop, the second insists
	color          string           // --color
}

// run is ws without the process around it. It returns the exit status. The end
// of ctx is like a first signal.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, signals: signals}
	root := p.command()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return p.report(root.ExecuteContext(ctx))
}

// report prints err, and what to do about it, and returns the exit status.
func (p *program) report(err error) int {
	if err == nil {
		return statusOK
	}
	f := asFailure(err)
	if f.err == nil {
		return f.status
	}
	st := p.style(p.stderr)
	fmt.Fprintf(p.stderr, "%s %s\n", st.bad("ws:"), escape(strings.TrimPrefix(f.err.Error(), "websockets: ")))
	for line := range strings.Lines(f.hint) {
		fmt.Fprintf(p.stderr, "%s %s\n", st.dim("  →"), strings.TrimSuffix(line, "\n"))
	}
	return f.status
}

const rootHelp = `ws is a WebSocket server to try things on, a client for the terminal and for
scripts, and a suite that checks servers and clients (RFC 6455).`

const rootExamples = `  ws serve                                     then open the URL it prints
  ws connect ws://127.0.0.1:8765/echo          type, and see what comes back
  echo hi | ws connect ws://127.0.0.1:8765/echo
  ws check ws://127.0.0.1:8765/echo            does the server keep to the RFCs?`

// command makes the tree of commands.
func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "ws",
		Short:         "WebSocket server and client",
		Long:          rootHelp,
		Example:       rootExamples,
		Args:          noSuchCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError(c, err) })
	root.PersistentFlags().StringVar(&p.color, "color", "auto",
		"`WHEN` to use colours: auto, always or never; auto means in a terminal, unless NO_COLOR is set")
	must(root.RegisterFlagCompletionFunc("color", oneOf("auto", "always", "never")))
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		switch p.color {
		case "auto", "always", "never":
			return nil
		}
		return usageError(c, fmt.Errorf("--color is %q: give auto, always or never", p.color))
	}
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", ".FlagUsagesWrapped 100 "))
	root.AddCommand(p.serveCommand(), p.connectCommand(), p.checkCommand(), p.versionCommand(), exitStatusTopic())
	return root
}

// noSuchCommand suggests commands in place of one that does not exist.
func noSuchCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	c.SuggestionsMinimumDistance = 2
	hint := "see ws --help"
	if s := c.SuggestionsFor(args[0]); len(s) > 0 {
		hint = "did you mean ws " + strings.Join(s, " or ws ") + " ?"
	}
	return &failure{status: statusUsage, err: fmt.Errorf("there is no command %q", args[0]), hint: hint}
}

// usage makes a mistake in the arguments end with the status for wrong usage.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError(c, err)
		}
		return nil
	}
}

// oneOf completes the value of a flag in the shell.
func oneOf(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// must panics if a command is put together wrongly.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
