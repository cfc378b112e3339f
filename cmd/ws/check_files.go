package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/conformance/report"
	"github.com/spf13/pflag"
)

// checkFiles are the reports that ws check writes, and the one that it reads.
type checkFiles struct {
	json, junit, html string
	autobahn          string // a folder
	baseline          string

	before *conformance.Report // what is in baseline
}

func (f *checkFiles) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&f.json, "json", "", "write all results to `FILE`, for --baseline, --merge and programs")
	fs.StringVar(&f.html, "html", "", "write one page to look at to `FILE`")
	fs.StringVar(&f.junit, "junit", "", "write JUnit XML to `FILE`, for CI")
	fs.StringVar(&f.autobahn, "autobahn", "", "write index.json and a file for each case to the folder `DIR`, as the Autobahn TestSuite does")
	fs.StringVar(&f.baseline, "baseline", "", "fail only on what got worse than in `FILE`, which --json has written earlier")
}

// prepare reads the baseline and finds mistakes before the run.
func (f *checkFiles) prepare() error {
	for flag, name := range map[string]string{"json": f.json, "html": f.html, "junit": f.junit} {
		if name == "" || name == "-" {
			continue
		}
		if err := folderOf(name); err != nil {
			return fmt.Errorf("--%s: %w", flag, err)
		}
	}
	if f.baseline == "" {
		return nil
	}
	var err error
	if f.before, err = readReport(f.baseline); err != nil {
		return fmt.Errorf("--baseline: %w", err)
	}
	return nil
}

func readReport(name string) (*conformance.Report, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := report.ReadJSON(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// toStdout reports whether a report takes the place of the summary.
func (f *checkFiles) toStdout() bool { return f.json == "-" || f.html == "-" || f.junit == "-" }

// withoutStdout are the files among them.
func (f checkFiles) withoutStdout() checkFiles {
	for _, name := range []*string{&f.json, &f.html, &f.junit} {
		if *name == "-" {
			*name = ""
		}
	}
	return f
}

// write writes what has been asked for.
func (f *checkFiles) write(stdout io.Writer, r *conformance.Report, strict bool) error {
	junit := func(w io.Writer, r *conformance.Report) error { return report.WriteJUnit(w, r, strict) }
	for _, file := range []struct {
		name  string
		write func(io.Writer, *conformance.Report) error
	}{{f.json, report.WriteJSON}, {f.html, report.WriteHTML}, {f.junit, junit}} {
		if file.name == "" {
			continue
		}
		if err := writeFile(stdout, file.name, func(w io.Writer) error { return file.write(w, r) }); err != nil {
			return &failure{status: statusFailed, err: err}
		}
	}
	if f.autobahn != "" {
		if err := report.WriteAutobahn(f.autobahn, r); err != nil {
			return &failure{status: statusFailed, err: err}
		}
	}
	return nil
}

// writeFile writes a file, or standard output if its name is "-".
func writeFile(stdout io.Writer, name string, write func(io.Writer) error) error {
	if name == "-" {
		return write(stdout)
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := write(file); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// runList lists the cases.
func (x *checkCommand) runList() error {
	var err error
	if x.files.json != "" {
		err = writeFile(x.stdout, x.files.json, x.listJSON)
	} else {
		err = x.listText(x.stdout)
	}
	if err != nil {
		return &failure{status: statusFailed, err: err}
	}
	return nil
}

func (x *checkCommand) listText(w io.Writer) error {
	st := x.style(x.stdout)
	for _, family := range conformance.Families() {
		head := st.bold(fmt.Sprintf("%s  %s", family.Number, family.Title)) + "\n"
		for _, c := range x.suite.Cases {
			if c.Family() != family.Number {
				continue
			}
			whom := ""
			if c.Peers != conformance.Both {
				whom = ", " + c.Peers.String()
			}
			if _, err := fmt.Fprintf(w, "%s%-10s %s %s\n", head, c.ID, c.Title, st.dim("("+c.Section+whom+")")); err != nil {
				return err
			}
			head = ""
		}
	}
	return nil
}

func (x *checkCommand) listJSON(w io.Writer) error {
	type listed struct {
		ID          string `json:"id"`
		Title       string `json:"title"`
		Expectation string `json:"expectation"`
		Section     string `json:"section"`
		Peers       string `json:"peers"`
		Volume      bool   `json:"volume"`
	}
	list := []listed{}
	for _, c := range x.suite.Cases {
		list = append(list, listed{c.ID, c.Title, c.Expectation, c.Section, c.Peers.String(), c.Volume})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(list)
}
