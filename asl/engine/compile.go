package engine

import (
	"fmt"
	"math"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// Compile makes a definition ready to run: names are resolved, and every path, template and intrinsic function is parsed.
// The error is a *CompileError with all problems. Compile finds what cannot run; what is doubtful is the checker's business.
func Compile(m *asl.Machine) (*Program, error) {
	c := &compiler{machine: m}
	p := &Program{graph: c.graph(m.StartAt, m.States, "")}
	if m.TimeoutSeconds.Set() {
		n, ok := m.TimeoutSeconds.Int()
		if !ok || n < 0 {
			c.problem("TimeoutSeconds", "must be an integer from 0")
		}
		p.timeout = n
	}
	if len(c.problems) > 0 {
		return nil, &CompileError{c.problems}
	}
	p.standardOnly = c.standardOnly
	return p, nil
}

// compiler holds what the compilation of one machine has found so far.
type compiler struct {
	machine  *asl.Machine
	current  string // the name of the state that is being compiled
	problems []Problem

	standardOnly []Problem
}

// standard notes what only a Standard workflow can have.
func (c *compiler) standard(field, format string, args ...any) {
	c.standardOnly = append(c.standardOnly, Problem{State: c.current, Field: field, Message: fmt.Sprintf(format, args...)})
}

func (c *compiler) problem(field, format string, args ...any) {
	c.problems = append(c.problems, Problem{State: c.current, Field: field, Message: fmt.Sprintf(format, args...)})
}

func (c *compiler) failed(field string, err error) {
	c.problems = append(c.problems, Problem{State: c.current, Field: field, Message: err.Error(), Err: err})
}

// graph compiles the set of states that stands at a location. All states are made before any is filled, so that transitions are
// pointers.
func (c *compiler) graph(startAt string, states []asl.State, location string) *graph {
	owner := c.current
	byName := make(map[string]*state, len(states))
	for _, s := range states {
		name := s.Common().Name
		if byName[name] != nil {
			c.current = name
			c.problem("States", "has two states of this name")
			c.current = owner
			continue
		}
		byName[name] = &state{name: name, kind: s.Type(), location: location + "/States/" + name}
	}
	start := byName[startAt]
	if start == nil {
		c.problem("StartAt", "names %q, which is no state of States", startAt)
	}
	for _, s := range states {
		c.current = s.Common().Name
		c.state(byName[c.current], s, byName)
	}
	c.current = owner
	return &graph{start: start, states: byName}
}

// language returns the language of a state, or nil after reporting one that it cannot have.
func (c *compiler) language(s asl.State) language {
	name := c.machine.LanguageOf(s)
	if name == asl.JSONPath && c.machine.QueryLanguage == asl.JSONata {
		c.problem("QueryLanguage", "is JSONPath, but the machine's is JSONata; only a machine in JSONPath can have states in the other language")
		return nil
	}
	switch name {
	case asl.JSONPath:
		return pathLanguage{}
	case asl.JSONata:
		return queryLanguage{}
	}
	c.problem("QueryLanguage", "is %q; JSONPath or JSONata would be right", name)
	return nil
}

func (c *compiler) state(st *state, s asl.State, byName map[string]*state) {
	if st.kind != s.Type() {
		return // the second of two with the same name, already reported
	}
	st.entered = EventType(string(st.kind) + "StateEntered")
	st.exited = EventType(string(st.kind) + "StateExited")
	lang := c.language(s)
	if lang == nil {
		return
	}
	_, st.jsonata = lang.(queryLanguage)
	st.flow = lang.flow(c, s)
	switch s := s.(type) {
	case *asl.PassState:
		st.run = runPass
		st.next = c.transition(s.Transition, byName)
	case *asl.SucceedState:
		st.run = runSucceed
	case *asl.FailState:
		st.run = runFail
		st.fail = &failSpec{err: lang.text(c, "Error", s.Error, s.ErrorPath), cause: lang.text(c, "Cause", s.Cause, s.CausePath)}
	case *asl.WaitState:
		st.run, st.aborted = runWait, "WaitStateAborted"
		st.next = c.transition(s.Transition, byName)
		st.wait = c.wait(lang, s)
	case *asl.ChoiceState:
		st.run = runChoice
		st.choice = c.choice(lang, s, byName)
	case *asl.TaskState:
		st.run, st.aborted = runTask, "TaskStateAborted"
		st.next = c.transition(s.Transition, byName)
		st.errors = c.errorHandling(lang, s.ErrorHandling, byName)
		st.task = c.task(lang, s)
	case *asl.ParallelState:
		st.run, st.aborted = runGroup, "ParallelStateAborted"
		st.next = c.transition(s.Transition, byName)
		st.errors = c.errorHandling(lang, s.ErrorHandling, byName)
		st.groups = c.parallel(s, st.location)
	case *asl.MapState:
		st.run, st.aborted = runGroup, "MapStateAborted"
		st.next = c.transition(s.Transition, byName)
		st.errors = c.errorHandling(lang, s.ErrorHandling, byName)
		st.groups = c.mapState(lang, s, st.location)
	default:
		c.problem("Type", "is %q, which is none of %v", s.Type(), asl.StateTypes())
	}
}

// transition resolves Next and End; nil is the end.
func (c *compiler) transition(t asl.Transition, byName map[string]*state) *state {
	if t.Next == "" {
		if !t.End {
			c.problem("Next", "is missing; a state needs Next, or End set to true")
		}
		return nil
	}
	if t.End {
		c.problem("End", "is true beside Next; a state has one of them")
	}
	return c.target("Next", t.Next, byName)
}

func (c *compiler) target(field, name string, byName map[string]*state) *state {
	target := byName[name]
	if target == nil {
		c.problem(field, "names %q, which is no state of the same States", name)
	}
	return target
}

func (c *compiler) task(lang language, s *asl.TaskState) *taskSpec {
	if s.Resource == "" {
		c.problem("Resource", "is missing; a Task names what does its work")
	}
	t := &taskSpec{
		resource:  parseResource(s.Resource),
		timeout:   lang.number(c, "TimeoutSeconds", s.TimeoutSeconds, s.TimeoutSecondsPath),
		heartbeat: lang.number(c, "HeartbeatSeconds", s.HeartbeatSeconds, s.HeartbeatSecondsPath),
	}
	switch r := &t.resource; {
	case r.kind == activity:
		c.standard("Resource", "is an activity; an Express workflow cannot have activities")
	case r.submits && r.token:
		c.standard("Resource", "is %s; an Express workflow cannot wait for a task token", r.arn)
	case r.submits:
		c.standard("Resource", "is %s; an Express workflow cannot wait for a job to complete (.sync)", r.arn)
	}
	if s.Credentials != nil {
		t.credentials = lang.expression(c, "Credentials", s.Credentials)
	}
	return t
}

func (c *compiler) wait(lang language, s *asl.WaitState) *waitSpec {
	forms := 0
	for _, set := range []bool{s.Seconds.Set(), s.SecondsPath.Set(), s.Timestamp != "", s.TimestampPath.Set()} {
		if set {
			forms++
		}
	}
	if forms != 1 {
		c.problem("Seconds", "%d of Seconds, SecondsPath, Timestamp and TimestampPath are there; a Wait has one of them", forms)
	}
	w := &waitSpec{seconds: lang.number(c, "Seconds", s.Seconds, s.SecondsPath), timestampPath: s.TimestampPath.Text}
	switch {
	case s.TimestampPath.Text != "":
		if p := c.path("TimestampPath", s.TimestampPath.Text); p != nil {
			w.timestamp = p
		}
	case s.Timestamp != "":
		w.timestamp = lang.text(c, "Timestamp", s.Timestamp, asl.Path{})
	}
	return w
}

func (c *compiler) choice(lang language, s *asl.ChoiceState, byName map[string]*state) *choiceSpec {
	spec := &choiceSpec{}
	if len(s.Choices) == 0 {
		c.problem("Choices", "is empty; a Choice has at least one rule")
	}
	for i := range s.Choices {
		field := fmt.Sprintf("Choices[%d]", i)
		condition, flow := lang.choice(c, field, &s.Choices[i], s)
		spec.rules = append(spec.rules, choiceRule{condition, c.target(field+".Next", s.Choices[i].Next, byName), flow})
	}
	if s.Default != "" {
		spec.fallback = c.target("Default", s.Default, byName)
	}
	return spec
}

func (c *compiler) errorHandling(lang language, h asl.ErrorHandling, byName map[string]*state) *errorHandling {
	result := &errorHandling{}
	for i := range h.Retry {
		result.retriers = append(result.retriers, c.retrier(fmt.Sprintf("Retry[%d]", i), &h.Retry[i]))
	}
	for i := range h.Catch {
		field := fmt.Sprintf("Catch[%d]", i)
		result.catchers = append(result.catchers, catcher{
			errorEquals: h.Catch[i].ErrorEquals,
			flow:        lang.catchFlow(c, field, &h.Catch[i]),
			next:        c.target(field+".Next", h.Catch[i].Next, byName),
		})
	}
	return result
}

// maxSeconds keeps every span of time that a definition can name within a time.Duration (292 years).
const maxSeconds = 8e9

func (c *compiler) retrier(field string, r *asl.Retrier) retrier {
	positive := func(name string, n asl.Number, standard, least float64) float64 {
		if !n.Set() {
			return standard
		}
		f, ok := n.Float()
		if !ok || f < least || math.IsNaN(f) {
			c.problem(field+"."+name, "is %s; a number of at least %v would be right", n.Text+value.Number(n.Expression), least)
		}
		return min(f, maxSeconds)
	}
	compiled := retrier{
		errorEquals: r.ErrorEquals,
		interval:    positive("IntervalSeconds", r.IntervalSeconds, 1, 0),
		maxAttempts: int64(positive("MaxAttempts", r.MaxAttempts, 3, 0)),
		backoff:     positive("BackoffRate", r.BackoffRate, 2, 1),
		maxDelay:    positive("MaxDelaySeconds", r.MaxDelaySeconds, 0, 1),
	}
	switch r.JitterStrategy {
	case "FULL":
		compiled.jitter = true
	case "", "NONE":
	default:
		c.problem(field+".JitterStrategy", "is %q; FULL or NONE would be right", r.JitterStrategy)
	}
	return compiled
}

func (c *compiler) parallel(s *asl.ParallelState, location string) *groupSpec {
	spec := &groupSpec{started: ParallelStateStarted, succeeded: ParallelStateSucceeded, failed: ParallelStateFailed}
	for i, branch := range s.Branches {
		spec.branches = append(spec.branches, c.graph(branch.StartAt, branch.States, fmt.Sprintf("%s/Branches[%d]", location, i)))
	}
	return spec
}

func (c *compiler) mapState(lang language, s *asl.MapState, location string) *groupSpec {
	spec := &groupSpec{
		started: MapStateStarted, succeeded: MapStateSucceeded, failed: MapStateFailed,
		items:            lang.items(c, s),
		concurrency:      lang.number(c, "MaxConcurrency", s.MaxConcurrency, s.MaxConcurrencyPath),
		toleratedCount:   lang.number(c, "ToleratedFailureCount", s.ToleratedFailureCount, s.ToleratedFailureCountPath),
		toleratedPercent: lang.number(c, "ToleratedFailurePercentage", s.ToleratedFailurePercentage, s.ToleratedFailurePercentagePath),
		distributed:      s.Distributed(),
		label:            s.Label,
	}
	if spec.distributed {
		c.standard("ItemProcessor", "has the mode DISTRIBUTED; an Express workflow cannot have a distributed Map")
	}
	spec.reader, spec.batcher, spec.writer = c.reader(lang, s.ItemReader), c.batcher(lang, s.ItemBatcher), c.writer(lang, s.ResultWriter)
	for _, block := range []struct {
		name    string
		present bool
	}{{"ItemReader", s.ItemReader != nil}, {"ItemBatcher", s.ItemBatcher != nil}, {"ResultWriter", s.ResultWriter != nil}} {
		if block.present && !spec.distributed {
			c.problem(block.name, "belongs to a distributed Map; set the Mode in ItemProcessor's ProcessorConfig to DISTRIBUTED")
		}
	}
	selector, field := s.ItemSelector, "ItemSelector"
	if selector == nil {
		selector, field = s.Parameters, "Parameters"
	}
	if selector != nil {
		spec.selector = lang.expression(c, field, selector)
	}
	processor := s.IterationProcessor()
	if processor == nil {
		c.problem("ItemProcessor", "is missing; a Map needs it")
		return spec
	}
	location += "/ItemProcessor"
	if s.ItemProcessor == nil {
		location = strings.TrimSuffix(location, "ItemProcessor") + "Iterator"
	}
	if spec.distributed {
		spec.childType = WorkflowType(processor.ProcessorConfig.ExecutionType)
	}
	spec.processor = c.graph(processor.StartAt, processor.States, location)
	return spec
}
