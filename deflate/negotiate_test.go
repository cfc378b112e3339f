package deflate

import (
	"errors"
	"testing"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/httpheader"
)

// agreed describes what an extension does in both directions.
type agreed struct {
	own, peer     int
	ownTO, peerTO bool // context takeover
}

func agreedBy(e extension.Extension) agreed {
	p := e.(*permessage)
	return agreed{p.sender.bits, p.receiver.bits, p.sender.takeover, p.receiver.takeover}
}

const (
	snct = "server_no_context_takeover"
	cnct = "client_no_context_takeover"
	smwb = "server_max_window_bits"
	cmwb = "client_max_window_bits"
)

func TestOffer(t *testing.T) {
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{}, cmwb},
		{Options{DisableContextTakeover: true}, cnct + "; " + cmwb},
		{Options{DisablePeerContextTakeover: true}, snct + "; " + cmwb},
		{Options{WindowBits: 10}, cmwb + "=10"},
		{Options{WindowBits: 15, Level: 9}, cmwb + "=15"},
		{Options{PeerWindowBits: 8}, smwb + "=8; " + cmwb},
		{Options{PeerWindowBits: 15}, cmwb},
		{
			Options{WindowBits: 9, PeerWindowBits: 14, DisableContextTakeover: true, DisablePeerContextTakeover: true},
			snct + "; " + cnct + "; " + smwb + "=14; " + cmwb + "=9",
		},
	} {
		f := New(tt.o)
		offers := f.Offer()
		if f.Name() != "permessage-deflate" || len(offers) != 1 || headerOf(offers[0]) != tt.want {
			t.Errorf("%+v: offers %q of %v, want %q", tt.o, f.Name(), offers, tt.want)
		}
	}
}

// What a server makes of an offer. "" as an answer stands for no parameters.
func TestNegotiate(t *testing.T) {
	limited := Options{PeerWindowBits: 10}
	small := Options{WindowBits: 9}
	large := Options{WindowBits: 15, PeerWindowBits: 15}
	for _, tt := range []struct {
		o      Options
		offer  string
		answer string
		want   agreed
	}{
		// By default: windows of 12 bits where the client lets us choose.
		{Options{}, "", smwb + "=12", agreed{12, 15, true, true}},
		{Options{}, cmwb, smwb + "=12; " + cmwb + "=12", agreed{12, 12, true, true}},
		{Options{}, cmwb + "=15", smwb + "=12; " + cmwb + "=12", agreed{12, 12, true, true}},
		{Options{}, cmwb + "=9", smwb + "=12; " + cmwb + "=9", agreed{12, 9, true, true}},
		{Options{}, smwb + "=15", smwb + "=12", agreed{12, 15, true, true}},
		{Options{}, smwb + "=8", smwb + "=8", agreed{8, 15, true, true}},
		{Options{}, snct, snct + "; " + smwb + "=12", agreed{12, 15, false, true}},
		{Options{}, cnct, cnct + "; " + smwb + "=12", agreed{12, 15, true, false}},
		{
			Options{},
			cmwb + "; " + cnct + "; " + smwb + "=10; " + snct,
			snct + "; " + cnct + "; " + smwb + "=10; " + cmwb + "=12",
			agreed{10, 12, false, false},
		},
		// The largest windows need no words.
		{large, "", "", agreed{15, 15, true, true}},
		{large, cmwb, "", agreed{15, 15, true, true}},
		{large, cmwb + "=15", "", agreed{15, 15, true, true}},
		{large, cmwb + "=14", cmwb + "=14", agreed{15, 14, true, true}},
		{large, smwb + "=15", smwb + "=15", agreed{15, 15, true, true}}, // what is asked for is answered
		{large, smwb + "=14", smwb + "=14", agreed{14, 15, true, true}},
		// Our own window is the smaller of two.
		{small, smwb + "=10", smwb + "=9", agreed{9, 15, true, true}},
		{small, smwb + "=8", smwb + "=8", agreed{8, 15, true, true}},
		// The peer's is what we require, or less.
		{limited, cmwb, smwb + "=12; " + cmwb + "=10", agreed{12, 10, true, true}},
		{limited, cmwb + "=11", smwb + "=12; " + cmwb + "=10", agreed{12, 10, true, true}},
		{limited, cmwb + "=10", smwb + "=12; " + cmwb + "=10", agreed{12, 10, true, true}},
		{limited, cmwb + "=9", smwb + "=12; " + cmwb + "=9", agreed{12, 9, true, true}},
		// Context takeover.
		{Options{DisableContextTakeover: true}, cmwb, snct + "; " + smwb + "=12; " + cmwb + "=12", agreed{12, 12, false, true}},
		{Options{DisablePeerContextTakeover: true}, cmwb, cnct + "; " + smwb + "=12; " + cmwb + "=12", agreed{12, 12, true, false}},
		{Options{DisablePeerContextTakeover: true}, cnct, cnct + "; " + smwb + "=12", agreed{12, 15, true, false}},
		{Options{DisableContextTakeover: true}, snct, snct + "; " + smwb + "=12", agreed{12, 15, false, true}},
	} {
		answer, e, err := New(tt.o).Negotiate(paramsOf(t, tt.offer), nil)
		if err != nil {
			t.Errorf("%+v, offer %q: %v", tt.o, tt.offer, err)
			continue
		}
		if got := headerOf(answer); got != tt.answer {
			t.Errorf("%+v, offer %q: answer %q, want %q", tt.o, tt.offer, got, tt.answer)
		}
		if got := agreedBy(e); got != tt.want {
			t.Errorf("%+v, offer %q: agreed %+v, want %+v", tt.o, tt.offer, got, tt.want)
		}
	}
}

func TestNegotiateDeclines(t *testing.T) {
	for _, offer := range []string{"", snct, smwb + "=8; " + cnct} {
		_, e, err := New(Options{PeerWindowBits: 14}).Negotiate(paramsOf(t, offer), nil)
		if _, ok := errors.AsType[*extension.Error](err); !ok || e != nil {
			t.Errorf("a client whose window cannot be limited, with %q: %v", offer, err)
		}
	}
}

// What a client makes of an answer.
func TestAccept(t *testing.T) {
	small := Options{WindowBits: 10}
	limited := Options{PeerWindowBits: 10}
	for _, tt := range []struct {
		o      Options
		answer string
		want   agreed
	}{
		{Options{}, "", agreed{12, 15, true, true}},
		// The server may do less than it could, unasked.
		{Options{}, smwb + "=12", agreed{12, 12, true, true}},
		{Options{}, smwb + "=8", agreed{12, 8, true, true}},
		{Options{}, smwb + "=15", agreed{12, 15, true, true}},
		{Options{}, snct, agreed{12, 15, true, false}},
		// It may have us do less.
		{Options{}, cnct, agreed{12, 15, false, true}},
		{Options{}, snct + "; " + cnct, agreed{12, 15, false, false}},
		{Options{}, cmwb + "=15", agreed{12, 15, true, true}},
		{Options{}, cmwb + "=9", agreed{9, 15, true, true}},
		{small, "", agreed{10, 15, true, true}},
		{small, cmwb + "=10", agreed{10, 15, true, true}},
		{small, cmwb + "=8", agreed{8, 15, true, true}},
		// What we asked for.
		{limited, smwb + "=10", agreed{12, 10, true, true}},
		{limited, smwb + "=8; " + cmwb + "=12", agreed{12, 8, true, true}},
		{Options{DisableContextTakeover: true}, "", agreed{12, 15, false, true}},
		{Options{DisableContextTakeover: true}, cnct, agreed{12, 15, false, true}},
		{Options{DisablePeerContextTakeover: true}, snct, agreed{12, 15, true, false}},
		{Options{PeerWindowBits: 15}, "", agreed{12, 15, true, true}},
	} {
		e, err := New(tt.o).Accept(paramsOf(t, tt.answer), nil)
		if err != nil {
			t.Errorf("%+v, answer %q: %v", tt.o, tt.answer, err)
		} else if got := agreedBy(e); got != tt.want {
			t.Errorf("%+v, answer %q: agreed %+v, want %+v", tt.o, tt.answer, got, tt.want)
		}
	}
}

func TestAcceptRefuses(t *testing.T) {
	for _, tt := range []struct {
		o            Options
		answer, want string
	}{
		{Options{PeerWindowBits: 10}, "", `extension "permessage-deflate": a window of 15 bits for the server, where 10 are allowed`},
		{Options{PeerWindowBits: 10}, smwb + "=11", `extension "permessage-deflate": a window of 11 bits for the server, where 10 are allowed`},
		{Options{WindowBits: 10}, cmwb + "=11", `extension "permessage-deflate": a window of 11 bits for the client, which offered 10`},
		{Options{DisablePeerContextTakeover: true}, cnct, `extension "permessage-deflate": no server_no_context_takeover`},
	} {
		e, err := New(tt.o).Accept(paramsOf(t, tt.answer), nil)
		if err == nil || err.Error() != tt.want || !errors.Is(err, extension.ErrNegotiation) || e != nil {
			t.Errorf("%+v, answer %q: %v, want %s", tt.o, tt.answer, err, tt.want)
		}
	}
}

// A perFrame is another extension, to which frames matter.
type perFrame struct{ extension.Extension }

func (perFrame) Name() string { return "x-frames" }
func (perFrame) PerFrame()    {}

// What compression is applied to must not depend on where frames end (RFC 7692 §5).
func TestNotBehindAnExtensionOfFrames(t *testing.T) {
	other := receiving(t, "") // of messages
	f := New(Options{})
	const want = `extension "permessage-deflate": cannot stand behind "x-frames", which needs the frames as they are`
	for _, tt := range []struct {
		accepted []extension.Extension
		fine     bool
	}{
		{nil, true},
		{[]extension.Extension{other}, true},
		{[]extension.Extension{perFrame{other}}, false},
		{[]extension.Extension{perFrame{other}, other}, false},
	} {
		c, acceptErr := f.Accept(nil, tt.accepted)
		_, s, negotiateErr := f.Negotiate(nil, tt.accepted)
		for _, err := range []error{acceptErr, negotiateErr} {
			if tt.fine != (err == nil) || err != nil && err.Error() != want {
				t.Errorf("behind %v: %v", tt.accepted, err)
			}
		}
		if (c != nil) != tt.fine || (s != nil) != tt.fine {
			t.Errorf("behind %v: %v and %v", tt.accepted, c, s)
		}
	}
}

// Parameters that mean nothing are refused by both roles.
func TestParameterErrors(t *testing.T) {
	const (
		duplicate = extension.DuplicateParameter
		unknown   = extension.UnknownParameter
		bad       = extension.BadParameterValue
	)
	type want struct {
		reason extension.ParameterReason
		name   string
		value  string
	}
	both := map[string]want{
		"x":                                      {unknown, "x", ""},
		"x=1":                                    {unknown, "x", "1"},
		"x; x":                                   {unknown, "x", ""},
		"Server_No_Context_Takeover":             {unknown, "Server_No_Context_Takeover", ""},
		snct + "=1":                              {bad, snct, "1"},
		cnct + "=true":                           {bad, cnct, "true"},
		snct + "; " + snct:                       {duplicate, snct, ""},
		cnct + "; " + snct + "; " + cnct:         {duplicate, cnct, ""},
		smwb + "=10; " + smwb + "=10":            {duplicate, smwb, "10"},
		cmwb + "=10; " + cmwb + "=11":            {duplicate, cmwb, "11"},
		smwb:                                     {bad, smwb, ""},
		cmwb + "=10; " + smwb:                    {bad, smwb, ""},
		snct + "; " + cnct + "; " + smwb + "=16": {bad, smwb, "16"},
	}
	for _, name := range []string{smwb, cmwb} {
		for _, value := range []string{"0", "7", "16", "99", "-8", "+9", "08", "8.0", "0x8", "10x", "x", "18446744073709551626", "1e1", "१०"} {
			if !httpheader.IsToken(value) {
				continue // does not get as far as here
			}
			both[name+"="+value] = want{bad, name, value}
		}
	}
	for header, want := range both {
		for _, o := range []Options{{}, {WindowBits: 15, PeerWindowBits: 15}} {
			_, s, negotiateErr := New(o).Negotiate(paramsOf(t, header), nil)
			c, acceptErr := New(o).Accept(paramsOf(t, header), nil)
			for _, err := range []error{negotiateErr, acceptErr} {
				e, ok := errors.AsType[*extension.ParameterError](err)
				if !ok || e.Reason != want.reason || e.Name != want.name || e.Value != want.value || e.Extension != Name {
					t.Errorf("%q: %v, want %v of %s = %q", header, err, want.reason, want.name, want.value)
				}
			}
			if s != nil || c != nil {
				t.Errorf("%q: an extension besides the error", header)
			}
		}
	}
	// Only an offer may leave the number open.
	_, err := New(Options{}).Accept(paramsOf(t, cmwb), nil)
	if e, ok := errors.AsType[*extension.ParameterError](err); !ok || e.Reason != bad || e.Name != cmwb {
		t.Errorf("answer %q: %v", cmwb, err)
	}
	// A value that is there, but empty, is none of the header's making.
	_, _, err = New(Options{}).Negotiate([]httpheader.Param{{Name: cmwb, HasValue: true}}, nil)
	if _, ok := errors.AsType[*extension.ParameterError](err); !ok {
		t.Errorf("an empty value: %v", err)
	}
}

// FuzzNegotiate: whatever is offered, what we agree to is what the client would
// accept, and both ends agree on the windows.
func FuzzNegotiate(f *testing.F) {
	for _, s := range []string{"", cmwb, cmwb + "=8", smwb + "=15; " + cnct, snct + "; " + cmwb + "=16", "x=y"} {
		f.Add(s, 0, 0, false, false)
		f.Add(s, 15, 8, true, true)
	}
	f.Fuzz(func(t *testing.T, header string, own, peer int, noTakeover, noPeerTakeover bool) {
		list, err := httpheader.ParseExtensions(Name + "; " + header)
		if err != nil || len(list) == 0 {
			return
		}
		o := Options{WindowBits: own, PeerWindowBits: peer, DisableContextTakeover: noTakeover, DisablePeerContextTakeover: noPeerTakeover}
		if o.Check() != nil {
			return
		}
		offer, offerErr := parse(list[0].Params, true)
		answer, e, err := New(o).Negotiate(list[0].Params, nil)
		if err != nil {
			if !errors.Is(err, extension.ErrNegotiation) {
				t.Fatalf("offer %q: %v", header, err)
			}
			return
		}
		if offerErr != nil {
			t.Fatalf("offer %q was agreed to: %v", header, offerErr)
		}
		// A client with these wishes accepts the answer and agrees.
		client := Options{DisableContextTakeover: offer.clientNoTakeover, DisablePeerContextTakeover: offer.serverNoTakeover, PeerWindowBits: offer.serverBits, WindowBits: 15}
		if offer.clientBits > 0 {
			client.WindowBits = offer.clientBits
		}
		if p, _ := parse(answer, false); offer.clientBits == 0 && p.clientBits != 0 {
			t.Fatalf("offer %q: answer %q", header, headerOf(answer))
		}
		c, err := New(client).Accept(answer, nil)
		if err != nil {
			t.Fatalf("offer %q: answer %q: %v", header, headerOf(answer), err)
		}
		server, mirror := agreedBy(e), agreedBy(c)
		mirror.own, mirror.peer, mirror.ownTO, mirror.peerTO = mirror.peer, mirror.own, mirror.peerTO, mirror.ownTO
		if server != mirror {
			t.Fatalf("offer %q, answer %q: %+v and %+v", header, headerOf(answer), server, mirror)
		}
	})
}

// FuzzAccept: no answer does harm, and what is accepted is within what we asked
// for.
func FuzzAccept(f *testing.F) {
	for _, s := range []string{"", cmwb + "=12", smwb + "=8; " + cnct, snct + "; " + cmwb + "=16", cmwb, "x=y"} {
		f.Add(s, 0, 0, false)
		f.Add(s, 10, 10, true)
	}
	f.Fuzz(func(t *testing.T, header string, own, peer int, noPeerTakeover bool) {
		list, err := httpheader.ParseExtensions(Name + "; " + header)
		o := Options{WindowBits: own, PeerWindowBits: peer, DisablePeerContextTakeover: noPeerTakeover}
		if err != nil || len(list) == 0 || o.Check() != nil {
			return
		}
		e, err := New(o).Accept(list[0].Params, nil)
		if err != nil {
			if !errors.Is(err, extension.ErrNegotiation) {
				t.Fatalf("answer %q: %v", header, err)
			}
			return
		}
		got := agreedBy(e)
		if got.own > o.windowBits() || !validBits(got.own) || !validBits(got.peer) || peer != 0 && got.peer > peer || noPeerTakeover && got.peerTO {
			t.Fatalf("answer %q to %+v: %+v", header, o, got)
		}
	})
}
