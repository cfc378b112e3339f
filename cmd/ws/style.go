package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// A style colours text for one stream; the zero value leaves it as it is.
type style struct{ on bool }

// The colours: of the basic palette, which themes of terminals adapt to light
// and dark.
const (
	sgrBold   = "\x1b[1m"
	sgrDim    = "\x1b[2m"
	sgrRed    = "\x1b[31m"
	sgrGreen  = "\x1b[32m"
	sgrYellow = "\x1b[33m"
	sgrCyan   = "\x1b[36m"
	sgrReset  = "\x1b[0m"
)

func (s style) paint(sgr, text string) string {
	if !s.on || text == "" {
		return text
	}
	return sgr + text + sgrReset
}

func (s style) bold(text string) string     { return s.paint(sgrBold, text) }
func (s style) dim(text string) string      { return s.paint(sgrDim, text) }
func (s style) bad(text string) string      { return s.paint(sgrRed, text) }
func (s style) note(text string) string     { return s.paint(sgrYellow, text) }
func (s style) sent(text string) string     { return s.paint(sgrGreen, text) }
func (s style) received(text string) string { return s.paint(sgrCyan, text) }

// style decides about colours for w.
func (p *program) style(w io.Writer) style {
	switch p.color {
	case "always":
		return style{on: true}
	case "never":
		return style{}
	}
	return style{on: isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// isTerminal reports whether stream, a reader or a writer, is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
