package watch

import (
	"fmt"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
)

// Board draws what an execution is doing: the states that it has entered, those within a Parallel or Map indented below it, with how
// long they take, what is tried again, and what fails.
type Board struct {
	depth map[string]int
	order []string // of the definition
}

// NewBoard makes a board for executions of a machine; nil for one whose definition is not known, whose states stand in the order in
// which they are entered.
func NewBoard(m *asl.Machine) *Board {
	b := &Board{depth: map[string]int{}}
	if m == nil {
		return b
	}
	asl.Walk(m, func(scope *asl.Scope, state asl.State) {
		name := state.Common().Name
		if _, known := b.depth[name]; !known {
			b.depth[name] = scope.Depth()
			b.order = append(b.order, name)
		}
	})
	return b
}

// instant are the types of states that take no time, and of which there is nothing to tell once they are left.
var instant = map[string]bool{"Choice": true, "Pass": true, "Succeed": true}

// row is a line of the board.
type row struct {
	text string
	open bool
}

// Lines draws the board at a time, in at most height lines (0 is any number): when they do not fit, states that are done are left
// out, the earliest first. ended says that nothing runs any more: what is open has failed.
func (b *Board) Lines(f *Follower, now time.Time, ended bool, height int) []string {
	names := b.order
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	for _, s := range f.states {
		if !known[s.Name] {
			names = append(names[:len(names):len(names)], s.Name)
		}
	}
	var rows []row
	for _, name := range names {
		if s := f.byName[name]; s != nil && !(instant[s.Type] && s.Failures == 0 && len(f.open[name]) == 0) {
			rows = append(rows, b.row(f, s, now, ended))
		}
	}
	left := 0
	if height > 0 && len(rows) > height {
		var kept []row
		for i, r := range rows {
			// One line says how many are left out.
			if !r.open && len(kept)+len(rows)-i > height-1 {
				left++
				continue
			}
			kept = append(kept, r)
		}
		rows = kept
	}
	var lines []string
	if left > 0 {
		lines = append(lines, fmt.Sprintf("  … %d more", left))
	}
	for _, r := range rows {
		lines = append(lines, r.text)
	}
	if height > 0 && len(lines) > height {
		lines = lines[:height]
	}
	return lines
}

func (b *Board) row(f *Follower, s *State, now time.Time, ended bool) row {
	open := f.open[s.Name]
	mark, took := "✓", s.Total
	if len(open) > 0 {
		mark, took = "●", now.Sub(open[0])
		if ended {
			mark = "✗"
		}
	}
	text := fmt.Sprintf("%s %s%-*s %9s", mark, strings.Repeat("  ", b.depth[s.Name]), nameWidth-2*b.depth[s.Name], s.Name, round(took))
	if s.Entered > 1 {
		text += fmt.Sprintf("  %d of %d left", s.Exited, s.Entered)
	}
	if s.Failures > 0 {
		text += fmt.Sprintf("  %d failed attempts", s.Failures)
	}
	if len(s.Errors) > 0 {
		text += " (" + strings.Join(s.Errors, ", ") + ")"
	}
	return row{text, len(open) > 0}
}

const nameWidth = 36

// round leaves a duration the digits that people read.
func round(d time.Duration) string {
	unit := time.Second
	switch {
	case d < time.Second:
		unit = time.Millisecond
	case d < time.Minute:
		unit = 100 * time.Millisecond
	}
	return d.Round(unit).String()
}
