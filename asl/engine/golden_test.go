package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

var update = flag.Bool("update", false, "write what the engine does into testdata/run")

// start is when the executions of golden tests start; their histories give times from there on.
var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// mock is one answer of a task in a golden test.
type mock struct {
	Return    json.RawMessage
	Throw     *engine.TaskError
	Submit    json.RawMessage
	Elapse    float64   // seconds
	Beats     []float64 // seconds between heartbeats, before Elapse
	Never     bool
	WantInput json.RawMessage // checked when set
}

// mocks answers by state: the first call gets the first mock, the last mock answers all further calls.
type mocks struct {
	t     *testing.T
	mu    sync.Mutex
	calls map[string]int
	mocks map[string][]mock
}

func (m *mocks) Handle(_ context.Context, call *engine.Call) (value.Value, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.mocks[call.State]
	if len(list) == 0 {
		return nil, fmt.Errorf("no mock for state %s", call.State)
	}
	answer := list[min(m.calls[call.State], len(list)-1)]
	m.calls[call.State]++
	if answer.WantInput != nil && !value.Equal(call.Input, value.MustParse(string(answer.WantInput))) {
		m.t.Errorf("state %s got the input %s, want %s", call.State, value.Text(call.Input), answer.WantInput)
	}
	for _, beat := range answer.Beats {
		call.Elapse(time.Duration(beat * float64(time.Second)))
		call.Heartbeat()
	}
	call.Elapse(time.Duration(answer.Elapse * float64(time.Second)))
	if answer.Submit != nil {
		call.Submit(value.MustParse(string(answer.Submit)))
	}
	switch {
	case answer.Never:
		return nil, engine.ErrNoAnswer
	case answer.Throw != nil:
		return nil, answer.Throw
	}
	return value.Detach(value.MustParse(string(answer.Return))), nil
}

// TestGolden runs testdata/run/*.txtar: machine.json, input.json, mocks.json (optional, by state), s3/BUCKET/KEY (what there is to
// read) and history.txt, which holds the wanted result and history, and what the execution has written.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/run/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden tests", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string][]byte{}
			for _, f := range archive.Files {
				parts[f.Name] = f.Data
			}
			handler := &mocks{t: t, calls: map[string]int{}}
			if text := parts["mocks.json"]; text != nil {
				if err := json.Unmarshal(text, &handler.mocks); err != nil {
					t.Fatal(err)
				}
			}
			tasks := engine.Handlers{"*": handler}
			if bytes.Contains(archive.Comment, []byte("no handlers")) {
				tasks = nil
			}
			program := compile(t, string(parts["machine.json"]))
			input := strings.TrimSpace(string(parts["input.json"]))
			execute := func(tasks engine.Handlers) string {
				objects := storage(archive)
				opts := engine.Options{Name: "golden", Seed: 7, StartTime: start, Tasks: tasks}
				if objects != nil {
					opts.Objects = objects
				}
				return describe(t, run(t, program, input, opts)) + written(t, objects, archive)
			}
			got := execute(tasks)
			if again := execute(engine.Handlers{"*": &mocks{t: t, calls: map[string]int{}, mocks: handler.mocks}}); tasks != nil && again != got {
				t.Errorf("a second run differs:\n%s", cmp.Diff(got, again))
			}
			if *update {
				archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "history.txt" })
				archive.Files = append(archive.Files, txtar.File{Name: "history.txt", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(parts["history.txt"]); got != want {
				t.Errorf("-want +got:\n%s", cmp.Diff(want, got))
			}
			for state := range maps.Keys(handler.mocks) {
				if handler.calls[state] == 0 {
					t.Errorf("the mock of state %s was not used", state)
				}
			}
		})
	}
}

// storage holds the objects of a golden test; nil when it has none.
func storage(archive *txtar.Archive) *mapdata.Memory {
	var objects *mapdata.Memory
	for _, f := range archive.Files {
		bucket, key, ok := bucketAndKey(f.Name)
		if !ok {
			continue
		}
		if objects == nil {
			objects = &mapdata.Memory{Now: func() time.Time { return start }}
		}
		objects.Store(bucket, key, f.Data)
	}
	return objects
}

func bucketAndKey(name string) (bucket, key string, ok bool) {
	name, ok = strings.CutPrefix(name, "s3/")
	if ok {
		bucket, key, ok = strings.Cut(name, "/")
	}
	return bucket, key, ok
}

// written lists the objects that were not there before, with what they hold.
func written(t *testing.T, objects *mapdata.Memory, archive *txtar.Archive) string {
	if objects == nil {
		return ""
	}
	t.Helper()
	before := map[string]bool{}
	buckets := map[string]bool{}
	for _, f := range archive.Files {
		if bucket, _, ok := bucketAndKey(f.Name); ok {
			before[f.Name], buckets[bucket] = true, true
		}
	}
	var b strings.Builder
	for _, bucket := range slices.Sorted(maps.Keys(buckets)) {
		for o, err := range objects.List(context.Background(), mapdata.ListInput{Bucket: bucket}) {
			if err != nil {
				t.Fatal(err)
			}
			if name := "s3/" + bucket + "/" + o.Key; !before[name] {
				body, _ := objects.Bytes(bucket, o.Key)
				fmt.Fprintf(&b, "%s %s\n", name, body)
			}
		}
	}
	return b.String()
}

// describe writes a result and its history, one line an event: id < previous +seconds type details. Details are those of the
// event's JSON, without the members that say "not truncated".
func describe(t testing.TB, x *engine.Execution) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s after %v\n", x.Status, x.StopTime.Sub(x.StartTime))
	if x.Output != nil {
		fmt.Fprintf(&b, "output %s\n", value.Text(x.Output))
	}
	if x.Error != "" || x.Cause != "" {
		fmt.Fprintf(&b, "error %q cause %q\n", x.Error, x.Cause)
	}
	for i, e := range x.History {
		if e.ID != int64(i+1) || e.PreviousEventID >= e.ID {
			t.Errorf("event %d has id %d and previous %d", i+1, e.ID, e.PreviousEventID)
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		details := ""
		for _, m := range value.MustParse(string(text)).(*value.Object).Members() {
			if o, ok := m.Value.(*value.Object); ok {
				for _, name := range []string{"inputDetails", "outputDetails", "assignedVariablesDetails"} {
					o = o.Without(name)
				}
				details = " " + m.Name + " " + value.Text(o)
			}
		}
		fmt.Fprintf(&b, "%d<%d +%v %s%s\n", e.ID, e.PreviousEventID, e.Timestamp.Sub(x.StartTime).Seconds(), e.Type, details)
	}
	return b.String()
}
