package httpheader

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	tests := []struct {
		s    string
		host string
		port int
	}{
		{"example.com", "example.com", 0},
		{"EXAMPLE.com:8080", "example.com", 8080},
		{"localhost", "localhost", 0},
		{"my_service-1", "my_service-1", 0},
		{"azAZ09-_:9", "azaz09-_", 9},
		{"example.com.", "example.com.", 0},
		{"example.com.:1", "example.com.", 1},
		{"example.com:", "example.com", 0}, // RFC 3986 §3.2.3
		{"example.com:0080", "example.com", 80},
		{"example.com:65535", "example.com", 65535},
		{"127.0.0.1:80", "127.0.0.1", 80},
		{"10.0.2.555", "10.0.2.555", 0}, // a name, not an address
		{"xn--bcher-kva.example", "xn--bcher-kva.example", 0},
		{"[::1]", "::1", 0},
		{"[::1]:9000", "::1", 9000},
		{"[2001:DB8:0:0::A]:443", "2001:db8::a", 443},
		{"[::ffff:1.2.3.4]", "::ffff:1.2.3.4", 0},
		{"[::ffff:102:304]", "::ffff:1.2.3.4", 0},
	}
	for _, test := range tests {
		host, port, err := ParseHost(test.s)
		if err != nil || host != test.host || port != test.port {
			t.Errorf("ParseHost(%q) = %q, %d, %v, want %q, %d", test.s, host, port, err, test.host, test.port)
		}
	}
}

func TestParseHostRefuses(t *testing.T) {
	const (
		name = "host name"
		ipv6 = "IPv6 address in brackets"
		port = "port from 1 to 65535"
	)
	tests := map[string]fault{
		"":                       {0, name},
		":":                      {0, name},
		":80":                    {0, name},
		".":                      {0, name},
		".example.com":           {0, name},
		"a..b":                   {2, name},
		"a b":                    {1, name},
		" a":                     {0, name},
		"a ":                     {1, name},
		"a\x00":                  {1, name},
		"a\r\nX: y":              {1, name},
		"bücher.example":         {1, name},
		"a%41":                   {1, name},
		"user@a":                 {4, name},
		"a/b":                    {1, name},
		"a,b":                    {1, name},
		"a?b":                    {1, name},
		"a#b":                    {1, name},
		"a\\b":                   {1, name},
		"*.example.com":          {0, name},
		"a:b:c":                  {2, port},
		"a:99999":                {2, port},
		"a:65536":                {2, port},
		"a:0":                    {2, port},
		"a:000":                  {2, port},
		"a:000080":               {7, port},
		"a:+80":                  {2, port},
		"a:-1":                   {2, port},
		"a: 80":                  {2, port},
		"a:80 ":                  {4, port},
		"a:8O":                   {3, port},
		"a:18446744073709551696": {7, port},
		"::1":                    {0, name},
		"[":                      {0, ipv6},
		"[::1":                   {0, ipv6},
		"[]":                     {0, ipv6},
		"[1.2.3.4]":              {0, ipv6},
		"[example.com]":          {0, ipv6},
		"[fe80::1%eth0]":         {0, ipv6},
		"[fe80::1%25eth0]":       {0, ipv6},
		"[v1.x]":                 {0, ipv6},
		"[::1]x":                 {5, "port or end"},
		"[::1]]":                 {5, "port or end"},
		"[::1]80":                {5, "port or end"},
		"[::1]:x":                {6, port},
		strings.Repeat("[", 9):   {0, ipv6},
	}
	for s, want := range tests {
		_, _, err := ParseHost(s)
		if e, ok := errors.AsType[*FormatError](err); ok && e.Value == "" && strings.Contains(s, "@") {
			e.Value = s // a password may stand there: it is left out
		}
		checkFault(t, s, err, want)
	}
	if _, _, err := ParseHost("user:secret@a"); err == nil || strings.Contains(fmt.Sprintf("%#v", err), "secret") {
		t.Errorf("the error has the password: %#v", err)
	}
}

// WS-026: the port is left out if it is the default.
func TestBuildHost(t *testing.T) {
	tests := []struct {
		host   string
		port   int
		secure bool
		want   string
	}{
		{"example.com", 80, false, "example.com"},
		{"example.com", 443, true, "example.com"},
		{"example.com", 443, false, "example.com:443"},
		{"example.com", 80, true, "example.com:80"},
		{"example.com", 0, true, "example.com"},
		{"127.0.0.1", 8080, false, "127.0.0.1:8080"},
		{"::1", 80, false, "[::1]"},
		{"::1", 8080, false, "[::1]:8080"},
		{"fe80::1%eth0", 8080, false, "[fe80::1]:8080"},
	}
	for _, test := range tests {
		if got := BuildHost(test.host, test.port, test.secure); got != test.want {
			t.Errorf("BuildHost(%q, %d, %v) = %q, want %q", test.host, test.port, test.secure, got, test.want)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"", "a", "a:80", "[::1]:80", "a..b", "a:0", "[fe80::1%25a]", "A.b.:", "[::FFFF:1.2.3.4]", "u:p@a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		host, port, err := ParseHost(s)
		if err != nil {
			shown := s
			if strings.Contains(s, "@") {
				shown = "" // a password may stand before it
			}
			checkFuzzFault(t, s, shown, err)
			return
		}
		// What is built parses to the same.
		for _, secure := range []bool{false, true} {
			built := BuildHost(host, port, secure)
			again, _, err := ParseHost(built)
			if err != nil || again != host {
				t.Fatalf("%q is host %q, which builds %q, which is host %q, %v", s, host, built, again, err)
			}
		}
		// The standard library splits it in the same way.
		if port != 0 {
			h, p, err := net.SplitHostPort(s)
			n, _ := strconv.Atoi(p)
			if err != nil || n != port || !strings.Contains(h, ":") && !strings.EqualFold(h, host) {
				t.Fatalf("%q is %q, %d, but for package net %q, %q, %v", s, host, port, h, p, err)
			}
		}
	})
}
