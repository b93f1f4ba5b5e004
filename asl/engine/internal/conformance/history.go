package conformance

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// label is what L2 looks at: an event's type, and the name of the state, with the index of an iteration.
type label struct {
	typ, name string
}

func (l label) String() string {
	if l.name == "" {
		return l.typ
	}
	return l.typ + "(" + l.name + ")"
}

func labelOf(e *value.Object) label {
	l := label{typ: str(e, "type")}
	for _, m := range e.Members() {
		details, ok := m.Value.(*value.Object)
		if !ok || !strings.HasSuffix(m.Name, "EventDetails") || !details.Has("name") {
			continue
		}
		if strings.Contains(l.typ, "State") || strings.HasPrefix(m.Name, "state") || strings.HasPrefix(m.Name, "mapIteration") {
			l.name = str(details, "name")
			if index := get(details, "index"); index != nil {
				l.name += "#" + value.Text(index)
			}
			return l
		}
	}
	return l
}

// hidden tells whether the recording hides an event's id, and with it the previous one.
func hidden(e *value.Object) bool {
	id, ok := number(e, "id")
	return !ok || id == 0
}

func byID(events []*value.Object) map[int64]*value.Object {
	m := map[int64]*value.Object{}
	for _, e := range events {
		if id, ok := number(e, "id"); ok {
			m[id] = e
		}
	}
	return m
}

// segment is one event, or all events within a Parallel or Map between its start and its end. Indexes are those in the history.
type segment struct {
	event  int
	region []int
	inside bool
}

var closing = regexp.MustCompile(`^(?:Parallel|Map)State(?:Succeeded|Failed|Aborted|TimedOut)$`)

// segments cuts a history at the starts and ends of its outermost Parallel and Map states. A retry of such a state starts it
// again without an end; that cuts too.
func segments(events []*value.Object) []segment {
	var (
		list   []segment
		region []int
		depth  int
	)
	ids := byID(events)
	single := func(i int) { list = append(list, segment{event: i}) }
	cut := func() {
		list = append(list, segment{region: region, inside: true})
		region = nil
	}
	for i, e := range events {
		typ := str(e, "type")
		starts := typ == "ParallelStateStarted" || typ == "MapStateStarted"
		first := starts && isFirstStart(events, i, ids)
		if depth > 0 {
			ends := closing.MatchString(typ)
			over := strings.HasPrefix(typ, "Execution") && typ != "ExecutionStarted"
			switch {
			case over:
				depth = 0
			case ends:
				depth--
			}
			if (over || ends) && depth == 0 {
				cut()
				single(i)
				continue
			}
			if depth == 1 && starts && !first {
				cut()
				single(i)
				continue
			}
			region = append(region, i)
		} else {
			single(i)
		}
		if starts && (depth == 0 || first) {
			depth++
		}
	}
	if depth > 0 {
		cut()
	}
	return list
}

// isFirstStart tells whether a …StateStarted follows its …StateEntered, and not an attempt that failed.
func isFirstStart(events []*value.Object, i int, ids map[int64]*value.Object) bool {
	var previous *value.Object
	if !hidden(events[i]) {
		if id, ok := number(events[i], "previousEventId"); ok {
			previous = ids[id]
		}
	}
	if previous == nil && i > 0 {
		previous = events[i-1]
	}
	return previous != nil && str(previous, "type") == strings.Replace(str(events[i], "type"), "Started", "Entered", 1)
}

// compareSequence is what L2 adds to L1.
func compareSequence(want, got []*value.Object) string {
	ws, gs := segments(want), segments(got)
	for i := range min(len(ws), len(gs)) {
		w, g := ws[i], gs[i]
		switch {
		case w.inside != g.inside:
			return fmt.Sprintf("want %s, got %s", w.describe(want), g.describe(got))
		case w.inside:
			if reason := compareRegions(want, got, w.region, g.region); reason != "" {
				return reason
			}
		default:
			if a, b := labelOf(want[w.event]), labelOf(got[g.event]); a != b {
				return fmt.Sprintf("event %d: want %v, got %v", w.event+1, a, b)
			}
		}
	}
	switch {
	case len(ws) > len(gs):
		return "missing: " + describeAll(ws[len(gs):], want)
	case len(gs) > len(ws):
		return "unexpected: " + describeAll(gs[len(ws):], got)
	}
	return ""
}

func (s segment) describe(events []*value.Object) string {
	if s.inside {
		return "concurrent events"
	}
	return labelOf(events[s.event]).String()
}

func describeAll(list []segment, events []*value.Object) string {
	var names []string
	for _, s := range list[:min(len(list), 4)] {
		names = append(names, s.describe(events))
	}
	return strings.Join(names, ", ")
}

func compareRegions(want, got []*value.Object, w, g []int) string {
	surplus := map[label]int{}
	for _, i := range w {
		surplus[labelOf(want[i])]++
	}
	for _, i := range g {
		surplus[labelOf(got[i])]--
	}
	maps.DeleteFunc(surplus, func(_ label, n int) bool { return n == 0 })
	if len(surplus) == 0 {
		return ""
	}
	var list []string
	for l, n := range surplus {
		list = append(list, fmt.Sprintf("%v %+d", l, -n))
	}
	slices.Sort(list)
	return fmt.Sprintf("concurrent events: want %d, got %d: %s", len(w), len(g), clip(strings.Join(list, ", ")))
}

// details compares two histories that L2 found equal.
type details struct {
	want, got         []*value.Object
	wantByID, gotByID map[int64]*value.Object
	bound             bindings
}

// compareDetails is what L3 adds to L2. It also tells whether the order within regions is the same.
func compareDetails(want, got []*value.Object) (reason string, exact bool) {
	d := &details{want: want, got: got, wantByID: byID(want), gotByID: byID(got), bound: bindings{}}
	exact = true
	ws, gs := segments(want), segments(got)
	for i, w := range ws {
		if !w.inside {
			if reason := d.event(want[w.event], got[gs[i].event], w.event); reason != "" {
				return reason, false
			}
			continue
		}
		if d.sameOrder(w.region, gs[i].region) {
			continue
		}
		exact = false
		if reason := d.anyOrder(w.region, gs[i].region); reason != "" {
			return reason, false
		}
	}
	return "", exact
}

// content is an event without its id, previous id and time.
func content(e *value.Object) *value.Object {
	return e.Without("id").Without("previousEventId").Without("timestamp")
}

func (d *details) event(w, g *value.Object, i int) string {
	path := fmt.Sprintf("event %d %s", i+1, str(w, "type"))
	if reason := d.bound.diff(content(w), content(g), path, true); reason != "" || hidden(w) {
		return reason
	}
	for _, name := range []string{"id", "previousEventId"} {
		id := get(w, name)
		if id != nil && id.Kind() != value.KindString && !value.Equal(id, get(g, name)) {
			return fmt.Sprintf("%s.%s: want %s, got %s", path, name, value.Text(id), value.Text(get(g, name)))
		}
	}
	return ""
}

// sameOrder tells whether two regions are the same, event by event.
func (d *details) sameOrder(w, g []int) bool {
	bound := d.bound.clone()
	for k := range w {
		a, b := d.want[w[k]], d.got[g[k]]
		if hidden(a) || !value.Equal(get(a, "id"), get(b, "id")) || !value.Equal(get(a, "previousEventId"), get(b, "previousEventId")) ||
			bound.diff(content(a), content(b), "", true) != "" {
			return false
		}
	}
	d.bound = bound
	return true
}

// anyOrder matches each recorded event of a region with one that was not matched yet.
func (d *details) anyOrder(w, g []int) string {
	left := slices.Clone(g)
	for _, i := range w {
		reason := ""
		at := slices.IndexFunc(left, func(j int) bool {
			if labelOf(d.want[i]) != labelOf(d.got[j]) {
				return false
			}
			bound := d.bound.clone()
			why := d.within(bound, i, j)
			if why == "" {
				d.bound = bound
				return true
			}
			if reason == "" {
				reason = why
			}
			return false
		})
		if at < 0 {
			if reason == "" {
				reason = fmt.Sprintf("event %d %v: no counterpart", i+1, labelOf(d.want[i]))
			}
			return reason
		}
		left = slices.Delete(left, at, at+1)
	}
	return ""
}

// within compares two events of a region: their details, and the labels of their predecessors.
func (d *details) within(bound bindings, i, j int) string {
	w, g := d.want[i], d.got[j]
	path := fmt.Sprintf("event %d %s", i+1, str(w, "type"))
	if reason := bound.diff(content(w), content(g), path, true); reason != "" || hidden(w) {
		return reason
	}
	before, ok := number(w, "previousEventId")
	wp := d.wantByID[before]
	if !ok || wp == nil || hidden(wp) {
		return ""
	}
	before, _ = number(g, "previousEventId")
	gp := d.gotByID[before]
	if gp == nil {
		return fmt.Sprintf("%s: want predecessor %v, got none", path, labelOf(wp))
	}
	if labelOf(wp) != labelOf(gp) {
		return fmt.Sprintf("%s: want predecessor %v, got %v", path, labelOf(wp), labelOf(gp))
	}
	return ""
}
