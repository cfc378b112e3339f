//go:build unix

package bench

import (
	"fmt"
	"net"
	"syscall"
	"testing"
)

// BenchmarkEcho is the work for a message of a kilobyte that comes in and goes out
// again, by one connection or by many in turn. cpu-ns/op is the time on processors
// of the whole process: what a candidate takes with compression off is for the
// client, the kernel and the rest of the library.
func BenchmarkEcho(b *testing.B) {
	list := messages(61)
	for _, c := range candidates {
		for _, n := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				ln, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					b.Fatal(err)
				}
				c.serve(b, ln)
				var clients []*rawClient
				agreed := ""
				for range n {
					conn, err := net.Dial("tcp", ln.Addr().String())
					if err != nil {
						b.Fatal(err)
					}
					defer conn.Close()
					clients = append(clients, &rawClient{conn: conn})
					agreed = clients[len(clients)-1].open(b)
				}
				frames := wires(b, list, agreed != "")
				for i := range 4 * len(frames) {
					clients[i%n].echo(b, frames[i%len(frames)])
				}
				i, out := 0, 0
				b.ReportAllocs()
				start := processorTime()
				for b.Loop() {
					out += clients[i%n].echo(b, frames[i%len(frames)])
					i++
				}
				b.ReportMetric(float64(processorTime()-start)/float64(i), "cpu-ns/op")
				b.ReportMetric(float64(out)/float64(i), "wire-B/op")
			})
		}
	}
}

func processorTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
