// Command serve runs one candidate of the comparison as a process of its own, so
// that what it takes can be told from what its clients take. compare starts it; by
// hand it is for profiles:
//
//	go run ./bench/cmd/serve -candidate ours -cpuprofile cpu.out
//
// It prints the address, and then answers each line of standard input: "stats"
// with [Stats] as JSON, "settle" with the same after a garbage collection. It ends
// with standard input.
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"

	"github.com/go-websockets/websockets/bench/servers"
)

// Stats is the state of the process.
type Stats struct {
	Mallocs    uint64  // objects allocated so far
	Memory     uint64  // bytes of heap and stacks in use
	Goroutines int     // now
	Hearing    int     // connections that hear what is said
	PauseMax   float64 // seconds: the longest time the collector stopped the program
	PauseP99   float64
	Cycles     uint64 // of the collector
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("serve: ")
	name := flag.String("candidate", "ours", "which `candidate`")
	compression := flag.String("compression", string(servers.Off), "off, no-takeover or takeover")
	opening := flag.Bool("opening", false, "connections only open and close")
	useTLS := flag.Bool("tls", false, "speak TLS, with a certificate made for the occasion")
	addr := flag.String("addr", "127.0.0.1:0", "`address` to listen on")
	profile := flag.String("cpuprofile", "", "write a profile of the processor to this `file`")
	flag.Parse()
	candidate, err := servers.Find(*name)
	if err != nil {
		log.Fatal(err)
	}
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ln.Addr())
	if *useTLS {
		certificate, err := servers.Certificate()
		if err != nil {
			log.Fatal(err)
		}
		ln = tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{certificate}})
	}
	if *profile != "" {
		defer startProfile(*profile)()
	}
	go func() {
		log.Fatal(candidate.Serve(ln, servers.Setup{
			Compression: servers.Compression(*compression), Opening: *opening,
		}))
	}()
	answer()
}

func startProfile(name string) (stop func()) {
	f, err := os.Create(name)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		log.Fatal(err)
	}
	return func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			log.Print(err)
		}
	}
}

// answer answers what the runner asks, until it has no more questions.
func answer() {
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if lines.Text() == "settle" {
			for range 3 { // a pool forgets at the second
				runtime.GC()
			}
			debug.FreeOSMemory()
		}
		if err := out.Encode(stats()); err != nil {
			log.Fatal(err)
		}
	}
}

func stats() Stats {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:objects"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
		{Name: "/sched/pauses/total/gc:seconds"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	pauses := samples[3].Value.Float64Histogram()
	return Stats{
		Mallocs:    samples[0].Value.Uint64(),
		Memory:     samples[1].Value.Uint64() + samples[2].Value.Uint64(),
		Goroutines: runtime.NumGoroutine(),
		Hearing:    servers.Hearing(),
		PauseMax:   quantile(pauses, 1),
		PauseP99:   quantile(pauses, 0.99),
		Cycles:     samples[4].Value.Uint64(),
	}
}

// quantile returns the upper bound of the class that a share q does not exceed.
func quantile(h *metrics.Float64Histogram, q float64) float64 {
	var total, seen uint64
	for _, n := range h.Counts {
		total += n
	}
	bound := 0.0
	for i, n := range h.Counts {
		if n == 0 {
			continue
		}
		if bound = h.Buckets[i+1]; math.IsInf(bound, 1) {
			bound = h.Buckets[i]
		}
		if seen += n; float64(seen) >= q*float64(total) {
			break
		}
	}
	return bound
}
