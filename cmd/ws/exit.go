package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/go-websockets/websockets"
	"github.com/spf13/cobra"
)

// The exit statuses, as exitStatusHelp lists them.
const (
	statusOK       = 0
	statusFailed   = 1
	statusUsage    = 2
	statusLost     = 3
	statusProtocol = 4
	statusRefused  = 5
	statusCustom   = 6
	statusSignal   = 128 // and the number of the signal
)

const exitStatusHelp = `The exit status of ws:

  0    all went well: the connection was closed with 1000 or 1001 or without a
       code, or at our own wish; the server was stopped
  1    no connection: nobody there, a wrong certificate, the server refused the
       opening handshake, or ws could not listen; ws check: a case failed
  2    wrong usage: a flag, an argument, or input that is no UTF-8 text
  3    the connection was lost: no close frame came (1006), or no pong
  4    one side broke the rules of the protocol, or a limit: 1002, 1003, 1007,
       1009, 1010
  5    the server will not go on: 1008, 1011, 1012, 1013, 1014, and any other code
       below 3000
  6    the server closed with a code of its own: 3000 to 4999
  130  interrupted (SIGINT), 143 terminated (SIGTERM) before the end

Unless all went well, ws connect prints the close code and reason to standard
error.`

// exitStatusTopic is the help topic about exit statuses.
func exitStatusTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-status",
		Short: "Help topic: what the exit status tells",
		Long:  exitStatusHelp,
	}
}

// A failure ends the program. err may be nil: then all has been said.
type failure struct {
	status int
	err    error
	hint   string // what to do next, or ""; several lines are several hints
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit status %d", f.status)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

func asFailure(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	return &failure{status: statusUsage, err: err}
}

func usageError(c *cobra.Command, err error) error {
	return &failure{status: statusUsage, err: err, hint: fmt.Sprintf("see %s --help", c.CommandPath())}
}

// signalStatus is the exit status of a program that a signal ended.
func signalStatus(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return statusSignal + int(n)
	}
	return statusFailed
}

// closeFailure is nil if a connection ended well. asked is the code with which
// we closed because we were done, or 0.
func closeFailure(e *websockets.CloseError, asked websockets.CloseCode) error {
	if status := closeStatus(e, asked); status != statusOK {
		return &failure{status: status, err: e}
	}
	return nil
}

// closeStatus is the exit status for the end of a connection.
func closeStatus(e *websockets.CloseError, asked websockets.CloseCode) int {
	switch {
	case e.Err != nil && isBreach(e.Err):
		return statusProtocol
	case e.Code == websockets.CloseAbnormal, errors.Is(e.Err, websockets.ErrPingTimeout):
		return statusLost
	case asked != 0 && e.Sent == asked:
		return statusOK
	}
	switch e.Code {
	case websockets.CloseNormal, websockets.CloseGoingAway, websockets.CloseNoStatus:
		return statusOK
	case websockets.CloseProtocolError, websockets.CloseUnsupportedData, websockets.CloseInvalidPayload,
		websockets.CloseMessageTooBig, websockets.CloseMandatoryExtension:
		return statusProtocol
	}
	if e.Code >= 3000 {
		return statusCustom
	}
	return statusRefused
}

// isBreach reports whether a connection failed because of what the peer sent.
func isBreach(err error) bool {
	_, broken := errors.AsType[*websockets.ProtocolError](err)
	_, tooBig := errors.AsType[*websockets.PayloadTooBigError](err)
	return broken || tooBig
}
