package flows

import (
	"time"

	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// function is a task that calls a Lambda function, with retriers for AWS Lambda's own errors, for a function that ended without
// an answer, and for errors that the function declares to be transient. Others are not retried: they come back the same.
func function[Req, Res any](o Options, name, arn string, payload any, timeout time.Duration, errors failure.Table) *builder.TaskState {
	var task *builder.TaskState
	if o.ByARN {
		task = builder.LambdaFunction[Req, Res](name, arn)
	} else {
		task = builder.LambdaInvoke[Req, Res](name, arn, payload)
	}
	if timeout > 0 {
		task.Timeout(timeout)
	}
	if !o.Unguarded {
		task.Retry(builder.RetryLambda(), builder.RetryLambdaThrottled(), builder.RetryLambdaCrash(), builder.Retry(errors.Transient()...))
	}
	return task
}

// guardModel gives a task that calls a model its time-out and retriers. Nothing else retries the call: Step Functions makes it
// without the SDK's retries, and no Map or Parallel around it retries.
func guardModel(o Options, task *builder.TaskState) *builder.TaskState {
	if o.ModelTimeout > 0 {
		task.Timeout(o.ModelTimeout)
	}
	if !o.Unguarded {
		task.Retry(
			builder.RetryThrottled(bedrock.RetryableErrors()...),
			builder.Retry("States.Timeout").Attempts(1),
		)
	}
	return task
}

// ask is a task that asks a model about a text. fence refers to the tag that encloses the text; a prompt of the options' own
// has no fence.
func ask(o Options, step bedrock.Step, name string, m Model, text, fence builder.Ref) *builder.TaskState {
	body := builder.Object{"anthropic_version": bedrock.AnthropicVersion, "max_tokens": m.MaxTokens}
	var content builder.Expr
	if m.Prompt != "" {
		content = builder.Format(m.Prompt, text)
	} else {
		template := bedrock.FormatTemplate(step)
		values := make([]any, len(template.Holes))
		for i, hole := range template.Holes {
			values[i] = map[bedrock.Hole]any{bedrock.HoleText: text, bedrock.HoleFence: fence}[hole]
		}
		content = builder.FormatEscaped(template.Text, values...)
		body["system"] = bedrock.System(step)
	}
	body["messages"] = []builder.Object{{"role": bedrock.User, "content": content}}
	return guardModel(o, builder.InvokeModel[bedrock.Request, bedrock.InvokeModelResult](name, m.ID, body))
}

// failed is the state in which an execution ends that could not do its work.
func failed(name string) *builder.FailState {
	return builder.Fail(name, name, builder.Format("{}: {}", builder.CaughtError("Error"), builder.CaughtError("Cause")))
}
