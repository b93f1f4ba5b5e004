package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// choices is a stream of decisions that a fuzzer, or chance, controls. At its end it gives 0 for ever, so 0 must end every recursion.
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

type object = map[string]any

var (
	randomPaths      = []string{"$", "$.a", "$.b.c", "$[0]", "$.a[0]", "$['x']", "$$.State.Name", "$$", "$v", "$v.a"}
	randomAnyPaths   = append([]string{"$..a", "$.*", "$[*]", "$[1:]", "$[?(@.a > 1)]", "$.length()", "$[?(@ =~ /x.*/)]"}, randomPaths...)
	randomReferences = []string{"$", "$.a", "$.b.c", "$[0]", "$.a[0]", "$.new.deep"}
	randomErrors     = []string{"States.ALL", "States.ALL", "States.TaskFailed", "States.Timeout", "States.HeartbeatTimeout", "E", "States.Runtime", "States.DataLimitExceeded", "States.QueryEvaluationError"}
	randomValues     = []string{"null", "1", "-2.50", `"x"`, `[1, {"a": 2}]`, `{"a": [3], "b": {"c": "2030-01-01T00:00:00Z"}}`, "[]", "{}", "true", `[[1], "y", {"Bucket": "bucket", "Key": "data.json"}]`}
	randomIntrinsics = []string{"States.UUID()", "States.Format('{}', $.a)", "States.MathAdd($, 1)", "States.Array($, $$.Execution.Name)", "States.JsonToString($)", "States.MathRandom(1, 9)", "States.ArrayRange(1, 9, 2)", "States.StringSplit($.a)", "States.Array($, $)"}
	// $states.result and $states.errorOutput stand last: they are not there in every field.
	randomQueries = []string{
		`$states.input`, `$states.input.a`, `$states.input[0]`, `$states.input.b.c`, `$states.context.State.Name`, `$states.context`, `$v`, `$v.a`, `1 + 1`, `"E"`, `true`, `[1..3]`, `{"a": $states.input, "l": [$states.input]}`,
		`[[$states.input], $v]`, `$uuid()`, `$random()`, `$now()`, `$millis()`, `$string($states.input)`, `$count($states.input)`, `$exists($states.input.a)`, `$type($states.input) = "array"`, `$map([1,2], function($x){$x*2})`,
		`1/0`, `$error("no")`, `$states.input.nothing`, `$partition([1..5], 2)`, `$parse("[1, 2.0]")`, `$hash("a", "MD5")`, `$reduce([1..9], function($a, $i){[[$a, $a]]}, 1)`, `($f := function($n){ $f($n + 1) }; $f(0))`,
		`"2030-01-01T00:00:00Z"`, `function($x){$x}`, `$shuffle([1..5])`, `$append($v, 1)`, `$join(["a", "b"])`, `$states.result`, `$states.errorOutput`,
	}
)

// machines makes random machines of everything that the language has.
type machines struct {
	*choices
	names    int
	language asl.QueryLanguage // of the machine
}

func (g *machines) value() any { return json.RawMessage(pick(g.choices, randomValues...)) }

// maybe sets a field now and then.
func (g *machines) maybe(o object, field string, v func() any) {
	if g.n(3) == 0 {
		o[field] = v()
	}
}

func (g *machines) path() any      { return pick(g.choices, randomAnyPaths...) }
func (g *machines) simple() any    { return pick(g.choices, randomPaths...) }
func (g *machines) reference() any { return pick(g.choices, randomReferences...) }
func (g *machines) small() any     { return g.n(5) }

// query is a JSONata string; without is how many of the last expressions may not be there.
func (g *machines) query(without int) any {
	return "{% " + pick(g.choices, randomQueries[:len(randomQueries)-without]...) + " %}"
}

// template is a value with paths or expressions.
func (g *machines) template(jsonata bool, depth int) object {
	o := object{}
	for range g.n(4) {
		key := fmt.Sprint("k", g.n(6))
		switch kind := g.n(5); {
		case kind == 0:
			o[key] = g.value()
		case kind == 4 && depth > 0:
			o[key] = []any{g.value(), g.template(jsonata, depth-1)}
		case jsonata:
			o[key] = g.query(0)
		case kind == 1:
			o[key+".$"] = pick(g.choices, randomIntrinsics...)
		default:
			o[key+".$"] = pick(g.choices, randomAnyPaths...)
		}
	}
	return o
}

func (g *machines) jsonataValue() any {
	switch g.n(3) {
	case 0:
		return g.value()
	case 1:
		return g.template(true, 1)
	}
	return g.query(0)
}

// assign sets variables; in JSONPath, to what paths lead to.
func (g *machines) assign(jsonata bool) any {
	if jsonata {
		return object{"v": g.jsonataValue()}
	}
	return object{"v.$": pick(g.choices, randomPaths...)}
}

func (g *machines) rule() object {
	switch g.n(5) {
	case 4:
		return object{"And": []any{g.rule(), g.rule()}}
	case 3:
		return object{"Not": g.rule()}
	}
	operator := pick(g.choices, asl.ComparisonOperators()...)
	rule := object{"Variable": pick(g.choices, randomPaths...)}
	switch {
	case strings.HasSuffix(operator, "Path"):
		rule[operator] = pick(g.choices, randomPaths...)
	case operator[:2] == "Is":
		rule[operator] = g.n(2) == 0
	default:
		rule[operator] = g.value()
	}
	return rule
}

func (g *machines) machine() object {
	if g.n(3) == 2 {
		g.language = asl.JSONata
	} else {
		g.language = asl.JSONPath
	}
	m := g.graph(2)
	if g.language == asl.JSONata {
		m["QueryLanguage"] = "JSONata"
	}
	g.maybe(m, "TimeoutSeconds", func() any { return 1 + g.n(200) })
	return m
}

// graph makes a set of states whose transitions may go anywhere, backwards too.
func (g *machines) graph(depth int) object {
	own := make([]string, 1+g.n(4))
	for i := range own {
		own[i] = fmt.Sprintf("S%d", g.names)
		g.names++
	}
	states := object{}
	for i, name := range own {
		states[name] = g.state(i, own, depth)
	}
	return object{"StartAt": own[0], "States": states}
}

func (g *machines) state(i int, own []string, depth int) object {
	s := object{}
	jsonata := g.language == asl.JSONata
	if !jsonata && g.n(3) == 2 {
		jsonata, s["QueryLanguage"] = true, "JSONata"
	}
	kind := g.n(9)
	if depth == 0 && kind >= 6 {
		kind -= 3
	}
	if !jsonata && kind != 4 {
		g.maybe(s, "InputPath", g.path)
		g.maybe(s, "OutputPath", g.path)
	}
	switch kind {
	case 0, 1:
		s["Type"] = "Pass"
		if jsonata {
			g.maybe(s, "Output", g.jsonataValue)
		} else {
			g.maybe(s, "Parameters", func() any { return g.template(false, 1) })
			g.maybe(s, "Result", g.value)
			g.maybe(s, "ResultPath", g.reference)
		}
	case 2:
		s["Type"] = "Choice"
		g.choice(s, jsonata, own)
	case 3:
		s["Type"] = "Wait"
		field := pick(g.choices, "Seconds", "Timestamp")
		switch {
		case jsonata:
			s[field] = g.query(0)
		case field == "Seconds" && g.n(2) == 0:
			s[field] = g.n(100)
		default:
			s[field+"Path"] = pick(g.choices, randomPaths...)
		}
	case 4:
		s["Type"] = pick(g.choices, "Fail", "Succeed")
		g.end(s, jsonata)
		return s
	case 5, 8:
		s["Type"] = "Task"
		g.task(s, jsonata)
	case 6:
		s["Type"] = "Parallel"
		branches := []any{}
		for range g.n(3) {
			branches = append(branches, g.graph(depth-1))
		}
		s["Branches"] = branches
		if jsonata {
			g.maybe(s, "Arguments", g.jsonataValue)
		} else {
			g.maybe(s, "Parameters", func() any { return g.template(false, 1) })
		}
	default:
		s["Type"] = "Map"
		g.mapState(s, jsonata, depth)
	}
	if kind >= 5 {
		g.work(s, jsonata, own)
	}
	g.maybe(s, "Assign", func() any { return g.assign(jsonata) })
	if kind == 2 {
		return s
	}
	if i == len(own)-1 || g.n(3) == 0 {
		s["End"] = true
	} else {
		s["Next"] = pick(g.choices, own[i+1], pick(g.choices, own...))
	}
	return s
}

func (g *machines) choice(s object, jsonata bool, own []string) {
	var rules []any
	for range 1 + g.n(2) {
		rule := object{}
		if jsonata {
			rule["Condition"] = g.query(2)
			g.maybe(rule, "Output", g.jsonataValue)
		} else {
			rule = g.rule()
		}
		rule["Next"] = pick(g.choices, own...)
		g.maybe(rule, "Assign", func() any { return g.assign(jsonata) })
		rules = append(rules, rule)
	}
	s["Choices"] = rules
	if g.n(3) > 0 {
		s["Default"] = pick(g.choices, own...)
	}
}

func (g *machines) end(s object, jsonata bool) {
	switch {
	case s["Type"] == "Succeed" && jsonata:
		g.maybe(s, "Output", g.jsonataValue)
	case s["Type"] == "Succeed":
		g.maybe(s, "InputPath", g.path)
	case jsonata:
		g.maybe(s, "Error", func() any { return g.query(2) })
		g.maybe(s, "Cause", func() any { return g.query(2) })
	default:
		g.maybe(s, "Error", func() any { return pick(g.choices, randomErrors...) })
		g.maybe(s, "CausePath", g.simple)
	}
}

// The resources of tasks. What answers them stands in fuzz_test.go.
const (
	resourceFunction = "arn:aws:lambda:us-east-1:1:function:f"
	resourceCallback = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
	resourceActivity = "arn:aws:states:us-east-1:1:activity:a" // a handler answers it
	resourceWorkers  = "arn:aws:states:us-east-1:1:activity:w" // workers answer it
	resourceAnswer   = "arn:aws:states:::lambda:invoke"        // answers a task with a token
	resourcePoll     = "arn:aws:states:::sns:publish"          // is a worker
	resourceJob      = "arn:aws:states:::glue:startJobRun.sync"
	resourceStart    = "arn:aws:states:::states:startExecution"
)

// patient is the shortest TimeoutSeconds of a Task: it is also the real time that a handler has, and a computer may be busy.
const patient = 20

func (g *machines) task(s object, jsonata bool) {
	resource := pick(g.choices, resourceFunction, resourceCallback, resourceAnswer, resourceWorkers, resourcePoll, resourceActivity, resourceJob, resourceStart, resourceStart+".sync", resourceStart+".sync:2", "arn:aws:states:::nobody:answers")
	s["Resource"] = resource
	if strings.HasPrefix(resource, resourceStart) {
		arguments := object{"StateMachineArn": childArn}
		g.maybe(arguments, "Input", g.value)
		if jsonata {
			s["Arguments"] = arguments
		} else {
			s["Parameters"] = arguments
		}
	} else if jsonata {
		g.maybe(s, "Arguments", g.jsonataValue)
	} else {
		g.maybe(s, "Parameters", func() any { return g.template(false, 1) })
	}
	if jsonata {
		g.maybe(s, "TimeoutSeconds", func() any { return pick(g.choices, any(patient+g.n(30)), g.query(2)) })
		g.maybe(s, "HeartbeatSeconds", func() any { return pick(g.choices, any(1+g.n(9)), g.query(2)) })
		return
	}
	g.maybe(s, "TimeoutSeconds", func() any { return patient + g.n(30) })
	g.maybe(s, pick(g.choices, "HeartbeatSeconds", "HeartbeatSecondsPath"), func() any { return 1 + g.n(9) })
	if n, ok := s["HeartbeatSecondsPath"]; ok {
		s["HeartbeatSecondsPath"] = pick(g.choices, "$.a", "$.a[0]", "$", fmt.Sprint("$[", n, "]"))
	}
}

func (g *machines) mapState(s object, jsonata bool, depth int) {
	processor := g.graph(depth - 1)
	s["ItemProcessor"] = processor
	if g.n(2) == 0 {
		processor["ProcessorConfig"] = object{"Mode": "DISTRIBUTED", "ExecutionType": pick(g.choices, "STANDARD", "EXPRESS")}
		g.dataset(s, jsonata)
	}
	if jsonata {
		g.maybe(s, "Items", g.jsonataValue)
		g.maybe(s, "ItemSelector", g.jsonataValue)
		g.maybe(s, "MaxConcurrency", func() any { return pick(g.choices, g.small(), g.query(2)) })
		return
	}
	g.maybe(s, "ItemsPath", g.reference)
	g.maybe(s, "ItemSelector", func() any { return g.template(false, 1) })
	g.maybe(s, "MaxConcurrency", g.small)
}

// dataset sets the fields of a distributed Map.
func (g *machines) dataset(s object, jsonata bool) {
	g.maybe(s, "ToleratedFailureCount", g.small)
	g.maybe(s, "ToleratedFailurePercentage", func() any { return 25 * g.n(5) })
	parameters := "Parameters"
	if jsonata {
		parameters = "Arguments"
	}
	if g.n(2) == 0 {
		key, inputType := "data.json", "JSON"
		switch g.n(6) {
		case 1:
			key, inputType = "data.csv", "CSV"
		case 2:
			key, inputType = "data.jsonl", "JSONL"
		case 3:
			key = pick(g.choices, "bad.json", "nothing.json")
		}
		reader := object{"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": object{"InputType": inputType}, parameters: object{"Bucket": "bucket", "Key": key}}
		if g.n(5) == 4 {
			reader = object{"Resource": "arn:aws:states:::s3:listObjectsV2", parameters: object{"Bucket": pick(g.choices, "bucket", "nobody's")}}
		} else {
			g.maybe(reader["ReaderConfig"].(object), "MaxItems", func() any { return g.n(4) })
		}
		s["ItemReader"] = reader
	}
	g.maybe(s, "ItemBatcher", func() any {
		batcher := object{"MaxItemsPerBatch": 1 + g.n(3)}
		g.maybe(batcher, "BatchInput", func() any { return g.template(jsonata, 0) })
		return batcher
	})
	g.maybe(s, "ResultWriter", func() any {
		writer := object{"Resource": "arn:aws:states:::s3:putObject", parameters: object{"Bucket": pick(g.choices, "bucket", "nobody's"), "Prefix": "out"}}
		g.maybe(writer, "WriterConfig", func() any {
			return object{"Transformation": pick(g.choices, "NONE", "COMPACT", "FLATTEN"), "OutputType": pick(g.choices, "JSON", "JSONL")}
		})
		return writer
	})
}

// work sets the fields that Task, Parallel and Map share.
func (g *machines) work(s object, jsonata bool, own []string) {
	if jsonata {
		g.maybe(s, "Output", g.jsonataValue)
	} else {
		g.maybe(s, "ResultPath", g.reference)
		g.maybe(s, "ResultSelector", func() any { return g.template(false, 1) })
	}
	g.maybe(s, "Retry", func() any {
		var list []any
		for range 1 + g.n(2) {
			list = append(list, object{
				"ErrorEquals": []string{pick(g.choices, randomErrors...)}, "MaxAttempts": g.n(4), "IntervalSeconds": g.n(3), "BackoffRate": 1 + g.n(2), "JitterStrategy": pick(g.choices, "FULL", "NONE"),
			})
		}
		return list
	})
	g.maybe(s, "Catch", func() any {
		var list []any
		for range 1 + g.n(2) {
			catcher := object{"ErrorEquals": []string{pick(g.choices, randomErrors...)}, "Next": pick(g.choices, own...)}
			if jsonata {
				g.maybe(catcher, "Output", g.jsonataValue)
			} else {
				g.maybe(catcher, "ResultPath", g.reference)
			}
			g.maybe(catcher, "Assign", func() any { return g.assign(jsonata) })
			list = append(list, catcher)
		}
		return list
	})
}
