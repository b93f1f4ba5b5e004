package bedrock

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/xeipuuv/gojsonschema"
)

// Answer is the checked answer of a step: an *Analysis, *Summary, *Sentiment or *Keywords.
type Answer interface{ Step() Step }

// Analysis is the answer of StepAnalysis.
type Analysis struct {
	Language     string   `json:"language"` // BCP 47; "und" when it cannot be told
	DocumentType string   `json:"documentType"`
	Title        string   `json:"title"`
	Topics       []string `json:"topics"`
	KeyPoints    []string `json:"keyPoints"`
	Entities     []Entity `json:"entities"`
	Note         string   `json:"note,omitempty"`
}

// Entity is a name that matters in a document.
type Entity struct {
	Name string     `json:"name"`
	Type EntityType `json:"type"`
}

// EntityType is the kind of an entity.
type EntityType string

// The kinds of entities.
const (
	Person       EntityType = "PERSON"
	Organization EntityType = "ORGANIZATION"
	Location     EntityType = "LOCATION"
	Date         EntityType = "DATE"
	Money        EntityType = "MONEY"
	Percent      EntityType = "PERCENT"
	Email        EntityType = "EMAIL"
	URL          EntityType = "URL"
	Product      EntityType = "PRODUCT"
	Other        EntityType = "OTHER"
)

// Summary is the answer of StepSummary.
type Summary struct {
	Summary string   `json:"summary"`
	Bullets []string `json:"bullets"`
	Note    string   `json:"note,omitempty"`
}

// Polarity is the attitude that a document expresses.
type Polarity string

// The polarities.
const (
	Positive Polarity = "POSITIVE"
	Negative Polarity = "NEGATIVE"
	Neutral  Polarity = "NEUTRAL"
	Mixed    Polarity = "MIXED"
)

// Sentiment is the answer of StepSentiment.
type Sentiment struct {
	Sentiment  Polarity `json:"sentiment"`
	Score      float64  `json:"score"`      // -1 to 1
	Confidence float64  `json:"confidence"` // 0 to 1
	Reasons    []string `json:"reasons"`
	Note       string   `json:"note,omitempty"`
}

// Keywords is the answer of StepKeywords.
type Keywords struct {
	Keywords []Keyword `json:"keywords"` // the most telling first
	Note     string    `json:"note,omitempty"`
}

// Keyword is a term and its weight, 0 to 1.
type Keyword struct {
	Term  string  `json:"term"`
	Score float64 `json:"score"`
}

// Step returns StepAnalysis.
func (*Analysis) Step() Step { return StepAnalysis }

// Step returns StepSummary.
func (*Summary) Step() Step { return StepSummary }

// Step returns StepSentiment.
func (*Sentiment) Step() Step { return StepSentiment }

// Step returns StepKeywords.
func (*Keywords) Step() Step { return StepKeywords }

// Limits on answers, beyond which an answer is an InvalidAnswer.
const (
	MaxAnswerBytes  = 256 << 10
	maxAnswerDepth  = 16
	maxNumberDigits = 32
	// maxObjectStarts bounds the search for the JSON object in an answer with prose
	// around it, so that a text of braces costs linear time.
	maxObjectStarts = 16
	maxFaultsShown  = 3
)

// The names of the errors of ParseAnswer, as a state machine can name them.
const (
	TruncatedAnswer = "TruncatedAnswer" // the model reached max_tokens or its context window
	RefusedAnswer   = "RefusedAnswer"   // the model declined
	FilteredAnswer  = "FilteredAnswer"  // a guardrail or a content filter withheld it
	InvalidAnswer   = "InvalidAnswer"   // not one JSON object of the step's shape
)

// AnswerError tells why an answer cannot be used. Name is one of TruncatedAnswer,
// RefusedAnswer, FilteredAnswer and InvalidAnswer; a Lambda function returns it as its error type.
type AnswerError struct {
	Name    string
	Step    Step
	Message string
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("%s: the answer to %s %s", e.Name, e.Step, e.Message)
}

// ParseAnswer takes the answer of a step out of a response. The response is not
// trusted: a cut or refused answer, one that is too large, one without exactly one JSON
// object, and one that does not match the step's JSON Schema are each an *AnswerError.
// A Markdown code fence or prose around the object is tolerated.
func ParseAnswer(step Step, r Response) (Answer, error) {
	fail := func(name, format string, args ...any) (Answer, error) {
		return nil, &AnswerError{Name: name, Step: step, Message: fmt.Sprintf(format, args...)}
	}
	answer := newAnswer(step)
	if answer == nil {
		return fail(InvalidAnswer, "cannot be read: there is no such step; the steps are %v", Steps())
	}
	if r.GuardrailAction == GuardrailIntervened {
		return fail(FilteredAnswer, "was withheld by a guardrail")
	}
	switch r.StopReason {
	case StopMaxTokens, StopContextWindow:
		return fail(TruncatedAnswer, "was cut (stop_reason %s, %d output tokens): raise max_tokens or send a shorter part",
			r.StopReason, r.Usage.OutputTokens)
	case StopRefusal:
		return fail(RefusedAnswer, "was declined by the model (stop_reason refusal)")
	case StopGuardrail, StopContentFiltered:
		return fail(FilteredAnswer, "was withheld (stop_reason %s)", r.StopReason)
	case StopEndTurn, StopSequence:
	default:
		return fail(InvalidAnswer, "is not complete (stop_reason %q)", clip(string(r.StopReason), 60))
	}
	text := r.Text()
	if len(text) > MaxAnswerBytes {
		return fail(InvalidAnswer, "has %d bytes; the limit is %d", len(text), MaxAnswerBytes)
	}
	object, err := findObject(text)
	if err != nil {
		return fail(InvalidAnswer, "%v", err)
	}
	if err := checkTokens(object); err != nil {
		return fail(InvalidAnswer, "%v", err)
	}
	if err := checkSchema(step, object); err != nil {
		return fail(InvalidAnswer, "%v", err)
	}
	if err := json.Unmarshal(object, answer); err != nil {
		return fail(InvalidAnswer, "cannot be read: %v", err)
	}
	return answer, nil
}

func newAnswer(step Step) Answer {
	switch step {
	case StepAnalysis, StepMerge:
		return new(Analysis)
	case StepSummary:
		return new(Summary)
	case StepSentiment:
		return new(Sentiment)
	case StepKeywords:
		return new(Keywords)
	default:
		return nil
	}
}

// findObject returns the one JSON object in text.
func findObject(text string) ([]byte, error) {
	object, rest := nextObject(text)
	if object == nil {
		return nil, errors.New("holds no JSON object")
	}
	if second, _ := nextObject(rest); second != nil {
		return nil, errors.New("holds more than one JSON object")
	}
	return object, nil
}

// nextObject returns the first JSON object in text and what follows it.
func nextObject(text string) ([]byte, string) {
	for range maxObjectStarts {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			return nil, ""
		}
		text = text[i:]
		var raw json.RawMessage
		decoder := json.NewDecoder(strings.NewReader(text))
		if err := decoder.Decode(&raw); err == nil {
			return raw, text[decoder.InputOffset():]
		}
		text = text[1:]
	}
	return nil, ""
}

// checkTokens refuses what would be costly or ambiguous to read further: deep nesting,
// numbers such as 1e999999999 (the validator computes with exact fractions), and a
// member name that stands twice in an object.
func checkTokens(object []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	var names []map[string]bool // of the open objects; nil for an open array
	inName := false             // whether the next string of the innermost object is a name
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot be read: %w", err)
		}
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{', '[':
				if len(names) == maxAnswerDepth {
					return fmt.Errorf("is nested deeper than %d levels", maxAnswerDepth)
				}
				if t == '{' {
					names = append(names, map[string]bool{})
				} else {
					names = append(names, nil)
				}
			default:
				names = names[:len(names)-1]
			}
			inName = len(names) > 0 && names[len(names)-1] != nil
			continue
		case json.Number:
			if err := checkNumber(t.String()); err != nil {
				return err
			}
		case string:
			if inName {
				open := names[len(names)-1]
				if open[t] {
					return fmt.Errorf("has the member %q twice", clip(t, 60))
				}
				open[t] = true
				inName = false
				continue
			}
		}
		inName = len(names) > 0 && names[len(names)-1] != nil
	}
}

func checkNumber(text string) error {
	if _, err := strconv.ParseFloat(text, 64); err != nil || len(text) > maxNumberDigits {
		return fmt.Errorf("has a number that is too long or too large: %s", clip(text, maxNumberDigits))
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 && len(text)-i > len("e-999") {
		return fmt.Errorf("has a number with too long an exponent: %s", clip(text, maxNumberDigits))
	}
	return nil
}

//go:embed schema/*.json
var schemaFiles embed.FS

// Schema returns the JSON Schema (draft 7) of the answer of a step, or nil for a step
// that does not exist. A merge of analyses is an analysis.
func Schema(step Step) json.RawMessage {
	if step == StepMerge {
		step = StepAnalysis
	}
	data, err := schemaFiles.ReadFile("schema/" + string(step) + ".json")
	if err != nil {
		return nil
	}
	return data
}

// schemaText is the schema in the fewest characters, for prompts.
func schemaText(step Step) string {
	var b bytes.Buffer
	if err := json.Compact(&b, Schema(step)); err != nil {
		return ""
	}
	return b.String()
}

// compiled holds the validators of all steps. The schemas are part of the package and a
// test compiles them, so an error here cannot reach a user.
var compiled = sync.OnceValues(func() (map[Step]*gojsonschema.Schema, error) {
	out := map[Step]*gojsonschema.Schema{}
	for _, step := range append(Steps(), StepMerge) {
		schema, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(Schema(step)))
		if err != nil {
			return nil, fmt.Errorf("the JSON Schema of %s: %w", step, err)
		}
		out[step] = schema
	}
	return out, nil
})

func checkSchema(step Step, object []byte) error {
	schemas, err := compiled()
	if err != nil {
		return err
	}
	result, err := schemas[step].Validate(gojsonschema.NewBytesLoader(object))
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if result.Valid() {
		return nil
	}
	var faults []string
	for i, fault := range result.Errors() {
		if i == maxFaultsShown {
			faults = append(faults, fmt.Sprintf("and %d more", len(result.Errors())-i))
			break
		}
		faults = append(faults, clip(fault.String(), 200))
	}
	return fmt.Errorf("does not match its JSON Schema: %s", strings.Join(faults, "; "))
}
