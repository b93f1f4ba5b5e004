// Package spend counts what calls to models cost, and keeps what they may cost below a cap.
package spend

import (
	"cmp"
	"slices"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// OfflineModel is the name that docflow's offline model gives itself in a response. Its
// answers cost nothing.
const OfflineModel = "docflow-offline"

// Models are the ids that the steps call: models, or inference profiles of them.
type Models struct {
	Analysis  string `json:"analysis"` // also of merges
	Summary   string `json:"summary"`
	Sentiment string `json:"sentiment"`
	Keywords  string `json:"keywords"`
}

// Of returns the id that a step calls.
func (m Models) Of(step bedrock.Step) string {
	switch step {
	case bedrock.StepSummary:
		return m.Summary
	case bedrock.StepSentiment:
		return m.Sentiment
	case bedrock.StepKeywords:
		return m.Keywords
	default:
		return m.Analysis
	}
}

// Cost is what the calls for a document cost, in US dollars.
type Cost struct {
	// Dollars is the sum. It is absent when the price of a model is not known: a sum
	// without that model's calls would be wrong.
	Dollars *float64 `json:"dollars,omitempty"`
	// PricedAsOf is the day on which the prices were read.
	PricedAsOf string      `json:"pricedAsOf"`
	Models     []ModelCost `json:"models"`
}

// ModelCost is what the calls to one model cost.
type ModelCost struct {
	// Model is the id that was called; of an answer that cannot be that model's, the
	// answer's own name for it.
	Model        string   `json:"model"`
	Calls        int      `json:"calls"`                // that were answered
	BatchCalls   int      `json:"batchCalls,omitempty"` // those of them that batch inference jobs answered, at its price
	InputTokens  int      `json:"inputTokens"`
	OutputTokens int      `json:"outputTokens"`
	Dollars      *float64 `json:"dollars,omitempty"` // absent: the price is not known
}

// Add counts a response to a call of id whose model names itself so; batch tells that a batch
// inference job answered.
func (c *Cost) Add(id, named string, usage bedrock.Usage, batch bool) {
	c.add(id, named, 1, usage, batch)
}

// AddCalls counts the responses to so many calls of one id, with what they took together.
func (c *Cost) AddCalls(id, named string, calls int, usage bedrock.Usage) {
	c.add(id, named, calls, usage, false)
}

func (c *Cost) add(id, named string, calls int, usage bedrock.Usage, batch bool) {
	in, out := max(0, usage.InputTokens), max(0, usage.OutputTokens)
	name := id
	dollars, known := bedrock.CallCost(id, in, out)
	if batch {
		dollars *= bedrock.BatchShare()
	}
	switch {
	case named == OfflineModel:
		name, dollars, known = OfflineModel, 0, true
	case known && !bedrock.Answers(id, named):
		name, known = named, false
	}
	at, found := slices.BinarySearchFunc(c.Models, name, func(m ModelCost, name string) int { return cmp.Compare(m.Model, name) })
	if !found {
		c.Models = slices.Insert(c.Models, at, ModelCost{Model: name, Dollars: new(float64)})
	}
	m := &c.Models[at]
	m.Calls += calls
	if batch {
		m.BatchCalls += calls
	}
	m.InputTokens += in
	m.OutputTokens += out
	switch {
	case !known:
		m.Dollars = nil
	case m.Dollars != nil:
		*m.Dollars += dollars
	}
}

// Finish adds up. It returns the models whose price is not known.
func (c *Cost) Finish() []string {
	c.PricedAsOf = bedrock.PricesAsOf()
	c.Dollars = new(float64)
	var unpriced []string
	for _, m := range c.Models {
		switch {
		case m.Dollars == nil:
			unpriced = append(unpriced, m.Model)
		case c.Dollars != nil:
			*c.Dollars += *m.Dollars
		}
	}
	if unpriced != nil {
		c.Dollars = nil
	}
	return unpriced
}
