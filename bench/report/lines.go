package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/go-websockets/websockets/bench/compare"
)

// scalePlots draws what changes with the number of connections.
func scalePlots(all []*compare.Scale) (list []plotted) {
	for _, p := range []struct {
		title, unit string
		churn       bool
		of          func(s *compare.Scale) float64
	}{
		{"Processor time for a message", "µs/message", false, func(s *compare.Scale) float64 { return s.Cost }},
		{"Memory for a connection", "bytes, heap and stacks", false, func(s *compare.Scale) float64 { return s.Memory }},
		{"RAM for a connection", "bytes resident", false, func(s *compare.Scale) float64 { return s.Resident }},
		{"99 of 100 echoes took at most", "ms", false, func(s *compare.Scale) float64 { return s.P99 / 1000 }},
		{"99 of 100 echoes took at most, under churn", "ms", true, func(s *compare.Scale) float64 { return s.P99 / 1000 }},
		{"Longest pause of the collector, under churn", "ms", true, func(s *compare.Scale) float64 { return s.PauseMax / 1000 }},
	} {
		lines := map[string][]point{}
		var names []string
		for _, s := range all {
			if s.Churn != p.churn || s.Failed != "" || s.Processes != 1 {
				continue
			}
			if lines[s.Candidate] == nil {
				names = append(names, s.Candidate)
			}
			lines[s.Candidate] = append(lines[s.Candidate], point{float64(s.Connections), p.of(s)})
		}
		// Colors go by place: the first is ours, the last is that of plain TCP.
		place := map[string]int{"ours": -1, "raw": 1}
		slices.SortStableFunc(names, func(a, b string) int { return place[a] - place[b] })
		if len(names) > 0 {
			list = append(list, plotted{Title: p.title, Unit: p.unit, Plot: plotLines(p.title, names, lines)})
		}
	}
	return list
}

type point struct{ x, y float64 }

// plotLines draws a line for each name, over a logarithmic number of connections.
func plotLines(title string, names []string, lines map[string][]point) template.HTML {
	const left, right, top, bottom, height = 52.0, 104.0, 10.0, 26.0, 250.0
	least, most, high := math.Inf(1), 0.0, 0.0
	for _, line := range lines {
		for _, p := range line {
			least, most, high = min(least, p.x), max(most, p.x), max(high, p.y)
		}
	}
	if high <= 0 {
		high = 1
	}
	x := func(v float64) float64 {
		if most == least {
			return left
		}
		return left + (width-left-right)*math.Log(v/least)/math.Log(most/least)
	}
	y := func(v float64) float64 { return height - bottom - (height-bottom-top)*v/(high*1.05) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, width, height, html.EscapeString(title))
	for _, tick := range ticks(high) {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text class="axis" x="%.1f" y="%.1f" text-anchor="end">%s</text>`,
			left, width-right, y(tick), y(tick), left-6, y(tick)+4, tickText(tick))
	}
	for v := math.Pow(10, math.Floor(math.Log10(least))); v <= most; v *= 10 {
		if v >= least {
			fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text class="axis" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`,
				x(v), x(v), top, height-bottom, x(v), height-8, tickText(v))
		}
	}
	fmt.Fprintf(&b, `<text class="axis" x="%.1f" y="%.1f">connections</text>`, width-right+8, height-8)
	ends := make([]float64, len(names))
	for i, name := range names {
		line := lines[name]
		slices.SortFunc(line, func(a, b point) int { return int(a.x - b.x) })
		path := ""
		for j, p := range line {
			path += fmt.Sprintf("%c%.1f %.1f", "LM"[boolIndex(j == 0)], x(p.x), y(p.y))
		}
		fmt.Fprintf(&b, `<path class="series s%d" d="%s"/>`, i%5, path)
		for _, p := range line {
			fmt.Fprintf(&b, `<circle class="d%d" cx="%.1f" cy="%.1f" r="3"><title>%s, %s connections: %s</title></circle>`,
				i%5, x(p.x), y(p.y), html.EscapeString(name), thousandsOf(p.x), figure(p.y))
		}
		ends[i] = y(line[len(line)-1].y)
	}
	spread(ends)
	for i, name := range names {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f"><tspan class="d%d">● </tspan>%s</text>`, width-right+8, ends[i]+4, i%5, html.EscapeString(name))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // its texts are escaped
}

// spread moves labels apart that would cover each other, downwards.
func spread(ends []float64) {
	order := make([]int, len(ends))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(100 * (ends[a] - ends[b])) })
	for i := 1; i < len(order); i++ {
		ends[order[i]] = max(ends[order[i]], ends[order[i-1]]+15)
	}
}

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}
