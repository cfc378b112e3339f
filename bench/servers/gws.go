package servers

import (
	"bytes"
	"net"
	"net/http"

	"github.com/lxzan/gws"
)

var gwses = []*Candidate{
	{
		Name: "gws", Family: Rival, Compresses: []Compression{NoTakeover, Takeover},
		About: "gws as documented, on net/http",
		serve: gwsWith(false),
	},
	{
		Name: "gws-checked", Family: Rival, ChecksText: true,
		About: "gws with CheckUtf8Enabled",
		serve: gwsWith(true),
	},
}

func gwsWith(check bool) func(net.Listener, Setup) error {
	return func(ln net.Listener, setup Setup) error {
		options := &gws.ServerOption{CheckUtf8Enabled: check}
		if setup.Compression != Off {
			takeover := setup.Compression == Takeover
			options.PermessageDeflate = gws.PermessageDeflate{
				Enabled: true, ServerContextTakeover: takeover, ClientContextTakeover: takeover,
			}
		}
		members := &connSet[*gws.Conn]{}
		upgraders := map[string]*gws.Upgrader{
			PathEcho: gws.NewUpgrader(gwsEcho{}, options),
			PathHear: gws.NewUpgrader(gwsHear{members: members}, options),
			PathSay:  gws.NewUpgrader(gwsSay{members: members}, options),
		}
		return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c, err := upgraders[r.URL.Path].Upgrade(w, r); err == nil {
				go c.ReadLoop() // ends with the connection; what net/http holds is free
			}
		}))
	}
}

type gwsEcho struct{ gws.BuiltinEventHandler }

func (gwsEcho) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

type gwsHear struct {
	gws.BuiltinEventHandler
	members *connSet[*gws.Conn]
}

func (h gwsHear) OnOpen(c *gws.Conn) { h.members.add(c) }

func (h gwsHear) OnClose(c *gws.Conn, _ error) { h.members.remove(c) }

type gwsSay struct {
	gws.BuiltinEventHandler
	members *connSet[*gws.Conn]
}

func (h gwsSay) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	b := gws.NewBroadcaster(m.Opcode, bytes.Clone(m.Bytes()))
	defer b.Close()
	for c := range h.members.all {
		_ = b.Broadcast(c)
	}
}
