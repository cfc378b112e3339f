//go:build !unix

package websockets

import (
	"errors"
	"net"
)

// Here no transport can be read or written without waiting.

type rawReader struct{}

func (r *rawReader) init(net.Conn, readTarget) {}
func (r *rawReader) ok() bool                  { return false }
func (r *rawReader) read() (int, error)        { return 0, errors.ErrUnsupported }

type rawWriter struct{}

func (w *rawWriter) init(net.Conn)             {}
func (w *rawWriter) ok() bool                  { return false }
func (w *rawWriter) write([]byte) (int, error) { return 0, errors.ErrUnsupported }
