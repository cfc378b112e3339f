package websockets

import (
	"io/fs"
	"syscall"
)

// limitMode makes the file of a Unix socket with no more permissions than mode:
// before it could be changed, somebody could have connected.
func limitMode(mode fs.FileMode) func(network, addr string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		if e := c.Control(func(fd uintptr) { err = syscall.Fchmod(int(fd), uint32(mode)) }); e != nil {
			return e
		}
		return err
	}
}
