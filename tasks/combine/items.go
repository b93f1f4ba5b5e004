package combine

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
)

// Item is one branch of the article's Parallel state: the result of a Bedrock task, or
// the record of its error, bare or as the member error.
type Item struct {
	// Step tells which branch it is; without it the place in the array does.
	Step        bedrock.Step      `json:"step,omitempty"`
	Body        *bedrock.Response `json:"Body,omitempty"`
	ContentType string            `json:"ContentType,omitempty"`
	Error       string            `json:"Error,omitempty"`
	Cause       string            `json:"Cause,omitempty"`
	Record      *answer.Record    `json:"-"`
}

// UnmarshalJSON reads an item. The members Error and error are two things, which
// encoding/json, blind to case, would mix up.
func (i *Item) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	*i = Item{}
	for name, target := range map[string]any{
		"step": &i.Step, "Body": &i.Body, "ContentType": &i.ContentType, "Error": &i.Error, "Cause": &i.Cause, "error": &i.Record,
	} {
		if raw, ok := members[name]; ok {
			if err := json.Unmarshal(raw, target); err != nil {
				return err
			}
		}
	}
	if i.Record != nil && i.Error == "" {
		i.Error, i.Cause = i.Record.Error, i.Record.Cause
	}
	return nil
}

// articleSteps is the order of the branches in the article's second definition.
var articleSteps = []bedrock.Step{bedrock.StepSentiment, bedrock.StepKeywords}

// MaxProse bounds an answer in prose, in bytes.
const MaxProse = 32 << 10

// Decode reads a request in either form.
func Decode(payload []byte) (Event, error) {
	if trimmed := bytes.TrimSpace(payload); len(trimmed) > 0 && trimmed[0] == '[' {
		items, err := function.DecodeJSON[[]Item](payload, `the output array of a Parallel state whose branches are Bedrock tasks: items with Body and ContentType, or with Error and Cause`)
		if err == nil && len(items) == 0 {
			err = failure.New(failure.InvalidRequest, "the array of branches is empty; it should have one item for each of %v", articleSteps)
		}
		return Event{Items: items}, err
	}
	request, err := function.DecodeJSON[Request](payload, `{"document": …, "manifest": …, "output": …}, or the output array of a Parallel state`)
	return Event{Request: request}, err
}

// CombineItems combines the branches of the article's flow.
func CombineItems(items []Item) (Result, error) {
	result := Result{Missing: []Missing{}, Models: []string{}}
	found := map[bedrock.Step]bool{}
	for i, item := range items {
		step := item.Step
		if step == "" && i < len(articleSteps) {
			step = articleSteps[i]
		}
		switch {
		case bedrock.Schema(step) == nil || step == bedrock.StepAnalysis:
			return Result{}, failure.New(failure.InvalidRequest, "item %d of the array is of no known step (%q); the first is %s, the second %s, others say it in the member step",
				i, step, articleSteps[0], articleSteps[1])
		case found[step]:
			return Result{}, failure.New(failure.InvalidRequest, "item %d of the array is of the step %s, as an earlier one", i, step)
		case item.Body == nil && item.Error == "":
			return Result{}, failure.New(failure.InvalidRequest, "item %d of the array (%s) has neither Body nor Error; it should be the result of a Bedrock task or the record of its error", i, step)
		}
		found[step] = true
		if item.Body == nil {
			result.miss(string(step), &answer.Fault{Error: item.Error, Cause: item.Cause})
			continue
		}
		reading := answer.Reading{Response: *item.Body}
		reading.Answer, reading.Fault = answer.Check(step, *item.Body)
		result.addItem(step, reading)
	}
	for _, step := range articleSteps {
		if !found[step] {
			result.miss(string(step), &answer.Fault{Error: answer.NotAnswered, Cause: "the array has no item for it"})
		}
	}
	return result, result.finish("the document")
}

// addItem adds an answer. The article's prompts do not ask for JSON: an answer without
// any is taken as the prose that it is, and never mistaken for a checked answer. One
// that was cut is kept and named as missing too.
func (r *Result) addItem(step bedrock.Step, reading answer.Reading) {
	text := strings.TrimSpace(reading.Response.Text())
	prose := reading.Fault != nil && reading.Fault.Error != bedrock.RefusedAnswer && text != "" && !strings.Contains(text, "{")
	r.Usage.InputTokens += max(0, reading.Response.Usage.InputTokens)
	r.Usage.OutputTokens += max(0, reading.Response.Usage.OutputTokens)
	r.model(reading.Response.Model)
	if !prose {
		r.add(step, reading)
		return
	}
	if r.Prose == nil {
		r.Prose = map[bedrock.Step]string{}
	}
	r.Prose[step] = cut(text, MaxProse)
	if reading.Fault.Error == bedrock.TruncatedAnswer {
		r.miss(string(step), reading.Fault)
	}
}
