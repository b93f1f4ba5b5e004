package cli

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// widestLine is up to where a value stands on the line of its label.
const widestLine = 100

// stepList is the text of a response: a label and a value a line.
type stepList struct {
	lines [][2]string
}

func (r *stepList) text(label, text string) {
	if text != "" {
		r.lines = append(r.lines, [2]string{label, text})
	}
}

func (r *stepList) data(label string, v value.Value) {
	if v == nil {
		return
	}
	text := value.Text(v)
	if len(text) > widestLine || strings.Contains(text, "\n") {
		text = value.Indent(v)
	}
	r.text(label, text)
}

func (r *stepList) String() string {
	width := 0
	for _, line := range r.lines {
		width = max(width, len(line[0]))
	}
	var b strings.Builder
	for _, line := range r.lines {
		text := strings.ReplaceAll(line[1], "\n", "\n"+strings.Repeat(" ", width+2))
		fmt.Fprintf(&b, "%-*s  %s\n", width, line[0], text)
	}
	return b.String()
}

// describeTestState writes a response for people: the state's data step by step, and how it ended.
func describeTestState(response *engine.TestResponse) string {
	r := &stepList{}
	data := response.InspectionData
	if data == nil {
		data = &engine.Inspection{}
	}
	r.data("input", data.Input)
	r.data("after InputPath", data.AfterInputPath)
	r.data("after Parameters", data.AfterParameters)
	r.data("after Arguments", data.AfterArguments)
	r.data("after ItemsPath", data.AfterItemsPath)
	r.data("after ItemsPointer", data.AfterItemsPointer)
	r.data("after ItemSelector", data.AfterItemSelector)
	r.data("after ItemBatcher", data.AfterItemBatcher)
	if n := data.MaxConcurrency; n != nil && *n > 0 {
		r.text("max concurrency", fmt.Sprint(*n))
	}
	if n := data.ToleratedFailureCount; n != nil {
		r.text("tolerated failures", fmt.Sprint(*n))
	}
	if f := data.ToleratedFailurePercentage; f != nil {
		r.text("tolerated failures", fmt.Sprint(*f)+" %")
	}
	r.data("result", data.Result)
	r.data("after ResultSelector", data.AfterResultSelector)
	r.data("after ResultPath", data.AfterResultPath)
	if data.Variables != nil {
		r.data("variables", data.Variables)
	}
	r.text("error", response.Error)
	r.text("cause", response.Cause)
	if e := data.ErrorDetails; e != nil {
		if e.RetryIndex != nil && e.RetryBackoffIntervalSeconds != nil {
			r.text("retried by", fmt.Sprintf("Retry[%d], after %d s", *e.RetryIndex, *e.RetryBackoffIntervalSeconds))
		} else if e.RetryIndex != nil {
			r.text("not retried by", fmt.Sprintf("Retry[%d], which has no attempts left", *e.RetryIndex))
		}
		if e.CatchIndex != nil {
			r.text("caught by", fmt.Sprintf("Catch[%d]", *e.CatchIndex))
		}
	}
	r.data("output", response.Output)
	r.text("next state", response.NextState)
	r.text("status", string(response.Status))
	return r.String()
}
