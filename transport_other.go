//go:build !unix

package websockets

import (
	"errors"
	"net"
	"sync/atomic"
)

// Here no transport can be read or written without waiting.

type rawReader struct {
	held    atomic.Bool
	drained bool
}

func (r *rawReader) init(net.Conn, readTarget) {}
func (r *rawReader) ok() bool                  { return false }
func (r *rawReader) read() (int, error)        { return 0, errors.ErrUnsupported }
func (r *rawReader) now() (int, error)         { return 0, errors.ErrUnsupported }
func (r *rawReader) attempt() (int, error)     { return 0, errors.ErrUnsupported }
func (r *rawReader) begin(uintptr)             {}
func (r *rawReader) shutDown()                 {}

func (r *rawReader) wait(func(uintptr) bool) error { return errors.ErrUnsupported }

func (r *rawReader) poll(_, _ <-chan struct{}) (int, error) { return 0, errors.ErrUnsupported }

type rawWriter struct{}

func (w *rawWriter) init(net.Conn)             {}
func (w *rawWriter) ok() bool                  { return false }
func (w *rawWriter) write([]byte) (int, error) { return 0, errors.ErrUnsupported }
