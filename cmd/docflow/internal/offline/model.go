// Package offline answers the requests that docflow's flows send to a language model,
// without a network: an extractive summary, lexicon sentiment, ranked keywords and a
// rule-based analysis, in English and Japanese.
//
// It is not a language model and says so in every answer. It exists so that a pipeline
// runs, and gives results that a person finds sensible, on a machine with no account.
// The same request always gets the same response.
//
// What a document asks of a model is not done. Sentences that plainly speak to a model
// ("ignore all previous instructions") are left out of the results as well, since they
// are no part of what the document says to its readers; an attack in other words still
// counts as text, so it can add to the sentiment or stand in a summary.
package offline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// Name is the model name in every response.
const Name = "docflow-offline"

// MaxTextBytes is how much of a document is read: about 350 pages. The rest is left out
// and the answer's note says so.
const MaxTextBytes = 1 << 20

// Model is the offline model. The zero value is ready; it is safe for concurrent use.
type Model struct{}

// Complete answers a request. The step is taken from the instruction alone: the system
// text and what stands before the document. Text inside the fence never changes what
// Complete does. The error is ctx's, or that of a broken dictionary.
//
// modelID only bounds the input: a request that is estimated to be longer than the
// model's context window is refused with a *bedrock.RequestError, as is a block that is
// no text. The response names the offline model.
func (m *Model) Complete(ctx context.Context, request bedrock.Request, modelID string) (bedrock.Response, error) {
	if err := checkRequest(request, modelID); err != nil {
		return bedrock.Response{}, err
	}
	job := readJob(request)
	cut := len(job.document) > MaxTextBytes
	if cut {
		job.document = clipText(job.document, MaxTextBytes)
	}
	doc, err := parse(ctx, job.title, job.document)
	if err != nil {
		return bedrock.Response{}, fmt.Errorf("offline model: %w", err)
	}
	text, err := m.answer(ctx, job, doc, cut, request.MaxTokens)
	if err != nil {
		return bedrock.Response{}, fmt.Errorf("offline model: %w", err)
	}
	response := bedrock.Response{
		ID:         messageID(request),
		Type:       "message",
		Role:       bedrock.Assistant,
		Model:      Name,
		StopReason: bedrock.StopEndTurn,
	}
	text, response.StopSequence = applyStop(text, request.StopSequences)
	if response.StopSequence != nil {
		response.StopReason = bedrock.StopSequence
	}
	if EstimateTokens(text) > request.MaxTokens {
		text = clipTokens(text, request.MaxTokens)
		response.StopReason, response.StopSequence = bedrock.StopMaxTokens, nil
	}
	response.Content = []bedrock.ContentBlock{{Type: bedrock.BlockText, Text: text}}
	response.Usage = bedrock.Usage{InputTokens: InputTokens(request), OutputTokens: EstimateTokens(text)}
	return response, nil
}

func checkRequest(request bedrock.Request, modelID string) error {
	if err := request.Validate(); err != nil {
		return err
	}
	for i, m := range request.Messages {
		for j, b := range m.Content.Blocks {
			if b.Type != bedrock.BlockText {
				return &bedrock.RequestError{
					Field:   fmt.Sprintf("messages.%d.content.%d", i, j),
					Message: fmt.Sprintf("docflow's offline model reads text blocks only, not %q", b.Type),
				}
			}
		}
	}
	model, _, err := bedrock.Lookup(modelID)
	if tokens := InputTokens(request); err == nil && tokens > model.ContextWindow {
		return &bedrock.RequestError{Field: "messages", Message: fmt.Sprintf(
			"prompt is too long: %d tokens > %d maximum", tokens, model.ContextWindow)}
	}
	return nil
}

// answer writes the answer in as much detail as fits into maxTokens. The last level may
// still be too long: then Complete cuts it, as a model's answer is cut.
func (m *Model) answer(ctx context.Context, job job, doc *document, cut bool, maxTokens int) (string, error) {
	write, err := m.prepare(ctx, job, doc, cut)
	if err != nil {
		return "", err
	}
	var text string
	// Who is asked again is asked for less.
	for detail := max(leastDetail, fullDetail-job.turns); detail >= leastDetail; detail-- {
		if text, err = write(detail); err != nil {
			return "", err
		}
		if EstimateTokens(text) <= maxTokens {
			break
		}
	}
	return text, nil
}

// How much an answer tells: lists get shorter from level to level.
const (
	leastDetail = 0
	fullDetail  = 3
)

// prepare does the work of a step once and returns what writes it at a level of detail.
func (m *Model) prepare(ctx context.Context, job job, doc *document, cut bool) (func(int) (string, error), error) {
	style := style{japanese: doc.japanese, cut: cut}
	if len(doc.sentences) == 0 && len(doc.fragments) == 0 {
		style.japanese = job.japanese
	}
	var toJSON func(detail int) any
	var toProse func(detail int) string
	switch job.step {
	case bedrock.StepSummary:
		r, err := summarize(ctx, doc)
		if err != nil {
			return nil, err
		}
		toJSON = func(d int) any { return style.summary(r, d) }
		toProse = func(d int) string { return style.summaryProse(r, d) }
	case bedrock.StepSentiment:
		r, err := judge(ctx, doc)
		if err != nil {
			return nil, err
		}
		toJSON = func(d int) any { return style.sentiment(r, d) }
		toProse = func(d int) string { return style.sentimentProse(r, d) }
	case bedrock.StepKeywords:
		r := keywords(doc)
		toJSON = func(d int) any { return style.keywords(r, d) }
		toProse = func(d int) string { return style.keywordsProse(r, d) }
	case bedrock.StepAnalysis:
		r, err := analyze(ctx, doc)
		if err != nil {
			return nil, err
		}
		toJSON = func(d int) any { return style.analysis(r, d) }
		toProse = func(d int) string { return style.analysisProse(r, d) }
	default:
		r, err := summarize(ctx, doc)
		if err != nil {
			return nil, err
		}
		toJSON = func(d int) any { return style.summary(r, d) }
		toProse = func(d int) string { return style.unknownProse(r, d) }
	}
	if !job.json {
		return func(d int) (string, error) { return toProse(d), nil }, nil
	}
	return func(d int) (string, error) {
		var b strings.Builder
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(toJSON(d)); err != nil {
			return "", err
		}
		return strings.TrimSuffix(b.String(), "\n"), nil
	}, nil
}

// messageID is the same for the same request.
func messageID(request bedrock.Request) string {
	h := sha256.New()
	// A Request always encodes, and a hash never fails to take bytes.
	_ = json.NewEncoder(h).Encode(request)
	return "msg_offline_" + hex.EncodeToString(h.Sum(nil)[:12])
}

// applyStop cuts text before the first stop sequence in it.
func applyStop(text string, sequences []string) (string, *string) {
	at, found := len(text), ""
	for _, s := range sequences {
		if i := strings.Index(text, s); s != "" && i >= 0 && i < at {
			at, found = i, s
		}
	}
	if found == "" {
		return text, nil
	}
	return text[:at], &found
}
