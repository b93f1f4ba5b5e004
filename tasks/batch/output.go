package batch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"golang.org/x/sync/errgroup"
)

// outputRecord is a line of the file that a job has written; its modelInput is not read (Amazon Bedrock user guide, "View
// the results of a batch inference job"). Lines come in any order.
type outputRecord struct {
	RecordID    string `json:"recordId"`
	ModelOutput raw    `json:"modelOutput"`
	Error       *struct {
		ErrorCode    int    `json:"errorCode"`
		ErrorMessage string `json:"errorMessage"`
	} `json:"error"`
}

// RecordFailed is the error of a call whose record has one.
const RecordFailed = "BatchRecordFailed"

// spareTime is how long before its end a call of the function reads no further.
const spareTime = time.Minute

// outputOf is where a job has written: <output>/<id of the job>/<name of the input>.out.
func outputOf(job Job, state JobState) (claim.Object, error) {
	folder, err := objectOf(job.Output)
	folder.Key += path.Base(state.JobArn) + "/" + path.Base(job.Input) + ".out"
	return folder, err
}

// readOutput puts answers where document-pipeline's would be, and has each checked: what asks again is written beside it. It
// reads for as long as there is time, and says where to go on; at the end it writes how the job ended.
//
// A record that failed for the moment (408, 424, 429, 5xx) is left as if it had not been asked.
func (h *Handler) readOutput(ctx context.Context, request Request) (Read, error) {
	if request.State == nil || request.State.JobArn == "" {
		return Read{}, failure.New(failure.InvalidRequest, "state is missing or has no JobArn; it should be what GetModelInvocationJob returned")
	}
	calls, err := h.callsOf(ctx, request)
	if err != nil {
		return Read{}, err
	}
	where, err := outputOf(*request.Job, *request.State)
	if err != nil {
		return Read{}, err
	}
	result, err := h.readLines(ctx, where, request, calls)
	var storage *claim.StorageError
	if errors.As(err, &storage) && storage.Kind == claim.NotFound {
		result, err = Read{Done: true}, nil // a job that failed or expired may have written nothing
	}
	if err != nil || !result.Done {
		return result, claim.Failure(err, failure.ManifestNotFound)
	}
	outcome := Outcome{JobArn: request.State.JobArn, Status: request.State.Status, Message: clip(request.State.Message, maxCause)}
	at := claim.Object{Bucket: request.Output.Bucket, Key: claim.WorkPrefix + request.Job.Outcome}
	return result, claim.Failure(claim.PutJSON(ctx, h.S3, at, outcome), failure.InvalidRequest)
}

func (h *Handler) readLines(ctx context.Context, where claim.Object, request Request, calls []prompt.Call) (Read, error) {
	in := &s3.GetObjectInput{Bucket: &where.Bucket, Key: &where.Key}
	if request.From > 0 {
		from := fmt.Sprintf("bytes=%d-", request.From)
		in.Range = &from
	}
	out, err := h.S3.GetObject(ctx, in)
	var storage *claim.StorageError
	if err != nil {
		err = claim.ErrorOf("read", where, err)
		if errors.As(err, &storage) && storage.Code == "InvalidRange" && request.From > 0 {
			return Read{Done: true, Next: request.From}, nil // the last reading ended with the file
		}
		return Read{}, err
	}
	defer out.Body.Close() // only read
	limit := h.MaxRead
	if limit <= 0 {
		limit = maxRead
	}
	reader := newReader(out.Body)
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	var mu sync.Mutex
	result := Read{Next: request.From}
	for groupContext.Err() == nil {
		deadline, limited := ctx.Deadline()
		if result.Next-request.From >= limit || limited && time.Until(deadline) < spareTime && result.Next > request.From {
			break
		}
		line, readErr := readLine(reader)
		if readErr != nil && !errors.Is(readErr, io.EOF) {
			if err = claim.ErrorOf("read", where, readErr); errors.Is(readErr, errLongLine) {
				err = failure.New(failure.LimitExceeded, "%s: %v", where.URI(), readErr)
			}
			break
		}
		result.Next += int64(len(line))
		if text := bytes.TrimSpace(line); len(text) > 0 {
			group.Go(function.Guarded(func() error {
				kind, err := h.record(groupContext, text, request.Job.Model, calls)
				mu.Lock()
				defer mu.Unlock()
				switch kind {
				case recordAnswered:
					result.Answers++
				case recordFailed:
					result.Errors++
				case recordUnknown:
					result.Unknown++
				}
				return err
			}))
		}
		if readErr != nil {
			result.Done = true
			break
		}
	}
	return result, errors.Join(group.Wait(), err)
}

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 1<<20) }

// errLongLine is the error of a line beyond maxLine.
var errLongLine = fmt.Errorf("a line has more than %d bytes", maxLine)

// readLine reads a line with its end. At the end of the file it also returns io.EOF.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, errLongLine
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// recordKind is what a record is.
type recordKind int

const (
	recordUnknown recordKind = iota
	recordAnswered
	recordFailed
)

// record puts one record where it belongs.
func (h *Handler) record(ctx context.Context, line []byte, model string, calls []prompt.Call) (recordKind, error) {
	var record outputRecord
	if err := json.Unmarshal(line, &record); err != nil {
		h.warn(ctx, "a line of a job's output cannot be read", "fault", failure.JSONFault(err))
		return recordUnknown, nil
	}
	n := callOf(record.RecordID)
	if n < 0 || n >= len(calls) {
		h.warn(ctx, "a record of a job's output is none of its input")
		return recordUnknown, nil
	}
	call := calls[n]
	where, err := objectOf(call.Response)
	if err != nil {
		return recordUnknown, err
	}
	body := bytes.TrimSpace(record.ModelOutput)
	if record.Error != nil || len(body) == 0 || body[0] != '{' {
		return recordFailed, h.failed(ctx, where.Bucket, call, record)
	}
	if err := claim.Put(ctx, h.S3, where, claim.TypeJSON, marked(body)); err != nil {
		return recordAnswered, claim.Failure(err, failure.InvalidRequest)
	}
	_, err = h.Check.Check(ctx, prompt.CheckRequest{Step: prompt.Check, Request: call.Request, Model: model})
	if err != nil && failure.Name(err) != failure.StorageUnavailable && ctx.Err() == nil {
		// It does no harm: who reads the answer checks it again.
		h.warn(ctx, "an answer cannot be checked", "errorType", failure.Name(err))
		err = nil
	}
	return recordAnswered, err
}

// marked puts into a response that a batch inference job gave it (bedrock.Response.Batch).
func marked(body []byte) []byte {
	const mark = `{"docflowBatch":true`
	rest := bytes.TrimSpace(body[1:])
	if len(rest) > 0 && rest[0] != '}' {
		return append([]byte(mark+","), rest...)
	}
	return append([]byte(mark), rest...)
}

// failed records the error of a record, unless it may pass.
func (h *Handler) failed(ctx context.Context, bucket string, call prompt.Call, record outputRecord) error {
	fault := answer.Record{Error: RecordFailed, Cause: "the record has neither an answer nor an error"}
	if e := record.Error; e != nil {
		switch code := e.ErrorCode; {
		case code == http.StatusRequestTimeout, code == http.StatusFailedDependency, code == http.StatusTooManyRequests, code >= http.StatusInternalServerError:
			return nil
		}
		fault.Cause = fmt.Sprintf("%d: %s", e.ErrorCode, clip(e.ErrorMessage, maxCause/4))
	}
	return claim.Failure(claim.PutJSON(ctx, h.S3, claim.Object{Bucket: bucket, Key: claim.WorkPrefix + call.Error}, fault), failure.InvalidRequest)
}
