package faults

import (
	"encoding/binary"
	"net/netip"
)

// A flow is one direction of a TCP connection.
type flow struct{ source, dest netip.AddrPort }

// The flags of TCP that matter here (RFC 9293 §3.1).
const (
	flagFIN = 1 << 0
	flagSYN = 1 << 1
	flagRST = 1 << 2
	flagACK = 1 << 4
)

const (
	ipHeader  = 20 // bytes, without options
	tcpHeader = 20
	protoTCP  = 6
)

// parseTCP tells to which flow a packet belongs, and the sequence number behind it.
// It knows IPv4 only.
func parseTCP(p []byte) (f flow, next uint32, ok bool) {
	if len(p) < ipHeader+tcpHeader || p[0]>>4 != 4 || p[9] != protoTCP {
		return flow{}, 0, false
	}
	head := int(p[0]&0xF) * 4
	if head < ipHeader || len(p) < head+tcpHeader {
		return flow{}, 0, false
	}
	source, _ := netip.AddrFromSlice(p[12:16])
	dest, _ := netip.AddrFromSlice(p[16:20])
	tcp := p[head:]
	f = flow{
		netip.AddrPortFrom(source, binary.BigEndian.Uint16(tcp)),
		netip.AddrPortFrom(dest, binary.BigEndian.Uint16(tcp[2:])),
	}
	next = binary.BigEndian.Uint32(tcp[4:]) + uint32(len(tcp)-int(tcp[12]>>4)*4)
	if tcp[13]&(flagSYN|flagFIN) != 0 {
		next++
	}
	return f, next, true
}

// reset returns a packet that resets a flow at its destination: only the very next
// sequence number is believed (RFC 5961 §3.2).
func (f flow) reset(next uint32) []byte {
	p := make([]byte, ipHeader+tcpHeader)
	p[0] = 4<<4 | ipHeader/4
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	p[8], p[9] = 64, protoTCP
	copy(p[12:], f.source.Addr().AsSlice())
	copy(p[16:], f.dest.Addr().AsSlice())
	binary.BigEndian.PutUint16(p[10:], checksum(0, p[:ipHeader]))

	tcp := p[ipHeader:]
	binary.BigEndian.PutUint16(tcp, f.source.Port())
	binary.BigEndian.PutUint16(tcp[2:], f.dest.Port())
	binary.BigEndian.PutUint32(tcp[4:], next)
	tcp[12] = tcpHeader / 4 << 4
	tcp[13] = flagRST
	var pseudo [12]byte // RFC 9293 §3.1
	copy(pseudo[:], p[12:20])
	pseudo[9] = protoTCP
	binary.BigEndian.PutUint16(pseudo[10:], tcpHeader)
	binary.BigEndian.PutUint16(tcp[16:], checksum(sum(0, pseudo[:]), tcp))
	return p
}

func sum(start uint32, p []byte) uint32 {
	for ; len(p) >= 2; p = p[2:] {
		start += uint32(binary.BigEndian.Uint16(p))
	}
	return start
}

// checksum is that of the Internet (RFC 1071), of an even number of bytes.
func checksum(start uint32, p []byte) uint16 {
	s := sum(start, p)
	for s>>16 != 0 {
		s = s&0xFFFF + s>>16
	}
	return ^uint16(s)
}
