package faults

import (
	"runtime"

	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// slack is what else may be on the heap: buffers of pools, timers, the tests' own.
const slack = 512 << 10

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // a pool keeps what it has for one more
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// answer answers the pings of the library until the connection ends.
func answer(p *wstest.Peer) error {
	for {
		line, err := p.Recv()
		if err != nil || line.Kind == frame.EOFLine {
			return err
		}
		if line.Frame.Opcode != frame.OpPing {
			continue
		}
		line.Direction, line.Frame.Opcode = 0, frame.OpPong
		b, err := p.Encode(string(frame.AppendLine(nil, line)))
		if err != nil {
			return err
		}
		if _, err := p.Write(b); err != nil {
			return err
		}
	}
}
