package interop

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/interop/internal/peer"
)

// A proxy is a program in front of a server of ours, configured as the guide to
// it says.
type proxy struct {
	name    string
	guide   string
	config  string // in testdata/proxies; the guide shows the same
	timeout []string
	unix    variant // for a server on a Unix socket
	tls     variant // for clients that use TLS
	start   func(t *testing.T, dir, config string) *peer.Process
	down    int            // the status when the server is down
	http2   *regexp.Regexp // what it logs at the end of a WebSocket over HTTP/2, nil if it knows none
}

// A variant is another way to write one line of a configuration.
type variant struct{ line, instead string }

var proxies = []proxy{
	{
		name:    "nginx",
		guide:   "nginx.md",
		config:  "nginx.conf",
		timeout: []string{"proxy_read_timeout 60s;", "proxy_send_timeout 60s;"},
		unix:    variant{"    server 127.0.0.1:8765;", "    server unix:/run/websockets/app.sock;"},
		tls: variant{"    listen 80;", "    listen 443 ssl;\n" +
			"    ssl_certificate /etc/ssl/example.com.pem;\n" +
			"    ssl_certificate_key /etc/ssl/example.com.key;"},
		start: startNginx,
		down:  502,
	},
	{
		name:    "HAProxy",
		guide:   "haproxy.md",
		config:  "haproxy.cfg",
		timeout: []string{"timeout tunnel 60s"},
		unix:    variant{"    server app1 127.0.0.1:8765", "    server app1 /run/websockets/app.sock"},
		tls:     variant{"    bind :80", "    bind :443 ssl crt /etc/ssl/example.com.pem alpn h2,http/1.1"},
		start:   startHAProxy,
		down:    503,
	},
}

// A backend is where a proxy finds our server.
type backend struct {
	network, address string
	secure           bool // between client and proxy
	timeout          string
}

func newBackend(t *testing.T, network string, secure bool) backend {
	t.Helper()
	b := backend{network: network, address: freePort(t), secure: secure, timeout: "10s"}
	if network == "unix" {
		b.address = filepath.Join(publicDir(t), "app.sock")
	}
	return b
}

// run starts the proxy in front of the backend and returns its address.
func (p proxy) run(t *testing.T, b backend) (address string, running *peer.Process) {
	t.Helper()
	template, err := os.ReadFile(filepath.Join("testdata", "proxies", p.config))
	if err != nil {
		t.Fatal(err)
	}
	config := string(template)
	if b.network == "unix" {
		config = replace(t, config, p.unix.line, p.unix.instead)
		config = replace(t, config, "/run/websockets/app.sock", b.address)
	} else {
		config = replace(t, config, "127.0.0.1:8765", b.address)
	}
	front := freePort(t)
	if b.secure {
		k := certificate(t)
		config = replace(t, config, p.tls.line, p.tls.instead)
		config = replace(t, config, "/etc/ssl/example.com.pem", k.bothFile)
		config = strings.ReplaceAll(config, "/etc/ssl/example.com.key", k.keyFile)
		config = regexp.MustCompile(`(listen |bind :)443`).ReplaceAllString(config, "${1}80")
	}
	config = regexp.MustCompile(`(listen |bind ):?80\b`).ReplaceAllString(config, "${1}"+front)
	for _, line := range p.timeout {
		config = replace(t, config, line, strings.Replace(line, "60s", b.timeout, 1))
	}
	return front, p.start(t, publicDir(t), config)
}

// replace changes the one place where old occurs.
func replace(t *testing.T, s, old, instead string) string {
	t.Helper()
	if n := strings.Count(s, old); n != 1 {
		t.Fatalf("%q occurs %d times, want once, in:\n%s", old, n, s)
	}
	return strings.Replace(s, old, instead, 1)
}

func startNginx(t *testing.T, dir, config string) *peer.Process {
	t.Helper()
	program := peer.Need(t, "nginx-light", "nginx", "/usr/sbin/nginx")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	var temp strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temp, "%s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	whole := fmt.Sprintf("user %s;\ndaemon off;\npid %s;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n",
		me.Username, filepath.Join(dir, "pid"), &temp, config)
	file := write(t, filepath.Join(dir, "nginx.conf"), whole)
	p := peer.Start(t, nil, program, "-p", dir, "-e", "stderr", "-g", "error_log stderr notice;", "-c", file)
	p.WaitLine(t, regexp.MustCompile(`start worker process \d+`))
	return p
}

func startHAProxy(t *testing.T, dir, config string) *peer.Process {
	t.Helper()
	program := peer.Need(t, "haproxy", "haproxy", "/usr/sbin/haproxy")
	config = "global\n    log stdout format raw local0\n" +
		replace(t, config, "defaults\n", "defaults\n    log global\n    option httplog\n")
	file := write(t, filepath.Join(dir, "haproxy.cfg"), config)
	p := peer.Start(t, nil, program, "-W", "-db", "-f", file)
	p.WaitLine(t, regexp.MustCompile(`Loading success`))
	return p
}

func write(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// publicDir makes a directory with a short name, which a Unix socket needs, that
// a proxy's worker may enter whoever it is.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// freePort returns an address of this machine on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// A tunnel is a connection between a client and a server of ours through a
// proxy.
type tunnel struct {
	ctx            context.Context
	front          string
	server         *websockets.Server
	conns          <-chan *websockets.Conn
	dialer         *websockets.Dialer
	url            string
	page           string           // the scheme of a page from the proxy
	client, remote *websockets.Conn // the two ends
}

// dig starts a server and a proxy in front of it.
func (p proxy) dig(t *testing.T, b backend, change func(*websockets.Server)) *tunnel {
	t.Helper()
	conns := make(chan *websockets.Conn, 1)
	u := &tunnel{
		ctx:   bounded(t),
		conns: conns,
		server: &websockets.Server{
			Options:  withoutPings(websockets.Options{Subprotocols: []string{"chat"}, MaxMessageSize: 4 << 20}),
			UnixMode: 0o666,
			Handler: func(_ context.Context, conn *websockets.Conn) error {
				conns <- conn
				<-conn.Done()
				return nil
			},
		},
		dialer: &websockets.Dialer{
			Options: withoutPings(websockets.Options{Subprotocols: []string{"chat"}, MaxMessageSize: 4 << 20}),
		},
	}
	if change != nil {
		change(u.server)
	}
	u.front, _ = p.run(t, b)
	u.page, u.url = "http://", "ws://"+u.front+"/here?a=b"
	if b.secure {
		u.page, u.url = "https://", "wss"+strings.TrimPrefix(u.url, "ws")
		u.dialer.TLSConfig = certificate(t).client
	}
	if err := u.server.Start(b.network, b.address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.server.Close() })
	return u
}

// open connects the two ends.
func (u *tunnel) open(t *testing.T) {
	t.Helper()
	var err error
	if u.client, err = u.dialer.Dial(u.ctx, u.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.client.CloseNow() })
	u.remote = receive(t, u.conns)
}
