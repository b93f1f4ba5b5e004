package graph

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is drawn to the golden files")

func testdata(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.asl.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("definitions in testdata: %q, %v", files, err)
	}
	return files
}

func parse(t testing.TB, file string) *asl.Machine {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := asl.Parse(file, text)
	if len(d.Problems) > 0 {
		t.Fatalf("%s: %v", file, d.Problems[0])
	}
	return d.Machine
}

func TestGolden(t *testing.T) {
	for _, file := range testdata(t) {
		m := parse(t, file)
		for _, notation := range []struct {
			extension string
			draw      func(*asl.Machine) string
		}{{"mmd", Mermaid}, {"dot", DOT}, {"svg", SVG}} {
			golden := strings.TrimSuffix(file, "asl.json") + notation.extension
			t.Run(filepath.Base(golden), func(t *testing.T) {
				got := notation.draw(m)
				if again := notation.draw(m); again != got {
					t.Error("drawn differently the second time")
				}
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("not as in %s (-update writes it anew):\n%s", golden, diff)
				}
			})
		}
	}
}

func TestShortConditions(t *testing.T) {
	tests := []struct{ rule, want string }{
		{`{"Variable": "$.a", "StringEquals": "x \"y\""}`, `$.a = "x \"y\""`},
		{`{"Variable": "$.a", "NumericGreaterThanEqualsPath": "$.b"}`, `$.a ≥ $.b`},
		{`{"Variable": "$.a", "NumericLessThan": 1.50}`, `$.a < 1.50`},
		{`{"Variable": "$.a", "TimestampGreaterThan": "2030-01-01T00:00:00Z"}`, `$.a > "2030-01-01T00:00:00Z"`},
		{`{"Variable": "$.a", "StringMatches": "*.pdf"}`, `$.a like "*.pdf"`},
		{`{"Variable": "$.a", "BooleanEquals": true}`, `$.a = true`},
		{`{"Variable": "$.a", "IsPresent": true}`, `$.a is present`},
		{`{"Variable": "$.a", "IsNull": false}`, `$.a is not null`},
		{`{"Variable": "$.a", "IsNumeric": true}`, `$.a is a number`},
		{`{"Not": {"Variable": "$.a", "IsString": true}}`, `not ($.a is a string)`},
		{
			`{"And": [{"Variable": "$.a", "IsTimestamp": true}, {"Or": [{"Variable": "$.b", "NumericEquals": 1}, {"Variable": "$.b", "NumericEquals": 2}]}]}`,
			`$.a is a timestamp and ($.b = 1 or $.b = 2)`,
		},
		{`{"Condition": "{% $x\n   > 3 %}"}`, `$x > 3`},
		{`{"Condition": true}`, `true`},
		{`{"Variable": "$.a"}`, `$.a`},
		{`{}`, ``},
	}
	for _, test := range tests {
		m := asl.ParseJSON("", []byte(`{"States": {"A": {"Type": "Choice", "Choices": [`+test.rule+`]}}}`)).Machine
		if got := condition(&m.States[0].(*asl.ChoiceState).Choices[0]); got != test.want {
			t.Errorf("%s is %q, want %q", test.rule, got, test.want)
		}
	}
	deep := strings.Repeat(`{"Not":`, 100) + `{"Variable": "$.a", "IsNull": true}` + strings.Repeat("}", 100)
	m := asl.ParseJSON("", []byte(`{"States": {"A": {"Type": "Choice", "Choices": [`+deep+`]}}}`)).Machine
	if got := condition(&m.States[0].(*asl.ChoiceState).Choices[0]); !strings.HasSuffix(got, "not …") {
		t.Errorf("deep condition is %q", got)
	}
}

func TestDetails(t *testing.T) {
	tests := []struct{ state, want string }{
		{`{"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject"}`, "Task · s3:getObject"},
		{`{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Retry": [{}]}`, "Task · lambda:invoke.waitForTaskToken · ↻"},
		{`{"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:extract:live"}`, "Task · extract:live"},
		{`{"Type": "Task", "Resource": "arn:aws:states:eu-west-1:1:activity:review"}`, "Task · activity review"},
		{`{"Type": "Task", "Resource": "arn:aws:sns:eu-west-1:1:topic"}`, "Task · sns:topic"},
		{`{"Type": "Task", "Resource": "${Extract.Arn}", "Retry": []}`, "Task · ${Extract.Arn}"},
		{`{"Type": "Wait", "Seconds": 10}`, "Wait · 10 s"},
		{`{"Type": "Wait", "Seconds": "{% $s %}"}`, "Wait · $s"},
		{`{"Type": "Wait", "SecondsPath": "$.s"}`, "Wait · $.s s"},
		{`{"Type": "Wait", "Timestamp": "2030-01-01T00:00:00Z"}`, "Wait · until 2030-01-01T00:00:00Z"},
		{`{"Type": "Wait", "TimestampPath": "$.t"}`, "Wait · until $.t"},
		{`{"Type": "Fail", "Error": "Broken"}`, "Fail · Broken"},
		{`{"Type": "Fail", "ErrorPath": "$.e"}`, "Fail · $.e"},
		{`{"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}}`, "Map · distributed"},
		{`{"Type": "Sleep"}`, "Sleep"},
		{`{}`, "no Type"},
	}
	for _, test := range tests {
		m := asl.ParseJSON("", []byte(`{"States": {"A": `+test.state+`}}`)).Machine
		if got := detail(m.States[0]); got != test.want {
			t.Errorf("%s is %q, want %q", test.state, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		text     string
		pixels   int
		maxLines int
		want     []string
	}{
		{"short", 100, 3, []string{"short"}},
		{"", 100, 3, nil},
		{"several words in a row", 80, 3, []string{"several", "words in a", "row"}},
		{"GenerateSummaryOfDocument", 100, 3, []string{"Generate", "SummaryOf", "Document"}},
		{"aaaaaaaaaaaaaaaaaaaaaaaa", 100, 2, []string{"aaaaaaaaaaaa", "aaaaaaaaaaaa"}},
		{"one two three four five six", 60, 2, []string{"one two", "three f…"}},
		{"文書を要約する", 60, 2, []string{"文書を要", "約する"}},
	}
	for _, test := range tests {
		got := wrap(test.text, nameFont, test.pixels, test.maxLines)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q in %d pixels (-want +got):\n%s", test.text, test.pixels, diff)
		}
		for _, line := range got {
			if textWidth(line, nameFont) > test.pixels+1 {
				t.Errorf("%q is wider than %d", line, test.pixels)
			}
		}
	}
}

// tangle is a definition of n states whose transitions go to and fro.
func tangle(n, seed int) *asl.Machine {
	m := &asl.Machine{StartAt: "S0"}
	next := uint32(seed)*2654435761 + 1
	random := func(below int) string {
		next = next*1664525 + 1013904223
		return fmt.Sprintf("S%d", int(next>>8)%below)
	}
	for i := range n {
		name := fmt.Sprintf("S%d", i)
		switch i % 5 {
		case 0:
			m.States = append(m.States, &asl.ChoiceState{StateFields: asl.StateFields{Name: name}, Default: random(n), Choices: []asl.ChoiceRule{
				{Variable: "$.a", Operator: "IsPresent", Next: random(n)}, {Variable: "$.some.longer.path", Operator: "StringMatches", Next: random(n)},
			}})
		case 1:
			m.States = append(m.States, &asl.ParallelState{
				StateFields: asl.StateFields{Name: name}, Transition: asl.Transition{Next: random(n)},
				Branches: []*asl.Branch{{StartAt: "A", States: []asl.State{&asl.SucceedState{StateFields: asl.StateFields{Name: "A"}}}}, {}},
			})
		case 2:
			m.States = append(m.States, &asl.PassState{StateFields: asl.StateFields{Name: name}, Transition: asl.Transition{End: true}})
		default:
			m.States = append(m.States, &asl.TaskState{
				StateFields: asl.StateFields{Name: name}, Transition: asl.Transition{Next: random(n)},
				ErrorHandling: asl.ErrorHandling{Catch: []asl.Catcher{{ErrorEquals: []string{"States.ALL"}, Next: random(n)}}},
			})
		}
	}
	return m
}

// box is a rectangle that nothing else may overlap.
type box struct {
	what            string
	left, top, w, h int
}

// checkDrawing fails where boxes or labels overlap or stick out, or where an edge runs through a box.
func checkDrawing(t *testing.T, d *drawing) {
	t.Helper()
	var boxes []box
	for i := range d.nodes {
		n := &d.nodes[i]
		boxes = append(boxes, box{what: "node " + n.name, left: n.x, top: n.y, w: n.width, h: n.height})
		for _, inner := range n.inner {
			if inner.x < n.x || inner.y < n.y || inner.x+inner.width > n.x+n.width || inner.y+inner.height > n.y+n.height {
				t.Fatalf("a scope sticks out of %s", n.name)
			}
			checkDrawing(t, inner.drawing)
		}
	}
	nodes := len(boxes)
	for _, l := range d.labels {
		boxes = append(boxes, box{what: "label " + strings.Join(l.lines, " "), left: l.x - l.width/2, top: l.y, w: l.width, h: len(l.lines) * edgeLine})
	}
	for i, a := range boxes {
		if a.left < 0 || a.top < 0 || a.left+a.w > d.width || a.top+a.h > d.height {
			t.Fatalf("%s sticks out: %+v of %d x %d", a.what, a, d.width, d.height)
		}
		for _, b := range boxes[:i] {
			if a.left < b.left+b.w && b.left < a.left+a.w && a.top < b.top+b.h && b.top < a.top+a.h {
				t.Fatalf("%s overlaps %s: %+v %+v", a.what, b.what, a, b)
			}
		}
	}
	for _, p := range d.paths {
		for i := 1; i < len(p.points); i++ {
			from, to := p.points[i-1], p.points[i]
			for _, b := range boxes[:nodes] {
				// A line, and a curve between two rows, stays within the rectangle of its ends.
				if max(from.x, to.x) > b.left && min(from.x, to.x) < b.left+b.w && max(from.y, to.y) > b.top && min(from.y, to.y) < b.top+b.h {
					t.Fatalf("an edge from %v to %v runs through %s %+v", from, to, b.what, b)
				}
			}
		}
	}
}

func TestNothingOverlaps(t *testing.T) {
	for _, file := range testdata(t) {
		checkDrawing(t, layOut(Options{}.scope(asl.TopScope(parse(t, file)), "")))
	}
	for seed := range 30 {
		checkDrawing(t, layOut(Options{}.scope(asl.TopScope(tangle(3+seed*2, seed)), "")))
	}
}

// Every transition is drawn: as many arrow heads as edges, less those that join another edge to the same target.
func TestEveryEdgeIsDrawn(t *testing.T) {
	for seed := range 10 {
		s := Options{}.scope(asl.TopScope(tangle(20, seed)), "")
		d := layOut(s)
		if len(d.paths) != len(s.edges) {
			t.Errorf("%d edges drawn as %d paths", len(s.edges), len(d.paths))
		}
		arrows := map[point]bool{}
		for _, p := range d.paths {
			if end := p.points[len(p.points)-1]; p.arrow {
				arrows[end] = true
			}
		}
		for _, p := range d.paths {
			if len(p.points) < 2 {
				t.Errorf("a path of %d points", len(p.points))
			}
		}
		targets := map[int]bool{}
		for _, e := range s.edges {
			targets[e.to] = true
		}
		if len(arrows) < len(targets) {
			t.Errorf("%d places with arrow heads for %d targets", len(arrows), len(targets))
		}
	}
}

func TestOddDefinitions(t *testing.T) {
	tests := map[string]*asl.Machine{
		"empty":             {},
		"no states":         {StartAt: "A"},
		"no start":          {States: []asl.State{&asl.PassState{StateFields: asl.StateFields{Name: "A"}, Transition: asl.Transition{Next: "A"}}}},
		"two of a name":     {StartAt: "A", States: []asl.State{&asl.PassState{StateFields: asl.StateFields{Name: "A"}}, &asl.PassState{StateFields: asl.StateFields{Name: "A"}}}},
		"control":           {StartAt: "A", Comment: "a\x00\ufffeb\xff", States: []asl.State{&asl.PassState{StateFields: asl.StateFields{Name: "a\x00\ufffeb\xff\u202e"}}}},
		"parallel of none":  {StartAt: "A", States: []asl.State{&asl.ParallelState{StateFields: asl.StateFields{Name: "A"}}}},
		"type of an attack": {StartAt: "A", States: []asl.State{&asl.UnknownState{StateFields: asl.StateFields{Name: `"]; click A "javascript:x"`}, TypeText: `"/><script>`}}},
		"only an end":       {States: []asl.State{&asl.PassState{StateFields: asl.StateFields{Name: "A"}, Transition: asl.Transition{End: true}}}},
	}
	for name, m := range tests {
		t.Run(name, func(t *testing.T) {
			checkTexts(t, m)
			checkDrawing(t, layOut(Options{}.scope(asl.TopScope(m), "")))
		})
	}
}

// checkTexts fails when the SVG is not XML or lets a text of the definition in unescaped, or a line of Mermaid or DOT breaks.
func checkTexts(t *testing.T, m *asl.Machine) {
	t.Helper()
	svg := SVG(m)
	for decoder := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("SVG is not XML: %v\n%s", err, svg)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "script" {
			t.Fatal("a script in the SVG")
		}
	}
	for _, text := range []string{Mermaid(m), DOT(m)} {
		for line := range strings.Lines(text) {
			if quotes := strings.Count(strings.NewReplacer(`\\`, "", `\"`, "").Replace(line), `"`); quotes%2 != 0 {
				t.Fatalf("an open quote in %q", line)
			}
		}
	}
}

// A definition that is one great tangle is drawn in a time in keeping with its size.
func TestLargeDefinitions(t *testing.T) {
	long := &asl.Machine{StartAt: "S0"}
	for i := range 500 {
		long.States = append(long.States, &asl.TaskState{
			StateFields: asl.StateFields{Name: fmt.Sprintf("S%d", i)}, Transition: asl.Transition{Next: fmt.Sprintf("S%d", i+1)},
			ErrorHandling: asl.ErrorHandling{Catch: []asl.Catcher{{ErrorEquals: []string{"States.ALL"}, Next: fmt.Sprintf("S%d", (i*191)%500)}}},
		})
	}
	for name, m := range map[string]*asl.Machine{"long": long, "tangle": tangle(150, 1)} {
		g := newGrid(Options{}.scope(asl.TopScope(m), ""), layOut(Options{}.scope(asl.TopScope(m), "")).nodes)
		if len(g.vertices) > maxSegments+len(m.States)+2 {
			t.Errorf("%s: %d vertices", name, len(g.vertices))
		}
		if name == "long" && len(g.direct) == 0 {
			t.Error("no edge is drawn straight across")
		}
		checkTexts(t, m)
	}
}

func FuzzDraw(f *testing.F) {
	for _, file := range testdata(f) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<13 {
			return
		}
		m := asl.ParseJSON("", []byte(text)).Machine
		checkTexts(t, m)
		checkDrawing(t, layOut(Options{}.scope(asl.TopScope(m), "")))
	})
}

func BenchmarkSVG(b *testing.B) {
	m := tangle(100, 1)
	b.ReportAllocs()
	for b.Loop() {
		SVG(m)
	}
}

// everyOther marks in turn, and notes a number on every state.
type everyOther struct{ n int }

func (e *everyOther) next() Mark {
	e.n++
	return []Mark{Covered, Missed, Partly}[e.n%3]
}

func (e *everyOther) State(location string) (Mark, string) {
	m := e.next()
	return m, fmt.Sprintf("#%d of %d", e.n, strings.Count(location, "/States/"))
}

func (e *everyOther) Transition(string, asl.Edge) Mark { return e.next() }

func TestMarks(t *testing.T) {
	m := parse(t, "testdata/catch.asl.json")
	for extension, draw := range map[string]func(Options, *asl.Machine) string{"mmd": Options.Mermaid, "dot": Options.DOT, "svg": Options.SVG} {
		golden := "testdata/catch-marked." + extension
		got := draw(Options{Marks: &everyOther{}}, m)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("not as in %s (-update writes it anew):\n%s", golden, diff)
		}
	}
	for seed := range 5 {
		checkDrawing(t, layOut(Options{Marks: &everyOther{}}.scope(asl.TopScope(tangle(3+seed*2, seed)), "")))
	}
}
