package flows

import (
	"fmt"

	"github.com/docflow-asl/docflow/asl"
)

// Profile names a set of options.
type Profile string

// The profiles.
const (
	ProfileDefault Profile = "default" // all flows, with DefaultOptions; the others have no DocumentBatch
	ProfileArticle Profile = "article" // the article's flows, with ArticleOptions
)

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
	case ProfileDefault:
		options = DefaultOptions()
		descriptions = append(descriptions, description{DocumentPipelineName, DocumentPipeline})
		if profile == ProfileDefault {
			descriptions = append(descriptions, description{DocumentBatchName, DocumentBatch})
		}
	case ProfileArticle:
		options = ArticleOptions()
	default:
		return nil, fmt.Errorf("there is no profile %q; there are %q and %q", profile, ProfileDefault, ProfileArticle)
	}
	flows := make([]Flow, 0, len(descriptions))
	for _, d := range descriptions {
		machine, err := d.describe(options)
		if err != nil {
			return nil, fmt.Errorf("flow %s: %w", d.name, err)
		}
		flows = append(flows, Flow{d.name, machine})
	}
	return flows, nil
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
