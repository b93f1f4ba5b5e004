package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

// vast stands for a bucket with the work on very many documents, of two chunks each: what is written is kept as its size.
type vast struct {
	S3API
	documents []byte // the list
	calls     []byte // of a job
	output    func() io.ReadCloser
	mu        sync.Mutex
	sizes     map[string]int
	writes    atomic.Int64
}

func (v *vast) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{}
	for _, name := range []string{
		"analysis/0000.request.json", "analysis/0001.request.json", "analysis/calls.json", "chunks/0000.txt", "chunks/0001.txt", "manifest.json", "text.txt",
	} {
		out.Contents = append(out.Contents, types.Object{Key: aws.String(*in.Prefix + name), Size: aws.Int64(20_000)})
	}
	return out, nil
}

func (v *vast) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	var body []byte
	switch {
	case strings.HasSuffix(*in.Key, "documents.json"):
		body = v.documents
	case strings.HasSuffix(*in.Key, "calls.json"):
		body = v.calls
	case strings.HasSuffix(*in.Key, ".out"):
		return &s3.GetObjectOutput{Body: v.output()}, nil
	case strings.HasSuffix(*in.Key, ".request.json"):
		body = []byte(`{"text":"` + strings.Repeat("x", 20_000) + `"}`)
	default:
		return nil, &types.NoSuchKey{}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(body)), ContentLength: aws.Int64(int64(len(body)))}, nil
}

func (v *vast) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	n, err := io.Copy(io.Discard, in.Body)
	v.writes.Add(1)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sizes[*in.Key] = int(n)
	return &s3.PutObjectOutput{}, err
}

func (v *vast) CreateMultipartUpload(context.Context, *s3.CreateMultipartUploadInput, ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	return &s3.CreateMultipartUploadOutput{UploadId: aws.String("1")}, nil
}

func (v *vast) UploadPart(_ context.Context, in *s3.UploadPartInput, _ ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	n, err := io.Copy(io.Discard, in.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sizes[*in.Key] += int(n)
	return &s3.UploadPartOutput{ETag: aws.String("e")}, err
}

func (v *vast) CompleteMultipartUpload(context.Context, *s3.CompleteMultipartUploadInput, ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	return &s3.CompleteMultipartUploadOutput{}, nil
}

// peak runs a function and returns the most memory that the heap had.
func peak(run func()) uint64 {
	runtime.GC()
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		most := uint64(0)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse+m.StackInuse)
			select {
			case <-stop:
				done <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	run()
	close(stop)
	return <-done
}

// The largest batch and the largest job, but for the time that S3 takes: the MemorySize of the function is for these.
func BenchmarkLargest(b *testing.B) {
	v := &vast{sizes: map[string]int{}}
	documents := make([]Document, MaxDocuments)
	for i := range documents {
		name := fmt.Sprintf("a-document-with-a-name-of-its-own-%040d", i)
		documents[i] = Document{Name: name, Bucket: "documents-of-somebody", Key: "a/folder/of/2026/" + name + ".pdf", Output: claim.Output{Bucket: results, Prefix: claim.WorkPrefix + name}}
	}
	calls := make([]prompt.Call, MaxRecords)
	for i := range calls {
		o := documents[i].Output
		calls[i] = prompt.Call{Request: o.Request("analysis", 0, 0).URI(), Response: o.Response("analysis", 0, 0).URI(), Error: documents[i].Name + "/analysis/0000.error.json"}
	}
	var err error
	if v.documents, err = json.Marshal(documents); err != nil {
		b.Fatal(err)
	}
	if v.calls, err = json.Marshal(calls); err != nil {
		b.Fatal(err)
	}
	documents, calls = nil, nil
	v.output = func() io.ReadCloser {
		r, w := io.Pipe()
		go func() {
			text := strings.Repeat("x", 20_000)
			for i := range MaxRecords {
				if _, err := fmt.Fprintf(w, `{"recordId":%q,"modelInput":{"text":%q},"modelOutput":%s}`+"\n", recordID(i), text, answerBody); err != nil {
					return
				}
			}
			w.Close() //nolint:errcheck // of a pipe, never fails
		}()
		return r
	}
	job := Job{Name: "j", Calls: "work/b/calls.json", Records: MaxRecords, Input: "s3://results/work/b/input.jsonl", Output: "s3://results/work/b/output/", Outcome: "b/outcome.json"}
	h := &Handler{S3: v, Check: &checks{seen: map[string]string{}}, MaxRead: 4 << 30}
	for name, request := range map[string]Request{
		"Plan":       {Step: Plan, Cursor: Cursor{Stage: Calls}},
		"WriteInput": {Step: WriteInput, Job: &job},
		"ReadOutput": {Step: ReadOutput, Job: &job, State: &JobState{JobArn: "x/abc", Status: Completed}},
	} {
		request.Output, request.Models = output, models
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				heap := peak(func() {
					result, err := h.Handle(context.Background(), request)
					if err != nil {
						b.Fatal(err)
					}
					b.Logf("%+v", result)
				})
				b.ReportMetric(float64(heap)/(1<<20), "MiB")
			}
		})
	}
}
