package websockets

import (
	"crypto/rand"
	"sync"
)

// Masking keys come from crypto/rand (RFC 6455 §10.3), many at a time: asking
// the system for each would cost more than framing a small message.

// keyBlock is how many bytes are drawn at a time: 128 keys.
const keyBlock = 512

// A keySource has keys in store. Each is used once and wiped.
type keySource struct {
	bytes [keyBlock]byte
	used  int
}

var keySources = sync.Pool{New: func() any { return &keySource{used: keyBlock} }}

// newMaskingKey returns a fresh, unpredictable masking key. crypto/rand.Read
// does not return errors: the program ends if the system has no randomness.
func newMaskingKey() (key [4]byte) {
	s := keySources.Get().(*keySource)
	if s.used == keyBlock {
		_, _ = rand.Read(s.bytes[:])
		s.used = 0
	}
	b := s.bytes[s.used : s.used+4]
	copy(key[:], b)
	clear(b)
	s.used += 4
	keySources.Put(s)
	return key
}
