package asltest

import (
	"math"
	"regexp"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock"
	"github.com/docflow-asl/docflow/asl/aslmock/internal/fields"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// expectation is what a case expects; nil is for what it says nothing about.
type expectation struct {
	status         engine.Status
	output         value.Value
	outputContains value.Value
	outputAt       []value.Member // by JSONPath
	errorName      *string
	cause          *string
	causeMatches   *regexp.Regexp
	path           []string
	visited        []string
	notVisited     []string
	calls          []count
	retries        []count
	caught         []count
	inputs         []inputs
	duration       *time.Duration
	minDuration    *time.Duration
	maxDuration    *time.Duration
}

type count struct {
	state string
	times int
}

type inputs struct {
	state   string
	inputs  []any // values
	partial bool
}

// defaultStatus is the status that is expected when the case names none.
func (e *expectation) defaultStatus() engine.Status {
	switch {
	case e.status != "":
		return e.status
	case e.errorName != nil || e.cause != nil || e.causeMatches != nil:
		return engine.Failed
	}
	return engine.Succeeded
}

func (r *reader) readExpectation(n *asl.Node, e *expectation) {
	statuses := []string{string(engine.Succeeded), string(engine.Failed), string(engine.TimedOut), string(engine.Aborted)}
	duration := func(what string, to **time.Duration) func(*asl.Node) {
		return r.duration(what, func(d time.Duration) { *to = &d })
	}
	r.Object(n, "expect", fields.Fields{
		"status":         r.oneOf("status", statuses, func(s string) { e.status = engine.Status(s) }),
		"output":         func(n *asl.Node) { e.output = n.ToValue() },
		"outputContains": func(n *asl.Node) { e.outputContains = n.ToValue() },
		"outputAt": func(n *asl.Node) {
			r.Each(n, "outputAt", func(m asl.NodeMember) {
				if _, err := jsonpath.Parse(m.Name); err != nil {
					r.Errorf(&asl.Node{Span: m.NameSpan}, "the path %s: %v", m.Name, err)
				}
				e.outputAt = append(e.outputAt, value.Member{Name: m.Name, Value: m.Value.ToValue()})
			})
		},
		"error":         r.text("error", func(s string) { e.errorName = &s }),
		"cause":         r.text("cause", func(s string) { e.cause = &s }),
		"causeMatches":  r.pattern("causeMatches", func(x *regexp.Regexp) { e.causeMatches = x }),
		"path":          r.states("path", &e.path),
		"visited":       r.states("visited", &e.visited),
		"notVisited":    r.states("notVisited", &e.notVisited),
		"calls":         r.counts("calls", &e.calls),
		"retries":       r.counts("retries", &e.retries),
		"caught":        r.counts("caught", &e.caught),
		"inputs":        r.inputs("inputs", false, e),
		"inputsContain": r.inputs("inputsContain", true, e),
		"duration":      duration("duration", &e.duration),
		"minDuration":   duration("minDuration", &e.minDuration),
		"maxDuration":   duration("maxDuration", &e.maxDuration),
	})
	wanted := e.defaultStatus()
	if wanted != engine.Succeeded {
		for _, name := range []string{"output", "outputContains", "outputAt"} {
			if m := n.Member(name); m != nil {
				r.Errorf(m, "an execution that ends as %s has no output; status SUCCEEDED would be right", wanted)
			}
		}
	}
	if wanted == engine.Succeeded || wanted == engine.TimedOut {
		for _, name := range []string{"error", "cause", "causeMatches"} {
			if m := n.Member(name); m != nil {
				r.Errorf(m, "an execution that ends as %s has no %s; status FAILED would be right", wanted, name)
			}
		}
	}
}

func (r *reader) states(what string, to *[]string) func(*asl.Node) {
	return func(n *asl.Node) {
		*to = []string{}
		r.List(n, what, func(_ int, item *asl.Node) {
			r.text("a state's name", func(s string) { *to = append(*to, s) })(item)
		})
	}
}

func (r *reader) counts(what string, to *[]count) func(*asl.Node) {
	return func(n *asl.Node) {
		r.Each(n, what, func(m asl.NodeMember) {
			var times int64
			r.Count("the number for "+m.Name, 0, &times)(m.Value)
			*to = append(*to, count{m.Name, int(min(times, maxTimes))})
		})
	}
}

func (r *reader) inputs(what string, partial bool, e *expectation) func(*asl.Node) {
	return func(n *asl.Node) {
		r.Each(n, what, func(m asl.NodeMember) {
			in := inputs{state: m.Name, partial: partial}
			r.List(m.Value, "the inputs of "+m.Name, func(_ int, item *asl.Node) { in.inputs = append(in.inputs, item.ToValue()) })
			e.inputs = append(e.inputs, in)
		})
	}
}

// check reports how a result differs from what is expected.
func (e *expectation) check(t aslmock.T, r *aslmock.Result) {
	r.Ended(t, e.status)
	if r.Status == e.status {
		e.checkOutcome(t, r)
	}
	if e.path != nil {
		r.VisitedExactly(t, e.path...)
	}
	if len(e.visited) > 0 {
		r.Visited(t, e.visited...)
	}
	r.NotVisited(t, e.notVisited...)
	for _, c := range e.calls {
		r.Called(t, c.state, c.times)
	}
	for _, c := range e.retries {
		r.Retried(t, c.state, c.times)
	}
	for _, c := range e.caught {
		r.Caught(t, c.state, c.times)
	}
	for _, in := range e.inputs {
		if in.partial {
			r.GotContaining(t, in.state, in.inputs...)
		} else {
			r.Got(t, in.state, in.inputs...)
		}
	}
	if e.duration != nil {
		r.Took(t, *e.duration)
	}
	if e.minDuration != nil || e.maxDuration != nil {
		least, most := time.Duration(0), time.Duration(math.MaxInt64)
		if e.minDuration != nil {
			least = *e.minDuration
		}
		if e.maxDuration != nil {
			most = *e.maxDuration
		}
		r.TookBetween(t, least, most)
	}
}

// checkOutcome is for what belongs to the status.
func (e *expectation) checkOutcome(t aslmock.T, r *aslmock.Result) {
	if e.output != nil {
		r.Succeeded(t, e.output)
	}
	if e.outputContains != nil {
		r.OutputContains(t, e.outputContains)
	}
	for _, m := range e.outputAt {
		r.OutputAt(t, m.Name, m.Value)
	}
	if e.errorName != nil {
		r.ErrorIs(t, *e.errorName)
	}
	if e.cause != nil {
		r.CauseIs(t, *e.cause)
	}
	if e.causeMatches != nil {
		r.CauseMatches(t, e.causeMatches.String())
	}
}
