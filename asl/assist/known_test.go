package assist

import (
	"slices"
	"strings"
	"testing"
)

// The data of a definition whose input nobody knows: what its own states make of it.
const (
	flowJSONPath = `{"StartAt": "Make", "States": {
	"Make": {"Type": "Pass", "Result": {"order": {"id": 7, "lines": [{"sku": "a"}]}, "odd name": 1}, "Assign": {"total": 3}, "Next": "Call"},
	"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": {"id.$": "@1"}}, "ResultSelector": {"r.$": "@2"}, "InputPath": "@3", "Next": "End"},
	"End": {"Type": "Succeed"}}}`
	flowJSONata = `{"QueryLanguage": "JSONata", "StartAt": "Make", "States": {
	"Make": {"Type": "Pass", "Output": {"order": {"id": 7}}, "Assign": {"total": {"net": 3}}, "Next": "Call"},
	"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f", "Payload": "{% @1 %}"}, "Output": "{% @2 %}", "End": true, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End", "Output": "{% @3 %}"}]},
	"End": {"Type": "Succeed"}}}`
)

// at puts text, with the cursor in it, in one of the places of a definition, and plain ones in the others.
func at(definition, place, text string) string {
	for _, other := range []string{"@1", "@2", "@3"} {
		put := "$"
		if definition == flowJSONata {
			put = "1"
		}
		if other == place {
			put = text
		}
		definition = strings.Replace(definition, other, put, 1)
	}
	return definition
}

func TestCompleteKnown(t *testing.T) {
	for _, test := range []struct {
		definition, place, text string
		want                    string
	}{
		{flowJSONPath, "@1", "$.¦", "order"},
		{flowJSONPath, "@1", "$.order.l¦", "id lines"},
		{flowJSONPath, "@1", "States.Format('{}', $.order.lines[0].¦)", "sku"},
		{flowJSONPath, "@1", "$.nonesuch.¦", ""},
		{flowJSONPath, "@2", "$.¦", "Payload"},
		{flowJSONPath, "@3", "$.order.¦", "id lines"},
		{flowJSONata, "@1", "$states.input.¦", "order"},
		{flowJSONata, "@1", "$states.input.order.¦", "id"},
		{flowJSONata, "@1", "$total.¦", "net"},
		{flowJSONata, "@2", "$states.result.¦", "Payload"},
		{flowJSONata, "@3", "$states.errorOutput.¦", "Cause Error"},
	} {
		v, offset := open(t, "a.json", at(test.definition, test.place, test.text))
		got := labels(v.Complete(offset))
		for _, want := range strings.Fields(test.want) {
			if !slices.Contains(got, want) {
				t.Errorf("%s: %q lacks %s", test.text, got, want)
			}
		}
		if test.want == "" && len(got) > 0 {
			t.Errorf("%s: %q", test.text, got)
		}
	}
}

func TestHoverKnown(t *testing.T) {
	for _, test := range []struct{ definition, place, text, want string }{
		{flowJSONPath, "@1", "$.order.¦id", "`$.order.id`: `7`."},
		{flowJSONPath, "@1", "$.or¦der.id", "`$.order`: `{\"id\": 7"},
		{flowJSONPath, "@1", "$t¦otal", "A variable, assigned in Make. `3`."},
		{flowJSONPath, "@1", "$.order.nones¦uch", "Nothing is ever there."},
		{flowJSONata, "@1", "$states.input.order.i¦d", "`7`."},
		{flowJSONata, "@1", "$st¦ates", ""},
		{flowJSONata, "@1", "$states.in¦put", "The state's input. `{\"order\""},
		{flowJSONata, "@1", "$up¦percase('a')", "in upper case"},
	} {
		v, offset := open(t, "a.json", at(test.definition, test.place, test.text))
		h, _ := v.Hover(offset)
		if !strings.Contains(h.Markdown, test.want) || test.want == "" && h.Markdown != "" {
			t.Errorf("%s: %q lacks %q", test.text, h.Markdown, test.want)
		}
	}
	v, offset := open(t, "a.json", strings.Replace(at(flowJSONPath, "", ""), `"Call":`, `"Ca¦ll":`, 1))
	if h, _ := v.Hover(offset); !strings.Contains(h.Markdown, "input: `{\"order\":") || !strings.Contains(h.Markdown, "comes after Make") {
		t.Errorf("a state: %s", h.Markdown)
	}
}
