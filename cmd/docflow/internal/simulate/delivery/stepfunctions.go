package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	smithy "github.com/aws/smithy-go"
	"github.com/docflow-asl/docflow/tasks/trigger"
)

// crash is the panic of a process that dies.
type crash struct{}

// stepFunctions is StartExecution.
type stepFunctions struct{ m *Model }

func (s stepFunctions) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	m := s.m
	m.local += 30 * time.Millisecond
	if m.chance(m.o.CrashBefore) {
		panic(crash{})
	}
	if !m.admit() || m.chance(m.o.Throttle) {
		m.Report.Throttled++
		return nil, &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}
	}
	err := m.start(aws.ToString(in.Name), aws.ToString(in.Input))
	if m.chance(m.o.CrashAfter) {
		panic(crash{})
	}
	if m.chance(m.o.LostAnswer) {
		return nil, errors.New("read tcp: connection reset by peer")
	}
	if err != nil {
		return nil, err
	}
	return &sfn.StartExecutionOutput{ExecutionArn: aws.String(strings.Replace(m.arn, ":stateMachine:", ":execution:", 1) + ":" + aws.ToString(in.Name))}, nil
}

// admit takes a token of StartExecution's bucket.
func (m *Model) admit() bool {
	if m.o.StartRate <= 0 {
		return true
	}
	m.tokens = min(max(1, m.o.StartBurst), m.tokens+max(0, m.local-m.tokensAt).Seconds()*m.o.StartRate)
	m.tokensAt = max(m.local, m.tokensAt)
	if m.tokens < 1 {
		return false
	}
	m.tokens--
	return true
}

// start is what StartExecution does: nothing, when an execution of that name has been started.
func (m *Model) start(name, input string) error {
	exists := &types.ExecutionAlreadyExists{Message: aws.String("Execution Already Exists: '" + name + "'")}
	if m.names[name] {
		return exists
	}
	var in trigger.Input
	if err := json.Unmarshal([]byte(input), &in); err != nil {
		m.lost("execution %s has the input %s: %v", name, input, err)
		return nil
	}
	g := m.groups[placeOf(in)]
	if g == nil {
		m.twice("execution %s is for s3://%s/%s (version %q), which nobody stored", name, in.Bucket, in.Key, in.VersionID)
		return nil
	}
	if g.names[name] {
		return exists
	}
	g.names[name] = true
	if m.names != nil {
		m.names[name] = true
	}
	m.Report.Started++
	u := g.start(in.ETag)
	g.open++
	m.executions[name] = &execution{group: g, input: in}
	if !m.o.External {
		m.readLater(name, input)
	}
	if !m.stopped && !m.yield(Start{At: m.now, Name: name, Input: input, Upload: u.number, Stored: u.stored}) {
		m.stopped = true
	}
	return nil
}

// readLater reads the document of an execution after a while, and ends it; now and then the answer is lost, and it is read again.
func (m *Model) readLater(name, input string) {
	payload := `{"source":` + input + `}`
	if m.o.Payload != nil {
		payload = m.o.Payload(input)
	}
	m.after(time.Duration(m.rng.ExpFloat64()*float64(m.o.ReadAfter)), func() {
		_ = m.Read(m.now, name, []byte(payload)) // judged when the execution ends
		if m.chance(m.o.LostAnswer) {
			m.readLater(name, input)
			return
		}
		m.End(name)
	})
}
