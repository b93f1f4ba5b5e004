package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// choices is a stream of decisions that the fuzzer controls.
type choices struct{ data []byte }

func (c *choices) n(n int) int {
	if len(c.data) == 0 {
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return int(b) % n
}

func pick[T any](c *choices, list ...T) T { return list[c.n(len(list))] }

var (
	fuzzPaths      = []string{"$", "$.a", "$.b.c", "$[0]", "$.a[0]", "$['x']", "$$.State.Name", "$$", "$v", "$v.a"}
	fuzzAnyPaths   = append([]string{"$..a", "$.*", "$[*]", "$[1:]", "$[?(@.a > 1)]", "$.length()"}, fuzzPaths...)
	fuzzReferences = []string{"$", "$.a", "$.b.c", "$[0]", "$.a[0]", "$.new.deep"}
	fuzzErrors     = []string{"States.ALL", "States.TaskFailed", "States.Timeout", "E", "States.Runtime", "States.DataLimitExceeded"}
	fuzzValues     = []string{"null", "1", "-2.50", `"x"`, `[1, {"a": 2}]`, `{"a": [3], "b": {"c": "2030-01-01T00:00:00Z"}}`, "[]", "{}", "true"}
	fuzzIntrinsics = []string{"States.UUID()", "States.Format('{}', $.a)", "States.MathAdd($, 1)", "States.Array($, $$.Execution.Name)", "States.JsonToString($)", "States.MathRandom(1, 9)", "States.ArrayRange(1, 9, 2)", "States.StringSplit($.a)"}
)

type object = map[string]any

func (c *choices) value() any { return json.RawMessage(pick(c, fuzzValues...)) }

func (c *choices) template() any {
	o := object{}
	for range c.n(4) {
		key := fmt.Sprint("k", c.n(6))
		switch c.n(4) {
		case 0:
			o[key] = c.value()
		case 1:
			o[key+".$"] = pick(c, fuzzAnyPaths...)
		case 2:
			o[key+".$"] = pick(c, fuzzIntrinsics...)
		default:
			o[key] = []any{c.value(), object{"in.$": pick(c, fuzzPaths...)}}
		}
	}
	return o
}

// maybe sets a field now and then.
func (c *choices) maybe(o object, field string, v func() any) {
	if c.n(3) == 0 {
		o[field] = v()
	}
}

func (c *choices) path() any      { return pick(c, fuzzAnyPaths...) }
func (c *choices) reference() any { return pick(c, fuzzReferences...) }
func (c *choices) small() any     { return c.n(5) }

func (c *choices) rule() object {
	switch c.n(5) { // 0, which is what an empty stream gives, must not recurse
	case 4:
		return object{"And": []any{c.rule(), c.rule()}}
	case 3:
		return object{"Not": c.rule()}
	}
	operator := pick(c, asl.ComparisonOperators()...)
	rule := object{"Variable": pick(c, fuzzPaths...)}
	switch {
	case len(operator) > 4 && operator[len(operator)-4:] == "Path":
		rule[operator] = pick(c, fuzzPaths...)
	case operator[:2] == "Is":
		rule[operator] = c.n(2) == 0
	default:
		rule[operator] = c.value()
	}
	return rule
}

// graph makes a set of states whose transitions may go anywhere, backwards too.
func (c *choices) graph(depth int, names *int) object {
	count := 1 + c.n(4)
	own := make([]string, count)
	for i := range own {
		own[i] = fmt.Sprintf("S%d", *names)
		*names++
	}
	states := object{}
	for i, name := range own {
		s := object{}
		kind := c.n(8)
		if depth == 0 && kind >= 6 {
			kind -= 3
		}
		next := func() {
			if i == count-1 || c.n(3) == 0 {
				s["End"] = true
				return
			}
			s["Next"] = pick(c, own[min(i+1, count-1)], pick(c, own...))
		}
		c.maybe(s, "InputPath", c.path)
		c.maybe(s, "OutputPath", c.path)
		switch kind {
		case 0, 1:
			s["Type"] = "Pass"
			c.maybe(s, "Parameters", c.template)
			c.maybe(s, "Result", c.value)
			c.maybe(s, "ResultPath", c.reference)
			c.maybe(s, "Assign", func() any { return object{"v.$": pick(c, fuzzPaths...)} })
			next()
		case 2:
			s["Type"] = "Choice"
			rule := c.rule()
			rule["Next"] = pick(c, own...)
			s["Choices"] = []any{rule}
			c.maybe(s, "Default", func() any { return pick(c, own...) })
		case 3:
			s["Type"] = "Wait"
			s[pick(c, "Seconds", "SecondsPath", "TimestampPath")] = pick(c, any(c.n(100)), any("$.a"), any("$.b.c"))
			next()
		case 4:
			s = object{"Type": pick(c, "Fail", "Succeed")}
			if s["Type"] == "Fail" {
				c.maybe(s, "Error", func() any { return pick(c, fuzzErrors...) })
				c.maybe(s, "CausePath", func() any { return pick(c, fuzzPaths...) })
			}
		case 5:
			s["Type"], s["Resource"] = "Task", pick(c, "arn:aws:lambda:us-east-1:1:function:f", "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "arn:aws:states:us-east-1:1:activity:a")
			c.maybe(s, "Parameters", c.template)
			c.maybe(s, "ResultSelector", c.template)
			c.maybe(s, "TimeoutSeconds", func() any { return 1 + c.n(4) })
			c.maybe(s, "HeartbeatSecondsPath", func() any { return pick(c, fuzzPaths...) })
			c.work(s, own)
			next()
		case 6:
			s["Type"] = "Parallel"
			branches := []any{}
			for range c.n(3) {
				branches = append(branches, c.graph(depth-1, names))
			}
			s["Branches"] = branches
			c.work(s, own)
			next()
		default:
			s["Type"] = "Map"
			processor := c.graph(depth-1, names)
			if c.n(3) == 0 {
				processor["ProcessorConfig"] = object{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
				c.maybe(s, "ToleratedFailureCount", c.small)
				c.maybe(s, "ToleratedFailurePercentagePath", func() any { return pick(c, fuzzPaths...) })
			}
			s["ItemProcessor"] = processor
			c.maybe(s, "ItemsPath", c.reference)
			c.maybe(s, "ItemSelector", c.template)
			c.maybe(s, "MaxConcurrency", c.small)
			c.work(s, own)
			next()
		}
		states[name] = s
	}
	return object{"StartAt": own[0], "States": states}
}

// work sets the fields that Task, Parallel and Map share.
func (c *choices) work(s object, own []string) {
	c.maybe(s, "ResultPath", c.reference)
	c.maybe(s, "Assign", c.template)
	c.maybe(s, "Retry", func() any {
		return []any{object{"ErrorEquals": []string{pick(c, fuzzErrors...)}, "MaxAttempts": c.n(4), "IntervalSeconds": c.n(3), "JitterStrategy": pick(c, "FULL", "NONE")}}
	})
	c.maybe(s, "Catch", func() any {
		catcher := object{"ErrorEquals": []string{pick(c, fuzzErrors...)}, "Next": pick(c, own...)}
		c.maybe(catcher, "ResultPath", c.reference)
		return []any{catcher}
	})
}

// FuzzRun runs random machines twice with one seed: both end with the same history, whose ids are in order, and nothing
// panics.
func FuzzRun(f *testing.F) {
	f.Add([]byte("a pass and a choice"))
	f.Add([]byte{3, 6, 1, 2, 5, 0, 0, 0, 7, 7, 7, 1, 1, 5, 5, 5, 2, 2})
	f.Add(bytes.Repeat([]byte{7, 6, 5}, 40))
	f.Add(bytes.Repeat([]byte{1, 0, 6, 3, 2, 9}, 30))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &choices{data}
		names := 0
		input := pick(c, fuzzValues...)
		machine := c.graph(2, &names)
		c.maybe(machine, "TimeoutSeconds", func() any { return 1 + c.n(50) })
		text, err := json.Marshal(machine)
		if err != nil {
			t.Fatal(err)
		}
		program, err := engine.Compile(asl.Parse("fuzz.json", text).Machine)
		if err != nil {
			return
		}
		answers := append([]byte(nil), c.data...)
		once := func(seed uint64) string {
			stream := &choices{answers}
			handler := func(_ context.Context, call *engine.Call) (value.Value, error) {
				if seed == 0 { // handlers run at the same time: no shared stream
					return call.Input, nil
				}
				call.Elapse(time.Duration(stream.n(8)) * time.Second)
				switch stream.n(6) {
				case 0:
					return nil, &engine.TaskError{Name: "E"}
				case 1:
					return nil, engine.ErrNoAnswer
				case 2:
					call.Heartbeat()
				}
				return call.Input, nil
			}
			x, err := program.Run(t.Context(), value.MustParse(input), engine.Options{
				Seed: seed, Name: "fuzz", Tasks: handle(handler), Limits: engine.Limits{HistoryEvents: 500, PayloadBytes: 20_000},
			})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(x.History); n > 500 || n < 2 || x.Status == "" {
				t.Fatalf("%d events, status %q\n%s", n, x.Status, text)
			}
			return describe(t, x)
		}
		if first, second := once(1), once(1); first != second {
			t.Fatalf("two runs with one seed differ:\n%s\n%s\n%s", text, first, second)
		}
		once(0)
	})
}
