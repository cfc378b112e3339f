package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
)

// An inputKind is what a line typed in the terminal asks for.
type inputKind uint8

const (
	inputNothing inputKind = iota
	inputText
	inputBinary
	inputPing
	inputPong
	inputClose
	inputHelp
)

// An input is a line typed in the terminal.
type input struct {
	kind   inputKind
	data   []byte // of a message, ping or pong
	code   websockets.CloseCode
	reason string
}

const inputHelpText = `A line is sent as a text message, unless it begins with a slash:

  /text [TEXT]            send a text message, which may be empty
  /binary HEX             send a binary message: /binary 00 ff 10
  /ping [TEXT]            send a ping and measure the time to its pong
  /pong [TEXT]            send a pong that nobody asked for
  /close [CODE [REASON]]  close the connection, with 1000 unless told
  /quit                   close with 1000, as Ctrl-C and Ctrl-D do
  /help                   this list
  //TEXT                  send a text message that begins with a slash`

// inputCommands are the commands, for completion.
var inputCommands = []string{"/text", "/binary", "/ping", "/pong", "/close", "/quit", "/help"}

// parseInput reads a line typed in the terminal.
func parseInput(line string) (input, error) {
	if line == "" {
		return input{}, nil
	}
	if strings.HasPrefix(line, "//") {
		return input{kind: inputText, data: []byte(line[1:])}, nil
	}
	if line[0] != '/' {
		return input{kind: inputText, data: []byte(line)}, nil
	}
	name, rest, _ := strings.Cut(line, " ")
	switch name {
	case "/text":
		return input{kind: inputText, data: []byte(rest)}, nil
	case "/binary":
		return parseBinary(rest)
	case "/ping":
		return parseControl(inputPing, rest)
	case "/pong":
		return parseControl(inputPong, rest)
	case "/close":
		return parseClose(strings.TrimLeft(rest, " "))
	case "/quit":
		return input{kind: inputClose, code: websockets.CloseNormal}, nil
	case "/help":
		return input{kind: inputHelp}, nil
	}
	return input{}, fmt.Errorf("there is no %s: /help lists the commands, and a text that begins with a slash is sent with two: /%s", name, line)
}

func parseBinary(s string) (input, error) {
	data, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return input{}, errors.New("give pairs of hexadecimal digits: /binary 00 ff 10")
	}
	return input{kind: inputBinary, data: data}, nil
}

func parseControl(kind inputKind, s string) (input, error) {
	if len(s) > frame.MaxControlPayload {
		return input{}, fmt.Errorf("%d bytes do not fit: a ping or pong has at most %d", len(s), frame.MaxControlPayload)
	}
	return input{kind: kind, data: []byte(s)}, nil
}

func parseClose(s string) (input, error) {
	in := input{kind: inputClose, code: websockets.CloseNormal}
	if s == "" {
		return in, nil
	}
	number, reason, _ := strings.Cut(s, " ")
	n, err := strconv.ParseUint(number, 10, 16)
	if in.code = websockets.CloseCode(n); err != nil || !in.code.IsWire() {
		return input{}, fmt.Errorf("%q is no close code: give 1000 to 1003, 1007 to 1014 or 3000 to 4999", number)
	}
	if in.reason = reason; len(reason) > frame.MaxCloseReason {
		return input{}, fmt.Errorf("the reason has %d bytes: at most %d fit", len(reason), frame.MaxCloseReason)
	}
	return in, nil
}
