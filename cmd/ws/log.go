package main

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A lineHandler writes log records for people, one line each:
//
//	15:04:05.000 127.0.0.1:40312 > TEXT "hi"
//	15:04:05.000 127.0.0.1:40312 open path=/echo
//
// It knows two attributes: "conn" is the address of a connection, and "frame" a
// frame in the frame notation, in which nothing can harm a terminal.
type lineHandler struct {
	out   *lockedWriter
	level slog.Level
	style style
	brief bool // leave out the time and the address
	attrs []slog.Attr
}

// A lockedWriter is a writer for several goroutines that can be exchanged.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// set exchanges the writer.
func (l *lockedWriter) set(w io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w = w
}

func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append(c.attrs[:len(c.attrs):len(c.attrs)], attrs...)
	return &c
}

// WithGroup returns h: the lines have no place for groups.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }

func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var conn, frame string
	var rest []slog.Attr
	sort := func(a slog.Attr) bool {
		switch a.Key {
		case "conn":
			conn = a.Value.String()
		case "frame":
			frame = a.Value.String()
		default:
			rest = append(rest, a)
		}
		return true
	}
	for _, a := range h.attrs {
		sort(a)
	}
	r.Attrs(sort)
	if frame == "" && r.Level < slog.LevelInfo {
		return nil // at this level there is more than frames
	}

	var words []string
	if !h.brief {
		words = append(words, h.style.dim(r.Time.Format("15:04:05.000")))
		if conn != "" {
			words = append(words, h.style.dim(escape(conn)))
		}
	}
	if frame != "" {
		words = append(words, paintFrame(h.style, frame))
	} else {
		words = append(words, h.message(r))
	}
	for _, a := range rest {
		words = append(words, h.style.dim(a.Key+"=")+quoted(a.Value))
	}
	_, err := io.WriteString(h.out, strings.Join(words, " ")+"\n")
	return err
}

func (h *lineHandler) message(r slog.Record) string {
	text := escape(strings.TrimPrefix(r.Message, "websockets: "))
	switch {
	case r.Level >= slog.LevelError:
		return h.style.bad(text)
	case r.Level >= slog.LevelWarn:
		return h.style.note(text)
	}
	return text
}

// quoted is v as one word.
func quoted(v slog.Value) string {
	if v.Kind() == slog.KindDuration {
		return v.Duration().Round(time.Microsecond).String()
	}
	s := strings.TrimPrefix(v.String(), "websockets: ")
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r == ' ' || r == '"' || r == '=' || isUnsafe(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// paintFrame colours a frame in the frame notation by its direction, and what
// the protocol sends for itself in a dimmer way.
func paintFrame(s style, frame string) string {
	direction, rest, _ := strings.Cut(frame, " ")
	switch {
	case strings.HasPrefix(rest, "PING"), strings.HasPrefix(rest, "PONG"):
		rest = s.dim(rest)
	case strings.HasPrefix(rest, "CLOSE"), strings.HasPrefix(rest, "EOF"):
		rest = s.note(rest)
	}
	if direction == ">" {
		return s.sent(direction) + " " + rest
	}
	return s.received(direction) + " " + rest
}
