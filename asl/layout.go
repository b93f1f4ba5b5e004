package asl

import (
	"reflect"
	"slices"

	"github.com/docflow-asl/docflow/asl/value"
)

// fieldOrder is the order in which fields are printed, in every struct alike: what a thing is, what it works on, what it does,
// what becomes of the result, what happens on errors, where it goes.
var fieldOrder = []string{
	"Type", "ProcessorConfig", "Mode", "ExecutionType", "Comment", "QueryLanguage", "Version",
	"Variable", operatorField, "Condition", "Not", "And", "Or", "ErrorEquals",
	"InputPath", "ItemsPath", "Items", "ItemReader",
	"Resource", "ReaderConfig", "WriterConfig", "Parameters", "Arguments", "Credentials",
	"InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "ManifestType", "Transformation", "OutputType", "ItemsPointer", "MaxItems", "MaxItemsPath",
	"MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", "BatchInput",
	"ItemSelector", "ItemBatcher", "MaxConcurrency", "MaxConcurrencyPath",
	"ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "ToleratedFailureCount", "ToleratedFailureCountPath", "Label",
	"TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath",
	"Seconds", "SecondsPath", "Timestamp", "TimestampPath",
	"IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy",
	"Error", "ErrorPath", "Cause", "CausePath",
	"Choices", "Default", "StartAt", "States", "Branches", "ItemProcessor", "Iterator", "ResultWriter",
	"Result", "ResultSelector", "ResultPath", "OutputPath", "Retry", "Catch", "Assign", "Output", "Next", "End",
}

// FieldOrder lists the fields of the language in the order in which they are printed.
func FieldOrder() []string {
	return slices.DeleteFunc(slices.Clone(fieldOrder), func(name string) bool { return name == operatorField })
}

// operatorField stands in layouts for the field of a Choice rule whose name is the rule's Operator.
const operatorField = "Operator"

// fieldKind tells how a field is read and printed.
type fieldKind uint8

const (
	stringField fieldKind = iota
	boolField
	pathField
	numberField
	valueField
	objectField
	stringsField
	statesField
	structField  // a pointer to a struct
	structsField // a slice of structs, or of pointers to structs
	comparisonField
)

// layoutField is one field of the language within one of the model's structs.
type layoutField struct {
	name  string
	index []int
	kind  fieldKind
}

// layout tells which fields of the language a struct holds. The name of the Go field is the name in the language.
type layout struct {
	title  string // for messages: "a Task state"
	fields []layoutField
	byName map[string]*layoutField
	origin []int
}

// named lists the model's structs with their titles.
var named = []struct {
	title string
	zero  any
}{
	{"a Pass state", PassState{}},
	{"a Task state", TaskState{}},
	{"a Choice state", ChoiceState{}},
	{"a Wait state", WaitState{}},
	{"a Succeed state", SucceedState{}},
	{"a Fail state", FailState{}},
	{"a Parallel state", ParallelState{}},
	{"a Map state", MapState{}},
	{"a state", UnknownState{}},
	{"the definition", Machine{}},
	{"a branch", Branch{}},
	{"an item processor", Processor{}},
	{"ProcessorConfig", ProcessorConfig{}},
	{"a choice rule", ChoiceRule{}},
	{"ItemReader", ItemReader{}},
	{"ReaderConfig", ReaderConfig{}},
	{"ItemBatcher", ItemBatcher{}},
	{"ResultWriter", ResultWriter{}},
	{"WriterConfig", WriterConfig{}},
	{"a retrier", Retrier{}},
	{"a catcher", Catcher{}},
}

var layouts = makeLayouts()

func makeLayouts() map[reflect.Type]*layout {
	rank := make(map[string]int, len(fieldOrder))
	for i, name := range fieldOrder {
		rank[name] = i
	}
	all := make(map[reflect.Type]*layout, len(named))
	for _, n := range named {
		t := reflect.TypeOf(n.zero)
		l := &layout{title: n.title}
		l.collect(t, nil)
		slices.SortStableFunc(l.fields, func(a, b layoutField) int { return rank[a.name] - rank[b.name] })
		l.byName = make(map[string]*layoutField, len(l.fields))
		for i := range l.fields {
			if l.fields[i].kind != comparisonField {
				l.byName[l.fields[i].name] = &l.fields[i]
			}
		}
		all[t] = l
	}
	return all
}

func (l *layout) collect(t reflect.Type, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(index), i)
		if f.Anonymous {
			if f.Type == reflect.TypeFor[Origin]() {
				l.origin = at
			} else {
				l.collect(f.Type, at)
			}
			continue
		}
		switch f.Name {
		case "Name", "TypeText", "NotObject", "Operand": // no fields of the language
			continue
		}
		kind := kindOf(f.Type)
		if f.Name == operatorField {
			kind = comparisonField
		}
		l.fields = append(l.fields, layoutField{name: f.Name, index: at, kind: kind})
	}
}

func kindOf(t reflect.Type) fieldKind {
	switch t {
	case reflect.TypeFor[Path]():
		return pathField
	case reflect.TypeFor[Number]():
		return numberField
	case reflect.TypeFor[value.Value]():
		return valueField
	case reflect.TypeFor[*value.Object]():
		return objectField
	case reflect.TypeFor[[]string]():
		return stringsField
	case reflect.TypeFor[[]State]():
		return statesField
	}
	switch t.Kind() {
	case reflect.String:
		return stringField
	case reflect.Bool:
		return boolField
	case reflect.Pointer:
		return structField
	case reflect.Slice:
		return structsField
	}
	panic("asl: the model has a field of type " + t.String() + ", which is neither read nor printed")
}

// newState makes an empty state of a type; false when there is no such type.
func newState(t StateType) (State, bool) {
	switch t {
	case TypePass:
		return &PassState{}, true
	case TypeTask:
		return &TaskState{}, true
	case TypeChoice:
		return &ChoiceState{}, true
	case TypeWait:
		return &WaitState{}, true
	case TypeSucceed:
		return &SucceedState{}, true
	case TypeFail:
		return &FailState{}, true
	case TypeParallel:
		return &ParallelState{}, true
	case TypeMap:
		return &MapState{}, true
	}
	return &UnknownState{}, false
}

// comparisonOperators is ComparisonOperators as a set.
var comparisonOperators = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range ComparisonOperators() {
		set[name] = true
	}
	return set
}()
