package extract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/internal/s3test"
	"github.com/docflow-asl/docflow/tasks/metrics"
	"github.com/docflow-asl/docflow/tasks/text"
	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) {
	text.ServeWorker()
	code := m.Run()
	text.ReleasePDF()
	os.Exit(code)
}

const documents = "../../testdata/documents"

func start(t *testing.T) (*s3test.Server, *extract.Handler) {
	t.Helper()
	server := s3test.Start(t, "uploads", "results")
	return server, &extract.Handler{S3: server.Client, Log: slog.New(slog.DiscardHandler)}
}

// invoke calls the function as aws-lambda-go does.
func invoke(t *testing.T, h *extract.Handler, payload string) (extract.Result, error) {
	t.Helper()
	answer, err := h.Function().Invoke(context.Background(), []byte(payload))
	if err != nil {
		return extract.Result{}, err
	}
	var result extract.Result
	if err := json.Unmarshal(answer, &result); err != nil {
		t.Fatal(err)
	}
	return result, nil
}

// seer reads pictures as a model does.
type seer struct{}

func (seer) Recognize(ctx context.Context, _ text.Image) (string, error) {
	text.CountCall(ctx, 1_500, 400)
	return "A page that was read.", nil
}

func (seer) Name() string { return "global.a.model" }

// What reading pages with a model took is in the manifest, for each document its own.
func TestManifestHasWhatReadingPagesTook(t *testing.T) {
	for file, want := range map[string]*claim.Recognition{
		"scanned.pdf": {Model: "global.a.model", Calls: 1, InputTokens: 1_500, OutputTokens: 400}, "notes.md": nil,
	} {
		server, handler := start(t)
		handler.Text.OCR = seer{}
		data, err := os.ReadFile(filepath.Join(documents, file))
		if err != nil {
			t.Fatal(err)
		}
		server.Put(t, "uploads", file, data)
		if _, err := invoke(t, handler, `{"source": {"bucket": "uploads", "key": "`+file+`"}, "output": {"bucket": "results", "prefix": "work/run-1"}}`); err != nil {
			t.Fatal(err)
		}
		var manifest claim.Manifest
		server.GetJSON(t, "results", "work/run-1/manifest.json", &manifest)
		if want != nil {
			want.Calls, want.InputTokens, want.OutputTokens = len(manifest.Pages), 1_500*len(manifest.Pages), 400*len(manifest.Pages)
		}
		if diff := cmp.Diff(want, manifest.Recognition); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestEveryDocument(t *testing.T) {
	cases := []struct {
		file, format, language, failure string
	}{
		{"report-en.pdf", "pdf", "en", ""},
		{"report-ja.pdf", "pdf", "ja", ""},
		{"report-ja-noembed.pdf", "pdf", "ja", ""},
		{"long-en.pdf", "pdf", "en", ""},
		{"minutes.docx", "docx", "en", ""},
		{"memo-ja.docx", "docx", "ja", ""},
		{"page.html", "html", "en", ""},
		{"page-ja.html", "html", "ja", ""},
		{"notes.md", "markdown", "en", ""},
		{"letter-sjis.txt", "plain", "ja", ""},
		{"orders.csv", "csv", "", ""},
		{"injection.txt", "plain", "en", ""},
		{"empty.txt", "", "", failure.EmptyDocument},
		{"random.bin", "", "", failure.UnsupportedFormat},
		{"truncated.pdf", "", "", failure.CorruptDocument},
		{"encrypted.pdf", "", "", failure.EncryptedDocument},
		{"scanned.pdf", "", "", failure.NoText},
		{"bomb.docx", "", "", failure.LimitExceeded},
	}
	server, handler := start(t)
	handler.Chunks.MaxTokens = 2_000
	for i, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			data := server.PutFile(t, "uploads", "in/"+c.file, filepath.Join(documents, c.file))
			result, err := invoke(t, handler, fmt.Sprintf(`{"source":{"bucket":"uploads","key":"in/%s"},"output":{"bucket":"results","prefix":"work/run-%d"}}`, c.file, i))
			if c.failure != "" {
				if failure.Name(err) != c.failure || !strings.Contains(failure.Message(err), c.file) {
					t.Fatalf("got %v, want %s that names the file", err, c.failure)
				}
				if left := server.All(t, "results", fmt.Sprintf("work/run-%d/", i)); len(left) > 0 {
					t.Errorf("a refused document left %d objects", len(left))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			d := result.Document
			if d.Format != c.format || d.Language != c.language && c.language != "" || d.Name != c.file || d.Bytes != int64(len(data)) ||
				d.SHA256 != claim.SHA256(data) || d.Bucket != "uploads" || d.Key != "in/"+c.file || d.ETag == "" || d.Pages < 1 {
				t.Errorf("got %+v", d)
			}
			if result.ExtractedText != "" {
				t.Error("the text is in the result")
			}
			checkStored(t, server, claim.Output{Bucket: "results", Prefix: fmt.Sprintf("work/run-%d", i)}, result)
		})
	}
}

// checkStored holds everything in S3 together: the chunks cover the text, the manifest
// tells the truth about pages, chunks and fences.
func checkStored(t *testing.T, server *s3test.Server, output claim.Output, result extract.Result) {
	t.Helper()
	if *result.Manifest != output.Manifest() {
		t.Errorf("the manifest is at %+v", result.Manifest)
	}
	var manifest claim.Manifest
	server.GetJSON(t, "results", result.Manifest.Key, &manifest)
	if _, contentType := server.Get(t, "results", result.Manifest.Key); contentType != claim.TypeJSON {
		t.Errorf("the manifest has the content type %q", contentType)
	}
	whole, contentType := server.Get(t, "results", output.Text().Key)
	if contentType != claim.TypeText || !utf8.Valid(whole) || utf8.RuneCount(whole) != result.Document.Characters {
		t.Errorf("the text: %s, %d characters of %d", contentType, utf8.RuneCount(whole), result.Document.Characters)
	}
	if diff := cmp.Diff(result.Document, manifest.Document); diff != "" {
		t.Error(diff)
	}
	if manifest.Fence != bedrock.Fence(string(whole)) || result.Fence != manifest.Fence {
		t.Error("the fence is not that of the text")
	}
	if len(manifest.Pages) != result.Document.Pages || len(manifest.Chunks) != result.ChunkCount {
		t.Errorf("%d pages, %d chunks; the result says %d, %d", len(manifest.Pages), len(manifest.Chunks), result.Document.Pages, result.ChunkCount)
	}
	var joined []byte
	for i, chunk := range manifest.Chunks {
		part, contentType := server.Get(t, "results", chunk.Key)
		if chunk.Index != i || chunk.Start != len(joined) || chunk.End != len(joined)+len(part) || contentType != claim.TypeText ||
			chunk.SHA256 != claim.SHA256(part) || chunk.Fence != bedrock.Fence(string(part)) || chunk.EstimatedTokens < 1 ||
			chunk.FirstPage < 1 || chunk.LastPage < chunk.FirstPage || chunk.LastPage > len(manifest.Pages) {
			t.Errorf("chunk %d: %+v", i, chunk)
		}
		joined = append(joined, part...)
	}
	if !bytes.Equal(joined, whole) {
		t.Errorf("the chunks have %d bytes, the text %d", len(joined), len(whole))
	}
}

func TestSameExecutionWritesTheSameBytes(t *testing.T) {
	server, handler := start(t)
	handler.Chunks.MaxTokens = 1_000
	server.PutFile(t, "uploads", "long-en.pdf", filepath.Join(documents, "long-en.pdf"))
	payload := `{"bucket":"uploads","key":"long-en.pdf","output":{"bucket":"results","prefix":"work/run"}}`
	first, err := invoke(t, handler, payload)
	if err != nil {
		t.Fatal(err)
	}
	objects := server.All(t, "results", "work/")
	if len(objects) != first.ChunkCount+2 || first.ChunkCount < 10 {
		t.Fatalf("%d objects, %d chunks", len(objects), first.ChunkCount)
	}
	writes := server.Writes()
	if last := writes[len(writes)-1]; last != "/results/work/run/manifest.json" {
		t.Errorf("the last write is %s: the manifest must not be there before all else is", last)
	}
	second, err := invoke(t, handler, payload)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(objects, server.All(t, "results", "work/")); diff != "" {
		t.Error(diff)
	}
}

func TestFormsOfTheRequest(t *testing.T) {
	server, handler := start(t)
	server.Put(t, "uploads", "in box/日本+1.txt", []byte("The meeting went well and everybody was pleased."))
	direct := `{"bucket":"uploads","key":"in box/日本+1.txt"}`
	bridge := `{"version":"0","detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"uploads"},"object":{"key":"in box/日本+1.txt","version-id":"null"}}}`
	notification := `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"uploads"},"object":{"key":"in+box/%E6%97%A5%E6%9C%AC%2B1.txt","versionId":null}}}]}`
	var want extract.Result
	for i, payload := range []string{direct, bridge, notification, `{"source":` + direct + `}`, `{"source":` + bridge + `}`, `{"source":` + notification + `}`} {
		got, err := invoke(t, handler, payload)
		if err != nil {
			t.Errorf("%s: %v", payload, err)
			continue
		}
		if i == 0 {
			want = got
			if got.ExtractedText != "The meeting went well and everybody was pleased." || got.Fence != bedrock.Fence(got.ExtractedText) || got.Manifest != nil {
				t.Errorf("got %+v", got)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", payload, diff)
		}
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	server, handler := start(t)
	server.Put(t, "uploads", "k", []byte("text"))
	cases := []struct{ payload, want string }{
		{`"text"`, "it should be"},
		{`{}`, "names no object"},
		{`{"bucket":7,"key":"k"}`, "bucket is a number"},
		{`{"bucket":"uploads"}`, "key is missing"},
		{`{"bucket":"uploads","key":"k","output":{"bucket":"results"}}`, "output.prefix is missing"},
		{`{"bucket":"uploads","key":"k","output":{"bucket":"results","prefix":"elsewhere/x"}}`, `work/<execution name>`},
		{`{"source":{"name":"x"},"output":{"bucket":"results","prefix":"work/x"}}`, "names no object"},
		{`{"source":{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"{}"}]}}`, "SQS batch; it should name one object"},
		{`{"detail-type":"Object Deleted","detail":{"bucket":{"name":"uploads"},"object":{"key":"k"}}}`, `"Object Deleted"`},
		{`{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"1"}}},{"s3":{"bucket":{"name":"b"},"object":{"key":"2"}}}]}`, "names 2 objects; it should name one"},
	}
	for _, c := range cases {
		_, err := invoke(t, handler, c.payload)
		if failure.Name(err) != failure.InvalidRequest || !strings.Contains(failure.Message(err), c.want) {
			t.Errorf("%s\n got %v\nwant %s with %q", c.payload, err, failure.InvalidRequest, c.want)
		}
	}
}

func TestFailures(t *testing.T) {
	cases := []struct {
		name    string
		prepare func(*testing.T, *s3test.Server, *extract.Handler)
		output  bool
		want    string
		message string
	}{
		{"no object", func(*testing.T, *s3test.Server, *extract.Handler) {}, false, failure.DocumentNotFound, "s3://uploads/doc.txt"},
		{"denied", func(_ *testing.T, s *s3test.Server, _ *extract.Handler) {
			s.Fail("GET /uploads/doc.txt", s3test.Fault{Status: http.StatusForbidden, Code: "AccessDenied"})
		}, false, failure.AccessDenied, "s3:GetObject"},
		{"slow down", func(_ *testing.T, s *s3test.Server, _ *extract.Handler) {
			s.Fail("GET /uploads/doc.txt", s3test.Fault{Status: http.StatusServiceUnavailable, Code: "SlowDown"})
		}, false, failure.StorageUnavailable, "SlowDown"},
		{"write denied", func(t *testing.T, s *s3test.Server, _ *extract.Handler) {
			s.Put(t, "uploads", "doc.txt", []byte("some text"))
			s.Fail("PUT /results/work/run/chunks/0000.txt", s3test.Fault{Status: http.StatusForbidden, Code: "AccessDenied"})
		}, true, failure.AccessDenied, "s3:PutObject"},
		{"write fails", func(t *testing.T, s *s3test.Server, _ *extract.Handler) {
			s.Put(t, "uploads", "doc.txt", []byte("some text"))
			s.Fail("PUT /results/work/run/manifest.json", s3test.Fault{Status: http.StatusInternalServerError, Code: "InternalError"})
		}, true, failure.StorageUnavailable, "manifest.json"},
		{"too large to read", func(t *testing.T, s *s3test.Server, h *extract.Handler) {
			s.Put(t, "uploads", "doc.txt", []byte("some text"))
			h.Text.Limits.InputBytes = 8
		}, false, failure.LimitExceeded, "it has 9 bytes; the limit is 8"},
		{"too large to return", func(t *testing.T, s *s3test.Server, _ *extract.Handler) {
			s.Put(t, "uploads", "doc.txt", bytes.Repeat([]byte("All is well in the harbour today. "), 6_000))
		}, false, failure.TextTooLarge, "give an output"},
		{"too large to return once it is JSON", func(t *testing.T, s *s3test.Server, _ *extract.Handler) {
			s.Put(t, "uploads", "doc.txt", bytes.Repeat([]byte("a \"b\" <c> & d\n"), 9_000))
		}, false, failure.TextTooLarge, "the limit is 200000"},
		{"too many chunks", func(t *testing.T, s *s3test.Server, h *extract.Handler) {
			s.Put(t, "uploads", "doc.txt", bytes.Repeat([]byte("All is well in the harbour today. "), 6_000))
			h.Chunks.MaxTokens = 20
		}, true, failure.LimitExceeded, "the limit Chunks is 2000"},
		{"out of time", func(t *testing.T, s *s3test.Server, h *extract.Handler) {
			s.Put(t, "uploads", "doc.txt", []byte("some text"))
			h.Text.Limits.Time = time.Nanosecond
		}, false, failure.TimedOut, "Time"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server, handler := start(t)
			c.prepare(t, server, handler)
			payload := `{"bucket":"uploads","key":"doc.txt"`
			if c.output {
				payload += `,"output":{"bucket":"results","prefix":"work/run"}`
			}
			_, err := invoke(t, handler, payload+"}")
			if failure.Name(err) != c.want || !strings.Contains(failure.Message(err), c.message) {
				t.Errorf("got %v, want %s with %q", err, c.want, c.message)
			}
		})
	}
}

// The content that an event tells of is read, or none.
func TestReplacedDocument(t *testing.T) {
	const content = "some text" // MD5 below
	const eTag = "552e21cd4cd9918678e3c1a0df491bc3"
	for name, c := range map[string]struct{ payload, want string }{
		"the same":          {`{"bucket":"uploads","key":"doc.txt","eTag":"` + eTag + `"}`, ""},
		"quoted":            {`{"bucket":"uploads","key":"doc.txt","eTag":"\"` + eTag + `\""}`, ""},
		"not told":          {`{"bucket":"uploads","key":"doc.txt"}`, ""},
		"another":           {`{"bucket":"uploads","key":"doc.txt","eTag":"0123"}`, failure.DocumentReplaced},
		"another, in event": {`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"uploads"},"object":{"key":"doc.txt","etag":"0123"}}}`, failure.DocumentReplaced},
		"by the pipeline":   {`{"source":{"bucket":"uploads","key":"doc.txt","eTag":"0123"},"output":{"bucket":"results","prefix":"work/run"}}`, failure.DocumentReplaced},
	} {
		t.Run(name, func(t *testing.T) {
			server, handler := start(t)
			server.Put(t, "uploads", "doc.txt", []byte(content))
			result, err := invoke(t, handler, c.payload)
			if failure.Name(err) != c.want || c.want == "" && result.Document.ETag != eTag {
				t.Errorf("got %+v, %v", result.Document, err)
			}
			if c.want != "" && !strings.Contains(failure.Message(err), "s3://uploads/doc.txt: another upload has replaced the content with the entity tag 0123; its own is "+eTag) {
				t.Errorf("the error is %v", err)
			}
			if c.want != "" && len(server.Writes()) > 1 { // the upload
				t.Errorf("writes %v", server.Writes())
			}
		})
	}
}

// Every code of package text is an error that the function declares, so that a document
// never ends in an error that no state machine knows.
func TestErrorsOfTextAreDeclared(t *testing.T) {
	for _, code := range text.Codes() {
		if !extract.Errors().Declares(string(code)) {
			t.Errorf("%s is not declared", code)
		}
	}
	poison, transient := extract.Errors().Poison(), extract.Errors().Transient()
	for _, name := range transient {
		if slices.Contains(poison, name) {
			t.Errorf("%s is both", name)
		}
	}
}

func TestLargeMetadataStaysOutOfTheState(t *testing.T) {
	server, handler := start(t)
	page := "<html><head><title>" + strings.Repeat("題", 100_000) + "</title></head><body><p>The meeting went well.</p></body></html>"
	server.Put(t, "uploads", "page.html", []byte(page))
	result, err := invoke(t, handler, `{"bucket":"uploads","key":"page.html","output":{"bucket":"results","prefix":"work/run"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if n := utf8.RuneCountInString(result.Document.Title); n != 300 {
		t.Errorf("the title in the state has %d characters", n)
	}
}

func TestLogHasTheExecutionAndNoText(t *testing.T) {
	const canary = "Zanzibar nightingale ledger"
	server, handler := start(t)
	server.Put(t, "uploads", "good.txt", []byte("Something about the "+canary+" and more of it."))
	server.Put(t, "uploads", "good.csv", []byte("a,b\n\""+canary+",x\n"+canary+"\"y,\"z\n"))
	server.Put(t, "uploads", "good.html", []byte("<title>"+canary+"</title><p>"+canary+"</p>"))
	server.Put(t, "uploads", "bad.pdf", []byte("%PDF-1.7\n("+canary+")\n"))
	server.Put(t, "uploads", "bad.docx", append([]byte("PK\x03\x04"), canary...))
	server.Put(t, "uploads", "bad.xml", []byte("<?xml version='1.0'?><"+canary+">\x00\x01"))
	var log bytes.Buffer
	handler.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	succeeded, failed := 0, 0
	for _, key := range []string{"good.txt", "good.csv", "good.html", "bad.pdf", "bad.docx", "bad.xml"} {
		log.Reset()
		_, err := invoke(t, handler, fmt.Sprintf(`{"source":{"bucket":"uploads","key":%q},"output":{"bucket":"results","prefix":"work/run-7"}}`, key))
		if err != nil {
			failed++
			if strings.Contains(failure.Message(err), "nightingale") {
				t.Errorf("%s: the error tells the text: %v", key, err)
			}
		} else {
			succeeded++
		}
		if strings.Contains(log.String(), "nightingale") {
			t.Errorf("%s: the log tells the text: %s", key, log.String())
		}
		var line struct{ Execution, Bucket, Key, Function string }
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatalf("the log is not one line of JSON: %v: %s", err, log.String())
		}
		if line.Execution != "run-7" || line.Bucket != "uploads" || line.Key != "" || line.Function != "extract" {
			t.Errorf("%s: the log says %s", key, log.String())
		}
	}
	if succeeded < 3 || failed < 2 {
		t.Errorf("%d documents succeeded, %d failed: the test does not see both ways", succeeded, failed)
	}
}

// What is refused for good counts where a pipeline puts it into quarantine, and what may pass does not.
func TestMetrics(t *testing.T) {
	server, handler := start(t)
	server.Put(t, "uploads", "good.txt", []byte("The harbour grew."))
	server.Put(t, "uploads", "bad.pdf", []byte("%PDF-1.7\n"))
	server.Put(t, "uploads", "slow.txt", []byte("x"))
	server.Fail("GET /uploads/slow.txt", s3test.Fault{Status: http.StatusServiceUnavailable, Code: "SlowDown"})
	const pipeline = `,"output":{"bucket":"results","prefix":"work/run-7"}}`
	for payload, want := range map[string]string{
		`{"source":{"bucket":"uploads","key":"good.txt"}` + pipeline: `"Name":"ExtractMillis","Unit":"Milliseconds"`,
		`{"source":{"bucket":"uploads","key":"bad.pdf"}` + pipeline:  `"Quarantined":1,"Reason":"CorruptDocument"`,
		`{"source":{"bucket":"uploads","key":""}` + pipeline:         `"Quarantined":1,"Reason":"InvalidRequest"`,
		`{"source":{"bucket":"uploads","key":"slow.txt"}` + pipeline: "",
		`{"bucket":"uploads","key":"bad.pdf"}`:                       "",
		`{`:                                                          "",
	} {
		var out bytes.Buffer
		task := handler.Function()
		task.Observer = &function.Observer{Metrics: metrics.NewEmitter(&out, "prod", "INFO")}
		_, _ = task.Invoke(t.Context(), []byte(payload))
		if want == "" && out.Len() > 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%s counts %s", payload, out.String())
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"bucket":"b","key":"k","output":{"bucket":"r","prefix":"work/x"}}`))
	f.Add([]byte(`{"source":{"detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}}`))
	f.Add([]byte(`{"source":"aws.s3","Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"a+b"}}}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if _, err := extract.Decode(payload); err != nil && failure.Name(err) != failure.InvalidRequest {
			t.Errorf("the error is not declared: %v", err)
		}
	})
}
