package batch

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/spend"
	"golang.org/x/sync/errgroup"
)

// resultOf is where the result of a document lies.
func resultOf(d Extracted) claim.Object { return combine.ResultObject(d.Text, d.Output) }

// there tells whether an object is there.
func (h *Handler) there(ctx context.Context, where claim.Object) (bool, error) {
	first := "bytes=0-0" // s3:GetObject is what the role has
	out, err := h.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &where.Bucket, Key: &where.Key, Range: &first})
	if err != nil {
		var storage *claim.StorageError
		if errors.As(claim.ErrorOf("read", where, err), &storage) && storage.Kind == claim.NotFound {
			return false, nil
		}
		return false, claim.Failure(claim.ErrorOf("read", where, err), failure.ManifestNotFound)
	}
	_, err = io.Copy(io.Discard, out.Body)
	return true, errors.Join(err, out.Body.Close())
}

// finish writes the report on the batch: how many documents came to what, and what they cost.
func (h *Handler) finish(ctx context.Context, request Request) (Report, error) {
	var report Report
	documents, err := h.documents(ctx, request.Output, 0)
	if err != nil {
		return report, err
	}
	report.Documents = len(documents)
	var extracted []Extracted
	err = claim.GetJSON(ctx, h.S3, object(request.Output, "combine/documents.json"), maxList, &extracted)
	var storage *claim.StorageError
	if err != nil && !(errors.As(err, &storage) && storage.Kind == claim.NotFound) {
		return report, claim.Failure(err, failure.ManifestNotFound)
	}
	results := map[string]claim.Object{}
	for _, d := range extracted {
		results[d.Name] = resultOf(d)
	}
	var mu sync.Mutex
	var cost spend.Cost
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, d := range documents {
		group.Go(function.Guarded(func() error {
			var fault Fault
			var result struct {
				Status combine.Status
				Cost   *spend.Cost
				Usage  combine.Usage
			}
			err := claim.GetJSON(groupContext, h.S3, faultOf(d.Output), maxList, &fault)
			var storage *claim.StorageError
			none := errors.As(err, &storage) && storage.Kind == claim.NotFound
			if where, ok := results[d.Name]; none && ok {
				err = h.readPart(groupContext, where, &result)
			}
			if err != nil {
				return claim.Failure(err, failure.ManifestNotFound)
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case fault.Error != "" && fault.Poison:
				report.Quarantined++
			case fault.Error != "":
				report.Failed++
			case result.Status == combine.Complete:
				report.Complete++
			default:
				report.Partial++
			}
			report.InputTokens += result.Usage.InputTokens
			report.OutputTokens += result.Usage.OutputTokens
			if result.Cost != nil {
				billed(&cost, result.Cost.Models)
			}
			return nil
		}))
	}
	if err := group.Wait(); err != nil {
		return report, err
	}
	for _, m := range cost.Models {
		report.Calls += m.Calls
		report.BatchCalls += m.BatchCalls
	}
	cost.Finish()
	report.Dollars, report.PricedAsOf = cost.Dollars, cost.PricedAsOf
	report.Report = object(request.Output, "batch.json")
	return report, claim.Failure(claim.PutJSON(ctx, h.S3, report.Report, report), failure.InvalidRequest)
}

// readPart reads some members of a result, which may be large.
func (h *Handler) readPart(ctx context.Context, where claim.Object, v any) error {
	out, err := h.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &where.Bucket, Key: &where.Key})
	if err != nil {
		return claim.ErrorOf("read", where, err)
	}
	err = json.NewDecoder(out.Body).Decode(v)
	if closeErr := out.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return claim.ErrorOf("read", where, err)
	}
	return nil
}
