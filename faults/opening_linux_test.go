package faults

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// openingScenarios: the way to the server, or what is there instead of it.
var openingScenarios = []scenario{
	{
		id: "F39", fault: "a name does not lead to the server",
		inject: "a name server that knows it not, that is silent, that has 20 addresses of which none answers",
		expect: "an error that matches ErrHandshake, within OpenTimeout",
		roles:  asClient, schemes: overTCP,
		run: nameLeadsNowhere,
	},
	{
		id: "F42", fault: "something else answers",
		inject: "301 for ever, 200, a 101 for another key, a 101 without Upgrade, no HTTP at all, the end, nothing",
		expect: "ErrHandshake with what is wrong, at once; nothing: within OpenTimeout",
		roles:  asClient,
		run:    somethingElseAnswers,
	},
}

func nameLeadsNowhere(l *lab) {
	l.options.OpenTimeout = time.Second
	var names net.PacketConn
	l.must(l.far.do(func() (err error) {
		names, err = net.ListenPacket("udp4", net.JoinHostPort(farAddr.String(), "0"))
		return err
	}))
	defer names.Close()
	replies := make(chan func(query []byte) []byte, 1)
	go serveNames(names, replies)
	for _, c := range []struct {
		name   string
		reply  func(query []byte) []byte
		within time.Duration
	}{
		{"unknown", func(q []byte) []byte { return answerName(q, 3, nil) }, soon},
		{"silence", func([]byte) []byte { return nil }, time.Second},
		{"20 addresses", func(q []byte) []byte { return answerName(q, 0, deadAddresses) }, time.Second},
	} {
		replies <- c.reply
		d := l.dialer()
		resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "udp4", names.LocalAddr().String())
			if err == nil {
				// The resolver of Go goes on for a while after its context has ended.
				l.t.Cleanup(func() { _ = conn.Close() })
			}
			return conn, err
		}}
		d.NetDial = (&net.Dialer{Resolver: resolver}).DialContext
		since := time.Now()
		r := returns(l, "Dial", c.within, call(func() dialed {
			conn, err := d.Dial(context.Background(), "ws://name.example/")
			return dialed{conn: conn, err: err}
		}))
		l.opening(since, c.within, c.name)
		if !errors.Is(r.err, websockets.ErrHandshake) {
			l.t.Errorf("%s: %v", c.name, r.err)
		}
		<-replies
	}
}

// serveNames answers each query as the reply that is in the channel says.
func serveNames(names net.PacketConn, replies chan func([]byte) []byte) {
	buf := make([]byte, 1500)
	for {
		n, from, err := names.ReadFrom(buf)
		if err != nil {
			return
		}
		reply := <-replies
		replies <- reply
		if b := reply(buf[:n]); b != nil {
			_, _ = names.WriteTo(b, from)
		}
	}
}

// deadAddresses are in the network of the wire, and nobody is there.
var deadAddresses = func() (addrs [][4]byte) {
	for i := range 20 {
		addrs = append(addrs, [4]byte{10, 77, 0, byte(100 + i)})
	}
	return addrs
}()

// answerName makes a response to a query with one question (RFC 1035 §4): with
// addresses if it asks for those of IPv4.
func answerName(query []byte, code byte, addrs [][4]byte) []byte {
	const header = 12
	end := header
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	end += 5 // the root label, type and class
	if end > len(query) {
		return nil
	}
	b := append([]byte(nil), query[:end]...)
	b[2], b[3] = 0x81, 0x80|code // a response, recursion as asked for
	b[6], b[7], b[8], b[9], b[10], b[11] = 0, 0, 0, 0, 0, 0
	if query[end-3] != 1 { // not A
		return b
	}
	b[7] = byte(len(addrs))
	for _, a := range addrs {
		b = append(b, 0xC0, header, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
		b = append(b, a[:]...)
	}
	return b
}

func somethingElseAnswers(l *lab) {
	l.options.OpenTimeout = time.Second
	ln := l.listen()
	upgrade := []string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"}
	for name, answer := range map[string][]byte{
		"301":     wstest.HTTP("HTTP/1.1 301 Moved Permanently", fmt.Sprintf("Location: %s://%s/", l.scheme(), ln.Addr()), "Content-Length: 0"),
		"200":     append(wstest.HTTP("HTTP/1.1 200 OK", "Content-Length: 5"), "hello"...),
		"key":     wstest.HTTP(append(upgrade, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")...),
		"upgrade": wstest.HTTP("HTTP/1.1 101 Switching Protocols"),
		"no HTTP": []byte("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
		"end":     {},
		"nothing": nil,
	} {
		within := soon
		if answer == nil {
			within = time.Second
		}
		since := time.Now()
		result := l.dialing(ln.Addr().String())
		served := call(func() error { return l.answers(ln, answer) })
		r := returns(l, "Dial ("+name+")", within, result)
		if took := time.Since(since); took > within+margin || !errors.Is(r.err, websockets.ErrHandshake) {
			l.t.Errorf("%s: %v after %v", name, r.err, took)
		}
		if strings.Contains(name, "nothing") != errors.Is(r.err, context.DeadlineExceeded) {
			l.t.Errorf("%s: %v", name, r.err)
		}
		l.must(ln.(*net.TCPListener).SetDeadline(time.Unix(1, 0)))
		<-served
		l.must(ln.(*net.TCPListener).SetDeadline(time.Time{}))
	}
	l.see("all refused")
}

// answers answers all requests with the same, until the listener's deadline.
func (l *lab) answers(ln net.Listener, answer []byte) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		secured := l.secured(conn)
		buf := make([]byte, 4<<10)
		if _, err := secured.Read(buf); err == nil && answer != nil {
			_, _ = secured.Write(answer)
			_ = secured.Close()
		}
		for err == nil { // until the client has gone
			_, err = secured.Read(buf)
		}
		_ = conn.Close()
	}
}
