package bedrock

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The models that the flows use unless told otherwise, and the geography of their
// inference profiles. Model ids are parameters everywhere: these are defaults only.
const (
	DefaultAnalysisModel = "anthropic.claude-sonnet-4-6"
	DefaultSummaryModel  = "anthropic.claude-haiku-4-5-20251001-v1:0"

	// DefaultGeography routes to any commercial region, which works from every one of
	// them and costs a tenth less than a profile bound to a geography. Documents that
	// must stay in a geography need that geography's profile ("jp", "eu", …).
	DefaultGeography = "global"
)

// The two models of the article that the first flows reproduce. Both are at end of life.
const (
	ArticleAnalysisModel = "anthropic.claude-3-sonnet-20240229-v1:0"
	ArticleSummaryModel  = "anthropic.claude-3-haiku-20240307-v1:0"
)

// Family is a line of models of one size.
type Family string

// The families of Anthropic models in the table.
const (
	Haiku  Family = "haiku"
	Sonnet Family = "sonnet"
	Opus   Family = "opus"
)

// Model is what is known of one foundation model on Amazon Bedrock.
type Model struct {
	ID          string // as ListFoundationModels gives it, without a profile prefix
	Family      Family
	DisplayName string

	// NeedsProfile tells that the bare id is refused for on-demand calls in most
	// regions ("… with on-demand throughput isn't supported"): call ProfileID(…).
	NeedsProfile bool
	// Geographies are the prefixes of the inference profiles that AWS offers.
	Geographies []string
	// RejectsSampling tells that the model refuses temperature, top_p and top_k.
	RejectsSampling bool

	ContextWindow   int // tokens
	MaxOutputTokens int

	Lifecycle Lifecycle
	Price     Price
}

// Lifecycle holds the days of a model's life on Bedrock; the zero time means not known.
// Anthropic's own dates may differ: for Bedrock AWS's count (model-lifecycle in the
// Bedrock user guide).
type Lifecycle struct {
	Launched time.Time
	// NotBefore is the "EOL no sooner than" day of the model card.
	NotBefore time.Time
	// EndOfLife is the announced day. AWS announces it when the Legacy period begins.
	EndOfLife time.Time
	// Ended tells that the model was gone on AsOf although the day is not known.
	Ended bool
	AsOf  time.Time // the day this was read
}

// Price is in US dollars for one million tokens, on demand, without caching or batch.
type Price struct {
	Input  float64 `json:"input"` // in the region, or by the global profile
	Output float64 `json:"output"`
	// GeoInput and GeoOutput hold for profiles bound to a geography. Zero: as above.
	GeoInput  float64 `json:"geoInput,omitempty"`
	GeoOutput float64 `json:"geoOutput,omitempty"`
	// LongFrom is the number of input tokens from which LongInput and LongOutput
	// (global profile) hold for the whole request. Zero: one price for every length.
	LongFrom   int       `json:"longFrom,omitempty"`
	LongInput  float64   `json:"longInput,omitempty"`
	LongOutput float64   `json:"longOutput,omitempty"`
	AsOf       time.Time `json:"-"`
}

// State is where a model stands in its life.
type State string

// The states of AWS's model lifecycle, and PastNotice: the day before which AWS promised
// not to withdraw the model has passed and no later date is known to this table.
const (
	Active     State = "ACTIVE"
	Legacy     State = "LEGACY"
	PastNotice State = "PAST_NOTICE"
	EndOfLife  State = "END_OF_LIFE"
)

// Status tells the state of m on a day, as far as this table knows.
func Status(m Model, day time.Time) State {
	l := m.Lifecycle
	switch {
	case l.Ended && !day.Before(l.AsOf):
		return EndOfLife
	case !l.EndOfLife.IsZero() && !day.Before(l.EndOfLife):
		return EndOfLife
	case !l.EndOfLife.IsZero() || l.Ended:
		return Legacy
	case !l.NotBefore.IsZero() && !day.Before(l.NotBefore):
		return PastNotice
	default:
		return Active
	}
}

// Cost is the price in US dollars of one call by the profile of a geography
// ("" for a call by the bare model id).
func (m Model) Cost(geography string, inputTokens, outputTokens int) float64 {
	p := m.Price
	in, out := p.Input, p.Output
	geo := geography != "" && geography != "global" && p.GeoInput > 0
	if geo {
		in, out = p.GeoInput, p.GeoOutput
	}
	if p.LongFrom > 0 && inputTokens > p.LongFrom {
		factor := 1.0
		if geo {
			factor = p.GeoInput / p.Input
		}
		in, out = p.LongInput*factor, p.LongOutput*factor
	}
	return (float64(inputTokens)*in + float64(outputTokens)*out) / 1e6
}

// Models returns the table, oldest model first. The caller owns the copy.
func Models() []Model {
	out := slices.Clone(models)
	for i := range out {
		out[i].Geographies = slices.Clone(out[i].Geographies)
	}
	return out
}

// UnknownModelError tells that an id names no model of the table.
type UnknownModelError struct {
	ID     string
	Reason string
}

func (e *UnknownModelError) Error() string {
	return fmt.Sprintf("unknown model %q: %s", clip(e.ID, 200), e.Reason)
}

// Lookup finds the model that id names, and the prefix of the inference profile in id
// ("us", "jp", "global", …; "" for a bare model id). It reads
//
//	anthropic.claude-haiku-4-5-20251001-v1:0
//	jp.anthropic.claude-haiku-4-5-20251001-v1:0
//	arn:aws:bedrock:REGION::foundation-model/anthropic.…
//	arn:aws:bedrock:REGION:ACCOUNT:inference-profile/us.anthropic.…
//
// An ARN of an application inference profile or of provisioned throughput does not tell
// its model: the error is an *UnknownModelError, as for every other id.
func Lookup(id string) (Model, string, error) {
	name := id
	if strings.HasPrefix(id, "arn:") {
		var err error
		if name, err = resourceName(id); err != nil {
			return Model{}, "", err
		}
	}
	geography := ""
	if before, rest, ok := strings.Cut(name, "."); ok && before != "anthropic" {
		geography, name = before, rest
	}
	i := slices.IndexFunc(models, func(m Model) bool { return m.ID == name })
	if i < 0 {
		return Model{}, "", &UnknownModelError{ID: id, Reason: "not in docflow's table of models"}
	}
	m := models[i]
	m.Geographies = slices.Clone(m.Geographies)
	if geography != "" && !slices.Contains(m.Geographies, geography) {
		return Model{}, "", &UnknownModelError{ID: id, Reason: fmt.Sprintf(
			"%s has no inference profile %q; it has %s", m.ID, geography, strings.Join(m.Geographies, ", "))}
	}
	return m, geography, nil
}

// resourceName returns what stands behind the resource type of a Bedrock ARN.
func resourceName(arn string) (string, error) {
	const fields = 6 // arn:partition:service:region:account:resource, the resource may hold colons
	parts := strings.SplitN(arn, ":", fields)
	if len(parts) != fields || parts[2] != "bedrock" {
		return "", &UnknownModelError{ID: arn, Reason: "not the ARN of a Bedrock resource"}
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	switch kind {
	case "foundation-model", "inference-profile":
		return name, nil
	default:
		return "", &UnknownModelError{ID: arn, Reason: fmt.Sprintf(
			"an ARN of type %q does not tell its model; foundation-model and inference-profile do", clip(kind, 60))}
	}
}

// ProfileID returns the id of m's inference profile for a geography, or m's bare id for
// the geography "".
func ProfileID(m Model, geography string) (string, error) {
	if geography == "" {
		return m.ID, nil
	}
	if !slices.Contains(m.Geographies, geography) {
		return "", fmt.Errorf("%s has no inference profile %q; it has %s",
			m.ID, geography, strings.Join(m.Geographies, ", "))
	}
	return geography + "." + m.ID, nil
}

// clip shortens s to at most n bytes for an error message, at a rune boundary.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
