package check

import (
	"maps"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// Field is a field that the language has at some place, for editors and other tools that propose or explain fields.
type Field struct {
	Name     string
	Types    []string // JSON types; empty when it takes any value
	Values   []string // the words that it takes; empty when it takes others
	Required bool
}

// StateFields lists the fields that a state of a type may have in a query language, sorted by name. A path leads to an object within
// the state, by fields and indices: "Retry", "0" for the fields of a retrier. There are none where the language leaves the
// inside to the author, as in Parameters.
func StateFields(t asl.StateType, language asl.QueryLanguage, path ...string) []Field {
	schema := schemaOf(t, language)
	if schema == nil {
		return nil
	}
	return schema.describe(path)
}

// Enclosure is an object that holds states.
type Enclosure string

// The enclosures.
const (
	InMachine   Enclosure = Enclosure(machineScope)
	InBranch    Enclosure = Enclosure(branchScope)    // an item of a Parallel's Branches
	InProcessor Enclosure = Enclosure(processorScope) // a Map's ItemProcessor or Iterator
)

// EnclosureFields lists the fields of an object that holds states, sorted by name; a path leads to an object within, as in StateFields.
func EnclosureFields(e Enclosure, path ...string) []Field {
	schema := schemas().scopes[scopeKind(e)]
	if schema == nil {
		return nil
	}
	return schema.describe(path)
}

func (s *languageSchema) describe(path []string) []Field {
	required := s.listAt(path, "required")
	var fields []Field
	for _, name := range s.fieldsAt(path) {
		at := append(slices.Clone(path), name)
		field := Field{Name: name, Types: s.listAt(at, "type"), Values: s.listAt(at, "enum"), Required: slices.Contains(required, name)}
		if t, ok := s.at(at)["type"].(string); ok {
			field.Types = []string{t}
		}
		fields = append(fields, field)
	}
	return fields
}

// StateTypesWith lists the state types that have a field of that name in either query language.
func StateTypesWith(field string) []string { return slices.Clone(typesWith(field)) }

// ErrorNames lists the names of the errors that Step Functions itself raises. States.Http.StatusCode.404 and its like come besides.
func ErrorNames() []string { return slices.Clone(stateErrors) }

// ContextFields lists the fields that the context object has at a path of names below its root, as far as AWS documents them;
// ok is false when there is no such path or it holds any data.
func ContextFields(path ...string) (names []string, ok bool) {
	known := contextFields
	for _, name := range path {
		known = known[name]
	}
	return slices.Sorted(maps.Keys(known)), known != nil
}

// Integration is an optimised integration of a service, as a Task's Resource names it.
type Integration struct {
	ARN      string   // arn:aws:states:::lambda:invoke, or with a pattern behind it
	Required []string // the fields that its request needs
	OneOf    []string // fields of which its request needs exactly one
}

// Integrations lists the optimised integrations with each of their patterns, sorted by ARN.
func Integrations() []Integration {
	var list []Integration
	for service, apis := range integrations() {
		for api, known := range apis {
			for _, pattern := range append([]string{""}, known.Patterns...) {
				arn := "arn:aws:states:::" + service + ":" + api
				if pattern != "" {
					arn += "." + pattern
				}
				list = append(list, Integration{ARN: arn, Required: known.Required, OneOf: known.OneOf})
			}
		}
	}
	slices.SortFunc(list, func(a, b Integration) int { return strings.Compare(a.ARN, b.ARN) })
	return list
}
