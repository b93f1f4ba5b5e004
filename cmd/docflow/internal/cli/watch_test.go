package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const watched = "arn:aws:states:us-east-1:111122223333:execution:document-pipeline:report"

// historyServer answers DescribeExecution and GetExecutionHistory with a history, ten events a page. Until the last poll the
// execution is running, and its history ends where it is then.
func historyServer(t *testing.T, events []json.RawMessage, status string, polls int) string {
	t.Helper()
	poll := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			NextToken    string
			ReverseOrder bool
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		seen := events[:len(events)*min(max(poll, 1), polls)/polls]
		switch r.Header.Get("X-Amz-Target") {
		case "AWSStepFunctions.DescribeExecution":
			poll++
			now := "RUNNING"
			if poll >= polls {
				now = status
			}
			fmt.Fprintf(w, `{"executionArn":%q,"stateMachineArn":"arn:aws:states:us-east-1:111122223333:stateMachine:document-pipeline","status":%q,"startDate":1.7e9,"error":"Broken","cause":"why"}`, watched, now)
		case "AWSStepFunctions.GetExecutionHistory":
			if !in.ReverseOrder {
				t.Error("the history is read from its start")
			}
			const page = 10
			from, _ := strconv.Atoi(in.NextToken)
			latest := slices.Clone(seen)
			slices.Reverse(latest)
			answer := map[string]any{"events": latest[from:min(from+page, len(latest))]}
			if from+page < len(latest) {
				answer["nextToken"] = strconv.Itoa(from + page)
			}
			if err := json.NewEncoder(w).Encode(answer); err != nil {
				t.Error(err)
			}
		default:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"not allowed"}`)
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	return server.URL
}

// historyOf runs the pipeline on a document and returns its history as AWS would give it.
func historyOf(t *testing.T, document string) []json.RawMessage {
	t.Helper()
	out := t.TempDir()
	docflow("run", "--history", "--out", out, filepath.Join("..", "..", "..", "..", "testdata", "documents", document))
	data, err := os.ReadFile(filepath.Join(out, document+".history.json"))
	if err != nil {
		t.Fatal(err)
	}
	var history struct{ Events []json.RawMessage }
	if err := json.Unmarshal(data, &history); err != nil {
		t.Fatal(err)
	}
	return history.Events
}

func TestWatch(t *testing.T) {
	url := historyServer(t, historyOf(t, "report-en.pdf"), "SUCCEEDED", 3)
	code, text := docflow("watch", "--poll", "1ms", "--endpoint-url", url, watched)
	if code != exitOK {
		t.Fatalf("exit code %d\n%s", code, text)
	}
	for _, want := range []string{"→ ExtractText  task", "✓ ExtractText  after", "■ SUCCEEDED", "CombineResults", "\nSUCCEEDED\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "→ ExtractText  task"); n != 1 {
		t.Errorf("ExtractText was entered %d times", n)
	}
}

func TestWatchFailure(t *testing.T) {
	url := historyServer(t, historyOf(t, "encrypted.pdf"), "FAILED", 1)
	code, text := docflow("watch", "--output", "json", "--endpoint-url", url, watched)
	if code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"✗ ExtractText  LambdaFunctionFailed EncryptedDocument", "✗ ExtractText  TaskFailed EncryptedDocument"} {
		if strings.Contains(text, want) {
			text += "\nfound"
		}
	}
	if !strings.HasSuffix(text, "found") || !strings.Contains(text, `"status": "FAILED"`) || !strings.Contains(text, `"EncryptedDocument"`) {
		t.Errorf("the failure is not told:\n%s", text)
	}
}

func TestWatchFaults(t *testing.T) {
	url := historyServer(t, historyOf(t, "notes.md"), "RUNNING", 1)
	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no ARN", []string{"watch", "report"}, exitUsage, "no ARN of an execution"},
		{"poll", []string{"watch", "--poll", "0s", watched}, exitUsage, "--poll is 0s"},
		{"only once", []string{"watch", "--follow=false", "--endpoint-url", url, watched}, exitOK, "\nRUNNING\n"},
		{"nobody there", []string{"watch", "--endpoint-url", "http://127.0.0.1:1", watched}, exitFailure, "DescribeExecution of " + watched},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			if code, text := docflow(test.args...); code != test.code || !strings.Contains(text, test.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, test.code, test.want, text)
			}
		})
	}
}
