package compare

// A Scale is a server with some number of connections.
type Scale struct {
	Candidate   string
	Connections int
	Processes   int     // of the server
	Cost        float64 // µs of processor time for a message
	Memory      float64 // bytes for a connection, heap and stacks
	Resident    float64 // bytes for a connection, of RAM
	P99         float64 // µs
	PauseMax    float64 // µs: the longest time that the collector stopped the program
	PauseP99    float64 // µs
	Churn       bool    // connections came and went meanwhile
	Opened      float64 // per second
	Failed      string  `json:",omitempty"`
}
