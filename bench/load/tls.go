//go:build linux

package load

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// TLSClients are [Clients] over TLS. There is a goroutine for each, since the
// package that does TLS wants it so.
type TLSClients struct {
	conns  []*tlsConn
	got    atomic.Int64
	failed chan error

	mu      sync.Mutex // guards what follows
	latency Histogram
}

type tlsConn struct {
	*tls.Conn
	traffic *Traffic
	check   checker
	next    int
}

// EchoTLS is [Echo] over TLS.
func EchoTLS(s *Server, t *Traffic, n, window int, sampled bool) (*TLSClients, error) {
	c := &TLSClients{failed: make(chan error, n)}
	for range n {
		k, err := dialTLS(s, t, sampled)
		if err != nil {
			c.Close()
			return nil, err
		}
		c.conns = append(c.conns, k)
	}
	for _, k := range c.conns {
		go func() { c.failed <- c.serve(k, window) }() // ends when Close closes k
	}
	return c, nil
}

func dialTLS(s *Server, t *Traffic, sampled bool) (*tlsConn, error) {
	transport, err := net.DialTimeout("tcp", s.Addr.String(), patience)
	if err != nil {
		return nil, err
	}
	k := &tlsConn{traffic: t}
	// The server has just made its certificate, and is on this machine.
	k.Conn = tls.Client(transport, &tls.Config{InsecureSkipVerify: true})
	k.check = &exact{want: &t.in}
	if sampled {
		k.check = &parsed{payloads: t.Payloads}
	}
	if _, err = k.Write(s.request("/echo")); err == nil && !s.Raw {
		err = k.readResponse()
	}
	if err != nil {
		_ = k.Close()
		return nil, fmt.Errorf("opening handshake over TLS: %w", err)
	}
	return k, nil
}

func (k *tlsConn) readResponse() error {
	var response []byte
	var one [1]byte
	for !bytes.HasSuffix(response, []byte("\r\n\r\n")) {
		if _, err := io.ReadFull(k, one[:]); err != nil {
			return err
		}
		response = append(response, one[0])
	}
	_, _, err := parseResponse(response)
	return err
}

func (c *TLSClients) serve(k *tlsConn, window int) error {
	buf := make([]byte, 64<<10)
	for messages := window; ; {
		sent := time.Now()
		p := k.traffic.out.slice(k.next, messages)
		if _, err := k.Write(p); err != nil {
			return err
		}
		k.next = (k.next + messages) % k.traffic.out.n
		for messages = 0; messages == 0; {
			n, err := k.Read(buf)
			if err != nil {
				return err
			}
			if messages, _, err = k.check.take(buf[:n]); err != nil {
				return err
			}
		}
		c.got.Add(int64(messages))
		if window == 1 {
			c.mu.Lock()
			c.latency.Add(time.Since(sent))
			c.mu.Unlock()
		}
	}
}

// Run lets the connections work for a while, and returns how many messages came
// back meanwhile.
func (c *TLSClients) Run(d time.Duration) (int64, error) {
	c.mu.Lock()
	c.latency.Reset()
	c.mu.Unlock()
	before := c.got.Load()
	select {
	case err := <-c.failed:
		return 0, err
	case <-time.After(d):
		return c.got.Load() - before, nil
	}
}

// RunMessages is Run until n more messages have come back.
func (c *TLSClients) RunMessages(n int64) error {
	for end := c.got.Load() + n; c.got.Load() < end; {
		if _, err := c.Run(time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// Messages returns how many messages have come back so far.
func (c *TLSClients) Messages() int64 { return c.got.Load() }

// Extensions returns "": none is offered.
func (c *TLSClients) Extensions() string { return "" }

// Wire returns 0: there is no compression to measure.
func (c *TLSClients) Wire() int64 { return 0 }

// Latency returns a copy of how long echoes took in the last Run, if only one
// message is in flight on each connection.
func (c *TLSClients) Latency() *Histogram {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.latency
	return &h
}

// Close closes the connections.
func (c *TLSClients) Close() {
	for _, k := range c.conns {
		_ = k.NetConn().Close()
	}
}
