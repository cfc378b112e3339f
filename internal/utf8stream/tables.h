// The algorithm is that of John Keiser and Daniel Lemire, "Validating UTF-8 In
// Less Than One Instruction Per Byte" (Software: Practice and Experience 51(5),
// 2021).
//
// Whether two bytes may follow one another shows in three nibbles: the high and
// the low one of the first byte, and the high one of the second. Each selects a
// byte from a table of 16 whose bits are the ways to be wrong that are possible
// with this nibble. A bit that is set in all three is an error:
//
//	01  11...... 0.......  11...... 11......   a character is cut short
//	02  0....... 10......                      a continuation out of nowhere
//	04  11100000 100.....                      overlong, three bytes
//	08  11110100 1001....  11110100 101.....   above U+10FFFF
//	    11110101 to 11111111, then 1001.... or 101.....
//	10  11101101 101.....                      a surrogate
//	20  1100000. 10......                      overlong, two bytes
//	40  11110000 1000....                      overlong, four bytes
//	    11110101 to 11111111, then 1000....    above U+10FFFF
//	80  10...... 10......                      two continuations
//
// The last is an error or not, depending on what is further to the left: a second
// continuation must stand two bytes behind a lead of three or four bytes, or three
// behind a lead of four, and must not stand elsewhere. So bit 80 is compared with
// that; what is left of the eight bits is zero where all is well.

// By the high nibble of the first byte.
DATA first_high<>+0(SB)/8, $0x0202020202020202
DATA first_high<>+8(SB)/8, $0x4915012180808080
GLOBL first_high<>(SB), RODATA|NOPTR, $16

// By the low nibble of the first byte.
DATA first_low<>+0(SB)/8, $0xcbcbcb8b8383a3e7
DATA first_low<>+8(SB)/8, $0xcbcbdbcbcbcbcbcb
GLOBL first_low<>(SB), RODATA|NOPTR, $16

// By the high nibble of the second byte.
DATA second_high<>+0(SB)/8, $0x0101010101010101
DATA second_high<>+8(SB)/8, $0x01010101babaaee6
GLOBL second_high<>(SB), RODATA|NOPTR, $16

DATA low_nibble<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA low_nibble<>+8(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL low_nibble<>(SB), RODATA|NOPTR, $16

// A lead of three bytes or more, less this, has its top bit set.
DATA lead3<>+0(SB)/8, $0x6060606060606060
DATA lead3<>+8(SB)/8, $0x6060606060606060
GLOBL lead3<>(SB), RODATA|NOPTR, $16

// A lead of four bytes, less this, has its top bit set.
DATA lead4<>+0(SB)/8, $0x7070707070707070
DATA lead4<>+8(SB)/8, $0x7070707070707070
GLOBL lead4<>(SB), RODATA|NOPTR, $16

DATA top_bit<>+0(SB)/8, $0x8080808080808080
DATA top_bit<>+8(SB)/8, $0x8080808080808080
GLOBL top_bit<>(SB), RODATA|NOPTR, $16

// What 16 bytes may be at most if no character goes on behind them.
DATA closed<>+0(SB)/8, $0xffffffffffffffff
DATA closed<>+8(SB)/8, $0xbfdfefffffffffff
GLOBL closed<>(SB), RODATA|NOPTR, $16
