package repotest

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	mdLink    = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)`)
	mdHeading = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	mdCode    = regexp.MustCompile("`[^`]*`")
	makeWord  = regexp.MustCompile("`make ([a-z0-9-]+)`|^\\s*make ([a-z0-9-]+)\\b")
	goRunWord = regexp.MustCompile(`\bgo (?:run|install|build) (\./[A-Za-z0-9/_.-]+)`)
	adrName   = regexp.MustCompile(`^(\d{4})-[a-z0-9-]+\.md$`)
)

// prose yields the lines of a Markdown file outside of code blocks, by number.
func (r *repo) prose(name string, yield func(number int, line string)) {
	fenced := false
	for i, line := range r.lines(name) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		} else if !fenced {
			yield(i+1, line)
		}
	}
}

// linksResolve: links within the repository lead to files and headings that are
// there. Links to other places are not followed.
func linksResolve(r *repo) (complaints []string) {
	for _, name := range r.markdown {
		r.prose(name, func(number int, line string) {
			for _, m := range mdLink.FindAllStringSubmatch(mdCode.ReplaceAllString(line, "code"), -1) {
				if problem := r.follow(name, m[1]); problem != "" {
					complaints = append(complaints, fmt.Sprintf("%s:%d: %q %s", name, number, m[1], problem))
				}
			}
		})
	}
	return complaints
}

// follow says what is wrong with a link in the file from, or "".
func (r *repo) follow(from, link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return err.Error()
	}
	if u.Scheme != "" || u.Host != "" {
		return ""
	}
	target := from
	if u.Path != "" {
		target = path.Join(path.Dir(from), u.Path)
	}
	if _, err := fs.Stat(r.fsys, target); err != nil {
		return "does not exist"
	}
	if u.Fragment != "" && !slices.Contains(r.anchors(target), u.Fragment) {
		return "has no such heading"
	}
	return ""
}

// anchors returns the names by which the headings of a Markdown file are linked.
func (r *repo) anchors(name string) (anchors []string) {
	r.prose(name, func(_ int, line string) {
		m := mdHeading.FindStringSubmatch(line)
		if m == nil {
			return
		}
		anchors = append(anchors, strings.Map(func(c rune) rune {
			switch {
			case c == ' ':
				return '-'
			case c == '-' || c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c):
				return unicode.ToLower(c)
			}
			return -1
		}, m[1]))
	})
	return anchors
}

// commandsExist: a document that tells to run a make target or a package of the
// checkout names one that is there.
func commandsExist(r *repo) (complaints []string) {
	targets := map[string]bool{}
	for _, line := range r.lines("Makefile") {
		if name, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "\t") {
			targets[name] = true
		}
	}
	for _, name := range r.markdown {
		for i, line := range r.lines(name) {
			if m := makeWord.FindStringSubmatch(line); m != nil && !targets[m[1]+m[2]] {
				complaints = append(complaints, fmt.Sprintf("%s:%d: no make target %s", name, i+1, m[1]+m[2]))
			}
			for _, m := range goRunWord.FindAllStringSubmatch(line, -1) {
				if r.at1(path.Clean(m[1])) == nil {
					complaints = append(complaints, fmt.Sprintf("%s:%d: no package %s", name, i+1, m[1]))
				}
			}
		}
	}
	return complaints
}

// decisionsAreInOrder: each decision has a number of its own, all parts, at most
// 40 lines, and a line in the index.
func decisionsAreInOrder(r *repo) (complaints []string) {
	const dir, longest = "docs/adr", 40
	entries, err := fs.ReadDir(r.fsys, dir)
	if err != nil {
		return nil
	}
	index := strings.Join(r.lines(dir+"/README.md"), "\n")
	taken := map[string]string{}
	for _, e := range entries {
		m := adrName.FindStringSubmatch(e.Name())
		if m == nil {
			if e.Name() != "README.md" {
				complaints = append(complaints, e.Name()+": not named like 0001-a-title.md")
			}
			continue
		}
		if other := taken[m[1]]; other != "" {
			complaints = append(complaints, fmt.Sprintf("%s: %s is taken by %s", e.Name(), m[1], other))
		}
		taken[m[1]] = e.Name()
		lines := r.lines(path.Join(dir, e.Name()))
		if len(lines) > longest {
			complaints = append(complaints, fmt.Sprintf("%s: %d lines, more than %d", e.Name(), len(lines), longest))
		}
		for _, heading := range []string{"## Context", "## Decision", "## Consequences"} {
			if !slices.Contains(lines, heading) {
				complaints = append(complaints, fmt.Sprintf("%s: no heading %q", e.Name(), heading))
			}
		}
		if !strings.Contains(index, "("+e.Name()+")") {
			complaints = append(complaints, "README.md does not list "+e.Name())
		}
	}
	return complaints
}
