package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/auth"
)

// request makes a request of a target and lines of headers.
func request(target string, lines ...string) *http.Request {
	r := httptest.NewRequest("GET", target, nil)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// outcome is what a guard makes of a request: the status of the response, 0 if it
// passes, and what it has then become.
func outcome(g auth.Guard, r *http.Request) (int, error) {
	err := g.Process(r)
	if reject, ok := errors.AsType[*websockets.RejectError](err); ok {
		return reject.Status, err
	}
	if err != nil {
		return 500, err
	}
	return 0, nil
}

// challenges are the challenges of a refusal.
func challenges(err error) []string {
	reject, _ := errors.AsType[*websockets.RejectError](err)
	return reject.Header.Values("WWW-Authenticate")
}

func good(_ context.Context, token string) (string, error) {
	switch token {
	case "good":
		return "ann", nil
	case "broken":
		return "ann", errors.New("the database is away") // the identity does not count
	case "leaky":
		return "", errors.New("no row for leaky")
	case "panic":
		panic("boom")
	case "panic-leaky":
		panic("boom: panic-leaky")
	case "banned":
		return "ann", &websockets.RejectError{Status: 403}
	case "odd":
		return "ann", auth.ErrMissing
	}
	return "ann", errors.Join(auth.ErrDenied, errors.New("of "+token))
}

// recovered calls f and returns what it panics with.
func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// Each guard treats what the function of the program does in the same way.
func TestOnlyANilErrorLetsARequestPass(t *testing.T) {
	basic := func(ctx context.Context, user, password string) (string, error) { return good(ctx, password) }
	for name, test := range map[string]struct {
		guard   auth.Guard
		request func(secret string) *http.Request
	}{
		"Basic": {auth.Basic("r", basic), func(s string) *http.Request {
			r := request("/")
			r.SetBasicAuth("ann", s)
			return r
		}},
		"Bearer":      {auth.Bearer("r", good), func(s string) *http.Request { return request("/", "Authorization: Bearer "+s) }},
		"Subprotocol": {auth.Subprotocol("bearer", good), func(s string) *http.Request { return request("/", "Sec-WebSocket-Protocol: bearer, "+s) }},
		"Query":       {auth.Query("token", good), func(s string) *http.Request { return request("/?token=" + s) }},
	} {
		t.Run(name, func(t *testing.T) {
			for secret, want := range map[string]int{"good": 0, "bad": 401, "banned": 403, "broken": 500, "leaky": 500, "odd": 500} {
				r := test.request(secret)
				status, err := outcome(test.guard, r)
				if status != want {
					t.Errorf("%s: %d (%v), want %d", secret, status, err, want)
				}
				identity, ok := auth.Identity[string](r.Context())
				if ok != (want == 0) || ok && identity != "ann" {
					t.Errorf("%s: identity %q, %v", secret, identity, ok)
				}
				if want == 401 && (!errors.Is(err, auth.ErrDenied) || len(challenges(err)) != 1) {
					t.Errorf("%s: %v, challenges %q", secret, err, challenges(err))
				}
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error has the credential: %v", err)
				}
				if secret == "broken" && !strings.Contains(err.Error(), "the database is away") {
					t.Errorf("nobody learns what is wrong: %v", err)
				}
				if secret == "odd" && !errors.Is(err, auth.ErrMissing) {
					t.Errorf("the error of the program is lost: %v", err)
				}
			}
			for secret, want := range map[string]string{"panic": "boom", "panic-leaky": "a panic whose text has the credential"} {
				if v := recovered(func() { _ = test.guard.Process(test.request(secret)) }); v != want {
					t.Errorf("panics with %v, want %s", v, want)
				}
			}
			r := test.request("good")
			before := r.Clone(r.Context())
			if _, err := test.guard(r); err != nil {
				t.Fatal(err)
			}
			if r.URL.String() != before.URL.String() || r.RequestURI != before.RequestURI || len(r.Header) != len(before.Header) {
				t.Errorf("the guard has changed the request that it got: %v %v", r.URL, r.Header)
			}
		})
	}
}

func TestAllGuardsMustLetARequestPass(t *testing.T) {
	var calls []string
	guard := func(name string, err error) auth.Guard {
		return func(r *http.Request) (*http.Request, error) {
			calls = append(calls, name)
			return r.WithContext(auth.WithIdentity(r.Context(), len(calls))), err
		}
	}
	no := &websockets.RejectError{Status: 418}
	r := request("/")
	if err := auth.All(guard("a", nil), guard("b", nil)).Process(r); err != nil || !slices.Equal(calls, []string{"a", "b"}) {
		t.Errorf("%v after %q", err, calls)
	}
	if n, _ := auth.Identity[int](r.Context()); n != 2 {
		t.Errorf("identity %d", n)
	}
	calls = nil
	if status, _ := outcome(auth.All(guard("a", nil), guard("b", no), guard("c", nil)), request("/")); status != 418 || !slices.Equal(calls, []string{"a", "b"}) {
		t.Errorf("%d after %q", status, calls)
	}
}

func TestAnyGuardThatFindsItsCredentialDecides(t *testing.T) {
	basic := auth.Basic("r", auth.Passwords(map[string]string{"ann": "pw"}))
	g := auth.Any(basic, auth.Bearer("r", good), auth.Query("token", good))
	for _, test := range []struct {
		r    *http.Request
		want int
	}{
		{request("/", "Authorization: Basic YW5uOnB3"), 0},
		{request("/", "Authorization: Bearer good"), 0},
		{request("/?token=good"), 0},
		{request("/?token=good", "Authorization: Bearer bad"), 401}, // no second chance
		{request("/?token=good", "Authorization: Basic YW5uOng="), 401},
		{request("/?token=good", "Authorization: Bearer odd"), 500}, // an error that matches ErrMissing is a fault
		{request("/?token=bad"), 401},
		{request("/", "Authorization: Digest x"), 401},
	} {
		if status, err := outcome(g, test.r); status != test.want {
			t.Errorf("%v %v: %d (%v), want %d", test.r.URL, test.r.Header, status, err, test.want)
		}
	}
	_, err := outcome(g, request("/"))
	want := []string{`Basic realm="r", charset="UTF-8"`, `Bearer realm="r"`, `Bearer realm="websocket"`}
	if !errors.Is(err, auth.ErrMissing) || !slices.Equal(challenges(err), want) {
		t.Errorf("%v, challenges %q", err, challenges(err))
	}
	plain := func(*http.Request) (*http.Request, error) { return nil, auth.ErrMissing }
	if status, _ := outcome(auth.Any(plain), request("/")); status != 401 {
		t.Errorf("a guard of one's own: %d", status)
	}
}

func TestGuardsThatReturnNothingLetNobodyPass(t *testing.T) {
	none := auth.Guard(func(*http.Request) (*http.Request, error) { return nil, nil })
	for name, g := range map[string]auth.Guard{"alone": none, "All": auth.All(none), "Any": auth.Any(none)} {
		if status, err := outcome(g, request("/")); status != 500 {
			t.Errorf("%s: %d, %v", name, status, err)
		}
	}
}

func TestMistakesAtSetUpPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"All":                func() { auth.All() },
		"Any":                func() { auth.Any() },
		"Hosts":              func() { auth.Hosts("a b") },
		"Query":              func() { auth.Query("", good) },
		"Subprotocol":        func() { auth.Subprotocol("a b", good) },
		"Bearer":             func() { auth.Bearer("a\r\nX: y", good) },
		"Basic":              func() { auth.Basic("a\x7f", auth.Passwords(nil)) },
		"Basic, not ASCII":   func() { auth.Basic("Zürich", auth.Passwords(nil)) },
		"Bearer, bad UTF-8 ": func() { auth.Bearer("\xff", good) },
	} {
		if recovered(f) == nil {
			t.Errorf("%s does not panic", name)
		}
	}
}

func TestRealmsAreQuoted(t *testing.T) {
	_, err := outcome(auth.Bearer(`a "b" \c`, good), request("/"))
	if want := []string{`Bearer realm="a \"b\" \\c"`}; !slices.Equal(challenges(err), want) {
		t.Errorf("challenges %q, want %q", challenges(err), want)
	}
}

func TestIdentitiesOfDifferentTypesDoNotTouch(t *testing.T) {
	type user struct{ name string }
	ctx := auth.WithIdentity(auth.WithIdentity(t.Context(), "text"), &user{"ann"})
	if s, ok := auth.Identity[string](ctx); !ok || s != "text" {
		t.Errorf("%q, %v", s, ok)
	}
	if u, ok := auth.Identity[*user](ctx); !ok || u.name != "ann" {
		t.Errorf("%v, %v", u, ok)
	}
	if _, ok := auth.Identity[user](ctx); ok {
		t.Error("an identity that is not there")
	}
}

// logged is what slog.Default gets during a test.
func logged(t *testing.T) *bytes.Buffer {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &log
}

func TestGuardsAsMiddleware(t *testing.T) {
	log := logged(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	slow := func(ctx context.Context, token string) (string, error) {
		if ctx.Err() != nil && token != "late" {
			return "", ctx.Err()
		}
		return good(ctx, token)
	}
	reached := ""
	h := auth.Query("token", slow).Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached, _ = auth.Identity[string](r.Context())
		_, _ = w.Write([]byte(r.URL.String()))
	}))
	for _, test := range []struct {
		r      *http.Request
		status int
		body   string
		log    string
	}{
		{request("/p?a=1&token=good"), 200, "/p?a=1", ""},
		{request("/p"), 401, "no credentials\n", ""},
		{request("/p?token=x"), 401, "credentials not accepted\n", ""},
		{request("/p?token=banned"), 403, "", ""},
		{request("/p?token=broken"), 500, "Internal Server Error\n", "the database is away"},
		{request("/p?token=panic"), 500, "Internal Server Error\n", "boom"},
		{request("/p?token=panic-leaky"), 500, "Internal Server Error\n", "a panic whose text has the credential"},
		{request("/p?token=good").WithContext(over), 503, "Service Unavailable\n", ""},
	} {
		log.Reset()
		reached = ""
		w := httptest.NewRecorder()
		h.ServeHTTP(w, test.r)
		if w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("%v: %d %q, want %d %q", test.r.URL, w.Code, w.Body, test.status, test.body)
		}
		if (reached == "ann") != (test.status == 200) {
			t.Errorf("%v: the handler was reached by %q", test.r.URL, reached)
		}
		if test.status == 401 && w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%v: no challenge", test.r.URL)
		}
		if (log.Len() > 0) != (test.status == 500) || !strings.Contains(log.String(), test.log) || strings.Contains(log.String(), "token=") {
			t.Errorf("%v: logged %q", test.r.URL, log)
		}
	}
	// A result that comes when the time is over does not count.
	w := httptest.NewRecorder()
	auth.Query("token", func(context.Context, string) (string, error) { cancel(); return "ann", nil }).
		Wrap(h).ServeHTTP(w, request("/?token=late").WithContext(over))
	if w.Code != 503 {
		t.Errorf("late: %d", w.Code)
	}
}
