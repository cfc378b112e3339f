package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-websockets/websockets"
)

// Limits of /chat, in characters.
const (
	maxRoom = 64
	maxName = 32
)

// An event is what happens in a room. Members who ask for format=json get it as
// it is here, the others as a line of text.
type event struct {
	Type    string   `json:"type"` // "message", "join" or "leave"
	From    string   `json:"from"`
	Text    string   `json:"text,omitempty"`    // of a message
	Members []string `json:"members,omitempty"` // who is here now, after a join or leave
	You     string   `json:"you,omitempty"`     // only in the first event that a member gets: the name it has
}

// line is e for people. Only the first line of a text can look like another
// event.
func (e event) line() string {
	switch e.Type {
	case "join":
		return fmt.Sprintf("* %s joined (%d here)", e.From, len(e.Members))
	case "leave":
		return fmt.Sprintf("* %s left (%d here)", e.From, len(e.Members))
	}
	return e.From + ": " + strings.ReplaceAll(e.Text, "\n", "\n  ")
}

func (e event) json() string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		panic(err) // an event has strings only
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func checkChat(q url.Values) error {
	if err := checkLabel("room", q.Get("room"), maxRoom); err != nil {
		return err
	}
	if err := checkLabel("name", q.Get("name"), maxName); err != nil {
		return err
	}
	switch f := q.Get("format"); f {
	case "", "text", "json":
		return nil
	default:
		return fmt.Errorf("format is %q: give text or json", f)
	}
}

func checkLabel(what, s string, most int) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s is not UTF-8", what)
	}
	if utf8.RuneCountInString(s) > most {
		return fmt.Errorf("%s has more than %d characters", what, most)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("%s is %q: give printable characters only", what, s)
	}
	return nil
}

// serveChat is a member's stay in a room.
func (s *Site) serveChat(ctx context.Context, conn *websockets.Conn, q url.Values) error {
	if err := checkChat(q); err != nil {
		return err
	}
	room := cmp.Or(q.Get("room"), "lobby")
	m := s.chat.join(room, conn, q.Get("name"), q.Get("format") == "json")
	defer s.chat.leave(room, m)
	for {
		msg, err := conn.Recv(ctx)
		if err != nil {
			return err
		}
		if msg.Type != websockets.TextMessage {
			return &websockets.CloseError{Code: websockets.CloseUnsupportedData, Reason: "the chat takes text only"}
		}
		if err := s.chat.say(room, m, msg.String()); err != nil {
			return err
		}
	}
}

var errNoRoom = errors.New("the room is gone")
