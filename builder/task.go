package builder

import (
	"time"

	"github.com/docflow-asl/docflow/asl"
)

// The resources of the optimized integrations that have a constructor.
const (
	lambdaInvoke       = "arn:aws:states:::lambda:invoke"
	bedrockInvokeModel = "arn:aws:states:::bedrock:invokeModel"
	sdkPrefix          = "arn:aws:states:::aws-sdk:"
)

// TaskState does one unit of work: a Lambda function, an activity, or a call to another service.
type TaskState struct{ guarded[*TaskState] }

// Task is a task of any resource. Its parameters, which are an Object, a Ref to a whole object or nil for the state's input as
// it is, are checked against Req; references to its result against Res. Either can be any.
func Task[Req, Res any](name, resource string, parameters any) *TaskState {
	t := newTask(name, resource, typeFor[Req](), typeFor[Res]())
	t.node.parameters, t.node.hasPayload = parameters, parameters != nil
	return t
}

// LambdaFunction is a Lambda function as a resource by itself: the function gets the state's input and its answer is the
// result. LambdaInvoke is the newer way.
func LambdaFunction[Req, Res any](name, functionARN string) *TaskState {
	return newTask(name, functionARN, typeFor[Req](), typeFor[Res]())
}

// LambdaInvoke invokes a Lambda function with a payload, as the optimized integration does. Of what the integration returns
// only the function's own answer is kept, without the HTTP metadata: with a ResultPath the answer lies below it as "Payload",
// without one it is the state's output. A ResultSelector or OutputPath of your own replaces that. Result is relative to the
// function's answer either way.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
func LambdaInvoke[Req, Res any](name, function string, payload any) *TaskState {
	const answer = "Payload"
	t := newTask(name, lambdaInvoke, typeFor[Req](), &typ{kind: objectKind, name: "the result of lambda:invoke", fields: []field{
		{name: "ExecutedVersion", typ: &typ{kind: stringKind}, required: true},
		{name: answer, typ: typeFor[Res](), required: true},
		{name: "SdkHttpMetadata", required: true},
		{name: "SdkResponseMetadata", required: true},
		{name: "StatusCode", typ: &typ{kind: numberKind}, required: true},
	}})
	t.node.requestAt, t.node.resultBase = answer, steps{{name: answer}}
	t.node.parameters, t.node.hasPayload = Object{"FunctionName": function, answer: payload}, true
	return t
}

// InvokeModel calls a model on Amazon Bedrock with a body that stands in the state machine, such as a bedrock.Request. Res is
// the shape of the whole result, such as bedrock.InvokeModelResult.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html
func InvokeModel[Body, Res any](name, modelID string, body Object) *TaskState {
	t := newTask(name, bedrockInvokeModel, typeFor[Body](), typeFor[Res]())
	t.node.requestAt = "Body"
	t.node.parameters, t.node.hasPayload = Object{"ModelId": modelID, "Body": body}, true
	return t
}

// InvokeModelS3 calls a model on Amazon Bedrock with a JSON body that lies in S3, and has the answer written to S3. input and
// output are s3:// URIs, as strings or expressions, as is the id of the model. The result says nothing that the caller does not know.
func InvokeModelS3(name string, modelID, input, output any) *TaskState {
	const mediaType = "application/json"
	t := newTask(name, bedrockInvokeModel, nil, &typ{kind: objectKind, name: "the result of bedrock:invokeModel", fields: []field{
		{name: "Body", required: true}, // a reference, of a shape that is not documented
		{name: "ContentType", typ: &typ{kind: stringKind}, required: true},
	}})
	t.node.requestType = &typ{kind: objectKind, name: "the request of bedrock:invokeModel", open: anyType, fields: []field{
		{name: "ModelId", required: true, typ: &typ{kind: stringKind}},
		{name: "Input", required: true, typ: s3URI},
		{name: "Output", required: true, typ: s3URI},
	}}
	t.node.parameters, t.node.hasPayload = Object{
		"ModelId": modelID, "Input": Object{"S3Uri": input}, "Output": Object{"S3Uri": output},
		"ContentType": mediaType, "Accept": mediaType,
	}, true
	return t
}

// Guardrail lets a guardrail of Amazon Bedrock watch over what a task asks a model and what it answers. The task is one of
// InvokeModel or InvokeModelS3.
// https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails.html
func (t *TaskState) Guardrail(identifier, version string) *TaskState {
	if parameters, ok := t.node.parameters.(Object); ok && t.node.resource == bedrockInvokeModel {
		parameters["GuardrailIdentifier"], parameters["GuardrailVersion"] = identifier, version
	}
	return t
}

var s3URI = &typ{kind: objectKind, name: "an S3 location", fields: []field{{name: "S3Uri", typ: &typ{kind: stringKind}, required: true}}}

// SDKTask calls an action of an AWS service as the AWS SDK has it: SDKTask[…]("Store", "s3", "putObject", …). Parameters are
// named in PascalCase, whatever the service's own API does.
// https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
func SDKTask[Req, Res any](name, service, action string, parameters Object) *TaskState {
	return Task[Req, Res](name, sdkPrefix+service+":"+action, parameters)
}

func newTask(name, resource string, request, result *typ) *TaskState {
	t := &TaskState{}
	t.node, t.self = newNode(asl.TypeTask, name), t
	t.node.resource, t.node.requestType, t.node.resultType = resource, request, result
	if resource == "" {
		t.node.fail(BadValue, "Resource", "the resource is empty; it should be an ARN or a substitution")
	}
	return t
}

// Timeout bounds the time of one attempt, in whole seconds. Without it a task may run for a year.
func (t *TaskState) Timeout(span time.Duration) *TaskState {
	t.node.timeout = &timeout{span: span}
	return t
}

// TimeoutFrom takes the time of one attempt, in seconds, from the state's input.
func (t *TaskState) TimeoutFrom(seconds Ref) *TaskState {
	t.node.timeout = &timeout{ref: &seconds}
	return t
}

// Heartbeat bounds the time between two signs of life of the task, in whole seconds.
func (t *TaskState) Heartbeat(span time.Duration) *TaskState {
	t.node.heartbeat = &timeout{span: span}
	return t
}

// HeartbeatFrom takes the time between two signs of life, in seconds, from the state's input.
func (t *TaskState) HeartbeatFrom(seconds Ref) *TaskState {
	t.node.heartbeat = &timeout{ref: &seconds}
	return t
}

// Credentials names the role that the task is run with: a string or an expression.
func (t *TaskState) Credentials(roleARN any) *TaskState {
	t.node.credentials = Object{"RoleArn": roleARN}
	return t
}
