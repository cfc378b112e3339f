package wstest

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
)

func TestPeerSendsWhatALineSays(t *testing.T) {
	const key = "37FA213D"
	for _, test := range []struct{ line, server, client string }{
		{`TEXT "Hello"`, "8105" + "48656C6C6F", "8185" + key + "7F9F4D5158"}, // RFC 6455 §5.7
		{`< PING`, "8900", "8980" + key},
		{`TEXT "H" more`, "0101" + "48", "0181" + key + "7F"},
		{`CLOSE 1000`, "8802" + "03E8", "8882" + key + "3412"},
		{`TEXT "H" masked`, "8181" + key + "7F", "8181" + key + "7F"},
		{`TEXT "H" unmasked`, "8101" + "48", "8101" + "48"},
		{`OP3 rsv1 rsv3`, "D300", "D380" + key},
		{`RAW 81 7E 00 05 "Hello"`, "817E000548656C6C6F", "817E000548656C6C6F"},
		{`TEXT "H" length=5`, "8105" + "48", "8185" + key + "7F"},
		{`TEXT "H" length16=1`, "817E0001" + "48", "81FE0001" + key + "7F"},
		{`TEXT length64=0`, "817F0000000000000000", "81FF0000000000000000" + key},
		{`BINARY length=126 more # a lie`, "027E007E", "02FE007E" + key},
		{`BINARY length=0x8000000000000005`, "827F8000000000000005", "82FF8000000000000005" + key},
	} {
		for role, want := range map[websockets.Role]string{
			websockets.RoleServer: test.server,
			websockets.RoleClient: test.client,
		} {
			a, b := Pipe()
			p := NewPeer(t, a, role)
			p.Send(test.line)
			p.Close()
			if got, _ := io.ReadAll(b); strings.ToUpper(hex.EncodeToString(got)) != want {
				t.Errorf("%s of a %v:\n got %X\nwant %s", test.line, role, got, want)
			}
		}
	}
}

func TestPeerSendsOneWriteForAllLines(t *testing.T) {
	a, _ := Pipe()
	p := NewPeer(t, a, websockets.RoleClient)
	p.Send(`TEXT "a"`, `TEXT "b"`, `PING`)
	p.Send()
	if n := a.Stats().Writes; n != 1 {
		t.Errorf("%d writes", n)
	}
}

func TestPeerEncodeSendsNothing(t *testing.T) {
	a, _ := Pipe()
	b, err := NewPeer(t, a, websockets.RoleServer).Encode(`PING "?"`, `PONG`)
	if string(b) != "\x89\x01?\x8A\x00" || err != nil {
		t.Errorf("%X, %v", b, err)
	}
	if n := a.Stats().Writes; n != 0 {
		t.Errorf("%d writes", n)
	}
}

func TestPeerPayloadGoesOnWithTheSameKey(t *testing.T) {
	for _, role := range []websockets.Role{websockets.RoleClient, websockets.RoleServer} {
		a, b := Pipe()
		p := NewPeer(t, a, role)
		other := NewPeer(t, b, 3-role)
		p.Send(`TEXT "hel" length=11`)
		p.Send(`PAYLOAD "lo wo"`, `PAYLOAD "rld"`)
		other.Expect(`TEXT "hello world"`)
	}
}

func TestPeerSendRefusesWhatCannotBeSent(t *testing.T) {
	for line, want := range map[string]string{
		`> TEXT "hi"`:           "direction",
		`TEXT ...`:              "cut",
		`TEXT "hi`:              "bad text",
		`TXT "hi"`:              `unknown opcode "TXT"`,
		`TEXT length32=1`:       "bad length",
		`TEXT length16=65536`:   "bad length",
		`TEXT length=-1`:        "bad length",
		`RAW 81 length=1`:       "only a frame has a length",
		``:                      "no frame",
		`"length=5"`:            "unknown opcode",
		`PAYLOAD length=5 "hi"`: "only a frame has a length",
	} {
		a, _ := Pipe()
		wantFailure(t, want, func(t testing.TB) { NewPeer(t, a, websockets.RoleClient).Send(line) })
	}
	a, _ := Pipe()
	wantFailure(t, "nothing can follow the end of the stream", func(t testing.TB) {
		NewPeer(t, a, websockets.RoleClient).Send("EOF", "PING")
	})
	a.Close()
	wantFailure(t, "use of closed network connection", func(t testing.TB) {
		NewPeer(t, a, websockets.RoleClient).Send("PING")
	})
}

func TestPeerEOFEndsOneDirection(t *testing.T) {
	a, b := Pipe()
	p, other := NewPeer(t, a, websockets.RoleClient), NewPeer(t, b, websockets.RoleServer)
	p.Send(`PING`, `EOF`)
	other.Send(`PONG`)
	other.Expect(`PING`, `EOF`, `EOF`)
	other.ExpectEOF()
	p.Expect(`PONG`)

	c, d := net.Pipe() // has no half-close
	go NewPeer(t, c, websockets.RoleClient).Send(`EOF`)
	NewPeer(t, d, websockets.RoleServer).ExpectEOF()
}

func TestPeerExpectSeesEveryDifference(t *testing.T) {
	for _, test := range []struct{ sent, expected string }{
		{`TEXT "hi"`, `TEXT "ho"`},
		{`TEXT "hi"`, `BINARY "hi"`},
		{`TEXT "hi"`, `TEXT "hi" more`},
		{`TEXT "hi" rsv1`, `TEXT "hi"`},
		{`TEXT "hi" masked`, `TEXT "hi"`},
		{`TEXT "hi"`, `TEXT "hi" masked`},
		{`TEXT "hi"`, `TEXT "hi" "!" ...`},
		{`TEXT "hi" more`, `TEXT "h" ...`},
		{`CLOSE 1002 "why"`, `CLOSE 1002`},
		{`CLOSE 1002 "why"`, `CLOSE 1000 ...`},
		{`CLOSE 1000`, `EOF`},
		{`EOF`, `CLOSE 1000`},
	} {
		a, b := Pipe()
		NewPeer(t, a, websockets.RoleServer).Send(test.sent)
		wantFailure(t, "want > "+test.expected, func(t testing.TB) {
			NewPeer(t, b, websockets.RoleClient).Expect(test.expected)
		})
	}
}

func TestPeerExpectTakesAnyRestForDots(t *testing.T) {
	a, b := Pipe()
	p, other := NewPeer(t, a, websockets.RoleServer), NewPeer(t, b, websockets.RoleClient)
	p.Send(`CLOSE 1002 "why"`, `TEXT "hello" more`, `PING`)
	other.Expect(`CLOSE 1002 ...`, `> TEXT "he" ... more`, `PING ... # nothing is fine`)
}

func TestPeerExpectRefusesWhatCannotBeReceived(t *testing.T) {
	for line, want := range map[string]string{
		`< TEXT "hi"`:   "direction",
		`RAW 81`:        "only frames",
		`PAYLOAD 81`:    "only frames",
		`TEXT length=5`: "only frames",
		`TXT`:           "unknown opcode",
	} {
		a, _ := Pipe()
		wantFailure(t, want, func(t testing.TB) { NewPeer(t, a, websockets.RoleClient).Expect(line) })
	}
}

func TestPeerShowsUnmaskedFramesOfAClient(t *testing.T) {
	a, b := Pipe()
	NewPeer(t, a, websockets.RoleClient).Send(`TEXT "hi" unmasked`)
	got, err := NewPeer(t, b, websockets.RoleServer).Recv()
	if err != nil || string(frame.AppendLine(nil, got)) != `> TEXT "hi" unmasked` {
		t.Errorf("%s, %v", frame.AppendLine(nil, got), err)
	}
}

func TestPeerWaitsNoLongerThanItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		p := NewPeer(t, a, websockets.RoleClient)
		other := NewPeer(t, b, websockets.RoleServer)
		start := time.Now()
		other.Send(`TEXT "hel" length=5`)
		if _, err := p.Recv(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(start); took != DefaultTimeout {
			t.Errorf("it took %v", took)
		}
		other.Send(`PAYLOAD "lo"`)
		p.Expect(`TEXT "hello"`)
	})
}

func TestPeerRecvSaysWhatIsWrongWithTheBytes(t *testing.T) {
	for _, test := range []struct{ sent, want string }{
		{`RAW 81 7E 00 05 "Hello"`, "not minimal"},
		{`RAW 82 7F 00 00 00 00 7F 00 00 00`, "more than a line can hold"},
		{`RAW 81`, "unexpected EOF, after 1 bytes of a frame"},
		{`TEXT "hel" length=5`, "unexpected EOF, after 5 bytes of a frame"},
	} {
		a, b := Pipe()
		p := NewPeer(t, a, websockets.RoleServer)
		p.Send(test.sent)
		p.Close()
		_, err := NewPeer(t, b, websockets.RoleClient).Recv()
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.sent, err, test.want)
		}
	}
}

func TestPeerRecvErrorsStay(t *testing.T) {
	a, b := Pipe()
	p := NewPeer(t, b, websockets.RoleClient)
	a.Reset()
	for range 2 {
		if _, err := p.Recv(); err == nil || !strings.Contains(err.Error(), "connection reset") {
			t.Errorf("error %v", err)
		}
	}
	_, b = Pipe()
	p = NewPeer(t, b, websockets.RoleClient)
	p.Close()
	if _, err := p.Recv(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v", err)
	}
	wantFailure(t, "want > EOF", func(t testing.TB) { NewPeer(t, b, websockets.RoleClient).ExpectEOF() })
}

func TestPeerExpectSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		p := NewPeer(t, a, websockets.RoleServer)
		start := time.Now()
		NewPeer(t, b, websockets.RoleClient).ExpectSilence(time.Hour)
		if took := time.Since(start); took != time.Hour {
			t.Errorf("it took %v", took)
		}
		for _, test := range []struct{ sent, want string }{
			{`PING`, "got  > PING"},
			{`RAW 89`, "after 1 bytes"},
			{`EOF`, "EOF"},
		} {
			p.Send(test.sent)
			wantFailure(t, test.want, func(t testing.TB) { NewPeer(t, b, websockets.RoleClient).ExpectSilence(time.Hour) })
			a, b = Pipe()
			p = NewPeer(t, a, websockets.RoleServer)
		}
	})
}

func TestPeerRunPlaysBothSidesOfAScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		go NewPeer(t, a, websockets.RoleServer).Run(`
			> TEXT "hel" more
			> PING "?"

			< PONG "?"
			> CONT "lo" fin
			< CLOSE 1000
			< EOF
		`)
		NewPeer(t, b, websockets.RoleClient).Run(`
			< TEXT "hel" more
			# a comment goes between two writes
			< PING "?"
			> PONG "?"
			< CONT "lo" fin
			> CLOSE 1000
			> EOF
		`)
		if n := b.Stats().Writes; n != 3 {
			t.Errorf("%d writes", n)
		}
	})
	wantFailure(t, `line "PING" has no direction`, func(t testing.TB) {
		a, _ := Pipe()
		NewPeer(t, a, websockets.RoleClient).Run("PING")
	})
}

func TestPeerHandshakes(t *testing.T) {
	a, b := Pipe()
	client, server := NewPeer(t, a, websockets.RoleClient), NewPeer(t, b, websockets.RoleServer)
	done := make(chan struct{})
	go func() {
		defer close(done)
		req := server.ServerHandshake("Sec-WebSocket-Protocol: chat")
		if req.URL.Path != "/room" || req.Host != "server.example" || req.Header.Get("Origin") != "https://a.example" {
			t.Errorf("request for %v on %v with %v", req.URL, req.Host, req.Header)
		}
		server.Send(`TEXT "hi"`)
	}()
	resp := client.ClientHandshake("/room", "Origin: https://a.example")
	if resp.Header.Get("Sec-WebSocket-Protocol") != "chat" {
		t.Errorf("response %v", resp.Header)
	}
	// The value of the example in RFC 6455 §1.3.
	if got := resp.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("Sec-WebSocket-Accept %q", got)
	}
	client.Expect(`TEXT "hi"`)
	<-done
	if client.Conn() != net.Conn(a) {
		t.Error("Conn is another connection")
	}
}

func TestPeerHandshakesFailReadably(t *testing.T) {
	for response, want := range map[string]string{
		"HTTP/1.1 403 Forbidden\r\n\r\n":                                       "response 403 Forbidden",
		"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: no\r\n\r\n": `with Sec-WebSocket-Accept "no"`,
		"HTTP/1.1\r\n\r\n":                "malformed HTTP",
		"HTTP/1.1 101":                    `EOF, after "HTTP/1.1 101"`,
		strings.Repeat("x", maxHead+5000): "head of more than",
	} {
		wantFailure(t, want, func(t testing.TB) {
			a, b := (&Network{Window: 2 * maxHead}).Pipe()
			b.Write([]byte(response))
			b.CloseWrite()
			NewPeer(t, a, websockets.RoleClient).ClientHandshake("/")
		})
	}
	closed, _ := Pipe()
	closed.Close()
	wantFailure(t, "write the request", func(t testing.TB) { NewPeer(t, closed, websockets.RoleClient).ClientHandshake("/") })
	wantFailure(t, "receive a request", func(t testing.TB) { NewPeer(t, closed, websockets.RoleServer).ServerHandshake() })
	wantFailure(t, "write the response", func(t testing.TB) {
		a, b := Pipe()
		b.Write(HTTP("GET / HTTP/1.1"))
		b.Close()
		NewPeer(t, a, websockets.RoleServer).ServerHandshake()
	})
}

func TestPeerReadAllTakesTheBody(t *testing.T) {
	a, b := Pipe()
	b.Write(append(HTTP("HTTP/1.1 400 Bad Request", "Content-Length: 4"), "oops"...))
	b.Close()
	p := NewPeer(t, a, websockets.RoleClient)
	if resp := p.RecvResponse(); resp.StatusCode != 400 {
		t.Errorf("status %d", resp.StatusCode)
	}
	if body := p.ReadAll(); !bytes.Equal(body, []byte("oops")) {
		t.Errorf("body %q", body)
	}
	wantFailure(t, "read to the end", func(t testing.TB) {
		a, b := Pipe()
		b.Reset()
		NewPeer(t, a, websockets.RoleClient).ReadAll()
	})
}
