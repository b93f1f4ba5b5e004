package bedrock

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func answerText(text string) Response {
	return Response{Content: []ContentBlock{{Type: BlockText, Text: text}}, StopReason: StopEndTurn}
}

const keywordsObject = `{"keywords":[{"term":"cash flow","score":0.9}]}`

func TestParseAnswer(t *testing.T) {
	keywords := &Keywords{Keywords: []Keyword{{Term: "cash flow", Score: 0.9}}}
	tests := []struct {
		name string
		step Step
		text string
		want Answer
	}{
		{"bare", StepKeywords, keywordsObject, keywords},
		{"code fence", StepKeywords, "```json\n" + keywordsObject + "\n```", keywords},
		{"prose around", StepKeywords, "Here {as you asked} it is:\n" + keywordsObject + "\nHope } that { helps.", keywords},
		{"note", StepSummary, `{"summary":"要約","bullets":[],"note":"offline"}`, &Summary{Summary: "要約", Bullets: []string{}, Note: "offline"}},
		{
			"sentiment", StepSentiment, `{"sentiment":"MIXED","score":-1,"confidence":1,"reasons":["「遅い」"]}`,
			&Sentiment{Sentiment: Mixed, Score: -1, Confidence: 1, Reasons: []string{"「遅い」"}},
		},
		{
			"analysis", StepAnalysis, `{"language":"ja","documentType":"報告書","title":"","topics":["a"],"keyPoints":["b"],"entities":[{"name":"c","type":"DATE"}]}`,
			&Analysis{Language: "ja", DocumentType: "報告書", Topics: []string{"a"}, KeyPoints: []string{"b"}, Entities: []Entity{{Name: "c", Type: Date}}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseAnswer(tt.step, answerText(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got.Step() != tt.step {
				t.Errorf("the answer is of step %s", got.Step())
			}
		})
	}
}

func TestParseAnswerRefuses(t *testing.T) {
	tests := []struct {
		name, text string
		stop       StopReason
		step       Step
		want       string // error name
		message    string
	}{
		{name: "cut", text: keywordsObject, stop: StopMaxTokens, want: TruncatedAnswer, message: "raise max_tokens"},
		{name: "context", text: keywordsObject, stop: StopContextWindow, want: TruncatedAnswer, message: "was cut"},
		{name: "refused", stop: StopRefusal, want: RefusedAnswer, message: "declined"},
		{name: "tool use", text: keywordsObject, stop: StopToolUse, want: InvalidAnswer, message: "not complete"},
		{name: "no stop reason", text: keywordsObject, stop: "?", want: InvalidAnswer, message: "not complete"},
		{name: "unknown step", text: keywordsObject, step: "dance", want: InvalidAnswer, message: "no such step"},
		{name: "empty", want: InvalidAnswer, message: "no JSON object"},
		{name: "prose", text: "I cannot do that.", want: InvalidAnswer, message: "no JSON object"},
		{name: "array", text: `["a"]`, want: InvalidAnswer, message: "no JSON object"},
		{name: "two objects", text: keywordsObject + keywordsObject, want: InvalidAnswer, message: "more than one"},
		{name: "cut object", text: keywordsObject[:20], want: InvalidAnswer, message: "no JSON object"},
		{name: "braces", text: strings.Repeat("{", 100_000), want: InvalidAnswer, message: "no JSON object"},
		{name: "missing member", text: `{}`, want: InvalidAnswer, message: "keywords is required"},
		{name: "additional member", text: `{"keywords":[],"x":1}`, want: InvalidAnswer, message: "x is not allowed"},
		{name: "wrong type", text: `{"keywords":"a"}`, want: InvalidAnswer, message: "Expected: array"},
		{name: "out of range", text: `{"keywords":[{"term":"a","score":2}]}`, want: InvalidAnswer, message: "less than or equal to 1"},
		{name: "huge exponent", text: `{"keywords":[{"term":"a","score":1e999999999}]}`, want: InvalidAnswer, message: "number"},
		{name: "tiny exponent", text: `{"keywords":[{"term":"a","score":1e-999999999}]}`, want: InvalidAnswer, message: "exponent"},
		{name: "long number", text: `{"keywords":[{"term":"a","score":0.` + strings.Repeat("1", 500) + `}]}`, want: InvalidAnswer, message: "too long"},
		{name: "deep", text: `{"keywords":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`, want: InvalidAnswer, message: "deeper than 16"},
		{name: "twice", text: `{"keywords":[],"keywords":[{"term":"a","score":1}]}`, want: InvalidAnswer, message: `"keywords" twice`},
		{name: "too large", text: `{"keywords":[` + strings.Repeat(" ", MaxAnswerBytes) + `]}`, want: InvalidAnswer, message: "the limit is 262144"},
		{name: "many faults", text: `{"keywords":[1,2,3,4,5]}`, want: InvalidAnswer, message: "and 2 more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := answerText(tt.text)
			if tt.stop != "" {
				r.StopReason = tt.stop
			}
			step := tt.step
			if step == "" {
				step = StepKeywords
			}
			got, err := ParseAnswer(step, r)
			var fault *AnswerError
			if !errors.As(err, &fault) {
				t.Fatalf("got %+v, %v", got, err)
			}
			if fault.Name != tt.want || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("got %v, want %s with %q", err, tt.want, tt.message)
			}
			if len(err.Error()) > 2000 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestSchemas(t *testing.T) {
	if _, err := compiled(); err != nil {
		t.Fatal(err)
	}
	for _, step := range Steps() {
		if !json.Valid(Schema(step)) || schemaText(step) == "" {
			t.Errorf("%s: the schema is not JSON", step)
		}
	}
	if Schema("../answer") != nil {
		t.Error("a step that does not exist has a schema")
	}
}

func FuzzParseAnswer(f *testing.F) {
	for _, seed := range []string{
		keywordsObject, "```json\n{}\n```", `{"a":{"b":[1e5,"x",null]}}`, "{{{{", `{"keywords":[{"term":"a","score":1e-400}]}`,
		`{"summary":"a","bullets":[]}`, `{"sentiment":"NEUTRAL","score":0,"confidence":0.5,"reasons":[]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, step := range Steps() {
			answer, err := ParseAnswer(step, answerText(text))
			if (answer == nil) == (err == nil) {
				t.Fatalf("answer %v and error %v", answer, err)
			}
			if err != nil {
				continue
			}
			// What was accepted is accepted again when written out.
			out, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ParseAnswer(step, answerText(string(out))); err != nil {
				t.Fatalf("%s was accepted, %s was not: %v", text, out, err)
			}
		}
	})
}
