package cli

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/aslmock/asltest"
)

const flowTests = "../../../../testdata/flows"

// docflow runs a command line and returns its exit code and what it wrote.
func docflow(args ...string) (code int, output string) {
	code, stdout, stderr := docflowStreams(args...)
	return code, stdout + stderr
}

// docflowStreams returns what went to each of the streams.
func docflowStreams(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = Main(context.Background(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// The tests of the four flows cover every state, transition, retrier and catcher.
func TestFlowsAreCovered(t *testing.T) {
	code, output := docflow("test", flowTests, "--coverage", "--threshold", "100")
	if code != exitOK {
		t.Fatalf("exit code %d\n%s", code, output)
	}
	definitions, err := filepath.Glob("../../../../asl/definitions/*.asl.json")
	if err != nil || len(definitions) != 4 {
		t.Fatalf("definitions %q, %v", definitions, err)
	}
	for _, name := range definitions {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` .* 100%$`).MatchString(output) {
			t.Errorf("no full coverage of %s:\n%s", name, output)
		}
	}
}

// Every case is needed: without it something is not covered any more, and the threshold fails. Those that are here for what they
// expect, and cover nothing that the others do not, are listed.
func TestEveryFlowTestIsNeeded(t *testing.T) {
	forExpectations := []string{
		"document-batch/a batch of one document, with four others that have no result",
		"document-pipeline/a report of two chunks",
		"document-pipeline/a scan goes to quarantine, when S3 lets it",
		"document-processing/a report",
		"parallel-analysis/a text",
	}
	files, err := filepath.Glob(filepath.Join(flowTests, "*.asltest.yaml"))
	if err != nil || len(files) != 4 {
		t.Fatalf("test files %q, %v", files, err)
	}
	for _, name := range files {
		file, err := asltest.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, left := range file.Cases {
			t.Run(left.FullName(), func(t *testing.T) {
				t.Parallel()
				var others []string
				for _, c := range file.Cases {
					if c != left {
						others = append(others, regexp.QuoteMeta(c.FullName()))
					}
				}
				code, output := docflow("test", name, "--threshold", "100", "--run", fmt.Sprintf("^(%s)$", strings.Join(others, "|")))
				if slices.Contains(forExpectations, left.FullName()) {
					if code != exitOK {
						t.Errorf("it covers something by now: take it off the list\n%s", output)
					}
					return
				}
				if code != exitFailure || !strings.Contains(output, "--threshold asks for 100%") || !strings.Contains(output, ": not covered: ") {
					t.Errorf("without it the exit code is %d\n%s", code, output)
				}
			})
		}
	}
}
