package bound

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"sort"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// Prices are what an execution is billed by, in US dollars, and what is assumed where the definition does not say how much it uses.
type Prices struct {
	Date   string `json:"date"`   // when the prices were read
	Source string `json:"source"` // where

	Sources map[string]string `json:"sources"` // where each of those was read that Source has not in figures

	Transition      float64 `json:"transition"`      // of a Standard machine
	ExpressRequest  float64 `json:"expressRequest"`  // of an Express machine
	ExpressGBSecond float64 `json:"expressGBSecond"` // of an Express machine

	LambdaRequest  float64 `json:"lambdaRequest"`
	LambdaGBSecond float64 `json:"lambdaGBSecond"`
	LambdaMemoryGB float64 `json:"lambdaMemoryGB"` // assumed

	Models       map[string]ModelPrice `json:"models"`       // by a part of the model's id; the longest that fits counts
	Geographic   float64               `json:"geographic"`   // how much more a model costs through the profile of a geography than through that of all regions, as a share
	InputTokens  float64               `json:"inputTokens"`  // assumed of each call
	OutputTokens float64               `json:"outputTokens"` // assumed of each call that sets no limit

	exact map[string]bool // of Models: a file gives them as they are, whatever the geography

	Resources map[string]float64 `json:"resources"` // of an attempt at any other task, by a part of its Resource; the longest that fits counts
}

// ModelPrice is the price of a model for a million tokens.
type ModelPrice struct {
	Input  float64 `json:"input"`
	Output float64 `json:"output"`
}

//go:embed prices.json
var pricesFile []byte

// DefaultPrices are those of prices.json, with their date and source.
func DefaultPrices() *Prices {
	p := &Prices{}
	if err := p.read(pricesFile); err != nil {
		panic("bound: prices.json: " + err.Error()) // part of the program: every test reads it
	}
	return p
}

// ReadPrices reads a file of prices. What it leaves out is as in DefaultPrices.
func ReadPrices(text []byte) (*Prices, error) {
	p := DefaultPrices()
	p.Date, p.Source, p.Sources = "", "", nil
	if err := p.read(text); err != nil {
		return p, err
	}
	var given struct {
		Models     map[string]json.RawMessage `json:"models"`
		Geographic *float64                   `json:"geographic"`
	}
	if err := json.Unmarshal(text, &given); err != nil {
		return p, err
	}
	if given.Geographic == nil {
		p.exact = map[string]bool{}
		for name := range given.Models {
			p.exact[name] = true
		}
	}
	return p, nil
}

func (p *Prices) read(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind the prices")
	}
	return p.negative()
}

func (p *Prices) negative() error {
	list := map[string]float64{
		"transition": p.Transition, "expressRequest": p.ExpressRequest, "expressGBSecond": p.ExpressGBSecond, "lambdaRequest": p.LambdaRequest,
		"lambdaGBSecond": p.LambdaGBSecond, "lambdaMemoryGB": p.LambdaMemoryGB, "geographic": p.Geographic, "inputTokens": p.InputTokens, "outputTokens": p.OutputTokens,
	}
	for name, model := range p.Models {
		list["models."+name+".input"], list["models."+name+".output"] = model.Input, model.Output
	}
	for name, price := range p.Resources {
		list["resources."+name] = price
	}
	for _, name := range sortedKeys(list) {
		if list[name] < 0 {
			return fmt.Errorf("%s is %v, below 0", name, list[name])
		}
	}
	return nil
}

// lambdaSeconds is how long a function runs at most (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const lambdaSeconds = 900

// expressMemoryGB is the memory of an Express execution: billed are steps of 64 MB, and one holds most.
const expressMemoryGB = 64.0 / 1024

// express is what an Express execution of such a duration costs.
func (p *Prices) express(seconds float64) float64 {
	return p.ExpressRequest + min(seconds, expressSeconds)*expressMemoryGB*p.ExpressGBSecond
}

// geographic is the id or ARN of the inference profile of a geography.
var geographic = regexp.MustCompile(`(?:^|/)(?:us|us-gov|eu|apac|jp|au|ca|in)\.`)

// model is the price of a model. One that is not known costs as the dearest that is.
func (p *Prices) model(id string) (ModelPrice, bool) {
	keys := sortedKeys(p.Models)
	sort.SliceStable(keys, func(i, j int) bool { return len(keys[i]) > len(keys[j]) })
	for _, key := range keys {
		if id != "" && strings.Contains(id, key) {
			price := p.Models[key]
			if geographic.MatchString(id) && !p.exact[key] {
				price.Input, price.Output = price.Input*(1+p.Geographic), price.Output*(1+p.Geographic)
			}
			return price, true
		}
	}
	var dearest ModelPrice
	for key, m := range p.Models {
		more := 1 + p.Geographic
		if p.exact[key] {
			more = 1
		}
		dearest.Input, dearest.Output = max(dearest.Input, m.Input*more), max(dearest.Output, m.Output*more)
	}
	return dearest, false
}

// callsModel tells whether a task calls a model on Bedrock.
func callsModel(resource string) bool {
	_, api, ok := strings.Cut(resource, ":states:::aws-sdk:bedrockruntime:")
	if !ok {
		return strings.Contains(resource, ":states:::bedrock:invokeModel")
	}
	api, _, _ = strings.Cut(api, ".")
	switch api {
	case "applyGuardrail", "countTokens", "getAsyncInvoke", "listAsyncInvokes":
		return false
	}
	return true
}

// callsLambda tells whether a task calls a Lambda function. A substitution as a whole usually stands for one.
func callsLambda(resource string) bool {
	return strings.Contains(resource, ":states:::lambda:invoke") || strings.HasPrefix(resource, "arn:") && strings.Contains(resource, ":lambda:") || asl.IsHole(resource) ||
		strings.Contains(resource, ":states:::aws-sdk:lambda:invoke")
}

// attemptCost is what an attempt at a task costs at most, and why.
func (a *analysis) attemptCost(s *asl.TaskState, nested *Report) (float64, string) {
	p := a.opts.Prices
	switch {
	case callsModel(s.Resource):
		request := s.Parameters
		if s.Arguments != nil {
			request = s.Arguments
		}
		id, _ := textIn(request, "ModelId")
		price, known := p.model(id)
		output := p.OutputTokens
		if n, ok := outputTokens(request); ok {
			output = n
		}
		name := id
		if !known {
			name = "a model whose price is not known: the dearest"
		}
		return (p.InputTokens*price.Input + output*price.Output) / 1e6, fmt.Sprintf("%s, %s tokens in and %s out", name, count(p.InputTokens), count(output))
	case callsLambda(s.Resource):
		metric := a.metric
		reasons := a.reasons
		seconds, _ := a.taskTime(s, nested)
		a.metric, a.reasons = metric, reasons
		seconds = min(seconds, lambdaSeconds)
		return p.LambdaRequest + seconds*p.LambdaMemoryGB*p.LambdaGBSecond, fmt.Sprintf("%s of %s GB", duration(seconds), count(p.LambdaMemoryGB))
	}
	best := ""
	for _, part := range sortedKeys(p.Resources) {
		if strings.Contains(s.Resource, part) && len(part) > len(best) {
			best = part
		}
	}
	return p.Resources[best], ""
}

func textIn(v value.Value, name string) (string, bool) {
	object, ok := v.(*value.Object)
	if !ok {
		return "", false
	}
	member, _ := object.Get(name)
	text, ok := member.(value.String)
	return string(text), ok
}

// tokenLimits are the fields in which requests to models limit what comes out: Anthropic's, Converse's, Amazon's, Cohere's and
// Mistral's, Meta's, AI21's.
var tokenLimits = map[string]bool{
	"max_tokens": true, "MaxTokens": true, "maxTokens": true, "maxTokenCount": true, "max_new_tokens": true, "max_gen_len": true, "max_tokens_to_sample": true,
}

// outputTokens is the limit for the answer that a request sets as a constant.
func outputTokens(v value.Value) (float64, bool) {
	switch v := v.(type) {
	case *value.Object:
		for _, m := range v.Members() {
			if n, ok := m.Value.(value.Number); ok && tokenLimits[m.Name] && !asl.IsHole(string(n)) {
				return max(n.Float(), 0), true
			}
			if n, ok := outputTokens(m.Value); ok {
				return n, true
			}
		}
	case *value.Array:
		for _, item := range v.Items() {
			if n, ok := outputTokens(item); ok {
				return n, true
			}
		}
	}
	return 0, false
}

func infinite(f float64) bool { return math.IsInf(f, 1) }
