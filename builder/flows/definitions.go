package flows

import (
	"fmt"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/builder"
)

// Profile names a set of options.
type Profile string

// The profiles.
const (
	ProfileDefault Profile = "default" // all flows, with DefaultOptions
	ProfileArticle Profile = "article" // the article's flows, with ArticleOptions
	// ProfileGuardrail is ProfileDefault with a guardrail of Amazon Bedrock over every call to a model. It is a profile and not
	// a parameter of the template, since a substitution can fill in a value of a definition but not leave a member out, and
	// that an empty identifier is none is not documented.
	ProfileGuardrail Profile = "guardrail"
	// ProfileGated is ProfileDefault with gates (Gate) in the document pipeline: before the calls of a document, and before each
	// call. It needs a table and knows the quota; without a backlog it only costs transitions.
	ProfileGated Profile = "gated"
)

// The substitutions of ProfileGated.
const (
	SubRateTable   = "RateTable"   // a DynamoDB table whose key is the string id
	SubModelMillis = "ModelMillis" // milliseconds between two calls of a model: 60,000 through its requests per minute, and a little more
)

// gatedTimeout is that of an execution of ProfileGated, which waits for its turn: longer than any backlog of a working week.
const gatedTimeout = 7 * 24 * time.Hour

// Flow is a flow's definition and its name, which is that of its file in asl/definitions without .asl.json.
type Flow struct {
	Name    string
	Machine *asl.Machine
}

// All builds the flows of a profile.
func All(profile Profile) ([]Flow, error) {
	type description struct {
		name     string
		describe func(Options) (*asl.Machine, error)
	}
	descriptions := []description{{DocumentProcessingName, DocumentProcessing}, {ParallelAnalysisName, ParallelAnalysis}}
	var options Options
	switch profile {
	case ProfileDefault, ProfileGuardrail, ProfileGated:
		options = DefaultOptions()
		if profile == ProfileGated {
			options.Timeout = gatedTimeout
		}
		if profile == ProfileGuardrail {
			options.Guardrail = Guardrail{ID: builder.Sub(SubGuardrail), Version: builder.Sub(SubGuardrailVersion)}
		}
		descriptions = append(descriptions, description{DocumentPipelineName, DocumentPipeline})
	case ProfileArticle:
		options = ArticleOptions()
	default:
		return nil, fmt.Errorf("there is no profile %q; there are %q, %q, %q and %q", profile, ProfileDefault, ProfileArticle, ProfileGuardrail, ProfileGated)
	}
	flows := make([]Flow, 0, len(descriptions))
	for _, d := range descriptions {
		machine, err := d.describe(options)
		if err != nil {
			return nil, fmt.Errorf("flow %s: %w", d.name, err)
		}
		if profile == ProfileGated && d.name == DocumentPipelineName {
			if err := gate(machine); err != nil {
				return nil, fmt.Errorf("flow %s: %w", d.name, err)
			}
		}
		flows = append(flows, Flow{d.name, machine})
	}
	return flows, nil
}

// gate puts both gates into the document pipeline. A document takes the time of its chunks' calls and of the three of the
// synthesis.
func gate(machine *asl.Machine) error {
	g := Gate{Table: builder.Sub(SubRateTable), Millis: builder.Sub(SubModelMillis)}
	if _, err := g.Put(machine); err != nil {
		return err
	}
	g.ID = "documents"
	return g.PutBefore(machine, "PrepareAnalysis", "$states.input.chunkCount + 3")
}

// Definitions gives the text of each flow's definition, by name: what docflow generate writes to <name>.asl.json.
func Definitions(profile Profile) (map[string][]byte, error) {
	flows, err := All(profile)
	if err != nil {
		return nil, err
	}
	definitions := make(map[string][]byte, len(flows))
	for _, f := range flows {
		definitions[f.Name] = asl.Marshal(f.Machine)
	}
	return definitions, nil
}
