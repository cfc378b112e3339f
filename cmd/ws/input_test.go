package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
)

func TestWhatTheUserTypes(t *testing.T) {
	for line, want := range map[string]input{
		"":                       {},
		"hello":                  {kind: inputText, data: []byte("hello")},
		" /ping":                 {kind: inputText, data: []byte(" /ping")},
		"//etc/passwd":           {kind: inputText, data: []byte("/etc/passwd")},
		"///":                    {kind: inputText, data: []byte("//")},
		"/text":                  {kind: inputText, data: []byte{}},
		"/text  two":             {kind: inputText, data: []byte(" two")},
		"/binary 00 ff10":        {kind: inputBinary, data: []byte{0, 0xff, 0x10}},
		"/binary":                {kind: inputBinary, data: []byte{}},
		"/ping":                  {kind: inputPing, data: []byte{}},
		"/ping are you there":    {kind: inputPing, data: []byte("are you there")},
		"/pong x":                {kind: inputPong, data: []byte("x")},
		"/close":                 {kind: inputClose, code: 1000},
		"/close 4000":            {kind: inputClose, code: 4000},
		"/close 1001 going away": {kind: inputClose, code: 1001, reason: "going away"},
		"/close  1001":           {kind: inputClose, code: 1001},
		"/quit":                  {kind: inputClose, code: websockets.CloseNormal},
		"/help":                  {kind: inputHelp},
	} {
		if got, err := parseInput(line); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("parseInput(%q) = %+v, %v, want %+v", line, got, err, want)
		}
	}
}

func TestWhatTheUserMistypes(t *testing.T) {
	for line, want := range map[string]string{
		"/hello world": "there is no /hello",
		"/":            "there is no /",
		"/PING":        "there is no /PING",
		"/binary 0":    "pairs of hexadecimal digits",
		"/binary zz":   "pairs of hexadecimal digits",
		"/close now":   `"now" is no close code`,
		"/close 1006":  `"1006" is no close code`,
		"/close 66536": `"66536" is no close code`,
		"/close 999":   `"999" is no close code`,
		"/close 1000 " + strings.Repeat("é", 62): "124 bytes",
		"/ping " + strings.Repeat("x", 126):      "126 bytes",
	} {
		_, err := parseInput(line)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseInput(%q) fails with %v, want %q", line, err, want)
		}
	}
}

func TestTheHelpHasEveryCommand(t *testing.T) {
	for _, name := range inputCommands {
		if !strings.Contains(inputHelpText, "\n  "+name) {
			t.Errorf("%s is not in the help", name)
		}
		if _, err := parseInput(name); err != nil {
			t.Errorf("%s is completed, but fails: %v", name, err)
		}
	}
}

func FuzzParseInput(f *testing.F) {
	f.Add("/close 1000 bye")
	f.Add("/binary 00 ff")
	f.Add("//x")
	f.Fuzz(func(t *testing.T, line string) {
		in, err := parseInput(line)
		if err == nil && in.kind == inputClose && !in.code.IsWire() {
			t.Errorf("parseInput(%q) has code %d", line, in.code)
		}
	})
}
