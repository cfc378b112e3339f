package differential

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A variant is how a part of an opening handshake may look.
type variant struct {
	text string // for a request or a response; $ACCEPT is the right value of that header
	ok   bool   // it is to be accepted
	but  string // the libraries that decide otherwise
	why  string // it is not ok, or they decide otherwise
}

// A part is all variants of one part. The first one is the usual one.
type part []variant

// pick chooses variants by a tape: mostly the usual ones.
func pick(parts []part, t *tape) (picked []variant) {
	for _, p := range parts {
		n := 0
		if c := int(t.next()); c >= 160 {
			n = c % len(p)
		}
		picked = append(picked, p[n])
	}
	return picked
}

// verdict says whether a library accepts a handshake of these variants: each of
// them must do.
func verdict(library string, picked []variant) bool {
	for _, v := range picked {
		if v.ok == slices.Contains(strings.Fields(v.but), library) {
			return false
		}
	}
	return true
}

// text puts the variants together.
func text(picked []variant) string {
	var b strings.Builder
	for _, v := range picked {
		b.WriteString(v.text)
	}
	return b.String() + "\r\n"
}

// checkVerdicts compares what the libraries decide with what the table says.
func checkVerdicts(t *testing.T, picked []variant, decide func(library) bool) {
	t.Helper()
	for _, l := range slices.Concat([]library{ours}, others) {
		if got, want := decide(l), verdict(l.name, picked); got != want {
			t.Errorf("%s: accepted %v, want %v:\n%s", l.name, got, want, indent(text(picked)))
		}
	}
}

func indent(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		fmt.Fprintf(&b, "\t%q\n", line)
	}
	return b.String()
}

// everyVariant calls f with the usual parts, one of them exchanged.
func everyVariant(parts []part, f func(picked []variant)) {
	for i, p := range parts {
		for _, v := range p {
			picked := make([]variant, len(parts))
			for j := range parts {
				picked[j] = parts[j][0]
			}
			picked[i] = v
			f(picked)
		}
	}
}
