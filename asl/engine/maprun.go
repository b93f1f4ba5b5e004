package engine

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// mapRun is a Map Run: the child executions of a distributed Map, which run on the scheduler of their parent. Their own
// histories are counted but not kept.
type mapRun struct {
	arn      string
	children map[*execution]int // the indexes of the items that they work on
	failures int
	count    int64   // ToleratedFailureCount
	percent  float64 // ToleratedFailurePercentage
	total    int
	redrives int
}

// startMapRun looks at the tolerances, which come after MapStateStarted (recorded), and starts the Map Run.
func startMapRun(t *thread, e *env, total int) (*mapRun, *failure) {
	spec := t.state.groups
	run := &mapRun{children: map[*execution]int{}, total: total}
	var f *failure
	if run.count, f = spec.toleratedCount.integer(e); f != nil {
		return nil, f
	}
	if run.count < 0 {
		return nil, runtimeFailure("ToleratedFailureCount cannot be negative.")
	}
	if run.percent, f = spec.toleratedPercent.float(e); f != nil {
		return nil, f
	}
	if run.percent < 0 || run.percent > 100 {
		return nil, runtimeFailure("ToleratedFailurePercentage must be between 0 and 100.")
	}
	label := spec.label
	if label == "" {
		label = newUUID(t.x.s.rand)
	}
	machine := strings.Replace(t.x.opts.StateMachineArn, ":stateMachine:", ":mapRun:", 1)
	run.arn = fmt.Sprintf("%s/%s:%s", machine, label, newUUID(t.x.s.rand))
	t.emit(MapRunStarted, &MapRunDetails{MapRunArn: run.arn})
	return run, nil
}

// tolerates tells whether so many failures still let the Map Run succeed.
func (r *mapRun) tolerates() bool {
	if r.failures == 0 {
		return true
	}
	return int64(r.failures) <= r.count || float64(r.failures)*100 <= r.percent*float64(r.total)
}

func (r *mapRun) kill() {
	for child := range r.children {
		delete(r.children, child)
		child.onEnd = func(*execution, *failure) {}
		child.end(Aborted, nil)
	}
}

// redrive is the Map Run as it begins again, with the children that did not succeed.
func (r *mapRun) redrive() *mapRun {
	again := *r
	again.children, again.failures, again.redrives = map[*execution]int{}, 0, r.redrives+1
	return &again
}

// startChild starts the child execution of one item.
func (g *group) startChild(i int, input value.Value, item *mapItem) {
	x := g.newChild(i, input, item)
	x.root.begin()
}

// resumeChild goes on with a child execution that did not succeed.
func (g *group) resumeChild(i int, from *checkpoint) {
	x := g.newChild(i, from.input, from.item)
	x.root.resume(from)
}

func (g *group) newChild(i int, input value.Value, item *mapItem) *execution {
	parent := g.owner.x
	opts := *parent.opts
	opts.Name = newUUID(parent.s.rand)
	opts.ExecutionArn = strings.Replace(opts.StateMachineArn, ":stateMachine:", ":execution:", 1) + "/" + g.run.arn[strings.LastIndexByte(g.run.arn, '/')+1:strings.LastIndexByte(g.run.arn, ':')] + ":" + opts.Name
	x := newExecution(parent.s, &opts, input)
	x.quiet = true
	x.events = 1 // ExecutionStarted
	x.onEnd = func(x *execution, f *failure) { g.childEnded(i, x, f) }
	// A distributed Map's states see no variables of the machine around it (documented).
	x.root = &thread{x: x, graph: g.state.groups.processor, input: input, vars: &scope{}, item: item}
	g.run.children[x] = i
	return x
}

// childEnded takes the end of a child execution.
func (g *group) childEnded(i int, x *execution, f *failure) {
	delete(g.run.children, x)
	if g.closed {
		return
	}
	owner := g.owner
	g.left--
	if f != nil {
		g.run.failures++
		g.failed[i] = x.resume.root
		if !g.run.tolerates() {
			owner.failed = g.checkpoint()
			g.failRun(newFailure(ErrorToleranceExceeded, "The specified tolerated failure threshold was exceeded"))
			return
		}
	} else {
		g.results[i] = x.Output
	}
	if g.left > 0 {
		g.goOn(owner.last)
		return
	}
	// Recordings since November 2024 let MapStateExited follow MapRunStarted, as here; those up to July 2024 have MapRunSucceeded as
	// its previous event.
	last := owner.last
	g.completeAfter(owner.x.emit(last, MapRunSucceeded, nil), last)
}

// failRun ends the Map Run, and with it the attempt at the state.
func (g *group) failRun(f *failure) {
	owner := g.owner
	g.close()
	owner.emit(MapRunFailed, f.details())
	if !owner.dead {
		owner.handle(f)
	}
}
