package deflate

import (
	"fmt"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/httpheader"
)

// New returns a factory for the list of extensions of a client or a server. It
// panics if o fails its Check.
func New(o Options) extension.Factory {
	if err := o.Check(); err != nil {
		panic(err)
	}
	return factory{o}
}

type factory struct{ Options }

func (factory) Name() string { return Name }

// Offer offers the extension once. The server may choose the client's window,
// unless it was chosen here.
func (f factory) Offer() [][]httpheader.Param {
	p := params{
		serverNoTakeover: f.DisablePeerContextTakeover,
		clientNoTakeover: f.DisableContextTakeover,
		clientBits:       anyBits,
	}
	if f.PeerWindowBits != 0 && f.PeerWindowBits < maxWindowBits {
		p.serverBits = f.PeerWindowBits
	}
	if f.WindowBits != 0 {
		p.clientBits = f.WindowBits
	}
	return [][]httpheader.Param{p.list()}
}

// Accept takes an answer that keeps to what was offered. The server may limit its
// own window, and do without context takeover, without having been asked (RFC
// 7692 §7.1.1.1, §7.1.2.1); and ask the client to do without (§7.1.1.2).
func (f factory) Accept(list []httpheader.Param, accepted []extension.Extension) (extension.Extension, error) {
	answer, err := parse(list, false)
	if err != nil {
		return nil, err
	}
	if err := checkPlace(accepted); err != nil {
		return nil, err
	}
	if f.DisablePeerContextTakeover && !answer.serverNoTakeover {
		return nil, refuse("no %s", serverNoContextTakeover)
	}
	peer := orMax(answer.serverBits)
	if peer > orMax(f.PeerWindowBits) {
		return nil, refuse("a window of %d bits for the server, where %d are allowed", peer, f.PeerWindowBits)
	}
	own := f.windowBits()
	if answer.clientBits > 0 {
		if f.WindowBits > 0 && answer.clientBits > f.WindowBits {
			return nil, refuse("a window of %d bits for the client, which offered %d", answer.clientBits, f.WindowBits)
		}
		own = min(own, answer.clientBits)
	}
	return newExtension(f.Options,
		direction{own, !f.DisableContextTakeover && !answer.clientNoTakeover},
		direction{peer, !answer.serverNoTakeover}), nil
}

// Negotiate agrees to an offer, unless it leaves the client a larger window than
// PeerWindowBits allows.
func (f factory) Negotiate(list []httpheader.Param, accepted []extension.Extension) ([]httpheader.Param, extension.Extension, error) {
	offer, err := parse(list, true)
	if err != nil {
		return nil, nil, err
	}
	if err := checkPlace(accepted); err != nil {
		return nil, nil, err
	}
	answer := params{
		serverNoTakeover: f.DisableContextTakeover || offer.serverNoTakeover,
		// That the client does without saves us its window: so agree to its hint.
		clientNoTakeover: f.DisablePeerContextTakeover || offer.clientNoTakeover,
	}
	own := min(f.windowBits(), orMax(offer.serverBits))
	if own < maxWindowBits || offer.serverBits > 0 {
		answer.serverBits = own // also unasked: it saves the client memory (RFC 7692 §7.1.2.1)
	}
	peer := maxWindowBits
	if offer.clientBits != 0 { // else it must not be answered (RFC 7692 §7.1.2.2)
		peer = DefaultWindowBits
		if f.PeerWindowBits != 0 {
			peer = f.PeerWindowBits
		}
		if offer.clientBits > 0 {
			peer = min(peer, offer.clientBits)
		}
		if peer < maxWindowBits {
			answer.clientBits = peer
		}
	}
	if peer > orMax(f.PeerWindowBits) {
		return nil, nil, refuse("the client does not let us limit its window to %d bits", f.PeerWindowBits)
	}
	return answer.list(), newExtension(f.Options,
		direction{own, !answer.serverNoTakeover},
		direction{peer, !answer.clientNoTakeover}), nil
}

// checkPlace fails if an extension before ours needs the frames as they are (RFC
// 7692 §5).
func checkPlace(accepted []extension.Extension) error {
	for _, e := range accepted {
		if _, ok := e.(extension.PerFrame); ok {
			return refuse("cannot stand behind %q, which needs the frames as they are", e.Name())
		}
	}
	return nil
}

// A direction is what was agreed for one direction.
type direction struct {
	bits     int // of the window
	takeover bool
}

// orMax is a size of the window, or the largest if it was not given.
func orMax(bits int) int {
	if bits <= 0 {
		return maxWindowBits
	}
	return bits
}

func refuse(format string, args ...any) error {
	return &extension.Error{Extension: Name, Reason: fmt.Sprintf(format, args...)}
}
