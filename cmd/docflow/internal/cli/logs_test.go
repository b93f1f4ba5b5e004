package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// logServer answers FilterLogEvents: a record of each log group that exists.
func logServer(t *testing.T, groups map[string]string, asked *[]map[string]any) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		*asked = append(*asked, in)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		group, _ := in["logGroupName"].(string)
		message, ok := groups[group]
		if r.Header.Get("X-Amz-Target") != "Logs_20140328.FilterLogEvents" || !ok {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"ResourceNotFoundException","message":"The specified log group does not exist."}`))
			return
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"events": []map[string]any{{
			"eventId": group, "timestamp": time.Date(2026, time.November, 26, 12, 0, len(*asked), 0, time.UTC).UnixMilli(), "message": message + "\n",
		}}}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	return server.URL
}

func TestLogs(t *testing.T) {
	groups := map[string]string{
		"/aws/lambda/docs-extract":                         `{"time":"2026-11-26T12:00:00Z","level":"INFO","msg":"done","pages":3}`,
		"/aws/lambda/docs-prompt":                          `{"time":"2026-11-26T12:00:00Z","level":"ERROR","msg":"failed \u001b[2J","errorType":"SpendCapExceeded"}`,
		"/aws/lambda/docs-combine":                         `{"_aws":{"Timestamp":1},"Pages":3}`,
		"/aws/vendedlogs/states/docs-document-pipeline":    `{"id":"1","type":"ExecutionStarted","details":{},"execution_arn":"arn"}`,
		"/aws/vendedlogs/states/another-document-pipeline": "not asked for",
	}
	for _, test := range []struct {
		name    string
		args    []string
		code    int
		stdout  string
		stderr  string
		pattern any
		asks    int
	}{
		{"all", nil, exitOK, "2026-11-26T12:00:02.000Z  extract  INFO  done  pages=3\n" +
			"2026-11-26T12:00:03.000Z  prompt   ERROR failed [2J  errorType=SpendCapExceeded\n" +
			"2026-11-26T12:00:06.000Z  states         ExecutionStarted  execution_arn=arn\n", "", nil, 7},
		{"level", []string{"--level", "error"}, exitOK, "2026-11-26T12:00:03.000Z  prompt   ERROR failed [2J  errorType=SpendCapExceeded\n", "", nil, 7},
		{"source", []string{"--source", "extract"}, exitOK, "2026-11-26T12:00:01.000Z  extract  INFO  done  pages=3\n", "", nil, 1},
		{"json", []string{"--source", "combine", "--output", "json"}, exitOK, `{"message":{"_aws":{"Timestamp":1},"Pages":3},"source":"combine","time":"2026-11-26T12:00:01Z"}` + "\n", "", nil, 1},
		{
			"execution",
			[]string{"--source", "extract", "--execution", "arn:aws:states:eu-west-1:111122223333:execution:docs-document-pipeline:report-1"},
			exitOK,
			"2026-11-26T12:00:01.000Z  extract  INFO  done  pages=3\n", "", `"report-1"`, 1,
		},
		{"filter", []string{"--source", "extract", "--filter", "{ $.pages > 2 }"}, exitOK, "2026-11-26T12:00:01.000Z  extract  INFO  done  pages=3\n", "", "{ $.pages > 2 }", 1},
		{"missing", []string{"--source", "trigger"}, exitFailure, "", "there is no log group /aws/lambda/docs-trigger; is the stack's name right", nil, 1},
		{"both", []string{"--filter", "x", "--execution", "y"}, exitUsage, "", "give one of them", nil, 0},
		{"unknown source", []string{"--source", "x"}, exitUsage, "", "--source", nil, 0},
		{"unknown level", []string{"--level", "loud"}, exitUsage, "", "--level", nil, 0},
		{"another ARN", []string{"--execution", "arn:aws:s3:::x"}, exitUsage, "", "--execution", nil, 0},
		{"since", []string{"--since", "yesterday"}, exitUsage, "", "since", nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked []map[string]any
			endpoint := logServer(t, groups, &asked)
			code, stdout, stderr := docflowStreams(append([]string{"logs", "--stack", "docs", "--since", "2026-11-01", "--region", "us-east-1", "--endpoint-url", endpoint}, test.args...)...)
			if code != test.code || stdout != test.stdout || !strings.Contains(stderr, test.stderr) || len(asked) != test.asks {
				t.Errorf("exit code %d after %d requests\n%s%s", code, len(asked), stdout, stderr)
			}
			for _, in := range asked {
				if in["filterPattern"] != test.pattern || in["startTime"] != float64(time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC).UnixMilli()) {
					t.Errorf("asked for %v", in)
				}
			}
		})
	}
	if code, text := docflow("logs"); code != exitUsage || !strings.Contains(text, "--stack is required") {
		t.Errorf("exit code %d\n%s", code, text)
	}
}
