package engine

import (
	"fmt"

	"github.com/docflow-asl/docflow/asl/value"
)

// scope holds the variables of a machine, branch or iteration. An inner scope sees the outer ones; what it sets is gone when
// it ends.
type scope struct {
	outer  *scope
	values map[string]value.Value
	size   int // of the values, in bytes
}

// get looks a variable up, from the innermost scope outwards.
func (s *scope) get(name string) (value.Value, bool) {
	for ; s != nil; s = s.outer {
		if v, ok := s.values[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (s *scope) set(variables []value.Member) {
	if len(variables) > 0 && s.values == nil {
		s.values = make(map[string]value.Value, len(variables))
	}
	for _, v := range variables {
		s.size += value.Size(v.Value) - value.Size(s.values[v.Name])
		s.values[v.Name] = v.Value
	}
}

// assign sets what a state assigns, or a rule or catcher of it, if the limits of variables allow it.
//
// Names, texts and the sizes that count, those of the values' JSON texts, are as captured on AWS in 2026-09 for a Pass in JSONata:
// github.com/radkawar/stackd testdata/aws/stepfunctions/variable_limits.json. That a scope's variables count no more once it has
// ended is an assumption. Only states in JSONata have EvaluationFailed, by its API reference.
func (t *thread) assign(variables []value.Member, by Decision) *failure {
	if len(variables) == 0 {
		return nil
	}
	limits := &t.x.opts.Limits
	exceeded := func(format string, args ...any) *failure {
		f := newFailure(ErrorDataLimitExceeded, fmt.Sprintf(format, args...))
		f.query, f.location = t.state.jsonata, "Assign"
		switch by.Kind {
		case TookRule:
			f.location = fmt.Sprintf("Choices[%d]/Assign", by.Index)
		case TookCatcher:
			f.location = fmt.Sprintf("Catch[%d]/Assign", by.Index)
		}
		return f
	}
	sum, replaced := 0, 0
	for _, v := range variables {
		size := t.x.s.budget.measure(v.Value)
		if size > limits.AssignBytes {
			return exceeded("Variable size limit exceeded. Variable '%s' in state '%s' was assigned %d bytes.", v.Name, t.state.name, size)
		}
		if sum += size; sum > limits.AssignBytes {
			return exceeded("State total variable size limit exceeded. Variable '%s' in state '%s' was assigned %d bytes, "+
				"which caused the size of variables assigned in the state to exceed its limit by %d bytes.", v.Name, t.state.name, size, sum-limits.AssignBytes)
		}
		replaced += value.Size(t.vars.values[v.Name])
	}
	if over := t.x.variables + sum - replaced - limits.VariableBytes; over > 0 {
		return exceeded("Execution total variable size limit exceeded. State '%s' assigned variables that exceed the total execution limit by %d bytes.", t.state.name, over)
	}
	t.x.variables -= t.vars.size
	t.vars.set(variables)
	t.x.variables += t.vars.size
	return nil
}
