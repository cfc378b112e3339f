package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/auth"
)

// Programs send a token in a header, browsers among the subprotocols. What verifies
// it is a function of the program: here, a list.
func Example() {
	type user struct{ Name string }
	verify := auth.Tokens(map[string]user{"c2VjcmV0": {"ann"}})
	srv := &websockets.Server{
		ProcessRequest: auth.Any(auth.Bearer("chat", verify), auth.Subprotocol("bearer", verify)).Process,
		Handler: func(ctx context.Context, conn *websockets.Conn) error {
			u, _ := auth.Identity[user](ctx)
			return conn.Send(ctx, websockets.Text("hello, "+u.Name))
		},
	}
	srv.Subprotocols = []string{"chat.v2", "bearer"} // browsers want one of theirs selected

	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Sec-WebSocket-Protocol", "chat.v2, bearer, c2VjcmV0")
	err := srv.ProcessRequest(r)
	u, _ := auth.Identity[user](r.Context())
	fmt.Println(err, u.Name, r.Header["Sec-Websocket-Protocol"])
	// Output: <nil> ann [chat.v2]
}

func ExampleBasic() {
	users := auth.Passwords(map[string]string{"ann": "correct horse"})
	guard := auth.Basic("chat", users)

	r := httptest.NewRequest("GET", "/", nil)
	r.SetBasicAuth("ann", "wrong")
	fmt.Println(guard.Process(r))
	r.SetBasicAuth("ann", "correct horse")
	fmt.Println(guard.Process(r))
	user, _ := auth.Identity[string](r.Context())
	fmt.Println(user)
	// Output:
	// Basic authentication: credentials not accepted
	// <nil>
	// ann
}

// A page that has logged in gets a ticket by an ordinary request, and connects
// with it.
func ExampleTickets() {
	tickets := &auth.Tickets[string]{Lifetime: 10 * time.Second}
	srv := &websockets.Server{ProcessRequest: auth.Query("ticket", tickets.Redeem).Process}

	ticket, err := tickets.Issue("ann") // in the handler of the ordinary request
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		r := httptest.NewRequest("GET", "/chat?room=go&ticket="+ticket, nil)
		err := srv.ProcessRequest(r)
		user, ok := auth.Identity[string](r.Context())
		fmt.Println(err == nil, user, ok)
		if ok {
			fmt.Println(r.URL)
		}
	}
	// Output:
	// true ann true
	// /chat?room=go
	// false  false
}

func ExampleHosts() {
	guard := auth.Hosts("box.example")
	for _, host := range []string{"localhost:8765", "box.example:8765", "evil.example:8765"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		fmt.Println(guard.Process(r))
	}
	// Output:
	// <nil>
	// <nil>
	// Host: host not served here: "evil.example:8765"
}

// A guard of one's own: a session in a cookie.
func ExampleGuard() {
	session := auth.Guard(func(r *http.Request) (*http.Request, error) {
		c, err := r.Cookie("session")
		if err != nil || c.Value != "4711" { // look it up instead
			return nil, &websockets.RejectError{Status: http.StatusForbidden}
		}
		return r.WithContext(auth.WithIdentity(r.Context(), "ann")), nil
	})
	h := session.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := auth.Identity[string](r.Context())
		fmt.Println("hello,", user)
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: "4711"})
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output: hello, ann
}

func ExampleFirstMessage() {
	verify := auth.Tokens(map[string]string{"c2VjcmV0": "ann"})
	_ = &websockets.Server{
		ConnLimits: websockets.ConnLimits{Total: 1000, PerAddress: 20},
		Handler: func(ctx context.Context, conn *websockets.Conn) error {
			user, err := auth.FirstMessage(ctx, conn, 5*time.Second, func(ctx context.Context, m websockets.Message) (string, error) {
				return verify(ctx, m.String())
			})
			if err != nil {
				return err
			}
			return conn.Send(ctx, websockets.Text("hello, "+user))
		},
	}
}
