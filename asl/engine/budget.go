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

	steps    int // that expressions have taken
	maxSteps int // grows with every event

	childEvents int

	made    int          // bytes of JSON that were made since the memory was looked at
	lookAt  int          // how much may be made before it is looked at again
	history *value.Meter // what the top's history holds
	metered int          // the events of it that have been added
}

const (
	stepsPerEvent = 20 // what an event adds to Limits.Steps

	// An expression that takes longer than slowExpression counts by its time, too: regular expressions take no steps.
	slowExpression = 25 * time.Millisecond
	stepTime       = 50 * time.Nanosecond

	// A byte of JSON may take 16 bytes of memory, and it takes time to measure.
	memoryPerByte = 16
	bytesPerStep  = 256

	eventBytes = 160
)

func newBudget(limits *Limits) budget {
	return budget{
		maxSteps: limits.Steps, lookAt: limits.MemoryBytes / memoryPerByte,
		history: value.NewMeter(limits.MemoryBytes, nil),
	}
}

// measure is value.Size of a value that was made just now.
func (b *budget) measure(v value.Value) int {
	n := value.Size(v)
	b.made += n
	b.steps += n / bytesPerStep
	return n
}

// tired is the failure of an expression when there are no steps left; else nil.
func (b *budget) tired() error {
	if b.steps <= b.maxSteps {
		return nil
	}
	return b.stepsFailure()
}

func (b *budget) stepsFailure() *failure {
	return runtimeFailure("The expressions of the execution took more than %d steps together (Limits.Steps, and %d for every event).", b.maxSteps, stepsPerEvent)
}

// child counts an event of a child execution.
func (b *budget) child() {
	b.childEvents++
	b.maxSteps += stepsPerEvent
	if limit := b.top.opts.Limits.ChildEvents; b.childEvents > limit && !b.top.ended {
		b.exhaust(fmt.Sprintf("The child executions reached the maximum number of events (%d, Limits.ChildEvents).", limit))
	}
}

// exhausted ends the top execution when it has used up its steps or its memory, and tells whether it has ended.
func (s *scheduler) exhausted() bool {
	b := &s.budget
	switch {
	case s.done:
	case b.steps > b.maxSteps:
		b.exhaust(*b.stepsFailure().cause)
	case b.made > b.lookAt:
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

// held looks at how much memory the execution holds, and decides when to look again.
func (s *scheduler) held() int {
	b := &s.budget
	limit := b.top.opts.Limits.MemoryBytes
	for ; b.metered < len(b.top.History); b.metered++ {
		b.history.AddBytes(eventBytes)
		meterDetails(b.history, b.top.History[b.metered].Details)
	}
	live := value.NewMeter(max(0, limit-b.history.Bytes()), b.history)
	b.top.root.meter(live)
	held := b.history.Bytes() + live.Bytes()
	b.made, b.lookAt = 0, max(limit-held, limit/4)/memoryPerByte
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

// What threads and groups take themselves.
const (
	threadBytes = 512
	inputBytes  = 128 // a child execution's input, with the place of its result
	recordBytes = 768 // what a ResultWriter writes of a child execution, beside its input and output
)

// meter adds what the thread, and everything below it, holds.
func (t *thread) meter(m *value.Meter) {
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
