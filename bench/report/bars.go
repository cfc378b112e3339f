package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"

	"github.com/go-websockets/websockets/bench/compare"
	"github.com/go-websockets/websockets/bench/servers"
)

// The measures of a plot with bars, in its own units.
const (
	width     = 560.0
	nameWidth = 128.0
	tailWidth = 62.0 // for figures behind a bar that is full
	rowHeight = 22.0
	barHeight = 14.0
)

// bars draws a bar for each candidate, the cheapest first.
func bars(w *compare.WorkResult) template.HTML {
	ranked := Ranked(w)
	most := 0.0
	for _, c := range ranked {
		if v := c.Best(); v > most { // false for NaN
			most = v
		}
	}
	if most == 0 {
		most = 1
	}
	space := width - nameWidth - tailWidth
	x := func(v float64) float64 { return nameWidth + min(v/most, 1.07)*space }
	height := float64(len(ranked))*rowHeight + 22
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, width, height, html.EscapeString(w.Title+", "+w.Unit))
	for _, tick := range ticks(most) {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="0" y2="%.1f"/><text class="axis" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`,
			x(tick), x(tick), height-18, x(tick), height-5, tickText(tick))
	}
	best := w.BestRival()
	for i, c := range ranked {
		row(&b, w, c, c == best, float64(i)*rowHeight+3, x)
	}
	if raw := w.Find("raw"); raw != nil && raw.Best() > 0 {
		fmt.Fprintf(&b, `<line class="floor" x1="%.1f" x2="%.1f" y1="0" y2="%.1f"/>`, x(raw.Best()), x(raw.Best()), height-18)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // its texts are escaped
}

// row draws one candidate.
func row(b *strings.Builder, w *compare.WorkResult, c *compare.CandidateResult, best bool, y float64, x func(float64) float64) {
	class, nameClass := "rival", ""
	switch {
	case c.Family == servers.Ours:
		class, nameClass = "ours", "name-ours"
	case c.Family == servers.Raw:
		class = "raw"
	case c.Family == servers.Other:
		class = "other"
	case best:
		class = "best"
	}
	middle := y + barHeight/2
	fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%.1f" text-anchor="end">%s</text>`, nameClass, nameWidth-8, middle+4, html.EscapeString(c.Name))
	v := c.Best()
	if math.IsNaN(v) {
		fmt.Fprintf(b, `<text class="failed" x="%.1f" y="%.1f">failed</text>`, nameWidth+4, middle+4)
		return
	}
	fmt.Fprintf(b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"><title>%s: best %s, median %s, worst %s %s</title></rect>`,
		class, nameWidth, y, max(x(v)-nameWidth, 1), barHeight, html.EscapeString(c.Name), figure(v), figure(c.Median()), figure(c.Worst()), html.EscapeString(w.Unit))
	if w.Text && c.Family == servers.Rival && !c.ChecksText {
		for at := nameWidth + 6; at < x(v); at += 8 {
			fmt.Fprintf(b, `<line class="hatch" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, at-5, at, y+barHeight, y)
		}
	}
	worst := c.Worst()
	fmt.Fprintf(b, `<path class="whisker" d="M%.1f %.1fH%.1fM%.1f %.1fv8`, x(v), middle, x(worst), x(c.Median()), middle-4)
	if worst <= 1.07*v || x(worst) < width-tailWidth+20 {
		fmt.Fprintf(b, `M%.1f %.1fv6`, x(worst), middle-3)
	}
	fmt.Fprintf(b, `"/><text x="%.1f" y="%.1f">%s</text>`, x(max(v, worst))+5, middle+4, figure(v))
}

// ticks returns about four round values up to most.
func ticks(most float64) (list []float64) {
	step := math.Pow(10, math.Floor(math.Log10(most)))
	for _, part := range []float64{0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5} {
		if most/(step*part) <= 5 {
			step *= part
			break
		}
	}
	for i := 0; float64(i)*step <= most*1.0001; i++ {
		list = append(list, float64(i)*step)
	}
	return list
}

func tickText(v float64) string {
	if v >= 1000 {
		return thousandsOf(v)
	}
	return fmt.Sprintf("%.4g", v)
}
