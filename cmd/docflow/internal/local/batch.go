package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/integration"
	"github.com/docflow-asl/docflow/tasks/batch"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/trigger"
)

// BatchOutcome is what became of a batch.
type BatchOutcome struct {
	Execution *engine.Execution
	Report    batch.Report // when the execution succeeded
	// Documents are in the order in which they were given.
	Documents []BatchDocument
}

// BatchDocument is what became of a document of a batch: it has a Report, as Outcome has, or else a Fault.
type BatchDocument struct {
	Name   string // under which the batch knows it
	Report json.RawMessage
	Fault  *batch.Fault
}

// RunBatch runs the flow document-batch on documents, as if they had been uploaded below a prefix. What it leaves in the
// embedded S3 stays there until the stack is closed.
func (s *Stack) RunBatch(ctx context.Context, flow *Flow, name string, documents []Document, onEvent func(engine.Event)) (*BatchOutcome, error) {
	prefix := name + "/"
	for _, d := range documents {
		_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(DocumentsBucket), Key: aws.String(prefix + d.Name), Body: bytes.NewReader(d.Data)})
		if err != nil {
			return nil, fmt.Errorf("upload of %s: %w", d.Name, err)
		}
	}
	input, err := value.FromGo(batch.Source{Bucket: DocumentsBucket, Prefix: prefix})
	if err != nil {
		return nil, err
	}
	execution, err := flow.Program.Run(ctx, input, s.batchOptions(name, onEvent))
	if err != nil {
		return nil, err
	}
	outcome := &BatchOutcome{Execution: execution}
	if execution.Status == engine.Succeeded {
		if err := value.ToGo(execution.Output, &outcome.Report); err != nil {
			return nil, err
		}
	}
	for _, d := range documents {
		document := BatchDocument{Name: trigger.Name(DocumentsBucket, prefix+d.Name, "", "batch "+name)}
		output := claim.Output{Bucket: ResultsBucket, Prefix: claim.WorkPrefix + document.Name}
		where := combine.ResultObject(claim.Document{Key: prefix + d.Name}, output)
		if document.Report, err = s.object(ctx, where.Key); err != nil {
			return nil, err
		}
		fault, err := s.object(ctx, output.Prefix+"/fault.json")
		if err != nil {
			return nil, err
		}
		if fault != nil {
			document.Fault = &batch.Fault{}
			if err := json.Unmarshal(fault, document.Fault); err != nil {
				return nil, fmt.Errorf("%s/fault.json: %w", output.Prefix, err)
			}
		}
		outcome.Documents = append(outcome.Documents, document)
	}
	return outcome, nil
}

func (s *Stack) batchOptions(name string, onEvent func(engine.Event)) engine.Options {
	return engine.Options{
		Name: name, StateMachineName: flows.DocumentBatchName, Tasks: s.handlers, Objects: integration.Objects{Client: s.client}, Clock: s.clock, StartTime: time.Now(), OnEvent: onEvent,
	}
}

// object reads an object of the results bucket; nil when it is not there.
func (s *Stack) object(ctx context.Context, key string) (json.RawMessage, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(ResultsBucket), Key: &key})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("s3://%s/%s: %w", ResultsBucket, key, err)
	}
	defer out.Body.Close() // only read
	var data json.RawMessage
	if err := json.NewDecoder(out.Body).Decode(&data); err != nil {
		return nil, fmt.Errorf("s3://%s/%s: %w", ResultsBucket, key, err)
	}
	return data, nil
}
