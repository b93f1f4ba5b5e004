package engine

import "strings"

// resourceKind tells which events a task's resource gives.
type resourceKind uint8

const (
	integration    resourceKind = iota // arn:aws:states:::service:api: TaskScheduled, TaskStarted, TaskSucceeded
	lambdaFunction                     // the ARN of a function: LambdaFunctionScheduled…
	activity                           // the ARN of an activity: ActivityScheduled…
)

// resource is what the Resource field of a Task names.
type resource struct {
	arn     string
	kind    resourceKind
	service string // of an integration: lambda, aws-sdk:s3
	api     string // of an integration: invoke, startExecution.sync:2
	submits bool   // .sync, .sync:2 and .waitForTaskToken: the service's answer to the request is not the result
	token   bool   // .waitForTaskToken, activities: the task gets a token
}

// parseResource reads an ARN. What is no ARN that Step Functions knows (`${ExtractFunctionArn}` in a template that was not
// deployed) counts as a Lambda function, since that is what such a placeholder usually stands for.
func parseResource(arn string) resource {
	r := resource{arn: arn, kind: lambdaFunction}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "states" {
		return r
	}
	if strings.HasPrefix(parts[5], "activity:") {
		r.kind, r.token = activity, true
		return r
	}
	if parts[3] != "" || parts[4] != "" {
		return r
	}
	service, api, ok := strings.Cut(parts[5], ":")
	if !ok {
		return r
	}
	if service == "aws-sdk" {
		name, action, ok := strings.Cut(api, ":")
		if !ok {
			return r
		}
		service, api = service+":"+name, action
	}
	r.kind, r.service, r.api = integration, service, api
	_, pattern, _ := strings.Cut(api, ".")
	r.token = pattern == "waitForTaskToken"
	r.submits = pattern != ""
	return r
}

// label names the resource in the cause of States.DataLimitExceeded.
func (r *resource) label() string {
	if r.kind == integration {
		return r.service
	}
	return r.arn
}
