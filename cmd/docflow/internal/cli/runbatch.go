package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/documents"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/local"
)

// checkBatch tells what does not go with a batch.
func (o *runOptions) checkBatch() error {
	switch {
	case o.model.Name != local.ModelOffline:
		return usagef("a batch is run with the offline model: with --model %s its waits for jobs would take their hours", o.model.Name)
	case o.history:
		return usagef("--history is of the execution of a document; a batch has one for all")
	}
	return nil
}

// runBatch runs all documents in one batch, and returns their reports in the order of the files.
func (o *runOptions) runBatch(ctx context.Context, s *streams, stack *local.Stack, flow *local.Flow, files []documents.File) ([]*documentReport, error) {
	started := time.Now()
	reports := make([]*documentReport, len(files))
	var batch []local.Document
	var indexes []int // of the files that could be read
	for i, file := range files {
		reports[i] = &documentReport{File: file.Path, Flow: flow.Name, Status: string(engine.Failed)}
		data, err := readDocument(file.Path)
		if err != nil {
			reports[i].Error, reports[i].Cause = "docflow", err.Error()
			continue
		}
		batch, indexes = append(batch, local.Document{Name: file.Name, Data: data}), append(indexes, i)
	}
	if len(batch) == 0 {
		return reports, nil
	}
	outcome, err := stack.RunBatch(ctx, flow, "batch-"+started.UTC().Format("20060102T150405"), batch, nil)
	if err != nil {
		return nil, err
	}
	for n, d := range outcome.Documents {
		r := reports[indexes[n]]
		r.Execution, r.Result = d.Name, d.Report
		r.Seconds = time.Since(started).Round(time.Millisecond).Seconds()
		switch {
		case d.Fault != nil:
			// As the execution of one document would end.
			r.Error = "PipelineFailed"
			if d.Fault.Poison {
				r.Error = "DocumentQuarantined"
			}
			r.Cause = fmt.Sprintf("%s failed with %s: %s", d.Fault.State, d.Fault.Error, d.Fault.Cause)
		case d.Report != nil:
			r.Status = string(engine.Succeeded)
		default:
			r.Error, r.Cause = outcome.Execution.Error, outcome.Execution.Cause
		}
		if err := o.write(files[indexes[n]], r, outcome.Execution); err != nil {
			return nil, err
		}
	}
	if outcome.Execution.Status == engine.Succeeded {
		fmt.Fprintf(s.err, "batch %s: %d of %d calls in batch inference jobs, %v of its time\n", outcome.Execution.Name,
			outcome.Report.BatchCalls, outcome.Report.Calls, outcome.Execution.StopTime.Sub(outcome.Execution.StartTime).Round(time.Second))
	}
	return reports, nil
}
