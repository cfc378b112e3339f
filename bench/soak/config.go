package soak

import "time"

// A Config says how much is run.
type Config struct {
	Duration    time.Duration // all connections are open for so long, without ramp and shutdown
	Connections int           // that keep the books
	Hostile     int           // that do not: beside the others, at a time
	Churn       int           // connections a second that end, and are replaced
	Messages    int           // a second, in each direction, on all connections
	Seed        uint64        // of what is random
	Sample      time.Duration // between two looks
}

// Default is what make soak runs.
var Default = Config{
	Duration:    15 * time.Minute,
	Connections: 10_000,
	Hostile:     500,
	Churn:       100,
	Messages:    2000,
	Seed:        1,
	Sample:      time.Second,
}

// rampRate is how many connections a second are opened at first.
const rampRate = 1000

// shutdownTimeout is how long the server may take to end all connections.
const shutdownTimeout = 30 * time.Second
