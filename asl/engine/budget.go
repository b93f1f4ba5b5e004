package engine

import (
	"fmt"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// On AWS an endless loop costs its owner money, and no more. Here it would take the computer: on a virtual clock nothing is slow by
// itself. So an execution, with the child executions of its distributed Maps, has a budget of steps, of memory and of events that
// nobody keeps; the execution that uses one up fails with States.Runtime, which no catcher takes.

// budget is what an execution and its child executions have used.
type budget struct {
	top *execution // the one that Run was called for

	steps    int  // that expressions have taken
	maxSteps int  // grows with every event
	spent    bool // there were no steps left once

	childEvents int
	written     int // bytes, by ResultWriters

	// Memory is looked at when enough may have been added to it. At first what is added is only guessed.
	added   int          // bytes since the last look
	lookAt  int          // how many make it look again
	fresh   *value.Meter // of the values that were made since the last look; nil while they are guessed
	history *value.Meter // of the top's history; nil before the first look
	metered int          // the events of it that have been added
}

const (
	stepsPerEvent = 20 // what an event adds to Limits.Steps

	slowExpression = 10 * time.Millisecond
	stepTime       = 50 * time.Nanosecond

	bytesPerStep = 256 // of values that are measured

	// What things take, in bytes.
	eventBytes  = 160
	threadBytes = 512
	inputBytes  = 128 // a child execution's input, with the place of its result
	recordBytes = 768 // what a ResultWriter writes of a child execution, beside its input and output
	textBytes   = 24  // a byte of JSON, at worst
)

func newBudget(limits *Limits) budget {
	return budget{maxSteps: limits.Steps, lookAt: limits.MemoryBytes / 4}
}

// measure is value.Size of a value that was made just now.
func (b *budget) measure(v value.Value) int {
	n, work := value.Measure(v)
	b.steps += work / bytesPerStep
	if b.fresh == nil {
		b.added += n * textBytes
		return n
	}
	before := b.fresh.Bytes()
	b.fresh.Add(v)
	b.added += b.fresh.Bytes() - before
	return n
}

// tired is the failure of an expression when there are no steps left; else nil.
func (b *budget) tired() error {
	if b.steps <= b.maxSteps {
		return nil
	}
	b.spent = true
	return b.stepsFailure()
}

func (b *budget) stepsFailure() *failure {
	return runtimeFailure("The expressions of the execution took more than %d steps together (Limits.Steps, and %d for every event).", b.maxSteps, stepsPerEvent)
}

// event counts an event of the top execution.
func (b *budget) event(details EventDetails) {
	b.maxSteps += stepsPerEvent
	b.added += eventBytes
	if d, ok := details.(*FailureDetails); ok && d.Cause != nil {
		b.added += len(*d.Cause)
	}
}

// child counts an event of a child execution.
func (b *budget) child() {
	b.childEvents++
	b.maxSteps += stepsPerEvent
	if limit := b.top.opts.Limits.ChildEvents; b.childEvents > limit && !b.top.ended {
		b.exhaust(fmt.Sprintf("The child executions reached the maximum number of events (%d, Limits.ChildEvents).", limit))
	}
}

// write counts n bytes that a Map Run will write, which are all of them so far. It tells whether it may.
func (b *budget) write(n, all int) bool {
	limits := &b.top.opts.Limits
	switch b.written += n; {
	case b.top.ended:
		return false
	case all > limits.MemoryBytes:
		b.exhaust(fmt.Sprintf("The results of a Map Run take more than %d bytes to write (Limits.MemoryBytes).", limits.MemoryBytes))
	case b.written > limits.WriteBytes:
		b.exhaust(fmt.Sprintf("The results of all Map Runs take more than %d bytes to write (Limits.WriteBytes).", limits.WriteBytes))
	default:
		return true
	}
	return false
}

// exhausted ends the top execution when it has used up its steps or its memory, and tells whether it has ended.
func (s *scheduler) exhausted() bool {
	b := &s.budget
	switch {
	case s.done:
	case b.spent || b.steps > b.maxSteps:
		b.exhaust(*b.stepsFailure().cause)
	case b.added > b.lookAt:
		if limit := b.top.opts.Limits.MemoryBytes; s.held() > limit {
			b.exhaust(fmt.Sprintf("The execution holds more than %d bytes in its history, variables and Maps (Limits.MemoryBytes).", limit))
		}
	}
	return s.done
}

// exhaust fails the top execution.
func (b *budget) exhaust(cause string) {
	b.top.fail(newFailure(ErrorRuntime, cause), int64(b.top.events))
}

// held looks at how much memory the execution holds, and decides when to look again. What is walked through here is at most what there
// may be, and something in proportion to it was added before.
func (s *scheduler) held() int {
	b := &s.budget
	limit := b.top.opts.Limits.MemoryBytes
	if b.history == nil {
		b.history = value.NewMeter(limit, nil)
	}
	for ; b.metered < len(b.top.History); b.metered++ {
		b.history.AddBytes(eventBytes)
		meterDetails(b.history, b.top.History[b.metered].Details)
	}
	live := value.NewMeter(max(0, limit-b.history.Bytes()), b.history)
	b.top.root.meter(live)
	held := b.history.Bytes() + live.Bytes()
	b.added, b.lookAt, b.fresh = 0, max(limit-held, limit/4), value.NewMeter(limit, b.history)
	return held
}

func meterDetails(m *value.Meter, details EventDetails) {
	switch d := details.(type) {
	case *StartedDetails:
		m.Add(d.Input)
	case *EnteredDetails:
		m.Add(d.Input)
	case *ExitedDetails:
		m.Add(d.Output)
		for _, v := range d.Assigned {
			m.Add(v.Value)
		}
	case *ScheduledDetails:
		m.Add(d.Input)
	case *OutputDetails:
		m.Add(d.Output)
	case *FailureDetails:
		if d.Cause != nil {
			m.Add(value.String(*d.Cause))
		}
	case *EvaluationFailedDetails:
		m.Add(value.String(d.Cause))
	}
}

// meter adds what the thread, and everything below it, holds.
func (t *thread) meter(m *value.Meter) {
	if m.Full() {
		return
	}
	m.AddBytes(threadBytes)
	m.Add(t.input)
	m.Add(t.effective)
	if t.task != nil {
		m.Add(t.task.call.Input)
		m.Add(t.task.result)
	}
	for _, v := range t.vars.values {
		m.Add(v)
	}
	if g := t.group; g != nil {
		g.meter(m)
	}
}

func (g *group) meter(m *value.Meter) {
	for _, v := range g.items {
		m.Add(v)
	}
	for _, v := range g.results {
		m.Add(v)
	}
	for _, child := range g.children {
		if child != nil {
			child.meter(m)
		}
	}
	run := g.run
	if run == nil {
		return
	}
	m.AddBytes(inputBytes * len(run.inputs))
	for i := range run.inputs {
		m.Add(run.inputs[i].value)
		if item := run.inputs[i].item; item != nil {
			m.Add(item.value)
		}
	}
	m.AddBytes(recordBytes * len(run.records))
	for i := range run.records {
		m.Add(run.records[i].Output)
		if cause := run.records[i].Cause; cause != nil {
			m.Add(value.String(*cause))
		}
	}
	for _, c := range g.failed {
		if c != nil {
			m.AddBytes(threadBytes)
			m.Add(c.input)
			for _, v := range c.variables {
				m.Add(v)
			}
		}
	}
	for x := range run.children {
		x.root.meter(m)
	}
}
