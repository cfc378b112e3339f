package servers

// Others lists the candidates that are not written in Go, whether or not what they
// need is installed.
func Others() []*Candidate { return nil }
