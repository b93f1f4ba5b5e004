package metrics_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/tasks/metrics"
	"github.com/google/go-cmp/cmp"
	"github.com/xeipuuv/gojsonschema"
)

func newEmitter(w *bytes.Buffer) *metrics.Emitter {
	e := metrics.NewEmitter(w, "docflow-prod", "WARN")
	e.Now = func() time.Time { return time.Date(2026, 10, 9, 9, 30, 0, 123456789, time.UTC) }
	return e
}

// check holds a line against the specification: its schema, and that every member that it refers to is there with the right type.
func check(t *testing.T, line []byte) map[string]any {
	t.Helper()
	schema, err := os.ReadFile("testdata/emf.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(schema), gojsonschema.NewBytesLoader(line))
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range result.Errors() {
		t.Errorf("%s: %s", line, fault)
	}
	var members map[string]any
	if err := json.Unmarshal(line, &members); err != nil {
		t.Fatal(err)
	}
	var aws struct {
		CloudWatchMetrics []struct {
			Dimensions [][]string
			Metrics    []struct{ Name string }
		}
	}
	meta, err := json.Marshal(members["_aws"])
	if err == nil {
		err = json.Unmarshal(meta, &aws)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, directive := range aws.CloudWatchMetrics {
		for _, set := range directive.Dimensions {
			for _, name := range set {
				if value, ok := members[name].(string); !ok || value == "" || len(value) > 1024 {
					t.Errorf("the dimension %s is %v", name, members[name])
				}
			}
		}
		for _, m := range directive.Metrics {
			if _, ok := members[m.Name].(float64); !ok {
				t.Errorf("the metric %s is %v", m.Name, members[m.Name])
			}
		}
	}
	return members
}

func TestEmit(t *testing.T) {
	var out bytes.Buffer
	err := newEmitter(&out).Emit([]metrics.Metric{
		{Name: metrics.Documents, Unit: metrics.Count, Value: 1, By: metrics.Status, ByValue: "PARTIAL"},
		{Name: metrics.Pages, Unit: metrics.Count, Value: 12},
		{Name: metrics.Dollars, Unit: metrics.None, Value: 0.125},
	}, map[string]string{"requestId": "r-1"})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "\n") != 1 || !strings.HasSuffix(out.String(), "}\n") {
		t.Errorf("not one line: %q", out.String())
	}
	got := check(t, out.Bytes())
	want := map[string]any{
		"_aws": map[string]any{
			"Timestamp": 1791538200123.0,
			"CloudWatchMetrics": []any{
				map[string]any{
					"Namespace": "docflow", "Dimensions": []any{[]any{"Pipeline"}, []any{"Pipeline", "Status"}},
					"Metrics": []any{map[string]any{"Name": "Documents", "Unit": "Count"}},
				},
				map[string]any{
					"Namespace": "docflow", "Dimensions": []any{[]any{"Pipeline"}},
					"Metrics": []any{map[string]any{"Name": "Pages", "Unit": "Count"}, map[string]any{"Name": "Dollars", "Unit": "None"}},
				},
			},
		},
		"Pipeline": "docflow-prod", "Status": "PARTIAL", "Documents": 1.0, "Pages": 12.0, "Dollars": 0.125,
		"requestId": "r-1", "level": "WARN", "timestamp": "2026-10-09T09:30:00.123456789Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEmitRefuses(t *testing.T) {
	many := make([]metrics.Metric, metrics.MaxMetrics+1)
	for i := range many {
		many[i] = metrics.Metric{Name: strings.Repeat("n", i+1), Unit: metrics.Count}
	}
	for name, list := range map[string][]metrics.Metric{
		"too many":             many,
		"a name twice":         {{Name: "Pages", Unit: metrics.Count}, {Name: "Pages", Unit: metrics.Count}},
		"the name of a member": {{Name: "Pipeline", Unit: metrics.Count}},
		"no name":              {{Unit: metrics.Count}},
		"not a number":         {{Name: "Dollars", Unit: metrics.None, Value: math.NaN()}},
		"infinite":             {{Name: "Dollars", Unit: metrics.None, Value: math.Inf(1)}},
		"an empty dimension":   {{Name: "Documents", Unit: metrics.Count, By: "Status"}},
		"a dimension twice":    {{Name: "A", Unit: metrics.Count, By: "Status", ByValue: "x"}, {Name: "B", Unit: metrics.Count, By: "Status", ByValue: "y"}},
	} {
		var out bytes.Buffer
		if err := newEmitter(&out).Emit(list, nil); err == nil || out.Len() > 0 {
			t.Errorf("%s: error %v, written %s", name, err, out.String())
		}
	}
	var out bytes.Buffer
	if err := newEmitter(&out).Emit(many[:metrics.MaxMetrics], nil); err != nil {
		t.Error(err)
	}
	check(t, out.Bytes())
}

func TestNothingToEmit(t *testing.T) {
	var out bytes.Buffer
	if err := newEmitter(&out).Emit(nil, map[string]string{"requestId": "r-1"}); err != nil || out.Len() > 0 {
		t.Errorf("error %v, written %s", err, out.String())
	}
	var none *metrics.Emitter
	if err := none.Emit([]metrics.Metric{{Name: "Pages", Unit: metrics.Count}}, nil); err != nil {
		t.Error(err)
	}
}

type broken struct{}

var errBroken = errors.New("broken")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWriterFails(t *testing.T) {
	if err := metrics.NewEmitter(broken{}, "p", "INFO").Emit([]metrics.Metric{{Name: "Pages", Unit: metrics.Count}}, nil); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}
