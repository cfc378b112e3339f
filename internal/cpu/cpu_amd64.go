//go:build !purego

package cpu

// SSSE3 and AVX2 are true if the processor has the instructions and, for AVX2,
// the system keeps the wide registers when it switches between threads. SSE2
// needs no question: every amd64 processor has it.
var SSSE3, AVX2 = detect(cpuid, xgetbv)

// The bits that CPUID and XGETBV answer with (Intel 64 and IA-32 Architectures
// Software Developer's Manual, volume 2A, CPUID, and volume 1, §14.3).
const (
	ecx1SSSE3   = 1 << 9
	ecx1OSXSAVE = 1 << 27 // the system has enabled XGETBV
	ecx1AVX     = 1 << 28
	ebx7AVX2    = 1 << 5
	xcr0SSEAVX  = 1<<1 | 1<<2 // the system keeps the XMM and the YMM registers
)

// detect asks the processor. A question above the highest leaf would be answered
// with something else, and XGETBV faults unless it is enabled.
func detect(cpuid func(leaf, sub uint32) (eax, ebx, ecx, edx uint32), xgetbv func() (eax, edx uint32)) (ssse3, avx2 bool) {
	highest, _, _, _ := cpuid(0, 0)
	if highest < 1 {
		return false, false
	}
	_, _, ecx1, _ := cpuid(1, 0)
	ssse3 = ecx1&ecx1SSSE3 != 0
	const avx = ecx1OSXSAVE | ecx1AVX
	if highest < 7 || ecx1&avx != avx {
		return ssse3, false
	}
	if xcr0, _ := xgetbv(); xcr0&xcr0SSEAVX != xcr0SSEAVX {
		return ssse3, false
	}
	_, ebx7, _, _ := cpuid(7, 0)
	return ssse3, ebx7&ebx7AVX2 != 0
}

// cpuid is the instruction CPUID with a leaf in EAX and a sub-leaf in ECX.
func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)

// xgetbv is the instruction XGETBV for register 0.
func xgetbv() (eax, edx uint32)
