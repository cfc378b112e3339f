package checksum

import (
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/httpheader"
)

// Name is the name of the extension. It is not registered.
const Name = "x-checksum"

// parameter is the only one that there is, and must be there.
const parameter = "algorithm"

var tables = map[string]*crc32.Table{
	"crc32c": crc32.MakeTable(crc32.Castagnoli),
	"crc32":  crc32.IEEETable,
}

// New returns a factory for the Extensions of a client or a server. The algorithms
// are those that it offers or accepts, in order of preference: "crc32c", which is
// the default, or "crc32". It panics if there is another one among them.
func New(algorithms ...string) extension.Factory {
	if len(algorithms) == 0 {
		algorithms = []string{"crc32c"}
	}
	for _, a := range algorithms {
		if tables[a] == nil {
			panic(fmt.Sprintf("checksum: no algorithm %q", a))
		}
	}
	return factory{slices.Clone(algorithms)}
}

type factory struct{ algorithms []string }

func (factory) Name() string { return Name }

// Offer makes one offer for each algorithm: the server takes the first that it
// knows.
func (f factory) Offer() (offers [][]httpheader.Param) {
	for _, a := range f.algorithms {
		offers = append(offers, []httpheader.Param{{Name: parameter, Value: a, HasValue: true}})
	}
	return offers
}

// Negotiate is for servers: the answer repeats the offer.
func (f factory) Negotiate(offer []httpheader.Param, _ []extension.Extension) ([]httpheader.Param, extension.Extension, error) {
	e, err := f.extension(offer)
	return offer, e, err
}

// Accept is for clients.
func (f factory) Accept(answer []httpheader.Param, _ []extension.Extension) (extension.Extension, error) {
	return f.extension(answer)
}

func (f factory) extension(params []httpheader.Param) (extension.Extension, error) {
	algorithm := ""
	for _, p := range params {
		switch {
		case p.Name != parameter:
			return nil, refuse(extension.UnknownParameter, p)
		case algorithm != "":
			return nil, refuse(extension.DuplicateParameter, p)
		case !slices.Contains(f.algorithms, p.Value):
			return nil, refuse(extension.BadParameterValue, p)
		}
		algorithm = p.Value
	}
	if algorithm == "" {
		return nil, refuse(extension.BadParameterValue, httpheader.Param{Name: parameter})
	}
	return &checksum{table: tables[algorithm]}, nil
}

func refuse(reason extension.ParameterReason, p httpheader.Param) error {
	return &extension.ParameterError{Reason: reason, Extension: Name, Name: p.Name, Value: p.Value}
}
