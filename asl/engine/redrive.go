package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// redrivablePeriod is how long after its end an execution can be redriven.
const redrivablePeriod = 14 * 24 * time.Hour

// NotRedrivableError is why Redrive refuses an execution; RedriveExecution refuses it as ExecutionNotRedrivable.
type NotRedrivableError struct {
	ExecutionArn string
	Reason       string // the redriveStatusReason of DescribeExecution
}

func (e *NotRedrivableError) Error() string { return e.API().Error() }

// API is the error as RedriveExecution gives it.
func (e *NotRedrivableError) API() *APIError {
	return &APIError{"ExecutionNotRedrivable", "Execution " + e.ExecutionArn + " invalid for redrive as: " + e.Reason}
}

// checkpoint is where a thread stood when its execution ended without success.
type checkpoint struct {
	state     *state
	inState   bool // it had entered the state
	input     value.Value
	item      *mapItem
	entered   int64
	before    int64
	last      int64
	enteredAt time.Time
	group     *groupCheckpoint // of a Parallel or Map whose branches or iterations had begun
	child     *childIdentity   // of the root of a distributed Map's child execution

	variables     map[string]value.Value
	variableBytes int
}

// childIdentity is what a child execution keeps when its Map Run is redriven.
type childIdentity struct {
	name, arn string
	start     time.Time
	redrives  int
	events    int
}

// groupCheckpoint is what had become of the branches or iterations of a Parallel or Map.
type groupCheckpoint struct {
	items    []value.Value
	results  []value.Value // nil where there is none
	children []*checkpoint // nil where one has not begun, or has succeeded
	started  int64         // id of …StateStarted
	next     int
	limit    int
	run      *mapRun
}

// Redrive runs an execution on that ended without success: from the states that failed, were aborted or timed out, with the input
// that they had; what succeeded is not done again. The result is the same execution, its history continued by an
// ExecutionRedriven event; x itself does not change. Attempts of retriers and time-outs begin anew. Of opts everything but what
// names the execution and its machine counts.
//
// The error is a *NotRedrivableError: for executions that succeeded, those whose history is full, or those that ended more than 14
// days before opts.StartTime; or an *APIError for Express ones.
//
// Sources: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html; histories, causes and the context object
// captured on AWS in 2026-09: github.com/radkawar/stackd testdata/aws/stepfunctions/redrive_execution.json and redrive_map.json.
// What these show: no state that was in is entered again, whatever its type; its next event follows its own …StateEntered, but a
// Fail's failure follows ExecutionRedriven.
func (x *Execution) Redrive(ctx context.Context, opts Options) (*Execution, error) {
	from := x.resume
	if from != nil && from.opts.Type == Express {
		return nil, &APIError{"InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'"}
	}
	if _, reason := x.RedriveStatus(); reason != "" {
		return nil, &NotRedrivableError{x.ExecutionArn, reason}
	}
	opts.Limits = opts.Limits.withDefaults(Standard)
	opts.StateMachineArn, opts.StateMachineName, opts.RoleArn = from.opts.StateMachineArn, from.opts.StateMachineName, from.opts.RoleArn
	opts.Name, opts.ExecutionArn, opts.Type = x.Name, x.ExecutionArn, Standard
	if opts.StartTime.Before(x.StopTime) { // nobody redrives what has not ended
		opts.StartTime = x.StopTime
	}
	if opts.StartTime.Sub(x.StopTime) > redrivablePeriod {
		return nil, &NotRedrivableError{x.ExecutionArn, "Execution redrivable period exceeded"}
	}
	s := newScheduler(ctx, &opts)
	defer close(s.over)
	redriven := newExecution(s, &opts, x.Input)
	redriven.program, redriven.StartTime, s.budget.top = from.program, x.StartTime, redriven
	redriven.History = slices.Clone(x.History)
	redriven.events = len(x.History)
	redriven.RedriveCount, redriven.RedriveTime = x.RedriveCount+1, s.begin
	id := redriven.emit(int64(len(x.History)), ExecutionRedriven, &RedrivenDetails{RedriveCount: redriven.RedriveCount})
	redriven.root = &thread{x: redriven, graph: from.program.graph, vars: &scope{}}
	redriven.deadlines(from.program.timeout)
	redriven.root.resume(from.root, id)
	return redriven.finish(), nil
}

// resumption is what an ended execution keeps for a redrive.
type resumption struct {
	program *Program
	opts    Options
	root    *checkpoint
}

// RedriveStatus gives redriveStatus and redriveStatusReason as DescribeExecution does.
func (x *Execution) RedriveStatus() (status, reason string) {
	switch {
	case x.Status == Succeeded:
		reason = "Execution is SUCCEEDED and cannot be redriven"
	case x.resume == nil || x.resume.opts.Type == Express:
		reason = "Execution is of an EXPRESS workflow and cannot be redriven"
	case len(x.History) >= x.resume.opts.Limits.HistoryEvents-1: // there must be room for ExecutionRedriven, and another event
		reason = "Execution has exceeded the maximum history event limit" // captured: variable_limits.json
	default:
		return "REDRIVABLE", ""
	}
	return "NOT_REDRIVABLE", reason
}

// checkpoint notes where the thread and everything below it stands.
func (t *thread) checkpoint() *checkpoint {
	c := &checkpoint{
		state: t.state, inState: t.inState, input: t.input, variables: maps.Clone(t.vars.values), variableBytes: t.vars.size, item: t.item,
		entered: t.entered, before: t.before, last: t.last, enteredAt: t.enteredAt, group: t.failed,
	}
	if x := t.x; x.quiet && x.root == t {
		c.child = &childIdentity{x.Name, x.ExecutionArn, x.StartTime, x.RedriveCount, x.events}
	}
	if t.group != nil {
		c.group = t.group.checkpoint()
	}
	return c
}

func (g *group) checkpoint() *groupCheckpoint {
	c := &groupCheckpoint{
		items: g.items, results: slices.Clone(g.results), children: make([]*checkpoint, len(g.results)), started: g.started,
		next: g.next, limit: g.limit, run: g.run,
	}
	copy(c.children, g.failed)
	for _, r := range g.again {
		c.children[r.index] = r.from
	}
	for i, child := range g.children {
		if child != nil {
			c.children[i] = child.checkpoint()
		}
	}
	if g.run != nil {
		for x, i := range g.run.children {
			c.children[i] = x.root.checkpoint()
		}
	}
	return c
}

// resume puts the thread where a checkpoint says. redriven is the id of the ExecutionRedriven event.
func (t *thread) resume(c *checkpoint, redriven int64) {
	t.item, t.vars.values, t.vars.size = c.item, maps.Clone(c.variables), c.variableBytes
	t.x.variables += c.variableBytes
	t.last = c.last
	if !c.inState {
		t.goTo(c.state, c.input)
		return
	}
	t.state, t.input, t.inState = c.state, c.input, true
	t.entered, t.before, t.enteredAt = c.entered, c.before, c.enteredAt
	if t.last = redriven; c.state.errors != nil || c.state.wait != nil {
		t.last = c.entered
	}
	if c.group == nil {
		t.x.s.later(t, work)
		return
	}
	effective, err := t.state.flow.input(t.env(nil), t.input)
	if err != nil {
		t.refuse(asFailure(err))
		return
	}
	t.effective = effective
	t.resumeGroup(c.group, redriven)
}

// resumeGroup goes on with the branches or iterations that have not succeeded.
func (t *thread) resumeGroup(c *groupCheckpoint, redriven int64) {
	g := &group{
		owner: t, state: t.state, items: c.items, results: slices.Clone(c.results), children: make([]*thread, len(c.children)),
		next: c.next, limit: c.limit, run: c.run, started: c.started, redriven: redriven,
	}
	t.group = g
	for i := range g.results {
		if g.results[i] == nil {
			g.left++
		}
	}
	if g.run != nil {
		g.failed = make([]*checkpoint, len(c.children))
		g.run = g.run.redrive()
		t.last = g.started
		t.emit(MapRunRedriven, &MapRunRedrivenDetails{MapRunArn: g.run.arn, RedriveCount: g.run.redrives})
	}
	for i, from := range c.children {
		if from != nil {
			g.again = append(g.again, resumed{i, from})
		}
	}
	if g.left == 0 {
		g.finish(t.last)
		return
	}
	for range min(g.limit, len(g.again)+g.count()-g.next) {
		g.goOn(g.started)
	}
}

// finish ends a group of which everything has succeeded.
func (g *group) finish(last int64) {
	if g.run != nil {
		g.completeRun()
		return
	}
	g.complete(last)
}

// resumed is a branch or iteration that a redrive goes on with.
type resumed struct {
	index int
	from  *checkpoint
}

// resumeNext goes on with the first branch or iteration that has not succeeded.
func (g *group) resumeNext() {
	next := g.again[0]
	g.again = g.again[1:]
	if g.run != nil {
		g.resumeChild(next.index, next.from)
		return
	}
	t := g.owner
	branch := t.state.groups.processor
	if branch == nil {
		branch = t.state.groups.branches[next.index]
	}
	child := &thread{x: t.x, graph: branch, parent: g, index: next.index, vars: &scope{outer: t.vars}}
	g.children[next.index] = child
	child.resume(next.from, g.redriven)
}

// RedrivenDetails are executionRedrivenEventDetails.
type RedrivenDetails struct {
	RedriveCount int
}

func (*RedrivenDetails) member(EventType) string { return "executionRedrivenEventDetails" }

func (d *RedrivenDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) { m.int("redriveCount", int64(d.RedriveCount)) })
}

// MapRunRedrivenDetails are mapRunRedrivenEventDetails.
type MapRunRedrivenDetails struct {
	MapRunArn    string
	RedriveCount int
}

func (*MapRunRedrivenDetails) member(EventType) string { return "mapRunRedrivenEventDetails" }

func (d *MapRunRedrivenDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) {
		m.text("mapRunArn", d.MapRunArn)
		m.int("redriveCount", int64(d.RedriveCount))
	})
}
