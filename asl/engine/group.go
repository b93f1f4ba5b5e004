package engine

import (
	"slices"

	"github.com/docflow-asl/docflow/asl/value"
)

// group is one attempt at a Parallel or Map: its branches or iterations, and what has come of them.
type group struct {
	owner    *thread
	state    *state
	children []*thread     // by index; nil before they start and after they end
	results  []value.Value // nil for an iteration whose failure was tolerated
	failed   []*checkpoint // of a distributed Map: where the children that failed stood
	items    []value.Value // of a Map
	next     int           // the first item that has not started
	left     int           // branches or iterations that have not ended
	limit    int           // branches or iterations at the same time
	started  int64         // id of …StateStarted
	again    []resumed     // what a redrive has still to go on with
	redriven int64         // id of its ExecutionRedriven
	closed   bool          // ended, one way or the other
	run      *mapRun       // of a distributed Map
}

func runGroup(t *thread) { startGroup(t) }

// startGroup begins an attempt at a Parallel or Map.
func startGroup(t *thread) {
	if t.x.probe != nil {
		t.x.probe.group(t)
		return
	}
	spec := t.state.groups
	g := &group{owner: t, state: t.state}
	e := t.env(t.effective)
	if spec.processor != nil {
		startMap(t, g, e)
		return
	}
	input, err := t.state.flow.arguments(e, t.effective)
	if err == nil {
		err = t.parametersTooLarge(input)
	}
	if err != nil {
		t.refuse(asFailure(err))
		return
	}
	t.group = g
	t.emit(spec.started, nil)
	if t.dead {
		return
	}
	g.started = t.last
	g.left, g.limit = len(spec.branches), len(spec.branches)
	g.children = make([]*thread, g.left)
	g.results = make([]value.Value, g.left)
	for i, branch := range spec.branches {
		g.start(i, branch, input, t.last, nil)
	}
	if g.left == 0 {
		g.complete(t.last)
	}
}

// startMap begins an attempt at a Map, in the order in which AWS was recorded to look at the fields.
func startMap(t *thread, g *group, e *env) {
	spec := t.state.groups
	var items []value.Value
	if spec.reader == nil { // else ItemsPath counts for nothing (recorded)
		array, err := spec.items.items(e)
		if err != nil {
			t.refuse(asFailure(err))
			return
		}
		items = array.Items()
	}
	concurrency, f := spec.concurrency.integer(t.env(t.effective))
	if f == nil && concurrency < 0 {
		f = runtimeFailure("MaxConcurrency cannot be negative.")
	}
	if f != nil {
		t.refuse(f)
		return
	}
	t.group = g
	g.limit = t.x.opts.Limits.InlineMapConcurrency
	if spec.distributed {
		g.limit = DefaultMapRunConcurrency
	}
	if concurrency > 0 {
		g.limit = int(min(concurrency, int64(g.limit)))
	}
	t.emit(spec.started, &MapStartedDetails{Length: len(items)})
	g.started = t.last
	switch {
	case t.dead:
		return
	case spec.distributed:
		startMapRun(t, g, items)
		return
	}
	g.items, g.left = items, len(items)
	g.children = make([]*thread, g.left)
	g.results = make([]value.Value, g.left)
	last := t.last
	for range min(g.limit, g.left) {
		g.startNext(last)
		if g.closed || t.dead {
			return
		}
	}
	if g.left == 0 {
		g.complete(last)
	}
}

// startNext starts the next iteration of a Map. previous is the event that it follows.
func (g *group) startNext(previous int64) {
	i := g.next
	g.next++
	if g.run != nil {
		g.startChild(i)
		return
	}
	t := g.owner
	item := &mapItem{index: i, value: g.items[i]}
	input := item.value
	previous = t.x.emit(previous, MapIterationStarted, &IterationDetails{Name: g.state.name, Index: i})
	if t.dead {
		return
	}
	if selector := g.state.groups.selector; selector != nil {
		selected, err := t.selectItem(selector, item)
		if err == nil {
			err = t.parametersTooLarge(selected)
		}
		if err != nil {
			g.close()
			t.last = previous
			t.refuse(asFailure(err))
			return
		}
		input = selected
	}
	g.start(i, g.state.groups.processor, input, previous, item)
}

// selectItem applies an ItemSelector. It sees the item that the iteration is about, not one that the Map itself may be in.
func (t *thread) selectItem(selector expr, item *mapItem) (value.Value, error) {
	outer := t.item
	t.item, t.context = item, nil
	selected, err := selector.eval(t.env(t.effective))
	t.item, t.context = outer, nil
	return selected, err
}

// start starts a branch or iteration.
func (g *group) start(i int, graph *graph, input value.Value, previous int64, item *mapItem) {
	owner := g.owner
	if item == nil {
		item = owner.item
	}
	child := &thread{
		x: owner.x, graph: graph, parent: g, index: i, item: item, input: input, last: previous,
		vars: &scope{outer: owner.vars},
	}
	g.children[i] = child
	owner.x.s.budget.added += threadBytes
	child.begin()
}

// finished takes the output of a branch or iteration that has come to its end.
func (g *group) finished(child *thread, output value.Value) {
	g.children[child.index] = nil
	g.results[child.index] = output
	g.left--
	end := child.last
	if g.items != nil {
		// The next iteration follows this one's last state, not this event; the end of the Map follows this event (recorded).
		end = g.owner.x.emit(child.last, MapIterationSucceeded, &IterationDetails{Name: g.state.name, Index: child.index})
	}
	child.kill()
	if g.left == 0 {
		g.complete(end)
		return
	}
	g.goOn(child.last)
}

// goOn starts the next iteration, if there is one left.
func (g *group) goOn(previous int64) {
	if len(g.again) > 0 && !g.closed && !g.owner.dead {
		g.resumeNext()
		return
	}
	if g.next < g.count() && !g.closed && !g.owner.dead {
		g.startNext(previous)
	}
}

// count is how many iterations a Map has, or child executions a Map Run.
func (g *group) count() int {
	if g.run != nil {
		return len(g.run.inputs)
	}
	return len(g.items)
}

// collected is the array of all results.
func (g *group) collected() value.Value {
	return value.NewArray(slices.DeleteFunc(g.results, func(v value.Value) bool { return v == nil })...)
}

// complete hands the results to the state. previous is the event that the state's success follows, and its exit, too.
func (g *group) complete(previous int64) { g.completeAfter(previous, previous, g.collected()) }

func (g *group) completeAfter(previous, last int64, result value.Value) {
	owner := g.owner
	if owner.dead {
		return
	}
	g.closed = true
	owner.group = nil
	owner.last = last
	owner.x.emit(previous, g.state.groups.succeeded, nil) // a leaf, too
	if !owner.dead {
		owner.exit(result)
	}
}

// failedBy takes a failure that a branch or iteration did not handle: the others are aborted.
func (g *group) failedBy(child *thread, f *failure) {
	x := g.owner.x
	last := child.last
	iteration := func(t EventType, i int) {
		if g.items != nil {
			x.emit(last, t, &IterationDetails{Name: g.state.name, Index: i})
		}
	}
	g.owner.failed = g.checkpoint()
	// Recorded: the state that failed is among those that are reported as aborted.
	g.children[child.index] = nil
	iteration(MapIterationFailed, child.index)
	child.abort(last, false)
	for i, sibling := range g.children {
		if sibling == nil {
			continue
		}
		iteration(MapIterationAborted, i)
		sibling.abort(last, true)
	}
	g.close()
	child.kill()
	owner := g.owner
	if owner.dead {
		return
	}
	owner.last = last
	owner.handle(f)
}

// abort emits the events of a thread that is taken down while it is in a state, innermost first.
func (t *thread) abort(previous int64, inside bool) {
	if inside && t.group != nil {
		for i, child := range t.group.children {
			if child == nil {
				continue
			}
			if t.group.items != nil {
				t.x.emit(previous, MapIterationAborted, &IterationDetails{Name: t.state.name, Index: i})
			}
			child.abort(previous, true)
		}
	}
	if t.state != nil && t.inState && t.state.aborted != "" {
		t.x.emit(previous, t.state.aborted, nil)
	}
}

// close takes down what still runs.
func (g *group) close() {
	g.closed = true
	g.kill()
}

func (g *group) kill() {
	for i, child := range g.children {
		if child != nil {
			g.children[i] = nil
			child.kill()
		}
	}
	if g.run != nil {
		g.run.kill()
	}
}
