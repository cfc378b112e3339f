package conformance

// A Verdict is what a case says of a peer. Two of them belong to each result: one
// for what the peer did with what it got, one for how the connection was closed.
type Verdict uint8

// The verdicts, from the best to the worst. Those of a connection's close may also
// be Unclean, WrongCode and NotDropped.
const (
	Missing       Verdict = iota // the case has not been run
	OK                           // as the RFC demands
	NonStrict                    // the RFC allows it, and says what would be better
	Informational                // the RFC leaves it open; the result tells what was seen
	Unimplemented                // the peer lacks what the case is about, and need not have it
	NotDropped                   // the server left it to us to end the TCP connection (RFC 6455 §7.1.1)
	Unclean                      // the closing handshake was not completed
	WrongCode                    // the close code is not one of those expected
	Failed                       // against the RFC
)

var verdictNames = [...]string{
	"missing", "ok", "non-strict", "informational", "unimplemented", "not dropped", "unclean", "wrong code", "failed",
}

// String returns the verdict in small letters, for example "non-strict".
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return "unknown"
}

// IsFailure reports whether the peer is at fault.
func (v Verdict) IsFailure() bool { return v >= NotDropped }

// worse returns the worse of two verdicts.
func worse(a, b Verdict) Verdict { return max(a, b) }
