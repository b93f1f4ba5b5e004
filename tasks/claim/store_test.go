package claim_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/internal/s3test"
)

func TestPutThenGet(t *testing.T) {
	server := s3test.Start(t, "b")
	ctx := context.Background()
	for _, key := range []string{"plain.txt", "with space+plus%25.txt", "日本語/報告書.pdf", "../up", "a//b"} {
		object := claim.Object{Bucket: "b", Key: key}
		if err := claim.Put(ctx, server.Client, object, claim.TypeText, []byte("of "+key)); err != nil {
			t.Fatal(err)
		}
		body, err := claim.Get(ctx, server.Client, object, 100)
		if err != nil || string(body.Data) != "of "+key || body.ETag == "" || strings.Contains(body.ETag, `"`) {
			t.Errorf("%s: got %+v, %v", key, body, err)
		}
		if _, contentType := server.Get(t, "b", key); contentType != claim.TypeText {
			t.Errorf("%s: content type %q", key, contentType)
		}
	}
	err := claim.Put(ctx, server.Client, claim.Object{Bucket: "b", Key: strings.Repeat("k", claim.MaxKey+1)}, claim.TypeText, nil)
	if err == nil || !strings.Contains(err.Error(), "1025 bytes; the limit of S3 is 1024") {
		t.Errorf("a key too long gives %v", err)
	}
}

func TestPutNewWritesOnce(t *testing.T) {
	server := s3test.Start(t, "b")
	object := claim.Object{Bucket: "b", Key: "results/a b.json"}
	for i, text := range []string{"first", "second"} {
		created, err := claim.PutNew(t.Context(), server.Client, object, claim.TypeText, []byte(text))
		if err != nil || created != (i == 0) {
			t.Errorf("%s: created %v, %v", text, created, err)
		}
	}
	if data, _ := server.Get(t, "b", object.Key); string(data) != "first" {
		t.Errorf("there is %q", data)
	}
	created, err := claim.PutNew(t.Context(), server.Client, claim.Object{Bucket: "none", Key: "k"}, claim.TypeText, nil)
	if created {
		t.Error("created in a bucket that is not there")
	}
	assertKind(t, err, claim.NotFound)
}

// What a log may have of an error names objects of the pipeline, never a document.
func TestStorageErrorLoggable(t *testing.T) {
	server := s3test.Start(t, "b")
	for _, c := range []struct {
		key, want string
	}{
		{"people/Ann Lee.pdf", "read s3://b/…: NoSuchKey"},
		{"results/people/Ann Lee.pdf/run-1.json", "read s3://b/…: NoSuchKey"},
		{"work/run-1/manifest.json", "read s3://b/work/run-1/manifest.json: NoSuchKey"},
		{"cache/ab/ab.json", "read s3://b/cache/ab/ab.json: NoSuchKey"},
	} {
		_, err := claim.Get(t.Context(), server.Client, claim.Object{Bucket: "b", Key: c.key}, 10)
		failed := claim.Failure(err, failure.DocumentNotFound)
		if got := failure.Detail(failed); got != c.want {
			t.Errorf("%s: got %q, want %q", c.key, got, c.want)
		}
		if !strings.Contains(failure.Message(failed), c.key) {
			t.Errorf("%s: the message is %q", c.key, failure.Message(failed))
		}
	}
	server.Put(t, "b", "people/Ann Lee.pdf", []byte("more than ten bytes"))
	_, err := claim.Get(t.Context(), server.Client, claim.Object{Bucket: "b", Key: "people/Ann Lee.pdf"}, 10)
	if got := failure.Detail(claim.Failure(err, "")); got != "read s3://b/…: too large" {
		t.Errorf("got %q", got)
	}
	err = claim.GetJSON(t.Context(), server.Client, claim.Object{Bucket: "b", Key: "people/Ann Lee.pdf"}, 100, new(int))
	if got := failure.Detail(claim.Failure(err, "")); got != "read s3://b/…: not the JSON that it should be" {
		t.Errorf("got %q", got)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err = claim.Get(ctx, server.Client, claim.Object{Bucket: "b", Key: "people/Ann Lee.pdf"}, 10)
	if got := failure.Detail(claim.Failure(err, "")); got != "read s3://b/…: the time ran out" {
		t.Errorf("got %q", got)
	}
}

// endless is an object without a declared length.
type endless struct{ read *int }

func (e endless) GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return &s3.GetObjectOutput{Body: io.NopCloser(readerFunc(func(p []byte) (int, error) {
		*e.read += len(p)
		return len(p), nil
	}))}, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// declared is an object that says its length; its body fails the test when it is read.
type declared struct {
	t    *testing.T
	size int64
}

func (d declared) GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return &s3.GetObjectOutput{ContentLength: aws.Int64(d.size), Body: io.NopCloser(readerFunc(func([]byte) (int, error) {
		d.t.Error("the body of an object that is too large was read")
		return 0, io.EOF
	}))}, nil
}

func TestReadingIsBounded(t *testing.T) {
	read := 0
	_, err := claim.Get(context.Background(), endless{&read}, claim.Object{Bucket: "b", Key: "k"}, 1<<20)
	assertKind(t, err, claim.TooLarge)
	if read > 2<<20 {
		t.Errorf("%d bytes were read of an object with a limit of %d", read, 1<<20)
	}
	_, err = claim.Get(context.Background(), declared{t, 1 << 50}, claim.Object{Bucket: "b", Key: "k"}, 1<<20)
	assertKind(t, err, claim.TooLarge)
	if !strings.Contains(err.Error(), "it has 1125899906842624 bytes; the limit is 1048576") {
		t.Errorf("the message is %q", err)
	}

	server := s3test.Start(t, "b")
	server.Put(t, "b", "exact", bytes.Repeat([]byte{'x'}, 64))
	if _, err := claim.Get(context.Background(), server.Client, claim.Object{Bucket: "b", Key: "exact"}, 64); err != nil {
		t.Errorf("an object as large as its limit: %v", err)
	}
	_, err = claim.Get(context.Background(), server.Client, claim.Object{Bucket: "b", Key: "exact"}, 63)
	assertKind(t, err, claim.TooLarge)
}

func TestErrorsOfS3(t *testing.T) {
	cases := []struct {
		status int
		code   string
		want   string
	}{
		{http.StatusNotFound, "NoSuchKey", failure.DocumentNotFound},
		{http.StatusNotFound, "NoSuchVersion", failure.DocumentNotFound},
		{http.StatusNotFound, "NoSuchBucket", failure.DocumentNotFound},
		{http.StatusNotFound, "SomethingNew", failure.DocumentNotFound},
		{http.StatusMethodNotAllowed, "MethodNotAllowed", failure.DocumentNotFound},
		{http.StatusForbidden, "AccessDenied", failure.AccessDenied},
		{http.StatusForbidden, "InvalidAccessKeyId", failure.AccessDenied},
		{http.StatusForbidden, "SomethingNew", failure.AccessDenied},
		{http.StatusForbidden, "InvalidObjectState", failure.InvalidRequest},
		{http.StatusForbidden, "RequestTimeTooSkewed", failure.StorageUnavailable},
		{http.StatusServiceUnavailable, "SlowDown", failure.StorageUnavailable},
		{http.StatusServiceUnavailable, "ServiceUnavailable", failure.StorageUnavailable},
		{http.StatusInternalServerError, "InternalError", failure.StorageUnavailable},
		{http.StatusBadRequest, "RequestTimeout", failure.StorageUnavailable},
		{http.StatusBadRequest, "ExpiredToken", failure.StorageUnavailable},
		{http.StatusConflict, "OperationAborted", failure.StorageUnavailable},
		{http.StatusTooManyRequests, "TooManyRequests", failure.StorageUnavailable},
		{http.StatusBadRequest, "InvalidArgument", failure.InvalidRequest},
		{http.StatusMovedPermanently, "PermanentRedirect", failure.InvalidRequest},
	}
	server := s3test.Start(t, "b")
	for _, c := range cases {
		t.Run(c.code, func(t *testing.T) {
			object := claim.Object{Bucket: "b", Key: "doc-" + c.code, VersionID: "v1"}
			server.Fail("GET /b/"+object.Key, s3test.Fault{Status: c.status, Code: c.code})
			server.Fail("PUT /b/"+object.Key, s3test.Fault{Status: c.status, Code: c.code})
			_, err := claim.Get(context.Background(), server.Client, object, 10)
			if err == nil || failure.Name(claim.Failure(err, failure.DocumentNotFound)) != c.want {
				t.Fatalf("got %v (%s), want %s", err, failure.Name(claim.Failure(err, failure.DocumentNotFound)), c.want)
			}
			for _, part := range []string{"s3://b/" + object.Key, "version v1", c.code} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the message does not name %q: %v", part, err)
				}
			}
			err = claim.Put(context.Background(), server.Client, object, claim.TypeText, []byte("x"))
			if failure.Name(claim.Failure(err, failure.DocumentNotFound)) != c.want {
				t.Errorf("writing: got %v, want %s", err, c.want)
			}
		})
	}
}

func TestNoAnswerOfS3IsUnavailable(t *testing.T) {
	server := s3test.Start(t, "b")
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := claim.Get(ended, server.Client, claim.Object{Bucket: "b", Key: "k"}, 10)
	assertKind(t, err, claim.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestReadManifestChecks(t *testing.T) {
	server := s3test.Start(t, "b")
	ctx := context.Background()
	document := claim.Document{SHA256: "aa"}
	good := claim.Manifest{Document: document, Chunks: []claim.Chunk{{Index: 0}, {Index: 1}}}
	cases := []struct {
		name   string
		change func(*claim.Manifest)
		want   string
	}{
		{"right", func(*claim.Manifest) {}, ""},
		{"other document", func(m *claim.Manifest) { m.Document.SHA256 = "bb" }, "SHA-256 bb"},
		{"no chunks", func(m *claim.Manifest) { m.Chunks = nil }, "has no chunks"},
		{"order", func(m *claim.Manifest) { m.Chunks = []claim.Chunk{{Index: 1}, {Index: 0}} }, "chunks[0].index is 1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			manifest := good
			c.change(&manifest)
			object := claim.Object{Bucket: "b", Key: c.name}
			if err := claim.PutJSON(ctx, server.Client, object, manifest); err != nil {
				t.Fatal(err)
			}
			_, err := claim.ReadManifest(ctx, server.Client, object, document)
			assertFailure(t, err, failure.InvalidRequest, c.want)
		})
	}
	_, err := claim.ReadManifest(ctx, server.Client, claim.Object{Bucket: "b", Key: "none"}, document)
	assertFailure(t, err, failure.ManifestNotFound, "there is no s3://b/none")
	_, err = claim.ReadManifest(ctx, server.Client, claim.Object{}, document)
	assertFailure(t, err, failure.InvalidRequest, "manifest is missing")
	server.Put(t, "b", "broken", []byte("{"))
	_, err = claim.ReadManifest(ctx, server.Client, claim.Object{Bucket: "b", Key: "broken"}, document)
	assertFailure(t, err, failure.InvalidRequest, "s3://b/broken")
}

func TestReadChunkChecksTheHash(t *testing.T) {
	server := s3test.Start(t, "b")
	server.Put(t, "b", "c", []byte("text"))
	chunk := claim.Chunk{Key: "c", SHA256: claim.SHA256([]byte("text"))}
	text, err := claim.ReadChunk(context.Background(), server.Client, "b", chunk)
	if err != nil || text != "text" {
		t.Fatalf("got %q, %v", text, err)
	}
	server.Put(t, "b", "c", []byte("other"))
	_, err = claim.ReadChunk(context.Background(), server.Client, "b", chunk)
	assertFailure(t, err, failure.InvalidRequest, "it was changed after extract wrote it")
}

func TestOutputCheck(t *testing.T) {
	cases := []struct {
		output *claim.Output
		want   string
	}{
		{nil, ""},
		{&claim.Output{Bucket: "b", Prefix: "work/run-1"}, ""},
		{&claim.Output{Bucket: "b", Prefix: "work/run-1/"}, ""},
		{&claim.Output{Prefix: "work/run-1"}, "output.bucket is missing"},
		{&claim.Output{Bucket: "s3://b", Prefix: "work/run-1"}, "bare name"},
		{&claim.Output{Bucket: "b"}, "output.prefix is missing"},
		{&claim.Output{Bucket: "b", Prefix: "work/"}, `output.prefix is "work/"`},
		{&claim.Output{Bucket: "b", Prefix: "run-1"}, `output.prefix is "run-1"`},
		{&claim.Output{Bucket: "b", Prefix: "work/a/b"}, `output.prefix is "work/a/b"`},
		{&claim.Output{Bucket: "b", Prefix: "results/a"}, `output.prefix is "results/a"`},
	}
	for _, c := range cases {
		assertFailure(t, c.output.Check(), failure.InvalidRequest, c.want)
	}
}

func TestLayout(t *testing.T) {
	for _, output := range []claim.Output{{Bucket: "b", Prefix: "work/run-1"}, {Bucket: "b", Prefix: "work/run-1/"}} {
		got := []string{
			output.Text().URI(), output.Manifest().URI(), output.Chunk(7).URI(), output.Request("analysis", 12, 0).URI(), output.Response("summary", 0, 0).URI(), output.Execution(),
			output.Request("merge1", 3, 2).URI(), output.Response("merge1", 3, 1).URI(), output.Fault("analysis", 7).URI(), output.Calls("analysis").URI(),
		}
		want := []string{
			"s3://b/work/run-1/text.txt", "s3://b/work/run-1/manifest.json", "s3://b/work/run-1/chunks/0007.txt",
			"s3://b/work/run-1/analysis/0012.request.json", "s3://b/work/run-1/summary/0000.response.json", "run-1",
			"s3://b/work/run-1/merge1/0003.repair2.request.json", "s3://b/work/run-1/merge1/0003.repair1.response.json",
			"s3://b/work/run-1/analysis/0007.error.json", "s3://b/work/run-1/analysis/calls.json",
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("got %s, want %s", got[i], want[i])
			}
		}
	}
	if name := (claim.Output{}).Execution(); name != "" {
		t.Errorf("no output has the execution %q", name)
	}
}

func TestRealVersion(t *testing.T) {
	if claim.RealVersion("null") != "" || claim.RealVersion("abc") != "abc" || claim.RealVersion("") != "" {
		t.Error(`"null" is the version of every object written without versions`)
	}
}

func assertKind(t *testing.T, err error, kind claim.Kind) {
	t.Helper()
	var storage *claim.StorageError
	if !errors.As(err, &storage) || storage.Kind != kind {
		t.Fatalf("got %v, want a storage error of kind %d", err, kind)
	}
}

// assertFailure wants the declared error name with a message that holds text, or no
// error when text is empty.
func assertFailure(t *testing.T, err error, name, text string) {
	t.Helper()
	if text == "" {
		if err != nil {
			t.Errorf("got %v, want no error", err)
		}
		return
	}
	if err == nil || failure.Name(err) != name || !strings.Contains(failure.Message(err), text) {
		t.Errorf("got %v, want %s with %q", err, name, text)
	}
}
