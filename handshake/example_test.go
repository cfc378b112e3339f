package handshake_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/http11"
)

// A client sends a GET request with these headers, reads the response, and
// checks that its status is 101.
func ExampleBuildRequest() {
	client, server := net.Pipe()
	go serve(server)
	if err := connect(client); err != nil {
		fmt.Println("client:", err)
	}
	// Output:
	// server: the client wants /chat
	// client: connected, subprotocol "chat.v2"
}

// A server reads a GET request, checks its headers, and sends either a 101
// response or one that tells what was wrong.
func ExampleCheckRequest() {
	client, server := net.Pipe()
	go serve(server)
	fmt.Fprint(client, "GET /chat HTTP/1.1\r\n"+
		"Host: example.com\r\n"+
		"Connection: Upgrade\r\n"+
		"Upgrade: websocket\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Version: 8\r\n\r\n")
	response, _ := io.ReadAll(client)
	fmt.Println(strings.ReplaceAll(string(response), "\r\n", "\n"))
	// Output:
	// HTTP/1.1 426 Refused
	// Connection: Upgrade, close
	// Upgrade: websocket
	// Sec-WebSocket-Version: 13
	//
	// wrong value of header "Sec-WebSocket-Version": "8"
}

// connect is the client's side of the opening handshake.
func connect(conn net.Conn) error {
	defer conn.Close()
	offered := []string{"chat.v1", "chat.v2"}
	var extensions []extension.Factory // none

	var h http11.Headers
	h.Set("Host", "example.com")
	key := handshake.BuildRequest(&h, [16]byte{}) // from crypto/rand, in earnest
	h.Set("Sec-WebSocket-Protocol", "chat.v1, chat.v2")
	request, err := http11.AppendRequest(nil, "/chat", h)
	if err != nil {
		return err
	}
	if _, err := conn.Write(request); err != nil {
		return err
	}

	r := bufio.NewReader(conn) // frames follow from here
	status, h, err := http11.ReadResponse(r, http11.Limits{})
	if err != nil {
		return err
	}
	if status != 101 {
		return fmt.Errorf("status %d", status)
	}
	if err := handshake.CheckResponse(&h, key); err != nil {
		return err
	}
	if _, err := handshake.AcceptExtensions(&h, extensions); err != nil {
		return err
	}
	subprotocol, err := handshake.CheckSubprotocol(&h, offered)
	if err != nil {
		return err
	}
	fmt.Printf("client: connected, subprotocol %q\n", subprotocol)
	return nil
}

// serve is the server's side of the opening handshake.
func serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn) // frames follow from here
	path, response, err := answer(r)
	if err != nil {
		var h http11.Headers
		status := handshake.BuildRejection(&h, err)
		response, _ = http11.AppendResponse(nil, status, "Refused", h, []byte(err.Error()))
	} else {
		fmt.Println("server: the client wants", path)
	}
	conn.Write(response)
}

// answer reads a request and returns the response that accepts it.
func answer(r *bufio.Reader) (path string, response []byte, err error) {
	path, request, err := http11.ReadRequest(r, http11.Limits{})
	if err != nil {
		return "", nil, err
	}
	if err := http11.CheckNoBody(request); err != nil {
		return "", nil, err
	}
	host, err := handshake.CheckHost(&request)
	if err != nil {
		return "", nil, err
	}
	key, err := handshake.CheckRequest(&request)
	if err != nil {
		return "", nil, err
	}
	if _, err := handshake.CheckOrigin(&request, host, false, nil); err != nil {
		return "", nil, err
	}
	offered, err := handshake.OfferedSubprotocols(&request)
	if err != nil {
		return "", nil, err
	}

	var h http11.Headers
	handshake.BuildResponse(&h, key)
	if s := handshake.SelectSubprotocol(offered, []string{"chat.v2", "chat.v1"}); s != "" {
		h.Set("Sec-WebSocket-Protocol", s)
	}
	response, err = http11.AppendResponse(nil, 101, "Switching Protocols", h, nil)
	return path, response, err
}
