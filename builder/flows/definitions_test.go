package flows_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the definitions to asl/definitions")

const (
	definitionsDir = "../../asl/definitions"
	suffix         = ".asl.json"
)

// The committed definitions are those that Go describes.
func TestCommittedDefinitions(t *testing.T) {
	definitions, err := flows.Definitions(flows.ProfileDefault)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range definitions {
		path := filepath.Join(definitionsDir, name+suffix)
		if *update {
			if err := os.MkdirAll(definitionsDir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		committed, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v; go generate ./builder/flows writes it", err)
			continue
		}
		if !bytes.Equal(committed, text) {
			t.Errorf("%s is not what builder/flows describes; go generate ./builder/flows rewrites it", path)
		}
	}
	files, err := filepath.Glob(filepath.Join(definitionsDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, known := definitions[strings.TrimSuffix(filepath.Base(f), suffix)]; !known {
			t.Errorf("%s belongs to no flow", f)
		}
	}
}

// The definitions parse back without a problem, as the machines that they were printed from.
func TestDefinitionsParse(t *testing.T) {
	for _, profile := range []flows.Profile{flows.ProfileDefault, flows.ProfileArticle} {
		definitions, err := flows.Definitions(profile)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range definitions {
			doc := asl.Parse(name+suffix, text)
			for _, p := range doc.Problems {
				t.Errorf("%s of profile %s: %v", name, profile, p)
			}
			if again := asl.Marshal(doc.Machine); !bytes.Equal(again, text) {
				t.Errorf("%s of profile %s is printed differently after parsing", name, profile)
			}
		}
	}
}

// The substitutions are those that the template has to give, flow by flow.
func TestSubstitutions(t *testing.T) {
	want := map[string][]string{
		flows.DocumentProcessingName: {flows.SubAnalysisModel, flows.SubExtractFunction, flows.SubSummaryModel},
		flows.ParallelAnalysisName:   {flows.SubCombineFunction, flows.SubKeywordsModel, flows.SubSentimentModel},
		flows.DocumentPipelineName: {
			flows.SubAnalysisModel, flows.SubCombineFunction, flows.SubExtractFunction, flows.SubIndexTable, flows.SubKeywordsModel,
			flows.SubTopic, flows.SubPromptFunction, flows.SubResultsBucket, flows.SubSentimentModel, flows.SubSummaryModel,
		},
	}
	all, err := flows.All(flows.ProfileDefault)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if got := builder.Substitutions(f.Machine); !slices.Equal(got, want[f.Name]) {
			t.Errorf("%s has the substitutions %v; want %v", f.Name, got, want[f.Name])
		}
	}
}

func TestUnknownProfile(t *testing.T) {
	if _, err := flows.Definitions("articel"); err == nil || !strings.Contains(err.Error(), `"default", "article", "guardrail" and "gated"`) {
		t.Errorf("an unknown profile gives the error %v; it should name the profiles", err)
	}
}

// A guardrail is over every call to a model, and changes nothing else.
func TestGuardrailProfile(t *testing.T) {
	plain, err := flows.Definitions(flows.ProfileDefault)
	if err != nil {
		t.Fatal(err)
	}
	guarded, err := flows.Definitions(flows.ProfileGuardrail)
	if err != nil {
		t.Fatal(err)
	}
	members := regexp.MustCompile(`,?\s*"Guardrail(?:Identifier|Version)": "\$\{Guardrail(?:Identifier|Version)\}"`)
	for name, definition := range guarded {
		calls := strings.Count(string(definition), `"arn:aws:states:::bedrock:invokeModel"`)
		if found := len(members.FindAll(definition, -1)); calls == 0 || found != 2*calls {
			t.Errorf("%s: %d calls have %d members of a guardrail", name, calls, found)
		}
		if diff := cmp.Diff(string(plain[name]), string(members.ReplaceAll(definition, nil))); diff != "" {
			t.Errorf("%s without the guardrail is another:\n%s", name, diff)
		}
	}
}
