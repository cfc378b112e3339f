package demo

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

func TestChatTellsEverybodyInTheRoom(t *testing.T) {
	dial := serve(t, &websockets.Server{})
	ann := dial("/chat?room=go&name=ann")
	expect(t, ann, "* ann joined (1 here)")
	bob := dial("/chat?room=go&name=bob")
	expect(t, bob, "* bob joined (2 here)")
	expect(t, ann, "* bob joined (2 here)")
	elsewhere := dial("/chat?room=other")
	expect(t, elsewhere, "* guest-1 joined (1 here)")

	send(t, ann, websockets.Text("hello"))
	expect(t, ann, "ann: hello")
	expect(t, bob, "ann: hello")
	send(t, bob, websockets.Text("two\n* ann left"))
	expect(t, ann, "bob: two\n  * ann left")
	expect(t, bob, "bob: two\n  * ann left")

	if err := bob.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, ann, "* bob left (1 here)")
	send(t, elsewhere, websockets.Text("anybody?"))
	expect(t, elsewhere, "guest-1: anybody?")
}

func TestChatNamesAreUnique(t *testing.T) {
	dial := serve(t, &websockets.Server{})
	for _, want := range []string{"* ann joined (1 here)", "* ann-2 joined (2 here)", "* ann-3 joined (3 here)"} {
		expect(t, dial("/chat?name=ann"), want)
	}
	for _, want := range []string{"* guest-1 joined (4 here)", "* guest-2 joined (5 here)"} {
		expect(t, dial("/chat"), want)
	}
}

func TestChatEventsAsJSON(t *testing.T) {
	dial := serve(t, &websockets.Server{})
	ann := dial("/chat?name=ann&format=json")
	expect(t, ann, `{"type":"join","from":"ann","members":["ann"],"you":"ann"}`)
	bob := dial("/chat?name=bob&format=text")
	expect(t, ann, `{"type":"join","from":"bob","members":["ann","bob"]}`)
	expect(t, bob, "* bob joined (2 here)")
	send(t, ann, websockets.Text("<b> & \"quotes\"\n"))
	expect(t, ann, `{"type":"message","from":"ann","text":"<b> & \"quotes\"\n"}`)
	expect(t, bob, "ann: <b> & \"quotes\"\n  ")
	_ = bob.Close()
	expect(t, ann, `{"type":"leave","from":"bob","members":["ann"]}`)
}

func TestChatTakesTextOnly(t *testing.T) {
	conn := serve(t, &websockets.Server{})("/chat?name=ann")
	expect(t, conn, "* ann joined (1 here)")
	send(t, conn, websockets.Binary([]byte{1}))
	_, err := conn.Recv(t.Context())
	if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != websockets.CloseUnsupportedData {
		t.Errorf("a binary message ends with %v, want 1003", err)
	}
}

func TestEmptyRoomsGoAway(t *testing.T) {
	var l lobby
	_, s := wstest.Pair(t, nil, nil)
	m := l.join("a", s, "ann", false)
	if len(l.rooms) != 1 {
		t.Fatalf("%d rooms with a member", len(l.rooms))
	}
	l.leave("a", m)
	l.leave("a", m)
	if len(l.rooms) != 0 {
		t.Errorf("%d rooms without members", len(l.rooms))
	}
	if err := l.say("a", m, "hello?"); !errors.Is(err, errNoRoom) {
		t.Errorf("speaking in a room that is gone fails with %v", err)
	}
}

// A member who does not read gets as much as the connection's WriteLimit allows
// and then nothing; the others get everything.
func TestASlowMemberHoldsUpNobody(t *testing.T) {
	dial := serve(t, &websockets.Server{Options: websockets.Options{
		WriteLimit:         40 << 10,       // room for one message behind another: only slow is skipped
		PingInterval:       websockets.Off, // slow could not answer
		DisableCompression: true,           // what is small does not fill any buffer
	}})
	slow := dial("/chat?name=slow")
	expect(t, slow, "* slow joined (1 here)")
	ann := dial("/chat?name=ann&format=json")
	if _, err := ann.Recv(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", 16<<10)
	const messages = 150 // more than all buffers between hold
	for range messages {
		send(t, ann, websockets.Text(text))
		m, err := ann.Recv(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var e event
		if err := json.Unmarshal(m.Data, &e); err != nil || e.Text != text {
			t.Fatalf("received %.80q, %v", m, err)
		}
	}
	got := 0
	caughtUp := make(chan struct{})
	go func() { // ends when slow has caught up, or with its connection
		defer close(caughtUp)
		for ; ; got++ {
			if m, err := slow.Recv(t.Context()); err != nil || m.String() == "ann: done" {
				return
			}
		}
	}()
	for done := false; !done; {
		send(t, ann, websockets.Text("done"))
		if _, err := ann.Recv(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {
		case <-caughtUp:
			done = true
		default:
		}
	}
	if err := slow.Err(); err != nil {
		t.Fatal(err)
	}
	if got < 2 || got >= messages {
		t.Errorf("the slow member got %d of %d messages, want some", got, messages)
	}
}
