package demo

import (
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/go-websockets/websockets"
)

// A lobby has the rooms. A room lives as long as it has members. Its zero value
// is ready to use.
type lobby struct {
	mu    sync.Mutex // guards all below; nothing blocks while it is held
	rooms map[string]*room
}

// A room is the members in the order in which they came.
type room struct {
	members []*member
	guests  int // how many members have come without a name
}

type member struct {
	conn *websockets.Conn
	name string // unique in the room
	json bool   // wants events as JSON
}

// join adds a member, makes up a name if it has none or the name is taken, and
// tells everybody.
func (l *lobby) join(name string, conn *websockets.Conn, wanted string, json bool) *member {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[name]
	if r == nil {
		r = &room{}
		if l.rooms == nil {
			l.rooms = make(map[string]*room)
		}
		l.rooms[name] = r
	}
	m := &member{conn: conn, name: r.freeName(wanted), json: json}
	e := event{Type: "join", From: m.name, Members: append(r.names(), m.name)}
	r.tell(e)
	r.members = append(r.members, m)
	e.You = m.name
	(&room{members: []*member{m}}).tell(e)
	return m
}

// leave removes a member and tells the others.
func (l *lobby) leave(name string, m *member) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[name]
	if r == nil {
		return
	}
	r.members = slices.DeleteFunc(r.members, func(o *member) bool { return o == m })
	if len(r.members) == 0 {
		delete(l.rooms, name)
		return
	}
	r.tell(event{Type: "leave", From: m.name, Members: r.names()})
}

// say tells everybody in the room, the speaker too, what m says.
func (l *lobby) say(name string, m *member, text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[name]
	if r == nil {
		return errNoRoom
	}
	r.tell(event{Type: "message", From: m.name, Text: text})
	return nil
}

// tell sends e to all members. It does not wait: a member who reads too slowly,
// so that the connection's WriteLimit is reached, misses e and holds up nobody.
func (r *room) tell(e event) {
	for json, text := range map[bool]func() string{true: e.json, false: e.line} {
		// What Broadcast reports are members who are slow or going.
		_ = websockets.Broadcast(r.conns(json), websockets.Text(text()))
	}
}

// conns are the connections of the members who want JSON, or of the others.
func (r *room) conns(json bool) iter.Seq[*websockets.Conn] {
	return func(yield func(*websockets.Conn) bool) {
		for _, m := range r.members {
			if m.json == json && !yield(m.conn) {
				return
			}
		}
	}
}

func (r *room) names() []string {
	names := make([]string, len(r.members))
	for i, m := range r.members {
		names[i] = m.name
	}
	return names
}

// freeName returns wanted, or else a name like it that nobody in the room has.
func (r *room) freeName(wanted string) string {
	taken := r.names()
	if wanted == "" {
		r.guests++
		wanted = fmt.Sprintf("guest-%d", r.guests)
	}
	name := wanted
	for i := 2; slices.Contains(taken, name); i++ {
		name = fmt.Sprintf("%s-%d", wanted, i)
	}
	return name
}
