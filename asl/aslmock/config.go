package aslmock

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock/internal/fields"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// Config is a mock configuration file of Step Functions Local
// (https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html):
//
//	{
//	  "StateMachines": {
//	    "Pipeline": {"TestCases": {"RetryPath": {"Extract": "SlowExtract"}}}
//	  },
//	  "MockedResponses": {
//	    "SlowExtract": {
//	      "0-1": {"Throw": {"Error": "Lambda.TooManyRequestsException", "Cause": "slow down"}},
//	      "2":   {"Return": {"StatusCode": 200, "Payload": {"text": "…"}}}
//	    }
//	  }
//	}
//
// The numbers count the calls of a state's task over the whole execution, retries included, also within Map and Parallel. A call
// beyond the last number fails, and so does the first one of a response without any: it is what Step Functions Local does.
type Config struct {
	Filename  string
	machines  map[string]map[string]testCase
	responses map[string]*Mock // of no state yet
}

// testCase names a response for each mocked state.
type testCase map[string]stateMock

type stateMock struct {
	response string
	where    string
}

// ReadConfig reads a mock configuration file.
func ReadConfig(filename string) (*Config, error) {
	text, err := fields.ReadFile(filename)
	if err != nil {
		return nil, err
	}
	return ParseConfig(filename, text)
}

// ParseConfig is ReadConfig for a text. YAML of the same form is read too when the file's name says so. The error names every
// fault with its place.
func ParseConfig(filename string, text []byte) (*Config, error) {
	r := &configReader{Reader: fields.Read(filename, text), config: &Config{
		Filename: filename, machines: map[string]map[string]testCase{}, responses: map[string]*Mock{},
	}}
	if r.Root != nil {
		r.file(r.Root)
		r.references()
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return r.config, nil
}

type configReader struct {
	*fields.Reader
	config *Config
	named  []reference
}

// reference is where a test case names a response.
type reference struct {
	node *asl.Node
	name string
}

// known reads the members that have a meaning. Others, such as comments, are left alone unless they look like a slip.
func (r *configReader) known(n *asl.Node, what string, known fields.Fields) {
	r.Each(n, what, func(m asl.NodeMember) {
		if read := known[m.Name]; read != nil {
			read(m.Value)
			return
		}
		if names := slices.Sorted(maps.Keys(known)); nearest.Name(m.Name, names) != "" {
			r.Unknown(m, what, names)
		}
	})
}

func (r *configReader) file(n *asl.Node) {
	r.known(n, "a mock configuration", fields.Fields{
		"StateMachines": func(n *asl.Node) {
			r.Each(n, "StateMachines", func(m asl.NodeMember) { r.machine(m.Name, m.Value) })
		},
		"MockedResponses": func(n *asl.Node) {
			r.Each(n, "MockedResponses", func(m asl.NodeMember) { r.response(m.Name, m.Value) })
		},
	})
	if n.Kind == value.KindObject && n.Member("StateMachines") == nil {
		r.Errorf(n, "a mock configuration has the field \"StateMachines\"")
	}
}

func (r *configReader) machine(name string, n *asl.Node) {
	cases := map[string]testCase{}
	r.config.machines[name] = cases
	r.known(n, fmt.Sprintf("the state machine %q", name), fields.Fields{"TestCases": func(n *asl.Node) {
		r.Each(n, "TestCases", func(m asl.NodeMember) {
			states := testCase{}
			cases[m.Name] = states
			r.Each(m.Value, fmt.Sprintf("the test case %q", m.Name), func(state asl.NodeMember) {
				var response string
				r.String(fmt.Sprintf("the response of %q", state.Name), &response)(state.Value)
				if response != "" {
					r.named = append(r.named, reference{state.Value, response})
					states[state.Name] = stateMock{response, fmt.Sprintf("%s:%d:%d", r.Filename, state.NameSpan.Start.Line, state.NameSpan.Start.Column)}
				}
			})
		})
	}})
	if n.Kind == value.KindObject && n.Member("TestCases") == nil {
		r.Errorf(n, "the state machine %q has the field \"TestCases\"", name)
	}
}

// invocations are the calls that an entry of a response is for.
type invocations struct {
	first, last int
	node        asl.NodeMember
}

var invocationPattern = regexp.MustCompile(`^(\d{1,9})(?:-(\d{1,9}))?$`)

func (r *configReader) response(name string, n *asl.Node) {
	what := fmt.Sprintf("the response %q", name)
	var entries []invocations
	r.Each(n, what, func(m asl.NodeMember) {
		parts := invocationPattern.FindStringSubmatch(m.Name)
		if parts == nil {
			r.at(m, "%s has the entry %q; an entry is for one call, \"0\", or for some, \"1-3\"", what, m.Name)
			return
		}
		e := invocations{node: m}
		e.first, _ = strconv.Atoi(parts[1]) // nine digits fit
		e.last = e.first
		if parts[2] != "" {
			e.last, _ = strconv.Atoi(parts[2])
		}
		if e.last < e.first {
			r.at(m, "%s has the entry %q, which ends before it begins; \"%d-%d\" would be right", what, m.Name, e.last, e.first)
			return
		}
		entries = append(entries, e)
	})
	slices.SortStableFunc(entries, func(a, b invocations) int { return a.first - b.first })
	mock := &Mock{}
	next, longest := 0, ""
	for _, e := range entries {
		switch {
		case e.first < next:
			r.at(e.node, "%s has two entries for call %d: %q and %q", what, e.first, longest, e.node.Name)
		case e.first == next+1:
			r.at(e.node, "%s has no entry for call %d, which comes before %q", what, next, e.node.Name)
		case e.first > next:
			r.at(e.node, "%s has no entry for the calls %d-%d, which come before %q", what, next, e.first-1, e.node.Name)
		}
		if e.last >= next {
			next, longest = e.last+1, e.node.Name
		}
		r.answer(mock.At(r.Where(e.node.Value)), what, e)
	}
	mock.where = r.Where(n)
	r.config.responses[name] = mock
}

// at notes a fault of a member's name.
func (r *configReader) at(m asl.NodeMember, format string, args ...any) {
	r.Errorf(&asl.Node{Span: m.NameSpan}, format, args...)
}

func (r *configReader) answer(mock *Mock, what string, e invocations) {
	what = fmt.Sprintf("entry %q of %s", e.node.Name, what)
	n := e.node.Value
	before := len(mock.answers)
	r.Object(n, what, fields.Fields{
		"Return": func(n *asl.Node) { mock.Returns(n.ToValue()).Validation(NoValidation) },
		"Throw": func(n *asl.Node) {
			var errorName, cause string
			r.Object(n, "Throw", fields.Fields{"Error": r.String("Error", &errorName), "Cause": r.String("Cause", &cause)})
			mock.Throws(errorName, cause)
		},
	})
	if n.Kind != value.KindObject {
		return
	}
	switch len(mock.answers) - before {
	case 0:
		r.Errorf(n, "%s has neither Return nor Throw; it has one of them", what)
	case 1:
		mock.Times(e.last - e.first + 1)
	default:
		r.Errorf(n, "%s has both Return and Throw; it has one of them", what)
	}
}

// references checks that the responses exist which test cases name.
func (r *configReader) references() {
	for _, ref := range r.named {
		if r.config.responses[ref.name] == nil {
			r.Errorf(ref.node, "there is no response %q among MockedResponses; %s", ref.name, fields.Instead(ref.name, slices.Sorted(maps.Keys(r.config.responses))))
		}
	}
}

// StateMachines lists the state machines that the file has test cases for.
func (c *Config) StateMachines() []string { return slices.Sorted(maps.Keys(c.machines)) }

// TestCases lists the test cases of a state machine.
func (c *Config) TestCases(machine string) []string {
	return slices.Sorted(maps.Keys(c.machines[machine]))
}

// StateMachineFor chooses the state machine when none is named: the one that is called as the definition is, or else the only one.
func (c *Config) StateMachineFor(named string, d *Definition) string {
	if named != "" {
		return named
	}
	if _, known := c.machines[d.Name()]; !known && len(c.machines) == 1 {
		return c.StateMachines()[0]
	}
	return d.Name()
}

// TestCase gives the mocks of a test case.
func (c *Config) TestCase(machine, name string) (*Mocks, error) {
	cases, ok := c.machines[machine]
	if !ok {
		return nil, fmt.Errorf("%s has no state machine %q; %s", c.Filename, machine, fields.Instead(machine, c.StateMachines()))
	}
	states, ok := cases[name]
	if !ok {
		return nil, fmt.Errorf("%s has no test case %q of %q; %s", c.Filename, name, machine, fields.Instead(name, c.TestCases(machine)))
	}
	var mocks []*Mock
	for _, state := range slices.Sorted(maps.Keys(states)) {
		s := states[state]
		mocks = append(mocks, &Mock{state: state, answers: c.responses[s.response].answers, closed: true, where: s.where})
	}
	return NewMocks(mocks...), nil
}

// Check tells whether all test cases of a state machine fit a definition: the states that they mock are there, and are tasks.
// An empty machine is the one that is called as the definition is, or the only one.
func (c *Config) Check(machine string, d *Definition) error {
	machine = c.StateMachineFor(machine, d)
	var errs []error
	for _, name := range c.TestCases(machine) {
		mocks, err := c.TestCase(machine, name)
		if err == nil {
			err = d.Check(mocks, NoValidation)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
