package engine

import "github.com/docflow-asl/docflow/asl/value"

// scope holds the variables of a machine, branch or iteration. An inner scope sees the outer ones; what it sets is gone when
// it ends.
type scope struct {
	outer  *scope
	values map[string]value.Value
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
		s.values[v.Name] = v.Value
	}
}
