package report

import (
	_ "embed"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/go-websockets/websockets/bench/compare"
	"github.com/go-websockets/websockets/bench/servers"
)

//go:embed page.tmpl
var pageText string

//go:embed page.css
var style string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Page writes a page with the plots, which needs no other file.
func Page(w io.Writer, r *compare.Results) error {
	data := struct {
		Style    template.CSS
		About    []string
		Shorts   []short
		Works    []plotted
		Scale    []plotted
		Abouts   []*servers.Candidate
		HasScale bool
	}{
		Style:    template.CSS(style), // ours
		About:    strings.Split(strings.TrimSpace(about(r)), "\n\n"),
		HasScale: len(r.Scale) > 0,
	}
	for _, work := range r.Works {
		if s, ok := shortOf(work); ok {
			data.Shorts = append(data.Shorts, s)
		}
		p := plotted{Title: title(work), Unit: work.Unit, Plot: bars(work)}
		if work.Text {
			p.Note = "Hatched: does not check that text is UTF-8, as RFC 6455 demands."
		}
		data.Works = append(data.Works, p)
	}
	for _, c := range append(servers.All(), servers.Others()...) {
		if slices.ContainsFunc(r.Works, func(w *compare.WorkResult) bool { return w.Find(c.Name) != nil }) {
			data.Abouts = append(data.Abouts, c)
		}
	}
	data.Scale = scalePlots(r.Scale)
	return pageTemplate.Execute(w, data)
}

// plotted is a plot and what stands around it.
type plotted struct {
	Title, Unit, Note string
	Plot              template.HTML
}

// A short is a work in one line: how we stand to the best rival and to plain TCP.
type short struct {
	Title, Ours, Rival string
	Ratio, ToRaw       string
	Better             bool
	Offset, Width      float64 // of a bar, in percent: the middle is 1×
}

func shortOf(w *compare.WorkResult) (s short, ok bool) {
	ours, rival := OurBest(w), w.BestRival()
	if ours == nil || rival == nil {
		return s, false
	}
	ratio := ours.Ratio(rival)
	if math.IsNaN(ratio) {
		return s, false
	}
	s = short{
		Title: title(w), Ours: ours.Name, Rival: rival.Name,
		Ratio: times(ratio), ToRaw: times(ours.Ratio(w.Find("raw"))), Better: ratio <= 1,
	}
	// A factor of 8 fills one half.
	part := min(50, 50*math.Abs(math.Log(ratio))/math.Log(8))
	s.Offset, s.Width = 50, part
	if ratio < 1 {
		s.Offset = 50 - part
	}
	return s, true
}
