package forwarded

import (
	"net/netip"
	"strings"
	"testing"
)

// trusted are 10.0.0.0/8 and 2001:db8:ff::/48.
func trusted(a netip.Addr) bool {
	return netip.MustParsePrefix("10.0.0.0/8").Contains(a) || netip.MustParsePrefix("2001:db8:ff::/48").Contains(a)
}

var clients = []struct {
	header string
	values []string
	want   string // "" if there is none
}{
	{XForwardedFor, nil, ""},
	{XForwardedFor, []string{""}, ""},
	{XForwardedFor, []string{"192.0.2.1"}, "192.0.2.1"},
	{XForwardedFor, []string{"198.51.100.9, 192.0.2.1"}, "192.0.2.1"}, // the first is what the client claims
	{XForwardedFor, []string{"192.0.2.1, 10.1.2.3"}, "192.0.2.1"},
	{XForwardedFor, []string{"192.0.2.1,10.1.2.3", "10.0.0.1"}, "192.0.2.1"},
	{XForwardedFor, []string{"192.0.2.1", "198.51.100.9", "10.0.0.1"}, "198.51.100.9"},
	{XForwardedFor, []string{"10.0.0.2, 10.0.0.1"}, "10.0.0.2"}, // all of it is ours
	{XForwardedFor, []string{"nonsense, 192.0.2.1"}, "192.0.2.1"},
	{XForwardedFor, []string{"nonsense, 10.0.0.1"}, ""},
	{XForwardedFor, []string{"192.0.2.1, unknown"}, ""},
	{XForwardedFor, []string{"192.0.2.1, "}, ""},
	{XForwardedFor, []string{"192.0.2.1,, 10.0.0.1"}, ""},
	{XForwardedFor, []string{"192.0.2.1:4711"}, "192.0.2.1"},
	{XForwardedFor, []string{"2001:db8::1"}, "2001:db8::1"},
	{XForwardedFor, []string{"[2001:db8::1]"}, "2001:db8::1"},
	{XForwardedFor, []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
	{XForwardedFor, []string{"[2001:db8::1"}, ""},
	{XForwardedFor, []string{"[192.0.2.1]"}, ""},
	{XForwardedFor, []string{"::ffff:10.0.0.1"}, "10.0.0.1"},
	{XForwardedFor, []string{"192.0.2.1, ::ffff:10.0.0.1"}, "192.0.2.1"}, // however a trusted address is written
	{XForwardedFor, []string{"fe80::1%eth0"}, "fe80::1"},
	{XForwardedFor, []string{strings.Repeat("10.0.0.1, ", 31) + "10.0.0.1"}, "10.0.0.1"},
	{XForwardedFor, []string{strings.Repeat("10.0.0.1, ", 32) + "10.0.0.1"}, ""},
	{Forwarded, []string{"for=192.0.2.1"}, "192.0.2.1"},
	{Forwarded, []string{`proto=https;For="[2001:db8::1]:4711";by=10.0.0.1`}, "2001:db8::1"},
	{Forwarded, []string{`for=198.51.100.9, for="192.0.2.1"`, "for=10.0.0.1 ; proto=http"}, "192.0.2.1"},
	{Forwarded, []string{`for=192.0.2.1;host="a,b\",c"`}, "192.0.2.1"},
	{Forwarded, []string{`for=192.0.2.1, for=10.0.0.1;host="`}, ""},
	{Forwarded, []string{`for="192.0.2.1`}, ""},
	{Forwarded, []string{`for="192.0.2.1";host="a;for=198.51.100.9"`}, ""},
	{Forwarded, []string{`for="192.0.2.1;host="a"`}, ""},
	{Forwarded, []string{`for="192.0.2.1;host=a"`}, ""},
	{Forwarded, []string{"for=192.0.2.1;for=192.0.2.2"}, ""},
	{Forwarded, []string{"for=192.0.2.1, proto=https"}, ""},
	{Forwarded, []string{"for=unknown"}, ""},
	{Forwarded, []string{"for=_hidden"}, ""},
	{Forwarded, []string{"for=192.0.2.1, for=_hidden"}, ""},
}

func TestClient(t *testing.T) {
	for _, test := range clients {
		addr, ok := Client(test.header, test.values, trusted)
		if got := addr.String(); ok != (test.want != "") || ok && got != test.want {
			t.Errorf("%s: %q: got %v, %v, want %q", test.header, test.values, addr, ok, test.want)
		}
	}
}

func FuzzClient(f *testing.F) {
	for _, test := range clients {
		f.Add(strings.Join(test.values, ","))
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, header := range []string{XForwardedFor, Forwarded} {
			addr, ok := Client(header, []string{value}, trusted)
			if ok != addr.IsValid() || addr.Zone() != "" || addr.Is4In6() {
				t.Fatalf("%s: %q: got %v, %v", header, value, addr, ok)
			}
			if !ok {
				continue
			}
			// What a trusted proxy adds does not change who the client is, and nor does what
			// an untrusted client claims.
			behind, before := value+", 10.0.0.1", "203.0.113.1, "+value
			if header == Forwarded {
				behind, before = value+", for=10.0.0.1", "for=203.0.113.1, "+value
			}
			if got, ok := Client(header, []string{behind}, trusted); ok && got != addr {
				t.Fatalf("%s: %q: got %v, with a proxy behind it %v", header, value, addr, got)
			}
			if got, ok := Client(header, []string{before}, trusted); !trusted(addr) && (!ok || got != addr) {
				t.Fatalf("%s: %q: got %v, with a claim before it %v", header, value, addr, got)
			}
		}
	})
}
