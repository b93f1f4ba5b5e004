package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/nearest"
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

// session answers the tasks of the mocked states of one execution; the other states keep what the engine says of tasks that do not
// exist.
type session struct {
	*aslmock.Session
	mocked   map[string]bool
	fallback engine.Handlers
}

// start begins to answer the tasks of one execution.
func (t *taskMocks) start(fallback engine.Handlers) *session {
	return &session{t.mocks.Start(fallback), t.states, fallback}
}

// Handles tells whether the state is a mocked one, or its task one that is answered without mocks.
func (s *session) Handles(state, resource string) bool {
	return s.mocked[state] || s.fallback.Lookup(resource) != nil
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
