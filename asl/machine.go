// Package asl is the model of the Amazon States Language: a definition as plain Go structs, its parser for JSON and YAML with
// a source position for every node, and its printer. The builder makes this model, the parser makes it, the checker and the
// engine read it. The language: https://states-language.net and
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html.
//
// How a field that may be absent is written here: the zero value is "absent" (an empty string, a false, a nil, a zero Number
// or Path). Whatever a definition holds that a struct cannot express is kept in Extra and printed again: unknown fields,
// fields of a wrong type, and explicit zero values such as `"Comment": ""`. Empty arrays and objects are no zero values: a
// slice that is empty but not nil is printed as [].
//
// Parse reads a definition and never fails as a whole: Document.Problems says what is wrong with the text. Marshal and
// MarshalYAML print one; Walk and Transitions lead through its states.
package asl

import "github.com/docflow-asl/docflow/asl/value"

// QueryLanguage is JSONPath or JSONata.
type QueryLanguage string

// The query languages. Where none is set, a state has the machine's, and the machine has JSONPath.
const (
	JSONPath QueryLanguage = "JSONPath"
	JSONata  QueryLanguage = "JSONata"
)

// StateType is the Type field of a state.
type StateType string

// The state types.
const (
	TypePass     StateType = "Pass"
	TypeTask     StateType = "Task"
	TypeChoice   StateType = "Choice"
	TypeWait     StateType = "Wait"
	TypeSucceed  StateType = "Succeed"
	TypeFail     StateType = "Fail"
	TypeParallel StateType = "Parallel"
	TypeMap      StateType = "Map"
)

// StateTypes lists the state types in the order in which AWS's messages name them.
func StateTypes() []StateType {
	return []StateType{TypeTask, TypeWait, TypePass, TypeSucceed, TypeFail, TypeChoice, TypeParallel, TypeMap}
}

// Origin is what every struct of the model keeps of the text that it was parsed from.
type Origin struct {
	Extra  []value.Member // what the struct cannot express, in source order
	Source *Node          // nil when the struct was not parsed
}

// ExtraValue returns the value in Extra of that name, if there is one: a field that is in the text, but not in the struct.
func (o *Origin) ExtraValue(name string) (value.Value, bool) {
	for _, m := range o.Extra {
		if m.Name == name {
			return m.Value, true
		}
	}
	return nil, false
}

// Machine is a whole definition.
type Machine struct {
	Comment        string
	QueryLanguage  QueryLanguage
	Version        string // "1.0" is the only one
	TimeoutSeconds Number
	StartAt        string
	States         []State
	Origin
}

// Branch is a machine within a Parallel state.
type Branch struct {
	Comment string
	StartAt string
	States  []State
	Origin
}

// Processor is the machine within a Map state, its ItemProcessor (or Iterator, the older name).
type Processor struct {
	ProcessorConfig *ProcessorConfig
	Comment         string
	StartAt         string
	States          []State
	Origin
}

// ProcessorConfig says how a Map runs its iterations.
type ProcessorConfig struct {
	Mode          string // INLINE (the default) or DISTRIBUTED
	ExecutionType string // STANDARD or EXPRESS; DISTRIBUTED only
	Origin
}

// State is one of *PassState, *TaskState, *ChoiceState, *WaitState, *SucceedState, *FailState, *ParallelState, *MapState
// and *UnknownState.
type State interface {
	// Type is the state's type; for an *UnknownState whatever the definition says.
	Type() StateType
	// Common gives the fields that all states have.
	Common() *StateFields
}

// StateFields holds the fields that all states have.
type StateFields struct {
	Name          string // the key in States
	Comment       string
	QueryLanguage QueryLanguage
	Origin
}

// Common returns the receiver: every state that embeds StateFields has State's method by it.
func (f *StateFields) Common() *StateFields { return f }

// Transition says what follows a state: Next names a state of the same States object, or End is true.
type Transition struct {
	Next string
	End  bool
}

// Paths are the JSONPath fields that select a state's input and output.
type Paths struct {
	InputPath  Path
	OutputPath Path
}

// Assignment holds the fields that set variables and, in JSONata, the state's output.
type Assignment struct {
	Assign *value.Object
	Output value.Value // JSONata only
}

// ErrorHandling holds what a Task, Parallel or Map does about errors. The first retrier or catcher that matches an error is used.
type ErrorHandling struct {
	Retry []Retrier
	Catch []Catcher
}

// PassState passes its input to its output, or a fixed Result.
type PassState struct {
	StateFields
	Paths
	Parameters value.Value
	Result     value.Value
	ResultPath Path
	Assignment
	Transition
}

// TaskState does one unit of work: a Lambda function, an activity or another service's API.
type TaskState struct {
	StateFields
	Paths
	Resource             string // an ARN
	Parameters           value.Value
	Arguments            value.Value // JSONata only
	Credentials          value.Value
	TimeoutSeconds       Number
	TimeoutSecondsPath   Path
	HeartbeatSeconds     Number
	HeartbeatSecondsPath Path
	ResultSelector       value.Value
	ResultPath           Path
	ErrorHandling
	Assignment
	Transition
}

// ChoiceState goes to the Next of the first rule that holds, else to Default.
type ChoiceState struct {
	StateFields
	Paths
	Choices []ChoiceRule
	Default string
	Assignment
}

// ChoiceRule is one rule of a Choice state, or one operand of And, Or and Not. A JSONPath rule has exactly one of And, Or, Not
// and Variable (with Operator and Operand), a JSONata rule has Condition. Next, Assign and Output stand in top rules only.
type ChoiceRule struct {
	Comment   string
	And       []ChoiceRule
	Or        []ChoiceRule
	Not       *ChoiceRule
	Variable  string
	Operator  string // one of ComparisonOperators(), the name of the field that holds Operand
	Operand   value.Value
	Condition value.Value // a boolean or a JSONata string
	Next      string
	Assignment
	Origin
}

// WaitState waits for a time span or until a time.
type WaitState struct {
	StateFields
	Paths
	Seconds       Number
	SecondsPath   Path
	Timestamp     string // RFC 3339, or a JSONata string
	TimestampPath Path
	Assignment
	Transition
}

// SucceedState ends the execution, branch or iteration successfully.
type SucceedState struct {
	StateFields
	Paths
	Output value.Value // JSONata only
}

// FailState ends the execution, branch or iteration with an error.
type FailState struct {
	StateFields
	Error     string
	ErrorPath Path
	Cause     string
	CausePath Path
}

// ParallelState runs its branches at the same time; its result is the array of their outputs in the order of Branches.
type ParallelState struct {
	StateFields
	Paths
	Parameters     value.Value
	Arguments      value.Value // JSONata only
	Branches       []*Branch
	ResultSelector value.Value
	ResultPath     Path
	ErrorHandling
	Assignment
	Transition
}

// MapState runs its processor once for every item; its result is the array of the outputs in the order of the items.
type MapState struct {
	StateFields
	Paths
	ItemsPath                      Path
	Items                          value.Value // JSONata only
	Parameters                     value.Value // the older name of ItemSelector
	ItemSelector                   value.Value
	ItemReader                     *ItemReader
	ItemBatcher                    *ItemBatcher
	MaxConcurrency                 Number
	MaxConcurrencyPath             Path
	ToleratedFailurePercentage     Number
	ToleratedFailurePercentagePath Path
	ToleratedFailureCount          Number
	ToleratedFailureCountPath      Path
	Label                          string
	ItemProcessor                  *Processor
	Iterator                       *Processor // the older name of ItemProcessor
	ResultWriter                   *ResultWriter
	ResultSelector                 value.Value
	ResultPath                     Path
	ErrorHandling
	Assignment
	Transition
}

// UnknownState is a state whose Type is missing or none of StateTypes(). All its other fields are in Extra.
type UnknownState struct {
	StateFields
	TypeText  string
	NotObject value.Value // what stands in the state's place when that is no object; nil otherwise
}

// ItemReader says where a distributed Map reads its items from.
type ItemReader struct {
	Resource     string
	Parameters   value.Value
	Arguments    value.Value // JSONata only
	ReaderConfig *ReaderConfig
	Origin
}

// ReaderConfig says how an ItemReader reads.
type ReaderConfig struct {
	InputType         string // CSV, JSON, JSONL, PARQUET or MANIFEST
	Transformation    string // NONE or LOAD_AND_FLATTEN
	ManifestType      string // ATHENA_DATA or S3_INVENTORY
	CSVDelimiter      string // COMMA, PIPE, SEMICOLON, SPACE or TAB
	CSVHeaderLocation string // FIRST_ROW or GIVEN
	CSVHeaders        value.Value
	ItemsPointer      string // a JSON Pointer
	MaxItems          Number
	MaxItemsPath      Path
	Origin
}

// ItemBatcher groups items, so that one iteration gets {"Items": […], "BatchInput": …}.
type ItemBatcher struct {
	MaxItemsPerBatch          Number
	MaxItemsPerBatchPath      Path
	MaxInputBytesPerBatch     Number
	MaxInputBytesPerBatchPath Path
	BatchInput                value.Value
	Origin
}

// ResultWriter says where a distributed Map writes its results to.
type ResultWriter struct {
	Resource     string
	Parameters   value.Value
	Arguments    value.Value // JSONata only
	WriterConfig *WriterConfig
	Origin
}

// WriterConfig says how a ResultWriter writes.
type WriterConfig struct {
	Transformation string // NONE, COMPACT or FLATTEN
	OutputType     string // JSON or JSONL
	Origin
}

// Retrier says how often, and after how long, a state is tried again after one of the errors.
type Retrier struct {
	Comment         string
	ErrorEquals     []string
	IntervalSeconds Number // default 1
	MaxAttempts     Number // default 3; 0 is "never"
	BackoffRate     Number // default 2.0
	MaxDelaySeconds Number
	JitterStrategy  string // NONE (the default) or FULL
	Origin
}

// Catcher says which state follows after one of the errors, once no retrier is left. The error's data are {"Error", "Cause"}.
type Catcher struct {
	Comment     string
	ErrorEquals []string
	ResultPath  Path
	Assignment
	Next string
	Origin
}

// Type returns Pass.
func (*PassState) Type() StateType { return TypePass }

// Type returns Task.
func (*TaskState) Type() StateType { return TypeTask }

// Type returns Choice.
func (*ChoiceState) Type() StateType { return TypeChoice }

// Type returns Wait.
func (*WaitState) Type() StateType { return TypeWait }

// Type returns Succeed.
func (*SucceedState) Type() StateType { return TypeSucceed }

// Type returns Fail.
func (*FailState) Type() StateType { return TypeFail }

// Type returns Parallel.
func (*ParallelState) Type() StateType { return TypeParallel }

// Type returns Map.
func (*MapState) Type() StateType { return TypeMap }

// Type returns what the definition says.
func (s *UnknownState) Type() StateType { return StateType(s.TypeText) }

// IterationProcessor is the ItemProcessor, or else the Iterator; nil when the Map has neither.
func (s *MapState) IterationProcessor() *Processor {
	if s.ItemProcessor != nil {
		return s.ItemProcessor
	}
	return s.Iterator
}

// Distributed tells whether the Map runs its iterations as child executions.
func (s *MapState) Distributed() bool {
	p := s.IterationProcessor()
	return p != nil && p.ProcessorConfig != nil && p.ProcessorConfig.Mode == "DISTRIBUTED"
}

// FindState returns the state of that name in the list, or nil. Of two with the same name it is the first.
func FindState(states []State, name string) State {
	for _, s := range states {
		if s.Common().Name == name {
			return s
		}
	}
	return nil
}

// LanguageOf is the query language in force for a state: its own, else the machine's, else JSONPath.
// A Map or Parallel does not pass its own on to the states within (measured on AWS).
func (m *Machine) LanguageOf(s State) QueryLanguage {
	if own := s.Common().QueryLanguage; own != "" {
		return own
	}
	if m.QueryLanguage != "" {
		return m.QueryLanguage
	}
	return JSONPath
}
