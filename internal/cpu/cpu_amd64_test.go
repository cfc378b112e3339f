//go:build !purego

package cpu

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// A processor answers what the test wants.
type processor struct {
	highest    uint32
	ecx1, ebx7 uint32
	xcr0       uint32
}

func TestDetect(t *testing.T) {
	const all = ecx1SSSE3 | ecx1OSXSAVE | ecx1AVX
	tests := []struct {
		name        string
		p           processor
		ssse3, avx2 bool
	}{
		{"all", processor{7, all, ebx7AVX2, 7}, true, true},
		{"no leaf but 0", processor{0, all, ebx7AVX2, 7}, false, false},
		{"no leaf 7", processor{6, all, ebx7AVX2, 7}, true, false},
		{"nothing", processor{7, 0, 0, 0}, false, false},
		{"SSSE3 only", processor{7, ecx1SSSE3, 0, 0}, true, false},
		{"AVX without AVX2", processor{7, all, ^uint32(ebx7AVX2), 7}, true, false},
		{"AVX2 without AVX", processor{7, all &^ ecx1AVX, ebx7AVX2, 7}, true, false},
		{"a system that does not know XSAVE", processor{7, all &^ ecx1OSXSAVE, ebx7AVX2, 7}, true, false},
		{"a system that does not keep YMM", processor{7, all, ebx7AVX2, 3}, true, false},
		{"a system that does not keep XMM", processor{7, all, ebx7AVX2, 5}, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cpuid := func(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
				switch {
				case leaf > tt.p.highest || sub != 0:
					t.Errorf("leaf %d, sub-leaf %d: the processor does not have it", leaf, sub)
				case leaf == 0:
					eax = tt.p.highest
				case leaf == 1:
					ecx = tt.p.ecx1
				case leaf == 7:
					ebx = tt.p.ebx7
				}
				return
			}
			xgetbv := func() (eax, edx uint32) {
				if tt.p.ecx1&ecx1OSXSAVE == 0 {
					t.Error("XGETBV would fault")
				}
				return tt.p.xcr0, 0
			}
			if ssse3, avx2 := detect(cpuid, xgetbv); ssse3 != tt.ssse3 || avx2 != tt.avx2 {
				t.Errorf("detect = %t, %t; want %t, %t", ssse3, avx2, tt.ssse3, tt.avx2)
			}
		})
	}
}

// Linux has asked the processor too.
func TestLinuxSaysTheSame(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip("no /proc/cpuinfo to compare with")
	}
	for line := range strings.Lines(string(info)) {
		name, flags, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) != "flags" {
			continue
		}
		has := strings.Fields(flags)
		if want := slices.Contains(has, "ssse3"); SSSE3 != want {
			t.Errorf("SSSE3 = %t, Linux says %t", SSSE3, want)
		}
		if want := slices.Contains(has, "avx2"); AVX2 != want {
			t.Errorf("AVX2 = %t, Linux says %t", AVX2, want)
		}
		return
	}
	t.Skip("no flags in /proc/cpuinfo")
}
