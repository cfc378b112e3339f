//go:build !purego

#include "textflag.h"
#include "tables.h"

// The algorithm and its constants are explained in tables.h.

// CHECK2 leaves in Y1 what is wrong with the 32 bytes in Y0, where Y1, Y2 and Y3
// are the bytes one, two and three places before them. Y4 is overwritten, Y9 to
// Y15 hold the constants.
#define CHECK2 \
	VPSRLW   $4, Y1, Y4    \
	VPAND    Y12, Y4, Y4   \
	VPSHUFB  Y4, Y15, Y4   \
	VPAND    Y12, Y1, Y1   \
	VPSHUFB  Y1, Y14, Y1   \
	VPSRLW   $4, Y0, Y0    \
	VPAND    Y12, Y0, Y0   \
	VPSHUFB  Y0, Y13, Y0   \
	VPAND    Y4, Y1, Y1    \
	VPAND    Y0, Y1, Y1    \
	VPSUBUSB Y11, Y2, Y2   \
	VPSUBUSB Y10, Y3, Y3   \
	VPOR     Y2, Y3, Y3    \
	VPAND    Y9, Y3, Y3    \
	VPXOR    Y3, Y1, Y1

// func prefixAVX2(p *byte, n int) int
//
//	SI p    CX n    DX bytes seen to be good, returned
TEXT ·prefixAVX2(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX

	VBROADCASTI128 first_high<>(SB), Y15
	VBROADCASTI128 first_low<>(SB), Y14
	VBROADCASTI128 second_high<>(SB), Y13
	VBROADCASTI128 low_nibble<>(SB), Y12
	VBROADCASTI128 lead3<>(SB), Y11
	VBROADCASTI128 lead4<>(SB), Y10
	VBROADCASTI128 top_bit<>(SB), Y9

	// The first 32 bytes: zeros are shifted in from the left.
	XORL       DX, DX
	VMOVDQU    (SI), Y0
	VPERM2I128 $0x08, Y0, Y0, Y4
	VPALIGNR   $15, Y4, Y0, Y1
	VPALIGNR   $14, Y4, Y0, Y2
	VPALIGNR   $13, Y4, Y0, Y3
	CHECK2
	VPTEST     Y1, Y1
	JNZ        avx2done
	MOVL       $32, DX
	LEAQ       -64(CX), R9
	LEAQ       -128(CX), R10

avx2loop:
	// 64 bytes. What is before them is read again from memory: that is cheaper
	// than to shift it in.
	CMPQ      DX, R9
	JG        avx2tail
	VMOVDQU   (SI)(DX*1), Y0
	VMOVDQU   32(SI)(DX*1), Y5
	VPOR      Y0, Y5, Y1
	VPMOVMSKB Y1, AX
	TESTL     AX, AX
	JZ        avx2ascii
	VMOVDQU   -1(SI)(DX*1), Y1
	VMOVDQU   -2(SI)(DX*1), Y2
	VMOVDQU   -3(SI)(DX*1), Y3
	CHECK2
	VMOVDQA   Y1, Y6
	VMOVDQA   Y5, Y0
	VMOVDQU   31(SI)(DX*1), Y1
	VMOVDQU   30(SI)(DX*1), Y2
	VMOVDQU   29(SI)(DX*1), Y3
	CHECK2
	VPOR      Y6, Y1, Y1
	VPTEST    Y1, Y1
	JNZ       avx2done
	ADDQ      $64, DX
	JMP       avx2loop

avx2ascii:
	// 64 bytes of ASCII are good unless they are in the middle of a character.
	VMOVDQU  -16(SI)(DX*1), X1
	VPSUBUSB closed<>(SB), X1, X1
	VPTEST   X1, X1
	JNZ      avx2done
	ADDQ     $64, DX

avx2more:
	// Behind ASCII, more ASCII needs no look to the left.
	CMPQ      DX, R10
	JG        avx2loop
	VMOVDQU   (SI)(DX*1), Y0
	VPOR      32(SI)(DX*1), Y0, Y0
	VMOVDQU   64(SI)(DX*1), Y1
	VPOR      96(SI)(DX*1), Y1, Y1
	VPOR      Y0, Y1, Y1
	VPMOVMSKB Y1, AX
	TESTL     AX, AX
	JNZ       avx2loop
	ADDQ      $128, DX
	JMP       avx2more

avx2tail:
	// Less than 64 bytes: the last 32 may be checked in part for a second time.
	CMPQ    DX, CX
	JGE     avx2done
	LEAQ    -32(CX), R8
	CMPQ    DX, R8
	CMOVQLT DX, R8
	VMOVDQU (SI)(R8*1), Y0
	VMOVDQU -1(SI)(R8*1), Y1
	VMOVDQU -2(SI)(R8*1), Y2
	VMOVDQU -3(SI)(R8*1), Y3
	CHECK2
	VPTEST  Y1, Y1
	JNZ     avx2done
	LEAQ    32(R8), DX
	JMP     avx2tail

avx2done:
	VZEROUPPER
	MOVQ DX, ret+16(FP)
	RET

// CHECK1 is CHECK2 for the 16 bytes in X0. X4 and X5 are overwritten.
#define CHECK1 \
	MOVO    X1, X5    \
	PSRLW   $4, X5    \
	PAND    X12, X5   \
	MOVO    X15, X4   \
	PSHUFB  X5, X4    \
	PAND    X12, X1   \
	MOVO    X14, X5   \
	PSHUFB  X1, X5    \
	PSRLW   $4, X0    \
	PAND    X12, X0   \
	MOVO    X13, X1   \
	PSHUFB  X0, X1    \
	PAND    X4, X1    \
	PAND    X5, X1    \
	PSUBUSB X11, X2   \
	PSUBUSB X10, X3   \
	POR     X2, X3    \
	PAND    X9, X3    \
	PXOR    X3, X1

// ALLZERO sets the flag for equal if X1 is zero. X8 is.
#define ALLZERO \
	PCMPEQB  X8, X1   \
	PMOVMSKB X1, AX   \
	CMPL     AX, $0xFFFF

// func prefixSSSE3(p *byte, n int) int
//
// The same, in steps of half the size.
TEXT ·prefixSSSE3(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX

	MOVOU first_high<>(SB), X15
	MOVOU first_low<>(SB), X14
	MOVOU second_high<>(SB), X13
	MOVOU low_nibble<>(SB), X12
	MOVOU lead3<>(SB), X11
	MOVOU lead4<>(SB), X10
	MOVOU top_bit<>(SB), X9
	PXOR  X8, X8

	XORL  DX, DX
	MOVOU (SI), X0
	MOVO  X0, X1
	MOVO  X0, X2
	MOVO  X0, X3
	PSLLO $1, X1
	PSLLO $2, X2
	PSLLO $3, X3
	CHECK1
	ALLZERO
	JNE   ssse3done
	MOVL  $16, DX
	LEAQ  -32(CX), R9
	LEAQ  -64(CX), R10

ssse3loop:
	CMPQ     DX, R9
	JG       ssse3tail
	MOVOU    (SI)(DX*1), X0
	MOVOU    16(SI)(DX*1), X7
	MOVO     X0, X1
	POR      X7, X1
	PMOVMSKB X1, AX
	TESTL    AX, AX
	JZ       ssse3ascii
	MOVOU    -1(SI)(DX*1), X1
	MOVOU    -2(SI)(DX*1), X2
	MOVOU    -3(SI)(DX*1), X3
	CHECK1
	MOVO     X1, X6
	MOVO     X7, X0
	MOVOU    15(SI)(DX*1), X1
	MOVOU    14(SI)(DX*1), X2
	MOVOU    13(SI)(DX*1), X3
	CHECK1
	POR      X6, X1
	ALLZERO
	JNE      ssse3done
	ADDQ     $32, DX
	JMP      ssse3loop

ssse3ascii:
	MOVOU   -16(SI)(DX*1), X1
	MOVOU   closed<>(SB), X2
	PSUBUSB X2, X1
	ALLZERO
	JNE     ssse3done
	ADDQ    $32, DX

ssse3more:
	CMPQ     DX, R10
	JG       ssse3loop
	MOVOU    (SI)(DX*1), X0
	MOVOU    16(SI)(DX*1), X1
	MOVOU    32(SI)(DX*1), X2
	MOVOU    48(SI)(DX*1), X3
	POR      X1, X0
	POR      X3, X2
	POR      X2, X0
	PMOVMSKB X0, AX
	TESTL    AX, AX
	JNZ      ssse3loop
	ADDQ     $64, DX
	JMP      ssse3more

ssse3tail:
	CMPQ    DX, CX
	JGE     ssse3done
	LEAQ    -16(CX), R8
	CMPQ    DX, R8
	CMOVQLT DX, R8
	MOVOU   (SI)(R8*1), X0
	MOVOU   -1(SI)(R8*1), X1
	MOVOU   -2(SI)(R8*1), X2
	MOVOU   -3(SI)(R8*1), X3
	CHECK1
	ALLZERO
	JNE     ssse3done
	LEAQ    16(R8), DX
	JMP     ssse3tail

ssse3done:
	MOVQ DX, ret+16(FP)
	RET
