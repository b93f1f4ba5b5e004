package conformance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Count is how many of the recorded cases pass.
type Count struct {
	Pass, Of int
}

// Counts are those of L1, L2 and L3.
type Counts [3]Count

func (c *Counts) add(r Result) {
	for i, level := range r.Levels {
		if level.Verdict != NotRecorded {
			c[i].Of++
		}
		if level.Verdict == Pass {
			c[i].Pass++
		}
	}
}

// Table counts results by tier and category.
type Table struct {
	Tiers  map[string]*Counts
	rows   map[[2]string]*Counts
	cases  map[[2]string]int
	misses []string
}

// NewTable makes an empty table.
func NewTable() *Table {
	return &Table{Tiers: map[string]*Counts{}, rows: map[[2]string]*Counts{}, cases: map[[2]string]int{}}
}

// Add adds the result of a case.
func (t *Table) Add(c *Case, r Result) {
	row := [2]string{c.Tier, c.Category}
	if t.rows[row] == nil {
		t.rows[row] = &Counts{}
	}
	if t.Tiers[c.Tier] == nil {
		t.Tiers[c.Tier] = &Counts{}
	}
	t.rows[row].add(r)
	t.Tiers[c.Tier].add(r)
	t.cases[row]++
	if reason := r.Reason(); reason != "" {
		t.misses = append(t.misses, fmt.Sprintf("%s %s %s %s: %s", c.File, c.Tier, c.QueryLanguage, c.Category, strings.ReplaceAll(reason, "\n", " ")))
	}
}

// Misses are the cases that fail at some level, each with its reason, in the order in which they were added.
func (t *Table) Misses() []string { return t.misses }

// String is the table as text.
func (t *Table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "tier\tcategory\tcases\tL1\tL2\tL3")
	rows := slices.SortedFunc(maps.Keys(t.rows), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	for i, row := range rows {
		t.write(w, row[0], row[1], t.cases[row], t.rows[row])
		if i+1 == len(rows) || rows[i+1][0] != row[0] {
			n := 0
			for other, cases := range t.cases {
				if other[0] == row[0] {
					n += cases
				}
			}
			t.write(w, row[0], "all", n, t.Tiers[row[0]])
		}
	}
	_ = w.Flush() // into memory
	return b.String()
}

func (t *Table) write(w *tabwriter.Writer, tier, category string, n int, c *Counts) {
	fmt.Fprintf(w, "%s\t%s\t%d", tier, category, n)
	for _, count := range c {
		if count.Of == 0 {
			fmt.Fprint(w, "\t-")
			continue
		}
		fmt.Fprintf(w, "\t%d/%d", count.Pass, count.Of)
	}
	fmt.Fprintln(w)
}
