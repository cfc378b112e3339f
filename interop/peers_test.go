package interop

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-websockets/websockets/interop/internal/peer"
)

// A library is somebody's WebSocket implementation, wrapped by a program of
// testdata/peers.
type library struct {
	name   string
	pkg    string // what to install
	python string // the module to import; "" for Node.js
	script string
	can    ability
}

// A driver is a peer under way, whether a program or a page of a browser.
type driver interface {
	Do(t testing.TB, c peer.Command)
	Expect(t testing.TB, event string) peer.Event
}

// An ability is what a peer's library lets its user do or see. A case which asks
// for more leaves that peer out.
type ability uint

const (
	serves         ability = 1 << iota // be a server
	fragments                          // send a message in several frames
	sendsPings                         // send pings and see pongs
	seesPings                          // see pings
	aborts                             // drop the TCP connection
	limitsSize                         // refuse big messages
	setsHeaders                        // send headers of its own, and read ours
	sendsOrigin                        // name an Origin
	seesStatus                         // read the status of a refusal
	echoesCode                         // answer a close frame with the same code
	passesUserinfo                     // turn user and password of a URL into Basic credentials
	tunesDeflate                       // choose the parameters of permessage-deflate
	limitsWindow                       // as a server, compress with a smaller window when asked
	neverDeflates                      // it reads what is compressed, but sends nothing compressed
	knowsFlags                         // see parameters without a value: it does without takeover when it agrees to
	knows8Bits                         // have a window of 8 bits
)

var libraries = []library{
	{
		name: "python-websockets", pkg: "python3-websockets", python: "websockets", script: "python_websockets.py",
		can: echoesCode | serves | fragments | sendsPings | aborts | limitsSize | setsHeaders | sendsOrigin | seesStatus | passesUserinfo |
			tunesDeflate | limitsWindow | knowsFlags | knows8Bits,
	},
	{
		name: "node-ws", pkg: "npm ws", script: "node_ws.mjs",
		can: echoesCode | serves | fragments | sendsPings | seesPings | aborts | limitsSize | setsHeaders | sendsOrigin | seesStatus | passesUserinfo |
			tunesDeflate | limitsWindow | knowsFlags | knows8Bits,
	},
	{
		name: "node-builtin", pkg: "node with a built-in WebSocket", script: "node_builtin.mjs",
		can: echoesCode | setsHeaders | neverDeflates | knowsFlags | knows8Bits,
	},
	{
		// It answers every close frame with 1000.
		name: "aiohttp", pkg: "python3-aiohttp", python: "aiohttp", script: "python_aiohttp.py",
		can: knowsFlags | serves | sendsPings | seesPings | aborts | limitsSize | setsHeaders | sendsOrigin | seesStatus | passesUserinfo,
	},
	{
		// It overlooks parameters without a value, and takes its context over whatever
		// was agreed.
		name: "tornado", pkg: "python3-tornado", python: "tornado", script: "python_tornado.py",
		can: echoesCode | serves | sendsPings | seesPings | aborts | limitsSize | setsHeaders | sendsOrigin | seesStatus | passesUserinfo,
	},
	{
		name: "wsproto", pkg: "python3-wsproto", python: "wsproto", script: "python_wsproto.py",
		can: knowsFlags | echoesCode | serves | fragments | sendsPings | seesPings | aborts | setsHeaders | sendsOrigin | seesStatus,
	},
}

// python is where Debian installs the modules for; an interpreter found first on
// the PATH may be another one.
const python = "/usr/bin/python3"

// start runs the library's program until the test ends, or skips the test if the
// library is not installed.
func (l library) start(t testing.TB) *peer.Peer {
	t.Helper()
	command := l.command(t)
	env := []string{"PYTHONDONTWRITEBYTECODE=1", "NODE_EXTRA_CA_CERTS=" + certificate(t).certFile}
	p, name := peer.StartPeer(t, env, append(command, filepath.Join("testdata", "peers", l.script))...)
	t.Log("peer:", name)
	return p
}

// command returns the interpreter for the library's program with its flags.
func (l library) command(t testing.TB) []string {
	t.Helper()
	if l.python != "" {
		if _, err := peer.Try(python, "-c", "import "+l.python); err != nil {
			peer.Missing(t, l.pkg)
		}
		return []string{python}
	}
	node := peer.Need(t, l.pkg, "node")
	if l.name == "node-ws" {
		if matches, _ := filepath.Glob("node_modules/ws/package.json"); matches == nil {
			peer.Missing(t, l.pkg)
		}
		return []string{node}
	}
	// Node.js 22 has it; Node.js 20 must be asked.
	for _, flags := range [][]string{nil, {"--experimental-websocket"}} {
		args := append(flags, "-e", "process.exit(typeof WebSocket === 'function' ? 0 : 1)")
		if exec.Command(node, args...).Run() == nil {
			return append([]string{node}, flags...)
		}
	}
	peer.Missing(t, l.pkg)
	return nil
}
