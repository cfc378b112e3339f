//go:build linux

package bounds

import (
	"fmt"
	"strings"
)

// Markdown is the table of all costs.
func Markdown(c Config, costs []*Cost) string {
	var b strings.Builder
	fairness := c.Windows > 0
	b.WriteString("| script | endpoint | still open | heap, KiB | retained, KiB | sent, delivered, inflated, MiB | CPU, ms/MiB |")
	if fairness {
		b.WriteString(" p99 calm, ms | p99 attacked, ms | ratio |")
	}
	b.WriteString("\n|---|---|---:|---:|---:|---:|---:|")
	if fairness {
		b.WriteString("---:|---:|---:|")
	}
	b.WriteString("\n")
	for _, k := range costs {
		per := "–"
		if k.Wire >= 4 {
			per = fmt.Sprintf("%.1f", 1000*k.PerMiB())
		}
		retained := fmt.Sprintf("%.1f", k.Retained/1024)
		if k.Before {
			retained = "–"
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %.1f | %s | %.1f | %s |", k.Script, k.Role, k.Open, k.Heap/1024, retained, k.Wire, per)
		switch {
		case fairness && k.Calm > 0:
			fmt.Fprintf(&b, " %.2f | %.2f | %.1f |", 1000*k.Calm, 1000*k.Attacked, k.Ratio())
		case fairness:
			b.WriteString(" | | |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Faults lists what exceeds its bound, as sentences. ratio is the bound on that of
// honest echoes.
func Faults(costs []*Cost, ratio float64) (list []string) {
	for _, k := range costs {
		for _, f := range k.Faults {
			list = append(list, fmt.Sprintf("%s, %s: %s", k.Script, k.Role, f))
		}
		if k.Calm > 0 && k.Ratio() > ratio {
			list = append(list, fmt.Sprintf("%s, %s: honest echoes take %.2f ms in place of %.2f: %.1f times as long, the bound is %.1f",
				k.Script, k.Role, 1000*k.Attacked, 1000*k.Calm, k.Ratio(), ratio))
		}
	}
	return list
}
