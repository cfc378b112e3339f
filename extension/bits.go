package extension

import "fmt"

// ClaimedBits returns the reserved bits that exts claim together.
func ClaimedBits(exts []Extension) Bits {
	var claimed Bits
	for _, e := range exts {
		claimed |= e.Reserved()
	}
	return claimed
}

// CheckConflicts fails with an *[Error] if two of exts claim the same reserved
// bit (RFC 6455 §9.1 leaves no way to tell them apart). It names the later one.
func CheckConflicts(exts []Extension) error {
	for i, e := range exts {
		for _, earlier := range exts[:i] {
			if both := e.Reserved() & earlier.Reserved(); both != 0 {
				return &Error{Extension: e.Name(), Reason: fmt.Sprintf("claims %s, as %q does", both, earlier.Name())}
			}
		}
	}
	return nil
}

// String returns the names of the bits, for example "RSV1 RSV3", and "none" for
// the empty set.
func (b Bits) String() string {
	s := ""
	for i, name := range [...]string{"RSV1", "RSV2", "RSV3"} {
		if b&(1<<i) != 0 {
			s += " " + name
		}
	}
	if s == "" {
		return "none"
	}
	return s[1:]
}
