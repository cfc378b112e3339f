package compare

// A Scale is a server with some number of connections.
type Scale struct {
	Candidate   string
	Connections int     // of all processes together
	Processes   int     // of the server, and as many of clients
	Cost        float64 // µs of processor time for a message
	Rate        float64 // messages a second
	Memory      float64 // bytes for a connection, heap and stacks
	Resident    float64 // bytes for a connection, of RAM
	P50, P99    float64 // µs
	PauseMax    float64 // µs: the longest time that the collector stopped the program
	PauseP99    float64 // µs
	Churn       bool    // connections came and went meanwhile
	Opened      float64 // per second
	Failed      string  `json:",omitempty"`
}

// The sizes at which a single process is looked at. A process may have 20,000 open
// files on the machines that this was written for.
var Sizes = []int{10, 100, 1000, 5000, 10000, 19000}

// Active is how many messages are in flight, over all connections of a process.
const Active = 64

// ChurnRate is how many connections come and go in a second, with Scale.Churn.
const ChurnRate = 500
