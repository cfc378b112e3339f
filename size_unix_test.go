//go:build unix

package websockets

import (
	"testing"
	"unsafe"
)

// What a small message touches of its connection is in a run of cache lines: see Conn.
// Lines count from the allocator's 8 bytes on.
func TestWhatAMessageTouchesLiesTogether(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("sizes are those of 64 bits")
	}
	const line = 64
	var c Conn
	from := 8 + unsafe.Offsetof(c.reader) + unsafe.Offsetof(c.reader.raw) + unsafe.Offsetof(c.reader.raw.n)
	to := 8 + unsafe.Offsetof(c.writer) + unsafe.Offsetof(c.writer.control) + unsafe.Sizeof(c.writer.control)
	if from%line != 0 {
		t.Errorf("it begins %d bytes behind the border of a line", from%line)
	}
	if lines := (to - from + line - 1) / line; lines > hotLines {
		t.Errorf("it has %d lines, want %d", lines, hotLines)
	}
}
