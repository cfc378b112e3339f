package websockets

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/go-websockets/websockets/frame"
)

// shownBytes is how much of a frame that comes in is kept for the log.
const shownBytes = 128

// logFrame logs a frame in the frame notation. payload may be only the beginning
// of h.Length bytes.
func (c *Conn) logFrame(d frame.Direction, h frame.Header, payload []byte) {
	line := frame.Line{Direction: d, Frame: frameOf(h, payload)}.String()
	if int64(len(payload)) < h.Length {
		line += fmt.Sprintf(" ...(%d bytes)", h.Length)
	}
	c.set.logger.LogAttrs(context.Background(), slog.LevelDebug, "frame",
		slog.String("conn", c.name()), slog.String("frame", line))
}

// name tells connections apart in the log.
func (c *Conn) name() string {
	if a := c.RemoteAddr(); a != nil {
		return a.String()
	}
	return c.role.String()
}

// show keeps the beginning of a frame's payload for the log.
func (r *reader) show(p []byte) {
	if room := shownBytes - len(r.rare.shown); room > 0 {
		r.rare.shown = append(r.rare.shown, p[:min(room, len(p))]...)
	}
}
