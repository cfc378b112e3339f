//go:build !purego

#include "textflag.h"

// A line has 64 bytes on all amd64 processors so far. An address may be anything: this
// instruction never faults.
//
//	SI address    CX lines left

// func Prefetch(p any, lines, stack int)
TEXT ·Prefetch(SB), NOSPLIT, $0-32
	MOVQ p_data+8(FP), SI
	MOVQ lines+16(FP), CX

next:
	PREFETCHT0 (SI)
	ADDQ       $64, SI
	DECQ       CX
	JG         next

	MOVQ SP, SI
	MOVQ stack+24(FP), CX

stack:
	PREFETCHT0 (SI)
	ADDQ       $64, SI
	DECQ       CX
	JG         stack
	RET
