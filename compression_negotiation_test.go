package websockets_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/deflate"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/httpheader"
	"github.com/go-websockets/websockets/wstest"
)

// A placed extension has a bit and may need frames as they are.
type placed struct{ suffix }

type placedPerFrame struct{ placed }

func (placedPerFrame) PerFrame() {}

func (placed) Name() string { return "x-placed" }

// placedFactory makes it.
type placedFactory struct {
	bit      extension.Bits
	perFrame bool
}

func (placedFactory) Name() string                { return "x-placed" }
func (placedFactory) Offer() [][]httpheader.Param { return [][]httpheader.Param{nil} }
func (f placedFactory) make() extension.Extension {
	p := placed{suffix{f.bit, 'p'}}
	if f.perFrame {
		return placedPerFrame{p}
	}
	return p
}

func (f placedFactory) Accept([]httpheader.Param, []extension.Extension) (extension.Extension, error) {
	return f.make(), nil
}

func (f placedFactory) Negotiate([]httpheader.Param, []extension.Extension) ([]httpheader.Param, extension.Extension, error) {
	return nil, f.make(), nil
}

// What a server answers to offers of compression, on the wire.
func TestServerAnswersOffersOfCompression(t *testing.T) {
	const byDefault = "permessage-deflate; server_max_window_bits=12"
	rsv1 := []extension.Factory{placedFactory{bit: extension.RSV1}}
	rsv2 := []extension.Factory{placedFactory{bit: extension.RSV2}}
	perFrame := []extension.Factory{placedFactory{bit: extension.RSV2, perFrame: true}}
	limited := deflate.Options{PeerWindowBits: 10}
	const d = "permessage-deflate"
	for _, tt := range []struct {
		name          string
		o             websockets.Options
		offer, answer string
	}{
		{"none", websockets.Options{}, "", ""},
		{"plain", websockets.Options{}, d, byDefault},
		{"a browser's", websockets.Options{}, d + "; client_max_window_bits", byDefault + "; client_max_window_bits=12"},
		{"quoted", websockets.Options{}, d + `; server_max_window_bits="10"`, d + "; server_max_window_bits=10"},
		{"a smaller window", websockets.Options{}, d + "; server_max_window_bits=9; client_max_window_bits=8", d + "; server_max_window_bits=9; client_max_window_bits=8"},
		{"no context takeover", websockets.Options{}, d + "; server_no_context_takeover; client_no_context_takeover", d + "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12"},
		{"unknown parameter", websockets.Options{}, d + "; unknown", ""},
		{"unknown parameter with a value", websockets.Options{}, d + "; Server_max_window_bits=10", ""},
		{"value out of range", websockets.Options{}, d + "; server_max_window_bits=7", ""},
		{"value with a zero", websockets.Options{}, d + "; client_max_window_bits=08", ""},
		{"value missing", websockets.Options{}, d + "; server_max_window_bits", ""},
		{"value where there is none", websockets.Options{}, d + "; client_no_context_takeover=1", ""},
		{"repeated parameter", websockets.Options{}, d + "; server_max_window_bits=10; server_max_window_bits=10", ""},
		{"the next offer", websockets.Options{}, d + "; server_max_window_bits=16, x-other, " + d + "; server_max_window_bits=15, " + d, byDefault},
		{"the first that will do", websockets.Options{}, d + "; server_max_window_bits=9, " + d, d + "; server_max_window_bits=9"},
		{"not supported", websockets.Options{Deflate: limited}, d, ""},
		{"supported in the second place", websockets.Options{Deflate: limited}, d + ", " + d + "; client_max_window_bits", byDefault + "; client_max_window_bits=10"},
		{"RSV1 is taken", websockets.Options{Extensions: rsv1}, "x-placed, " + d, "x-placed"},
		{"RSV1 is taken by compression", websockets.Options{Extensions: rsv1}, d + ", x-placed", byDefault},
		{"another bit", websockets.Options{Extensions: rsv2}, "x-placed, " + d, "x-placed, " + byDefault},
		{"behind frames", websockets.Options{Extensions: perFrame}, "x-placed, " + d, "x-placed"},
		{"before frames", websockets.Options{Extensions: perFrame}, d + ", x-placed", byDefault + ", x-placed"},
		{"off", websockets.Options{DisableCompression: true, Extensions: rsv1}, d, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Logger = quiet().Logger
			url, dialer := wstest.Server(t, &websockets.Server{Options: tt.o, Handler: func(_ context.Context, c *websockets.Conn) error { return echo(c) }})
			p := connect(t, url, dialer)
			var headers []string
			if tt.offer != "" {
				headers = append(headers, "Sec-WebSocket-Extensions: "+tt.offer)
			}
			response := p.ClientHandshake("/", headers...)
			if got := response.Header.Get("Sec-WebSocket-Extensions"); response.StatusCode != 101 || got != tt.answer {
				t.Errorf("offer %q: %d, %q, want %q", tt.offer, response.StatusCode, got, tt.answer)
			}
		})
	}
}

// What a client makes of a server's answer, on the wire: it lives with it, or fails.
func TestDialChecksTheAnswerOfCompression(t *testing.T) {
	const d = "permessage-deflate"
	rsv1 := []extension.Factory{placedFactory{bit: extension.RSV1}}
	perFrame := []extension.Factory{placedFactory{bit: extension.RSV2, perFrame: true}}
	for _, tt := range []struct {
		name         string
		o            websockets.Options
		answer, want string // "" is no error
	}{
		{"none", websockets.Options{}, "", ""},
		{"plain", websockets.Options{}, d, ""},
		{"all at once", websockets.Options{}, d + "; client_max_window_bits=8; server_max_window_bits=8; client_no_context_takeover; server_no_context_takeover", ""},
		{"client_no_context_takeover", websockets.Options{}, d + "; client_no_context_takeover", ""},
		{"unasked", websockets.Options{}, d + "; server_no_context_takeover; server_max_window_bits=10", ""},
		{"not offered", websockets.Options{DisableCompression: true}, d, "not offered"},
		{"twice", websockets.Options{}, d + ", " + d, "not offered"},
		{"unknown parameter", websockets.Options{}, d + "; unknown", `unknown parameter "unknown"`},
		{"value out of range", websockets.Options{}, d + "; server_max_window_bits=16", `bad parameter value "server_max_window_bits" = "16"`},
		{"value with a zero", websockets.Options{}, d + "; server_max_window_bits=08", `bad parameter value`},
		{"value missing", websockets.Options{}, d + "; server_max_window_bits", `bad parameter value`},
		{"value missing where an offer may leave it out", websockets.Options{}, d + "; client_max_window_bits", `bad parameter value "client_max_window_bits" = ""`},
		{"value where there is none", websockets.Options{}, d + "; server_no_context_takeover=1", `bad parameter value`},
		{"repeated parameter", websockets.Options{}, d + "; server_no_context_takeover; server_no_context_takeover", `duplicate parameter`},
		{"a larger window than asked for", websockets.Options{Deflate: deflate.Options{PeerWindowBits: 10}}, d, "a window of 15 bits for the server, where 10 are allowed"},
		{"a larger window than offered", websockets.Options{Deflate: deflate.Options{WindowBits: 10}}, d + "; client_max_window_bits=11", "a window of 11 bits for the client, which offered 10"},
		{"context takeover in spite of the offer", websockets.Options{Deflate: deflate.Options{DisablePeerContextTakeover: true}}, d, "no server_no_context_takeover"},
		{"RSV1 twice", websockets.Options{Extensions: rsv1}, "x-placed, " + d, `claims RSV1, as "x-placed" does`},
		{"behind frames", websockets.Options{Extensions: perFrame}, "x-placed, " + d, `cannot stand behind "x-placed"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var network wstest.Network
			ln, err := network.Listen("server.example:80")
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				var headers []string
				if tt.answer != "" {
					headers = append(headers, "Sec-WebSocket-Extensions: "+tt.answer)
				}
				wstest.NewPeer(t, conn, websockets.RoleServer).ServerHandshake(headers...)
			}()
			tt.o.Logger = quiet().Logger
			dialer := websockets.Dialer{Options: tt.o, NetDial: network.Dial}
			c, err := dialer.Dial(t.Context(), "ws://server.example/")
			if err == nil {
				defer c.CloseNow()
			}
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("answer %q: %v", tt.answer, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !errors.Is(err, websockets.ErrNegotiation)):
				t.Errorf("answer %q: %v, want %q", tt.answer, err, tt.want)
			}
		})
	}
}
