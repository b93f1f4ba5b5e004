package bound

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// title names the metric in a sentence.
func (m Metric) title() string {
	switch m {
	case Duration:
		return "the longest time"
	case Attempts:
		return "the number of task attempts"
	case ModelCalls:
		return "the number of model calls"
	case Transitions:
		return "the number of state transitions"
	}
	return "the cost"
}

// Label names the metric in a table.
func (m Metric) Label() string {
	switch m {
	case Duration:
		return "longest time"
	case Attempts:
		return "task attempts"
	case ModelCalls:
		return "model calls"
	case Transitions:
		return "state transitions"
	}
	return "cost"
}

// Text is the amount in words, with its unit.
func (f *Figure) Text() string { return f.Metric.text(f.Amount) }

func (m Metric) text(amount float64) string {
	switch {
	case infinite(amount):
		return "unbounded"
	case m == Duration:
		return duration(amount)
	case m == Cost && amount != 0 && amount < 0.01:
		return fmt.Sprintf("$%.6f", amount)
	case m == Cost:
		return fmt.Sprintf("$%.2f", amount)
	}
	return count(amount)
}

// duration writes seconds as a person does, and from ten minutes on, where that is not the same, in minutes, too: 5 h 4 min 26 s (304.4 min).
func duration(seconds float64) string {
	if infinite(seconds) {
		return "unbounded"
	}
	if seconds < 60 {
		return count(seconds) + " s"
	}
	if seconds >= 1e9 { // thirty years
		return fmt.Sprintf("%.3g years", seconds/(365*24*3600))
	}
	rest := int64(math.Round(seconds))
	var parts []string
	for _, unit := range []struct {
		name    string
		seconds int64
	}{{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}} {
		if n := rest / unit.seconds; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
		}
		rest %= unit.seconds
	}
	text := strings.Join(parts, " ")
	if seconds >= 3600 || seconds >= 600 && math.Round(seconds/60)*60 != seconds {
		text += fmt.Sprintf(" (%.1f min)", seconds/60)
	}
	return text
}

// count writes a number without an exponent as long as it can be read.
func count(n float64) string {
	switch {
	case infinite(n):
		return "unbounded"
	case n >= 1e15:
		return fmt.Sprintf("%.3g", n)
	case n == math.Trunc(n):
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(math.Round(n*10)/10, 'f', -1, 64)
}

// text tells how long a retrier waits in all.
func (r *retrier) text() string {
	rate := fmt.Sprintf("%s s × %s^n", count(r.interval), strconv.FormatFloat(r.backoff, 'f', -1, 64))
	if r.backoff == 1 {
		rate = count(r.interval) + " s each"
	}
	limit := ", no cap"
	if !infinite(r.cap) {
		limit = fmt.Sprintf(", at most %s s", count(r.cap))
	}
	if r.backoff == 1 && infinite(r.cap) {
		limit = ""
	}
	return fmt.Sprintf("%s between attempts (%s%s)", duration(r.delays()), rate, limit)
}

// detail tells how a state comes to its amount.
func (a *analysis) detail(v *visit, delays []string) string {
	attempts := ""
	if v.attempts > 1 {
		attempts = count(v.attempts) + " attempts"
	}
	parts := []string{attempts, v.detail}
	if a.metric == Duration && v.attempts >= 1 && v.state.typ == "Task" {
		each := (v.amount - v.delays) / v.attempts
		switch {
		case infinite(v.amount) || math.IsNaN(each):
		case attempts != "":
			parts = []string{fmt.Sprintf("%s of %s", attempts, duration(each)), v.detail}
		}
	}
	var text []string
	for _, part := range append(parts, delays...) {
		if part != "" {
			text = append(text, part)
		}
	}
	return strings.Join(text, "; ")
}
