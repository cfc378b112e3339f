package main

import (
	"math"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
)

func TestSizesHaveUnits(t *testing.T) {
	for s, want := range map[string]int64{
		"1":                   1,
		"4096":                4096,
		"7B":                  7,
		"64KiB":               64 << 10,
		"64kib":               64 << 10,
		"64 MiB":              64 << 20,
		"2GiB":                2 << 30,
		"1kB":                 1000,
		"1KB":                 1000,
		"3MB":                 3e6,
		"5gb":                 5e9,
		"9223372036854775807": math.MaxInt64,
		"off":                 websockets.NoLimit,
		"OFF":                 websockets.NoLimit,
	} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
}

func TestSizesThatMakeNoSense(t *testing.T) {
	for _, s := range []string{"", "0", "-1", "1.5MiB", "MiB", "B", "1TiB", "1 2", "+5", "0x10", "9223372036854775808", "9223372036854775807KiB", "8589934592GiB"} {
		if got, err := parseSize(s); err == nil {
			t.Errorf("parseSize(%q) = %d, want an error", s, got)
		}
	}
}

func TestSizesPrintAsTheyRead(t *testing.T) {
	for _, n := range []int64{1, 1000, 1023, 1024, 1 << 20, 1<<20 + 1, 5 << 30, websockets.NoLimit} {
		if got, err := parseSize(formatSize(n)); err != nil || got != n {
			t.Errorf("parseSize(formatSize(%d)) = %d, %v", n, got, err)
		}
	}
	if got := formatSize(websockets.DefaultMaxMessageSize); got != "1MiB" {
		t.Errorf("the default size prints as %q", got)
	}
}

func TestDurationsCanBeOff(t *testing.T) {
	var d time.Duration
	f := durationFlag{value: &d}
	for s, want := range map[string]time.Duration{"250ms": 250 * time.Millisecond, "1m30s": 90 * time.Second, "off": websockets.Off, "Off": websockets.Off} {
		if err := f.Set(s); err != nil || d != want {
			t.Errorf("%q is %v, %v, want %v", s, d, err, want)
		}
	}
	if f.String() != "off" && d == websockets.Off {
		t.Errorf("off prints as %q", f.String())
	}
	for _, s := range []string{"", "0", "-1s", "5", "soon"} {
		if err := f.Set(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
	z := durationFlag{value: &d, zero: true}
	if err := z.Set("0"); err != nil || d != 0 {
		t.Errorf("0 is %v, %v where it has a meaning", d, err)
	}
	for _, s := range []string{"off", "-1ms"} {
		if err := z.Set(s); err == nil {
			t.Errorf("%q is accepted where 0 has a meaning", s)
		}
	}
}

func TestCountsCanBeOff(t *testing.T) {
	var n int
	f := countFlag{&n}
	for s, want := range map[string]int{"1": 1, "32": 32, "off": websockets.NoLimit} {
		if err := f.Set(s); err != nil || n != want || f.String() != s {
			t.Errorf("%q is %d (prints %q), %v, want %d", s, n, f, err, want)
		}
	}
	for _, s := range []string{"", "0", "-1", "1.5", "many"} {
		if err := f.Set(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}
