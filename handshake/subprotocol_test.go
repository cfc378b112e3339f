package handshake

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/httpheader"
)

const protocolHeader = "Sec-WebSocket-Protocol"

// WS-037, WS-038.
func TestCheckSubprotocolOffer(t *testing.T) {
	for _, list := range [][]string{nil, {"chat"}, {"chat", "Chat", "chat2"}} {
		if err := CheckSubprotocolOffer(list); err != nil {
			t.Errorf("%q: %v", list, err)
		}
	}
	tests := []struct {
		list []string
		want string
	}{
		{[]string{""}, "number 1 is no token"},
		{[]string{"chat", "chat"}, "number 2 is offered twice"},
		{[]string{"a", "b c"}, "number 2 is no token"},
		{[]string{"a,b"}, "number 1 is no token"},
		{[]string{"a\r\nX: y"}, "number 1 is no token"},
		{[]string{"\u00e9"}, "number 1 is no token"},
		{[]string{"a", "b", "a", "/"}, "number 3 is offered twice"},
	}
	for _, test := range tests {
		err := CheckSubprotocolOffer(test.list)
		e, ok := errors.AsType[*httpheader.ValueError](err)
		if want := `wrong value of header "Sec-WebSocket-Protocol": ` + test.want; !ok || *e != (httpheader.ValueError{Name: protocolHeader}) || err.Error() != want {
			t.Errorf("%q: %v, want %s", test.list, err, want)
		}
	}
}

func TestOfferedSubprotocols(t *testing.T) {
	tests := []struct {
		h    *http11.Headers
		want []string
	}{
		{headersOf(), nil},
		{headersOf(protocolHeader, "chat"), []string{"chat"}},
		{headersOf(protocolHeader, "chat, superchat"), []string{"chat", "superchat"}},
		{headersOf(protocolHeader, "chat", "Host", "a", "sec-websocket-protocol", "b, c"), []string{"chat", "b", "c"}}, // MAY-02
	}
	for _, test := range tests {
		if got, err := OfferedSubprotocols(test.h); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, %v", test.h.Map(), got, err)
		}
	}
	for _, h := range []*http11.Headers{
		headersOf(protocolHeader, ""),
		headersOf(protocolHeader, "a b"),
		headersOf(protocolHeader, "a", protocolHeader, "\""),
		headersOf(protocolHeader, "a, a"),
		headersOf(protocolHeader, "a", protocolHeader, "a"),
	} {
		got, err := OfferedSubprotocols(h)
		if got != nil || !errors.Is(err, httpheader.ErrHandshake) || Status(err) != 400 {
			t.Errorf("%q: %q, %v", h.Map(), got, err)
		}
	}
}

func TestSelectSubprotocol(t *testing.T) {
	type list = []string
	tests := []struct {
		offered, supported list
		want               string
	}{
		{nil, nil, ""},
		{list{"a"}, nil, ""},
		{nil, list{"a"}, ""},
		{list{"a"}, list{"b"}, ""},
		{list{"a"}, list{"A"}, ""}, // case counts
		{list{"a"}, list{"a"}, "a"},
		{list{"a", "b"}, list{"b"}, "b"},
		{list{"a", "b"}, list{"a", "b"}, "a"},
		{list{"a", "b"}, list{"b", "a"}, "b"}, // a tie: the server's order
		{list{"b", "a"}, list{"a", "b"}, "a"},
		{list{"a", "b", "c"}, list{"c", "b", "a"}, "c"}, // a tie of three
		{list{"a", "b", "c"}, list{"c", "a", "b"}, "a"},
		{list{"x", "y", "c", "b"}, list{"b", "c"}, "b"},
		{list{"x", "c", "y", "b"}, list{"b", "c"}, "c"},
		{list{"a"}, list{"x", "y", "z", "a"}, "a"},
	}
	for _, test := range tests {
		if got := SelectSubprotocol(test.offered, test.supported); got != test.want {
			t.Errorf("SelectSubprotocol(%q, %q) = %q, want %q", test.offered, test.supported, got, test.want)
		}
	}
}

// WS-060: whatever is selected was offered and is supported, and no other choice
// has a lower sum of ranks.
func TestSelectSubprotocolOnAllLists(t *testing.T) {
	var lists [][]string
	all := []string{"a", "b", "c", "d"}
	var build func(prefix []string)
	build = func(prefix []string) {
		lists = append(lists, slices.Clone(prefix))
		for _, s := range all {
			if !slices.Contains(prefix, s) {
				build(append(prefix[:len(prefix):len(prefix)], s))
			}
		}
	}
	build(nil)
	for _, offered := range lists {
		for _, supported := range lists {
			got := SelectSubprotocol(offered, supported)
			rank := func(s string) int {
				i, j := slices.Index(offered, s), slices.Index(supported, s)
				if i < 0 || j < 0 {
					return 100
				}
				return i + j
			}
			want, lowest := "", 100
			for _, s := range supported {
				if r := rank(s); r < lowest {
					want, lowest = s, r
				}
			}
			if got != want {
				t.Fatalf("SelectSubprotocol(%q, %q) = %q, want %q", offered, supported, got, want)
			}
		}
	}
}

// WS-045, WS-177, and a server that chooses none.
func TestCheckSubprotocol(t *testing.T) {
	offered := []string{"chat", "superchat"}
	tests := []struct {
		h    *http11.Headers
		want string
	}{
		{headersOf(), ""},
		{headersOf(protocolHeader, "chat"), "chat"},
		{headersOf(protocolHeader, "superchat"), "superchat"},
	}
	for _, test := range tests {
		if got, err := CheckSubprotocol(test.h, offered); err != nil || got != test.want {
			t.Errorf("%q: %q, %v", test.h.Map(), got, err)
		}
	}
	bad := []struct {
		h       *http11.Headers
		offered []string
		want    error
	}{
		{headersOf(protocolHeader, "Chat"), offered, &httpheader.ValueError{Name: protocolHeader, Value: "Chat"}},
		{headersOf(protocolHeader, "other"), offered, &httpheader.ValueError{Name: protocolHeader, Value: "other"}},
		{headersOf(protocolHeader, "chat"), nil, &httpheader.ValueError{Name: protocolHeader, Value: "chat"}},
		{headersOf(protocolHeader, "chat, superchat"), offered, errManySubprotocols},
		{headersOf(protocolHeader, "chat", protocolHeader, "chat"), offered, errManySubprotocols},
		{headersOf(protocolHeader, ""), offered, &httpheader.FormatError{Name: protocolHeader, Want: "at least one element"}},
		{headersOf(protocolHeader, "a b"), offered, &httpheader.FormatError{Name: protocolHeader, Pos: 2, Want: "comma"}},
	}
	for _, test := range bad {
		if got, err := CheckSubprotocol(test.h, test.offered); got != "" || !reflect.DeepEqual(err, test.want) {
			t.Errorf("%q: %q, %#v, want %#v", test.h.Map(), got, err, test.want)
		}
	}
}

// An offer of thousands is refused before anything is done with it.
func TestHugeSubprotocolOfferIsRefused(t *testing.T) {
	h := headersOf()
	for i := range 10_000 {
		h.Add(protocolHeader, fmt.Sprint("p", i))
	}
	if got, err := OfferedSubprotocols(h); got != nil || Status(err) != 400 {
		t.Errorf("%d subprotocols, %v", len(got), err)
	}
}

// V-112: browsers send tokens among subprotocols, for want of another header.
func TestSubprotocolErrorsLeaveSecretsOut(t *testing.T) {
	for _, value := range []string{"bearer, SECRET x", "SECRET, SECRET", "bearer,\"SECRET\"", "SECRET\x01", "@SECRET"} {
		_, err := OfferedSubprotocols(headersOf(protocolHeader, value))
		if err == nil || !errors.Is(err, httpheader.ErrHandshake) || strings.Contains(fmt.Sprintf("%v %+v", err, errors.Unwrap(err)), "SECRET") {
			t.Errorf("offer %q: %v", value, err)
		}
	}
	for _, value := range []string{"bearer, SECRET", "SECRET bearer"} {
		_, err := CheckSubprotocol(headersOf(protocolHeader, value), []string{"bearer", "SECRET"})
		if err == nil || !errors.Is(err, httpheader.ErrHandshake) || strings.Contains(fmt.Sprintf("%v %+v", err, errors.Unwrap(err)), "SECRET") {
			t.Errorf("answer %q: %v", value, err)
		}
	}
	if err := CheckSubprotocolOffer([]string{"bearer", "SECRET\n"}); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("own offer: %v", err)
	}
}
