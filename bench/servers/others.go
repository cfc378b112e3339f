package servers

import (
	"os"
	"os/exec"
	"path/filepath"
)

// Others lists the candidates that are not written in Go. bench/install installs
// what they need.
func Others() []*Candidate {
	return []*Candidate{
		{
			Name: "node-ws", Family: Other, ChecksText: true, Compresses: []Compression{NoTakeover, Takeover},
			About:   "ws 8.23 on Node, as documented",
			Command: []string{"node", "--expose-gc", "servers/other/ws.mjs"},
			needs:   "node_modules/ws/package.json",
		},
		{
			Name: "bun", Family: Other, ChecksText: true, Compresses: []Compression{NoTakeover},
			About:   "the server that is part of Bun 1.4, in C++ and JavaScript, as documented",
			Command: []string{"node_modules/@oven/bun-linux-x64/bin/bun", "servers/other/bun.mjs"},
			needs:   "node_modules/@oven/bun-linux-x64/bin/bun",
		},
		{
			Name: "python-websockets", Family: Other, ChecksText: true, Compresses: []Compression{Takeover},
			About:   "websockets of Debian on Python's asyncio, as documented",
			Command: []string{"/usr/bin/python3", "servers/other/websockets.py"},
			needs:   "/usr/lib/python3/dist-packages/websockets",
		},
	}
}

// Installed reports whether a candidate can be run; folder is that of this module.
func (c *Candidate) Installed(folder string) bool {
	if c.Command == nil {
		return true
	}
	needs := c.needs
	if !filepath.IsAbs(needs) {
		needs = filepath.Join(folder, needs)
	}
	if _, err := os.Stat(needs); err != nil {
		return false
	}
	program := c.Command[0]
	if filepath.Base(program) != program && !filepath.IsAbs(program) {
		program = filepath.Join(folder, program)
	}
	_, err := exec.LookPath(program)
	return err == nil
}
