package main

import (
	"strings"
	"testing"
)

func TestURLsAreCompletedOnThisMachineOnly(t *testing.T) {
	for arg, want := range map[string]string{
		"ws://example.com/x":     "ws://example.com/x",
		"WSS://example.com":      "WSS://example.com",
		"ws+unix:///run/s:/x":    "ws+unix:///run/s:/x",
		"localhost":              "ws://localhost",
		"localhost:8765/echo":    "ws://localhost:8765/echo",
		":8765/chat?room=a":      "ws://localhost:8765/chat?room=a",
		"127.0.0.1:8765?every=1": "ws://127.0.0.1:8765?every=1",
		"127.9.9.9":              "ws://127.9.9.9",
		"[::1]:8765/echo":        "ws://[::1]:8765/echo",
		"[::1]/echo":             "ws://[::1]/echo",
	} {
		if got, err := completeURL(arg); err != nil || got != want {
			t.Errorf("completeURL(%q) = %q, %v, want %q", arg, got, err, want)
		}
	}
}

func TestURLsThatAreSuggested(t *testing.T) {
	for arg, want := range map[string]string{
		"example.com/x":          "wss://example.com/x",
		"//example.com/x":        "wss://example.com/x",
		"http://example.com:80/": "ws://example.com:80/",
		"https://example.com/":   "wss://example.com/",
		"localhost.example.com":  "wss://localhost.example.com",
		"user@localhost":         "wss://user@localhost",
	} {
		_, err := completeURL(arg)
		f := asFailure(err)
		if err == nil || f.status != statusUsage || !strings.Contains(f.hint, want) {
			t.Errorf("completeURL(%q) fails with %v, hint %q; want %q", arg, err, f.hint, want)
		}
	}
}
