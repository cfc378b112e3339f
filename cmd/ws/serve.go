package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/cmd/ws/internal/demo"
	"github.com/spf13/cobra"
)

const serveHelp = `Serve a few things to try WebSocket clients on:

  /                  a page to use all of it from a browser
  /echo              sends each message back, text and binary
  /chat?room=NAME    a chat room; also &name=NAME and &format=json
  /time?every=100ms  sends the time, every second unless told
  /close?code=4000   closes at once; also &reason=TEXT
  /healthz           answers 200

The URLs go to standard output when the server listens, the log to standard
error. An interrupt (Ctrl-C) closes all connections with 1001 and ends when they
are closed; a second one ends at once.

On a loopback address, which is the default, requests are served only if their
Host is localhost or a loopback address too: pages of other sites cannot get here
by a name of their own. --host adds names. --user and --token demand a login, of
browsers too: for a token, open the page with ?token=... behind its URL. Nothing is
secret on the way without --tls.

--tls without --cert makes a certificate that lives as long as the server. Its
fingerprint is printed: compare it, or give it to ws connect --fingerprint.`

const serveExamples = `  ws serve
  ws serve --addr :9000 --log frames
  ws serve --tls
  ws serve --tls --cert cert.pem --key key.pem --addr example.com:443
  ws serve --unix /tmp/ws.sock --mode 0600
  ws serve --addr :8765 --tls --token @token.txt --max-conns-per-addr 20 --idle-timeout 10m
  ws serve --max-message-size 64MiB --ping-interval 5s --origin https://example.com`

const defaultAddr = "127.0.0.1:8765"

// A serveCommand is ws serve with its flags.
type serveCommand struct {
	*program
	server    websockets.Server
	access    access
	addr      string
	unix      string
	mode      string
	tls       bool
	cert, key string
	log       string
}

func (p *program) serveCommand() *cobra.Command {
	s := &serveCommand{program: p}
	c := &cobra.Command{
		Use:     "serve",
		Short:   "Serve echo, chat, time and a page to use them",
		Long:    serveHelp,
		Example: serveExamples,
		Args:    usage(cobra.NoArgs),
		RunE:    func(c *cobra.Command, _ []string) error { return s.run(c) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&s.addr, "addr", defaultAddr, "TCP address `HOST:PORT` to listen on; port 0 takes a free one")
	fs.StringVar(&s.unix, "unix", "", "listen on a Unix socket at this `PATH` instead of TCP")
	fs.StringVar(&s.mode, "mode", "", "`MODE` of the Unix socket in octal, such as 0600 (default what the umask leaves)")
	fs.BoolVar(&s.tls, "tls", false, "serve https and wss")
	fs.StringVar(&s.cert, "cert", "", "`FILE` with the certificate chain in PEM, with --tls")
	fs.StringVar(&s.key, "key", "", "`FILE` with the private key in PEM, with --tls")
	fs.StringVar(&s.log, "log", "info", "`WHAT` to log: frames (every frame), info or off")
	fs.StringArrayVar(&s.server.Origins, "origin", nil,
		"`ORIGIN` whose pages may connect, such as https://*.example.com, or * for any; may be repeated (default the server's own, and clients without one)")
	s.access.addFlags(fs, &s.server)
	addLimits(fs, &s.server.Options)
	fs.Var(durationFlag{value: &s.server.OpenTimeout}, "open-timeout", `time for the whole opening handshake, or "off"`)
	must(c.RegisterFlagCompletionFunc("log", oneOf("frames", "info", "off")))
	c.MarkFlagsMutuallyExclusive("addr", "unix")
	c.MarkFlagsRequiredTogether("cert", "key")
	return c
}

func (s *serveCommand) run(c *cobra.Command) error {
	logger, err := s.logger()
	if err != nil {
		return usageError(c, err)
	}
	if err := s.checkFlags(c); err != nil {
		return usageError(c, err)
	}
	site := &demo.Site{Logger: logger}
	s.server.Logger = logger
	s.server.Handler = site.Serve
	if s.server.ProcessRequest, err = s.access.guard(&s.server, logger, site.Process); err != nil {
		return usageError(c, err)
	}
	if s.tls {
		if s.server.TLSConfig, err = serverTLS(s.cert, s.key, s.addr); err != nil {
			return err
		}
	}
	network, addr := "tcp", s.addr
	if s.unix != "" {
		network, addr = "unix", s.unix
	}
	if err := s.server.Start(network, addr); err != nil {
		return listenFailure(network, err)
	}
	if err := s.announce(); err != nil {
		_ = s.server.Close()
		return &failure{status: statusFailed, err: err}
	}
	return s.wait(c.Context())
}

// logger makes the logger for --log.
func (s *serveCommand) logger() (*slog.Logger, error) {
	level, ok := map[string]slog.Level{"frames": slog.LevelDebug, "info": slog.LevelInfo}[s.log]
	if s.log == "off" {
		return slog.New(slog.DiscardHandler), nil
	}
	if !ok {
		return nil, fmt.Errorf("--log is %q: give frames, info or off", s.log)
	}
	return slog.New(&lineHandler{out: &lockedWriter{w: s.stderr}, level: level, style: s.style(s.stderr)}), nil
}

func (s *serveCommand) checkFlags(c *cobra.Command) error {
	if s.cert != "" && !s.tls {
		return errors.New("--cert and --key need --tls")
	}
	if s.mode != "" {
		mode, err := strconv.ParseUint(s.mode, 8, 32)
		if err != nil || mode == 0 || fs.FileMode(mode)&^fs.ModePerm != 0 {
			return fmt.Errorf("--mode is %q: give octal digits such as 0600", s.mode)
		}
		if s.unix == "" {
			return errors.New("--mode needs --unix")
		}
		s.server.UnixMode = fs.FileMode(mode)
	}
	if c.Flags().Changed("unix") && s.unix == "" {
		return errors.New("--unix is empty: give a path")
	}
	return nil
}

// serverTLS has the certificate of two files, or one made for this run and addr.
func serverTLS(cert, key, addr string) (*tls.Config, error) {
	if cert != "" {
		cert, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, &failure{
				status: statusFailed, err: fmt.Errorf("cannot use the certificate: %w", err),
				hint: "--cert and --key take PEM files that belong together; leave both out for a certificate made for this run",
			}
		}
		return &tls.Config{Certificates: []tls.Certificate{cert}}, nil
	}
	host, _, _ := net.SplitHostPort(addr) // to listen on a wrong one fails
	made, err := selfSigned(time.Now(), host)
	if err != nil {
		return nil, &failure{status: statusFailed, err: err}
	}
	return &tls.Config{Certificates: []tls.Certificate{made}}, nil
}

// listenFailure explains why the server cannot listen.
func listenFailure(network string, err error) error {
	f := &failure{status: statusFailed, err: err}
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && network == "tcp":
		f.hint = "stop the other server, or take any free port: ws serve --addr 127.0.0.1:0"
	case errors.Is(err, syscall.EADDRINUSE):
		f.hint = "another server listens on this socket: stop it, or take another path"
	case errors.Is(err, fs.ErrPermission) && network == "tcp":
		f.hint = "ports below 1024 need privileges: take a higher one with --addr"
	case network == "tcp":
		f.hint = "--addr takes HOST:PORT with an address of this machine, such as " + defaultAddr
	case errors.Is(err, fs.ErrNotExist):
		f.hint = "the folder of the socket must exist"
	}
	return f
}

// wait waits for the end: of a clean one at a first signal or the end of ctx, or
// of a quick one at a second signal.
func (s *serveCommand) wait(ctx context.Context) error {
	select {
	case <-s.signals:
	case <-ctx.Done():
	}
	open := 0
	for range s.server.Conns() {
		open++
	}
	if s.log != "off" {
		fmt.Fprintf(s.stderr, "stopping: %d connections to close; interrupt again to stop at once\n", open)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	second := make(chan os.Signal, 1)
	go func() { // ends with the shutdown
		select {
		case sig := <-s.signals:
			second <- sig
			cancel()
		case <-ctx.Done():
		}
	}()
	err := s.server.Shutdown(ctx)
	select {
	case sig := <-second:
		_ = s.server.Close()
		return &failure{status: signalStatus(sig)}
	default:
	}
	if err != nil {
		return &failure{status: statusFailed, err: err}
	}
	return nil
}
