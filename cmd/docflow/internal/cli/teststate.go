package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

type testStateOptions struct {
	definition, stateName        string
	input, variables, context    string
	mock, configuration, roleArn string
	level, output                string
	revealSecrets                bool
	substitutions                []string

	stdin      io.Reader
	stdinTaken string // the flag that reads standard input
}

func newTestState(s *streams) *cobra.Command {
	o := &testStateOptions{stdin: s.in}
	c := &cobra.Command{
		Use:   "teststate --definition FILE",
		Short: "Run one state of a definition, with what it calls mocked",
		Long: `Run one state as the TestState API of Step Functions does, and show what became of its data at each step.

The definition is a single state, or a whole state machine of which --state-name names the state to test, also one within a
Parallel or Map. It may be JSON or YAML; a ${Substitution} gets a value by --substitute, and stays as it is without.

docflow calls no service: what a Task, Parallel or Map does is said by --mock, with the members of the API's MockInput.
"result" is JSON text, as in the API, or any other JSON value; of a Map or Parallel it is the whole state's result. A mocked
result of a service is held against the response of its API, as fieldValidationMode says: STRICT (the default), PRESENT or NONE.

  {"result": {"Payload": {"pages": 3}}}
  {"errorOutput": {"error": "Lambda.TooManyRequestsException", "cause": "Rate exceeded"}}

--state-configuration says what has happened before, or within the state:

  {"retrierRetryCount": 2}             the retrier of the mocked error has tried twice already
  {"errorCausedByState": "Work"}       the state within the Map or Parallel that the mocked error comes from
  {"mapIterationFailureCount": 1}      so many iterations of the Map failed
  {"mapItemReaderData": "a,b\n1,2\n"}  what the Map's ItemReader reads

FILE|JSON is a file, or JSON itself; "-" reads standard input, and file:// stands before the name of a file as in the AWS CLI.

Text output shows every step; --output json is the API's response. The exit code is 1 when the state fails or the request is
refused; an error that is retried or caught leaves it 0.`,
		Example: `  docflow teststate --definition state.json --input '{"total": 12.5}'
  docflow teststate --definition machine.asl.yaml --state-name Extract --input event.json --mock '{"result": {"Payload": {"pages": 3}}}'
  docflow teststate --definition machine.asl.json --state-name Extract --mock '{"errorOutput": {"error": "Throttled"}}' \
      --state-configuration '{"retrierRetryCount": 2}'
  docflow teststate --definition '{"Type": "Pass", "End": true}' --input - --inspection-level DEBUG --output json`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return o.run(c.Context(), s)
		},
	}
	f := c.Flags()
	f.StringVar(&o.definition, "definition", "", "the state, or the state machine (`FILE|JSON`)")
	f.StringVar(&o.stateName, "state-name", "", "`name` of the state of a state machine")
	f.StringVar(&o.input, "input", "", "the state's input (`FILE|JSON`); default {}")
	f.StringVar(&o.variables, "variables", "", "object of variables (`FILE|JSON`)")
	f.StringVar(&o.context, "context", "", "the context object (`FILE|JSON`); only with --mock")
	f.StringVar(&o.mock, "mock", "", "what a Task, Parallel or Map does (`FILE|JSON`)")
	f.StringVar(&o.configuration, "state-configuration", "", "what has happened before, or within the state (`FILE|JSON`)")
	f.StringVar(&o.level, "inspection-level", "", "INFO, DEBUG or TRACE; default DEBUG, with --output json INFO")
	f.StringVar(&o.roleArn, "role-arn", "", "`ARN` of the role, for the context object")
	f.BoolVar(&o.revealSecrets, "reveal-secrets", false, "as in the API; docflow has no secrets")
	f.StringArrayVar(&o.substitutions, "substitute", nil, "value of a ${Name} in the definition, as `Name=Value`; may be repeated")
	f.StringVar(&o.output, "output", "text", "text or json")
	return c
}

func (o *testStateOptions) run(ctx context.Context, s *streams) error {
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return err
	}
	if o.level == "" {
		o.level = string(engine.InspectDebug)
		if o.output == "json" {
			o.level = string(engine.InspectInfo)
		}
	}
	if err := oneOf("inspection-level", o.level, string(engine.InspectInfo), string(engine.InspectDebug), string(engine.InspectTrace)); err != nil {
		return err
	}
	doc, err := o.document()
	if err != nil {
		return err
	}
	req, err := o.request(doc)
	if err != nil {
		return err
	}
	if err := refuseDefinition(s, doc); err != nil {
		return err
	}
	state, err := o.state(doc)
	if err != nil {
		return err
	}
	if err := needsMock(state, req); err != nil {
		return err
	}
	response, err := engine.TestState(ctx, req)
	if err != nil {
		return err
	}
	if response.MockUnchecked {
		fmt.Fprintf(s.err, "note: docflow does not know what %s answers; the mock was not held against it\n", state.(*asl.TaskState).Resource)
	}
	if o.output == "json" {
		_, err = fmt.Fprintln(s.out, value.Indent(response.Value()))
	} else {
		_, err = io.WriteString(s.out, describeTestState(response))
	}
	if err == nil && response.Status == engine.TestFailed {
		return errFailed
	}
	return err
}

// read gives what a flag of the form FILE|JSON means, and the name of the file.
func (o *testStateOptions) read(flag, arg string) (name string, text []byte, err error) {
	if arg == "-" {
		if o.stdinTaken != "" {
			return "", nil, usagef("--%s and --%s both read standard input", o.stdinTaken, flag)
		}
		o.stdinTaken = flag
		text, err = io.ReadAll(io.LimitReader(o.stdin, maxDefinitionFile+1))
		return "<stdin>", text, err
	}
	if _, err := value.Parse(arg); err == nil || strings.HasPrefix(strings.TrimSpace(arg), "{") {
		return "<--" + flag + ">", []byte(arg), nil
	}
	name = strings.TrimPrefix(arg, "file://")
	text, err = os.ReadFile(name)
	if err != nil {
		return "", nil, usagef("--%s is neither JSON nor a file that can be read: %w", flag, err)
	}
	return name, text, nil
}

// value reads a flag that takes JSON; nil when the flag is not given.
func (o *testStateOptions) value(flag, arg string) (value.Value, error) {
	if arg == "" {
		return nil, nil
	}
	name, text, err := o.read(flag, arg)
	if err != nil {
		return nil, err
	}
	v, err := value.Parse(string(text))
	if err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	return v, nil
}

// object reads a flag that takes a JSON object; nil when the flag is not given.
func (o *testStateOptions) object(flag, arg string) (*value.Object, error) {
	v, err := o.value(flag, arg)
	if v == nil || err != nil {
		return nil, err
	}
	object, ok := v.(*value.Object)
	if !ok {
		return nil, usagef("--%s holds a JSON %s; it takes an object", flag, v.Kind())
	}
	return object, nil
}

// document parses the definition, as a single state when no state is named.
func (o *testStateOptions) document() (*asl.Document, error) {
	if o.definition == "" {
		return nil, usagef("--definition is required: a state or a state machine, as a file or as JSON")
	}
	name, text, err := o.read("definition", o.definition)
	if err != nil {
		return nil, err
	}
	var pairs []string
	for _, s := range o.substitutions {
		hole, with, ok := strings.Cut(s, "=")
		if !ok || hole == "" {
			return nil, usagef("--substitute is %q; it takes Name=Value", s)
		}
		quoted := value.Text(value.String(with))
		pairs = append(pairs, "${"+hole+"}", quoted[1:len(quoted)-1])
	}
	if len(pairs) > 0 {
		text = []byte(strings.NewReplacer(pairs...).Replace(string(text)))
	}
	whole := asl.Parse(name, text)
	if o.stateName != "" {
		return whole, nil
	}
	if whole.Root.Member("States") != nil && whole.Root.Member("Type") == nil {
		return nil, usagef("the definition is a state machine; --state-name says which of its states to test: %s", strings.Join(stateNames(whole), ", "))
	}
	return asl.ParseState(name, text), nil
}

// refuseDefinition reports what makes AWS refuse a definition.
func refuseDefinition(s *streams, doc *asl.Document) error {
	found := check.Document(doc, check.Options{})
	message := check.Rejection(found)
	if message == "" {
		return nil
	}
	errs := make([]check.Diagnostic, 0, len(found))
	for _, d := range found {
		if d.Severity == check.Error {
			errs = append(errs, d)
		}
	}
	if err := check.WriteText(s.err, []check.Result{{Document: doc, Diagnostics: errs}}, check.TextOptions{Colour: coloured(s.err)}); err != nil {
		return err
	}
	return &engine.TestStateError{Code: "InvalidDefinition", Message: message}
}

func stateNames(doc *asl.Document) []string {
	var names []string
	asl.Walk(doc.Machine, func(_ *asl.Scope, s asl.State) { names = append(names, s.Common().Name) })
	return names
}

// state finds the state to test.
func (o *testStateOptions) state(doc *asl.Document) (asl.State, error) {
	name := cmp.Or(o.stateName, asl.LoneState)
	var found asl.State
	asl.Walk(doc.Machine, func(_ *asl.Scope, s asl.State) {
		if found == nil && s.Common().Name == name {
			found = s
		}
	})
	if found == nil {
		return nil, usagef("the definition has no state %q; it has %s", name, strings.Join(stateNames(doc), ", "))
	}
	return found, nil
}

// needsMock asks for the mock of a state that calls something.
func needsMock(state asl.State, req *engine.TestRequest) error {
	if req.Mock != nil {
		return nil
	}
	switch state.(type) {
	case *asl.TaskState, *asl.ParallelState, *asl.MapState:
		return usagef("the state is a %s; docflow calls no service, so say what comes of it: --mock '{\"result\": …}' or --mock '{\"errorOutput\": {\"error\": …}}'", state.Type())
	}
	return nil
}

func (o *testStateOptions) request(doc *asl.Document) (*engine.TestRequest, error) {
	req := &engine.TestRequest{
		Machine: doc.Machine, StateName: o.stateName, InspectionLevel: engine.InspectionLevel(o.level), RevealSecrets: o.revealSecrets, RoleArn: o.roleArn,
	}
	var err error
	if req.Input, err = o.value("input", o.input); err != nil {
		return nil, err
	}
	if req.Variables, err = o.object("variables", o.variables); err != nil {
		return nil, err
	}
	if req.Context, err = o.object("context", o.context); err != nil {
		return nil, err
	}
	mock, err := o.object("mock", o.mock)
	if err != nil {
		return nil, err
	}
	if mock != nil {
		req.Mock = &engine.TestMock{}
		if err := into("mock", asText(mock, "result"), req.Mock); err != nil {
			return nil, err
		}
	}
	configuration, err := o.object("state-configuration", o.configuration)
	if err != nil || configuration == nil {
		return req, err
	}
	return req, into("state-configuration", asText(configuration, "mapItemReaderData"), &req.Configuration)
}

// asText makes JSON text of a member, unless it is a string, which is text already.
func asText(o *value.Object, name string) *value.Object {
	v, ok := o.Get(name)
	if _, isText := v.(value.String); !ok || isText {
		return o
	}
	return o.With(name, value.String(value.Text(v)))
}

// into reads an object of the API.
func into(flag string, o *value.Object, target any) error {
	decoder := json.NewDecoder(strings.NewReader(value.Text(o)))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(target)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return usagef("--%s: %s cannot be a %s", flag, wrong.Field, wrong.Value)
	}
	if err != nil {
		return usagef("--%s: %s", flag, strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
