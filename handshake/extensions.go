package handshake

import (
	"errors"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/httpheader"
)

const extensionsHeader = "Sec-WebSocket-Extensions"

// OfferExtensions returns the Sec-WebSocket-Extensions header of a client: all
// offers of all factories in order. It is "" if there are none: then the request
// does not have the header.
func OfferExtensions(fs []extension.Factory) string {
	var offers []httpheader.Extension
	for _, f := range fs {
		for _, params := range f.Offer() {
			offers = append(offers, httpheader.Extension{Name: f.Name(), Params: params})
		}
	}
	return httpheader.BuildExtensions(offers)
}

// NegotiateExtensions chooses, on a server, among the extensions that a client
// offers (RFC 6455 §9.1). It returns the Sec-WebSocket-Extensions header of the
// response, which is left out if it is "", and the extensions in the order in
// which they were agreed. The request's header may have several lines.
//
// It walks the client's offers in order. For each one, the first factory that
// agrees to it makes an extension; it is declined if none agrees or the
// extension claims a reserved bit that an earlier one has. A malformed header is
// a *[httpheader.FormatError].
func NegotiateExtensions(h Header, fs []extension.Factory) (answer string, exts []extension.Extension, err error) {
	offers, err := joined(h, extensionsHeader, httpheader.ParseExtensions)
	if err != nil {
		return "", nil, err
	}
	var agreed []httpheader.Extension
	for _, offer := range offers {
		params, ext := negotiate(offer, fs, exts)
		if ext == nil {
			continue
		}
		agreed = append(agreed, httpheader.Extension{Name: offer.Name, Params: params})
		exts = append(exts, ext)
	}
	return httpheader.BuildExtensions(agreed), exts, nil
}

// negotiate returns what the first factory makes of an offer, nil if none will.
func negotiate(offer httpheader.Extension, fs []extension.Factory, accepted []extension.Extension) ([]httpheader.Param, extension.Extension) {
	for _, f := range fs {
		if f.Name() != offer.Name {
			continue
		}
		params, ext, err := f.Negotiate(offer.Params, accepted)
		if err == nil && ext.Reserved()&extension.ClaimedBits(accepted) == 0 {
			return params, ext
		}
	}
	return nil, nil
}

// AcceptExtensions makes, on a client, the extensions that the server agreed to,
// in the order of its response (RFC 6455 §9.1). It fails if it cannot live with
// one of them: with an *[extension.Error] if the extension was not offered, if
// no factory accepts its parameters, or if it claims a reserved bit that an
// earlier one has; with a *[httpheader.Error] if the header occurs twice (RFC
// 6455 §11.3.2), or with a *[httpheader.FormatError].
func AcceptExtensions(h Header, fs []extension.Factory) ([]extension.Extension, error) {
	if len(h.Values(extensionsHeader)) == 0 {
		return nil, nil
	}
	line, err := only(h, extensionsHeader)
	if err != nil {
		return nil, err
	}
	answers, err := httpheader.ParseExtensions(line)
	if err != nil {
		return nil, err
	}
	var exts []extension.Extension
	for _, answer := range answers {
		ext, err := accept(answer, fs, exts)
		if err != nil {
			return nil, err
		}
		exts = append(exts, ext)
	}
	return exts, nil
}

// accept returns what the first factory that offered this extension makes of the
// server's answer.
func accept(answer httpheader.Extension, fs []extension.Factory, accepted []extension.Extension) (extension.Extension, error) {
	if countNamed(accepted, answer.Name) >= countOffers(fs, answer.Name) {
		return nil, &extension.Error{Extension: answer.Name, Reason: "not offered"}
	}
	var refused error
	for _, f := range fs {
		if f.Name() != answer.Name || len(f.Offer()) == 0 {
			continue
		}
		ext, err := f.Accept(answer.Params, accepted)
		if err == nil {
			err = extension.CheckConflicts(append(accepted[:len(accepted):len(accepted)], ext))
		}
		if err == nil {
			return ext, nil
		}
		refused = errors.Join(refused, err)
	}
	return nil, &extension.Error{Extension: answer.Name, Reason: "answer not acceptable", Err: refused}
}

// countOffers counts how many times an extension was offered. The server may
// agree to each offer once (RFC 6455 §9.1).
func countOffers(fs []extension.Factory, name string) int {
	n := 0
	for _, f := range fs {
		if f.Name() == name {
			n += len(f.Offer())
		}
	}
	return n
}

func countNamed(exts []extension.Extension, name string) int {
	n := 0
	for _, e := range exts {
		if e.Name() == name {
			n++
		}
	}
	return n
}
