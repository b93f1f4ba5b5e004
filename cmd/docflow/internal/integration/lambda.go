// Package integration runs a state machine's tasks on a laptop: Lambda functions in this process, Amazon Bedrock and S3
// through the real SDK clients, whose endpoints are the embedded servers (or AWS).
package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// LambdaInvoke is the resource of the optimized Lambda integration; LambdaFunctions the pattern of functions as resources.
const (
	LambdaInvoke    = "arn:aws:states:::lambda:invoke"
	LambdaFunctions = "arn:aws:lambda:*"
)

// Functions are the Lambda functions that can be invoked, by ARN. The handlers are the ones that ship.
type Functions map[string]lambda.Handler

// NewFunction makes the handler of a function as lambda.Start does.
func NewFunction(handle any) lambda.Handler { return lambda.NewHandler(handle) }

// Handle runs a task whose resource is LambdaInvoke, or the ARN of a function.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
func (f Functions) Handle(ctx context.Context, call *engine.Call) (value.Value, error) {
	if call.Resource != LambdaInvoke {
		return f.invoke(ctx, call.Resource, call.Input, call)
	}
	parameters, ok := call.Input.(*value.Object)
	if !ok {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: "lambda:invoke takes an object as parameters"}
	}
	name, _ := parameters.Get("FunctionName")
	arn, ok := name.(value.String)
	if !ok {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: "lambda:invoke needs a FunctionName"}
	}
	payload, ok := parameters.Get("Payload")
	if !ok {
		payload = value.NewObject()
	}
	result, err := f.invoke(ctx, string(arn), payload, call)
	if err != nil {
		return nil, err
	}
	// Without the HTTP metadata that AWS adds to it: no flow should depend on them.
	return value.NewObject(
		value.Member{Name: "ExecutedVersion", Value: value.String("$LATEST")},
		value.Member{Name: "Payload", Value: result},
		value.Member{Name: "StatusCode", Value: value.Int(200)},
	), nil
}

func (f Functions) invoke(ctx context.Context, arn string, payload value.Value, call *engine.Call) (value.Value, error) {
	handler, ok := f[arn]
	if !ok {
		return nil, &engine.TaskError{Name: "Lambda.ResourceNotFoundException", Cause: "Function not found: " + arn}
	}
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID:       fmt.Sprintf("%s/%s", call.ExecutionName, call.State),
		InvokedFunctionArn: arn,
	})
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, maxFunctionTime) // no function on AWS runs for longer either
		defer cancel()
	}
	answer, err := invokeHandler(ctx, handler, []byte(value.Text(payload)))
	if err != nil {
		return nil, functionError(ctx, err)
	}
	result, err := value.Parse(string(answer))
	if err != nil {
		return nil, &engine.TaskError{Name: "Runtime.MarshalError", Cause: fmt.Sprintf("the function's answer is no JSON: %v", err)}
	}
	return result, nil
}

// maxFunctionTime is Lambda's longest time-out.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxFunctionTime = 15 * time.Minute

func invokeHandler(ctx context.Context, handler lambda.Handler, payload []byte) (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			// On AWS the process reports the panic and exits; the state machine sees the panic value's type name.
			answer, err = nil, messages.InvokeResponse_Error{Type: typeName(p), Message: fmt.Sprint(p)}
		}
	}()
	return handler.Invoke(ctx, payload)
}

// functionError gives an error the name that Step Functions would see: the declared one of an InvokeResponse_Error, else the Go
// type's name, as aws-lambda-go reports it. The cause is the error payload's text, as recorded on AWS.
func functionError(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &engine.TaskError{Name: "Sandbox.Timedout", Cause: `{"errorType":"Sandbox.Timedout","errorMessage":"` + "Task timed out" + `"}`}
	}
	declared, ok := err.(messages.InvokeResponse_Error) // aws-lambda-go does not unwrap either
	if !ok {
		declared = messages.InvokeResponse_Error{Type: typeName(err), Message: err.Error()}
	}
	cause, marshalErr := json.Marshal(declared)
	if marshalErr != nil {
		return marshalErr
	}
	return &engine.TaskError{Name: declared.Type, Cause: string(cause)}
}

func typeName(x any) string {
	t := reflect.TypeOf(x)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}
