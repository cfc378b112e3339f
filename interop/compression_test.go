package interop

import (
	"context"
	"encoding/base64"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/deflate"
	"github.com/go-websockets/websockets/interop/internal/peer"
)

// compressions are the ways to agree on permessage-deflate.
var compressions = []struct {
	name   string
	needs  ability
	ours   deflate.Options
	theirs map[string]any // parameters of RFC 7692
}{
	{name: "context takeover"},
	{
		name: "we do without takeover", needs: knowsFlags,
		ours: deflate.Options{DisableContextTakeover: true, DisablePeerContextTakeover: true},
	},
	{name: "we have small windows", ours: deflate.Options{WindowBits: 9, PeerWindowBits: 9}},
	{name: "we have the smallest window", needs: knows8Bits, ours: deflate.Options{WindowBits: 8}},
	{name: "we have the largest windows", ours: deflate.Options{WindowBits: 15, PeerWindowBits: 15, Level: 9}},
	{
		name: "the peer does without takeover", needs: tunesDeflate,
		theirs: map[string]any{"server_no_context_takeover": true, "client_no_context_takeover": true},
	},
	{
		name: "the peer has small windows", needs: tunesDeflate,
		theirs: map[string]any{"server_max_window_bits": 9, "client_max_window_bits": 9},
	},
	{
		name: "both have small windows", needs: tunesDeflate,
		ours:   deflate.Options{WindowBits: 10, PeerWindowBits: 10},
		theirs: map[string]any{"server_max_window_bits": 9, "client_max_window_bits": 9},
	},
}

// compress converses in each of these ways.
func compress(t *testing.T, s *session) {
	for _, c := range compressions {
		if s.can&c.needs != c.needs {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			log := &frameLog{}
			u := setup{theirDeflate: c.theirs}
			u.ours.Deflate = c.ours
			u.ours.Logger = slog.New(log)
			l := s.open(t, u)
			agreed := l.conn.Response().Header.Get("Sec-WebSocket-Extensions")
			t.Logf("offered %q, agreed on %q", l.conn.Request().Header.Get("Sec-WebSocket-Extensions"), agreed)
			l.wantAgreed(t, c.ours, agreed)
			for range 2 { // with context takeover the second time is all repetition
				for _, m := range compressible() {
					l.bounce(t, m)
				}
			}
			if s.can&fragments != 0 {
				parts := []string{strings.Repeat("fragment ", 200), "", strings.Repeat("fragment, ", 200), "the last"}
				l.peer.Do(t, peer.Command{Do: "fragments", Parts: parts})
				l.wantMessage(t, websockets.Text(strings.Join(parts, "")))
			}
			l.finish(t)
			sent, received := log.compressed()
			if compressed := agreed != ""; (sent > 0) != compressed || (received > 0) != (compressed && s.can&neverDeflates == 0) {
				t.Errorf("agreed on %q: %d compressed messages sent, %d received", agreed, sent, received)
			}
		})
	}
}

// wantAgreed checks that compression was agreed on, if it could be.
func (l *link) wantAgreed(t *testing.T, ours deflate.Options, agreed string) {
	t.Helper()
	offered := l.conn.Request().Header.Get("Sec-WebSocket-Extensions")
	limitable := strings.Contains(offered, "client_max_window_bits")
	if l.conn.Role() == websockets.RoleServer && ours.PeerWindowBits != 0 && ours.PeerWindowBits < 15 && !limitable {
		if agreed != "" {
			t.Errorf("offered %q: its window cannot be limited, but we answered %q", offered, agreed)
		}
		return
	}
	if l.conn.Role() == websockets.RoleClient && l.can&limitsWindow == 0 && strings.Contains(offered, "server_max_window_bits") {
		return // the server may decline
	}
	if !strings.HasPrefix(agreed, deflate.Name) {
		t.Errorf("offered %q, agreed on %q", offered, agreed)
	}
}

// bounce sends a message each way.
func (l *link) bounce(t *testing.T, m websockets.Message) {
	t.Helper()
	if err := l.conn.Send(l.ctx, m); err != nil {
		t.Fatal(err)
	}
	e := l.peer.Expect(t, m.Type.String())
	if e.Text+string(e.Base64) != m.String() {
		t.Fatalf("the peer received %d bytes, %.80q; want %d, %.80q", len(e.Text)+len(e.Base64), e.Text, len(m.Data), m)
	}
	if m.Type == websockets.TextMessage {
		l.peer.Do(t, peer.Command{Do: "text", Text: m.String()})
	} else {
		l.peer.Do(t, peer.Command{Do: "binary", Base64: m.Data})
	}
	l.wantMessage(t, m)
}

// compressible are messages that refer to what is near and far, in themselves and
// in others, and some that nothing can be gained from.
func compressible() []websockets.Message {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 15_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	text := base64.StdEncoding.EncodeToString(noise) // 20 kB
	return []websockets.Message{
		websockets.Text(strings.Repeat("the quick brown fox; ", 100)),
		websockets.Text(strings.Repeat(text[:200], 10)),
		websockets.Text(strings.Repeat(text[:3_000], 3)),
		websockets.Text(strings.Repeat(text[:5_000], 3)),
		websockets.Text(strings.Repeat(text, 3)),
		websockets.Text("short"),
		websockets.Binary(noise),
		websockets.Text(""),
		websockets.Text(nonASCII + text[:500] + nonASCII),
	}
}

// A frameLog counts the compressed messages in the log of frames.
type frameLog struct {
	mu             sync.Mutex
	sent, received int
}

func (l *frameLog) compressed() (sent, received int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent, l.received
}

func (l *frameLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *frameLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *frameLog) WithGroup(string) slog.Handler            { return l }

func (l *frameLog) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		text := a.Value.String()
		if a.Key != "frame" || !strings.Contains(text, " rsv1") {
			return true
		}
		if text[0] == '>' {
			l.sent++
		} else {
			l.received++
		}
		return true
	})
	return nil
}

// declineCompression answers the offer of permessage-deflate, which every peer
// makes, with no extension: a long message of zeros comes as it is.
func declineCompression(t *testing.T, s *session) {
	l := s.open(t, setup{ours: websockets.Options{DisableCompression: true}})
	if got := l.conn.Request().Header.Get("Sec-WebSocket-Extensions"); !strings.Contains(got, deflate.Name) {
		t.Errorf("the peer offers %q", got)
	}
	if got, ok := l.opened.Headers["sec-websocket-extensions"]; ok {
		t.Errorf("we answered the offer with %q", got)
	}
	exchange(websockets.Text(strings.Repeat("0", 5_000)))(t, l)
}
