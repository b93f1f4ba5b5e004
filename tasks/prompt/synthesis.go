package prompt

import (
	"context"
	"strings"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"golang.org/x/sync/errgroup"
)

// synthesis writes the requests for the whole. Their input is the text itself when it is
// one chunk, else the analyses and the most distinctive sentences of the chunks, within
// SynthesisTokens. Analyses that take more than AnalysesTokens are merged by a model
// first, twice at most: then requests for that are written instead.
func (h *Handler) synthesis(ctx context.Context, request Request, manifest claim.Manifest) (Result, error) {
	in := bedrock.Input{Title: request.Document.Title}
	if len(manifest.Chunks) == 1 {
		chunk := manifest.Chunks[0]
		text, err := claim.ReadChunk(ctx, h.S3, request.Manifest.Bucket, chunk)
		if err != nil {
			return Result{}, err
		}
		in.Fence, in.Text = chunk.Fence, text
		return h.questions(ctx, request, in)
	}
	parts, words, err := h.parts(ctx, request, manifest)
	if err != nil {
		return Result{}, err
	}
	if total(parts) > AnalysesTokens {
		if request.Level < MaxLevel {
			return h.merges(ctx, request, manifest, parts, words)
		}
		// Cannot be, unless models answer at greater length than they may.
		for i := range parts {
			parts[i] = parts[i].cut(AnalysesTokens / len(parts))
		}
	}
	chunks, err := h.texts(ctx, request, manifest)
	if err != nil {
		return Result{}, err
	}
	said := map[string]bool{}
	for _, p := range parts {
		for _, line := range p.lines {
			said[line] = true
		}
	}
	const labelTokens = 6
	chosen := choose(candidates(chunks, said), SynthesisTokens-total(parts), labelTokens)
	in.Text = compose(manifest, parts, chosen, words)
	return h.questions(ctx, request, in)
}

// questions writes the requests of the synthesis.
func (h *Handler) questions(ctx context.Context, request Request, in bedrock.Input) (Result, error) {
	steps := bedrock.Steps()[1:]
	calls, asked := make([]Call, len(steps)), make([]bedrock.Request, len(steps))
	for i, step := range steps {
		calls[i], asked[i] = h.newCall(request.Output, string(step), 0), bedrock.NewRequest(step, in)
		var err error
		if calls[i].Cached, err = h.write(ctx, request.Models, request.Output, string(step), 0, asked[i]); err != nil {
			return Result{}, err
		}
	}
	h.pace(ctx, request.Models, calls, func(i int) (bedrock.Step, int) { return steps[i], tokensOf(asked[i]) })
	var result Result
	for i, step := range steps {
		switch step {
		case bedrock.StepSummary:
			result.Summary = &calls[i]
		case bedrock.StepSentiment:
			result.Sentiment = &calls[i]
		case bedrock.StepKeywords:
			result.Keywords = &calls[i]
		}
	}
	return result, nil
}

// merges writes the requests that merge the parts of one level.
func (h *Handler) merges(ctx context.Context, request Request, manifest claim.Manifest, parts []part, words vocabulary) (Result, error) {
	folder := mergeFolder(request.Level + 1)
	var calls []Call
	var tokens []int
	for i, group := range groups(parts, MaxMerges(request.Level+1)) {
		in := bedrock.Input{Title: request.Document.Title, Text: compose(manifest, group, nil, words)}
		merge := bedrock.NewRequest(bedrock.StepMerge, in)
		c := h.newCall(request.Output, folder, i)
		var err error
		if c.Cached, err = h.write(ctx, request.Models, request.Output, folder, i, merge); err != nil {
			return Result{}, err
		}
		c.First, c.Last = group[0].first, group[len(group)-1].last
		calls, tokens = append(calls, c), append(tokens, tokensOf(merge))
	}
	h.pace(ctx, request.Models, calls, func(i int) (bedrock.Step, int) { return bedrock.StepMerge, tokens[i] })
	return h.list(ctx, request.Output, folder, calls)
}

// parts reads what the analyses of a level say. The words are those of the document's
// language.
func (h *Handler) parts(ctx context.Context, request Request, manifest claim.Manifest) ([]part, vocabulary, error) {
	if request.Level > 0 {
		return h.merged(ctx, request, manifest)
	}
	readings, err := h.analyses(ctx, request, manifest)
	if err != nil {
		return nil, english, err
	}
	words := languageOf(readings)
	parts := make([]part, len(readings))
	for i, r := range readings {
		a, _ := r.Answer.(*bedrock.Analysis)
		parts[i] = newPart(i, i, a, words)
	}
	return parts, words, nil
}

// merged reads a level of merges. In the place of one that failed stand the analyses of
// its chunks, cut to what a merge may have.
func (h *Handler) merged(ctx context.Context, request Request, manifest claim.Manifest) ([]part, vocabulary, error) {
	calls, err := ReadCalls(ctx, h.S3, request.Output, request.Level, len(manifest.Chunks))
	if err != nil {
		return nil, english, err
	}
	if len(calls) == 0 {
		return nil, english, failure.New(failure.InvalidRequest, "level is %d, but there is no %s", request.Level, request.Output.Calls(mergeFolder(request.Level)).URI())
	}
	readings, err := answer.ReadAll(ctx, h.S3, request.Output, MergeCalls(request.Level, calls))
	if err != nil {
		return nil, english, err
	}
	words := languageOf(readings)
	parts := make([]part, len(calls))
	failed := false
	for i, c := range calls {
		a, ok := readings[i].Answer.(*bedrock.Analysis)
		parts[i] = newPart(c.First, c.Last, a, words)
		failed = failed || !ok
	}
	if !failed {
		return parts, words, nil
	}
	analyses, err := h.analyses(ctx, request, manifest)
	if err != nil {
		return nil, english, err
	}
	words = languageOf(analyses)
	for i, p := range parts {
		if p.lines != nil {
			continue
		}
		share := bedrock.DefaultMaxTokens(bedrock.StepMerge) / (p.last - p.first + 1)
		for chunk := p.first; chunk <= p.last; chunk++ {
			if a, ok := analyses[chunk].Answer.(*bedrock.Analysis); ok {
				parts[i].lines = append(parts[i].lines, newPart(chunk, chunk, a, words).cut(share+headingTokens).lines...)
			}
		}
		parts[i] = parts[i].measured()
	}
	return parts, words, nil
}

// analyses reads what became of the analyses of the chunks. That none can be used is an
// error.
func (h *Handler) analyses(ctx context.Context, request Request, manifest claim.Manifest) ([]answer.Reading, error) {
	readings, err := answer.ReadAll(ctx, h.S3, request.Output, AnalysisCalls(len(manifest.Chunks)))
	if err != nil {
		return nil, err
	}
	for _, r := range readings {
		if r.Answer != nil {
			return readings, nil
		}
	}
	return nil, failure.New(failure.NoUsableAnswer, "%s: none of the %d chunks has an analysis that can be used; the first: %s",
		request.Document.Name, len(readings), readings[0].Fault.Loggable())
}

func languageOf(readings []answer.Reading) vocabulary {
	for _, r := range readings {
		if a, ok := r.Answer.(*bedrock.Analysis); ok {
			if strings.HasPrefix(a.Language, "ja") {
				return japanese
			}
			break
		}
	}
	return english
}

// texts reads the chunks.
func (h *Handler) texts(ctx context.Context, request Request, manifest claim.Manifest) ([]string, error) {
	out := make([]string, len(manifest.Chunks))
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i, chunk := range manifest.Chunks {
		group.Go(function.Guarded(func() error {
			var err error
			out[i], err = claim.ReadChunk(groupContext, h.S3, request.Manifest.Bucket, chunk)
			return err
		}))
	}
	return out, group.Wait()
}
