package websockets

// Kept returns how many opening handshakes, connections and goroutines a server
// remembers.
func Kept(s *Server) int {
	s.live.mu.Lock()
	defer s.live.mu.Unlock()
	return len(s.live.pending) + len(s.live.conns) + s.live.busy + s.live.handlers
}

// LimitMode is what gives a Unix socket its mode from the start.
var LimitMode = limitMode

// Parked reports whether the poller waits for a connection. CanPark tells whether
// there is one.
func Parked(c *Conn) bool {
	c.reader.mu.Lock()
	defer c.reader.mu.Unlock()
	return c.reader.chair == byPoller
}

const CanPark = canPark
