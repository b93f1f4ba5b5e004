package stepfunctions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
)

const (
	testMachine    = "arn:aws:states:us-east-1:123456789012:stateMachine:test"
	testDefinition = `{"StartAt":"Prepare","States":{
		"Prepare":{"Type":"Pass","Next":"Work"},
		"Work":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:work","Next":"Ready"},
		"Ready":{"Type":"Pass","End":true}}}`
)

// bench is an endpoint with one machine, whose task answers when the test says so: an error, or nil.
type bench struct {
	server  *Server
	client  *sfn.Client
	answers chan error
	calls   atomic.Int64
}

func newBench(t *testing.T) *bench {
	t.Helper()
	doc := asl.Parse("test.asl.json", []byte(testDefinition))
	program, err := engine.Compile(doc.Machine)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{answers: make(chan error, 10_000)}
	work := engine.HandlerFunc(func(ctx context.Context, call *engine.Call) (value.Value, error) {
		b.calls.Add(1)
		select {
		case err := <-b.answers:
			return call.Input, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	b.server, err = Listen(map[string]StateMachine{testMachine: {
		Program: program, Definition: testDefinition,
		Options: engine.Options{Tasks: engine.Handlers{"arn:aws:lambda:us-east-1:123456789012:function:work": work}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.server.Close(); err != nil {
			t.Error(err)
		}
	})
	b.client = sfn.New(sfn.Options{
		HTTPClient: loopback.Client(nil),
		Region:     "us-east-1", BaseEndpoint: &b.server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), Retryer: aws.NopRetryer{},
	})
	return b
}

func (b *bench) start(t *testing.T, name, input string) string {
	t.Helper()
	out, err := b.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(testMachine), Name: &name, Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	return *out.ExecutionArn
}

// wait describes an execution until it has ended.
func (b *bench) wait(t *testing.T, arn string) *sfn.DescribeExecutionOutput {
	t.Helper()
	for {
		out, err := b.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		if out.Status != types.ExecutionStatusRunning {
			return out
		}
	}
}

func code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Sprint(err)
	}
	return api.ErrorCode()
}

func (b *bench) history(t *testing.T, arn string, reverse bool, size int32) []int64 {
	t.Helper()
	var ids []int64
	pages := sfn.NewGetExecutionHistoryPaginator(b.client, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, ReverseOrder: reverse, MaxResults: size})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			ids = append(ids, e.Id)
		}
	}
	return ids
}

func TestExecutionFromStartToEnd(t *testing.T) {
	b := newBench(t)
	arn := b.start(t, "first", `{"n": 1}`)
	if want := "arn:aws:states:us-east-1:123456789012:execution:test:first"; arn != want {
		t.Fatalf("ARN %s, want %s", arn, want)
	}
	// The same name with the same input is the same execution as long as it runs.
	if again := b.start(t, "first", `{"n": 1}`); again != arn {
		t.Errorf("started again: %s", again)
	}
	if _, err := b.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(testMachine), Name: aws.String("first"), Input: aws.String(`{"n": 2}`)}); code(err) != "ExecutionAlreadyExists" {
		t.Errorf("another input: %v", err)
	}
	described, err := b.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if err != nil || described.Status != types.ExecutionStatusRunning || described.StopDate != nil || *described.Input != `{"n": 1}` {
		t.Errorf("described %+v, %v", described, err)
	}
	b.answers <- nil
	ended := b.wait(t, arn)
	if ended.Status != types.ExecutionStatusSucceeded || strings.ReplaceAll(*ended.Output, " ", "") != `{"n":1}` || ended.RedriveStatus != types.ExecutionRedriveStatusNotRedrivable || ended.StopDate == nil {
		t.Errorf("ended %+v", ended)
	}
	if b.calls.Load() != 1 {
		t.Errorf("%d calls", b.calls.Load())
	}
	if _, err := b.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(testMachine), Name: aws.String("first"), Input: aws.String(`{"n": 1}`)}); code(err) != "ExecutionAlreadyExists" {
		t.Errorf("a closed one: %v", err)
	}
	whole := b.history(t, arn, false, 1000)
	for i, id := range whole {
		if id != int64(i+1) {
			t.Fatalf("history %v", whole)
		}
	}
	for _, size := range []int32{1, 2, 3, 5, 100} {
		if ids := b.history(t, arn, false, size); !slices.Equal(ids, whole) {
			t.Errorf("pages of %d: %v", size, ids)
		}
		backwards := b.history(t, arn, true, size)
		slices.Reverse(backwards)
		if !slices.Equal(backwards, whole) {
			t.Errorf("pages of %d backwards: %v", size, backwards)
		}
	}
	machine, err := b.client.DescribeStateMachineForExecution(t.Context(), &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &arn})
	if err != nil || *machine.Definition != testDefinition || *machine.Name != "test" {
		t.Errorf("machine %+v, %v", machine, err)
	}
}

func TestRedriveGoesOnWhereItFailed(t *testing.T) {
	b := newBench(t)
	arn := b.start(t, "redriven", `{}`)
	if _, err := b.client.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: &arn}); code(err) != "ExecutionNotRedrivable" {
		t.Errorf("redrive of a running one: %v", err)
	}
	b.answers <- &engine.TaskError{Name: "Broken", Cause: "why"}
	if ended := b.wait(t, arn); ended.Status != types.ExecutionStatusFailed || *ended.Error != "Broken" || *ended.Cause != "why" || ended.RedriveStatus != types.ExecutionRedriveStatusRedrivable {
		t.Fatalf("ended %+v", ended)
	}
	for range 2 { // the same token is the same redrive
		if _, err := b.client.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: &arn, ClientToken: aws.String("token")}); err != nil {
			t.Fatal(err)
		}
	}
	b.answers <- nil
	ended := b.wait(t, arn)
	if ended.Status != types.ExecutionStatusSucceeded || *ended.RedriveCount != 1 || ended.RedriveDate == nil || b.calls.Load() != 2 {
		t.Errorf("ended %+v after %d calls", ended, b.calls.Load())
	}
	if _, err := b.client.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: &arn}); code(err) != "ExecutionNotRedrivable" {
		t.Errorf("redrive of one that succeeded: %v", err)
	}
	ids := b.history(t, arn, false, 2)
	for i, id := range ids {
		if id != int64(i+1) {
			t.Fatalf("history %v", ids)
		}
	}
}

func TestStop(t *testing.T) {
	b := newBench(t)
	arn := b.start(t, "stopped", `{}`)
	if _, err := b.client.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: &arn, Error: aws.String("Enough"), Cause: aws.String("of it")}); err != nil {
		t.Fatal(err)
	}
	if ended := b.wait(t, arn); ended.Status != types.ExecutionStatusAborted || *ended.Error != "Enough" || *ended.Cause != "of it" {
		t.Errorf("ended %+v", ended)
	}
}

func TestListExecutions(t *testing.T) {
	b := newBench(t)
	var started []string
	for i := range 25 {
		err := error(nil)
		if i%2 == 1 {
			err = &engine.TaskError{Name: "Broken"}
		}
		b.answers <- err
		arn := b.start(t, fmt.Sprintf("x%02d", i), `{}`)
		b.wait(t, arn)
		started = append([]string{arn}, started...)
	}
	list := func(status types.ExecutionStatus, size int32) []string {
		var arns []string
		pages := sfn.NewListExecutionsPaginator(b.client, &sfn.ListExecutionsInput{StateMachineArn: aws.String(testMachine), StatusFilter: status, MaxResults: size})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range page.Executions {
				arns = append(arns, *x.ExecutionArn)
			}
		}
		return arns
	}
	for _, size := range []int32{1, 4, 25, 1000} {
		if got := list("", size); !slices.Equal(got, started) {
			t.Errorf("pages of %d: %v", size, got)
		}
		failed := list(types.ExecutionStatusFailed, size)
		if len(failed) != 12 || !slices.Contains(failed, started[1]) || slices.Contains(failed, started[0]) {
			t.Errorf("failed, pages of %d: %v", size, failed)
		}
	}
}

func TestRefusals(t *testing.T) {
	b := newBench(t)
	none := aws.String("arn:aws:states:us-east-1:123456789012:execution:test:none")
	start := func(machine, name, input string) func() error {
		return func() error {
			_, err := b.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name, Input: &input})
			return err
		}
	}
	for _, test := range []struct {
		name string
		do   func() error
		code string
	}{
		{"no machine", start(testMachine+"x", "a", "{}"), "StateMachineDoesNotExist"},
		{"name", start(testMachine, "a b", "{}"), "InvalidName"},
		{"long name", start(testMachine, strings.Repeat("a", 81), "{}"), "InvalidName"},
		{"input", start(testMachine, "a", "{"), "InvalidExecutionInput"},
		{"large input", start(testMachine, "a", `"`+strings.Repeat("a", 262_143)+`"`), "InvalidExecutionInput"},
		{"describe", func() error {
			_, err := b.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: none})
			return err
		}, "ExecutionDoesNotExist"},
		{"history", func() error {
			_, err := b.client.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: none})
			return err
		}, "ExecutionDoesNotExist"},
		{"token", func() error {
			arn := b.start(t, "token", "{}")
			_, err := b.client.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, NextToken: aws.String("x")})
			return err
		}, "InvalidToken"},
		{"unknown", func() error {
			_, err := b.client.ListActivities(t.Context(), &sfn.ListActivitiesInput{})
			return err
		}, "UnknownOperationException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.do(); code(err) != test.code {
				t.Errorf("%v, want %s", err, test.code)
			}
		})
	}
}
