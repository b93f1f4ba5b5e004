package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// mockConfig is a mock configuration file of Step Functions Local.
type mockConfig struct {
	config *aslmock.Config
	root   *asl.Node
}

// taskMocks are the mocks of one test case for one definition.
type taskMocks struct {
	mocks    *aslmock.Mocks
	testCase string
	states   map[string]bool // by name: those that are mocked
}

// readMocks reads a mock configuration file; no name gives nil.
func readMocks(filename string) (*mockConfig, error) {
	if filename == "" {
		return nil, nil //nolint:nilnil // as the comment says
	}
	text, err := os.ReadFile(filename)
	if err != nil {
		return nil, usageError{err}
	}
	config, err := aslmock.ParseConfig(filename, text)
	if err != nil {
		return nil, usageError{err}
	}
	return &mockConfig{config, asl.ParseData(filename, text).Root}, nil
}

// choose finds state machine and test case. Without a name the state machine is the one that is called as the definition, or the
// only one; the test case is the only one.
func (m *mockConfig) choose(machine, definition, testCase string) (string, string, error) {
	machines := m.config.StateMachines()
	if machine == "" {
		machine = definition
		if len(machines) == 1 {
			machine = machines[0]
		}
	}
	cases := m.config.TestCases(machine)
	if !slices.Contains(machines, machine) {
		return "", "", usagef("%s has no state machine %q; %s", m.config.Filename, machine, instead("--state-machine", machine, machines))
	}
	if testCase == "" && len(cases) == 1 {
		testCase = cases[0]
	}
	if testCase == "" {
		return "", "", usagef("--test-case is missing: which test case of %q in %s; %s", machine, m.config.Filename, instead("--test-case", "", cases))
	}
	if !slices.Contains(cases, testCase) {
		return "", "", usagef("%s has no test case %q of the state machine %q; %s", m.config.Filename, testCase, machine, instead("--test-case", testCase, cases))
	}
	return machine, testCase, nil
}

// has tells whether there are mocks for a state machine in a test case.
func (m *mockConfig) has(machine, testCase string) bool {
	return m != nil && slices.Contains(m.config.TestCases(machine), testCase)
}

// mocks gives the mocks of a test case, after a look at whether they fit the definition.
func (m *mockConfig) mocks(machine, testCase string, p *program) (*taskMocks, error) {
	mocks, err := m.config.TestCase(machine, testCase)
	if err != nil {
		return nil, usageError{err}
	}
	definition, err := aslmock.Of(p.machine, nil)
	if err != nil {
		return nil, err
	}
	if err := definition.Check(mocks, aslmock.NoValidation); err != nil {
		return nil, usageError{err}
	}
	t := &taskMocks{mocks: mocks, testCase: testCase, states: map[string]bool{}}
	for _, state := range m.root.Member("StateMachines").Member(machine).Member("TestCases").Member(testCase).Members {
		t.states[state.Name] = true
	}
	return t, nil
}

// session answers the tasks of one execution from mocks.
type session struct{ *aslmock.Session }

// start begins to answer the tasks of one execution. Tasks without a mock go to the fallback.
func (t *taskMocks) start(fallback engine.Handlers) *session {
	return &session{t.mocks.Start(fallback)}
}

// Handle answers a call. A mocked failure of a task that waits for a job or a token is one of the job, whose request the service has
// taken (recorded: TaskSubmitted comes before TaskFailed), unless it has the name of a service's error.
func (s *session) Handle(ctx context.Context, call *engine.Call) (value.Value, error) {
	result, err := s.Session.Handle(ctx, call)
	var (
		failure  *engine.TaskError
		unmocked *aslmock.UnmockedError
	)
	if waits(call.Resource) && errors.As(err, &failure) && !errors.As(err, &unmocked) && !serviceError(failure.Name) {
		call.Submit(value.NewObject())
	}
	return result, err
}

// waits tells whether a resource is one with .sync, .sync:2 or .waitForTaskToken.
func waits(resource string) bool {
	return strings.HasPrefix(resource, "arn:aws:states:::") && strings.Contains(resource, ".")
}

// serviceError tells whether an error has a name such as Sqs.QueueDoesNotExistException.
func serviceError(name string) bool {
	service, _, dotted := strings.Cut(name, ".")
	return dotted && service != "States" && !strings.Contains(service, " ")
}

// unanswered tells of the calls for which there was no answer.
func (s *session) unanswered() []string {
	if s == nil {
		return nil
	}
	var list []string
	for _, u := range s.Unmocked() {
		list = append(list, u.Error())
	}
	return list
}

// instead says what a flag could have: the name that was probably meant, or all.
func instead(flag, name string, known []string) string {
	if meant := nearest.Name(name, known); name != "" && meant != "" {
		return fmt.Sprintf("did you mean %s %s?", flag, meant)
	}
	if len(known) == 0 {
		return "it has none"
	}
	return fmt.Sprintf("%s takes one of %s", flag, strings.Join(known, ", "))
}
