package interop

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/interop/internal/peer"
)

// bothRoles are the cases that are the same for servers and clients.
var bothRoles = []testCase{
	{name: "text", run: exchange(websockets.Text("hello"))},
	{name: "non-ASCII text", run: exchange(websockets.Text(nonASCII))},
	{name: "binary", run: exchange(websockets.Binary([]byte("\x00\x01\xfe\xff")))},
	{name: "empty", run: exchange(websockets.Text(""))},
	{name: "text of 70 kB", run: exchange(websockets.Text(strings.Repeat("0123456789", 7_000)))},
	{name: "binary of 70 kB", run: exchange(websockets.Binary(bytes.Repeat([]byte("\x00\xff\x80\x7f"), 17_500)))},
	{name: "many messages", run: manyMessages},
	{name: "we send fragments", run: sendFragments},
	{name: "the peer sends fragments", needs: fragments, run: receiveFragments},
	{name: "we ping", run: sendPing},
	{name: "the peer pings", needs: sendsPings, run: receivePing},
	{name: "we close", run: weClose},
	{name: "the peer closes", run: peerCloses},
	{name: "the peer goes away", run: peerGoesAway},
	{name: "we drop the connection", run: weDrop},
	{name: "the peer drops the connection", needs: aborts, run: peerDrops},
	{name: "too big for us", setup: setup{ours: websockets.Options{MaxMessageSize: 1_000}}, run: tooBigForUs},
	{name: "too big for the peer", needs: limitsSize, setup: setup{maxSize: 1_000}, run: tooBigForPeer},
	{
		name: "subprotocol agreed",
		setup: setup{
			ours:         websockets.Options{Subprotocols: []string{"chat.v2", "chat.v1"}},
			subprotocols: []string{"chat.v1"},
		},
		run: wantSubprotocol("chat.v1"),
	},
}

// exchange sends a message each way.
func exchange(m websockets.Message) func(*testing.T, *link) {
	return func(t *testing.T, l *link) {
		if err := l.conn.Send(l.ctx, m); err != nil {
			t.Fatal(err)
		}
		e := l.peer.Expect(t, m.Type.String())
		if e.Text+string(e.Base64) != m.String() {
			t.Errorf("the peer received %.80q, want %.80q", e.Text+string(e.Base64), m)
		}
		if m.Type == websockets.TextMessage {
			l.peer.Do(t, peer.Command{Do: "text", Text: m.String()})
		} else {
			l.peer.Do(t, peer.Command{Do: "binary", Base64: m.Data})
		}
		l.wantMessage(t, m)
		l.finish(t)
	}
}

func (l *link) wantMessage(t *testing.T, want websockets.Message) {
	t.Helper()
	got, err := l.conn.Recv(l.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got.Type != want.Type || !bytes.Equal(got.Data, want.Data) {
		t.Errorf("received %v of %d bytes, %.80q; want %v of %d bytes, %.80q",
			got.Type, len(got.Data), got, want.Type, len(want.Data), want)
	}
}

// manyMessages sends more than fits into a queue or a buffer, both ways.
func manyMessages(t *testing.T, l *link) {
	const n = 200
	text := strings.Repeat("x", 1_000)
	for range n {
		if err := l.conn.Send(l.ctx, websockets.Text(text)); err != nil {
			t.Fatal(err)
		}
		l.peer.Do(t, peer.Command{Do: "text", Text: text})
	}
	for range n {
		if e := l.peer.Expect(t, "text"); e.Text != text {
			t.Fatalf("the peer received %.80q", e.Text)
		}
		l.wantMessage(t, websockets.Text(text))
	}
	l.finish(t)
}

func sendFragments(t *testing.T, l *link) {
	w, err := l.conn.Writer(l.ctx, websockets.TextMessage)
	if err != nil {
		t.Fatal(err)
	}
	const cut = len("héllo ") + 2 // inside the last character
	for _, part := range []string{nonASCII[:cut], nonASCII[cut:], ""} {
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if e := l.peer.Expect(t, "text"); e.Text != nonASCII {
		t.Errorf("the peer received %q, want %q", e.Text, nonASCII)
	}
	l.finish(t)
}

func receiveFragments(t *testing.T, l *link) {
	l.peer.Do(t, peer.Command{Do: "fragments", Parts: []string{"he", "", "l", "lo"}})
	l.wantMessage(t, websockets.Text("hello"))
	l.finish(t)
}

func sendPing(t *testing.T, l *link) {
	ping, err := l.conn.Ping(l.ctx, []byte("are you there?"))
	if err != nil {
		t.Fatal(err)
	}
	took, err := ping.Wait(l.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if took <= 0 || l.conn.Latency() != took {
		t.Errorf("the pong took %v, Latency() = %v", took, l.conn.Latency())
	}
	if l.can&seesPings != 0 {
		if e := l.peer.Expect(t, "ping"); e.Text != "are you there?" {
			t.Errorf("the peer received the ping %q", e.Text)
		}
	}
	l.finish(t)
}

// receivePing has nobody receive on our side: a pong must go out all the same.
func receivePing(t *testing.T, l *link) {
	l.peer.Do(t, peer.Command{Do: "ping", Text: "and you?"})
	if e := l.peer.Expect(t, "pong"); e.Text != "and you?" {
		t.Errorf("the peer received the pong %q", e.Text)
	}
	l.finish(t)
}

func weClose(t *testing.T, l *link) {
	if err := l.conn.CloseWith(4001, "genug für heute"); err != nil {
		t.Errorf("CloseWith: %v", err)
	}
	l.wantPeerClosed(t, 4001, "genug für heute")
	got := l.closed(t)
	if want := l.answer(4001); got.Code != want || got.Sent != 4001 || got.Err != nil {
		t.Errorf("our side: %+v; want code %d, sent 4001", got, want)
	}
}

func peerCloses(t *testing.T, l *link) {
	l.peer.Do(t, peer.Command{Do: "close", Code: 4002, Reason: "genug für heute"})
	if _, err := l.conn.Recv(l.ctx); err == nil {
		t.Error("Recv has a message, want the end")
	}
	l.wantClosed(t, 4002, "genug für heute", 4002)
	if e := l.peer.Expect(t, "closed"); e.Code != 4002 {
		t.Errorf("the peer's side: code %d, want 4002", e.Code)
	}
}

// peerGoesAway ends a loop over messages without an error.
func peerGoesAway(t *testing.T, l *link) {
	l.peer.Do(t, peer.Command{Do: "text", Text: "last words"})
	l.peer.Do(t, peer.Command{Do: "close", Code: goingAway(l), Reason: "closing time"})
	var got []string
	for m, err := range l.conn.Messages(l.ctx) {
		if err != nil {
			t.Errorf("Messages: %v", err)
		}
		got = append(got, m.String())
	}
	if len(got) != 1 || got[0] != "last words" {
		t.Errorf("received %q", got)
	}
	if c := l.closed(t); int(c.Code) != goingAway(l) || c.Reason != "closing time" {
		t.Errorf("our side: %+v", c)
	}
	l.peer.Expect(t, "closed")
}

// goingAway is 1001, or 1000 for a library that has the rules of browsers.
func goingAway(l *link) int {
	if l.can&sendsPings == 0 {
		return 1000
	}
	return 1001
}

func weDrop(t *testing.T, l *link) {
	if err := l.conn.CloseNow(); err != nil {
		t.Errorf("CloseNow: %v", err)
	}
	l.wantPeerClosed(t, 1006, "")
	l.wantClosed(t, 1006, "", 0)
}

func peerDrops(t *testing.T, l *link) {
	l.peer.Do(t, peer.Command{Do: "abort"})
	if _, err := l.conn.Recv(l.ctx); err == nil {
		t.Error("Recv has a message, want the end")
	}
	l.wantClosed(t, 1006, "", 0)
	l.wantPeerClosed(t, 1006, "")
}

func tooBigForUs(t *testing.T, l *link) {
	l.peer.Do(t, peer.Command{Do: "text", Text: strings.Repeat("x", 1_001)})
	if e := l.peer.Expect(t, "closed"); e.Code != 1009 {
		t.Errorf("the peer's side: code %d, want 1009", e.Code)
	}
	got := l.closed(t)
	if got.Sent != 1009 {
		t.Errorf("our side: %+v, want sent 1009", got)
	}
	if tooBig, ok := errors.AsType[*websockets.PayloadTooBigError](got); !ok || tooBig.Limit != 1_000 {
		t.Errorf("our side: %v, want a *PayloadTooBigError", got)
	}
}

func tooBigForPeer(t *testing.T, l *link) {
	if err := l.conn.Send(l.ctx, websockets.Text(strings.Repeat("x", 1_001))); err != nil {
		t.Fatal(err)
	}
	if got := l.closed(t); got.Code != 1009 {
		t.Errorf("our side: %+v, want code 1009", got)
	}
	l.peer.Expect(t, "closed") // libraries differ in what they show for it
}

func wantSubprotocol(want string) func(*testing.T, *link) {
	return func(t *testing.T, l *link) {
		if got := l.conn.Subprotocol(); got != want {
			t.Errorf("our side agreed on %q, want %q", got, want)
		}
		if got := l.opened.Subprotocol; got != want {
			t.Errorf("the peer agreed on %q, want %q", got, want)
		}
		l.finish(t)
	}
}
