package websockets

import (
	"testing"
	"unsafe"
)

// The allocator has room for objects of 1,024 bytes, 8 of them its own, and then of
// 1,152.
func TestConnFitsItsSizeClass(t *testing.T) {
	if size := unsafe.Sizeof(Conn{}); unsafe.Sizeof(uintptr(0)) == 8 && size > 1016 {
		t.Errorf("a Conn has %d bytes: move what few connections need behind a pointer", size)
	}
}
