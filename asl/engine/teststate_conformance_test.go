package engine_test

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/internal/conformance"
	"github.com/docflow-asl/docflow/asl/value"
)

// answerTestState makes a call of the API one of TestState, as `docflow teststate` does.
func answerTestState(request *value.Object) (*value.Object, error) {
	var api struct {
		Definition, StateName, Input, Context, RoleArn string
		InspectionLevel                                engine.InspectionLevel
		Mock                                           *engine.TestMock
		StateConfiguration                             engine.TestConfiguration
	}
	text, err := request.MarshalJSON()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &api); err != nil {
		return nil, err
	}
	if v, ok := request.Get("stateName"); ok && v == value.Value(value.String("")) {
		return nil, &conformance.APIError{Code: "ParamValidationError", Message: "Invalid length for parameter stateName"}
	}
	parse := asl.ParseState
	if api.StateName != "" {
		parse = asl.Parse
	}
	doc := parse("", []byte(api.Definition))
	if message := check.Rejection(check.Document(doc, check.Options{})); message != "" {
		return nil, &conformance.APIError{Code: "InvalidDefinition", Message: message}
	}
	req := &engine.TestRequest{
		Machine: doc.Machine, StateName: api.StateName, InspectionLevel: api.InspectionLevel, RoleArn: api.RoleArn,
		Mock: api.Mock, Configuration: api.StateConfiguration,
	}
	if api.Input != "" {
		if req.Input, err = value.Parse(api.Input); err != nil {
			return nil, err
		}
	}
	if api.Context != "" {
		object, err := value.Parse(api.Context)
		if err != nil {
			return nil, err
		}
		req.Context = object.(*value.Object)
	}
	response, err := engine.TestState(context.Background(), req)
	var refused *engine.TestStateError
	if errors.As(err, &refused) {
		return nil, &conformance.APIError{Code: refused.Code, Message: refused.Message}
	}
	if err != nil {
		return nil, err
	}
	return response.Value(), nil
}
