package check

import (
	"slices"
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

func TestVocabulary(t *testing.T) {
	names := func(fields []Field) []string {
		var list []string
		for _, f := range fields {
			list = append(list, f.Name)
		}
		return list
	}
	find := func(fields []Field, name string) Field {
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
		if i < 0 {
			t.Fatalf("no field %s in %v", name, names(fields))
		}
		return fields[i]
	}
	task := StateFields(asl.TypeTask, asl.JSONPath)
	if f := find(task, "Resource"); !f.Required || !slices.Equal(f.Types, []string{"string"}) {
		t.Errorf("Resource: %+v", f)
	}
	if slices.Contains(names(task), "Arguments") || !slices.Contains(names(StateFields(asl.TypeTask, asl.JSONata)), "Arguments") {
		t.Error("Arguments belongs to JSONata")
	}
	if f := find(StateFields(asl.TypeTask, asl.JSONPath, "Retry", "0"), "JitterStrategy"); !slices.Equal(f.Values, []string{"NONE", "FULL"}) {
		t.Errorf("JitterStrategy: %+v", f)
	}
	if f := find(StateFields(asl.TypeChoice, asl.JSONPath, "Choices", "0", "And", "1", "Not"), "IsPresent"); !slices.Equal(f.Types, []string{"boolean"}) {
		t.Errorf("IsPresent: %+v", f)
	}
	if got := StateFields(asl.TypeTask, asl.JSONPath, "Parameters", "x"); got != nil {
		t.Errorf("inside of Parameters: %v", got)
	}
	if got := StateFields("Nonesuch", asl.JSONPath); got != nil {
		t.Errorf("a type that does not exist: %v", got)
	}
	find(EnclosureFields(InProcessor, "ProcessorConfig"), "Mode")
	if slices.Contains(names(EnclosureFields(InBranch)), "Version") {
		t.Error("a branch has no Version")
	}
	if got, ok := ContextFields("Map", "Item"); !ok || !slices.Contains(got, "Value") {
		t.Errorf("context: %v, %v", got, ok)
	}
	if _, ok := ContextFields("Execution", "Input"); ok {
		t.Error("the execution's input can be anything")
	}
	if !slices.ContainsFunc(Integrations(), func(i Integration) bool { return i.ARN == "arn:aws:states:::states:startExecution.sync:2" }) {
		t.Error("no nested executions")
	}
	if RuleOf("missing-target") == nil || RuleOf("nonesuch") != nil {
		t.Error("RuleOf")
	}
	if !slices.Contains(StateTypesWith("Branches"), "Parallel") || !slices.Contains(ErrorNames(), "States.ALL") {
		t.Error("StateTypesWith, ErrorNames")
	}
}
