package websockets_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/txtar"
	"github.com/go-websockets/websockets/wstest"
)

// FuzzConversation plays the same bytes, in different pieces, to a Conn and to the
// package protocol alone: both must send the same frames, deliver the same
// messages and end in the same way.
func FuzzConversation(f *testing.F) {
	for _, seed := range conversationSeeds(f) {
		f.Add(seed.bytes, seed.role == websockets.RoleClient, uint8(len(seed.bytes)))
	}
	f.Fuzz(func(t *testing.T, b []byte, client bool, piece uint8) {
		role := websockets.RoleServer
		if client {
			role = websockets.RoleClient
		}
		line := frame.AppendLine(nil, frame.Line{Direction: frame.Received, Kind: frame.RawLine, Raw: b})
		c := conversation{
			piece:   int(piece),
			options: websockets.Options{PingInterval: websockets.Off, MaxMessageSize: 500},
			steps:   []step{{cause: []string{string(line)}}, {}},
		}
		got := withoutReason(playConn(true, false)(t, c, role))
		want := withoutReason(playProtocol(false)(t, c, role))
		if !slices.Equal(got, want) {
			t.Errorf("%s\nas a %v, in pieces of %d:\nConn has\n\t%s\nprotocol alone has\n\t%s",
				line, role, piece, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	})
}

// FuzzDeflatedConversation: with permessage-deflate, whatever comes in one piece
// comes to the same in many.
func FuzzDeflatedConversation(f *testing.F) {
	for _, seed := range conversationSeeds(f) {
		f.Add(seed.bytes, seed.role == websockets.RoleClient, uint8(len(seed.bytes)))
	}
	f.Fuzz(func(t *testing.T, b []byte, client bool, piece uint8) {
		role := websockets.RoleServer
		if client {
			role = websockets.RoleClient
		}
		line := frame.AppendLine(nil, frame.Line{Direction: frame.Received, Kind: frame.RawLine, Raw: b})
		c := conversation{
			piece:   int(piece),
			deflate: "yes",
			options: websockets.Options{PingInterval: websockets.Off, MaxMessageSize: 500},
			steps:   []step{{cause: []string{string(line)}}, {}},
		}
		pieces, whole := playConn(true, false)(t, c, role), playConn(false, false)(t, c, role)
		if got, want := withoutReason(pieces), withoutReason(whole); !slices.Equal(got, want) {
			t.Errorf("%s\nas a %v, in pieces of %d:\n\t%s\nin one piece:\n\t%s",
				line, role, piece, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	})
}

// withoutReason returns all lines, without what a close frame says about a
// failure.
func withoutReason(outcomes [][]string) []string {
	lines := slices.Concat(outcomes...)
	if !strings.HasSuffix(lines[len(lines)-1], " error") {
		return lines
	}
	for i, l := range lines {
		if strings.HasPrefix(l, "> CLOSE ") {
			lines[i], _, _ = strings.Cut(l, ` "`)
		}
	}
	return lines
}

type conversationSeed struct {
	bytes []byte
	role  websockets.Role
}

// conversationSeeds returns what the peers send in testdata/conversations.
func conversationSeeds(f *testing.F) (seeds []conversationSeed) {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		all, err := parseConversations(txtar.Parse(string(text)))
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range all {
			for _, role := range c.roles {
				if b := c.bytes(f, role); len(b) > 0 && len(b) < 4<<10 {
					seeds = append(seeds, conversationSeed{b, role})
				}
			}
		}
	}
	return seeds
}

// bytes returns all that the peer sends to an endpoint of that role.
func (c *conversation) bytes(f *testing.F, role websockets.Role) (all []byte) {
	end, _ := wstest.Pipe()
	peer := wstest.NewPeer(f, end, 3-role)
	for _, s := range c.steps {
		if len(s.cause) == 0 || s.cause[0][0] != '<' {
			continue
		}
		lines, _, err := s.incoming()
		if err != nil {
			f.Fatal(err)
		}
		b, err := peer.Encode(lines...)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}
