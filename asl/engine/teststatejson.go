package engine

import (
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// Inspection is the InspectionData of a TestResponse: what the state's data were at each step up to where it failed. What is nil was not
// reached, or does not belong to states of its kind. Its Request and Response are always missing: docflow calls no HTTP endpoint.
type Inspection struct {
	Input               value.Value
	AfterArguments      value.Value
	AfterInputPath      value.Value
	AfterParameters     value.Value
	Result              value.Value
	AfterResultSelector value.Value
	AfterResultPath     value.Value
	Variables           *value.Object
	ErrorDetails        *InspectionErrorDetails

	// Of a Map.
	AfterItemsPath             value.Value
	AfterItemSelector          value.Value
	AfterItemBatcher           value.Value
	AfterItemsPointer          value.Value
	ToleratedFailureCount      *int64
	ToleratedFailurePercentage *float64
	MaxConcurrency             *int64
}

// InspectionErrorDetails tell which retrier and catcher took an error.
type InspectionErrorDetails struct {
	CatchIndex                  *int
	RetryIndex                  *int // also of a retrier that has no attempts left
	RetryBackoffIntervalSeconds *int64
}

// respond puts together what the probe has seen. deciding is the state that went on, which may be one around the tested one.
func (test *stateTest) respond(p *probe, deciding *state) *TestResponse {
	r := test.response
	failure := p.failed
	switch {
	case p.decision != nil && p.decision.Kind == TookRetrier:
		r.Status, failure = TestRetriable, p.handled
	case p.failed != nil:
		r.Status = TestFailed
	default:
		r.Status, r.Output, r.NextState = TestSucceeded, p.exited.Output, deciding.after(p.decision)
		if p.decision.Kind == TookCatcher {
			r.Status, failure = TestCaughtError, p.handled
		}
	}
	if failure != nil {
		r.Error, r.Cause = textOf(failure.name), textOf(failure.cause)
	}
	if test.InspectionLevel == InspectDebug || test.InspectionLevel == InspectTrace {
		r.InspectionData = test.inspect(p)
	}
	return r
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// after is the name of the state that follows a decision.
func (s *state) after(d *Decision) string {
	next := s.next
	switch d.Kind {
	case TookRule:
		next = s.choice.rules[d.Index].next
	case TookDefault:
		next = s.choice.fallback
	case TookCatcher:
		next = s.errors.catchers[d.Index].next
	}
	if next == nil {
		return ""
	}
	return next.name
}

// inspect chooses what AWS was recorded to show of a state of this kind.
func (test *stateTest) inspect(p *probe) *Inspection {
	data := &Inspection{Input: p.x.Input, Variables: test.variables(p), ErrorDetails: p.errorDetails()}
	_, paths := test.state.flow.(*pathFlow)
	if paths {
		data.AfterInputPath = p.seen[afterInputPath]
	}
	switch m := test.model.(type) {
	case *asl.TaskState:
		data.Result = p.seen[rawResult]
		if paths {
			data.AfterParameters = p.seen[afterArguments]
		} else {
			data.AfterArguments = p.seen[afterArguments]
		}
	case *asl.PassState:
		if !paths {
			return data
		}
		if m.Result != nil {
			data.AfterInputPath, data.Result = nil, p.seen[afterResultSelector]
		} else {
			data.AfterParameters = p.seen[afterResultSelector]
		}
	case *asl.ParallelState:
		data.AfterInputPath = nil
	case *asl.MapState:
		data.MaxConcurrency, data.ToleratedFailureCount, data.ToleratedFailurePercentage = p.mapped.concurrency, p.mapped.count, p.mapped.percent
		data.AfterItemSelector, data.AfterItemBatcher = p.seen[afterItemSelector], p.seen[afterItemBatcher]
		switch {
		case !paths:
		case p.mapped.pointer:
			data.AfterItemsPointer = p.seen[afterItems]
		default:
			data.AfterItemsPath = p.seen[afterItems]
		}
	default:
		return data
	}
	data.AfterResultSelector, data.AfterResultPath = p.seen[afterResultSelector], p.seen[afterResultPath]
	return data
}

// variables are those of the request and those that the state set.
func (test *stateTest) variables(p *probe) *value.Object {
	object := test.Variables
	if object == nil {
		object = value.NewObject()
	}
	if p.exited != nil {
		for _, m := range p.exited.Assigned {
			object = object.With(m.Name, m.Value)
		}
	}
	if object.Len() == 0 {
		return nil
	}
	return object
}

func (p *probe) errorDetails() *InspectionErrorDetails {
	caught := p.decision != nil && p.decision.Kind == TookCatcher
	if p.retry == nil && !caught {
		return nil
	}
	details := &InspectionErrorDetails{}
	if p.retry != nil {
		details.RetryIndex = &p.retry.index
		if p.retry.again {
			details.RetryBackoffIntervalSeconds = &p.retry.seconds
		}
	}
	if caught {
		details.CatchIndex = &p.decision.Index
	}
	return details
}

// Value is the response as the API gives it: data are JSON text in strings.
func (r *TestResponse) Value() *value.Object {
	var m apiMembers
	m.data("output", r.Output)
	m.text("error", r.Error)
	m.text("cause", r.Cause)
	if r.InspectionData != nil {
		m.add("inspectionData", r.InspectionData.Value())
	}
	m.text("nextState", r.NextState)
	m.text("status", string(r.Status))
	return value.NewObject(m...)
}

// MarshalJSON gives the response as the API does.
func (r *TestResponse) MarshalJSON() ([]byte, error) { return r.Value().MarshalJSON() }

// Value is the InspectionData as the API gives it: data are JSON text in strings.
func (d *Inspection) Value() *value.Object {
	var m apiMembers
	m.data("input", d.Input)
	m.data("afterArguments", d.AfterArguments)
	m.data("afterInputPath", d.AfterInputPath)
	m.data("afterParameters", d.AfterParameters)
	m.data("result", d.Result)
	m.data("afterResultSelector", d.AfterResultSelector)
	m.data("afterResultPath", d.AfterResultPath)
	if d.Variables != nil {
		m.data("variables", d.Variables)
	}
	if e := d.ErrorDetails; e != nil {
		var details apiMembers
		if e.CatchIndex != nil {
			details.add("catchIndex", value.Int(*e.CatchIndex))
		}
		if e.RetryIndex != nil {
			details.add("retryIndex", value.Int(*e.RetryIndex))
		}
		details.count("retryBackoffIntervalSeconds", e.RetryBackoffIntervalSeconds)
		m.add("errorDetails", value.NewObject(details...))
	}
	m.data("afterItemsPath", d.AfterItemsPath)
	m.data("afterItemSelector", d.AfterItemSelector)
	m.data("afterItemBatcher", d.AfterItemBatcher)
	m.data("afterItemsPointer", d.AfterItemsPointer)
	m.count("toleratedFailureCount", d.ToleratedFailureCount)
	if d.ToleratedFailurePercentage != nil {
		text := strconv.FormatFloat(*d.ToleratedFailurePercentage, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0" // recorded: it is a float
		}
		m.add("toleratedFailurePercentage", value.Number(text))
	}
	m.count("maxConcurrency", d.MaxConcurrency)
	return value.NewObject(m...)
}

// apiMembers are members of an object of the API, which leaves out what is not there.
type apiMembers []value.Member

func (m *apiMembers) add(name string, v value.Value) {
	*m = append(*m, value.Member{Name: name, Value: v})
}

func (m *apiMembers) data(name string, v value.Value) {
	if v != nil {
		m.add(name, value.String(value.Text(v)))
	}
}

func (m *apiMembers) text(name, text string) {
	if text != "" {
		m.add(name, value.String(text))
	}
}

func (m *apiMembers) count(name string, n *int64) {
	if n != nil {
		m.add(name, value.Int(*n))
	}
}
