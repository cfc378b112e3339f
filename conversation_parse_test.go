package websockets_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/internal/txtar"
)

// A conversation is a dialogue between a peer and an endpoint, which is the thing
// under test. In the file, a comment says what it is about and which rule it
// shows; "-- options --", which may be missing, sets the scene; "-- dialogue --"
// is what happens. A file may have several, each with a connection of its own:
// "-- dialogue: code 1001 --".
//
//	< TEXT "hel" more       the peer sends a frame: lines that follow one
//	< PING "?"              another go out in one write
//	> PONG "?"              the endpoint sends a frame
//
//	< CONT "lo" fin
//	= TEXT "hello"          the application receives a message
//	<*3 PONG                the peer sends the same frame three times
//
//	! CLOSE 4000 "enough"   the application sends a frame, or closes
//	> CLOSE 4000 "enough"
//
//	+ 10s                   time passes
//	< CLOSE 4000
//	= closed 4000, sent 4000
//
// Frames are in the notation of frame.Line, with the additions of wstest.Peer.
// "DROP" after "!" is CloseNow; the application receives all the time but between
// "PAUSE" and "RESUME". Empty lines and comments separate writes. Within
// a step the lines with ">" come before those with "=". At the end the peer ends
// its half of the stream. "= refused" and a frame is what the application could not
// send, and "= closed" tells how the connection ended for it: the peer's code and
// reason, the code that was sent, and what went wrong. Masking is left to the roles.
//
// Options, one on a line:
//
//	roles: server              play this role only
//	show-end: true             expect "> EOF" where the endpoint ends its half of the
//	                           stream, and "= closed" where the connection ends
//	piece: 1000                the bytes of one read, where the default of 1 is slow
//	deflate: yes               permessage-deflate is agreed on, or with what a server
//	                           answers: "server_no_context_takeover"; frames are as
//	                           they are on the wire
//	max-message-size: 100      and other fields of websockets.Options: max-queue,
//	close-timeout: 5s          close-timeout, ping-interval, ping-timeout
type conversation struct {
	name    string // of the dialogue
	roles   []websockets.Role
	showEnd bool
	piece   int // most bytes of a read, when the bytes come in pieces
	deflate string
	options websockets.Options
	steps   []step   // the last one is the end of the stream
	tail    []string // empty lines at the end
}

// A step is something that happens, and what comes of it.
type step struct {
	before []string // comments and empty lines
	cause  []string // lines with "<", or one with "!" or "+"
	want   []string // lines with ">" and "="
}

const dialogue = "dialogue" // the name of a section, or its beginning

// parseConversations parses all dialogues of a file.
func parseConversations(a txtar.Archive) ([]conversation, error) {
	scene := conversation{
		roles:   []websockets.Role{websockets.RoleServer, websockets.RoleClient},
		piece:   1,
		options: websockets.Options{PingInterval: websockets.Off},
	}
	options, _ := a.Text("options")
	for line := range strings.Lines(options) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := scene.setOption(line); err != nil {
			return nil, err
		}
	}
	var all []conversation
	for _, f := range a.Files {
		name, ok := strings.CutPrefix(f.Name, dialogue)
		if !ok && f.Name != "options" {
			return nil, fmt.Errorf("section %q: unknown", f.Name)
		}
		if ok {
			c := scene
			c.name = strings.TrimPrefix(name, ": ")
			if err := c.parseDialogue(f.Text); err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no dialogue")
	}
	return all, nil
}

func (c *conversation) setOption(line string) (err error) {
	name, value, _ := strings.Cut(line, ": ")
	switch name {
	case "roles":
		roles := map[string]websockets.Role{"server": websockets.RoleServer, "client": websockets.RoleClient}
		role, ok := roles[value]
		if !ok {
			return fmt.Errorf("option %q: no such role", line)
		}
		c.roles = []websockets.Role{role}
	case "show-end":
		c.showEnd, err = strconv.ParseBool(value)
	case "piece":
		c.piece, err = strconv.Atoi(value)
	case "deflate":
		c.deflate = value
	case "max-message-size":
		c.options.MaxMessageSize, err = strconv.ParseInt(value, 10, 64)
	case "max-queue":
		c.options.MaxQueue, err = strconv.Atoi(value)
	case "close-timeout":
		c.options.CloseTimeout, err = time.ParseDuration(value)
	case "ping-interval":
		c.options.PingInterval, err = time.ParseDuration(value)
	case "ping-timeout":
		c.options.PingTimeout, err = time.ParseDuration(value)
	default:
		return fmt.Errorf("option %q: unknown", line)
	}
	return err
}

func (c *conversation) parseDialogue(text string) error {
	var s step
	finish := func() {
		if len(s.cause)+len(s.want) > 0 {
			c.steps = append(c.steps, s)
			s = step{}
		}
	}
	var end []string
	closed := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case closed && line != "":
			return fmt.Errorf("line %q after the end", line)
		case closed:
			c.tail = append(c.tail, line)
		case line == "", line[0] == '#':
			finish()
			s.before = append(s.before, line)
		case c.showEnd && line[0] == '=':
			s.want = append(s.want, line)
		case strings.HasPrefix(line, "= refused "):
			end = append(end, line)
		case strings.HasPrefix(line, "= closed "):
			end, closed = append(end, line), true
		case line[0] == '>', line[0] == '=':
			s.want = append(s.want, line)
		case line[0] == '<':
			if len(s.want) > 0 || len(s.cause) > 0 && s.cause[0][0] != '<' {
				finish()
			}
			s.cause = append(s.cause, line)
		case line[0] == '!', line[0] == '+':
			finish()
			s.cause = append(s.cause, line)
		default:
			return fmt.Errorf("line %q: not part of a dialogue", line)
		}
	}
	finish()
	c.steps = append(c.steps, step{before: s.before, want: end})
	return nil
}

// incoming returns the lines that the peer sends in a step, each as often as it
// says, and whether it ends the stream behind them.
func (s step) incoming() (lines []string, eof bool, err error) {
	for _, line := range s.cause {
		times := 1
		if count, rest, ok := strings.Cut(line, " "); ok && len(count) > 1 {
			if times, err = strconv.Atoi(strings.TrimPrefix(count, "<*")); err != nil {
				return nil, false, err
			}
			line = "< " + rest
		}
		if line == "< EOF" {
			eof = true
			continue
		}
		lines = append(lines, slices.Repeat([]string{line}, times)...)
	}
	return lines, eof, nil
}

// needsConn reports whether the conversation is about more than the protocol: it
// needs an extension, a clock or an application that pauses.
func (c *conversation) needsConn() bool {
	return c.deflate != "" || slices.ContainsFunc(c.steps, func(s step) bool {
		return len(s.cause) > 0 && (s.cause[0][0] == '+' || s.cause[0] == "! PAUSE")
	})
}

// expect makes the outcomes those which are expected. Lines that match already
// stay as they are.
func (c *conversation) expect(outcomes [][]string) {
	failed := slices.ContainsFunc(slices.Concat(outcomes...), func(line string) bool {
		return strings.HasPrefix(line, "= closed ") && strings.HasSuffix(line, " error")
	})
	for i, got := range outcomes {
		want := make([]string, len(got))
		for j, line := range got {
			want[j] = line
			if k := slices.IndexFunc(c.steps[i].want, func(w string) bool { return lineMatches(w, line) }); k >= 0 {
				want[j] = c.steps[i].want[k]
			} else if code, _, ok := strings.Cut(line, ` "`); ok && failed && strings.HasPrefix(line, "> CLOSE 1") {
				want[j] = code + " ..." // the words are free to change
			}
		}
		c.steps[i].want = want
	}
}

// text returns the dialogue as it stands in the file.
func (c *conversation) text() string {
	var b strings.Builder
	for _, s := range c.steps {
		for _, line := range slices.Concat(s.before, s.cause, s.want) {
			b.WriteString(line + "\n")
		}
	}
	b.WriteString(strings.Repeat("\n", len(c.tail)))
	return b.String()
}

func TestParseConversationRefusesMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                        "no dialogue",
		"-- options --\nrole: server\n":           "unknown",
		"-- options --\nroles: both\n":            "no such role",
		"-- options --\nshow-end: 7\n":            "invalid syntax",
		"-- dialogue --\nTEXT\n":                  "not part of a dialogue",
		"-- dialogue --\n= closed 1000\n> PING\n": "after the end",
	} {
		if _, err := parseConversations(txtar.Parse(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func TestConversationStaysAsItIs(t *testing.T) {
	const text = "About.\n-- options --\nroles: server\n-- dialogue --\n# one\n< PING\n< PING\n> PONG\n\n! DROP\n\n= closed 1006\n\n"
	a := txtar.Parse(text)
	all, err := parseConversations(a)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if got, want := all[0].text(), a.Files[1].Text; got != want {
		t.Errorf("%q becomes %q", want, got)
	}
}
