package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/auth"
)

func TestBasic(t *testing.T) {
	g := auth.Basic("r", auth.Passwords(map[string]string{"ann": "secret", "bob": "pass:wörd", "eve": "", "": "nameless"}))
	encode := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for value, want := range map[string]struct {
		status int
		err    error
		user   string
	}{
		encode("ann:secret"):    {0, nil, "ann"},
		encode("bob:pass:wörd"): {0, nil, "bob"},
		encode(":nameless"):     {0, nil, ""},
		strings.Replace(encode("ann:secret"), "Basic ", "bAsIc  ", 1): {0, nil, "ann"},

		encode("ann:secret1"):    {401, auth.ErrDenied, ""},
		encode("ann:secre"):      {401, auth.ErrDenied, ""},
		encode("ann:"):           {401, auth.ErrDenied, ""},
		encode("ann:pass:wörd"):  {401, auth.ErrDenied, ""},
		encode("Ann:secret"):     {401, auth.ErrDenied, ""},
		encode("who:secret"):     {401, auth.ErrDenied, ""},
		encode("eve:"):           {401, auth.ErrDenied, ""}, // a password that was forgotten
		encode("an:nsecret"):     {401, auth.ErrDenied, ""},
		encode("annsecret"):      {401, auth.ErrMalformed, ""},
		encode("ann:secret\xff"): {401, auth.ErrMalformed, ""},
		encode("\xff:secret"):    {401, auth.ErrMalformed, ""},
		encode("ann:secret\n"):   {401, auth.ErrMalformed, ""},
		"Basic secret!":          {401, auth.ErrMalformed, ""},
		"Basic":                  {401, auth.ErrMalformed, ""},
		"Basically x":            {401, auth.ErrMissing, ""},
		"Bearer x":               {401, auth.ErrMissing, ""},
		"":                       {401, auth.ErrMissing, ""},
	} {
		r := request("/", "X-Other: 1")
		if value != "" {
			r.Header.Set("Authorization", value)
		}
		status, err := outcome(g, r)
		user, ok := auth.Identity[string](r.Context())
		if status != want.status || !errors.Is(err, want.err) || user != want.user || ok != (status == 0) {
			t.Errorf("%q: %d, %v, %q, want %+v", value, status, err, user, want)
		}
		if status == 401 && !slices.Equal(challenges(err), []string{`Basic realm="r", charset="UTF-8"`}) {
			t.Errorf("%q: challenges %q", value, challenges(err))
		}
		if status == 0 && (r.Header["Authorization"] != nil || r.Header.Get("X-Other") != "1") {
			t.Errorf("%q: headers %v", value, r.Header)
		}
	}
	if status, err := outcome(g, request("/", "Authorization: "+encode("ann:secret"), "Authorization: Bearer x")); status != 400 || !errors.Is(err, auth.ErrMalformed) {
		t.Errorf("two headers: %d, %v", status, err)
	}
}

func TestBearer(t *testing.T) {
	tokens := map[string]int{"aZ0-._~+/==": 1, "abc": 2, "": 3}
	g := auth.Bearer("r", auth.Tokens(tokens))
	clear(tokens) // it is not kept
	for value, want := range map[string]struct {
		status    int
		challenge string
	}{
		"Bearer aZ0-._~+/==": {0, ""},
		"bearer   abc":       {0, ""},
		"Bearer ab":          {401, `Bearer realm="r", error="invalid_token"`},
		"Bearer abcd":        {401, `Bearer realm="r", error="invalid_token"`},
		"Bearer a b":         {401, `Bearer realm="r", error="invalid_token"`},
		"Bearer abc,":        {401, `Bearer realm="r", error="invalid_token"`},
		"Bearer =":           {401, `Bearer realm="r", error="invalid_token"`},
		"Bearer":             {401, `Bearer realm="r", error="invalid_token"`},
		"Bearer\tabc":        {401, `Bearer realm="r"`},
		"abc":                {401, `Bearer realm="r"`},
		"Basic YTpi":         {401, `Bearer realm="r"`},
	} {
		r := request("/", "Authorization: "+value)
		status, err := outcome(g, r)
		if status != want.status || status != 0 && !slices.Equal(challenges(err), []string{want.challenge}) {
			t.Errorf("%q: %d, %v, want %+v", value, status, err, want)
		}
		if id, ok := auth.Identity[int](r.Context()); status == 0 && (!ok || id == 0 || len(r.Header) != 0) {
			t.Errorf("%q: %d, %v, headers %v", value, id, ok, r.Header)
		}
	}
	if _, err := auth.Tokens(map[string]int{"": 3})(t.Context(), ""); !errors.Is(err, auth.ErrDenied) {
		t.Errorf("the empty token: %v", err)
	}
	if status, _ := outcome(g, request("/", "Authorization: Bearer abc", "Authorization: Bearer abc")); status != 400 {
		t.Errorf("two headers: %d", status)
	}
}

func TestSubprotocolTakesTheTokenOut(t *testing.T) {
	g := auth.Subprotocol("bearer", good)
	for _, test := range []struct {
		offered []string
		status  int
		left    string
	}{
		{[]string{"bearer, good"}, 0, "bearer"},
		{[]string{"bearer", "good"}, 0, "bearer"},
		{[]string{"chat, bearer, good"}, 0, "chat"},
		{[]string{"bearer,good , chat.v2,chat"}, 0, "chat.v2, chat"},
		{[]string{"a, bearer, good, b"}, 0, "a, b"},

		{nil, 401, ""},
		{[]string{"chat, good"}, 401, ""},
		{[]string{"Bearer, good"}, 401, ""},
		{[]string{"bearer, bad"}, 401, ""},
		{[]string{"good, bearer"}, 400, ""},
		{[]string{"bearer"}, 400, ""},
		{[]string{"bearer, good, good"}, 400, ""},
		{[]string{"bearer, good, bearer, good"}, 400, ""},
		{[]string{"bearer, go od"}, 400, ""},
		{[]string{""}, 400, ""},
	} {
		r := request("/")
		r.Header["Sec-Websocket-Protocol"] = test.offered
		status, err := outcome(g, r)
		if left := strings.Join(r.Header["Sec-Websocket-Protocol"], "; "); status != test.status || status == 0 && left != test.left {
			t.Errorf("%q: %d, %v, left %q, want %d, %q", test.offered, status, err, left, test.status, test.left)
		}
	}
}

func TestQueryTakesTheTokenOut(t *testing.T) {
	g := auth.Query("token", good)
	for target, want := range map[string]struct {
		status int
		left   string
	}{
		"/p?token=good":                   {0, "/p"},
		"/p?a=b%20c&token=good&a=;&x":     {0, "/p?a=b%20c&a=;&x"},
		"/p?%74oken=%67ood&":              {0, "/p?"},
		"/p%2Fq?token=good&Token=1":       {0, "/p%2Fq?Token=1"},
		"http://example.com/?token=good":  {0, "http://example.com/"},
		"/?%zz=1&token=good":              {0, "/?%zz=1"},
		"/?token=good&token=good":         {400, ""},
		"/?token=%zz":                     {400, ""},
		"/?token=":                        {401, ""},
		"/?token":                         {401, ""},
		"/":                               {401, ""},
		"/?a;token=good":                  {401, ""},
		"/?token=bad":                     {401, ""},
		"/?tokens=good&xtoken=good&t=oke": {401, ""},
	} {
		r := request("/")
		u, err := r.URL.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		r.URL, r.RequestURI = u, target
		r.Form = map[string][]string{"token": {"good"}}
		status, err := outcome(g, r)
		if status != want.status {
			t.Errorf("%s: %d, %v, want %d", target, status, err, want.status)
			continue
		}
		if left := strings.TrimSuffix(want.left, "?"); status == 0 && (strings.TrimSuffix(r.RequestURI, "?") != left || r.URL.String() != left || r.Form != nil) {
			t.Errorf("%s: left %s and %v, want %s", target, r.RequestURI, r.URL, left)
		}
	}
}

func TestHosts(t *testing.T) {
	mine := auth.Hosts()
	named := auth.Hosts("Chat.Example.COM.", "box.example:8765", "192.0.2.7", "[2001:db8::1]:443", "web.example:80", "tls.example:443")
	for host, want := range map[string][2]int{ // of Hosts(), and with names
		"localhost":              {0, 0},
		"LOCALHOST.:8765":        {0, 0},
		"127.0.0.1":              {0, 0},
		"127.255.255.254:1":      {0, 0},
		"[::1]":                  {0, 0},
		"[::1]:65535":            {0, 0},
		"[0:0:0:0:0:0:0:1]":      {0, 0},
		"[::ffff:127.0.0.1]:80":  {0, 0},
		"chat.example.com":       {421, 0},
		"CHAT.example.com.:9":    {421, 0},
		"box.example:8765":       {421, 0},
		"box.example":            {421, 421},
		"box.example:8766":       {421, 421},
		"web.example":            {421, 0},
		"web.example:80":         {421, 0},
		"tls.example":            {421, 421}, // the request is not over TLS
		"192.0.2.7:1":            {421, 0},
		"[::ffff:192.0.2.7]":     {421, 0},
		"[2001:db8::1]:443":      {421, 0},
		"[2001:db8::1]":          {421, 421},
		"evil.example":           {421, 421},
		"xchat.example.com":      {421, 421},
		"a.chat.example.com":     {421, 421},
		"chat.example.com.evil":  {421, 421},
		"localhost.evil.example": {421, 421},
		"127.0.0.1.evil.example": {421, 421},
		"10.0.2.555":             {421, 421},
		"127.0.0.256":            {421, 421},
		"127.1":                  {421, 421},
		"127.0.0.1.":             {421, 421},
		"0x7f.0.0.1":             {421, 421},
		"2130706433":             {421, 421},
		"0.0.0.0":                {421, 421},
		"[::]":                   {421, 421},
		"10.0.0.1":               {421, 421},
		"xn--lcalhost-54a":       {421, 421},
		"":                       {400, 400},
		":80":                    {400, 400},
		".":                      {400, 400},
		"localhost..":            {400, 400},
		"user@localhost":         {400, 400},
		"localhost:":             {0, 0}, // RFC 3986 §3.2.3
		"localhost:0":            {400, 400},
		"localhost:65536":        {400, 400},
		"localhost:80:80":        {400, 400},
		"localhost/":             {400, 400},
		"localhost, evil":        {400, 400},
		"[::1%25lo]":             {400, 400},
		"[fe80::1%lo]":           {400, 400},
		"::1":                    {400, 400},
		"[127.0.0.1]":            {400, 400},
		"[::1":                   {400, 400},
		"l\u00f6calhost":         {400, 400},
		"localhost\x00":          {400, 400},
	} {
		for i, g := range []auth.Guard{mine, named} {
			r := request("/")
			r.Host = host
			status, err := outcome(g, r)
			if status != want[i] {
				t.Errorf("%q, %d: %d (%v), want %d", host, i, status, err, want[i])
			}
			if errors.Is(err, auth.ErrHost) != (want[i] == 421) {
				t.Errorf("%q: %v", host, err)
			}
		}
	}
	for host, want := range map[string]int{"tls.example": 0, "tls.example:443": 0, "[2001:db8::1]": 0, "web.example": 421, "tls.example:444": 421} {
		r := request("https://x/")
		r.Host = host
		if status, err := outcome(named, r); status != want {
			t.Errorf("%q over TLS: %d (%v), want %d", host, status, err, want)
		}
	}
}

// A guard of one's own, for a cookie.
func TestGuardOfOnesOwn(t *testing.T) {
	session := auth.Guard(func(r *http.Request) (*http.Request, error) {
		c, err := r.Cookie("session")
		if err != nil {
			return nil, auth.ErrMissing
		}
		user, err := good(r.Context(), c.Value)
		if err != nil {
			return nil, &websockets.RejectError{Status: 403}
		}
		return r.WithContext(auth.WithIdentity(r.Context(), user)), nil
	})
	r := request("/", "Cookie: session=good")
	if status, err := outcome(auth.Any(session, auth.Bearer("r", good)), r); status != 0 {
		t.Error(err)
	}
	if status, _ := outcome(auth.Any(session, auth.Bearer("r", good)), request("/", "Authorization: Bearer good")); status != 0 {
		t.Errorf("the next guard is not asked: %d", status)
	}
	if status, _ := outcome(session, request("/", "Cookie: session=bad")); status != 403 {
		t.Errorf("a bad session: %d", status)
	}
}

func FuzzHosts(f *testing.F) {
	for _, host := range []string{"localhost", "127.0.0.1:80", "[::1]:1", "evil.example", "10.0.2.555", "localhost.", "[::ffff:7f00:1]", "a@b", ""} {
		f.Add(host)
	}
	guard := auth.Hosts()
	f.Fuzz(func(t *testing.T, host string) {
		r := request("/")
		r.Host = host
		status, _ := outcome(guard, r)
		lower := strings.ToLower(host)
		looksLocal := strings.HasPrefix(lower, "localhost") || strings.HasPrefix(lower, "127.") || strings.HasPrefix(lower, "[")
		if status == 0 && !looksLocal {
			t.Errorf("%q passes", host)
		}
		if status != 0 && status != 400 && status != 421 {
			t.Errorf("%q: %d", host, status)
		}
	})
}

// Whatever the request, a token that is accepted is gone after it.
func FuzzTokensAreTakenOut(f *testing.F) {
	f.Add("bearer, SECRET", "a=1&token=SECRET")
	f.Add("a,bearer,SECRET,b", "%74oken=%53ECRET")
	f.Add("SECRET, bearer, SECRET", "token=x&token=SECRET")
	f.Add("bearer", "token")
	accept := func(_ context.Context, token string) (string, error) {
		if token == "SECRET" {
			return "ann", nil
		}
		return "", auth.ErrDenied
	}
	sub, query := auth.Subprotocol("bearer", accept), auth.Query("token", accept)
	f.Fuzz(func(t *testing.T, offered, q string) {
		r := request("/")
		r.Header.Set("Sec-WebSocket-Protocol", offered)
		if status, _ := outcome(sub, r); status == 0 && slices.Contains(strings.Split(strings.ReplaceAll(r.Header.Get("Sec-WebSocket-Protocol"), " ", ""), ","), "SECRET") {
			t.Errorf("%q leaves %q", offered, r.Header)
		}
		r = request("/")
		r.URL.RawQuery, r.RequestURI = q, "/?"+q
		if status, _ := outcome(query, r); status == 0 && (r.URL.Query().Has("token") || r.RequestURI != r.URL.RequestURI()) {
			t.Errorf("%q leaves %v, %s", q, r.URL, r.RequestURI)
		}
	})
}
