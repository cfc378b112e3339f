//go:build !linux

package websockets

import "errors"

// canPark tells whether there is a poller.
const canPark = false

type spot struct{}

func (*spot) watch(*driver) error { return errors.ErrUnsupported }
func (*spot) leave()              {}
