package flows_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
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
			flows.SubAnalysisModel, flows.SubCombineFunction, flows.SubExtractFunction, flows.SubGuardrail, flows.SubGuardrailVersion, flows.SubIndexTable, flows.SubKeywordsModel,
			flows.SubTopic, flows.SubPromptFunction, flows.SubResultsBucket, flows.SubSentimentModel, flows.SubSummaryModel,
		},
		flows.DocumentBatchName: {
			flows.SubAnalysisModel, flows.SubBatchFunction, flows.SubBatchRole, flows.SubCombineFunction, flows.SubExtractFunction, flows.SubIndexTable, flows.SubKeywordsModel,
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
	if _, err := flows.Definitions("articel"); err == nil || !strings.Contains(err.Error(), `"default" and "article"`) {
		t.Errorf("an unknown profile gives the error %v; it should name the profiles", err)
	}
}

// Every call to a model in the pipeline has a twin that a guardrail watches over, and that is else the same. Ways lead to it from the
// Choices that lead to the other, under the same condition and one more.
func TestGuardedTwins(t *testing.T) {
	machine, err := flows.DocumentPipeline(flows.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	tasks, ways := map[string]*asl.TaskState{}, map[string][]asl.ChoiceRule{}
	asl.Walk(machine, func(_ *asl.Scope, s asl.State) {
		switch s := s.(type) {
		case *asl.TaskState:
			if s.Resource == "arn:aws:states:::bedrock:invokeModel" {
				tasks[s.Name] = s
			}
		case *asl.ChoiceState:
			for _, rule := range s.Choices {
				ways[rule.Next] = append(ways[rule.Next], rule)
			}
		}
	})
	guarded := regexp.MustCompile(`,"Guardrail(Identifier|Version)":"\$\{Guardrail(Identifier|Version)\}"`)
	twins := 0
	for name, task := range tasks {
		twin := tasks[name+"Guarded"]
		if strings.HasSuffix(name, "Guarded") {
			continue
		}
		if twin == nil {
			t.Errorf("%s has no twin", name)
			continue
		}
		twins++
		text := value.Text(twin.Parameters)
		if n := len(guarded.FindAllString(text, -1)); n != 2 {
			t.Errorf("the twin of %s has %d members of a guardrail: %s", name, n, text)
		}
		if diff := cmp.Diff(value.Text(task.Parameters), guarded.ReplaceAllString(text, "")); diff != "" {
			t.Errorf("the request of the twin of %s is another:\n%s", name, diff)
		}
		if diff := cmp.Diff([]any{task.ErrorHandling, task.Transition, task.TimeoutSeconds, task.ResultPath}, []any{twin.ErrorHandling, twin.Transition, twin.TimeoutSeconds, twin.ResultPath}, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("the twin of %s is another:\n%s", name, diff)
		}
		if len(ways[name+"Guarded"]) != 1 || !strings.Contains(fmt.Sprintf("%+v", ways[name+"Guarded"][0]), "guarded") {
			t.Errorf("the ways to the twin of %s are %+v", name, ways[name+"Guarded"])
		}
	}
	if twins != 21 { // seven calls, each made three times at most
		t.Errorf("there are %d twins", twins)
	}
	o := flows.DefaultOptions()
	o.Guardrail = flows.Guardrail{}
	if machine, err = flows.DocumentPipeline(o); err != nil {
		t.Fatal(err)
	}
	if text := string(asl.Marshal(machine)); strings.Contains(text, "uardrail") || strings.Contains(text, "uarded") {
		t.Error("without a guardrail there is one")
	}
}
