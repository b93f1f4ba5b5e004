package trace

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
	"github.com/mattn/go-runewidth"
)

// Style says how to write.
type Style struct {
	Colour bool   // with ANSI escapes
	Clock  string // what to call the time that the execution took, such as "virtual time"
}

const (
	bold  = "\x1b[1m"
	red   = "\x1b[1;31m"
	green = "\x1b[1;32m"
	faint = "\x1b[2m"
	reset = "\x1b[0m"
)

func (s Style) paint(colour, text string) string {
	if !s.Colour || colour == "" || text == "" {
		return text
	}
	return colour + text + reset
}

// Text writes the way of an execution that has ended, one line a state, and a line that sums it up.
func (r *Recorder) Text(w io.Writer, x *engine.Execution, style Style) error {
	var b strings.Builder
	rows := r.rows(x)
	widths := make([]int, len(header))
	for _, row := range append([]row{{cells: header}}, rows...) {
		for i, cell := range row.cells[:len(header)-1] {
			widths[i] = max(widths[i], runewidth.StringWidth(cell))
		}
	}
	line := func(cells [columns]string, colours [columns]string) {
		text := ""
		for i, cell := range cells {
			blanks := strings.Repeat(" ", max(0, widths[i]-runewidth.StringWidth(cell)))
			if i == columns-1 {
				blanks = ""
			}
			if i == 0 {
				text += blanks + style.paint(colours[i], cell)
			} else {
				text += "  " + style.paint(colours[i], cell) + blanks
			}
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	line(header, [columns]string{faint, faint, faint, faint, faint})
	for _, row := range rows {
		colours := [columns]string{0: faint, 2: faint}
		if row.failed {
			colours[1], colours[4] = red, red
		}
		line(row.cells, colours)
	}
	colour := red
	if x.Status == engine.Succeeded {
		colour = green
	}
	fmt.Fprintf(&b, "%s after %s\n", style.paint(colour, string(x.Status)), r.summary(x, style.Clock))
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Recorder) summary(x *engine.Execution, clock string) string {
	text := Duration(x.StopTime.Sub(x.StartTime))
	if clock != "" {
		text += " of " + clock
	}
	text += ": " + counted(r.transitions, "transition")
	if r.retries > 0 {
		text += ", " + counted(r.retries, "retry")
	}
	return text + ", " + counted(len(x.History), "event")
}

const columns = 5

var header = [columns]string{"START", "STATE", "TYPE", "TOOK", ""}

type row struct {
	cells  [columns]string
	failed bool
}

func (r *Recorder) rows(x *engine.Execution) []row {
	var rows []row
	failed := r.fault(x)
	latest := map[*stateInfo]*visit{}
	for _, v := range r.visits {
		for _, v := range append([]*visit{v}, v.within...) {
			latest[v.state] = v
		}
	}
	for i, v := range r.visits {
		if i == keepFirst && r.skipped > 0 {
			rows = append(rows, row{cells: [columns]string{1: fmt.Sprintf("… %s more …", counted(r.skipped, "state"))}})
		}
		for _, v := range append([]*visit{v}, v.within...) {
			rows = append(rows, v.row(x, v == latest[failed]))
			if v == latest[v.state] {
				rows = append(rows, r.nestedRows(x, v.state)...)
			}
		}
	}
	return rows
}

func (r *Recorder) nestedRows(x *engine.Execution, s *stateInfo) []row {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.nested[s.name]
	if n == nil {
		return nil
	}
	var rows []row
	indent := strings.Repeat("  ", s.depth+1)
	for _, c := range n.first {
		rows = append(rows, row{cells: [columns]string{
			Duration(c.start.Sub(x.StartTime)), indent + report.Clean(c.machine), "execution", Duration(c.stop.Sub(c.start)), report.Clean(c.remark),
		}})
	}
	if more := n.count - len(n.first); more > 0 {
		rows = append(rows, row{cells: [columns]string{1: fmt.Sprintf("%s… %s more; %d of all did not succeed …", indent, counted(more, "execution"), n.failed)}})
	}
	return rows
}

func (v *visit) row(x *engine.Execution, failed bool) row {
	longest := v.longest
	if v.running > 0 { // when it all ended
		longest = max(longest, x.StopTime.Sub(v.start))
	}
	took := ""
	if longest > 0 {
		took = Duration(longest)
	}
	name := strings.Repeat("  ", v.state.depth) + report.Clean(v.state.name)
	start := ""
	if !v.start.IsZero() {
		start = Duration(v.start.Sub(x.StartTime))
	}
	return row{
		cells:  [columns]string{start, name, string(v.state.typ), took, v.remarks()},
		failed: failed,
	}
}

// remarks are what else there is to tell of a row.
func (v *visit) remarks() string {
	var parts []string
	if v.times > 1 {
		parts = append(parts, "×"+strconv.Itoa(v.times))
	}
	if v.iterations > 0 {
		parts = append(parts, counted(v.iterations, "iteration"))
	}
	for _, name := range v.errors.names {
		parts = append(parts, times(report.Clean(name), v.errors.counts[name]))
	}
	if v.retries > 0 {
		parts = append(parts, counted(v.retries, "retry"))
	}
	for _, name := range v.notes.names {
		parts = append(parts, times(name, v.notes.counts[name]))
	}
	return strings.Join(parts, ", ")
}

// fault is the state in which an execution failed; nil when none did, or it is not known.
func (r *Recorder) fault(x *engine.Execution) *stateInfo {
	if x.Status != engine.Failed || len(x.History) == 0 {
		return nil
	}
	end := x.History[len(x.History)-1]
	if p := end.PreviousEventID; p > 0 && int(p) < len(r.of) && r.of[p] >= 0 {
		return r.entries[r.of[p]].state
	}
	if r.blamed != nil {
		return r.blamed
	}
	if len(r.visits) > 0 {
		return r.visits[len(r.visits)-1].state
	}
	return nil
}

// Place is a state of the definition.
type Place struct {
	Name     string
	Location string    // as AWS writes it: /States/Each/ItemProcessor/States/Work
	Node     *asl.Node // of the state; nil when the definition was not parsed
}

func (s *stateInfo) place() Place { return Place{s.name, s.location, s.source} }

// Places tells where an execution that did not succeed was: the state that failed, or those that were active.
func (r *Recorder) Places(x *engine.Execution) []Place {
	switch {
	case x.Status == engine.Succeeded:
		return nil
	case x.Status == engine.Failed:
		if s := r.fault(x); s != nil {
			return []Place{s.place()}
		}
		return nil
	}
	var open []int32
	for i := range r.open {
		open = append(open, i)
	}
	slices.Sort(open)
	var places []Place
	for _, i := range open {
		place := r.entries[i].state.place()
		if !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	return places
}

// Duration writes a time span for people: 0s, 250ms, 12.5s, 3m, 2h5m, 365d.
func Duration(d time.Duration) string {
	const day = 24 * time.Hour
	if d = d.Round(time.Millisecond); d < time.Second {
		if d <= 0 {
			return "0s"
		}
		return d.String()
	}
	text := ""
	if d >= day {
		text = strconv.FormatInt(int64(d/day), 10) + "d"
		d %= day
	}
	if h := d / time.Hour; h > 0 {
		text += strconv.FormatInt(int64(h), 10) + "h"
		d %= time.Hour
	}
	if m := d / time.Minute; m > 0 {
		text += strconv.FormatInt(int64(m), 10) + "m"
		d %= time.Minute
	}
	if d > 0 {
		text += strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
	}
	return text
}

func counted(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func times(what string, n int) string {
	if n == 1 {
		return what
	}
	return fmt.Sprintf("%s ×%d", what, n)
}

func indexed(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }
