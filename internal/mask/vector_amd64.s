//go:build !purego

#include "textflag.h"

// Both kernels go as words in mask.go does. The last whole vector is read and
// masked first and written at the end; it may overlap vectors that are written in
// between. So there is no rest, and nothing outside of the n bytes is touched.
// Loads and stores need no alignment.
//
// That last vector begins at byte n-16 or n-32 of the payload, which is byte
// n mod 4 of the key: as a little-endian word the key is turned right by 8n bits.
//
//	DI dst    SI src    CX n    DX offset    R8 offset of the last vector

// func xorAVX2(dst, src *byte, n int, k uint32)
TEXT ·xorAVX2(SB), NOSPLIT, $0-28
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVL k+24(FP), AX

	// Y0 is the key from its first byte on, Y1 the last vector.
	VMOVD        AX, X0
	VPBROADCASTD X0, Y0
	LEAQ         -32(CX), R8
	SHLQ         $3, CX                // a rotation counts mod 32, as needed
	RORL         CX, AX
	VMOVD        AX, X1
	VPBROADCASTD X1, Y1
	VPXOR        (SI)(R8*1), Y1, Y1
	XORL         DX, DX
	LEAQ         -96(R8), R9           // from here on, less than four vectors are left
	CMPQ         DX, R9
	JGE          avx2one

avx2four:
	VPXOR   (SI)(DX*1), Y0, Y2
	VPXOR   32(SI)(DX*1), Y0, Y3
	VPXOR   64(SI)(DX*1), Y0, Y4
	VPXOR   96(SI)(DX*1), Y0, Y5
	VMOVDQU Y2, (DI)(DX*1)
	VMOVDQU Y3, 32(DI)(DX*1)
	VMOVDQU Y4, 64(DI)(DX*1)
	VMOVDQU Y5, 96(DI)(DX*1)
	ADDQ    $128, DX
	CMPQ    DX, R9
	JLT     avx2four

avx2one:
	CMPQ    DX, R8
	JGE     avx2last
	VPXOR   (SI)(DX*1), Y0, Y2
	VMOVDQU Y2, (DI)(DX*1)
	ADDQ    $32, DX
	JMP     avx2one

avx2last:
	VMOVDQU    Y1, (DI)(R8*1)
	VZEROUPPER
	RET

// func xorSSE2(dst, src *byte, n int, k uint32)
TEXT ·xorSSE2(SB), NOSPLIT, $0-28
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVL k+24(FP), AX

	// X0 is the key from its first byte on, X1 the last vector.
	MOVD   AX, X0
	PSHUFD $0, X0, X0
	LEAQ   -16(CX), R8
	SHLQ   $3, CX
	RORL   CX, AX
	MOVD   AX, X1
	PSHUFD $0, X1, X1
	MOVOU  (SI)(R8*1), X2
	PXOR   X2, X1
	XORL   DX, DX
	LEAQ   -48(R8), R9         // from here on, less than four vectors are left
	CMPQ   DX, R9
	JGE    sse2one

sse2four:
	MOVOU (SI)(DX*1), X2
	MOVOU 16(SI)(DX*1), X3
	MOVOU 32(SI)(DX*1), X4
	MOVOU 48(SI)(DX*1), X5
	PXOR  X0, X2
	PXOR  X0, X3
	PXOR  X0, X4
	PXOR  X0, X5
	MOVOU X2, (DI)(DX*1)
	MOVOU X3, 16(DI)(DX*1)
	MOVOU X4, 32(DI)(DX*1)
	MOVOU X5, 48(DI)(DX*1)
	ADDQ  $64, DX
	CMPQ  DX, R9
	JLT   sse2four

sse2one:
	CMPQ  DX, R8
	JGE   sse2last
	MOVOU (SI)(DX*1), X2
	PXOR  X0, X2
	MOVOU X2, (DI)(DX*1)
	ADDQ  $16, DX
	JMP   sse2one

sse2last:
	MOVOU X1, (DI)(R8*1)
	RET
