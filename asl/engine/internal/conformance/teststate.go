package conformance

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// TestStateFunc is an implementation of the TestState API. The request is that of the API: definition, input, context and mock.result
// are JSON text. So is output in the response, and what is in inspectionData. A request that is refused gives an *APIError.
type TestStateFunc func(request *value.Object) (response *value.Object, err error)

// APIError is the error that an API answers with.
type APIError struct {
	Code    string // ValidationException, InvalidDefinition
	Message string
}

func (e *APIError) Error() string { return e.Code + ": " + e.Message }

// TestStateCase is one recorded call of TestState.
type TestStateCase struct {
	Case     *Case // what a Table needs to know
	Request  *value.Object
	Response *value.Object // or the error, as {"Error": {"Code", "Message"}}
}

// LoadTestStates reads the calls in a folder, in the order of their names.
func LoadTestStates(dir string) ([]*TestStateCase, error) {
	var cases []*TestStateCase
	err := eachFile(dir, func(name string, o *value.Object) error {
		c, err := newTestStateCase(name, o)
		cases = append(cases, c)
		return err
	})
	return cases, err
}

func newTestStateCase(file string, o *value.Object) (*TestStateCase, error) {
	response, ok := get(o, "response").(*value.Object)
	if !ok || !o.Has("definition_raw") {
		return nil, errors.New("no definition or no response")
	}
	c := &TestStateCase{Response: apiResponse(response)}
	c.Case = &Case{File: file, ID: str(o, "id"), Tier: "TestState", Unconfirmed: o.Has("unconfirmed")}
	module, _, _ := strings.Cut(c.Case.ID, "::")
	c.Case.Category = strings.TrimSuffix(path.Base(module), ".py")

	list := []value.Member{{Name: "definition", Value: get(o, "definition_raw")}}
	for _, name := range []string{"roleArn", "input", "inspectionLevel", "stateName", "context", "mock", "stateConfiguration"} {
		v := get(o, name)
		if v == nil {
			continue
		}
		if name == "input" || name == "context" {
			v = value.String(Source(v))
		}
		list = append(list, value.Member{Name: name, Value: v})
	}
	c.Request = value.NewObject(list...)
	if o.Has("resources") {
		// The state called a function; its answer is what the state gave.
		c.Request = c.Request.With("mock", value.NewObject(
			value.Member{Name: "result", Value: value.String(jsonText(get(c.Response, "output")))},
			value.Member{Name: "fieldValidationMode", Value: value.String("NONE")}))
	}
	c.Request = mapText(c.Request, concrete).(*value.Object)
	return c, nil
}

// jsonText is the JSON text that a recorded member held, which may have been decoded.
func jsonText(v value.Value) string {
	if s, ok := v.(value.String); ok {
		return string(s)
	}
	return value.Text(v)
}

// concrete replaces placeholders by texts that may stand in a definition.
func concrete(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		switch name {
		case "<partition>":
			return "aws"
		case "<region>":
			return "us-east-1"
		}
		return strings.Trim(name, "<>")
	})
}

// apiResponse gives an error that the client library raised the form of one that the service answered with.
func apiResponse(o *value.Object) *value.Object {
	o = o.Without("ResponseMetadata")
	if !o.Has("exception_typename") {
		return o
	}
	message := str(o, "exception_value")
	if _, after, ok := strings.Cut(message, " operation: "); ok {
		message = after
	}
	return value.NewObject(value.Member{Name: "Error", Value: value.NewObject(
		value.Member{Name: "Code", Value: get(o, "exception_typename")},
		value.Member{Name: "Message", Value: value.String(message)})})
}

// Run calls the implementation and compares its answer. A panic is a miss.
func (c *TestStateCase) Run(testState TestStateFunc) (r Result) {
	defer func() {
		if p := recover(); p != nil {
			r.Levels[0] = Level{Fail, fmt.Sprint("panic: ", p)}
		}
	}()
	response, err := testState(c.Request)
	r.Levels[0] = Level{Pass, ""}
	if reason := c.compare(response, err); reason != "" {
		r.Levels[0] = Level{Fail, reason}
	}
	return r
}

func (c *TestStateCase) compare(response *value.Object, err error) string {
	refused, _ := get(c.Response, "Error").(*value.Object)
	if err != nil {
		var api *APIError
		switch {
		case !errors.As(err, &api):
			return err.Error()
		case refused == nil:
			return "refused: " + err.Error()
		case str(refused, "Code") == "ParamValidationError": // the client's own words
			return ""
		}
		response = value.NewObject(value.Member{Name: "Error", Value: value.NewObject(
			value.Member{Name: "Code", Value: value.String(api.Code)}, value.Member{Name: "Message", Value: value.String(api.Message)})})
	} else if refused != nil {
		return "not refused: want " + value.Text(refused)
	}
	return bindings{}.diff(c.Response.Without("message"), response, "response", true)
}
