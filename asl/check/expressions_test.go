package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

// spans checks a definition, and gives the findings of some codes with the text that they point at.
func spans(t *testing.T, filename, text string, codes ...string) []string {
	t.Helper()
	doc := asl.Parse(filename, []byte(text))
	var found []string
	for _, d := range Document(doc, Options{}) {
		if len(codes) == 0 || slices.Contains(codes, d.Code) {
			found = append(found, d.Code+" "+doc.Text[d.Span.Start.Offset:d.Span.End.Offset])
		}
	}
	return found
}

// TestExpressions has expressions of JSONata where they stand in a state, and what is found in them.
func TestExpressions(t *testing.T) {
	const task = `"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f"`
	pass := func(output string) string { return `"A": {"Type": "Pass", "Output": ` + output + `, "End": true}` }
	for name, c := range map[string]struct {
		states string
		want   []string
	}{
		"right":                              {pass(`{"a": "{% $states.input.a.b[c > 1].d %}", "b": "{% $merge([$states.input, {'t': $sum($states.input.l.price)}]) %}"}`), nil},
		"a bracket is missing":               {pass(`"{% $sum($states.input.a %}"`), []string{`jsonata-syntax a`}},
		"a token too many":                   {pass(`"{% $states.input.a ) %}"`), []string{`jsonata-syntax )`}},
		"a bad operator":                     {pass(`"{% $states.input.a == 1 %}"`), []string{`jsonata-syntax =`}},
		"an open text":                       {pass(`"{% 'abc %}"`), nil},
		"nothing":                            {pass(`"{% %}"`), nil},
		"a bare name":                        {pass(`{"x": ["{% phone %}"]}`), []string{`jsonata-context phone`}},
		"bare names, each once":              {pass(`"{% a + a.b + c %}"`), []string{`jsonata-context a`, `jsonata-context c`}},
		"the context":                        {pass(`"{% $.a %}"`), []string{`jsonata-context $`}},
		"the root":                           {pass(`"{% $$.a %}"`), []string{`jsonata-context $$`}},
		"names behind a path":                {pass(`"{% $states.input.items[price > $.least]^(name){k: v} %}"`), nil},
		"a lambda's body":                    {pass(`"{% $map($states.input.a, function($x) { x }) %}"`), []string{`jsonata-context x`}},
		"a result in a Pass":                 {pass(`"{% $states.result %}"`), []string{`jsonata-phase $states.result`}},
		"an error in a Pass":                 {pass(`"{% $states.errorOutput.Cause %}"`), []string{`jsonata-phase $states.errorOutput.Cause`}},
		"a result in Arguments":              {`"A": {` + task + `, "Arguments": {"x": "{% $states.result.y %}"}, "End": true}`, []string{`jsonata-phase $states.result.y`}},
		"a result in Output and Assign":      {`"A": {` + task + `, "Output": "{% $states.result %}", "Assign": {"x": {"y": "{% $states.result.z %}"}}, "End": true}`, nil},
		"a result in a catcher":              {`"A": {` + task + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.result %}", "Next": "B"}], "Next": "B"}, "B": {"Type": "Succeed"}`, []string{`jsonata-phase $states.result`}},
		"an error in a catcher":              {`"A": {` + task + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Assign": {"e": "{% $states.errorOutput.Error %}"}, "Next": "B"}], "Next": "B"}, "B": {"Type": "Succeed"}`, nil},
		"an error in the state behind":       {`"A": {` + task + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}], "Next": "B"}, "B": {"Type": "Succeed", "Output": "{% $states.errorOutput %}"}`, []string{`jsonata-phase $states.errorOutput`}},
		"a result in a Choice":               {`"A": {"Type": "Choice", "Choices": [{"Condition": "{% $states.result.ok %}", "Output": "{% $states.result %}", "Next": "B"}], "Default": "B"}, "B": {"Type": "Succeed"}`, []string{`jsonata-phase $states.result.ok`, `jsonata-phase $states.result`}},
		"a result in a Map's selector":       {`"A": {"Type": "Map", "Items": "{% $states.input.i %}", "ItemSelector": {"x": "{% $states.result %}"}, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}, "Output": "{% $states.result %}", "End": true}`, []string{`jsonata-phase $states.result`}},
		"a parameter of that name":           {pass(`"{% ($f := function($states) { $states.result }; $f($states)) %}"`), nil},
		"a member that is not there":         {pass(`"{% $states.error.Cause %}"`), []string{`jsonata-states-member $states.error.Cause`}},
		"a member in other case":             {pass(`"{% $states.Input %}"`), []string{`jsonata-states-member $states.Input`}},
		"$eval":                              {pass(`"{% $eval($states.input.e) %}"`), []string{`unknown-jsonata-function $eval`}},
		"a function of its own":              {pass(`"{% ($twice := function($n) { $n * 2 }; $twice(2)) %}"`), nil},
		"a function that is nowhere":         {pass(`"{% $toUpper($states.input.a) %}"`), []string{`unknown-jsonata-function $toUpper`}},
		"too many arguments":                 {pass(`"{% $count(1, 2) %}"`), []string{`jsonata-arity $count(1, 2)`}},
		"too few arguments":                  {pass(`"{% $map($states.input.a) %}"`), []string{`jsonata-arity $map($states.input.a)`}},
		"an argument by ~>":                  {pass(`"{% $states.input.a ~> $map(function($x) { $x }) %}"`), nil},
		"a partial call":                     {pass(`"{% ($f := $substringBefore(?, '.'); $f($states.input.a)) %}"`), nil},
		"a name in a text with substitution": {pass(`"{% '${Prefix}/' & name %}"`), []string{`jsonata-context name`}},
		"a substitution in the expression":   {pass(`"{% ${Expression} + name %}"`), nil},
		"escapes before it":                  {pass(`"{% $states.input.\"a \\u0041\" & \"ä\u00e4\ud83d\ude00\" & phone %}"`), []string{`jsonata-context phone`}},
		"a field of the context":             {pass(`"{% $states.context.Execution.ID %}"`), []string{`unknown-context-field $states.context.Execution.ID`}},
		"a token that is not there":          {`"A": {` + task + `, "Arguments": {"t": "{% $states.context.Task.Token %}"}, "End": true}`, []string{`unknown-context-field $states.context.Task.Token`}},
		"an item outside of a Map":           {pass(`"{% $states.context.Map.Item.Value %}"`), []string{`unknown-context-field $states.context.Map.Item.Value`}},
	} {
		t.Run(name, func(t *testing.T) {
			found := spans(t, "m.asl.json", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {`+c.states+`}}`,
				"jsonata-syntax", "jsonata-context", "jsonata-phase", "jsonata-states-member", "unknown-jsonata-function", "jsonata-arity", "unknown-context-field")
			if name == "nothing" || name == "an open text" {
				if len(found) != 1 || !strings.HasPrefix(found[0], "jsonata-syntax ") {
					t.Errorf("found %q", found)
				}
				return
			}
			if !slices.Equal(found, c.want) {
				t.Errorf("found %q, want %q", found, c.want)
			}
		})
	}
}

// TestPlacesInTexts points into texts as YAML writes them.
func TestPlacesInTexts(t *testing.T) {
	for _, text := range []string{
		`'{% "it''s" & phone %}'`, `"{% \"a\\nb\" & phone %}"`, "\"{% 'x' &\n          phone %}\"", ">-\n        {% 'x' &\n          phone\n        %}", "|-\n        {%\n          'x' & phone\n        %}",
		"|\n        {% 'ä' & phone %}", ">\n        {% 'ä' &\n\n        phone %}",
	} {
		definition := "QueryLanguage: JSONata\nStartAt: A\nStates:\n  A:\n    Type: Pass\n    Output:\n      a: " + text + "\n    End: true\n"
		found := spans(t, "m.asl.yaml", definition, "jsonata-context", "jsonata-delimiters")
		if strings.HasPrefix(text, "|\n") || strings.HasPrefix(text, ">\n") { // the end of the line is a part of the text
			if len(found) != 1 || !strings.HasPrefix(found[0], "jsonata-delimiters") {
				t.Errorf("%s: found %q", text, found)
			}
			continue
		}
		if !slices.Equal(found, []string{"jsonata-context phone"}) {
			t.Errorf("%s: found %q", text, found)
		}
	}
}

// TestOperandsAndItems has texts where numbers are wanted, and filters where arrays are.
func TestOperandsAndItems(t *testing.T) {
	for text, want := range map[string][]string{
		`$states.input.a + '-x'`:               {`jsonata-operand '-x'`},
		`('a' & $states.input.b) * 2`:          {`jsonata-operand ('a' & $states.input.b)`},
		`$string($states.input.n) - 1`:         {`jsonata-operand $string($states.input.n)`},
		`$number('5') + 1`:                     nil,
		`$states.input.a & '-x'`:               nil,
		`$states.input.l[a > 1]`:               {`jsonata-single-item $states.input.l[a > 1]`},
		`$states.input.l[a > 1].b`:             nil,
		`$states.input.l[a > 1][]`:             nil,
		`[$states.input.l[a > 1]]`:             nil,
		`$states.input.l[0]`:                   nil,
		`$states.input[].l[a > 1]`:             nil,
		`$filter($states.input.l, $exists)`:    {`jsonata-single-item $filter($states.input.l, $exists)`},
		`($x := $states.input.l; $x[b = 'c'])`: {`jsonata-single-item ($x := $states.input.l; $x[b = 'c'])`},
	} {
		definition := `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Map", "Items": "{% ` + text + ` %}", "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}, "End": true}}}`
		if found := spans(t, "m.asl.json", definition, "jsonata-operand", "jsonata-single-item"); !slices.Equal(found, want) {
			t.Errorf("%s: found %q, want %q", text, found, want)
		}
	}
}
