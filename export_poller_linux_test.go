package websockets

// Polled returns how many connections the poller knows.
func Polled() int {
	parking.mu.Lock()
	defer parking.mu.Unlock()
	if parking.current == nil {
		return 0
	}
	return parking.current.taken
}
