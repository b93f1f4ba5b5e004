package check

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// found has findings of all severities, one of them suppressed, and none of it is in one file.
func found() []Result {
	opts := Options{Disable: allBut("missing-target", "unreachable-state", "heartbeat-timeout", "definition-not-read")}
	var all []Result
	for name, text := range map[string]string{
		"dir with blank/日本%.asl.json": `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Aa"}, "B": {"Type": "Succeed", "Comment": "docflow:ignore unreachable-state for \"redrives\" <soon>"}}}`,
	} {
		all = append(all, Text(name, []byte(text), opts)...)
	}
	all = append(all, Text("t,:.yaml", []byte("Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionUri: d.asl.json\n"), opts)...)
	all = append(all, Text("e.asl.json", []byte(`{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 6, "HeartbeatSeconds": 9, "End": true}}}`), opts)...)
	return append(all, Text("clean.asl.json", []byte(`{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`), opts)...)
}

// The log is valid against OASIS's schema, which the module go-sarif carries, and has no member that SARIF does not know.
func TestSARIFIsValid(t *testing.T) {
	every := found()
	for _, r := range Rules() {
		if bad, _, err := r.Example(); err == nil {
			every = append(every, Text(r.Code+r.exampleSuffix(), []byte(bad), Options{Type: r.Type})...)
		}
	}
	for name, results := range map[string][]Result{"nothing": nil, "findings": found(), "a finding of every rule": every} {
		var b bytes.Buffer
		if err := WriteSARIF(&b, results, "1.2.3"); err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(bytes.NewReader(b.Bytes()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(new(sarif.Report)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		report, err := sarif.FromBytes(b.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := report.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSARIF(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSARIF(&b, found(), ""); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Results) != 4 || len(run.Tool.Driver.Rules) != len(Rules()) {
		t.Fatalf("%d results, %d rules", len(run.Results), len(run.Tool.Driver.Rules))
	}
	prints := map[string]bool{}
	for _, r := range run.Results {
		rule := run.Tool.Driver.Rules[r.RuleIndex]
		if rule.ID != r.RuleID || rule.Help.Markdown == "" || rule.DefaultConfiguration.Level == "" {
			t.Errorf("the rule of %s is %+v", r.RuleID, rule)
		}
		prints[r.Fingerprints["docflow/v1"]] = true
	}
	if len(prints) != len(run.Results) {
		t.Errorf("fingerprints: %v", prints)
	}
	first := run.Results[0].Locations[0].Physical
	if first.Artifact.URI != "dir%20with%20blank/%E6%97%A5%E6%9C%AC%25.asl.json" || first.Region != (sarifRegion{1, 59, 1, 63}) {
		t.Errorf("the first place is %+v", first)
	}
	if s := run.Results[1].Suppressions; len(s) != 1 || s[0] != (sarifSuppression{"inSource", `for "redrives" <soon>`}) {
		t.Errorf("suppressions: %+v", s)
	}
}

// Lines that come and go above a finding do not change its fingerprint.
func TestFingerprintsStay(t *testing.T) {
	prints := func(text string) string {
		var b bytes.Buffer
		if err := WriteSARIF(&b, Text("a.asl.json", []byte(text), Options{}), ""); err != nil {
			t.Fatal(err)
		}
		var log sarifLog
		if err := json.Unmarshal(b.Bytes(), &log); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range log.Runs[0].Results {
			all = append(all, r.Fingerprints["docflow/v1"])
		}
		return strings.Join(all, " ")
	}
	const text = `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "X"}}}`
	if a, b := prints(text), prints("\n\n"+strings.ReplaceAll(text, ", ", ",\n  ")); a != b || a == "" {
		t.Errorf("%s and %s", a, b)
	}
	if a, b := prints(text), prints(strings.ReplaceAll(text, `"X"`, `"Y"`)); a == b {
		t.Errorf("another fault has the same fingerprint, %s", a)
	}
}

func TestGitHub(t *testing.T) {
	var b strings.Builder
	if err := WriteGitHub(&b, found()); err != nil {
		t.Fatal(err)
	}
	const want = `::error file=dir with blank/日本%25.asl.json,line=1,col=59,endColumn=63,title=missing-target::Next names "Aa", but there is no such state at the top level%0Ahelp: name a state at the top level: "A", "B"
::notice file=t%2C%3A.yaml,line=5,col=22,endColumn=32,title=definition-not-read::the definition of M is in the file "d.asl.json", which was not read%0Ahelp: check the file that holds the definition, or write the definition out here
::warning file=e.asl.json,line=1,col=156,endColumn=157,title=heartbeat-timeout::HeartbeatSeconds is 9, not below TimeoutSeconds, which is 6%0Ahelp: make it smaller, or drop it
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	several := Text("a.asl.json", []byte("[\n1]"), Options{})
	b.Reset()
	if err := WriteGitHub(&b, several); err != nil || !strings.HasPrefix(b.String(), "::error file=a.asl.json,line=1,endLine=2,title=not-an-object::") {
		t.Errorf("several lines: %s, %v", b.String(), err)
	}
}

func TestJUnit(t *testing.T) {
	for _, strict := range []bool{false, true} {
		var b strings.Builder
		if err := WriteJUnit(&b, found(), strict); err != nil {
			t.Fatal(err)
		}
		var suites junitSuites
		if err := xml.Unmarshal([]byte(b.String()), &suites); err != nil {
			t.Fatal(err)
		}
		failures := 1
		if strict {
			failures = 2
		}
		if suites.Tests != 5 || suites.Failures != failures || suites.Skipped != 1 || len(suites.Suites) != 4 {
			t.Errorf("strict %v: %s", strict, b.String())
		}
	}
	var b strings.Builder
	if err := WriteJUnit(&b, Text("a\x01.asl.json", []byte("{\"StartAt\": \"\x01<&\x1b\"}"), Options{}), false); err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
	}
}

func TestAWSOnly(t *testing.T) {
	results := AWSOnly(found())
	got := strings.Join(list(results), "\n")
	const want = "dir with blank/日本%.asl.json:1:59 error missing-target\ndir with blank/日本%.asl.json:1:66 error unreachable-state"
	if got != want {
		t.Errorf("got\n%s", got)
	}
	var b strings.Builder
	if err := WriteText(&b, results, TextOptions{AWS: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "[MISSING_TRANSITION_TARGET /States/A/Next]") {
		t.Errorf("the text is\n%s", b.String())
	}
}

func TestExplain(t *testing.T) {
	for _, r := range Rules() {
		e, err := r.Explain()
		if err != nil {
			t.Errorf("%s: %v", r.Code, err)
			continue
		}
		if e.Code != r.Code || e.Doc == "" || e.Bad != "" && (e.Good == "" || !strings.Contains(e.Output, "["+r.Code+"]")) {
			t.Errorf("%+v", e)
		}
	}
}
