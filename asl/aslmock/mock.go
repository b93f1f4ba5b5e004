package aslmock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/value"
)

// Mock says what the tasks of a state, or of a resource, answer. State and Resource make one; each of Returns, Throws, Never,
// Func, Evaluates and TestState adds an answer, and the methods When, Times, Elapse, Heartbeats and Submits are about the answer
// before them.
//
// Answers are given in their order, over the whole execution, retries included, and also within Map and Parallel: each answers
// one call and the last one all further calls. An answer with When answers every call whose input holds what it says. Times says
// otherwise. A call for which no answer is left goes to what comes after the mock: the mock of the resource, the next set of
// mocks, a handler.
//
// A Mock does not change once it is in use: any number of executions may have it.
type Mock struct {
	state    string // or
	resource string // an ARN, or a pattern with *
	pattern  *regexp.Regexp
	answers  []*answer
	closed   bool   // a call beyond the last answer fails, whatever else there is
	where    string // of what it was read from; empty for Go code
	errs     []error
}

// answer is what a task does once.
type answer struct {
	where      string
	when       value.Value // nil: whatever the input
	times      int         // 0: see limit
	elapse     time.Duration
	heartbeats []time.Duration // pauses before each
	submit     value.Value     // nil for none
	give       engine.HandlerFunc
	returns    value.Value // what give returns, when that is known beforehand
	mode       ValidationMode
}

// unlimited is how often an answer may be given that has no bound.
const unlimited = int(^uint(0) >> 1)

// State mocks the Task states of that name.
func State(name string) *Mock { return &Mock{state: name} }

// Resource mocks all tasks with that Resource: an ARN, or a pattern in which * stands for any text. What is mocked by the state's
// name is not mocked by this.
// Of several that fit the exact name comes first, then the longest pattern.
func Resource(pattern string) *Mock {
	expression := "(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"
	return &Mock{resource: pattern, pattern: regexp.MustCompile(expression)}
}

// Fits tells whether the mock of a resource is for one of that name.
func (m *Mock) Fits(resource string) bool { return m.pattern != nil && m.pattern.MatchString(resource) }

// String names what is mocked.
func (m *Mock) String() string {
	if m.state != "" {
		return fmt.Sprintf("state %q", m.state)
	}
	return "resource " + m.resource
}

func (m *Mock) fail(format string, args ...any) {
	err := fmt.Errorf("the mock of %s: %w", m, fmt.Errorf(format, args...))
	if m.where != "" {
		err = fmt.Errorf("%s: %w", m.where, err)
	}
	m.errs = append(m.errs, err)
}

func (m *Mock) add(give engine.HandlerFunc) *answer {
	a := &answer{give: give, where: m.where}
	m.answers = append(m.answers, a)
	return a
}

// last is the answer that a modifier is about.
func (m *Mock) last(method string) *answer {
	if len(m.answers) == 0 {
		m.fail("%s is about an answer; Returns, Throws, Never, Func or Evaluates comes before it", method)
		return &answer{}
	}
	return m.answers[len(m.answers)-1]
}

// At says where the mock, or what is added to it from here on, was read: file:line:column. Faults name it.
func (m *Mock) At(where string) *Mock {
	m.where = where
	return m
}

// Returns adds an answer: the task's whole result, as the service gives it. For arn:aws:states:::lambda:invoke that is
// {"Payload": …}, for the ARN of a Lambda function its payload. A string or []byte is JSON text; anything else is marshalled.
func (m *Mock) Returns(result any) *Mock {
	v, err := toValue(result)
	if err != nil {
		m.fail("Returns: %w", err)
	}
	v = value.Detach(v)
	m.add(func(context.Context, *engine.Call) (value.Value, error) { return v, nil }).returns = v
	return m
}

// Throws adds a failure with an error's name and its cause; an empty one counts as missing.
func (m *Mock) Throws(errorName, cause string) *Mock {
	failure := &engine.TaskError{Name: errorName, Cause: cause}
	m.add(func(context.Context, *engine.Call) (value.Value, error) { return nil, failure })
	return m
}

// Never adds that the task never answers: it waits for its time-out, or that of the execution.
func (m *Mock) Never() *Mock {
	m.add(func(context.Context, *engine.Call) (value.Value, error) { return nil, engine.ErrNoAnswer })
	return m
}

// Func adds an answer that is computed: a result as Returns takes it, or an error, such as an *engine.TaskError. The function may
// tell how much of the execution's time it takes with call.Elapse.
func (m *Mock) Func(f func(ctx context.Context, call *engine.Call) (any, error)) *Mock {
	m.add(func(ctx context.Context, call *engine.Call) (value.Value, error) {
		result, err := f(ctx, call)
		if err != nil {
			return nil, err
		}
		return toValue(result)
	})
	return m
}

// Evaluates adds a result that a JSONata expression gives. $states.input is the task's input; $states.context has Execution.Name,
// State.Name and State.RetryCount. The expression sees the execution's clock, and always the same random numbers.
func (m *Mock) Evaluates(expression string) *Mock {
	if _, err := jsonata.Compile(expression, jsonata.StepFunctions()); err != nil {
		m.fail("the expression %s: %w", expression, err)
	}
	m.add(func(ctx context.Context, call *engine.Call) (value.Value, error) {
		v, err := evaluate(ctx, expression, call)
		if err != nil {
			return nil, &expressionError{err}
		}
		return v, nil
	})
	return m
}

// expressionError is a fault of the mock, not of the task.
type expressionError struct{ error }

func evaluate(ctx context.Context, expression string, call *engine.Call) (value.Value, error) {
	random := rand.New(rand.NewPCG(1, 1))
	x, err := jsonata.Compile(expression, jsonata.StepFunctions(), jsonata.WithClock(func() time.Time { return call.Now }), jsonata.WithRandom(random.Float64))
	if err != nil {
		return nil, err
	}
	object := func(members ...value.Member) value.Value { return value.NewObject(members...) }
	v, err := x.Eval(ctx, nil, map[string]value.Value{"states": object(
		value.Member{Name: "input", Value: call.Input},
		value.Member{Name: "context", Value: object(
			value.Member{Name: "Execution", Value: object(value.Member{Name: "Name", Value: value.String(call.ExecutionName)})},
			value.Member{Name: "State", Value: object(
				value.Member{Name: "Name", Value: value.String(call.State)},
				value.Member{Name: "RetryCount", Value: value.Int(call.RetryCount)},
			)},
		)},
	)})
	if err == nil && v == nil {
		err = errors.New("the expression gave nothing (undefined)")
	}
	return v, err
}

// Then does nothing: it reads well between two answers.
func (m *Mock) Then() *Mock { return m }

// When restricts the answer to calls whose input holds what partial does: an object's members may be more than those of partial,
// arrays are as long, and everything else is equal.
func (m *Mock) When(partial any) *Mock {
	v, err := toValue(partial)
	if err != nil {
		m.fail("When: %w", err)
	}
	m.last("When").when = v
	return m
}

// Times says how often the answer is given.
func (m *Mock) Times(n int) *Mock {
	if n < 1 {
		m.fail("Times(%d): an answer is given once or more", n)
	}
	m.last("Times").times = n
	return m
}

// Elapse says how much of the execution's time the task takes until it answers.
func (m *Mock) Elapse(d time.Duration) *Mock {
	if d < 0 {
		m.fail("Elapse(%v): no task takes less than no time", d)
	}
	m.last("Elapse").elapse = d
	return m
}

// Heartbeats lets the task send heartbeats before it answers, each after a pause.
func (m *Mock) Heartbeats(pauses ...time.Duration) *Mock {
	if slices.ContainsFunc(pauses, func(d time.Duration) bool { return d < 0 }) {
		m.fail("Heartbeats(%v): no pause is less than no time", pauses)
	}
	m.last("Heartbeats").heartbeats = pauses
	return m
}

// Submits gives the service's answer to the request that a .sync or .waitForTaskToken task begins with.
func (m *Mock) Submits(response any) *Mock {
	v, err := toValue(response)
	if err != nil {
		m.fail("Submits: %w", err)
	}
	m.last("Submits").submit = value.Detach(v)
	return m
}

// Validation says how strictly the result is held against the service's API.
func (m *Mock) Validation(mode ValidationMode) *Mock {
	m.last("Validation").mode = mode
	return m
}

// limit is how often answer i may be given.
func (m *Mock) limit(i int) int {
	switch a := m.answers[i]; {
	case a.times > 0:
		return a.times
	case a.when != nil || i == len(m.answers)-1:
		return unlimited
	}
	return 1
}

// invocations is how many calls the answers without When are good for.
func (m *Mock) invocations() int {
	n := 0
	for i, a := range m.answers {
		if a.when == nil {
			if n += m.limit(i); n < 0 {
				return unlimited
			}
		}
	}
	return n
}

// handle gives the answer, after the time that it takes.
func (a *answer) handle(ctx context.Context, call *engine.Call) (value.Value, error) {
	left := a.elapse
	for _, pause := range a.heartbeats {
		call.Elapse(pause)
		call.Heartbeat()
		left -= pause
	}
	if a.submit != nil {
		call.Submit(a.submit)
	}
	call.Elapse(left) // no less than nothing
	return a.give(ctx, call)
}

// Mocks is a set of mocks in layers: the first layer that answers a call does.
type Mocks struct {
	layers []layer
}

// layer holds mocks of which those by state come before those by resource.
type layer struct {
	states    map[string]*Mock
	resources []*Mock // the most particular pattern first
}

// NewMocks makes a set of mocks of one layer. Of two mocks of one state or resource the later one counts.
func NewMocks(mocks ...*Mock) *Mocks {
	l := layer{states: map[string]*Mock{}}
	for _, m := range mocks {
		if m.state != "" {
			l.states[m.state] = m
			continue
		}
		l.resources = slices.DeleteFunc(l.resources, func(other *Mock) bool { return other.resource == m.resource })
		l.resources = append(l.resources, m)
	}
	slices.SortStableFunc(l.resources, func(a, b *Mock) int {
		stars := func(m *Mock) int { return min(1, strings.Count(m.resource, "*")) }
		return cmp.Or(cmp.Compare(stars(a), stars(b)), cmp.Compare(len(b.resource), len(a.resource)), cmp.Compare(a.resource, b.resource))
	})
	return &Mocks{[]layer{l}}
}

// Or adds mocks for the calls that these do not answer.
func (m *Mocks) Or(others *Mocks) *Mocks {
	return &Mocks{slices.Concat(m.layers, others.layers)}
}

// all lists the mocks in a fixed order.
func (m *Mocks) all() []*Mock {
	var all []*Mock
	for _, l := range m.layers {
		for _, name := range sortedKeys(l.states) {
			all = append(all, l.states[name])
		}
		all = append(all, l.resources...)
	}
	return all
}

// Err joins the faults of the mocks.
func (m *Mocks) Err() error {
	var errs []error
	for _, mock := range m.all() {
		errs = append(errs, mock.errs...)
	}
	return errors.Join(errs...)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// toValue makes a value of JSON text (a string or []byte), or of anything that encoding/json can marshal.
func toValue(x any) (value.Value, error) {
	switch x := x.(type) {
	case string:
		return value.Parse(x)
	case []byte:
		return value.Parse(string(x))
	case nil:
		return value.Null{}, nil
	}
	return value.FromGo(x)
}
