#include "textflag.h"

// Four vectors of 8 hold the 32 lanes of a panel. Sixteen registers hold eight
// accumulators of two vectors by four rows or pixels; a panel is two such halves
// and eight rows two quarters, so a tile is taken in four goes.

// masks<> has eight lanes of ones and eight of none: a load from 32−4·m bytes in
// is a mask of the first m lanes.
DATA masks<>+0(SB)/8, $0xffffffffffffffff
DATA masks<>+8(SB)/8, $0xffffffffffffffff
DATA masks<>+16(SB)/8, $0xffffffffffffffff
DATA masks<>+24(SB)/8, $0xffffffffffffffff
DATA masks<>+32(SB)/8, $0
DATA masks<>+40(SB)/8, $0
DATA masks<>+48(SB)/8, $0
DATA masks<>+56(SB)/8, $0
GLOBL masks<>(SB), RODATA|NOPTR, $64

// MASK sets y to the lanes below CX, at most eight, and takes them off CX.
#define MASK(y) \
	MOVQ $8, BX; \
	CMPQ CX, BX; \
	CMOVQLT CX, BX; \
	SUBQ BX, CX; \
	NEGQ BX; \
	LEAQ masks<>+32(SB), AX; \
	VMOVUPS (AX)(BX*4), y

#define CENTRE(off, mask, shift, sum) \
	VMASKMOVPS off(SI), mask, Y12; \
	VSUBPS shift, Y12, Y12; \
	VMOVUPS Y12, off(DI); \
	VADDPS Y12, sum, sum

// func centreAVX2(dst, src, shift, sum *float32, n, lanes, stride int)
TEXT ·centreAVX2(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ shift+16(FP), DX
	MOVQ sum+24(FP), R8
	MOVQ n+32(FP), R9
	MOVQ lanes+40(FP), CX
	MOVQ stride+48(FP), R10
	SHLQ $2, R10
	MASK(Y8)
	MASK(Y9)
	MASK(Y10)
	MASK(Y11)
	VMOVUPS (DX), Y0
	VMOVUPS 32(DX), Y1
	VMOVUPS 64(DX), Y2
	VMOVUPS 96(DX), Y3
	VMOVUPS (R8), Y4
	VMOVUPS 32(R8), Y5
	VMOVUPS 64(R8), Y6
	VMOVUPS 96(R8), Y7
loop:
	CENTRE(0, Y8, Y0, Y4)
	CENTRE(32, Y9, Y1, Y5)
	CENTRE(64, Y10, Y2, Y6)
	CENTRE(96, Y11, Y3, Y7)
	ADDQ R10, SI
	ADDQ $128, DI
	DECQ R9
	JNZ loop
	VMOVUPS Y4, (R8)
	VMOVUPS Y5, 32(R8)
	VMOVUPS Y6, 64(R8)
	VMOVUPS Y7, 96(R8)
	VZEROUPPER
	RET

#define ZERO8 \
	VXORPS Y0, Y0, Y0; VXORPS Y1, Y1, Y1; VXORPS Y2, Y2, Y2; VXORPS Y3, Y3, Y3; \
	VXORPS Y4, Y4, Y4; VXORPS Y5, Y5, Y5; VXORPS Y6, Y6, Y6; VXORPS Y7, Y7, Y7

// STEP multiplies the two vectors Y8, Y9 by one number and adds.
#define STEP(mem, b, lo, hi) \
	VBROADCASTSS mem, b; \
	VFMADD231PS Y8, b, lo; \
	VFMADD231PS Y9, b, hi

#define ADDROW(lo, hi) \
	VADDPS (BX), lo, lo; \
	VADDPS 32(BX), hi, hi; \
	VMOVUPS lo, (BX); \
	VMOVUPS hi, 32(BX); \
	ADDQ R8, BX

// func tileAVX2(c, a, b *float32, stride, n int)
TEXT ·tileAVX2(SB), NOSPLIT, $0-40
	MOVQ c+0(FP), DI
	MOVQ stride+24(FP), R8
	MOVQ $2, R12         // halves of the columns
	MOVQ $0, R10
half:
	MOVQ $0, R11         // quarters of the rows: 0 and 16 bytes into b
	LEAQ (DI)(R10*1), BX
quarter:
	MOVQ a+8(FP), SI
	ADDQ R10, SI
	MOVQ b+16(FP), DX
	ADDQ R11, DX
	MOVQ n+32(FP), R9
	ZERO8
loop:
	VMOVUPS (SI), Y8
	VMOVUPS 32(SI), Y9
	STEP(0(DX), Y10, Y0, Y1)
	STEP(4(DX), Y11, Y2, Y3)
	STEP(8(DX), Y12, Y4, Y5)
	STEP(12(DX), Y13, Y6, Y7)
	ADDQ $128, SI
	ADDQ $128, DX
	DECQ R9
	JNZ loop
	ADDROW(Y0, Y1)
	ADDROW(Y2, Y3)
	ADDROW(Y4, Y5)
	ADDROW(Y6, Y7)
	ADDQ $16, R11
	CMPQ R11, $32
	JLT quarter
	ADDQ $64, R10
	DECQ R12
	JNZ half
	VZEROUPPER
	RET

// SQUARE adds the squares of two accumulators to a third.
#define SQUARE(lo, hi, sum) \
	VFMADD231PS lo, lo, sum; \
	VFMADD231PS hi, hi, sum

// REDUCE adds the eight lanes of a vector into out.
#define REDUCE(y, off) \
	VMOVAPS y, Y9; \
	VEXTRACTF128 $1, Y9, X8; \
	VADDPS X8, X9, X9; \
	VHADDPS X9, X9, X9; \
	VHADDPS X9, X9, X9; \
	VMOVSS X9, off(DI)

// func norm2AVX2(out, x, w *float32, panels, panelBytes int)
// Four pixels at a time, and of the 32 rows of a panel 16.
TEXT ·norm2AVX2(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ panels+24(FP), R8
	MOVQ panelBytes+32(FP), R9
	MOVQ $2, R13         // fours of pixels
four:
	MOVQ w+16(FP), DX
	MOVQ $1, R10
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	VXORPS Y14, Y14, Y14
	VXORPS Y15, Y15, Y15
rows:
	MOVQ $0, AX          // halves of the rows, bytes into a column of w
half:
	ZERO8
	MOVQ SI, R11
	MOVQ R10, R12
	MOVQ DX, R14
columns:
	MOVQ R11, BX
	MOVQ $32, CX
loop:
	VMOVUPS (R14)(AX*1), Y8
	VMOVUPS 32(R14)(AX*1), Y9
	STEP(0(BX), Y10, Y0, Y1)
	STEP(128(BX), Y11, Y2, Y3)
	STEP(256(BX), Y10, Y4, Y5)
	STEP(384(BX), Y11, Y6, Y7)
	ADDQ $128, R14
	ADDQ $4, BX
	DECQ CX
	JNZ loop
	ADDQ R9, R11
	DECQ R12
	JNZ columns
	SQUARE(Y0, Y1, Y12)
	SQUARE(Y2, Y3, Y13)
	SQUARE(Y4, Y5, Y14)
	SQUARE(Y6, Y7, Y15)
	ADDQ $64, AX
	CMPQ AX, $128
	JLT half
	MOVQ R14, DX
	INCQ R10
	CMPQ R10, R8
	JLE rows
	REDUCE(Y12, 0)
	REDUCE(Y13, 4)
	REDUCE(Y14, 8)
	REDUCE(Y15, 12)
	ADDQ $16, DI
	ADDQ $512, SI
	DECQ R13
	JNZ four
	VZEROUPPER
	RET

// func dotAVX2(out, x, w *float32, panels, panelBytes int)
TEXT ·dotAVX2(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ w+16(FP), DX
	MOVQ panels+24(FP), R8
	MOVQ panelBytes+32(FP), R9
	ZERO8
panel:
	MOVQ $0, AX          // quarters of a panel
quarter:
	VMOVUPS (DX)(AX*1), Y8
	VFMADD231PS 0(SI)(AX*1), Y8, Y0
	VFMADD231PS 128(SI)(AX*1), Y8, Y1
	VFMADD231PS 256(SI)(AX*1), Y8, Y2
	VFMADD231PS 384(SI)(AX*1), Y8, Y3
	VFMADD231PS 512(SI)(AX*1), Y8, Y4
	VFMADD231PS 640(SI)(AX*1), Y8, Y5
	VFMADD231PS 768(SI)(AX*1), Y8, Y6
	VFMADD231PS 896(SI)(AX*1), Y8, Y7
	ADDQ $32, AX
	CMPQ AX, $128
	JLT quarter
	ADDQ $128, DX
	ADDQ R9, SI
	DECQ R8
	JNZ panel
	REDUCE(Y0, 0)
	REDUCE(Y1, 4)
	REDUCE(Y2, 8)
	REDUCE(Y3, 12)
	REDUCE(Y4, 16)
	REDUCE(Y5, 20)
	REDUCE(Y6, 24)
	REDUCE(Y7, 28)
	VZEROUPPER
	RET
