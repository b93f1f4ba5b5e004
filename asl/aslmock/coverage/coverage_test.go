package coverage_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock"
	"github.com/docflow-asl/docflow/asl/aslmock/coverage"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/graph"
)

var update = flag.Bool("update", false, "write golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("not as in %s (-want +got; -update writes it anew):\n%s", name, diff)
	}
}

// runs are executions that together reach everything in testdata/all.asl.json.
var runs = []struct {
	input string
	mocks []*aslmock.Mock
}{
	{`{"kind": "map", "items": [1, 2]}`, []*aslmock.Mock{aslmock.State("Inner").Throws("Once", "").Then().Returns(`1`), aslmock.State("Far").Returns(`1`)}},
	{`{"kind": "map", "items": [1]}`, []*aslmock.Mock{aslmock.State("Inner").Returns(`1`), aslmock.State("Far").Throws("E", "").Times(1).Then().Returns(`1`)}},
	{`{"kind": "parallel"}`, []*aslmock.Mock{aslmock.State("Left").Throws("Slow", "").Times(1).Then().Throws("Poison", ""), aslmock.State("Right").Returns(`1`)}},
	{`{"kind": "parallel"}`, []*aslmock.Mock{aslmock.State("Left").Never().Times(1).Then().Throws("Other", ""), aslmock.State("Right").Returns(`1`)}},
	{`{"kind": "parallel"}`, []*aslmock.Mock{aslmock.State("Left").Returns(`1`), aslmock.State("Right").Returns(`1`)}},
	{`{"kind": "none"}`, nil},
}

func load(t *testing.T) *aslmock.Definition {
	t.Helper()
	d, err := aslmock.Load("testdata/all.asl.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func run(t *testing.T, d *aslmock.Definition, i int, profile *coverage.Profile) {
	t.Helper()
	r, err := d.Run(t.Context(), aslmock.Input(runs[i].input), aslmock.NewMocks(runs[i].mocks...), aslmock.Cover(profile))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Unmocked) > 0 {
		t.Errorf("run %d: %v", i, r.Unmocked)
	}
}

func texts(t *testing.T, profiles ...*coverage.Profile) (text, js string) {
	t.Helper()
	var b, j bytes.Buffer
	if err := coverage.WriteText(&b, profiles...); err != nil {
		t.Fatal(err)
	}
	if err := coverage.WriteJSON(&j, profiles...); err != nil {
		t.Fatal(err)
	}
	return b.String(), j.String()
}

// Coverage grows with every run, and the runs reach everything: each run is needed.
func TestRuns(t *testing.T) {
	d := load(t)
	all := d.Coverage()
	for i := range runs {
		before := all.Total()
		run(t, d, i, all)
		after := all.Total()
		if after.Covered <= before.Covered || after.Of != before.Of {
			t.Errorf("run %d: %+v after %+v", i, after, before)
		}
	}
	if missing := all.MissingText(); missing != "" || all.Total().Percent() != 100 || !all.Total().Reaches(100) {
		t.Errorf("not all is covered: %s", missing)
	}
	for left := range runs {
		p := d.Coverage()
		for i := range runs {
			if i != left {
				run(t, d, i, p)
			}
		}
		if p.Total().Reaches(100) || p.Total().Percent() >= 100 {
			t.Errorf("without run %d everything is covered", left)
		}
	}
}

func TestReports(t *testing.T) {
	d := load(t)
	p := d.Coverage()
	run(t, d, 0, p)
	run(t, d, 2, p)
	other := coverage.New("other.asl.json", asl.ParseJSON("", []byte(`{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`)).Machine)
	other.Record(engine.Decision{Kind: engine.EnteredState, State: "/States/A"})
	other.Record(engine.Decision{Kind: engine.TookNext, State: "/States/A"}) // a Succeed has no transition
	text, js := texts(t, p, other)
	golden(t, "partly.txt", text)
	golden(t, "partly.json", js)
	if !json.Valid([]byte(js)) {
		t.Error("no JSON")
	}
	for name, draw := range map[string]func(graph.Options, *asl.Machine) string{"mmd": graph.Options.Mermaid, "dot": graph.Options.DOT, "svg": graph.Options.SVG} {
		golden(t, "partly."+name, draw(graph.Options{Marks: p.Marks()}, d.Machine))
	}
	none, _ := texts(t)
	if !strings.HasPrefix(none, "coverage") {
		t.Errorf("no profiles give %q", none)
	}
	again, againJSON := texts(t, p, other)
	if again != text || againJSON != js {
		t.Error("written differently the second time")
	}
}

func TestMerge(t *testing.T) {
	d := load(t)
	one, two, both := d.Coverage(), d.Coverage(), d.Coverage()
	run(t, d, 0, one)
	run(t, d, 2, two)
	run(t, d, 0, both)
	run(t, d, 2, both)
	if err := one.Merge(two); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(both.Items(), one.Items()); diff != "" {
		t.Errorf("-run in one profile +merged:\n%s", diff)
	}
	other := coverage.New("other.asl.json", asl.ParseJSON("", []byte(`{"States": {"A": {"Type": "Succeed"}}}`)).Machine)
	if err := one.Merge(other); err == nil || !strings.Contains(err.Error(), "they differ at /States/A") {
		t.Errorf("merging another definition's coverage: %v", err)
	}
}

func TestConcurrent(t *testing.T) {
	d := load(t)
	all, sum := d.Coverage(), d.Coverage()
	var wait sync.WaitGroup
	for i := range 60 {
		wait.Go(func() {
			own := d.Coverage()
			run(t, d, i%len(runs), all)
			run(t, d, i%len(runs), own)
			if err := sum.Merge(own); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if diff := cmp.Diff(all.Items(), sum.Items()); diff != "" {
		t.Errorf("-shared +merged:\n%s", diff)
	}
}

// A machine that was built, not parsed, has no positions.
func TestWithoutPositions(t *testing.T) {
	m := &asl.Machine{StartAt: "A", States: []asl.State{&asl.PassState{StateFields: asl.StateFields{Name: "A"}, Transition: asl.Transition{End: true}}}}
	p := coverage.New("built", m)
	if got, want := p.MissingText(), "built: not covered: state A\nbuilt: not covered: End of A\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if p := coverage.New("empty", &asl.Machine{}); !p.Total().Reaches(100) || p.Total().Percent() != 100 {
		t.Errorf("an empty machine: %+v", p.Total())
	}
}

func TestReaches(t *testing.T) {
	for _, test := range []struct {
		count   coverage.Count
		percent float64
		want    bool
	}{
		{coverage.Count{Covered: 999, Of: 1000}, 100, false},
		{coverage.Count{Covered: 999, Of: 1000}, 99.9, true},
		{coverage.Count{Covered: 1, Of: 3}, 33.34, false},
		{coverage.Count{Covered: 1, Of: 3}, 33.3, true},
		{coverage.Count{Covered: 0, Of: 3}, 0, true},
	} {
		if got := test.count.Reaches(test.percent); got != test.want {
			t.Errorf("%+v reaches %v: %v", test.count, test.percent, got)
		}
	}
}
