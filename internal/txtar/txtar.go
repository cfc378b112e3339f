// Package txtar reads and writes text archives: some text files in one, for test
// data that people read and edit. The format is the one of the tools of Go:
//
//	What comes before the first marker is the comment.
//	-- first --
//	The lines of the first file.
//	-- second --
//	The lines of the second one.
package txtar

import "strings"

// An Archive is a comment and some files.
type Archive struct {
	Comment string
	Files   []File
}

// A File has a name without blanks around it, and text. Only the text of the last
// file can lack a newline at its end.
type File struct {
	Name string
	Text string
}

// Parse parses an archive. Any text is one.
func Parse(text string) Archive {
	var a Archive
	current := &a.Comment
	for line := range strings.Lines(text) {
		if name, ok := marker(line); ok {
			a.Files = append(a.Files, File{Name: name})
			current = &a.Files[len(a.Files)-1].Text
			continue
		}
		*current += line
	}
	return a
}

// marker returns the name of the file that a line like "-- name --" begins.
func marker(line string) (name string, ok bool) {
	line = strings.TrimRight(line, "\r\n")
	name, ok = strings.CutPrefix(line, "-- ")
	if ok {
		name, ok = strings.CutSuffix(name, " --")
	}
	name = strings.TrimSpace(name)
	return name, ok && name != ""
}

// String returns the archive as text: it is the reverse of [Parse] if no line of
// the comment or a file looks like a marker.
func (a Archive) String() string {
	var b strings.Builder
	writeLines(&b, a.Comment)
	for _, f := range a.Files {
		b.WriteString("-- " + f.Name + " --\n")
		writeLines(&b, f.Text)
	}
	return b.String()
}

// writeLines writes text, and a newline if the last line has none.
func writeLines(b *strings.Builder, text string) {
	b.WriteString(text)
	if text != "" && !strings.HasSuffix(text, "\n") {
		b.WriteByte('\n')
	}
}

// Text returns the text of the first file of that name, and whether there is one.
func (a Archive) Text(name string) (text string, ok bool) {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Text, true
		}
	}
	return "", false
}
