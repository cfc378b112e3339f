//go:build !purego

#include "textflag.h"
#include "tables.h"

// The algorithm and its constants are explained in tables.h.

// CHECK leaves in err what is wrong with the bytes in cur, where V1, V2 and V3
// are the bytes one, two and three places before them. V4 and V5 are overwritten,
// V16 to V22 hold the constants.
//
// There is no instruction here for a subtraction that stops at zero: max(x, c) - c
// is the same.
#define CHECK(cur, err) \
	VUSHR $4, V1.B16, V4.B16             \
	VTBL  V4.B16, [V16.B16], V4.B16      \
	VAND  V19.B16, V1.B16, V1.B16        \
	VTBL  V1.B16, [V17.B16], V1.B16      \
	VUSHR $4, cur.B16, V5.B16            \
	VTBL  V5.B16, [V18.B16], V5.B16      \
	VAND  V4.B16, V1.B16, V1.B16         \
	VAND  V5.B16, V1.B16, V1.B16         \
	VUMAX V20.B16, V2.B16, V2.B16        \
	VSUB  V20.B16, V2.B16, V2.B16        \
	VUMAX V21.B16, V3.B16, V3.B16        \
	VSUB  V21.B16, V3.B16, V3.B16        \
	VORR  V2.B16, V3.B16, V3.B16         \
	VAND  V22.B16, V3.B16, V3.B16        \
	VEOR  V3.B16, V1.B16, err.B16

// LOOKBACK sets V1, V2 and V3 for cur and the vector before it.
#define LOOKBACK(prev, cur) \
	VEXT $15, cur.B16, prev.B16, V1.B16 \
	VEXT $14, cur.B16, prev.B16, V2.B16 \
	VEXT $13, cur.B16, prev.B16, V3.B16

// ANY sets R3 to a word that has all bits of v's two words.
#define ANY(v) \
	VMOV v.D[0], R3  \
	VMOV v.D[1], R4  \
	ORR  R4, R3, R3

// func prefixNEON(p *byte, n int) int
//
//	R0 next byte    R1 bytes from there on    R2 bytes seen to be good, returned
//	V23 the vector before R0
TEXT ·prefixNEON(SB), NOSPLIT, $0-24
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
	MOVD $0, R2

	MOVD $first_high<>(SB), R3
	VLD1 (R3), [V16.B16]
	MOVD $first_low<>(SB), R3
	VLD1 (R3), [V17.B16]
	MOVD $second_high<>(SB), R3
	VLD1 (R3), [V18.B16]
	MOVD $low_nibble<>(SB), R3
	VLD1 (R3), [V19.B16]
	MOVD $lead3<>(SB), R3
	VLD1 (R3), [V20.B16]
	MOVD $lead4<>(SB), R3
	VLD1 (R3), [V21.B16]
	MOVD $top_bit<>(SB), R3
	VLD1 (R3), [V22.B16]
	MOVD $closed<>(SB), R3
	VLD1 (R3), [V28.B16]

	// Before the text there is as good as ASCII.
	VEOR V23.B16, V23.B16, V23.B16

loop:
	CMP    $64, R1
	BLT    tail
	VLD1.P 64(R0), [V24.B16, V25.B16, V26.B16, V27.B16]
	VORR   V24.B16, V25.B16, V8.B16
	VORR   V26.B16, V27.B16, V9.B16
	VORR   V8.B16, V9.B16, V8.B16
	ANY(V8)
	TST    $0x8080808080808080, R3
	BEQ    ascii
	LOOKBACK(V23, V24)
	CHECK(V24, V8)
	LOOKBACK(V24, V25)
	CHECK(V25, V9)
	VORR   V9.B16, V8.B16, V8.B16
	LOOKBACK(V25, V26)
	CHECK(V26, V9)
	VORR   V9.B16, V8.B16, V8.B16
	LOOKBACK(V26, V27)
	CHECK(V27, V9)
	VORR   V9.B16, V8.B16, V8.B16
	B      verdict

ascii:
	// 64 bytes of ASCII are good unless they are in the middle of a character.
	VUMAX V28.B16, V23.B16, V8.B16
	VEOR  V28.B16, V8.B16, V8.B16

verdict:
	ANY(V8)
	CBNZ R3, done
	VMOV V27.B16, V23.B16
	SUB  $64, R1
	ADD  $64, R2
	B    loop

tail:
	CMP    $16, R1
	BLT    last
	VLD1.P 16(R0), [V24.B16]
	LOOKBACK(V23, V24)
	CHECK(V24, V8)
	ANY(V8)
	CBNZ   R3, done
	VMOV   V24.B16, V23.B16
	SUB    $16, R1
	ADD    $16, R2
	B      tail

last:
	// Less than 16 bytes: the last 16, some of them for a second time.
	CBZ  R1, done
	ADD  R1, R0
	SUB  $16, R0
	VLD1 (R0), [V24.B16]
	SUB  $1, R0
	VLD1 (R0), [V1.B16]
	SUB  $1, R0
	VLD1 (R0), [V2.B16]
	SUB  $1, R0
	VLD1 (R0), [V3.B16]
	CHECK(V24, V8)
	ANY(V8)
	CBNZ R3, done
	ADD  R1, R2

done:
	MOVD R2, ret+16(FP)
	RET
