package websockets_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/txtar"
)

var update = flag.Bool("update", false, "rewrite what testdata/conversations expects")

// A player plays the endpoint of a conversation. It returns what came of each
// step, and at last of the end of the stream: lines with ">" and "=".
type player func(t *testing.T, c conversation, role websockets.Role) (outcomes [][]string)

// players are the ways to play a conversation. All must come to the same.
var players = []struct {
	name   string
	isConn bool
	play   player
}{
	{"conn", true, playConn(false, false)},
	{"conn-in-pieces", true, playConn(true, false)},
	{"conn-deflated", true, playConn(false, true)},
	{"conn-deflated-in-pieces", true, playConn(true, true)},
	{"protocol", false, playProtocol(false)},
	{"protocol-in-pieces", false, playProtocol(true)},
}

// TestConversation plays the dialogues in testdata/conversations. With -update it
// rewrites what they expect: look at the difference.
func TestConversation(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(string(text))
			all, err := parseConversations(archive)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				updateConversations(t, file, archive, all)
			}
			for _, c := range all {
				if c.name != "" {
					t.Run(c.name, func(t *testing.T) { testConversation(t, c) })
				} else {
					testConversation(t, c)
				}
			}
		})
	}
}

// updateConversations makes what happens what is expected.
func updateConversations(t *testing.T, file string, archive txtar.Archive, all []conversation) {
	i := 0
	for j, f := range archive.Files {
		if strings.HasPrefix(f.Name, dialogue) {
			all[i].expect(players[0].play(t, all[i], all[i].roles[0]))
			archive.Files[j].Text = all[i].text()
			i++
		}
	}
	if err := os.WriteFile(file, []byte(archive.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func testConversation(t *testing.T, c conversation) {
	for _, p := range players {
		if c.needsConn() && !p.isConn {
			continue
		}
		if strings.HasPrefix(p.name, "conn-deflated") && c.needsPlain() {
			continue
		}
		for _, role := range c.roles {
			t.Run(p.name+"/"+role.String(), func(t *testing.T) {
				got := p.play(t, c, role)
				for i, s := range c.steps {
					if !slices.EqualFunc(s.want, got[i], lineMatches) {
						t.Errorf("after\n\t%s\ngot\n\t%s\nwant\n\t%s",
							strings.Join(s.cause, "\n\t"), strings.Join(got[i], "\n\t"), strings.Join(s.want, "\n\t"))
					}
				}
			})
		}
	}
}

// lineMatches reports whether an expected line, however it is spelled, is the
// given one. "..." at its end stands for anything.
func lineMatches(want, got string) bool {
	if start, ok := strings.CutSuffix(want, " ..."); ok {
		return strings.HasPrefix(got, start)
	}
	if want == got {
		return true
	}
	for _, start := range []string{"> ", "= refused ", "= "} {
		if notation, ok := strings.CutPrefix(want, start); ok {
			l, err := frame.ParseLine(notation)
			return err == nil && line(start, l.Frame) == got
		}
	}
	return false
}
