package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// TestRequest is a call of the TestState API: which state to run, on what, and what to show of it. Names, tasks, the clock, the seed
// and limits are in Options.
//
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
type TestRequest struct {
	// Machine is a whole definition, or what asl.ParseState makes of a single state.
	Machine *asl.Machine
	// StateName is the state to test, which may stand within a Parallel or Map; the machine's first state when it is empty.
	StateName string

	Input     value.Value   // {} when nil
	Variables *value.Object // nil for none
	Context   *value.Object // the context object; nil for one that is made up. AWS takes one only beside a mock.

	InspectionLevel InspectionLevel // INFO when empty
	RevealSecrets   bool            // without effect: nothing that docflow calls has secrets
	RoleArn         string          // AWS wants one for a Task without a mock

	Mock          *TestMock // nil: a Task is done by the handlers in Options
	Configuration TestConfiguration

	Options Options
}

// TestMock stands for what a Task, Parallel or Map does.
type TestMock struct {
	Result              string         `json:"result,omitempty"` // JSON text; of a Parallel or Map the whole state's result. Empty for none.
	ErrorOutput         *TestMockError `json:"errorOutput,omitempty"`
	FieldValidationMode string         `json:"fieldValidationMode,omitempty"` // STRICT, the default, PRESENT or NONE
}

// TestMockError is a mocked failure.
type TestMockError struct {
	Error string `json:"error,omitempty"`
	Cause string `json:"cause,omitempty"`
}

// TestConfiguration is the TestStateConfiguration: what has happened before, or within the state.
type TestConfiguration struct {
	RetrierRetryCount        int64  `json:"retrierRetryCount,omitempty"`        // retries that the retrier of the mocked error has had
	ErrorCausedByState       string `json:"errorCausedByState,omitempty"`       // the state within the Parallel or Map that the mocked error comes from
	MapIterationFailureCount int64  `json:"mapIterationFailureCount,omitempty"` // iterations of the Map that failed
	MapItemReaderData        string `json:"mapItemReaderData,omitempty"`        // what the Map's ItemReader reads, in its own format
}

// InspectionLevel is how much a TestResponse tells.
type InspectionLevel string

// The inspection levels. TRACE is DEBUG, with the request and response of an HTTP task that was called on AWS.
const (
	InspectInfo  InspectionLevel = "INFO"
	InspectDebug InspectionLevel = "DEBUG"
	InspectTrace InspectionLevel = "TRACE"
)

// TestStatus is how a tested state ended.
type TestStatus string

// The statuses of a tested state.
const (
	TestSucceeded   TestStatus = "SUCCEEDED"
	TestFailed      TestStatus = "FAILED"
	TestRetriable   TestStatus = "RETRIABLE"    // it failed, and a retrier would try again
	TestCaughtError TestStatus = "CAUGHT_ERROR" // it failed, and a catcher goes on
)

// TestResponse is what TestState found out.
type TestResponse struct {
	Status         TestStatus
	Output         value.Value // nil when there is none
	Error, Cause   string      // empty when there is none
	NextState      string      // empty at the end
	InspectionData *Inspection // nil at the level INFO

	// MockUnchecked tells that the mock should have been held against the response of the service's API, which docflow does not know.
	// It is no part of the API.
	MockUnchecked bool
}

// TestStateError is a request that TestState refuses.
type TestStateError struct {
	Code    string // ValidationException, InvalidDefinition or InvalidExecutionInput
	Message string
}

func (e *TestStateError) Error() string { return e.Code + ": " + e.Message }

func invalidTest(format string, args ...any) error {
	return &TestStateError{"ValidationException", fmt.Sprintf(format, args...)}
}

// TestState runs one state as the TestState API does. The error is a *TestStateError for a request that AWS refuses, or that of ctx.
//
// The state runs in the engine as any other; what it gets from a Task, Parallel or Map comes from the mock. Where AWS was recorded to answer
// otherwise than its documentation says, the recording counts. Only the faults of a definition that Compile knows are found here: check has the
// others.
func TestState(ctx context.Context, req *TestRequest) (*TestResponse, error) {
	test, err := newStateTest(req)
	if err != nil {
		return nil, err
	}
	if err := test.validate(); err != nil {
		return nil, err
	}
	return test.run(ctx)
}

// stateTest is one call of TestState.
type stateTest struct {
	*TestRequest
	model    asl.State
	state    *state
	around   testMapData // of a Map
	owners   []*state    // the Parallel and Map states around it, innermost first
	mocked   value.Value
	response *TestResponse
}

// newStateTest compiles the definition and looks the state up.
func newStateTest(req *TestRequest) (*stateTest, error) {
	test := &stateTest{TestRequest: req, response: &TestResponse{}}
	c := &compiler{machine: req.Machine}
	byLocation := map[string]*state{}
	c.graph(req.Machine.StartAt, req.Machine.States, "").collect(byLocation)
	name := req.StateName
	if name == "" {
		name = req.Machine.StartAt
	}
	asl.Walk(req.Machine, func(scope *asl.Scope, s asl.State) {
		if test.state != nil || s.Common().Name != name {
			return
		}
		test.model, test.state = s, byLocation[scope.StateLocation(s)]
		for ; scope.Parent != nil; scope = scope.Parent {
			test.owners = append(test.owners, byLocation[scope.Parent.StateLocation(scope.Owner)])
		}
	})
	if m, ok := test.model.(*asl.MapState); ok {
		c.current = name
		if lang := c.language(m); lang != nil {
			test.around = c.testMapData(lang, m)
		}
	}
	// What gives a Map its items and takes its results is mocked: it does not matter whether the engine has it.
	problems := slices.DeleteFunc(c.problems, func(p Problem) bool { return mockedFields[p.Field] })
	if len(problems) > 0 {
		return nil, &TestStateError{"InvalidDefinition", fmt.Sprintf("Invalid State Machine Definition: '%v'", problems[0])}
	}
	if test.state == nil {
		return nil, invalidTest("State not found in definition")
	}
	return test, nil
}

var mockedFields = map[string]bool{"ItemReader": true, "ItemBatcher": true, "ResultWriter": true}

// collect adds the states of the graph, and those within them, by their locations.
func (g *graph) collect(byLocation map[string]*state) {
	for _, s := range g.states {
		byLocation[s.location] = s
		if s.groups == nil {
			continue
		}
		for _, branch := range s.groups.branches {
			branch.collect(byLocation)
		}
		if s.groups.processor != nil {
			s.groups.processor.collect(byLocation)
		}
	}
}
