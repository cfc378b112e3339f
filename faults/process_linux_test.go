package faults

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-websockets/websockets"
)

// A process is a peer that lives and dies apart, at the far end.
type process struct {
	l     *lab
	cmd   *exec.Cmd
	lines chan string // what it says
}

// start starts a peer which runs one of peerPrograms.
func (l *lab) start(program string) *process {
	l.t.Helper()
	p := &process{l: l, lines: make(chan string, 64)}
	addr := net.JoinHostPort(farAddr.String(), "0")
	if l.role == websockets.RoleServer {
		l.serve()
		addr = l.server.Addrs()[0].String()
	}
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), peerVar+"="+strings.Join([]string{program, l.peerRole().String(), l.scheme(), addr}, " "))
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	l.must(err)
	where := l.far
	if strings.HasPrefix(program, "crowd") {
		where = l.near // a crowd is about numbers, not about the wire
	}
	l.must(where.do(p.cmd.Start))
	l.t.Cleanup(p.kill)
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	return p
}

// hears waits for a line that begins with a word, and returns the rest.
func (p *process) hears(word string) string {
	p.l.t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.l.t.Fatalf("the peer has ended without saying %q", word)
			}
			if rest, ok := strings.CutPrefix(line, word); ok {
				return strings.TrimSpace(rest)
			}
		case <-timeout:
			p.l.t.Fatalf("the peer has not said %q", word)
		}
	}
}

// kill ends the process at once, as kill -9 does.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

func (p *process) signal(s syscall.Signal) { p.l.must(p.cmd.Process.Signal(s)) }

// openWith opens a connection to a peer that is a process.
func (l *lab) openWith(program string) (*websockets.Conn, *process) {
	l.t.Helper()
	p := l.start(program)
	if l.role == websockets.RoleClient {
		r := returns(l, "Dial", 20*time.Second, l.dialing(p.hears("listens")))
		l.must(r.err)
		l.conns <- r.conn
	}
	return l.opened(), p
}

// peerPrograms are what a peer does with its connection.
var peerPrograms = map[string]func(ctx context.Context, c *websockets.Conn) error{
	"idle": func(ctx context.Context, c *websockets.Conn) error {
		for _, text := range []string{"1", "2", "3"} {
			if err := c.Send(ctx, websockets.Text(text)); err != nil {
				return err
			}
		}
		fmt.Println("ready")
		<-c.Done()
		return c.Err()
	},
	"half": func(ctx context.Context, c *websockets.Conn) error {
		if err := c.Send(ctx, websockets.Text("whole")); err != nil {
			return err
		}
		w, err := c.Writer(ctx, websockets.BinaryMessage)
		if err != nil {
			return err
		}
		if _, err := w.Write(make([]byte, 512<<10)); err != nil {
			return err
		}
		fmt.Println("ready")
		<-c.Done()
		return c.Err()
	},
}

// peerProgram is the main function of such a process.
func peerProgram(args string) {
	fail := func(err error) {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	words := strings.Fields(args)
	program, role, scheme, addr := words[0], words[1], words[2], words[3]
	if n, ok := strings.CutPrefix(program, "crowd-"); ok {
		crowd(n, scheme+"://"+addr+"/")
		return
	}
	handler := func(ctx context.Context, c *websockets.Conn) error {
		err := peerPrograms[program](ctx, c)
		fmt.Println("ended", err)
		return err
	}
	options := lively()
	if role == websockets.RoleClient.String() {
		d := &websockets.Dialer{Options: options, TLSConfig: &tls.Config{InsecureSkipVerify: true}}
		c, err := d.Dial(context.Background(), scheme+"://"+addr+"/")
		if err != nil {
			fail(err)
		}
		_ = handler(context.Background(), c)
		return
	}
	server := &websockets.Server{Options: options, Handler: handler}
	if scheme == "wss" {
		server.TLSConfig = certificate()
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		fail(err)
	}
	fmt.Println("listens", ln.Addr())
	fail(server.Serve(ln))
}

// crowd opens many connections and tells how they ended: how many messages came,
// how many connections were told to go away. If it is busy, it sends back all that
// comes.
func crowd(count, url string) {
	options := calm()
	options.CloseTimeout = 10 * time.Second
	d := &websockets.Dialer{Options: options, TLSConfig: &tls.Config{InsecureSkipVerify: true}}
	count, busy := strings.CutSuffix(count, "-busy")
	n, _ := strconv.Atoi(count)
	var received, goingAway, refused atomic.Int64
	var all sync.WaitGroup
	dialing := make(chan struct{}, 64)
	for range n {
		dialing <- struct{}{}
		all.Go(func() {
			c, err := d.Dial(context.Background(), url)
			<-dialing
			if err != nil {
				refused.Add(1)
				return
			}
			if busy {
				_ = c.Send(context.Background(), websockets.Text("to and fro"))
			}
			for m, err := range c.Messages(context.Background()) {
				if err != nil {
					break
				}
				received.Add(1)
				if busy {
					_ = c.Send(context.Background(), m)
				}
			}
			if e, ok := errors.AsType[*websockets.CloseError](c.Err()); ok && e.Code == websockets.CloseGoingAway && e.Err == nil {
				goingAway.Add(1)
			}
		})
	}
	all.Wait()
	fmt.Printf("crowd %d received, %d going away, %d refused\n", received.Load(), goingAway.Load(), refused.Load())
}
