package soak

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/go-websockets/websockets"
)

// A message is text: its number, a checksum of all that follows, the connection, and
// filler. In one of eight the filler is binary.
//
//	number(16 hex) checksum(8 hex) connection(16 hex) filler
const headSize = 16 + 8 + 16

// A book counts the messages of one direction of a connection.
type book struct {
	conn uint64
	next uint64 // number of the next one
}

var prose = strings.Repeat("A ship that is moored keeps its books as well as one at sea; each line has a number, and none is left out. ", 2000)

// write makes the next message.
func (b *book) write(random *rand.Rand) websockets.Message {
	p := make([]byte, 0, headSize+sizeOf(random))
	p = fmt.Appendf(p, "%016x%08x%016x", b.next, 0, b.conn)
	filler := cap(p) - len(p)
	kind := websockets.TextMessage
	if b.next%8 == 7 {
		kind = websockets.BinaryMessage
		for len(p) < cap(p) {
			p = append(p, byte(random.Uint32()))
		}
	} else {
		at := random.IntN(len(prose) - filler)
		p = append(p, prose[at:at+filler]...)
	}
	copy(p[16:], fmt.Sprintf("%08x", sum(p)))
	b.next++
	return websockets.Message{Type: kind, Data: p}
}

// sizeOf is small mostly, and large sometimes.
func sizeOf(random *rand.Rand) int {
	switch n := random.IntN(1000); {
	case n == 0:
		return 50_000 + random.IntN(50_000)
	case n < 50:
		return 1000 + random.IntN(9000)
	}
	return 20 + random.IntN(400)
}

// read checks that a message is the next one, and whole.
func (b *book) read(m websockets.Message) error {
	if len(m.Data) < headSize {
		return fmt.Errorf("message of %d bytes in place of number %d", len(m.Data), b.next)
	}
	head := string(m.Data[:headSize])
	number, err1 := strconv.ParseUint(head[:16], 16, 64)
	check, err2 := strconv.ParseUint(head[16:24], 16, 32)
	conn, err3 := strconv.ParseUint(head[24:], 16, 64)
	switch {
	case err1 != nil || err2 != nil || err3 != nil, uint32(check) != sum(m.Data):
		return fmt.Errorf("message %d is damaged", b.next)
	case conn != b.conn:
		return fmt.Errorf("message %d is one of connection %d", b.next, conn)
	case number < b.next:
		return fmt.Errorf("message %d came in place of %d: twice, or too late", number, b.next)
	case number > b.next:
		return fmt.Errorf("message %d came in place of %d: %d are lost, or come too late", number, b.next, number-b.next)
	}
	b.next++
	return nil
}

// sum is the checksum of a message, but for itself.
func sum(p []byte) uint32 {
	c := crc32.ChecksumIEEE(p[:16])
	c = crc32.Update(c, crc32.IEEETable, p[24:])
	return c ^ binary.BigEndian.Uint32([]byte("soak"))
}
