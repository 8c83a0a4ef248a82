package benching

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// percentile is the smallest value that at least p (0 to 1) of the values do not exceed; zero without values.
func percentile[T cmp.Ordered](values []T, p float64) T {
	var none T
	if len(values) == 0 {
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p*float64(len(sorted)))) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

// median is the middle value, of an even count the mean of the two middle ones.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// pairs are figures and their floors, round by round.
type pairs struct{ figures, floors []float64 }

func (p *pairs) add(figure, floor float64) {
	p.figures, p.floors = append(p.figures, figure), append(p.floors, floor)
}

// ratios are the rounds' own: each figure against the floor measured next to it, so that a machine that slows down
// between rounds does not count.
func (p *pairs) ratios() []float64 {
	ratios := make([]float64, len(p.figures))
	for i := range p.figures {
		ratios[i] = p.figures[i] / p.floors[i]
	}
	return ratios
}

func (p *pairs) ratio() float64 { return median(p.ratios()) }

// spread lists the rounds' ratios; empty for a single one.
func (p *pairs) spread() string {
	if len(p.figures) < 2 {
		return ""
	}
	var b strings.Builder
	for i, r := range p.ratios() {
		if i > 0 {
			b.WriteString("  ")
		}
		fmt.Fprintf(&b, "%.2f", r)
	}
	return b.String()
}

// quantiles says p50, p95 and p99 in milliseconds, or in microseconds when nearly all are below one.
func quantiles(values []time.Duration) string {
	unit, name, digits := time.Millisecond, "ms", 1
	if percentile(values, 0.95) < unit {
		unit, name, digits = time.Microsecond, "µs", 0
	}
	in := func(p float64) string {
		return strconv.FormatFloat(percentile(values, p).Seconds()/unit.Seconds(), 'f', digits, 64)
	}
	return fmt.Sprintf("%s / %s / %s %s", in(0.5), in(0.95), in(0.99), name)
}
