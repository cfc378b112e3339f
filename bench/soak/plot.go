//go:build linux

package soak

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// A plot is a picture with its title.
type plot struct {
	Title string
	SVG   template.HTML
}

// A series is a line of a plot.
type series struct {
	name string
	x, y []float64
}

// plots draws what was sampled, over time.
func (r *Results) plots() (list []plot) {
	const mib = 1 << 20
	for _, p := range []struct {
		title string
		of    func(s *Sample) float64
	}{
		{"Live heap, MiB", func(s *Sample) float64 { return s.Heap / mib }},
		{"RAM, MiB", func(s *Sample) float64 { return s.Resident / mib }},
		{"Held by connections (Conn.Retained), MiB", func(s *Sample) float64 { return s.Retained / mib }},
		{"Goroutines", func(s *Sample) float64 { return float64(s.Goroutines) }},
		{"Files", func(s *Sample) float64 { return float64(s.Files) }},
		{"Connections that keep the books", func(s *Sample) float64 { return float64(s.Connections) }},
	} {
		list = append(list, plot{p.title, draw(p.title, []series{
			line("server", r.Server.Samples, p.of), line("client", r.Client.Samples, p.of),
		})})
	}
	const rate = "Messages received a second"
	return append(list, plot{rate, draw(rate, []series{rates("server", r.Server.Samples), rates("client", r.Client.Samples)})})
}

// mostPoints is how many points a line has: more cannot be told apart.
const mostPoints = 300

func line(name string, samples []*Sample, of func(s *Sample) float64) series {
	s := series{name: name}
	each := (len(samples) + mostPoints - 1) / mostPoints
	for group := range slices.Chunk(samples, max(each, 1)) {
		high := 0.0
		for _, v := range group {
			high = max(high, of(v))
		}
		s.x, s.y = append(s.x, group[0].At), append(s.y, high)
	}
	return s
}

// rates are messages a second, over ten samples each.
func rates(name string, samples []*Sample) series {
	s := series{name: name}
	const step = 10
	for i := step; i < len(samples); i += step {
		a, b := samples[i-step], samples[i]
		if d := b.At - a.At; d > 0 {
			s.x, s.y = append(s.x, b.At), append(s.y, float64(b.Messages-a.Messages)/d)
		}
	}
	return s
}

const (
	width, height            = 640.0, 240.0
	left, right, top, bottom = 60.0, 80.0, 10.0, 28.0
)

// draw makes a picture of lines over time.
func draw(title string, lines []series) template.HTML {
	end, high := 1.0, 0.0
	for _, l := range lines {
		for i := range l.x {
			end, high = max(end, l.x[i]), max(high, l.y[i])
		}
	}
	step := niceStep(high / 4)
	high = max(step, math.Ceil(high/step)*step)
	x := func(v float64) float64 { return left + (width-left-right)*v/end }
	y := func(v float64) float64 { return height - bottom - (height-bottom-top)*v/high }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, width, height, html.EscapeString(title))
	for v := 0.0; v <= high+step/2; v += step {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`,
			left, width-right, y(v), y(v), left-6, y(v)+4, tick(v, step))
	}
	unit, every := "s", niceStep(end/5)
	scale := 1.0
	if end >= 300 {
		unit, scale = "min", 60
		every = niceStep(end/60/5) * 60
	}
	for v := 0.0; v <= end; v += every {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, x(v), height-8, tick(v/scale, every/scale))
	}
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f">%s</text>`, width-right+8, height-8, unit)
	labels := labelPlaces(lines, y)
	for i, l := range lines {
		if len(l.x) == 0 {
			continue
		}
		var path strings.Builder
		for j := range l.x {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(j, 1)], x(l.x[j]), y(l.y[j]))
		}
		fmt.Fprintf(&b, `<path class="s%d" d="%s"/><text x="%.1f" y="%.1f"><tspan class="d%d">● </tspan>%s</text>`,
			i, path.String(), width-right+8, labels[i]+4, i, html.EscapeString(l.name))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // its texts are escaped
}

// labelPlaces are the heights of the labels, at the ends of the lines but apart.
func labelPlaces(lines []series, y func(float64) float64) []float64 {
	places := make([]float64, len(lines))
	for i, l := range lines {
		if n := len(l.y); n > 0 {
			places[i] = y(l.y[n-1])
		}
	}
	const apart = 16
	if len(places) == 2 && math.Abs(places[0]-places[1]) < apart {
		middle := min((places[0]+places[1])/2, height-bottom-apart/2)
		upper, lower := 0, 1
		if places[0] > places[1] {
			upper, lower = 1, 0
		}
		places[upper], places[lower] = middle-apart/2, middle+apart/2
	}
	return places
}

// niceStep is the next of 1, 2 or 5 times a power of ten.
func niceStep(v float64) float64 {
	if v <= 0 {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*p {
			return m * p
		}
	}
	return 10 * p
}

func tick(v, step float64) string {
	if step < 1 {
		return fmt.Sprintf("%.*f", int(math.Ceil(-math.Log10(step))), v)
	}
	return number(v)
}
