package bound

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
)

// WriteText prints a report for people: every figure, and the path that causes it or the reasons why it has no bound.
func WriteText(w io.Writer, r *Report) error {
	var b strings.Builder
	for i := range r.Figures {
		f := &r.Figures[i]
		fmt.Fprintf(&b, "%s: %s", f.Metric.Label(), f.Text())
		switch {
		case f.EndedBy != "" && infinite(f.Uncut):
			fmt.Fprintf(&b, ", ended by %s: nothing else bounds it", f.EndedBy)
		case f.EndedBy != "":
			fmt.Fprintf(&b, ", ended by %s: without it %s", f.EndedBy, f.Metric.text(f.Uncut))
		case f.Metric == Cost && f.Amount > 0 && r.Prices.Date != "":
			fmt.Fprintf(&b, ", by prices of %s", r.Prices.Date)
		}
		b.WriteByte('\n')
		for _, reason := range f.Unbounded {
			fmt.Fprintf(&b, "  %s\n    help: %s\n", reason.Why, reason.Cure)
		}
		if f.Metric == Duration {
			writeTree(&b, f.Path, "  ")
		} else if line := writeLine(f.Metric, f.Path); line != "" && f.Bounded() {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mostLines is how many steps of a path are printed.
const mostLines = 60

// adding are the steps that add to the figure.
func adding(path []Step) []Step {
	var list []Step
	for _, s := range path {
		if s.Amount > 0 || s.Times > 0 && len(adding(s.Loop)) > 0 {
			list = append(list, s)
		}
	}
	return list
}

func writeTree(b *strings.Builder, path []Step, indent string) {
	list := adding(path)
	width := 0
	for _, s := range list[:min(len(list), mostLines)] {
		width = max(width, len([]rune(s.State)))
	}
	for i, s := range list {
		if i == mostLines {
			fmt.Fprintf(b, "%s… and %d more\n", indent, len(list)-i)
			return
		}
		if s.Times > 0 {
			fmt.Fprintf(b, "%s%s\n", indent, times(s.Times))
			writeTree(b, s.Loop, indent+"  ")
			continue
		}
		fmt.Fprintf(b, "%s%s%s  %s", indent, printable(s.State), strings.Repeat(" ", width-len([]rune(s.State))), duration(s.Amount))
		if s.Detail != "" {
			fmt.Fprintf(b, ": %s", s.Detail)
		}
		if s.Outcome != "" {
			fmt.Fprintf(b, "; %s", s.Outcome)
		}
		b.WriteByte('\n')
		if len(adding(s.Within)) > 0 {
			writeTree(b, s.Within, indent+"  ")
		}
	}
}

// times tells how often a part of a path is passed.
func times(n float64) string {
	if infinite(n) {
		return "again and again:"
	}
	return fmt.Sprintf("%s×:", count(n))
}

// writeLine is a path in one line: Extract 9 → Fan 12 (Analyze 4, Summarize 4).
func writeLine(m Metric, path []Step) string {
	var parts []string
	list := adding(path)
	for i, s := range list {
		if i == mostLines {
			parts = append(parts, fmt.Sprintf("… and %d more", len(list)-i))
			break
		}
		if s.Times > 0 {
			parts = append(parts, fmt.Sprintf("%s× (%s)", count(s.Times), writeLine(m, s.Loop)))
			continue
		}
		text := printable(s.State) + " " + m.text(s.Amount)
		inner := writeLine(m, s.Within)
		switch {
		case inner != "" && s.Attempts > 1:
			text += fmt.Sprintf(" (%s attempts, each %s)", count(s.Attempts), inner)
		case inner != "":
			text += " (" + inner + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " → ")
}

// printable keeps control characters of a name off the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, text)
}

// number is a number in JSON: null when it is infinite.
func number(f float64) *float64 {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil
	}
	return &f
}

// MarshalJSON writes a step; an amount without bound is null.
func (s Step) MarshalJSON() ([]byte, error) {
	type plain Step // without this method
	record := struct {
		plain
		Amount   *float64 `json:"amount,omitempty"`
		Attempts float64  `json:"attempts,omitempty"`
		Times    *float64 `json:"times,omitempty"`
	}{plain: plain(s)}
	if s.State != "" {
		record.Amount = number(s.Amount)
		if s.Attempts > 1 && !infinite(s.Attempts) {
			record.Attempts = s.Attempts
		}
	} else {
		record.Times = number(s.Times)
	}
	return json.Marshal(record)
}

// MarshalJSON writes a figure: amount is null when there is no bound.
func (f Figure) MarshalJSON() ([]byte, error) {
	type reason struct {
		State string   `json:"state,omitempty"`
		Loop  []string `json:"loop,omitempty"`
		Why   string   `json:"why"`
		Cure  string   `json:"cure"`
	}
	units := map[Metric]string{Duration: "s", Cost: "USD"}
	record := struct {
		Metric    Metric   `json:"metric"`
		Amount    *float64 `json:"amount"`
		Unit      string   `json:"unit,omitempty"`
		Text      string   `json:"text"`
		Unbounded bool     `json:"unbounded"`
		EndedBy   string   `json:"endedBy,omitempty"`
		Because   []reason `json:"because,omitempty"`
		Path      []Step   `json:"path"`
	}{f.Metric, number(f.Amount), units[f.Metric], f.Text(), !f.Bounded(), f.EndedBy, nil, f.Path}
	if record.Path == nil {
		record.Path = []Step{}
	}
	for _, r := range f.Unbounded {
		record.Because = append(record.Because, reason(r))
	}
	return json.Marshal(record)
}
