package engine

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"sync/atomic"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// Machines are state machines by their ARN, for Tasks that start executions of one of them (states:startExecution). A child
// execution begins at the time of the Task that starts it, on a clock of the same kind; one that is waited for takes its time of the
// parent's clock.
//
// Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html.
type Machines map[string]*Program

// StartExecutionPattern is the pattern of the resources that Handler answers, for Options.Tasks.
const StartExecutionPattern = "arn:aws:states:::states:startExecution*"

// Handler answers startExecution, startExecution.sync and startExecution.sync:2. opts are the options of the child
// executions, but for their names and start; ended, if not nil, is called with each child that has ended. The result and the
// failures are what AWS gives: the answer of StartExecution, or of DescribeExecution with members in PascalCase, of which .sync has
// Input and Output as JSON text and .sync:2 as JSON.
func (m Machines) Handler(opts Options, ended func(*Execution)) Handler {
	return HandlerFunc(func(ctx context.Context, call *Call) (value.Value, error) {
		child, err := m.start(ctx, call, opts)
		if err != nil {
			return nil, err
		}
		if ended != nil {
			ended(child.execution)
		}
		answer := value.NewObject(
			value.Member{Name: "ExecutionArn", Value: value.String(child.execution.ExecutionArn)},
			value.Member{Name: "StartDate", Value: apiTime(child.execution.StartTime)},
		)
		resource := parseResource(call.Resource)
		if !resource.submits {
			return answer, nil
		}
		call.Submit(answer)
		call.Elapse(child.execution.StopTime.Sub(child.execution.StartTime))
		if child.execution.Status != Succeeded {
			return nil, &TaskError{Name: ErrorTaskFailed, Cause: value.Compact(child.describe(false))}
		}
		return child.describe(resource.api == "startExecution.sync:2"), nil
	})
}

// nesting counts the executions within one that nobody started by a Task.
type nesting struct {
	depth  int // of the executions that started this one
	limits Limits
	all    *atomic.Int64 // executions, of every depth
}

type nestingKey struct{}

// nestingOf is the nesting of an execution that runs in a context.
func nestingOf(ctx context.Context, limits Limits) *nesting {
	if outer, ok := ctx.Value(nestingKey{}).(*nesting); ok {
		return &nesting{outer.depth + 1, outer.limits, outer.all}
	}
	return &nesting{limits: limits, all: new(atomic.Int64)}
}

// enter counts an execution that is to start. A machine that starts itself would go on for ever, so neither a retrier nor a catcher
// may take the failure. n is nil for a Call that no execution made.
func (n *nesting) enter() error {
	switch {
	case n == nil:
	case n.depth >= n.limits.NestedDepth:
		return runtimeFailure("More than %d executions have started each other (Limits.NestedDepth).", n.limits.NestedDepth)
	case n.all.Add(1) > int64(n.limits.NestedExecutions):
		return runtimeFailure("The execution and those that it started have started more than %d executions (Limits.NestedExecutions).", n.limits.NestedExecutions)
	}
	return nil
}

// nestedExecution is a child execution that has ended.
type nestedExecution struct {
	execution *Execution
	machine   string
}

func (m Machines) start(ctx context.Context, call *Call, opts Options) (*nestedExecution, error) {
	parameters, _ := call.Input.(*value.Object)
	text := func(name string) string {
		if parameters == nil {
			return ""
		}
		v, _ := parameters.Get(name)
		s, _ := v.(value.String)
		return string(s)
	}
	if err := call.nesting.enter(); err != nil {
		return nil, err
	}
	ctx = context.WithValue(ctx, nestingKey{}, call.nesting)
	arn := text("StateMachineArn")
	program := m[arn]
	if program == nil {
		return nil, &TaskError{
			Name:  "StepFunctions.StateMachineDoesNotExistException",
			Cause: fmt.Sprintf("State Machine Does Not Exist: '%s' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Proxy: null)", arn),
		}
	}
	var input value.Value = emptyObject
	if v, ok := parameters.Get("Input"); ok {
		input = v
		if s, ok := v.(value.String); ok { // JSON text, as the API takes it
			parsed, err := value.Parse(string(s))
			if err != nil {
				return nil, &TaskError{Name: "StepFunctions.InvalidExecutionInputException", Cause: "Invalid State Machine Execution Input: '" + err.Error() + "'"}
			}
			input = parsed
		} else if v.Kind() == value.KindNull {
			input = emptyObject // recorded
		}
	}
	opts.StateMachineArn, opts.StateMachineName, opts.ExecutionArn = arn, "", ""
	opts.Name = text("Name")
	opts.StartTime = call.Now
	if opts.Seed != 0 { // the same child in every run, and another one for every call
		opts.Seed += hashOf(call.ExecutionArn, call.State, string(value.Int(call.RetryCount)), string(value.Int(call.entered)))
	}
	x, err := program.Run(ctx, input, opts)
	if err != nil {
		return nil, &TaskError{Name: "StepFunctions.InvalidExecutionInputException", Cause: err.Error()}
	}
	return &nestedExecution{x, arn}, nil
}

// describe is the answer of DescribeExecution, its members in the order that was recorded.
func (n *nestedExecution) describe(parsed bool) value.Value {
	x := n.execution
	var members []value.Member
	add := func(name string, v value.Value) { members = append(members, value.Member{Name: name, Value: v}) }
	data := func(name string, v value.Value) {
		if v == nil {
			return
		}
		if parsed {
			add(name, v)
		} else {
			add(name, value.String(value.Text(v)))
		}
		add(name+"Details", value.NewObject(value.Member{Name: "Included", Value: value.Bool(true)}))
	}
	if x.Cause != "" {
		add("Cause", value.String(x.Cause))
	}
	if x.Error != "" {
		add("Error", value.String(x.Error))
	}
	add("ExecutionArn", value.String(x.ExecutionArn))
	data("Input", x.Input)
	add("Name", value.String(x.Name))
	data("Output", x.Output)
	add("RedriveCount", value.Int(x.RedriveCount))
	status, reason := x.RedriveStatus()
	add("RedriveStatus", value.String(status))
	if reason != "" {
		add("RedriveStatusReason", value.String(reason))
	}
	add("StartDate", apiTime(x.StartTime))
	add("StateMachineArn", value.String(n.machine))
	add("Status", value.String(x.Status))
	add("StopDate", apiTime(x.StopTime))
	return value.NewObject(members...)
}

// apiTime is a time as the integration gives it: a string (recorded by TestState) of the milliseconds since 1970.
func apiTime(t time.Time) value.Value { return value.String(value.Int(t.UnixMilli())) }

func hashOf(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		io.WriteString(h, p+"\x00") // a hash takes everything
	}
	return h.Sum64()
}
