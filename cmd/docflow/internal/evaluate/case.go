// Package evaluate runs one expression of any of the expression languages, for `docflow eval`.
package evaluate

import (
	"errors"
	"fmt"

	"github.com/docflow-asl/docflow/asl/value"
)

// Languages lists the expression languages.
func Languages() []string { return []string{"jsonata", "jsonpath", "intrinsic"} }

// Case is one expression and what it is evaluated on.
type Case struct {
	Language   string // one of Languages()
	Plain      bool   // the original language, not Step Functions' dialect of it
	Expression string
	Data       value.Value   // nil: none
	Bindings   *value.Object // variables; nil: none
}

// ParseCase reads a case from a JSON object with the members expr, data and bindings.
func ParseCase(line string) (Case, error) {
	v, err := value.Parse(line)
	if err != nil {
		return Case{}, err
	}
	o, ok := v.(*value.Object)
	if !ok {
		return Case{}, fmt.Errorf("a JSON %s; a case is an object with the members expr, data and bindings", v.Kind())
	}
	var c Case
	expression, _ := o.Get("expr")
	text, ok := expression.(value.String)
	if !ok {
		return Case{}, errors.New("the member expr is missing or no string")
	}
	c.Expression = string(text)
	c.Data, _ = o.Get("data")
	if bindings, ok := o.Get("bindings"); ok {
		if c.Bindings, ok = bindings.(*value.Object); !ok {
			return Case{}, fmt.Errorf("the member bindings is a JSON %s; it should be an object", bindings.Kind())
		}
	}
	return c, nil
}
