//go:build !purego

#include "textflag.h"

// func xorNEON(dst, src *byte, n int, k uint32)
//
// It goes as words in mask.go does. The last whole vector is read and masked first
// and written at the end; it may overlap vectors that are written in between. So
// there is no rest, and nothing outside of the n bytes is touched.
//
//	R0 dst    R1 src    R2 bytes before the last vector, counted down
//	R4 where the last vector goes
TEXT ·xorNEON(SB), NOSPLIT, $0-28
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  n+16(FP), R2
	MOVWU k+24(FP), R3

	// V0 is the key from its first byte on. V1 is the last vector: it begins at
	// byte n-16, which is byte n mod 4 of the key.
	VDUP R3, V0.S4
	LSL  $3, R2, R5
	RORW R5, R3, R3            // counts mod 32, as needed
	VDUP R3, V1.S4
	SUB  $16, R2
	ADD  R2, R0, R4
	ADD  R2, R1, R5
	VLD1 (R5), [V2.B16]
	VEOR V2.B16, V1.B16, V1.B16
	CMP  $64, R2
	BLT  one

four:
	VLD1.P 64(R1), [V2.B16, V3.B16, V4.B16, V5.B16]
	VEOR   V0.B16, V2.B16, V2.B16
	VEOR   V0.B16, V3.B16, V3.B16
	VEOR   V0.B16, V4.B16, V4.B16
	VEOR   V0.B16, V5.B16, V5.B16
	VST1.P [V2.B16, V3.B16, V4.B16, V5.B16], 64(R0)
	SUB    $64, R2
	CMP    $64, R2
	BGE    four

one:
	CMP    $0, R2
	BLE    last
	VLD1.P 16(R1), [V2.B16]
	VEOR   V0.B16, V2.B16, V2.B16
	VST1.P [V2.B16], 16(R0)
	SUB    $16, R2
	B      one

last:
	VST1 [V1.B16], (R4)
	RET
