package engine

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// checkParameters refuses parameters with which Step Functions does not start an integration at all: the state fails with
// States.Runtime, and nothing is scheduled (recorded for apigateway:invoke).
func (r *resource) checkParameters(input value.Value) *failure {
	parameters, ok := input.(*value.Object)
	if !ok || r.service != "apigateway" {
		return nil
	}
	var faults []string
	for _, field := range []string{"Headers", "QueryParameters"} { // an object of arrays of strings, each
		if v, ok := parameters.Get(field); ok && !objectOfTexts(v) {
			faults = append(faults, fmt.Sprintf("The value of the field '%s' has an invalid format", field))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return runtimeFailure("The Parameters '%s' could not be used to start the Task: [%s]", value.Text(input), strings.Join(faults, ", "))
}

func objectOfTexts(v value.Value) bool {
	o, ok := v.(*value.Object)
	if !ok {
		return false
	}
	for _, m := range o.Members() {
		list, ok := m.Value.(*value.Array)
		if !ok {
			return false
		}
		for _, item := range list.Items() {
			if item.Kind() != value.KindString {
				return false
			}
		}
	}
	return true
}
