package combine

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// ResultObject is where the report on a document lies:
// results/<document key>/<execution name>.json in the bucket of the output. A document
// key too long for that is cut and ends in its SHA-256.
func ResultObject(document claim.Document, output claim.Output) claim.Object {
	tail := "/" + output.Execution() + ".json"
	key := document.Key
	if room := claim.MaxKey - len(claim.ResultsPrefix) - len(tail); len(key) > room {
		sum := "…" + claim.SHA256([]byte(key))
		key = cut(key, room-len(sum)) + sum
	}
	return claim.Object{Bucket: output.Bucket, Key: claim.ResultsPrefix + key + tail}
}

const typeMarkdown = "text/markdown; charset=utf-8"

// report writes the report and returns the state's output.
func (h *Handler) report(ctx context.Context, request Request, manifest claim.Manifest, analyses []answer.Reading, merges []merged, synthesis []answer.Reading, result Result) (Result, error) {
	where := ResultObject(manifest.Document, request.Output)
	result.Result = &where
	full := Report{
		SchemaVersion: SchemaVersion,
		Result:        result, PromptVersion: bedrock.PromptVersion(), Execution: request.Output.Execution(),
		Manifest: Manifest{Pages: append([]claim.Page{}, manifest.Pages...), Chunks: make([]ChunkReport, len(manifest.Chunks))},
	}
	full.Warnings = slices.Concat(manifest.Warnings, result.Warnings[min(len(manifest.Warnings), maxWarnings):])
	for i, chunk := range manifest.Chunks {
		full.Manifest.Chunks[i] = ChunkReport{
			Index: chunk.Index, SHA256: chunk.SHA256, FirstPage: chunk.FirstPage, LastPage: chunk.LastPage, CallState: stateOf(analyses[i]),
		}
	}
	for _, m := range merges {
		full.Manifest.Synthesis = append(full.Manifest.Synthesis, CallReport{
			Step: m.Step, Level: m.level, FirstChunk: &m.first, LastChunk: &m.last, CallState: stateOf(m.Reading),
		})
	}
	for _, reading := range synthesis {
		full.Manifest.Synthesis = append(full.Manifest.Synthesis, CallReport{Step: reading.Step, CallState: stateOf(reading)})
	}
	data, err := claim.JSON(full)
	if err != nil {
		return Result{}, err
	}
	if err := checkReport(data); err != nil {
		return Result{}, err
	}
	// First the one for people: whoever sees the JSON one sees both.
	if err := claim.Put(ctx, h.S3, MarkdownObject(where), typeMarkdown, Markdown(&full)); err != nil {
		return Result{}, claim.Failure(err, failure.InvalidRequest)
	}
	if result.New, err = claim.PutNew(ctx, h.S3, where, claim.TypeJSON, data); err == nil && !result.New {
		err = claim.Put(ctx, h.S3, where, claim.TypeJSON, data)
	}
	if err != nil {
		return Result{}, claim.Failure(err, failure.InvalidRequest)
	}
	h.list(ctx, request, result)
	return fit(result)
}

func stateOf(reading answer.Reading) CallState {
	state := CallState{
		Status: Succeeded, Response: reading.Key, ResponseSHA256: reading.SHA256, Attempts: reading.Attempts,
		StopReason:  bedrock.StopReason(cut(string(reading.Response.StopReason), maxModel)),
		Cached:      reading.Response.Cached,
		Batch:       reading.Response.Batch,
		InputTokens: reading.Usage.InputTokens, OutputTokens: reading.Usage.OutputTokens,
	}
	if reading.Fault != nil {
		state.Status, state.Error = Failed, cut(reading.Fault.Error, MaxCause)
	}
	return state
}

// member is a part of the result that the state can do without.
type member struct {
	name  string
	value any
	drop  func()
	size  int // in bytes of JSON
}

// fit leaves out of the state's output what makes it too large, the largest member
// first. The report has it all.
func fit(result Result) (Result, error) {
	size := func(v any) (int, error) {
		data, err := json.Marshal(v)
		if err != nil {
			return 0, failure.New(failure.Unexpected, "the result cannot be written as JSON: %v", err)
		}
		return len(data), nil
	}
	members := []member{
		{name: "analysis", value: result.Analysis, drop: func() { result.Analysis = nil }},
		{name: "summary", value: result.Summary, drop: func() { result.Summary = nil }},
		{name: "sentiment", value: result.Sentiment, drop: func() { result.Sentiment = nil }},
		{name: "keywords", value: result.Keywords, drop: func() { result.Keywords = nil }},
		{name: "warnings", value: result.Warnings, drop: func() { result.Warnings = nil }},
		{name: "missing", value: result.Missing, drop: func() { result.Missing = []Missing{} }},
	}
	for i := range members {
		var err error
		if members[i].size, err = size(members[i].value); err != nil {
			return result, err
		}
	}
	slices.SortStableFunc(members, func(a, b member) int { return cmp.Compare(b.size, a.size) })
	for _, m := range members {
		n, err := size(result)
		if err != nil || n <= MaxStateOutput {
			return result, err
		}
		m.drop()
		result.Omitted = append(result.Omitted, m.name)
	}
	return result, nil
}
