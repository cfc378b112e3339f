package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
)

// off is what switches a limit or a timeout off on the command line.
const off = "off"

// units are the units of sizes, the longest names first.
var units = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"kB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"B", 1},
}

var errSize = errors.New(`give bytes such as 4096, 64KiB, 1MiB or 1MB, or "off"`)

// parseSize reads a number of bytes, such as "4096" or "64MiB", or "off", which
// is [websockets.NoLimit]. The case of letters does not matter.
func parseSize(s string) (int64, error) {
	if strings.EqualFold(s, off) {
		return websockets.NoLimit, nil
	}
	number, factor := s, int64(1)
	for _, u := range units {
		if n := len(s) - len(u.name); n > 0 && strings.EqualFold(s[n:], u.name) {
			number, factor = s[:n], u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(strings.TrimRight(number, " "), 10, 63)
	if err != nil || n == 0 || n > uint64(math.MaxInt64/factor) {
		return 0, errSize
	}
	return int64(n) * factor, nil
}

// formatSize is the reverse of parseSize, in the largest unit that fits.
func formatSize(n int64) string {
	switch {
	case n < 0:
		return off
	case n >= 1<<30 && n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + "GiB"
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + "KiB"
	}
	return strconv.FormatInt(n, 10) + "B"
}

// A sizeFlag is a flag for a number of bytes.
type sizeFlag[T int | int64] struct{ value *T }

func (f sizeFlag[T]) String() string { return formatSize(int64(*f.value)) }
func (f sizeFlag[T]) Type() string   { return "size" }

func (f sizeFlag[T]) Set(s string) error {
	n, err := parseSize(s)
	if err != nil {
		return err
	}
	if int64(T(n)) != n {
		return errSize // more than an int holds
	}
	*f.value = T(n)
	return nil
}

// A countFlag is a flag for a number of things.
type countFlag struct{ value *int }

func (f countFlag) Type() string { return "count" }

func (f countFlag) String() string {
	if *f.value < 0 {
		return off
	}
	return strconv.Itoa(*f.value)
}

func (f countFlag) Set(s string) error {
	if strings.EqualFold(s, off) {
		*f.value = websockets.NoLimit
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n <= 0 {
		return errors.New(`give a number of at least 1, or "off"`)
	}
	*f.value = n
	return nil
}

// A durationFlag is a flag for a duration.
type durationFlag struct {
	value *time.Duration
	zero  bool // whether 0 is a value of its own; then there is no "off"
}

func (f durationFlag) Type() string { return "duration" }

func (f durationFlag) String() string {
	if *f.value < 0 {
		return off
	}
	return f.value.String()
}

func (f durationFlag) Set(s string) error {
	if !f.zero && strings.EqualFold(s, off) {
		*f.value = websockets.Off
		return nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err == nil && (d > 0 || f.zero && d == 0):
		*f.value = d
		return nil
	case f.zero:
		return fmt.Errorf("give a duration such as 500ms, 20s or 1m30s, or 0")
	}
	return fmt.Errorf("give a duration such as 500ms, 20s or 1m30s, or %q", off)
}
