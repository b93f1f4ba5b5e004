package flows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/quota"
)

// maxState is how large a state's input or output may be, whatever the document.
const maxState = 32 << 10

// The longest documents, with every call to a model failing, stay below 32 KiB and AWS's limits, whether a retry helps or not.
func TestPipelineLargestState(t *testing.T) {
	for _, chunks := range []int{prompt.MaxItems, prompt.MaxChunks} {
		for _, name := range []string{"BedrockRuntime.ServiceUnavailableException", "Bedrock.ServiceQuotaExceededException"} {
			if chunks == prompt.MaxChunks && name == "Bedrock.ServiceQuotaExceededException" {
				continue // without retries there is less of everything
			}
			w := newWorld(t, chunks)
			w.merges = [2]int{prompt.MaxMerges(1), prompt.MaxMerges(2)}
			w.fail = func(call *engine.Call, _ string, _ int) error {
				if strings.Contains(call.Resource, "bedrock") {
					return &engine.TaskError{Name: name, Cause: strings.Repeat("x", 32_000)}
				}
				return nil
			}
			x := w.run(flows.DocumentPipelineName, document)
			succeeded(t, x)
			if want := chunks + w.merges[0] + w.merges[1] + 3; len(w.written) != want {
				t.Errorf("%d errors are recorded; want %d", len(w.written), want)
			}
			if w.largest > maxState {
				t.Errorf("a state has %d bytes", w.largest)
			}
			if n := len(x.History); n > engine.DefaultHistoryEvents {
				t.Errorf("the history has %d events; AWS allows %d", n, engine.DefaultHistoryEvents)
			} else {
				t.Logf("%d chunks, %s: %d events, %d bytes, %v", chunks, name, n, w.largest, x.StopTime.Sub(x.StartTime))
			}
		}
	}
}

// What the functions can put into the state at once, with names as long as AWS has them, stays below 32 KiB.
func TestLongestNames(t *testing.T) {
	bucket := strings.Repeat("b", 63)
	output := claim.Output{Bucket: bucket, Prefix: "work/" + strings.Repeat("n", 80)}
	manifest, calls := output.Manifest(), output.Calls("analysis")
	extracted := extract.Result{
		Fence: bedrock.Fence("x"), Manifest: &manifest, ChunkCount: prompt.MaxChunks,
		Document: claim.Document{
			Bucket: bucket, Key: strings.Repeat("報", 341), Name: strings.Repeat("報", 341), VersionID: strings.Repeat("v", 64), ETag: strings.Repeat("e", 36),
			Title: strings.Repeat("題", 300), MediaType: strings.Repeat("m", 80), Format: "markdown", Language: "ja", Pages: 5_000, Characters: 16 << 20, Bytes: 100 << 20, SHA256: claim.SHA256(nil),
		},
	}
	for range extract.MaxWarnings {
		extracted.Warnings = append(extracted.Warnings, claim.Warning{Code: "attachment-unreadable", Message: strings.Repeat("x", extract.MaxStateWarnings/extract.MaxWarnings-20), Page: 5_000})
	}
	prepared := prompt.Result{Calls: &calls, Count: prompt.MaxItems, Concurrency: prompt.MaxItems}
	for i := range prompt.MaxItems {
		prepared.Items = append(prepared.Items, prompt.Call{
			Guarded: true, NotBefore: quota.Timestamp(time.Unix(1_800_000_000, 0)),
			Index: i, Request: output.Request("analysis", i, 0).URI(), Response: output.Response("analysis", i, 0).URI(), Error: strings.TrimPrefix(output.Fault("analysis", i).Key, claim.WorkPrefix),
		})
	}
	size := func(v any) int {
		data, err := encode(v)
		if err != nil {
			t.Fatal(err)
		}
		return len(value.Text(data))
	}
	items := size(prepared.Items)
	if items > prompt.MaxItemsBytes { // then they are left out
		items = prompt.MaxItemsBytes
		prepared.Items = nil
	}
	if n := size(extracted) + size(map[string]any{"calls": map[string]any{"Payload": prepared}}) + items; n > maxState {
		t.Errorf("a state can have %d bytes", n)
	} else {
		t.Logf("a state can have %d bytes", n)
	}
	if prompt.MaxChunks != extract.MaxChunks {
		t.Errorf("prompt takes %d chunks, extract makes %d", prompt.MaxChunks, extract.MaxChunks)
	}
	if combine.MaxStateOutput > maxState {
		t.Errorf("the output can have %d bytes", combine.MaxStateOutput)
	}
}
