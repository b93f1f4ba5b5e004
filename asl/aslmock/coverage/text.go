package coverage

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText prints a table with a line for each definition, and below it what was not covered, with its place. The same
// profiles always give the same text.
func WriteText(w io.Writer, profiles ...*Profile) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	row := func(name string, total Count, of func(Kind) Count) {
		fmt.Fprint(table, name)
		for _, kind := range Kinds() {
			fmt.Fprint(table, "\t", cell(of(kind)))
		}
		fmt.Fprint(table, "\t", cell(total), "\n")
	}
	fmt.Fprint(table, "coverage")
	for _, kind := range Kinds() {
		fmt.Fprint(table, "\t", kind)
	}
	fmt.Fprint(table, "\ttotal\n")
	sums := map[Kind]Count{}
	var total Count
	for _, p := range profiles {
		row(p.File, p.Total(), p.Of)
		total = total.plus(p.Total())
		for _, kind := range Kinds() {
			sums[kind] = sums[kind].plus(p.Of(kind))
		}
	}
	if len(profiles) > 1 {
		row("all", total, func(kind Kind) Count { return sums[kind] })
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, p := range profiles {
		b.WriteString(p.MissingText())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// MissingText says what is not covered, a line each: file:line:column: not covered: state Failed.
func (p *Profile) MissingText() string {
	var b strings.Builder
	for _, it := range p.Missing() {
		b.WriteString(p.File)
		if it.Position.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", it.Position.Line, it.Position.Column)
		}
		fmt.Fprintf(&b, ": not covered: %s\n", it)
	}
	return b.String()
}

// cell shows a count: 3/4 75.0%.
func cell(c Count) string {
	if c.Of == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d %s", c.Covered, c.Of, c)
}
