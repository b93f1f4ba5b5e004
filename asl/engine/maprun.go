package engine

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

// mapRun is a Map Run: the child executions of a distributed Map, which run on the scheduler of their parent. Their own
// histories are counted but not kept.
type mapRun struct {
	arn      string
	label    string
	inputs   []childInput
	children map[*execution]int // the indexes of the inputs that they work on
	total    int                // items
	failures int                // items of children that failed
	count    int64              // ToleratedFailureCount
	percent  float64            // ToleratedFailurePercentage
	redrives int

	writer  *mapdata.Writer     // nil for none
	records []mapdata.Execution // for the writer, by index
	ending  bool                // it has failed, and waits for the Express children that still run
	text    int                 // bytes of what the writer will write, roughly
}

// childInput is what a child execution gets: an item, or a batch of them.
type childInput struct {
	value value.Value
	item  *mapItem // nil for a batch
	count int      // items
}

// runPlan is what the fields of a distributed Map come to, before there is a Map Run.
type runPlan struct {
	count   int64
	percent float64
	source  *mapdata.Source // nil when the items come from the state
	batcher *mapdata.Batcher
	writer  *mapdata.Writer
}

// planRun evaluates the fields that AWS was recorded to look at between MapStateStarted and MapRunStarted.
func planRun(t *thread) (*runPlan, error) {
	spec := t.state.groups
	p := &runPlan{}
	var f *failure
	if p.count, f = spec.toleratedCount.integer(t.env(t.effective)); f != nil {
		return nil, f
	}
	if p.count < 0 {
		return nil, runtimeFailure("ToleratedFailureCount cannot be negative.")
	}
	if p.percent, f = spec.toleratedPercent.float(t.env(t.effective)); f != nil {
		return nil, f
	}
	if p.percent < 0 || p.percent > 100 {
		return nil, runtimeFailure("ToleratedFailurePercentage must be between 0 and 100.")
	}
	var err error
	if p.source, err = spec.reader.evaluate(t); err != nil {
		return nil, err
	}
	if p.batcher, err = spec.batcher.evaluate(t); err != nil {
		return nil, err
	}
	p.writer, err = spec.writer.evaluate(t)
	return p, err
}

// startMapRun starts the Map Run over the state's items, or those of its ItemReader.
func startMapRun(t *thread, g *group, items []value.Value) {
	spec := t.state.groups
	plan, err := planRun(t)
	if err != nil {
		t.refuse(asFailure(err))
		return
	}
	run := &mapRun{children: map[*execution]int{}, count: plan.count, percent: plan.percent, writer: plan.writer, label: spec.label}
	if run.label == "" {
		run.label = newUUID(t.x.s.rand)
	}
	machine := strings.Replace(t.x.opts.StateMachineArn, ":stateMachine:", ":mapRun:", 1)
	run.arn = fmt.Sprintf("%s/%s:%s", machine, run.label, newUUID(t.x.s.rand))
	g.run = run
	t.emit(MapRunStarted, &MapRunDetails{MapRunArn: run.arn})
	if t.dead {
		return
	}
	if err = g.childInputs(plan, items); err != nil {
		if f := asFailure(err); f.runtime || f.query {
			g.close()
			t.refuse(f)
		} else {
			g.failRun(f)
		}
		return
	}
	for i := range run.inputs {
		run.total += run.inputs[i].count
	}
	n := len(run.inputs)
	g.left = n
	g.results = make([]value.Value, n)
	g.failed = make([]*checkpoint, n)
	if run.writer != nil {
		run.records = make([]mapdata.Execution, n)
	}
	if n == 0 {
		g.completeRun()
		return
	}
	last := t.last
	for range min(g.limit, n) {
		g.startNext(last)
		if g.closed || t.dead {
			return
		}
	}
}

// childInputs reads the items, applies the ItemSelector to each, and groups them into batches.
func (g *group) childInputs(plan *runPlan, items []value.Value) error {
	t, run := g.owner, g.run
	add := func(item *mapItem, input value.Value) error {
		if selector := t.state.groups.selector; selector != nil {
			selected, err := t.selectItem(selector, item)
			if err != nil {
				return err
			}
			input = selected
		}
		if plan.batcher == nil {
			if err := mapdata.CheckInput(item.index, input); err != nil {
				return dataFailure(err)
			}
		}
		return run.add(t, childInput{input, item, 1})
	}
	if plan.source == nil {
		run.inputs = make([]childInput, 0, len(items))
		for i, v := range items {
			if err := add(&mapItem{index: i, value: v, source: mapdata.SourceStateData}, v); err != nil {
				return err
			}
		}
	} else {
		if t.x.opts.Objects == nil {
			return newFailure(ErrorItemReaderFailed, "There is no object storage to read items from.")
		}
		for item, err := range mapdata.Read(t.x.s.ctx, t.x.opts.Objects, *plan.source) {
			if err == nil {
				i := len(run.inputs)
				err = add(&mapItem{index: i, value: item.Value, key: item.Key, hasKey: item.HasKey, source: item.Source}, item.Input())
			}
			if err != nil {
				return dataFailure(err)
			}
		}
	}
	if plan.batcher == nil {
		return nil
	}
	single := len(run.inputs)
	for batch, err := range plan.batcher.Batches(values(run.inputs)) {
		if err == nil {
			err = run.add(t, childInput{batch.Input, nil, batch.Count})
		}
		if err != nil {
			return dataFailure(err)
		}
	}
	run.inputs = slices.Clone(run.inputs[single:])
	return nil
}

// add adds the input of a child execution. It fails when the execution has ended, since it has no memory left.
func (r *mapRun) add(t *thread, input childInput) error {
	r.inputs = append(r.inputs, input)
	t.x.s.budget.measure(input.value)
	if item := input.item; item != nil && item.source != mapdata.SourceStateData {
		t.x.s.budget.measure(item.value)
	}
	t.x.s.budget.added += inputBytes
	if t.x.s.exhausted() {
		return errEnded
	}
	return nil
}

// errEnded is no failure of a state: the whole execution has ended.
var errEnded = runtimeFailure("The execution has ended.")

func values(inputs []childInput) iter.Seq[value.Value] {
	return func(yield func(value.Value) bool) {
		for i := range inputs {
			if !yield(inputs[i].value) {
				return
			}
		}
	}
}

// dataFailure turns a failure of package mapdata into one of the state.
func dataFailure(err error) error {
	var e *mapdata.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Name == ErrorRuntime {
		return runtimeFailure("%s", e.Cause)
	}
	return newFailure(e.Name, e.Cause)
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
	again.children, again.failures, again.redrives, again.ending = map[*execution]int{}, 0, r.redrives+1, false
	again.records = slices.Clone(r.records)
	if r.writer == nil || r.writer.Resource == "" {
		return &again
	}
	writer := *r.writer
	writer.Redrive = again.redrives
	again.writer = &writer
	for i := range again.records {
		if status := again.records[i].Status; status == mapdata.Succeeded || status == mapdata.Pending {
			again.records[i] = mapdata.Execution{} // written before, or to be written anew
		}
	}
	return &again
}

// startChild starts the child execution of one input.
func (g *group) startChild(i int) {
	input := &g.run.inputs[i]
	g.newChild(i, input.value, input.item, nil).root.begin()
}

// resumeChild goes on with a child execution that did not succeed, under the name that it has; an Express one begins anew.
func (g *group) resumeChild(i int, from *checkpoint) {
	input := &g.run.inputs[i]
	x := g.newChild(i, input.value, input.item, from.child)
	x.RedriveCount = from.child.redrives + 1
	if x.opts.Type == Express {
		x.root.begin()
		return
	}
	x.StartTime, x.RedriveTime, x.events = from.child.start, x.s.time(), from.child.events+1 // ExecutionRedriven
	x.root.resume(from, int64(x.events))
}

// newChild makes a child execution, which has the name of an earlier one unless that is nil.
func (g *group) newChild(i int, input value.Value, item *mapItem, earlier *childIdentity) *execution {
	parent := g.owner.x
	opts := *parent.opts
	if opts.Type = g.state.groups.childType; opts.Type == Express {
		opts.Limits.Duration = min(opts.Limits.Duration, DefaultExpressDuration)
	}
	if earlier != nil {
		opts.Name, opts.ExecutionArn = earlier.name, earlier.arn
	} else {
		g.nameChild(&opts)
	}
	x := newExecution(parent.s, &opts, input)
	x.quiet = true
	x.events = 1 // ExecutionStarted
	x.onEnd = func(x *execution, f *failure) { g.childEnded(i, x, f) }
	// A distributed Map's states see no variables of the machine around it (documented).
	x.root = &thread{x: x, graph: g.state.groups.processor, input: input, vars: &scope{}, item: item}
	if opts.Type == Express {
		x.deadlines(0)
	}
	parent.s.budget.added += 2 * threadBytes // with the execution
	g.run.children[x] = i
	return x
}

// nameChild names a new child execution.
func (g *group) nameChild(opts *Options) {
	random := g.owner.x.s.rand
	opts.Name = newUUID(random)
	kind := ":execution:"
	if opts.Type == Express {
		kind = ":express:"
	}
	opts.ExecutionArn = strings.Replace(opts.StateMachineArn, ":stateMachine:", kind, 1) + "/" + g.run.label + ":" + opts.Name
	if opts.Type == Express {
		opts.ExecutionArn += ":" + newUUID(random)
	}
}

// childEnded takes the end of a child execution.
func (g *group) childEnded(i int, x *execution, f *failure) {
	run := g.run
	delete(run.children, x)
	if g.closed {
		return
	}
	g.left--
	if run.writer != nil {
		run.records[i] = x.record(run, f)
		text := recordBytes + value.Size(x.Input) + value.Size(x.Output)
		if f != nil && f.cause != nil {
			text += len(*f.cause)
			x.s.budget.added += len(*f.cause)
		}
		if run.text += text; !x.s.budget.write(text, run.text) {
			return
		}
	}
	if f != nil {
		run.failures += run.inputs[i].count
		g.failed[i] = x.resume.root
		run.ending = run.ending || !run.tolerates()
	} else {
		g.results[i] = x.Output
	}
	if run.ending {
		// Children that still run are aborted, but Express ones come to their end (captured on AWS in 2026-09:
		// github.com/radkawar/stackd testdata/aws/stepfunctions/redrive_map.json).
		if len(run.children) == 0 || g.state.groups.childType != Express {
			g.owner.failed = g.checkpoint()
			g.failRun(newFailure(ErrorToleranceExceeded, "The specified tolerated failure threshold was exceeded"))
		}
		return
	}
	if g.left > 0 {
		g.goOn(g.owner.last)
		return
	}
	g.completeRun()
}

// record describes a child execution for the ResultWriter.
func (x *execution) record(run *mapRun, f *failure) mapdata.Execution {
	record := mapdata.Execution{
		ExecutionArn: x.ExecutionArn, Name: x.Name, StateMachineArn: x.opts.StateMachineArn + "/" + run.label,
		Status: string(x.Status), Input: x.Input, Output: x.Output, Start: x.StartTime, Stop: x.s.time(), RedriveCount: x.RedriveCount,
		Express: x.opts.Type == Express,
	}
	if f != nil {
		record.Error, record.Cause = f.name, f.cause
	}
	return record
}

// completeRun hands the results of a Map Run to its writer, or to the state.
func (g *group) completeRun() {
	owner := g.owner
	result, err := g.written()
	if err != nil {
		g.failRun(asFailure(dataFailure(err)))
		return
	}
	// Recordings since November 2024 let MapStateExited follow MapRunStarted, as here; those up to July 2024 have MapRunSucceeded as
	// its previous event.
	last := owner.last
	g.completeAfter(owner.x.emit(last, MapRunSucceeded, nil), last, result)
}

// written is the state's result.
func (g *group) written() (value.Value, error) {
	run := g.run
	switch {
	case run.writer == nil:
		return g.collected(), nil
	case run.writer.Resource == "":
		return run.writer.Result(slices.Values(run.records))
	case g.owner.x.opts.Objects == nil:
		return nil, newFailure(ErrorResultWriterFailed, "There is no object storage to write results to.")
	}
	results, err := run.writer.Write(g.owner.x.s.ctx, g.owner.x.opts.Objects, run.arn, run.written())
	if err != nil {
		return nil, err
	}
	run.writer.Earlier = results.Succeeded
	return results.Value, nil
}

// written is what the Map Run's files tell of: all children, but of a redriven one no more than ran again or are still to run.
func (r *mapRun) written() iter.Seq[mapdata.Execution] {
	return func(yield func(mapdata.Execution) bool) {
		for i := range r.records {
			if r.records[i].Status != "" && !yield(r.records[i]) {
				return
			}
		}
	}
}

// failRun ends the Map Run, and with it the attempt at the state. What its children did is written all the same.
func (g *group) failRun(f *failure) {
	owner, run := g.owner, g.run
	if owner.x.s.stopped() {
		return
	}
	if run.writer != nil && *f.name == ErrorToleranceExceeded {
		now, text := owner.x.s.time(), 0
		cause := "The map run execution [" + run.arn + "] which was managing this resource was aborted"
		for x, i := range run.children {
			run.records[i] = x.record(run, &failure{cause: &cause})
			run.records[i].Status, run.records[i].Stop = string(Aborted), now
			text += recordBytes + value.Size(x.Input)
		}
		for i := range run.records {
			if run.records[i].Status == "" && g.results[i] == nil {
				run.records[i] = mapdata.Execution{Status: mapdata.Pending, Input: run.inputs[i].value, Stop: time.Time{}}
				text += recordBytes + value.Size(run.inputs[i].value)
			}
		}
		if run.text += text; !owner.x.s.budget.write(text, run.text) {
			return
		}
		if _, err := g.written(); err != nil {
			f = asFailure(dataFailure(err))
		}
	}
	g.close()
	owner.emit(MapRunFailed, f.details())
	if !owner.dead {
		owner.handle(f)
	}
}
