package conformance

import (
	"bytes"
	"fmt"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// cut returns the pattern again and again, size bytes in all.
func cut(pattern string, size int) []byte {
	return bytes.Repeat([]byte(pattern), size/len(pattern)+1)[:size]
}

// largeMessages is family 9.
func largeMessages() (cases []*Case) {
	const (
		letters = "BAsd7&jh23"
		bits    = "\x00\xFE\x23\xFA\xF0"
	)
	add := func(id, title string, t roundTrips, pattern string) {
		t.next = func() []byte { return cut(pattern, t.size) }
		cases = append(cases, volume(id, "RFC 6455 §5.2", title, "What is sent comes back; a peer may refuse more than 64 KiB with 1009.",
			func() *roundTrips {
				fresh := t
				return &fresh
			}))
	}
	once := func(id, title string, t roundTrips, pattern string) {
		t.count, t.fullCount = 1, 1
		add(id, title, t, pattern)
	}
	for kind, op := range []frame.Opcode{frame.OpText, frame.OpBinary} {
		pattern := []string{letters, bits}[kind]
		for i, size := range []int{64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20} {
			once(fmt.Sprintf("9.%d.%d", 1+kind, i+1), fmt.Sprintf("A %s message of %s", name(op), sizeName(size)),
				roundTrips{op: op, size: size}, pattern)
		}
		for i, fragment := range []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20} {
			letter := "*"
			if kind == 1 && i == 0 {
				letter = "\xFE"
			}
			once(fmt.Sprintf("9.%d.%d", 3+kind, i+1), fmt.Sprintf("A %s message of 4 MiB in fragments of %s", name(op), sizeName(fragment)),
				roundTrips{op: op, size: 4 << 20, fragment: fragment}, letter)
		}
		for i, chop := range []int{64, 128, 256, 512, 1024, 2048} {
			once(fmt.Sprintf("9.%d.%d", 5+kind, i+1), fmt.Sprintf("A %s message of 1 MiB, written %d bytes at a time", name(op), chop),
				roundTrips{op: op, size: 1 << 20, chop: chop}, pattern)
		}
		for i, size := range []int{0, 16, 64, 256, 1024, 4096} {
			add(fmt.Sprintf("9.%d.%d", 7+kind, i+1), fmt.Sprintf("%s messages of %d bytes, one after the other", title(name(op)), size),
				roundTrips{op: op, size: size, count: times(size), fullCount: 1000}, []string{"*", "\xFE"}[kind])
		}
	}
	return cases
}

// title returns a word with a capital letter.
func title(word string) string { return string(word[0]-'a'+'A') + word[1:] }

func sizeName(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}

// autoFragmentation is family 10.
func autoFragmentation() []*Case {
	return []*Case{classic("10.1.1", "RFC 6455 §5.4", "A text message of 64 KiB in fragments of 1300 bytes", "The message comes back.",
		func() *exchange {
			p := cut("*", 64<<10)
			return &exchange{
				steps:    sends(inFragments(frame.OpText, p, 1300)...),
				expected: one(text(p)), ending: weClose, kill: 10 * time.Second,
			}
		})}
}
