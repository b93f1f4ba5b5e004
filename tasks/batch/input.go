package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"golang.org/x/sync/errgroup"
)

// recordID names a record of a job: letters and digits, 11 of them, as the user guide asked for at first (today: an
// alphanumeric string). It is the number of the call in the job's list.
func recordID(call int) string { return fmt.Sprintf("R%010d", call) }

// callOf is the inverse of recordID; -1 is none.
func callOf(id string) int {
	n := -1
	if _, err := fmt.Sscanf(id, "R%d", &n); err != nil || n < 0 || recordID(n) != id {
		return -1
	}
	return n
}

// inputRecord is a line of the file that a job reads.
type inputRecord struct {
	RecordID   string `json:"recordId"`
	ModelInput raw    `json:"modelInput"`
}

// maxRequest bounds a request, in bytes: the body of InvokeModel has at most 25 MB.
const maxRequest = 25 << 20

// window is how many requests are in memory at once: those of a synthesis have some 500 KB each.
const window = 32

// calls reads the list of the calls of a job.
func (h *Handler) callsOf(ctx context.Context, request Request) ([]prompt.Call, error) {
	var calls []prompt.Call
	if err := h.read(ctx, claim.Object{Bucket: request.Output.Bucket, Key: request.Job.Calls}, &calls); err != nil {
		return nil, err
	}
	if len(calls) != request.Job.Records {
		return nil, failure.New(failure.InvalidRequest, "the job %s has %d records, its list %d calls", request.Job.Name, request.Job.Records, len(calls))
	}
	return calls, nil
}

// writeInput writes the file that a job reads, one request after another: whatever its size, some of it is in memory at a
// time. Written twice it is the same.
func (h *Handler) writeInput(ctx context.Context, request Request) (written Written, err error) {
	calls, err := h.callsOf(ctx, request)
	if err != nil {
		return written, err
	}
	where, err := objectOf(request.Job.Input)
	if err != nil {
		return written, err
	}
	file := &upload{api: h.S3, where: where}
	defer func() {
		if err != nil {
			file.abort(context.WithoutCancel(ctx))
		}
	}()
	for start := 0; start < len(calls); start += window {
		part := calls[start:min(start+window, len(calls))]
		lines := make([][]byte, len(part))
		group, groupContext := errgroup.WithContext(ctx)
		for i, call := range part {
			group.Go(function.Guarded(func() error {
				var err error
				lines[i], err = h.line(groupContext, recordID(start+i), call.Request)
				return err
			}))
		}
		if err := group.Wait(); err != nil {
			return written, err
		}
		for _, line := range lines {
			if err := file.write(ctx, line); err != nil {
				return written, claim.Failure(err, failure.InvalidRequest)
			}
			written.Records++
			written.Bytes += int64(len(line))
		}
	}
	return written, claim.Failure(file.close(ctx), failure.InvalidRequest)
}

// line makes the record of a request.
func (h *Handler) line(ctx context.Context, id, uri string) ([]byte, error) {
	where, err := objectOf(uri)
	if err != nil {
		return nil, err
	}
	body, err := claim.Get(ctx, h.S3, where, maxRequest)
	if err != nil {
		return nil, claim.Failure(err, failure.ManifestNotFound)
	}
	line, err := json.Marshal(inputRecord{id, body.Data}) // in one line, whatever the request's form
	if err != nil {
		return nil, failure.New(failure.InvalidRequest, "%s is no JSON: %v", uri, err)
	}
	return append(line, '\n'), nil
}

// objectOf reads an s3:// URI.
func objectOf(uri string) (claim.Object, error) {
	rest, ok := strings.CutPrefix(uri, "s3://")
	bucket, key, found := strings.Cut(rest, "/")
	if !ok || !found || bucket == "" || key == "" {
		return claim.Object{}, failure.New(failure.InvalidRequest, "%q is not an S3 URI such as s3://bucket/key", uri)
	}
	return claim.Object{Bucket: bucket, Key: key}, nil
}

// upload writes an object in parts, so that it need not be in memory. What fits into one part is written as one.
type upload struct {
	api    S3API
	where  claim.Object
	buffer bytes.Buffer
	id     *string
	parts  []types.CompletedPart
}

// partBytes is the size of a part; S3 takes 5 MiB to 5 GiB, and 10,000 parts (Amazon S3 user guide, "Multipart upload
// limits").
const partBytes = 16 << 20

func (u *upload) write(ctx context.Context, data []byte) error {
	u.buffer.Write(data)
	if u.buffer.Len() < partBytes {
		return nil
	}
	return u.flush(ctx)
}

func (u *upload) flush(ctx context.Context) error {
	if u.id == nil {
		begun, err := u.api.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &u.where.Bucket, Key: &u.where.Key, ContentType: aws.String(typeJSONL)})
		if err != nil {
			return claim.ErrorOf("write", u.where, err)
		}
		u.id = begun.UploadId
	}
	number := aws.Int32(int32(len(u.parts)) + 1)
	out, err := u.api.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &u.where.Bucket, Key: &u.where.Key, UploadId: u.id, PartNumber: number, Body: bytes.NewReader(u.buffer.Bytes()),
	})
	if err != nil {
		return claim.ErrorOf("write", u.where, err)
	}
	u.parts = append(u.parts, types.CompletedPart{ETag: out.ETag, PartNumber: number})
	u.buffer.Reset()
	return nil
}

const typeJSONL = "application/jsonl"

func (u *upload) close(ctx context.Context) error {
	if u.id == nil {
		return claim.Put(ctx, u.api, u.where, typeJSONL, u.buffer.Bytes())
	}
	if u.buffer.Len() > 0 {
		if err := u.flush(ctx); err != nil {
			return err
		}
	}
	_, err := u.api.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &u.where.Bucket, Key: &u.where.Key, UploadId: u.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: u.parts},
	})
	if err != nil {
		return claim.ErrorOf("write", u.where, err)
	}
	return nil
}

// abort drops what was uploaded. Where that fails the bucket's lifecycle does.
func (u *upload) abort(ctx context.Context) {
	if u.id != nil {
		_, _ = u.api.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.where.Bucket, Key: &u.where.Key, UploadId: u.id})
	}
}
