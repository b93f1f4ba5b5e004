package conformance

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// fixtures are recordings of our own, in the form in which those of AWS come.
func fixtures(t *testing.T) map[string]*Case {
	t.Helper()
	cases, err := LoadCases("testdata/cases")
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]*Case{}
	for _, c := range cases {
		m[strings.TrimSuffix(c.File, ".json")] = c
	}
	return m
}

// replayed is what an engine would give that does exactly what was recorded, with its JSON as text again.
func replayed(c *Case) *Produced {
	p := &Produced{Status: c.Status, Error: c.Error, Cause: c.Cause, HistoryLoaded: true}
	if c.Output != nil {
		p.Output = value.String(value.Text(c.Output))
	}
	for _, e := range c.History {
		for _, m := range e.Members() {
			details, ok := m.Value.(*value.Object)
			if !ok {
				continue
			}
			for _, d := range details.Members() {
				if d.Value.Kind() == value.KindObject && !strings.HasSuffix(d.Name, "Details") {
					details = details.With(d.Name, value.String(value.Text(d.Value)))
				}
			}
			e = e.With(m.Name, details)
		}
		p.History = append(p.History, e.With("timestamp", value.Number("1700000000.123")))
	}
	return p
}

func verdicts(r Result) [3]Verdict {
	return [3]Verdict{r.Levels[0].Verdict, r.Levels[1].Verdict, r.Levels[2].Verdict}
}

func TestRecordingEqualsItself(t *testing.T) {
	for name, c := range fixtures(t) {
		r := Compare(c, replayed(c), Options{})
		if verdicts(r) != [3]Verdict{Pass, Pass, Pass} {
			t.Errorf("%s: %+v", name, r)
		}
		// The order of hidden ids is not that of an execution.
		if hidden := name == "lostparallel"; r.Exact == hidden {
			t.Errorf("%s: exact is %v", name, r.Exact)
		}
	}
}

// withDetail changes a member of an event's details.
func withDetail(e *value.Object, name string, v value.Value) *value.Object {
	for _, m := range e.Members() {
		if details, ok := m.Value.(*value.Object); ok {
			return e.With(m.Name, details.With(name, v))
		}
	}
	return e
}

// answer gives two events of the fixture callback texts where the recording has the same placeholder.
func answer(p *Produced, submitted, succeeded string) {
	p.History[4] = withDetail(p.History[4], "output", value.String(`{"MessageId":"`+submitted+`","Sent":"date","Headers":{"h":"x"},"Checksum":"1"}`))
	p.History[5] = withDetail(p.History[5], "output", value.String(`{"Ack":"`+succeeded+`","Echo":"t","At":"received date by h"}`))
}

func TestMutations(t *testing.T) {
	none, l1, l2, l3 := [3]Verdict{Pass, Pass, Pass}, [3]Verdict{Fail, Fail, Fail}, [3]Verdict{Pass, Fail, Fail}, [3]Verdict{Pass, Pass, Fail}
	tests := []struct {
		name   string
		cases  string // which fixtures; empty is all
		mutate func(p *Produced)
		want   [3]Verdict
	}{
		{"another status", "", func(p *Produced) { p.Status = "ABORTED" }, l1},
		{"another output", "callback retriedmap lostparallel", func(p *Produced) { p.Output = value.String(`{"x":1}`) }, l1},
		{"no output", "callback retriedmap lostparallel", func(p *Produced) { p.Output = nil }, l1},
		{"an output too much", "failed", func(p *Produced) { p.Output = value.String("{}") }, l1},
		{"another error", "failed", func(p *Produced) { p.Error = value.String("S3.Other") }, l1},
		{"no error", "failed", func(p *Produced) { p.Error = nil }, l1},
		{"an error too much", "callback retriedmap lostparallel", func(p *Produced) { p.Error = value.String("x") }, l1},
		{"another cause", "failed", func(p *Produced) { p.Cause = value.String("No key") }, l1},
		{"hidden text in the cause", "failed", func(p *Produced) {
			p.Cause = value.String("No such key (request 1, host any, again 1)")
		}, none},
		{"hidden text that differs from itself", "failed", func(p *Produced) {
			p.Cause = value.String("No such key (request 1, host any, again 2)")
		}, l1},
		{"an output that is equal as JSON", "callback", func(p *Produced) {
			p.Output = value.String(strings.Replace(string(p.Output.(value.String)), "2.0", "2", 1))
		}, none},
		{"a number in a detail that is equal as JSON", "callback", func(p *Produced) {
			p.History[1] = withDetail(p.History[1], "input", value.String(`{"address":"ops@example.com","pages":[1,2]}`))
		}, l3},
		{"no history", "", func(p *Produced) { p.History, p.HistoryLoaded = nil, false }, l2},
		{"an event less", "", func(p *Produced) { p.History = slices.Delete(p.History, 1, 2) }, l2},
		{"the last event is missing", "", func(p *Produced) { p.History = p.History[:len(p.History)-1] }, l2},
		{"an event twice", "", func(p *Produced) { p.History = slices.Insert(p.History, 1, p.History[1]) }, l2},
		{"an event more at the end", "", func(p *Produced) { p.History = append(p.History, p.History[1]) }, l2},
		{"a state of another name", "", func(p *Produced) {
			p.History[1] = withDetail(p.History[1], "name", value.String("Other"))
		}, l2},
		{"an event of a region less", "retriedmap", func(p *Produced) { p.History = slices.Delete(p.History, 5, 6) }, l2},
		{"an event of a region in the other attempt", "retriedmap", func(p *Produced) {
			e := p.History[16]
			p.History = slices.Insert(slices.Delete(p.History, 16, 17), 20, e)
		}, l2},
		{"an iteration of another index", "retriedmap", func(p *Produced) {
			p.History[3] = withDetail(p.History[3], "index", value.Int(7))
		}, l2},
		{"a detail more", "", func(p *Produced) {
			p.History[1] = withDetail(p.History[1], "extra", value.Int(1))
		}, l3},
		{"a detail of a region changed", "retriedmap", func(p *Produced) {
			p.History[5] = withDetail(p.History[5], "input", value.String(`{"n":3}`))
		}, l3},
		{"another previous id", "", func(p *Produced) {
			last := len(p.History) - 1
			p.History[last] = p.History[last].With("previousEventId", value.Int(1))
		}, l3},
		{"another previous id in a region", "retriedmap", func(p *Produced) {
			p.History[6] = p.History[6].With("previousEventId", value.Int(3))
		}, l3},
		{"hidden texts, the same in all events", "callback", func(p *Produced) { answer(p, "m-1", "m-1") }, none},
		{"a hidden text that differs between events", "callback", func(p *Produced) { answer(p, "m-1", "m-2") }, l3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, c := range fixtures(t) {
				if test.cases != "" && !slices.Contains(strings.Fields(test.cases), name) {
					continue
				}
				p := replayed(c)
				test.mutate(p)
				if r := Compare(c, p, Options{}); verdicts(r) != test.want {
					t.Errorf("%s: %+v", name, r)
				} else if test.want != none && r.Reason() == "" {
					t.Errorf("%s: no reason", name)
				}
			}
		})
	}
}

// Concurrent events may come in another order, as long as each follows the same predecessor.
func TestReordering(t *testing.T) {
	c := fixtures(t)["retriedmap"]
	p := replayed(c)
	swap := func(i int) {
		a, b := p.History[i], p.History[i+1]
		aID, bID := get(a, "id"), get(b, "id")
		p.History[i], p.History[i+1] = b.With("id", aID), a.With("id", bID)
		for k, e := range p.History[i+2:] {
			switch previous := get(e, "previousEventId"); {
			case value.Equal(previous, aID):
				p.History[i+2+k] = e.With("previousEventId", bID)
			case value.Equal(previous, bID):
				p.History[i+2+k] = e.With("previousEventId", aID)
			}
		}
	}
	swap(3) // MapIterationStarted of 0 and 1
	swap(9) // LambdaFunctionStarted
	r := Compare(c, p, Options{})
	if verdicts(r) != [3]Verdict{Pass, Pass, Pass} || r.Exact {
		t.Errorf("%+v", r)
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		recorded, got string
		want          bool
	}{
		{"abc", "abc", true},
		{"abc", "abd", false},
		{"RequestId", "anything", true},
		{"requestid", "anything", false},
		{"<name>", "", true},
		{"a <x> c", "a b c", true},
		{"a <x> c", "a b", false},
		{"<x:1>-<x:1>", "ab-ab", true},
		{"<x:1>-<x:1>", "ab-ac", false},
		{"<x:1>-<x:1>", "a-b-a-b", true},
		{"<x:1>-<y:1>", "a-b-c", true},
		{"<x>-<x>", "ab-ac", true},
		{"at date", "at 2024-02-29T01:02:03.004Z", true},
		{"at date", "at 2023-02-29T01:02:03.004Z", false},
		{"at date", "at noon", false},
		{"<x:1> at date", "me at 2024-02-29T01:02:03+01:00", true},
		{"activity_arn", "arn:aws:states:us-east-1:1:activity:a", true},
		{"activity_arn", "a", false},
		{"queue_url", "https://example.com", true},
		{"<not a placeholder>", "x", false},
		{"(.*)<x>", "(.*)y", true},
		{"(.*)<x>", "ay", false},
		{"<x>", "two\nlines", true},
	}
	for _, test := range tests {
		if got := (bindings{}).match(test.recorded, test.got); got != test.want {
			t.Errorf("%q with %q: got %v", test.recorded, test.got, got)
		}
	}
	b := bindings{}
	if !b.match("<x:1>", "a.b") || b.match("<x:1>", "aXb") || !b.match("<x:1>!", "a.b!") {
		t.Error("a bound placeholder stands for another text")
	}
}

func TestDiff(t *testing.T) {
	tests := []struct {
		want, got string
		strict    bool
		equal     bool
	}{
		{`1`, `1.0`, false, true},
		{`1`, `1.0`, true, false},
		{`1.0`, `1.00`, true, true},
		{`true`, `1`, false, false},
		{`null`, `null`, true, true},
		{`null`, `false`, true, false},
		{`{"a": 1, "b": 2}`, `{"b": 2, "a": 1}`, true, true},
		{`{"a": 1}`, `{"a": 1, "b": 2}`, true, false},
		{`{"a": 1, "b": 2}`, `{"a": 1}`, true, false},
		{`[1, 2]`, `[2, 1]`, true, false},
		{`[1, 2]`, `[1]`, true, false},
		{`{"a": {"b": "{\"c\": [1]}"}}`, `{"a": "{\"b\": {\"c\": \"[1]\"}}"}`, true, true},
		{`"[1, 2]"`, `"[1,2]"`, true, true},
		{`"1"`, `1`, true, true},
		{`"x"`, `1`, true, false},
		{`"<x>"`, `{"a": 1}`, true, true},
		{`5`, `"5"`, true, true},
		{`5`, `"five"`, true, false},
		{`{"timestamp": "timestamp"}`, `{"timestamp": 12.5}`, true, true},
		{`{"lastTimestamp": "timestamp"}`, `{"lastTimestamp": [1]}`, true, true},
		{`{"<k:1>": 1, "v": "<k:1>"}`, `{"key": 1, "v": "key"}`, true, true},
		{`{"<k:1>": 1, "v": "<k:1>"}`, `{"key": 1, "v": "other"}`, true, false},
	}
	for _, test := range tests {
		reason := bindings{}.diff(value.MustParse(test.want), value.MustParse(test.got), "$", test.strict)
		if (reason == "") != test.equal {
			t.Errorf("%s with %s (strict %v): %q", test.want, test.got, test.strict, reason)
		}
	}
}

func TestSkip(t *testing.T) {
	event := func(text string) []*value.Object { return []*value.Object{value.MustParse(text).(*value.Object)} }
	tests := []struct{ path, want string }{
		{"$..events[0].id", `{"type":"T","d":{"input":{"h":{"id":2},"list":[{"h":3}]}}}`},
		{"$..id", `{"type":"T","d":{"input":{"h":{},"list":[{"h":3}]}}}`},
		{"$..h", `{"id":1,"type":"T","d":{"input":{"list":[{}]}}}`},
		{"$..events..list[0]", `{"id":1,"type":"T","d":{"input":{"h":{"id":2},"list":[null]}}}`},
		{"$..list[*].h", `{"id":1,"type":"T","d":{"input":{"h":{"id":2},"list":[{}]}}}`},
		{"$.other", `{"id":1,"type":"T","d":{"input":{"h":{"id":2},"list":[{"h":3}]}}}`},
	}
	for _, test := range tests {
		got := skip(event(`{"id":1,"type":"T","d":{"input":"{\"h\":{\"id\":2},\"list\":[{\"h\":3}]}"}}`), []string{test.path})
		if len(got) != 1 || value.Text(got[0]) != test.want {
			t.Errorf("%s: got %v, want %s", test.path, value.Text(got[0]), test.want)
		}
	}
	if got := skip(event(`{"id":1}`), []string{"$..events"}); len(got) != 0 {
		t.Errorf("$..events left %v", got)
	}
	c := fixtures(t)["callback"]
	p := replayed(c)
	p.History[2] = withDetail(p.History[2], "timeoutInSeconds", value.Int(9))
	c.SkipPaths = []string{"$..timeoutInSeconds"}
	if r := Compare(c, p, Options{}); r.Levels[2].Verdict != Fail {
		t.Errorf("without skipping: %+v", r)
	}
	if r := Compare(c, p, Options{SkipPaths: true}); r.Levels[2].Verdict != Pass {
		t.Errorf("with skipping: %+v", r)
	}
}

// The engine, fed with the recorded answers, does what was recorded.
func TestReplay(t *testing.T) {
	for name, c := range fixtures(t) {
		program, err := engine.Compile(asl.Parse("", []byte(Source(c.Definition))).Machine)
		if err != nil {
			t.Fatal(err)
		}
		replay := NewReplay(c)
		x, err := program.Run(context.Background(), value.MustParse(Source(c.Input)), engine.Options{Seed: 1, Tasks: engine.Handlers{"*": replay}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := FromExecution(x)
		if err != nil {
			t.Fatal(err)
		}
		if r := Compare(c, p, Options{}); verdicts(r) != [3]Verdict{Pass, Pass, Pass} || len(replay.Notes()) > 0 {
			t.Errorf("%s: %+v %v", name, r, replay.Notes())
		}
		again, err := ParseProduced(p.JSON())
		if err != nil {
			t.Fatal(err)
		}
		if r := Compare(c, again, Options{}); verdicts(r) != [3]Verdict{Pass, Pass, Pass} {
			t.Errorf("%s, printed and parsed: %+v", name, r)
		}
	}
}

func TestReplayFallsBack(t *testing.T) {
	one, two := value.Number("1"), value.Number("2")
	c := &Case{
		Calls: []TaskCall{{State: "A", Input: one, Answer: Answer{Return: one}}, {State: "A", Input: two, Answer: Answer{Never: true}}},
		Mocks: map[string][]Answer{"A": {{}, {}, {Throw: &Throw{Cause: value.String("c")}}}},
	}
	r := NewReplay(c)
	handle := func(input value.Value) (value.Value, error) {
		return r.Handle(context.Background(), &engine.Call{State: "A", Input: input})
	}
	if _, err := handle(two); err != engine.ErrNoAnswer {
		t.Errorf("the call with 2: %v", err)
	}
	if v, err := handle(value.Number("3")); v != one || err != nil {
		t.Errorf("a call with another input: %v, %v", v, err)
	}
	if _, err := handle(one); err == nil || err.Error() != ": c" {
		t.Errorf("the third call, from the mocks: %v", err)
	}
	if _, err := handle(one); err == nil || !strings.Contains(err.Error(), "no answer was recorded") {
		t.Errorf("the fourth call: %v", err)
	}
	if notes := r.Notes(); len(notes) != 2 || notes[0] != "A: input: want 1, got 3" || notes[1] != "A: call 4 was not recorded" {
		t.Errorf("notes: %q", notes)
	}
}

func TestTable(t *testing.T) {
	table := NewTable()
	pass, fail := Level{Pass, ""}, Level{Fail, "why\nso"}
	table.Add(&Case{File: "1", Tier: "A", Category: "x"}, Result{Levels: [3]Level{pass, pass, fail}})
	table.Add(&Case{File: "2", Tier: "A", Category: "y"}, Result{Levels: [3]Level{pass, {}, {}}})
	table.Add(&Case{File: "3", Tier: "B", Category: "x", Status: "FAILED"}, Missed(&Case{Status: "FAILED"}, "panic"))
	want := strings.Join([]string{
		"tier  category  cases  L1   L2   L3",
		"A     x         1      1/1  1/1  0/1",
		"A     y         1      1/1  -    -",
		"A     all       2      2/2  1/1  0/1",
		"B     x         1      0/1  -    -",
		"B     all       1      0/1  -    -",
	}, "\n") + "\n"
	if got := table.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := strings.Join(table.Misses(), "|"); got != "1 A  x: L3: why so|3 B  x: L1: panic" {
		t.Errorf("misses: %s", got)
	}
}
