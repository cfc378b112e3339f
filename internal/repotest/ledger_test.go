package repotest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// A ledger is a document that lists promises in tables. The first cell of a row
// has the numbers of its promises, the last one what shows that they are kept:
//
//	`websockets.TestEcho`, `frame.FuzzRead`   tests, which must exist and run
//	review: `send.go:Conn.Send` …             code, where no test can tell
//	absent: …                                 not here on purpose, with the reason
//	planned: …                                not here yet
//
// Tests are named by the folder of their package, "websockets" being the root,
// and may have a subtest.
type ledger struct {
	document string
	series   []series
}

// A series is a number range: prefix, then numbers from 1 to last.
type series struct {
	prefix string
	digits int // with zeros in front
	last   int
}

var ledgers = []ledger{
	{"docs/reference/promises.md", []series{{"", 0, 356}, {"R", 0, 58}, {"D", 0, 15}}},
	{"docs/reference/rfc.md", []series{{"WS-", 3, 178}, {"PMD-", 3, 55}, {"H2-", 3, 17}, {"MAY-", 2, 10}}},
	{"SECURITY.md", []series{{"V-", 3, 116}}},
}

// TestLedgers: every promise is in its ledger once, and what the ledger names as
// its proof is there.
func TestLedgers(t *testing.T) {
	r := this(t)
	for _, l := range ledgers {
		rows, complaints := r.ledgerRows(l)
		for _, row := range rows {
			complaints = append(complaints, r.checkRow(l, row)...)
		}
		for _, complaint := range complaints {
			t.Error(complaint)
		}
		t.Log(summary(l, rows))
	}
}

// A ledgerRow is one row of a table.
type ledgerRow struct {
	line    int
	numbers []string
	cells   []string
}

func (row ledgerRow) proof() string { return row.cells[len(row.cells)-1] }

// state returns the first word of the proof, if it is one that stands for tests.
func (row ledgerRow) state() string {
	word, _, found := strings.Cut(row.proof(), ":")
	if found && slices.Contains([]string{"review", "absent", "planned"}, word) {
		return word
	}
	return "covered"
}

func summary(l ledger, rows []ledgerRow) string {
	count, total := map[string]int{}, 0
	for _, row := range rows {
		count[row.state()] += len(row.numbers)
		total += len(row.numbers)
	}
	name := strings.TrimSuffix(l.document[strings.LastIndex(l.document, "/")+1:], ".md")
	return fmt.Sprintf("%s: covered %d of %d, by review %d, absent on purpose %d, planned %d",
		name, count["covered"], total, count["review"], count["absent"], count["planned"])
}

// ledgerRows returns the rows of a ledger that have numbers, and complains of
// numbers that are missing, double or of no series.
func (r *repo) ledgerRows(l ledger) (rows []ledgerRow, complaints []string) {
	where := map[string]int{}
	r.prose(l.document, func(number int, line string) {
		cells := tableCells(line)
		if len(cells) < 3 || !numbersCell.MatchString(cells[0]) {
			return
		}
		row := ledgerRow{line: number, cells: cells}
		for part := range strings.SplitSeq(cells[0], ",") {
			row.numbers = append(row.numbers, l.expand(strings.TrimSpace(part))...)
		}
		for _, n := range row.numbers {
			switch before := where[n]; {
			case !l.has(n):
				complaints = append(complaints, fmt.Sprintf("%s:%d: there is no %s", l.document, number, n))
			case before != 0:
				complaints = append(complaints, fmt.Sprintf("%s:%d: %s is in line %d too", l.document, number, n, before))
			}
			where[n] = number
		}
		rows = append(rows, row)
	})
	for _, s := range l.series {
		for i := range s.last {
			if n := s.name(i + 1); where[n] == 0 {
				complaints = append(complaints, fmt.Sprintf("%s: %s is missing", l.document, n))
			}
		}
	}
	return rows, complaints
}

var (
	numbersCell = regexp.MustCompile(`^[A-Z0-9-]*\d(?: to [A-Z0-9-]*\d)?(?:, [A-Z0-9-]*\d(?: to [A-Z0-9-]*\d)?)*$`)
	codeSpan    = regexp.MustCompile("`([^`]+)`")
)

// tableCells returns the cells of a row of a Markdown table. A bar in a cell is
// written with a backslash.
func tableCells(line string) (cells []string) {
	line, ok := strings.CutPrefix(strings.TrimSpace(line), "|")
	if !ok {
		return nil
	}
	line = strings.ReplaceAll(strings.TrimSuffix(line, "|"), `\|`, "\x00")
	for cell := range strings.SplitSeq(line, "|") {
		cells = append(cells, strings.TrimSpace(strings.ReplaceAll(cell, "\x00", "|")))
	}
	return cells
}

func (s series) name(n int) string { return s.prefix + fmt.Sprintf("%0*d", s.digits, n) }

func (l ledger) has(number string) bool {
	for _, s := range l.series {
		n, err := strconv.Atoi(strings.TrimPrefix(number, s.prefix))
		if err == nil && n >= 1 && n <= s.last && s.name(n) == number {
			return true
		}
	}
	return false
}

// expand returns the numbers of "7" or "7 to 9".
func (l ledger) expand(part string) (numbers []string) {
	first, last, found := strings.Cut(part, " to ")
	if !found {
		return []string{part}
	}
	for _, s := range l.series {
		from, err1 := strconv.Atoi(strings.TrimPrefix(first, s.prefix))
		to, err2 := strconv.Atoi(strings.TrimPrefix(last, s.prefix))
		if err1 != nil || err2 != nil || s.name(from) != first || s.name(to) != last {
			continue
		}
		for n := from; n <= to; n++ {
			numbers = append(numbers, s.name(n))
		}
	}
	if len(numbers) < 2 {
		return []string{part}
	}
	return numbers
}

// checkRow complains of a row without a proof, or with one that does not hold.
func (r *repo) checkRow(l ledger, row ledgerRow) (complaints []string) {
	complain := func(format string, args ...any) {
		complaints = append(complaints, fmt.Sprintf("%s:%d: %s: ", l.document, row.line, row.cells[0])+fmt.Sprintf(format, args...))
	}
	proof := row.proof()
	spans := codeSpan.FindAllStringSubmatch(proof, -1)
	switch state := row.state(); {
	case state == "covered":
		if rest := codeSpan.ReplaceAllString(proof, ""); len(spans) == 0 || strings.Trim(rest, ", ") != "" {
			complain("%q is neither tests nor a reason", proof)
		}
	case len(strings.Fields(proof)) < 3:
		complain("%q gives no reason", proof)
	case state == "review" && len(spans) == 0:
		complain("%q names no code", proof)
	}
	for _, span := range spans {
		problem := ""
		if strings.Contains(span[1], ".go") {
			problem = r.missingSymbol(span[1])
		} else {
			problem = r.missingTest(span[1])
		}
		if problem != "" {
			complain("`%s` %s", span[1], problem)
		}
	}
	for _, cell := range row.cells[1 : len(row.cells)-1] {
		for _, span := range codeSpan.FindAllStringSubmatch(cell, -1) {
			if problem := r.missingName(span[1]); problem != "" {
				complain("`%s` %s", span[1], problem)
			}
		}
	}
	return complaints
}

func TestLedgersComplain(t *testing.T) {
	l := ledger{"l.md", []series{{"", 0, 4}, {"WS-", 3, 1}}}
	files := map[string]string{
		"a_test.go":    "package websockets\nfunc TestGood(t *testing.T) { t.Run(\"a b\", nil) }\nfunc ExampleSilent() {}\nfunc ExampleLoud() {\n\t// Output: hi\n}\n",
		"b_test.go":    "package websockets\nfunc TestSkips(t *testing.T) { help(t) }\nfunc help(t *testing.T) { t.Skip(\"later\") }\nfunc TestRace(t *testing.T) { if race.Enabled { t.Skip(\"x\") } }\n",
		"c_test.go":    "//go:build plan9\n\npackage websockets\nfunc TestElsewhere(t *testing.T) {}\n",
		"frame/f.go":   "package frame\ntype T struct{ F int }\nfunc (t *T) M() {}\n",
		"testdata/s/x": "",
		"api/websockets.txt": "pkg websockets, type Conn struct\npkg websockets, method (*Conn) Recv(context.Context) (Message, error)\n" +
			"pkg frame, func Read(io.Reader) error\n",
	}
	good := "| 1, 2 to 4 | `Conn.Recv`, `frame.Read`, `net.Conn` | says `so` | `websockets.TestGood`, `websockets.ExampleLoud` |\n| WS-001 | a | b | review: see `frame/f.go:T.M` |\n"
	for name, tt := range map[string]struct{ rows, want string }{
		"good":            {good, ""},
		"missing":         {strings.Replace(good, "2 to 4", "2 to 3", 1), "l.md: 4 is missing"},
		"double":          {strings.Replace(good, "1, 2", "1, 1, 2", 1), "1 is in line 1 too"},
		"no such number":  {strings.Replace(good, "to 4", "to 5", 1), "there is no 5"},
		"wrong zeros":     {strings.Replace(good, "WS-001", "WS-01", 1), "there is no WS-01"},
		"no proof":        {strings.Replace(good, "`websockets.TestGood`, `websockets.ExampleLoud`", "", 1), "neither tests nor a reason"},
		"prose":           {strings.Replace(good, "`websockets.TestGood`", "trust me", 1), "neither tests nor a reason"},
		"no reason":       {strings.Replace(good, "review: see `frame/f.go:T.M`", "absent: no", 1), "gives no reason"},
		"no code":         {strings.Replace(good, "`frame/f.go:T.M`", "the code", 1), "names no code"},
		"no such file":    {strings.Replace(good, "frame/f.go", "frame/g.go", 1), "is in no file"},
		"no such symbol":  {strings.Replace(good, "T.M", "T.N", 1), "declares no T.N"},
		"no such test":    {strings.Replace(good, "TestGood", "TestBad", 1), "does not exist"},
		"no such package": {strings.Replace(good, "websockets.TestGood", "frame.TestGood", 1), "does not exist"},
		"subtest":         {strings.Replace(good, "TestGood", "TestGood/a_b", 1), ""},
		"no such subtest": {strings.Replace(good, "TestGood", "TestGood/c", 1), "has no subtest"},
		"skips":           {strings.Replace(good, "TestGood", "TestSkips", 1), "is skipped"},
		"skips in a race": {strings.Replace(good, "TestGood", "TestRace", 1), ""},
		"other system":    {strings.Replace(good, "TestGood", "TestElsewhere", 1), "does not exist"},
		"no output":       {strings.Replace(good, "ExampleLoud", "ExampleSilent", 1), "does not run"},
		"no such name":    {strings.Replace(good, "Conn.Recv", "Conn.Receive", 1), "is not in the API"},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := fstest.MapFS{"l.md": {Data: []byte(tt.rows)}}
			for name, text := range files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			r, err := load(fsys)
			if err != nil {
				t.Fatal(err)
			}
			rows, complaints := r.ledgerRows(l)
			for _, row := range rows {
				complaints = append(complaints, r.checkRow(l, row)...)
			}
			if got := strings.Join(complaints, "\n"); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.want == "" && summary(l, rows) != "l: covered 4 of 5, by review 1, absent on purpose 0, planned 0" {
				t.Errorf("got %q", summary(l, rows))
			}
		})
	}
}
