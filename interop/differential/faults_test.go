package differential

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// frameOutOfPlace adds a frame that is right elsewhere.
func frameOutOfPlace(s *session, t *tape) {
	if t.next() < 128 {
		return // most sessions should get further
	}
	if s.open != 0 {
		s.breaks(strayData)
		s.frame(0x81, nil, some(t))
		return
	}
	s.breaks(strayCont)
	s.frame(byte(t.below(2))<<7, nil, some(t))
}

// badHeader adds a frame whose header nobody may send.
func badHeader(s *session, t *tape) {
	if t.next() < 128 {
		return
	}
	p := short(some(t))
	b0 := byte(0x82)
	if s.open != 0 {
		b0 = 0x80
	}
	switch t.below(9) {
	case 0:
		s.breaks(wrongMask)
		s.raw(b0, uint64(len(p)), 0, !s.fromClient, p)
	case 1:
		s.breaks(reservedBit)
		s.frame(b0|byte(1+t.below(3))<<4, nil, p)
	case 2:
		s.breaks(s.rsv1(rsv1Continues))
		if s.open == 0 {
			s.send(2, false, nil)
		}
		s.frame(0xc0, nil, p)
	case 3:
		s.breaks(s.rsv1(rsv1Control))
		s.frame(0xc8+byte(t.below(3)), nil, p)
	case 4:
		s.breaks(reservedOpcode)
		s.frame(0x80|[]byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15}[t.below(10)], nil, p)
	case 5:
		s.breaks(longControl)
		s.frame(0x88+byte(t.below(3)), nil, bytes.Repeat([]byte("\x03\xe8"), 63+t.below(20)))
	case 6:
		s.breaks(cutControl)
		s.frame(0x08+byte(t.below(3)), nil, p)
	case 7:
		s.breaks(longForm)
		s.raw(b0, uint64(len(p)), []int{2, 8}[t.below(2)], s.fromClient, p)
	case 8:
		s.breaks(topBit)
		s.raw(b0, 1<<63|uint64(t.next()), 8, s.fromClient, p)
	}
}

// rsv1 returns the fault of RSV1 where compression does not allow it.
func (s *session) rsv1(fault string) string {
	if !s.compressed {
		return reservedBit
	}
	return fault
}

// codes are those that a peer may send.
var codes = []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}

// closes adds a close frame as it must be.
func closes(s *session, t *tape) {
	if t.next() < 100 {
		return
	}
	n := t.below(len(codes) + 1)
	if n == len(codes) {
		s.breaks(closesEmpty)
		s.frame(0x88, nil, nil)
		return
	}
	reason := some(t)
	for len(reason) > 123 || !utf8.Valid(reason) {
		reason = reason[:min(123, len(reason)-1)]
	}
	s.breaks(closesAs + strconv.Itoa(codes[n]))
	s.frame(0x88, code(codes[n]), reason)
}

func code(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }

// badClose adds a close frame that nobody may send.
func badClose(s *session, t *tape) {
	if t.next() < 128 {
		return
	}
	switch t.below(3) {
	case 0:
		s.breaks(closeOneByte)
		s.frame(0x88, nil, []byte{t.next()})
	case 1:
		s.breaks(badCode)
		s.frame(0x88, code([]int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}[t.below(13)]), nil)
	case 2:
		s.breaks(badReason)
		s.frame(0x88, code(1000), []byte(texts[invalidTexts+t.below(len(texts)-invalidTexts)]))
	}
}

// bigMessage adds a message at the limit or over it, or announces one.
func bigMessage(s *session, t *tape) {
	if s.open != 0 {
		s.continuation(true, nil)
	}
	switch t.below(4) {
	case 0:
		s.send(2, true, bytes.Repeat([]byte{7}, limit-t.below(2)))
	case 1:
		s.send(2, true, bytes.Repeat([]byte{7}, limit+1+t.below(2)))
	case 2:
		for i := range 3 {
			s.send(2, i == 2, bytes.Repeat([]byte{7}, limit/3+t.below(3)))
		}
	case 3:
		s.breaks(tooBig)
		s.raw(0x82, 1<<[]int{16, 31, 32, 62}[t.below(4)]+uint64(t.next()), 8, s.fromClient, some(t))
	}
}

// cut ends the session inside a frame.
func cut(s *session, t *tape) {
	if t.next() < 200 {
		return
	}
	if s.fault != "" || s.open == 1 && !utf8.Valid(s.data) || s.size > limit-20 {
		return // the half frame might be the fault
	}
	s.fault = endsCut // so that the message does not count
	before, open := len(s.wire), s.open
	s.send(2, true, []byte("half a frame"))
	s.open = open
	s.wire = s.wire[:before+1+t.below(len(s.wire)-before-1)]
	t.b = nil
}
