package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func logLine(h lineHandler, log func(*slog.Logger)) string {
	var b strings.Builder
	h.out = &lockedWriter{w: &b}
	log(slog.New(&h))
	return b.String()
}

func TestLogLines(t *testing.T) {
	for name, c := range map[string]struct {
		h    lineHandler
		log  func(*slog.Logger)
		want string // less the time
	}{
		"frame": {
			lineHandler{level: slog.LevelDebug},
			func(l *slog.Logger) { l.Debug("frame", "conn", "127.0.0.1:80", "frame", `> TEXT "hi"`) },
			"127.0.0.1:80 > TEXT \"hi\"\n",
		},
		"brief frame": {
			lineHandler{level: slog.LevelDebug, brief: true},
			func(l *slog.Logger) { l.Debug("frame", "conn", "127.0.0.1:80", "frame", `< PING 01`) },
			"< PING 01\n",
		},
		"frames need the level": {
			lineHandler{level: slog.LevelInfo},
			func(l *slog.Logger) { l.Debug("frame", "frame", `< PING 01`) },
			"",
		},
		"nothing else at the level of frames": {
			lineHandler{level: slog.LevelDebug},
			func(l *slog.Logger) { l.Debug("details") },
			"",
		},
		"attributes": {
			lineHandler{},
			func(l *slog.Logger) {
				l.With("conn", "c").WithGroup("g").With("path", "/a b").Info("open", "n", 1, "d", 1500*time.Nanosecond, "empty", "")
			},
			"c open path=\"/a b\" n=1 d=2µs empty=\"\"\n",
		},
		"nothing gets out of its place": {
			lineHandler{},
			func(l *slog.Logger) { l.Error("websockets: bad\n\x1b[2J", "err", errors.New("websockets: x\ny\u202e")) },
			`bad\n\x1b[2J err="x\ny\u202e"` + "\n",
		},
	} {
		got := logLine(c.h, c.log)
		if !c.h.brief && got != "" {
			clock, rest, _ := strings.Cut(got, " ")
			if _, err := time.Parse("15:04:05.000", clock); err != nil {
				t.Errorf("%s: %q does not begin with the time", name, got)
			}
			got = rest
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestColoursTellFramesApart(t *testing.T) {
	st := style{on: true}
	seen := make(map[string]string)
	for _, frame := range []string{`> TEXT "x"`, `< TEXT "x"`, "> PING", "< PONG", "> CLOSE 1000", "< EOF"} {
		got := paintFrame(st, frame)
		if plain := controlSequences.ReplaceAllString(got, ""); plain != frame {
			t.Errorf("%q is painted as %q", frame, got)
		}
		if other := seen[got]; other != "" {
			t.Errorf("%q looks like %q", frame, other)
		}
		seen[got] = frame
		if got := paintFrame(style{}, frame); got != frame {
			t.Errorf("%q without colours is %q", frame, got)
		}
	}
	warn := logLine(lineHandler{style: st}, func(l *slog.Logger) { l.Warn("careful") })
	bad := logLine(lineHandler{style: st}, func(l *slog.Logger) { l.Error("bad") })
	if !strings.Contains(warn, sgrYellow+"careful") || !strings.Contains(bad, sgrRed+"bad") {
		t.Errorf("levels look alike: %q, %q", warn, bad)
	}
}
