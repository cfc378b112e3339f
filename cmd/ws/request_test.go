package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdRequest sends a GET request with any Host, and prints the response: the status
// without the version, then the headers and the body.
func cmdRequest(ts *testscript.TestScript, _ bool, args []string) {
	addr := ts.Getenv("addr")
	if host, port, err := net.SplitHostPort(addr); err == nil && net.ParseIP(host).IsUnspecified() {
		addr = net.JoinHostPort("localhost", port)
	}
	conn, err := net.DialTimeout("tcp", addr, patience)
	ts.Check(err)
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", args[0], args[1], strings.Join(append(args[2:], ""), "\r\n"))
	ts.Check(err)
	response, err := io.ReadAll(conn)
	ts.Check(err)
	text := strings.ReplaceAll(string(response), "\r\n", "\n")
	_, _ = io.WriteString(ts.Stdout(), strings.TrimPrefix(text, "HTTP/1.1 "))
}
