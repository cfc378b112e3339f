package http11

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestLimits(t *testing.T) {
	request := func(target, headers int, value string) string {
		return "GET /" + strings.Repeat("a", target-1) + " HTTP/1.1\r\n" +
			strings.Repeat("A:"+value+"\r\n", headers) + "\r\n"
	}
	const start = len("GET  HTTP/1.1") // a request line without its target
	long := func(n int) string { return strings.Repeat("b", n) }
	tests := []struct {
		name    string
		message string
		limits  Limits
		status  int // 0: accepted
	}{
		{"default line", request(8<<10-start, 0, ""), Limits{}, 0},
		{"default line + 1", request(8<<10-start+1, 0, ""), Limits{}, 414},
		{"default header line", request(1, 1, long(8<<10-2)), Limits{}, 0},
		{"default header line + 1", request(1, 1, long(8<<10-1)), Limits{}, 431},
		{"default headers", request(1, 128, ""), Limits{}, 0},
		{"default headers + 1", request(1, 129, ""), Limits{}, 431},
		{"default bytes", request(1, 64, long(1<<10-4-1)) /* 64 KiB less 64 + 18 */, Limits{}, 0},
		{"default bytes + many", request(1, 64, long(1<<10-4)), Limits{}, 431},
		{"64 KiB cookie", request(1, 1, long(64<<10)), Limits{}, 431},

		{"own line", request(20-start, 1, long(18)), Limits{MaxLine: 20}, 0},
		{"own line + 1", request(21-start, 1, long(18)), Limits{MaxLine: 20}, 414},
		{"own header line + 1", request(20-start, 1, long(19)), Limits{MaxLine: 20}, 431},
		{"own headers", request(1, 3, ""), Limits{MaxHeaders: 3}, 0},
		{"own headers + 1", request(1, 4, ""), Limits{MaxHeaders: 3}, 431},
		{"own bytes", request(1, 2, ""), Limits{MaxHeaderBytes: 16 + 2*4 + 2}, 0},
		{"own bytes + 1", request(1, 2, ""), Limits{MaxHeaderBytes: 16 + 2*4 + 1}, 431},
		{"own bytes, in the request line", request(1, 2, ""), Limits{MaxHeaderBytes: 15}, 414},

		{"no limit", request(1<<20, 1000, long(100)), unlimited, 0},
		{"no line limit", request(1, 1, long(20<<10)), Limits{MaxLine: -1}, 0},
		{"no line limit, total", request(1, 1, long(65<<10)), Limits{MaxLine: -1}, 431},
	}
	for _, test := range tests {
		for way, r := range readers(test.message) {
			_, _, err := ReadRequest(r, test.limits)
			status := 0
			if err != nil {
				e, ok := errors.AsType[*MessageError](err)
				if !ok || e.Status == 0 {
					t.Errorf("%s, %s: %v", test.name, way, err)
					continue
				}
				status = e.Status
			}
			if status != test.status {
				t.Errorf("%s, %s: status %d, want %d: %v", test.name, way, status, test.status, err)
			}
		}
	}
}

// endless gives the same bytes again and again, and counts them.
type endless struct {
	bytes string
	n     int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.bytes[(e.n+i)%len(e.bytes)]
	}
	e.n += len(p)
	return len(p), nil
}

// What a peer sends without end is read up to the limits and not kept.
func TestEndlessInputIsBounded(t *testing.T) {
	starts := map[string]*endless{
		"":                                   {bytes: "a"},
		"GET /":                              {bytes: "a"},
		"GET / HTTP/1.1\r\nA: ":              {bytes: " "},
		"GET / HTTP/1.1\r\nB: 2\r\n":         {bytes: "A:\r\n"},
		"GET / HTTP/1.1\r\nCookie: 1\r\n":    {bytes: "Cookie: 1\r\n"},
		"GET / HTTP/1.1\r\nHost: a\r\nLong-": {bytes: "Name"},
	}
	for start, e := range starts {
		for _, size := range []int{16, 4096} {
			e.n = 0
			r := bufio.NewReaderSize(io.MultiReader(strings.NewReader(start), e), size)
			_, _, err := ReadRequest(r, Limits{})
			if m, ok := errors.AsType[*MessageError](err); !ok || m.Status != 414 && m.Status != 431 {
				t.Errorf("%q: %v", start, err)
			}
			if e.n > 64<<10+size {
				t.Errorf("%q, buffer of %d: %d bytes read", start, size, e.n)
			}
		}
	}
}

// 64 KiB in single bytes must not be looked at again and again: the memory that
// it takes grows in proportion.
func TestHeaderLinesTakeLinearMemory(t *testing.T) {
	message := func(n int) string { return "GET / HTTP/1.1\r\nA: " + strings.Repeat("b", n) + "\r\n\r\n" }
	allocs := func(s string) float64 {
		return testing.AllocsPerRun(3, func() {
			r := bufio.NewReaderSize(iotest.OneByteReader(strings.NewReader(s)), 16)
			if _, _, err := ReadRequest(r, unlimited); err != nil {
				t.Error(err)
			}
		})
	}
	if a, b := allocs(message(32<<10)), allocs(message(64<<10)); b > 2*a {
		t.Errorf("%v allocations for 32 KiB, %v for 64 KiB", a, b)
	}
}
