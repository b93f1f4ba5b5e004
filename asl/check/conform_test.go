package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// conforming holds conforms against the JSON Schema library: what conforms has no fault. It counts what was compared, and what was left
// to the library though there is no fault.
func conforming(t *testing.T, doc *asl.Document) (compared, left int) {
	t.Helper()
	p := newPass(doc, Options{})
	one := func(schema *languageSchema, n *asl.Node) {
		compared++
		result, err := schema.compiled().Validate(gojsonschema.NewRawLoader(plain(n, 0)))
		if err != nil {
			t.Fatal(err)
		}
		switch sure := schema.conforms(n); {
		case sure && !result.Valid():
			t.Errorf("%s: %s conforms, but %v", doc.Filename, n.Pointer(), result.Errors())
		case !sure && result.Valid():
			left++
		}
	}
	for _, sc := range p.scopes {
		one(schemas().scopes[sc.kind], sc.node)
	}
	for _, s := range p.states {
		if s.typ != "" && s.node.Kind == value.KindObject {
			one(schemaOf(s.typ, s.language), s.node)
		}
	}
	return compared, left
}

func TestConforms(t *testing.T) {
	patterns := []string{"testdata/ok/*", "testdata/bad/*.asl.*", "examples/*.asl.json", "../definitions/*.asl.json"}
	if corpus := os.Getenv("DOCFLOW_CORPUS"); corpus != "" {
		patterns = append(patterns, filepath.Join(corpus, "*.json"))
	}
	compared, left := 0, 0
	for _, pattern := range patterns {
		for _, file := range files(t, pattern) {
			if strings.HasSuffix(file, ".want") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, l := conforming(t, asl.Parse(file, text))
			compared, left = compared+c, left+l
		}
	}
	t.Logf("%d compared, %d left to the library without need", compared, left)
	if compared < 300 || left*4 > compared {
		t.Errorf("%d compared, %d left to the library", compared, left)
	}
}

// Each kind of fault that a schema can tell makes a state that does not conform.
func TestDoesNotConform(t *testing.T) {
	for _, state := range []string{
		`{"Type": "Task"}`, `{"Type": "Task", "Resource": 1}`, `{"Type": "Task", "Resource": "r", "TimeoutSeconds": 0}`, `{"Type": "Task", "Resource": "r", "TimeoutSeconds": 1.5}`,
		`{"Type": "Task", "Resource": "r", "TimeoutSeconds": 100000000}`, `{"Type": "Task", "Resource": "r", "Other": 1}`, `{"Type": "Task", "Resource": "r", "Retry": [{"ErrorEquals": []}]}`,
		`{"Type": "Task", "Resource": "r", "Retry": [{"ErrorEquals": ["a"], "JitterStrategy": "HALF"}]}`, `{"Type": "Task", "Resource": "r", "Retry": [{}]}`,
		`{"Type": "Task", "Resource": "r", "Retry": {}}`, `{"Type": "Task", "Resource": "r", "End": null}`, `{"Type": "Task", "Resource": "r", "Credentials": []}`,
		`{"Type": "Parallel", "Branches": []}`, `{"Type": "Choice", "Choices": [{"Or": [{"Next": 1}]}]}`, `{"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": "ten"}`,
	} {
		doc := asl.ParseJSON("", []byte(`{"StartAt": "A", "States": {"A": `+state+`}}`))
		p := newPass(doc, Options{})
		if s := p.states[0]; schemaOf(s.typ, s.language).conforms(s.node) {
			t.Errorf("conforms: %s", state)
		}
	}
}
