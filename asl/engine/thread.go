package engine

import (
	"fmt"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// thread is one line of control: the machine's, a branch's or an iteration's. It is in one state at a time.
type thread struct {
	x      *execution
	graph  *graph
	parent *group // nil for the root of an execution
	index  int    // within parent
	item   *mapItem
	vars   *scope

	do    func(t *thread) // what to do when its turn comes
	dead  bool
	epoch uint32 // timers of an earlier epoch are void

	state     *state
	inState   bool        // between …StateEntered and …StateExited
	input     value.Value // of the current state, before InputPath
	effective value.Value // … after it
	last      int64       // id of the thread's latest event
	entered   int64       // id of the current state's …StateEntered
	before    int64       // … and of the event before it
	enteredAt time.Time
	attempts  []int64 // by retrier of the current state
	retries   int     // of the current state
	token     string  // of the current attempt at a task
	context   value.Value
	task      *taskRun
	group     *group
	failed    *groupCheckpoint // of an attempt at a Parallel or Map that has failed, for a redrive
	scratch   env              // what env gives
}

// mapItem is the item that an iteration works on, for the context object. It holds for everything inside the iteration.
type mapItem struct {
	index  int
	value  value.Value
	key    string // of the members of an object
	hasKey bool
	source string // where a distributed Map's item comes from; empty for an inline Map
}

// env is what the thread's expressions see, with data as their $. It is good until the next call.
func (t *thread) env(data value.Value) *env {
	t.scratch = env{t: t, data: data}
	return &t.scratch
}

// begin puts the thread before the start of its graph.
func (t *thread) begin() { t.goTo(t.graph.start, t.input) }

// goTo makes a state the next thing that the thread does.
func (t *thread) goTo(s *state, input value.Value) {
	t.state, t.input = s, input
	t.x.s.later(t, enter)
}

// emit adds an event that follows the thread's latest one.
func (t *thread) emit(typ EventType, details EventDetails) {
	t.last = t.x.emit(t.last, typ, details)
}

// enter is the beginning of every state.
func enter(t *thread) {
	s := t.state
	t.x.s.transitions++
	t.decided(EnteredState, 0)
	t.enteredAt, t.retries, t.context, t.token, t.failed = t.x.s.time(), 0, nil, "", nil
	t.x.probe.enter(t)
	t.before = t.last
	t.emit(s.entered, &EnteredDetails{Name: s.name, Input: t.input})
	t.entered, t.inState = t.last, true
	if !t.dead {
		work(t)
	}
}

// work is what a state does once it is entered.
func work(t *thread) {
	effective, err := t.state.flow.input(t.env(nil), t.input)
	if err != nil {
		t.refuse(asFailure(err))
		return
	}
	t.effective = effective
	t.x.probe.note(afterInputPath, effective)
	t.state.run(t)
}

// exit leaves a state by its own output.
func (t *thread) exit(result value.Value) {
	t.exitBy(t.state.flow, t.state.next, result, Decision{Kind: TookNext})
}

// exitBy leaves a state by a flow, which may be a Choice rule's.
func (t *thread) exitBy(flow dataflow, next *state, result value.Value, by Decision) {
	e := t.env(nil)
	output, assigned, err := flow.output(e, t.input, t.effective, result)
	if err != nil {
		t.refuse(asFailure(err))
		return
	}
	if f := t.tooLarge(output, t.state.name); f != nil {
		t.refuse(f)
		return
	}
	if f := t.assign(assigned, by); f != nil {
		t.refuse(f)
		return
	}
	t.decided(by.Kind, by.Index)
	t.leave(next, output, assigned)
}

// leave emits the state's last event, which tells what it has assigned, and goes on to the next state, or to the end of the thread.
func (t *thread) leave(next *state, output value.Value, assigned []value.Member) {
	t.emit(t.state.exited, &ExitedDetails{Name: t.state.name, Output: output, Assigned: assigned})
	t.inState = false
	t.epoch++
	if t.dead {
		return
	}
	if next != nil {
		t.goTo(next, output)
		return
	}
	if t.parent != nil {
		t.parent.finished(t, output)
		return
	}
	t.x.succeed(output, t.last)
}

// tooLarge tells whether a value is beyond the payload limit. What came in unchanged has been measured before.
func (t *thread) tooLarge(v value.Value, label string) *failure {
	if v == t.input || t.x.s.budget.measure(v) <= t.x.opts.Limits.PayloadBytes {
		return nil
	}
	return newFailure(ErrorDataLimitExceeded, fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", label))
}

// parametersTooLarge is the failure of a state whose Parameters, Arguments or ItemSelector made more than the payload limit; else nil.
// The text was reported for a Task (https://github.com/mbc-net/mbc-cqrs-serverless/pull/471).
func (t *thread) parametersTooLarge(v value.Value) error {
	if v == t.input || v == t.effective || t.x.s.budget.measure(v) <= t.x.opts.Limits.PayloadBytes {
		return nil
	}
	return newFailure(ErrorDataLimitExceeded, fmt.Sprintf("The state/task '%s' provided parameters with a size exceeding the maximum number of bytes service limit.", t.state.name))
}

// refuse handles a failure of a state's data flow: retriers and catchers see it where the state has them.
func (t *thread) refuse(f *failure) {
	if t.x.s.stopped() {
		return
	}
	f = t.tell(f)
	if t.dead {
		return
	}
	if t.state.errors != nil && !f.runtime {
		t.handle(f)
		return
	}
	t.fail(f)
}

// tell adds the event of an expression that failed.
func (t *thread) tell(f *failure) *failure {
	if !f.query {
		return f
	}
	f = f.locate(t.state.name, t.entered)
	// Recorded in November 2024: the event of an expression that fails as a state is entered has the same previous event as the entry
	// itself, in Pass, Task and Map. For Pass AWS has changed that, as captured in 2026-09 (github.com/radkawar/stackd
	// testdata/aws/stepfunctions/dataflow_execution.json and variable_limits.json): it follows the entry. Of Tasks and Maps no newer
	// capture was found, of the other types none but of a Wait, where it has always followed the entry.
	if t.last == t.entered && t.state.errors != nil {
		t.last = t.before
	}
	t.emit(EvaluationFailed, &EvaluationFailedDetails{Error: *f.name, Cause: *f.cause, Location: f.location, State: t.state.name})
	return f
}

// fail ends the thread, and what it belongs to, with a failure that nothing in this state takes.
func (t *thread) fail(f *failure) {
	f = f.locate(t.state.name, t.entered)
	t.epoch++
	if t.parent == nil {
		t.x.fail(f, t.last)
		return
	}
	// A turn later, so that what happens at the same time in the other branches happens before this one takes them down:
	// four tasks that time out together were recorded to give four TaskTimedOut before the first MapIterationFailed.
	t.x.s.later(t, func(t *thread) { t.parent.failedBy(t, f) })
}

// handle looks for a retrier, then for a catcher, of a Task, Parallel or Map.
func (t *thread) handle(f *failure) {
	f = f.locate(t.state.name, t.entered)
	t.x.probe.handle(f)
	t.epoch++
	if t.retry(f) {
		return
	}
	if g := t.state.groups; g != nil && (t.group != nil || f.query) { // recorded for a Map whose Items fail, too
		t.group = nil
		t.emit(g.failed, nil)
		if t.dead {
			return
		}
	}
	for i := range t.state.errors.catchers {
		c := &t.state.errors.catchers[i]
		if !f.matches(c.errorEquals) {
			continue
		}
		e := t.env(nil)
		output, assigned, err := c.flow.output(e, t.input, f.output())
		if err == nil {
			if large := t.tooLarge(output, t.state.name); large != nil {
				err = large
			} else if large = t.assign(assigned, Decision{Kind: TookCatcher, Index: i}); large != nil {
				err = large
			}
		}
		if err != nil {
			if t.x.s.stopped() {
				return
			}
			if f := t.tell(asFailure(err)); !t.dead {
				t.fail(f)
			}
			return
		}
		t.decided(TookCatcher, i)
		t.leave(c.next, output, assigned)
		return
	}
	t.fail(f)
}

// kill ends the thread and everything below it without a trace in the history.
func (t *thread) kill() {
	if !t.dead {
		t.x.variables -= t.vars.size
	}
	t.dead = true
	t.epoch++
	if t.task != nil {
		t.task.gone()
		t.task.release()
		t.task = nil
	}
	if t.group != nil {
		t.group.kill()
		t.group = nil
	}
}
