package builder_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder"
)

// The tasks that the tests describe.
type (
	place struct {
		Bucket string `json:"bucket"`
		Key    string `json:"key"`
		Pages  int    `json:"pages,omitempty"`
	}
	found struct {
		Text     string   `json:"text"`
		Document place    `json:"document"`
		Chunks   []place  `json:"chunks"`
		Tags     []string `json:"tags"`
		Done     bool     `json:"done"`
	}
	question struct {
		Prompt    string         `json:"prompt"`
		MaxTokens int            `json:"max_tokens"`
		Options   map[string]int `json:"options,omitempty"`
	}
	answer struct {
		Body struct {
			Content []struct {
				Type string `json:"type"`
				Text string `json:"text"`
			} `json:"content"`
		}
		ContentType string
	}
)

const function = "arn:aws:lambda:us-east-1:123456789012:function:f"

func extract(name string) *builder.TaskState {
	return builder.LambdaFunction[any, found](name, function)
}

func model(name string, body builder.Object) *builder.TaskState {
	return builder.InvokeModel[question, answer](name, "model", body)
}

// faultsOf gives the faults of a description, and fails when Build's error holds anything else.
func faultsOf(t *testing.T, err error) []*builder.Error {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("Build's error is a %T, not a join of errors", err)
	}
	var faults []*builder.Error
	for _, e := range joined.Unwrap() {
		var fault *builder.Error
		if !errors.As(e, &fault) {
			t.Fatalf("Build's error holds a %T", e)
		}
		faults = append(faults, fault)
	}
	return faults
}

// built gives the definition as JSON.
func built(t *testing.T, m builder.Machine) *value.Object {
	t.Helper()
	machine, err := m.Build()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range asl.Parse("built.asl.json", asl.Marshal(machine)).Problems {
		t.Errorf("what was built does not parse: %v", p)
	}
	return machine.Value()
}

// at gives the text of what a JSON Pointer leads to; names in it hold no slashes.
func at(t *testing.T, v value.Value, pointer string) string {
	t.Helper()
	if pointer == "" {
		return value.Compact(v)
	}
	for _, name := range strings.Split(pointer, "/")[1:] {
		switch o := v.(type) {
		case *value.Object:
			inner, ok := o.Get(name)
			if !ok {
				t.Fatalf("%s: there is no %q in %s", pointer, name, value.Text(v))
			}
			v = inner
		case *value.Array:
			v = o.At(int(name[0] - '0'))
		default:
			t.Fatalf("%s: %q is behind %s", pointer, name, value.Text(v))
		}
	}
	if s, ok := v.(value.String); ok {
		return string(s)
	}
	return value.Compact(v)
}

// want is what a definition should hold, by JSON Pointer.
type want map[string]string

// sameJSON compares texts, or the values that they stand for: the order of members belongs to the printer.
func sameJSON(a, b string) bool {
	v, err := value.Parse(a)
	w, err2 := value.Parse(b)
	return a == b || err == nil && err2 == nil && value.Equal(v, w)
}

func check(t *testing.T, m builder.Machine, w want) {
	t.Helper()
	definition := built(t, m)
	for pointer, text := range w {
		if got := at(t, definition, pointer); !sameJSON(got, text) {
			t.Errorf("%s is\n%s\nwant\n%s", pointer, got, text)
		}
	}
}

func TestReferencesFollowTheData(t *testing.T) {
	tests := map[string]func() (builder.Machine, want){
		"a result replaces the data": func() (builder.Machine, want) {
			a := extract("A")
			b := model("B", builder.Object{"prompt": a.Result("document.key"), "max_tokens": 1})
			return builder.Machine{Start: builder.Chain(a, b)}, want{"/States/B/Parameters/Body/prompt.$": "$.document.key"}
		},
		"ResultPath puts it below": func() (builder.Machine, want) {
			a := extract("A").ResultPath("$.found.here")
			b := model("B", builder.Object{"prompt": a.Result("chunks[0].key"), "max_tokens": 1})
			return builder.Machine{Start: builder.Chain(a, b)}, want{
				"/States/A/ResultPath":                 "$.found.here",
				"/States/B/Parameters/Body/prompt.$":   "$.found.here.chunks[0].key",
				"/States/B/Parameters/ModelId":         "model",
				"/States/B/Parameters/Body/max_tokens": "1",
			}
		},
		"ResultSelector moves parts": func() (builder.Machine, want) {
			a := extract("A")
			a.ResultSelector(builder.Object{"where": a.Result("document"), "n": 1}).ResultPath("$.a")
			b := model("B", builder.Object{"prompt": a.Result("document.key"), "max_tokens": 1})
			return builder.Machine{Start: builder.Chain(a, b)}, want{
				"/States/A/ResultSelector":           `{"n":1,"where.$":"$.document"}`,
				"/States/B/Parameters/Body/prompt.$": "$.a.where.key",
			}
		},
		"lambda:invoke without ResultPath": func() (builder.Machine, want) {
			a := builder.LambdaInvoke[place, found]("A", function, builder.Object{"key": "k", "bucket": "b"})
			b := model("B", builder.Object{"prompt": a.Result("text"), "max_tokens": 1})
			return builder.Machine{Start: builder.Chain(a, b)}, want{
				"/States/A/Parameters":               `{"FunctionName":"` + function + `","Payload":{"bucket":"b","key":"k"}}`,
				"/States/A/OutputPath":               "$.Payload",
				"/States/B/Parameters/Body/prompt.$": "$.text",
			}
		},
		"lambda:invoke with ResultPath": func() (builder.Machine, want) {
			a := builder.LambdaInvoke[place, found]("A", function, builder.Object{"key": "k", "bucket": "b"}).ResultPath("$.a")
			b := model("B", builder.Object{"prompt": a.Result("text"), "max_tokens": 1})
			return builder.Machine{Start: builder.Chain(a, b)}, want{
				"/States/A/ResultSelector":           `{"Payload.$":"$.Payload"}`,
				"/States/B/Parameters/Body/prompt.$": "$.a.Payload.text",
			}
		},
		"InputPath and OutputPath narrow": func() (builder.Machine, want) {
			a := extract("A").ResultPath("$.a")
			b := model("B", builder.Object{"prompt": a.Result("document.key"), "max_tokens": 1}).InputPath(a.Result("document")).ResultPath("$.b")
			b.OutputPath(b.Result("Body"))
			c := model("C", builder.Object{"prompt": b.Result("Body.content[1].text"), "max_tokens": 1}).InputPath(builder.Nothing())
			c.InputPath(builder.StateInput(""))
			return builder.Machine{Start: builder.Chain(a, b, c)}, want{
				"/States/B/InputPath":                "$.a.document",
				"/States/B/Parameters/Body/prompt.$": "$.key",
				"/States/B/OutputPath":               "$.b.Body",
				"/States/C/Parameters/Body/prompt.$": "$.content[1].text",
			}
		},
		"the input, then the context object": func() (builder.Machine, want) {
			in := builder.InputOf[place]()
			a := model("A", builder.Object{"prompt": in.Ref("key"), "max_tokens": in.Ref("pages")})
			b := model("B", builder.Object{"prompt": in.Ref("key"), "max_tokens": 1})
			return builder.Machine{Input: in, Start: builder.Chain(a, b)}, want{
				"/States/A/Parameters/Body/prompt.$": "$.key",
				"/States/B/Parameters/Body/prompt.$": "$$.Execution.Input.key",
			}
		},
		"a variable keeps what the data lose": func() (builder.Machine, want) {
			a := extract("A")
			a.Assign("kept", builder.Object{"doc": a.Result("document")})
			b := extract("B")
			c := model("C", builder.Object{"prompt": a.Result("document.key"), "max_tokens": 1})
			return builder.Machine{Start: builder.Chain(a, b, c)}, want{
				"/States/A/Assign":                   `{"kept":{"doc.$":"$.document"}}`,
				"/States/C/Parameters/Body/prompt.$": "$kept.doc.key",
			}
		},
		"ways that meet": func() (builder.Machine, want) {
			a := extract("A").ResultPath("$.a")
			left, right := extract("Left").ResultPath("$.b"), extract("Right").ResultPath("$.c")
			join := model("Join", builder.Object{"prompt": a.Result("text"), "max_tokens": 1})
			builder.Chain(left, join)
			builder.Chain(right, join)
			choice := builder.Choice("Which").When(a.Result("done").Equals(true), left).Otherwise(right)
			return builder.Machine{Start: builder.Chain(a, choice)}, want{"/States/Join/Parameters/Body/prompt.$": "$.a.text"}
		},
		"a loop": func() (builder.Machine, want) {
			a := extract("A").ResultPath("$.a")
			again := builder.Choice("Again").When(a.Result("done").Equals(false), a).Otherwise(builder.Succeed("Done"))
			wait := builder.WaitSeconds("Wait", a.Result("document.pages"))
			return builder.Machine{Start: builder.Chain(a, wait, again)}, want{
				"/States/Again/Choices":    `[{"Variable":"$.a.done","BooleanEquals":false,"Next":"A"}]`,
				"/States/Wait/SecondsPath": "$.a.document.pages",
			}
		},
		"into branches and out of them": func() (builder.Machine, want) {
			a := extract("A").ResultPath("$.a")
			left := model("Left", builder.Object{"prompt": a.Result("text"), "max_tokens": 1}).ResultPath("$.left")
			right := model("Right", builder.Object{"prompt": a.Result("text"), "max_tokens": 1})
			both := builder.Parallel("Both", left, right).ResultPath("$.both")
			c := model("C", builder.Object{"prompt": builder.Format("{}{}{}", left.Result("ContentType"), right.Result("ContentType"), both.Result("[1].ContentType")), "max_tokens": 1})
			return builder.Machine{Start: builder.Chain(a, both, c)}, want{
				"/States/Both/Branches/0/States/Left/Parameters/Body/prompt.$": "$.a.text",
				"/States/C/Parameters/Body/prompt.$":                           "States.Format('{}{}{}', $.both[0].left.ContentType, $.both[1].ContentType, $.both[1].ContentType)",
			}
		},
		"items": func() (builder.Machine, want) {
			a := extract("A").ResultPath("$.a")
			each := builder.Map("Each", a.Result("chunks")).MaxConcurrency(3).ResultPath("$.each")
			inner := model("Inner", builder.Object{"prompt": each.Item("key"), "max_tokens": each.Index()})
			later := model("Later", builder.Object{"prompt": each.Item("key"), "max_tokens": 1}).ResultSelector(builder.Object{"index": each.Index(), "ok": true})
			each.Each(builder.Chain(inner, later))
			b := builder.Pass("B").Parameters(builder.Object{"ok": each.Result("[*].ok"), "first": each.Result("[0].index")})
			return builder.Machine{Start: builder.Chain(a, each, b)}, want{
				"/States/Each/ItemsPath":                                  "$.a.chunks",
				"/States/Each/ItemProcessor/States/Inner/Parameters/Body": `{"prompt.$":"$.key","max_tokens.$":"$$.Map.Item.Index"}`,
				"/States/Each/ItemProcessor/States/Later/Parameters/Body": `{"prompt.$":"$$.Map.Item.Value.key","max_tokens":1}`,
				"/States/B/Parameters":                                    `{"first.$":"$.each[0].index","ok.$":"$.each[*].ok"}`,
			}
		},
		"as many iterations at a time as the data says": func() (builder.Machine, want) {
			a := extract("A")
			each := builder.Map("Each", a.Result("chunks")).MaxConcurrency(3).MaxConcurrencyFrom(a.Result("document.pages")).Each(builder.Pass("In"))
			return builder.Machine{Start: builder.Chain(a, each)}, want{
				"/States/Each": `{"Type":"Map","ItemsPath":"$.chunks","MaxConcurrencyPath":"$.document.pages","ItemProcessor":{"StartAt":"In","States":{"In":{"Type":"Pass","End":true}}},"End":true}`,
			}
		},
		"ItemSelector": func() (builder.Machine, want) {
			a := extract("A").ResultPath("$.a")
			each := builder.Map("Each", a.Result("tags"))
			each.ItemSelector(builder.Object{"tag": each.Item(""), "n": each.Index(), "text": a.Result("text")})
			each.Each(model("Inner", builder.Object{"prompt": builder.Format("{} {}", a.Result("text"), each.Item("")), "max_tokens": 1}))
			return builder.Machine{Start: builder.Chain(a, each)}, want{
				"/States/Each/ItemSelector":                                        `{"n.$":"$$.Map.Item.Index","tag.$":"$$.Map.Item.Value","text.$":"$.a.text"}`,
				"/States/Each/ItemProcessor/States/Inner/Parameters/Body/prompt.$": "States.Format('{} {}', $.text, $.tag)",
			}
		},
		"a caught error": func() (builder.Machine, want) {
			handler := builder.Fail("Broken", builder.CaughtError("Error"), builder.Format("{}: {}", builder.Var("where"), builder.CaughtError("Cause")))
			a := extract("A").Catch(builder.Catch(handler).Assign("where", "A"))
			b := extract("B").Catch(builder.Catch(handler, "Bad").Assign("where", "B"), builder.Catch(handler).Assign("where", "B"))
			return builder.Machine{Start: builder.Chain(a, b)}, want{
				"/States/A/Catch":               `[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Assign":{"where":"A"},"Next":"Broken"}]`,
				"/States/Broken/ErrorPath":      "$.error.Error",
				"/States/Broken/CausePath":      "States.Format('{}: {}', $where, $.error.Cause)",
				"/States/B/Catch/0/ErrorEquals": `["Bad"]`,
			}
		},
		"a catcher's Assign sees the error": func() (builder.Machine, want) {
			a := extract("A").Catch(builder.Catch(builder.Succeed("S")).Assign("cause", builder.CaughtError("Cause")).ResultPath("$"))
			return builder.Machine{Start: a}, want{"/States/A/Catch/0/Assign": `{"cause.$":"$.Cause"}`, "/States/A/Catch/0/ResultPath": "$"}
		},
		"a name that needs brackets": func() (builder.Machine, want) {
			type odd struct {
				Name string `json:"a-b"`
			}
			a := builder.Task[any, odd]("A", function, nil)
			b := builder.Pass("B").Parameters(builder.Object{"x": a.Result("['a-b']")})
			return builder.Machine{Start: builder.Chain(a, b)}, want{"/States/B/Parameters": `{"x.$":"$['a-b']"}`}
		},
		"an array of expressions": func() (builder.Machine, want) {
			a := extract("A").ResultPath("$.a")
			b := builder.Pass("B").Parameters(builder.Object{"list": []any{a.Result("text"), "it's", 1, true, nil}, "plain": []int{1, 2}})
			c := builder.Pass("C").Parameters(builder.Object{"text": a.Result("text")})
			return builder.Machine{Start: builder.Chain(a, b, c)}, want{
				"/States/B/Parameters": `{"list.$":"States.Array($.a.text, 'it\\'s', 1, true, null)","plain":[1,2]}`,
				"/States/C/Parameters": `{"text.$":"$.list[0]"}`,
			}
		},
	}
	for name, describe := range tests {
		t.Run(name, func(t *testing.T) {
			m, w := describe()
			check(t, m, w)
		})
	}
}

// Every reference is resolved anew for every machine: building twice gives the same.
func TestBuildTwice(t *testing.T) {
	a := extract("A").ResultPath("$.a")
	m := builder.Machine{Start: builder.Chain(a, model("B", builder.Object{"prompt": a.Result("text"), "max_tokens": 1}))}
	if first, second := built(t, m), built(t, m); !value.Identical(first, second) {
		t.Errorf("built twice:\n%s\n%s", value.Compact(first), value.Compact(second))
	}
}

// A fault is reported with the line of the call that made the state, and that of the reference.
func TestPositions(t *testing.T) {
	a := extract("A")
	reference := a.Result("txt")
	b := builder.Pass("B").
		Parameters(builder.Object{"text": reference})
	_, err := builder.Machine{Start: builder.Chain(a, b)}.Build()
	faults := faultsOf(t, err)
	if len(faults) != 1 {
		t.Fatalf("faults: %v", err)
	}
	source, err := os.ReadFile("build_test.go")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(source), "\n")
	for what, p := range map[string]struct {
		got  builder.Position
		text string
	}{
		"state":     {faults[0].Position, `builder.Pass("B").`},
		"reference": {faults[0].Reference, `a.Result("txt")`},
	} {
		if filepath.Base(p.got.File) != "build_test.go" || !strings.Contains(lines[p.got.Line-1], p.text) {
			t.Errorf("the %s is said to be at %s; want the line with %s", what, p.got, p.text)
		}
	}
	if text := faults[0].Error(); !strings.Contains(text, "build_test.go:") || strings.Count(text, "build_test.go:") != 2 {
		t.Errorf("%q does not give both lines", text)
	}
}

func TestSubstitutions(t *testing.T) {
	a := builder.LambdaFunction[any, any]("A", builder.Sub("Zeta"))
	b := builder.Pass("B").Parameters(builder.Object{"x": builder.Sub("Alpha") + "/" + builder.Sub("Zeta"), "y": builder.Format("{}-${Beta}", builder.ExecutionName)})
	machine, err := builder.Machine{Start: builder.Chain(a, b)}.Build()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := builder.Substitutions(machine), []string{"Alpha", "Beta", "Zeta"}; !slices.Equal(got, want) {
		t.Errorf("substitutions %v; want %v", got, want)
	}
}
