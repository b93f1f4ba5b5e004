package check

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

// wordsFor are the keywords whose results messages.go has words for, and those that only structure a schema.
var wordsFor = []string{
	"$schema", "$id", "$ref", "title", "definitions", "properties", "items",
	"type", "enum", "minimum", "maximum", "minItems", "minProperties", "pattern", "required", "additionalProperties",
}

func TestSchemasCompile(t *testing.T) {
	set := schemas()
	for _, s := range set.scopes {
		s.compiled()
	}
	for language, states := range set.states {
		if len(states) != len(asl.StateTypes()) {
			t.Errorf("%s has schemas for %d state types", language, len(states))
		}
		for _, s := range states {
			s.compiled()
		}
	}
}

func TestSchemaKeywords(t *testing.T) {
	var walk func(where string, schema map[string]any)
	walk = func(where string, schema map[string]any) {
		for keyword, v := range schema {
			if !slices.Contains(wordsFor, keyword) {
				t.Errorf("%s uses %q, which messages.go has no words for", where, keyword)
			}
			object, _ := v.(map[string]any)
			switch keyword {
			case "properties", "definitions":
				for name, inner := range object {
					walk(where+"/"+name, inner.(map[string]any))
				}
			case "items":
				walk(where+"[]", object)
			}
		}
	}
	for name, source := range schemas().sources {
		walk(name, source)
	}
}

// TestSchemasHaveTheModelsFields holds the schemas and the structs of package asl together: a field that one has and the other
// lacks is a mistake in one of them.
func TestSchemasHaveTheModelsFields(t *testing.T) {
	states := map[asl.StateType]any{
		asl.TypePass: asl.PassState{}, asl.TypeTask: asl.TaskState{}, asl.TypeChoice: asl.ChoiceState{}, asl.TypeWait: asl.WaitState{},
		asl.TypeSucceed: asl.SucceedState{}, asl.TypeFail: asl.FailState{}, asl.TypeParallel: asl.ParallelState{}, asl.TypeMap: asl.MapState{},
	}
	for stateType, model := range states {
		want := fieldsOf(reflect.TypeOf(model))
		want["Type"] = true
		compare(t, string(stateType), want, schemaOf(stateType, asl.JSONPath).fieldsAt(nil), schemaOf(stateType, asl.JSONata).fieldsAt(nil))
	}
	for _, c := range []struct {
		name  string
		model any
		in    asl.StateType
		path  []string
	}{
		{"Retrier", asl.Retrier{}, asl.TypeTask, []string{"Retry", "0"}},
		{"Catcher", asl.Catcher{}, asl.TypeTask, []string{"Catch", "0"}},
		{"ItemReader", asl.ItemReader{}, asl.TypeMap, []string{"ItemReader"}},
		{"ReaderConfig", asl.ReaderConfig{}, asl.TypeMap, []string{"ItemReader", "ReaderConfig"}},
		{"ItemBatcher", asl.ItemBatcher{}, asl.TypeMap, []string{"ItemBatcher"}},
		{"ResultWriter", asl.ResultWriter{}, asl.TypeMap, []string{"ResultWriter"}},
		{"WriterConfig", asl.WriterConfig{}, asl.TypeMap, []string{"ResultWriter", "WriterConfig"}},
	} {
		compare(t, c.name, fieldsOf(reflect.TypeOf(c.model)), schemaOf(c.in, asl.JSONPath).fieldsAt(c.path), schemaOf(c.in, asl.JSONata).fieldsAt(c.path))
	}
	rule := fieldsOf(reflect.TypeOf(asl.ChoiceRule{}))
	delete(rule, "Operator")
	delete(rule, "Operand")
	for _, operator := range asl.ComparisonOperators() {
		rule[operator] = true
	}
	path := []string{"Choices", "0"}
	compare(t, "ChoiceRule", rule, schemaOf(asl.TypeChoice, asl.JSONPath).fieldsAt(path), schemaOf(asl.TypeChoice, asl.JSONata).fieldsAt(path))
	for kind, model := range map[scopeKind]any{machineScope: asl.Machine{}, branchScope: asl.Branch{}, processorScope: asl.Processor{}} {
		compare(t, string(kind), fieldsOf(reflect.TypeOf(model)), schemas().scopes[kind].fieldsAt(nil))
	}
}

// fieldsOf lists the fields of a struct of the model with those of embedded structs; Name, Extra and Source are no fields of the
// language.
func fieldsOf(t reflect.Type) map[string]bool {
	fields := map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Name == "Origin" || f.Name == "Name":
		case f.Anonymous:
			maps.Copy(fields, fieldsOf(f.Type))
		default:
			fields[f.Name] = true
		}
	}
	return fields
}

func compare(t *testing.T, name string, model map[string]bool, schemas ...[]string) {
	t.Helper()
	all := map[string]bool{}
	for _, fields := range schemas {
		for _, f := range fields {
			all[f] = true
		}
	}
	if want, got := slices.Sorted(maps.Keys(model)), slices.Sorted(maps.Keys(all)); !slices.Equal(want, got) {
		t.Errorf("%s: the model has\n %s\nthe schemas have\n %s", name, strings.Join(want, " "), strings.Join(got, " "))
	}
}

func TestIntegrationsTable(t *testing.T) {
	table := integrations()
	if len(table) == 0 {
		t.Fatal("integrations.json is empty")
	}
	for service, apis := range table {
		for name, api := range apis {
			if upperFirst(name) {
				t.Errorf("%s:%s is not in camel case", service, name)
			}
			for _, pattern := range api.Patterns {
				if !slices.Contains([]string{"sync", "sync:2", "waitForTaskToken"}, pattern) {
					t.Errorf("%s:%s has the pattern %q", service, name, pattern)
				}
			}
			for _, field := range api.Required {
				if !upperFirst(field) {
					t.Errorf("%s:%s requires %q, which is not in Pascal case", service, name, field)
				}
			}
		}
	}
}

// TestNumbersAreCheap makes sure that a number of a million digits costs nothing.
func TestNumbersAreCheap(t *testing.T) {
	for text, code := range map[string]string{"1e999999999": "out-of-range", "-1e999999999": "out-of-range", "1e-999999999": "out-of-range", "1.5": "wrong-type", "6e1": "", "60.0": ""} {
		definition := `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f", "TimeoutSeconds": ` + text + `, "End": true}}}`
		found := Document(asl.ParseJSON("", []byte(definition)), Options{})
		if code == "" && len(found) > 0 || code != "" && !slices.Contains(codes(found), code) {
			t.Errorf("%s: %v", text, found)
		}
	}
}
