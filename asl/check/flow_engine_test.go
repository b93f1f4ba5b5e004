package check_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// machineMaker writes random machines that do much to their data.
type machineMaker struct {
	r    *rand.Rand
	next int
}

func (m *machineMaker) pick(from ...string) string { return from[m.r.IntN(len(from))] }

func (m *machineMaker) name() string { return m.pick("a", "b", "c") }

func (m *machineMaker) path() string {
	switch m.r.IntN(10) {
	case 0:
		return "$"
	case 1:
		return "$$.Execution.Input." + m.name()
	case 2:
		return "$v" + m.name()
	case 3:
		return "$." + m.name() + "[0]"
	case 4:
		return "$[0]." + m.name()
	case 5, 6:
		return "$." + m.name() + "." + m.name()
	case 7:
		return m.pick("$.a[*]", "$..b", "$.*", "$[*].a", "$.c[0:1]", "$['a','b']", "$.a.length()")
	}
	return "$." + m.name()
}

func (m *machineMaker) literal() string {
	return m.pick(`1`, `"x"`, `true`, `null`, `{}`, `[]`, `[1, "x"]`, `{"a": 1}`, `{"a": {"b": "x"}, "c": [{"a": 2}]}`, `{"b": false}`)
}

func (m *machineMaker) reading() string {
	switch m.r.IntN(4) {
	case 0:
		return fmt.Sprintf("States.Array(%s, 1)", m.path())
	case 1:
		return m.pick("States.Format('{}', "+m.path()+")", "States.ArrayGetItem($.c, 0)", "States.JsonMerge($.a, $.b, false)", "States.ArrayLength($.a)", "States.ArrayUnique($.c)", "States.StringToJson('{\"a\": 1}')")
	}
	return m.path()
}

func (m *machineMaker) template() string {
	var members []string
	for _, name := range []string{"a", "b", "c"} {
		switch m.r.IntN(4) {
		case 0:
			members = append(members, fmt.Sprintf(`%q: %s`, name, m.literal()))
		case 1, 2:
			members = append(members, fmt.Sprintf(`%q: %q`, name+".$", m.reading()))
		}
	}
	return "{" + strings.Join(members, ", ") + "}"
}

func (m *machineMaker) query() string {
	v := func() string {
		return m.pick("$states.input", "$states.input."+m.name(), "$states.input."+m.name()+"."+m.name(), "$v"+m.name(), "$states.input."+m.name()+"[0]", "$states.context.Execution.Input")
	}
	return m.pick(v(), v(), "["+v()+", 1]", "{'a': "+v()+", 'b': "+v()+"}", "$exists("+v()+") ? "+v()+" : 'none'", v()+" & 'x'", "$merge([{'a': 1}, {'b': "+v()+"}])",
		"$count("+v()+")", "$string("+v()+")", "$append("+v()+", "+v()+")", "$states.input.*", "$keys("+v()+")")
}

func (m *machineMaker) expression() string {
	if m.r.IntN(4) == 0 {
		return m.literal()
	}
	if m.r.IntN(4) == 0 {
		return fmt.Sprintf(`{"a": "{%% %s %%}", "b": %s}`, m.query(), m.literal())
	}
	return fmt.Sprintf(`"{%% %s %%}"`, m.query())
}

func (m *machineMaker) comparison(depth int) string {
	if depth < 2 && m.r.IntN(3) == 0 {
		switch m.r.IntN(3) {
		case 0:
			return fmt.Sprintf(`"Not": {%s}`, m.comparison(depth+1))
		case 1:
			return fmt.Sprintf(`"And": [{%s}, {%s}]`, m.comparison(depth+1), m.comparison(depth+1))
		}
		return fmt.Sprintf(`"Or": [{%s}, {%s}]`, m.comparison(depth+1), m.comparison(depth+1))
	}
	path := m.pick("$."+m.name(), "$."+m.name()+"."+m.name(), "$v"+m.name(), "$."+m.name()+"[0]")
	return fmt.Sprintf(`"Variable": %q, %s`, path, m.pick(`"IsPresent": true`, `"IsPresent": false`, `"IsString": true`, `"IsNumeric": false`, `"IsNull": true`, `"IsBoolean": true`,
		`"StringEquals": "x"`, `"NumericEquals": 1`, `"NumericGreaterThan": 0`, `"BooleanEquals": true`, `"StringEqualsPath": "$.a"`, `"IsTimestamp": true`))
}

func (m *machineMaker) condition(depth int) string {
	if depth < 2 && m.r.IntN(2) == 0 {
		switch m.r.IntN(3) {
		case 0:
			return "$not(" + m.condition(depth+1) + ")"
		case 1:
			return "(" + m.condition(depth+1) + " and " + m.condition(depth+1) + ")"
		}
		return "(" + m.condition(depth+1) + " or " + m.condition(depth+1) + ")"
	}
	v := m.pick("$states.input."+m.name(), "$states.input."+m.name()+"."+m.name(), "$v"+m.name())
	return m.pick("$exists("+v+")", v+" = 'x'", v+" = 1", v+" = null", v+" = true", "$type("+v+") = 'string'")
}

// fields are those that any state of a language may have.
func (m *machineMaker) flow(jsonata, result bool) (fields []string) {
	sometimes := func(n int, format string, make func() string) {
		if m.r.IntN(n) == 0 {
			fields = append(fields, fmt.Sprintf(format, make()))
		}
	}
	if jsonata {
		sometimes(2, `"Output": %s`, m.expression)
		sometimes(3, `"Assign": %s`, func() string { return fmt.Sprintf(`{"v%s": %s}`, m.name(), m.expression()) })
		return append(fields, `"QueryLanguage": "JSONata"`)
	}
	sometimes(5, `"InputPath": %s`, func() string { return m.pick(`"$.a"`, `null`, `"$.b"`, `"$"`, `"$$.Execution.Input"`) })
	sometimes(5, `"OutputPath": %s`, func() string { return m.pick(`"$.a"`, `null`, `"$.b"`, `"$.c"`) })
	sometimes(3, `"Assign": %s`, func() string {
		return fmt.Sprintf(`{"v%s": %s, "v%s.$": %q}`, m.name(), m.literal(), m.pick("d", "e"), m.path())
	})
	if result {
		sometimes(2, `"ResultPath": %s`, func() string { return m.pick(`"$.a"`, `"$.b.c"`, `"$.c"`, `null`, `"$"`, `"$.c[0]"`, `"$.a.b"`) })
	}
	return fields
}

// machine writes a machine, or a branch of one.
func (m *machineMaker) machine(depth int) string {
	n := 2 + m.r.IntN(5)
	names := make([]string, n)
	for i := range names {
		m.next++
		names[i] = fmt.Sprintf("S%d", m.next)
	}
	var states []string
	for i, name := range names {
		target := func() string { // mostly forwards
			if i+1 == n || m.r.IntN(6) == 0 {
				return names[m.r.IntN(n)]
			}
			return names[i+1+m.r.IntN(n-i-1)]
		}
		onward := `"End": true`
		if i+1 < n {
			onward = fmt.Sprintf(`"Next": %q`, target())
		}
		jsonata := m.r.IntN(3) == 0
		var fields []string
		kind := m.r.IntN(8)
		if depth > 1 && kind >= 6 {
			kind = 0
		}
		switch {
		case kind < 2:
			fields = append(m.flow(jsonata, true), `"Type": "Pass"`, onward)
			if !jsonata && m.r.IntN(3) == 0 {
				fields = append(fields, `"Result": `+m.literal())
			} else if !jsonata {
				fields = append(fields, `"Parameters": `+m.template())
			}
		case kind < 4:
			fields = append(m.flow(jsonata, true), `"Type": "Task"`, onward, fmt.Sprintf(`"Resource": %q`, m.pick("arn:aws:states:::lambda:invoke", "arn:aws:lambda:us-east-1:123456789012:function:f")))
			if jsonata {
				fields = append(fields, `"Arguments": `+m.expression())
			} else if m.r.IntN(2) == 0 {
				fields = append(fields, `"ResultSelector": `+m.template())
			}
			fields = append(fields, m.catch(jsonata, target()))
		case kind < 6:
			fields = append(m.flow(jsonata, false), `"Type": "Choice"`, fmt.Sprintf(`"Default": %q`, target()))
			var rules []string
			for range 1 + m.r.IntN(2) {
				if jsonata {
					rules = append(rules, fmt.Sprintf(`{"Condition": "{%% %s %%}", "Next": %q}`, m.condition(0), target()))
				} else {
					rules = append(rules, fmt.Sprintf(`{%s, "Next": %q}`, m.comparison(0), target()))
				}
			}
			fields = append(fields, `"Choices": [`+strings.Join(rules, ", ")+`]`)
		case kind == 6:
			fields = append(m.flow(jsonata, true), `"Type": "Parallel"`, onward, `"Branches": [`+m.machine(depth+1)+`, `+m.machine(depth+1)+`]`, m.catch(jsonata, target()))
		default:
			fields = append(m.flow(jsonata, true), `"Type": "Map"`, onward, `"ItemProcessor": `+m.machine(depth+1), m.catch(jsonata, target()))
			if jsonata {
				fields = append(fields, fmt.Sprintf(`"Items": "{%% [%s] %%}"`, m.query()))
				if m.r.IntN(2) == 0 {
					fields = append(fields, `"ItemSelector": `+m.expression())
				}
			} else {
				fields = append(fields, fmt.Sprintf(`"ItemsPath": %q`, m.pick("$.a", "$.c", "$")))
				if m.r.IntN(2) == 0 {
					fields = append(fields, `"ItemSelector": {"a.$": "$$.Map.Item.Value", "b.$": "$$.Map.Item.Index"}`)
				}
			}
		}
		states = append(states, fmt.Sprintf("%q: {%s}", name, strings.Join(fields, ", ")))
	}
	return fmt.Sprintf(`{"StartAt": %q, "States": {%s}}`, names[0], strings.Join(states, ",\n"))
}

func (m *machineMaker) catch(jsonata bool, target string) string {
	field := ""
	switch {
	case jsonata && m.r.IntN(2) == 0:
		field = `, "Output": "{% {'a': $states.errorOutput, 'b': $states.input} %}"`
	case !jsonata && m.r.IntN(2) == 0:
		field = `, "ResultPath": "$.c"`
	}
	return fmt.Sprintf(`"Catch": [{"ErrorEquals": ["States.ALL"], "Next": %q%s}]`, target, field)
}

// TestWhatIsKnownIsTrue runs random machines and wants every state's input, and what it reads, to be what the data flow says of it.
// A state that is told to fail must fail.
func TestWhatIsKnownIsTrue(t *testing.T) {
	rounds := 1500
	if testing.Short() {
		rounds = 200
	}
	entered, closed, told := 0, 0, 0
	for round := range rounds {
		m := &machineMaker{r: rand.New(rand.NewPCG(uint64(round), 7))}
		text := m.machine(0)
		doc := asl.Parse("random.asl.json", []byte(text))
		program, err := engine.Compile(doc.Machine)
		if err != nil {
			continue
		}
		input := value.MustParse(m.pick(`{"a": {"b": "x"}, "b": 1, "c": [{"a": 1}, {"a": "x"}]}`, `{"a": "x", "c": []}`, `{}`, `[{"a": 1}]`, `{"a": [1, 2], "b": null}`))
		opts := check.Options{}
		if m.r.IntN(2) == 0 {
			opts.Input = shape.Exact(input)
		}
		known := check.Known(doc, opts)
		fatal := map[string][]check.Diagnostic{}
		for _, d := range check.Document(doc, opts) {
			switch d.Code {
			case "path-not-found", "value-lost", "missing-payload", "array-as-object", "unassigned-variable", "argument-type", "result-path-conflict":
				told++
				if d.Code == "unassigned-variable" && strings.Contains(d.Message, "counts as nothing") { // JSONata may go on without it
					continue
				}
				if s := stateNode(doc, d.State); s.Member("Choices") == nil { // that a rule or Default fails matters only when it is come to
					fatal[d.State] = append(fatal[d.State], d)
				}
			}
		}
		answers := 0
		task := engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
			if answers++; answers%5 == 0 {
				return nil, &engine.TaskError{Name: "E", Cause: "c"}
			}
			payload := value.MustParse([]string{`{"a": 1}`, `"x"`, `{"a": {"b": "x"}}`, `[1]`}[answers%4])
			if strings.HasSuffix(call.Resource, "invoke") {
				return value.NewObject(value.Member{Name: "ExecutedVersion", Value: value.String("1")}, value.Member{Name: "Payload", Value: payload}, value.Member{Name: "StatusCode", Value: value.Number("200")}), nil
			}
			return payload, nil
		})
		x, err := program.Run(context.Background(), input, engine.Options{Seed: 1, Tasks: engine.Handlers{"*": task}, Limits: engine.Limits{HistoryEvents: 400}})
		if err != nil {
			continue
		}
		for _, event := range x.History {
			switch details := event.Details.(type) {
			case *engine.EnteredDetails:
				entered++
				s, ok := known.State(details.Name)
				if !ok || !s.Reached || !s.Input.Contains(details.Input) {
					t.Fatalf("round %d: %s gets %s, known is %s (reached %v)\n%s\nwith %s", round, details.Name, value.Text(details.Input), s.Input, s.Reached, text, value.Text(input))
				}
				if !s.Input.IsAny() {
					closed++
				}
			case *engine.ExitedDetails:
				if list := fatal[details.Name]; len(list) > 0 && !caught(doc, details.Name) {
					t.Fatalf("round %d: %s works, in spite of %s\n%s\nwith %s", round, details.Name, list[0].Message, text, value.Text(input))
				}
				s, _ := known.State(details.Name)
				if !caught(doc, details.Name) && !s.Output.Contains(details.Output) {
					t.Fatalf("round %d: %s gives %s, known is %s\n%s\nwith %s", round, details.Name, value.Text(details.Output), s.Output, text, value.Text(input))
				}
			}
		}
	}
	t.Logf("%d states entered, of %d something was known, %d findings", entered, closed, told)
	if closed*4 < entered {
		t.Errorf("of %d states that were entered, something was known of only %d", entered, closed)
	}
}

// caught tells whether a state has a Catch, by which it may leave though it failed.
func caught(doc *asl.Document, state string) bool {
	return stateNode(doc, state).Member("Catch") != nil
}

// stateNode is the node of a state, at whatever depth.
func stateNode(doc *asl.Document, name string) *asl.Node {
	var find func(n *asl.Node) *asl.Node
	find = func(n *asl.Node) *asl.Node {
		if s := n.Member("States").Member(name); s != nil {
			return s
		}
		for _, m := range n.Members {
			if s := find(m.Value); s != nil {
				return s
			}
		}
		for _, item := range n.Items {
			if s := find(item); s != nil {
				return s
			}
		}
		return nil
	}
	return find(doc.Root)
}
