package mapdata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
)

const (
	putObject = "arn:aws:states:::s3:putObject"
	runArn    = "arn:aws:states:us-west-2:123456789012:mapRun:machine/label:aa20636e-1998-441b-838a-2a013b51cfb9"
)

func text(s string) *string { return &s }

func execution(status, name, input, output string) Execution {
	x := Execution{
		Status: status, Input: value.MustParse(input), Name: name,
		ExecutionArn:    "arn:aws:states:us-west-2:123456789012:execution:machine/label:" + name,
		StateMachineArn: "arn:aws:states:us-west-2:123456789012:stateMachine:machine/label",
		Start:           time.Date(2026, 9, 23, 22, 58, 45, 90_000_000, time.UTC),
		Stop:            time.Date(2026, 9, 23, 22, 58, 46, 0, time.UTC),
	}
	if output != "" {
		x.Output = value.MustParse(output)
	}
	return x
}

func results() []Execution {
	failed := execution(Failed, "n2", `2`, "")
	failed.Error, failed.Cause = text("OwnedItemFailure"), text("intentional")
	timedOut := execution(TimedOut, "n3", `3`, "")
	timedOut.Error = text("States.Timeout")
	return []Execution{
		execution(Succeeded, "n0", `{"index":0}`, `[10, {"copy":10}]`), execution(Succeeded, "n1", `"one"`, `"two"`),
		failed, timedOut,
		{Status: Pending, Input: value.MustParse(`{"index":4}`)},
	}
}

// The entries of result files, in the form of captures of September 2026.
const (
	entrySucceeded = `{"ExecutionArn":"arn:aws:states:us-west-2:123456789012:execution:machine/label:n0","Input":"{\"index\":0}",` +
		`"InputDetails":{"Included":true},"Name":"n0","Output":"[10, {\"copy\":10}]","OutputDetails":{"Included":true},"RedriveCount":0,` +
		`"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven",` +
		`"StartDate":"2026-09-23T22:58:45.090Z","StateMachineArn":"arn:aws:states:us-west-2:123456789012:stateMachine:machine/label",` +
		`"Status":"SUCCEEDED","StopDate":"2026-09-23T22:58:46Z"}`
	entryFailed = `{"Cause":"intentional","Error":"OwnedItemFailure","ExecutionArn":"arn:aws:states:us-west-2:123456789012:execution:machine/label:n2",` +
		`"Input":"2","InputDetails":{"Included":true},"Name":"n2","OutputDetails":{"Included":true},"RedriveCount":0,` +
		`"RedriveStatus":"REDRIVABLE_BY_MAP_RUN","StartDate":"2026-09-23T22:58:45.090Z",` +
		`"StateMachineArn":"arn:aws:states:us-west-2:123456789012:stateMachine:machine/label","Status":"FAILED","StopDate":"2026-09-23T22:58:46Z"}`
	entryPending = `{"Input":"{\"index\":4}","InputDetails":{"Included":true},"Status":"PENDING"}`
)

func TestExecutionValue(t *testing.T) {
	all := results()
	for i, want := range map[int]string{0: entrySucceeded, 2: entryFailed, 4: entryPending} {
		if diff := cmp.Diff(want, value.Text(all[i].Value())); diff != "" {
			t.Error(diff)
		}
	}
	redriven := all[2]
	redriven.RedriveCount, redriven.RedriveStatus, redriven.RedriveStatusReason = 1, "NOT_REDRIVABLE", "because"
	if got := value.Text(redriven.Value()); !strings.Contains(got, `"RedriveCount":1,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"because"`) {
		t.Error(got)
	}
}

func TestWrite(t *testing.T) {
	m := &Memory{}
	m.CreateBucket("results")
	w := Writer{Resource: putObject, Parameters: value.MustParse(`{"Bucket": "results", "Prefix": "some/jobs"}`)}
	written, err := w.Write(t.Context(), m, runArn, slices.Values(results()))
	if err != nil {
		t.Fatal(err)
	}
	const folder = "some/jobs/aa20636e-1998-441b-838a-2a013b51cfb9/"
	want := `{"MapRunArn":"` + runArn + `","ResultWriterDetails":{"Bucket":"results","Key":"` + folder + `manifest.json"}}`
	if diff := cmp.Diff(want, value.Text(written.Value)); diff != "" {
		t.Error(diff)
	}
	get := func(name string) string {
		body, ok := m.Bytes("results", folder+name)
		if !ok {
			t.Errorf("no %s", name)
		}
		return string(body)
	}
	for name, want := range map[string]string{
		"FAILED_0.json": "[" + entryFailed + ",", "SUCCEEDED_0.json": "[" + entrySucceeded + ",", "PENDING_0.json": "[" + entryPending + "]",
	} {
		if got := get(name); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "}]") {
			t.Errorf("%s: %s", name, got)
		}
	}
	manifest := fmt.Sprintf(`{"DestinationBucket":"results","MapRunArn":"%s","ResultFiles":{"FAILED":[{"Key":"%sFAILED_0.json","Size":%d}],`+
		`"PENDING":[{"Key":"%sPENDING_0.json","Size":%d}],"SUCCEEDED":[{"Key":"%sSUCCEEDED_0.json","Size":%d}]}}`,
		runArn, folder, len(get("FAILED_0.json")), folder, len(get("PENDING_0.json")), folder, len(get("SUCCEEDED_0.json")))
	if diff := cmp.Diff(manifest, get("manifest.json")); diff != "" {
		t.Error(diff)
	}
}

func TestWriteForms(t *testing.T) {
	for _, test := range []struct {
		transformation, output string
		file, want             string
	}{
		{"FLATTEN", "JSONL", "SUCCEEDED_0.jsonl", "10\n{\"copy\":10}\n\"two\"\n"}, // the first two lines as captured
		{"COMPACT", "JSONL", "SUCCEEDED_0.jsonl", "[10, {\"copy\":10}]\n\"two\"\n"},
		{"FLATTEN", "JSON", "SUCCEEDED_0.json", `[10,{"copy":10},"two"]`},
		{"COMPACT", "", "SUCCEEDED_0.json", `[[10, {"copy":10}],"two"]`},
		{"COMPACT", "JSONL", "PENDING_0.jsonl", entryPending + "\n"},
		{"NONE", "JSONL", "PENDING_0.jsonl", entryPending + "\n"},
	} {
		t.Run(test.transformation+" "+test.output, func(t *testing.T) {
			m := &Memory{}
			m.CreateBucket("b")
			w := Writer{Resource: putObject, Parameters: value.MustParse(`{"Bucket": "b"}`), Transformation: test.transformation, OutputType: test.output}
			if _, err := w.Write(t.Context(), m, runArn, slices.Values(results())); err != nil {
				t.Fatal(err)
			}
			got, _ := m.Bytes("b", "aa20636e-1998-441b-838a-2a013b51cfb9/"+test.file)
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A line stays one line, though the data keeps the white space of its source.
func TestWriteLines(t *testing.T) {
	m := &Memory{}
	m.CreateBucket("b")
	w := Writer{Resource: putObject, Parameters: value.MustParse(`{"Bucket": "b"}`), Transformation: "COMPACT", OutputType: "JSONL"}
	x := execution(Succeeded, "n", `1`, "{\n  \"a\": \"x\\ny\"\n}")
	if _, err := w.Write(t.Context(), m, runArn, slices.Values([]Execution{x})); err != nil {
		t.Fatal(err)
	}
	got, _ := m.Bytes("b", "aa20636e-1998-441b-838a-2a013b51cfb9/SUCCEEDED_0.jsonl")
	if diff := cmp.Diff("{\"a\":\"x\\ny\"}\n", string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestWriteNothing(t *testing.T) {
	m := &Memory{}
	m.CreateBucket("b")
	w := Writer{Resource: putObject, Parameters: value.MustParse(`{"Bucket": "b", "Prefix": "p/"}`)}
	if _, err := w.Write(t.Context(), m, runArn, slices.Values[[]Execution](nil)); err != nil {
		t.Fatal(err)
	}
	got, _ := m.Bytes("b", "p/aa20636e-1998-441b-838a-2a013b51cfb9/manifest.json")
	want := `{"DestinationBucket":"b","MapRunArn":"` + runArn + `","ResultFiles":{"FAILED":[],"PENDING":[],"SUCCEEDED":[]}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// Files are split by size, and hold all results in order.
func TestWriteSplits(t *testing.T) {
	for _, output := range []string{"JSON", "JSONL"} {
		m := &Memory{}
		m.CreateBucket("b")
		var all []Execution
		var want []string
		for i := range 100 {
			want = append(want, fmt.Sprintf("%q", strings.Repeat("x", i%30)))
			all = append(all, execution(Succeeded, "n", `1`, want[i]))
		}
		all[50].Output = value.String(strings.Repeat("y", 300)) // more than a file may have: it gets one of its own
		want[50] = value.Text(all[50].Output)
		w := Writer{
			Resource: putObject, Parameters: value.MustParse(`{"Bucket": "b"}`), Transformation: "COMPACT", OutputType: output,
			Limits: Limits{ResultFile: 200},
		}
		if _, err := w.Write(t.Context(), m, runArn, slices.Values(all)); err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := 0; ; i++ {
			body, ok := m.Bytes("b", fmt.Sprintf("aa20636e-1998-441b-838a-2a013b51cfb9/SUCCEEDED_%d.%s", i, strings.ToLower(output)))
			if !ok {
				break
			}
			if len(body) > 200 && !strings.Contains(string(body), "yyy") {
				t.Errorf("file %d has %d bytes", i, len(body))
			}
			lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
			if output == "JSON" {
				lines = nil
				for _, item := range value.MustParse(string(body)).(*value.Array).Items() {
					lines = append(lines, value.Text(item))
				}
			}
			got = append(got, lines...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(output, diff)
		}
	}
}

func TestResult(t *testing.T) {
	for transformation, want := range map[string]string{
		"COMPACT": `[[10, {"copy":10}],"two",` + entryPending + `]`,
		"FLATTEN": `[10,{"copy":10},"two",` + entryPending + `]`,
		"":        `[` + entrySucceeded + `,`,
	} {
		all := results()
		got, err := Writer{Transformation: transformation}.Result(slices.Values([]Execution{all[0], all[1], all[4]}))
		if err != nil || !strings.HasPrefix(value.Text(got), want) {
			t.Errorf("%s: %s %v", transformation, value.Text(got), err)
		}
	}
	if got, err := (Writer{Transformation: "COMPACT"}).Result(slices.Values[[]Execution](nil)); err != nil || value.Text(got) != "[]" {
		t.Error(got, err)
	}
}

// broken fails at the nth Put.
type broken struct {
	Memory
	n int
}

func (b *broken) Put(ctx context.Context, bucket, key string, body io.Reader) error {
	if b.n--; b.n < 0 {
		return errors.New("out of order")
	}
	return b.Memory.Put(ctx, bucket, key, body)
}

func TestWriteFailures(t *testing.T) {
	write := func(w Writer) error {
		m := &Memory{}
		_, err := w.Write(t.Context(), m, runArn, slices.Values(results()))
		return err
	}
	checkError(t, write(Writer{Resource: putObject, Parameters: value.MustParse(`{"Bucket": "b"}`)}), ErrorResultWriterFailed,
		"The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket): s3://b")
	checkError(t, write(Writer{Resource: putObject, Parameters: value.MustParse(`{}`)}), ErrorResultWriterFailed, "The field 'Bucket' is required but was missing")
	checkError(t, write(Writer{Resource: "x", Parameters: value.MustParse(`{}`)}), ErrorResultWriterFailed, "The ResultWriter's Resource must be arn:aws:states:::s3:putObject but was: x")
	checkError(t, write(Writer{Resource: putObject, Transformation: "x"}), ErrorResultWriterFailed, "WriterConfig.Transformation must be NONE, COMPACT or FLATTEN but was: x")
	checkError(t, write(Writer{Resource: putObject, OutputType: "x"}), ErrorResultWriterFailed, "WriterConfig.OutputType must be JSON or JSONL but was: x")
	_, err := Writer{Transformation: "x"}.Result(slices.Values(results()))
	checkError(t, err, ErrorResultWriterFailed, "WriterConfig.Transformation must be NONE, COMPACT or FLATTEN but was: x")

	for n := range 4 {
		b := &broken{n: n}
		b.CreateBucket("b")
		_, err := Writer{Resource: putObject, Parameters: value.MustParse(`{"Bucket": "b"}`)}.Write(t.Context(), b, runArn, slices.Values(results()))
		checkError(t, err, ErrorResultWriterFailed, "Out of order")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Writer{Resource: putObject, Parameters: value.MustParse(`{"Bucket": "b"}`)}).Write(ctx, &Memory{}, runArn, slices.Values(results())); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
