package stepfunctions

import (
	"context"
	"crypto/rand"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// execution is one that runs or has run. Its fields are guarded by Server.mu.
type execution struct {
	arn, name, machine string
	input              string
	started            time.Time
	events             []engine.Event
	ended              *engine.Execution // nil while it runs
	cancel             context.CancelCauseFunc
	redrives           map[string]time.Time // by client token
	redrivenAt         time.Time
}

// The statuses of what has not ended; the others are the engine's.
const running = "RUNNING"

func (x *execution) status() string {
	if x.ended == nil {
		return running
	}
	return string(x.ended.Status)
}

// validName is the rule for the names of executions: 1 to 80 characters that are none of those
// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html).
var validName = regexp.MustCompile("^[^\\s<>{}\\[\\]?*\"#%\\\\^|~`$&,;:/\\x00-\\x1f\\x7f-\\x9f\\x{fffe}\\x{ffff}]{1,80}$")

func (s *Server) startExecution(in struct{ StateMachineArn, Name, Input string }) (any, error) {
	machine, ok := s.machines[in.StateMachineArn]
	if !ok {
		return nil, &engine.APIError{Name: "StateMachineDoesNotExist", Message: "State Machine Does Not Exist: '" + in.StateMachineArn + "'"}
	}
	if in.Name == "" {
		in.Name = strings.ToLower(rand.Text())
	}
	if !validName.MatchString(in.Name) {
		return nil, &engine.APIError{Name: "InvalidName", Message: "Invalid Name: '" + in.Name + "'"}
	}
	if in.Input == "" {
		in.Input = "{}"
	}
	input, err := value.Parse(in.Input)
	if err != nil {
		return nil, &engine.APIError{Name: "InvalidExecutionInput", Message: "Invalid State Machine Execution Input: '" + err.Error() + "'"}
	}
	if len(in.Input) > engine.DefaultPayloadBytes {
		return nil, &engine.APIError{Name: "InvalidExecutionInput", Message: engine.ErrInputTooLarge.Error()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	arn := executionArn(in.StateMachineArn, in.Name)
	if known := s.executions[arn]; known != nil {
		// Idempotent for one that runs with the same input; a closed one is refused, whatever its input.
		if known.ended == nil && known.input == in.Input {
			return map[string]any{"executionArn": arn, "startDate": seconds(known.started)}, nil
		}
		return nil, &engine.APIError{Name: "ExecutionAlreadyExists", Message: "Execution Already Exists: '" + arn + "'"}
	}
	x := &execution{arn: arn, name: in.Name, machine: in.StateMachineArn, input: in.Input, started: time.Now(), redrives: map[string]time.Time{}}
	s.executions[arn] = x
	s.order = append(s.order, x)
	s.run(x, machine, x.started, func(ctx context.Context, opts engine.Options) (*engine.Execution, error) {
		return machine.Program.Run(ctx, input, opts)
	})
	return map[string]any{"executionArn": arn, "startDate": seconds(x.started)}, nil
}

func executionArn(machine, name string) string {
	return strings.Replace(machine, ":stateMachine:", ":execution:", 1) + ":" + name
}

// run runs an execution, or a redrive of it, in the background. s.mu is held.
func (s *Server) run(x *execution, machine StateMachine, begin time.Time, do func(context.Context, engine.Options) (*engine.Execution, error)) {
	ctx, cancel := context.WithCancelCause(s.context)
	x.cancel, x.ended = cancel, nil
	opts := machine.Options
	opts.Name, opts.ExecutionArn, opts.StateMachineArn, opts.StartTime = x.name, x.arn, x.machine, begin
	opts.StateMachineName = x.machine[strings.LastIndex(x.machine, ":")+1:]
	opts.OnEvent = func(e engine.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		x.events = append(x.events, e)
	}
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		defer cancel(nil)
		ended, err := do(ctx, opts)
		if err != nil { // what the endpoint has checked before
			ended = &engine.Execution{Status: engine.Failed, Error: "States.Runtime", Cause: err.Error(), StopTime: time.Now()}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		x.ended = ended
	}()
}

// find is the execution of an ARN. s.mu is held.
func (s *Server) find(arn string) (*execution, error) {
	if x := s.executions[arn]; x != nil {
		return x, nil
	}
	return nil, &engine.APIError{Name: "ExecutionDoesNotExist", Message: "Execution Does Not Exist: '" + arn + "'"}
}

type executionRequest struct{ ExecutionArn string }

func (s *Server) describeExecution(in executionRequest) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.find(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	out := s.listed(x)
	out["input"], out["inputDetails"] = x.input, map[string]bool{"included": true}
	if x.ended == nil {
		return out, nil
	}
	if x.ended.Output != nil {
		out["output"], out["outputDetails"] = value.Text(x.ended.Output), map[string]bool{"included": true}
	}
	if x.ended.Error != "" {
		out["error"] = x.ended.Error
	}
	if x.ended.Cause != "" {
		out["cause"] = x.ended.Cause
	}
	status, reason := x.ended.RedriveStatus()
	out["redriveStatus"] = status
	if reason != "" {
		out["redriveStatusReason"] = reason
	}
	return out, nil
}

// listed are the members that ListExecutions has, too. s.mu is held.
func (s *Server) listed(x *execution) map[string]any {
	out := map[string]any{
		"executionArn": x.arn, "stateMachineArn": x.machine, "name": x.name, "status": x.status(), "startDate": seconds(x.started),
		"redriveCount": len(x.redrives),
	}
	if x.ended != nil {
		out["stopDate"] = seconds(x.ended.StopTime)
	}
	if !x.redrivenAt.IsZero() {
		out["redriveDate"] = seconds(x.redrivenAt)
	}
	return out
}

func (s *Server) getExecutionHistory(in struct {
	ExecutionArn string
	MaxResults   int
	ReverseOrder bool
	NextToken    string
},
) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.find(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	// A token is where the next page begins: after an event, whatever has come since.
	from, err := position(in.NextToken)
	if err != nil {
		return nil, err
	}
	events := x.events
	if in.ReverseOrder {
		if in.NextToken != "" {
			events = events[:min(from, len(events))]
		}
		events = slices.Clone(events)
		slices.Reverse(events)
	} else {
		events = events[min(from, len(events)):]
	}
	page := events[:min(pageSize(in.MaxResults), len(events))]
	out := map[string]any{"events": slices.Clone(page)}
	if len(page) < len(events) {
		next := from + len(page)
		if in.ReverseOrder {
			next = int(page[len(page)-1].ID) - 1
		}
		out["nextToken"] = strconv.Itoa(next)
	}
	return out, nil
}

// pageSize is maxResults: 100 when it is 0, at most 1,000.
func pageSize(n int) int {
	if n <= 0 {
		return 100
	}
	return min(n, 1000)
}

func position(token string) (int, error) {
	if token == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(token)
	if err != nil || n < 0 {
		return 0, &engine.APIError{Name: "InvalidToken", Message: "Invalid Token: '" + token + "'"}
	}
	return n, nil
}

// listExecutions lists the latest first.
func (s *Server) listExecutions(in struct {
	StateMachineArn string
	StatusFilter    string
	MaxResults      int
	NextToken       string
},
) (any, error) {
	if _, ok := s.machines[in.StateMachineArn]; !ok {
		return nil, &engine.APIError{Name: "StateMachineDoesNotExist", Message: "State Machine Does Not Exist: '" + in.StateMachineArn + "'"}
	}
	from, err := position(in.NextToken)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.order) // the page is of those that were started before this one
	if in.NextToken != "" {
		before = min(from, before)
	}
	list := []map[string]any{}
	for i := before - 1; i >= 0; i-- {
		x := s.order[i]
		if x.machine != in.StateMachineArn || in.StatusFilter != "" && x.status() != in.StatusFilter {
			continue
		}
		if len(list) == pageSize(in.MaxResults) {
			return map[string]any{"executions": list, "nextToken": strconv.Itoa(i + 1)}, nil
		}
		list = append(list, s.listed(x))
	}
	return map[string]any{"executions": list}, nil
}

func (s *Server) stopExecution(in struct{ ExecutionArn, Error, Cause string }) (any, error) {
	s.mu.Lock()
	x, err := s.find(in.ExecutionArn)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	cancel := x.cancel
	s.mu.Unlock()
	cancel(&engine.StopExecution{ErrorName: in.Error, Cause: in.Cause})
	return map[string]any{"stopDate": seconds(time.Now())}, nil
}

func (s *Server) redriveExecution(in struct{ ExecutionArn, ClientToken string }) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.find(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	if at, known := x.redrives[in.ClientToken]; known && in.ClientToken != "" {
		return map[string]any{"redriveDate": seconds(at)}, nil
	}
	if x.ended == nil {
		return nil, (&engine.NotRedrivableError{ExecutionArn: x.arn, Reason: "Execution is RUNNING and cannot be redriven"}).API()
	}
	if _, reason := x.ended.RedriveStatus(); reason != "" {
		return nil, (&engine.NotRedrivableError{ExecutionArn: x.arn, Reason: reason}).API()
	}
	if in.ClientToken == "" {
		in.ClientToken = rand.Text()
	}
	from, begin := x.ended, time.Now()
	x.redrives[in.ClientToken], x.redrivenAt = begin, begin
	s.run(x, s.machines[x.machine], begin, from.Redrive)
	return map[string]any{"redriveDate": seconds(begin)}, nil
}

func (s *Server) describeStateMachine(in struct{ StateMachineArn string }) (any, error) {
	machine, ok := s.machines[in.StateMachineArn]
	if !ok {
		return nil, &engine.APIError{Name: "StateMachineDoesNotExist", Message: "State Machine Does Not Exist: '" + in.StateMachineArn + "'"}
	}
	return map[string]any{
		"stateMachineArn": in.StateMachineArn, "name": in.StateMachineArn[strings.LastIndex(in.StateMachineArn, ":")+1:],
		"definition": machine.Definition, "status": "ACTIVE", "type": string(engine.Standard), "roleArn": machine.Options.RoleArn, "creationDate": 0,
	}, nil
}

func (s *Server) describeStateMachineForExecution(in executionRequest) (any, error) {
	s.mu.Lock()
	x, err := s.find(in.ExecutionArn)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return s.describeStateMachine(struct{ StateMachineArn string }{x.machine})
}
