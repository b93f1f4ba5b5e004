package cli

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAWSErrors runs commands against endpoints that refuse, and wants one line of what is wrong and one of what helps.
func TestAWSErrors(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "none")
	for _, test := range []struct {
		name   string
		env    map[string]string
		args   []string
		status int
		body   string
		want   []string
	}{
		{
			name: "denied", status: http.StatusBadRequest,
			body: `{"__type":"AccessDeniedException","message":"User: arn:aws:iam::111122223333:user/x is not authorized to perform: states:DescribeExecution"}`,
			want: []string{"DescribeExecution of " + watched + ": SFN DescribeExecution: AccessDeniedException: User: ", "states:DescribeExecution (request id r-1)\n", "may not do this"},
		},
		{
			name: "throttled", status: http.StatusBadRequest, body: `{"__type":"ThrottlingException","message":"Rate exceeded"}`,
			want: []string{"ThrottlingException: Rate exceeded (request id r-1)\n", "AWS_RETRY_MODE=adaptive"},
		},
		{
			name: "expired", status: http.StatusBadRequest, body: `{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}`,
			want: []string{"ExpiredTokenException", "aws sso login"},
		},
		{
			name: "unknown credentials", status: http.StatusBadRequest, body: `{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}`,
			want: []string{"UnrecognizedClientException", "aws sts get-caller-identity"},
		},
		{
			name: "clock", status: http.StatusBadRequest, body: `{"__type":"RequestExpired","message":"x"}`,
			want: []string{"The clock of this computer"},
		},
		{
			name: "no execution", status: http.StatusBadRequest, body: `{"__type":"ExecutionDoesNotExist","message":"Execution Does Not Exist: 'x'"}`,
			want: []string{"ExecutionDoesNotExist: Execution Does Not Exist: 'x'", "--region"},
		},
		{
			name: "another service", status: http.StatusNotFound, body: `<html>nothing here</html>`,
			want: []string{"the answer is not one of AWS (HTTP status ", "Is --endpoint-url"},
		},
		{
			name: "nonsense", status: http.StatusOK, body: `<html>welcome</html>`,
			want: []string{"the answer is not one of AWS (HTTP status ", "Is --endpoint-url"},
		},
		{
			name: "nobody there", args: []string{"watch", "--endpoint-url", "http://127.0.0.1:1", watched},
			want: []string{"SFN DescribeExecution: nobody answers at http://127.0.0.1:1\n", "does the server run?"},
		},
		{
			name: "unknown host", args: []string{"watch", "--endpoint-url", "http://states.invalid", watched},
			want: []string{"states.invalid"},
		},
		{
			name: "no credentials", env: map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
			want: []string{"SFN DescribeExecution: no valid AWS credentials were found: ", "aws sso login", "AWS_ACCESS_KEY_ID"},
		},
		{
			name: "no region", args: []string{"list", "--bucket", "results"},
			want: []string{"no region is set, or it is none\n", "--region"},
		},
		{
			name: "no profile", args: []string{"watch", "--profile", "nobody", watched},
			want: []string{"failed to get shared config profile, nobody\n", "aws configure list-profiles"},
		},
		{
			name: "S3 denies", args: []string{"list", "--region", "us-east-1", "--bucket", "results"}, status: http.StatusForbidden,
			body: `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`,
			want: []string{"S3 ListObjectsV2: AccessDenied: Access Denied", "may not do this"},
		},
		{
			name: "S3 elsewhere", args: []string{"list", "--region", "us-east-1", "--bucket", "results"}, status: http.StatusBadRequest,
			body: `<?xml version="1.0"?><Error><Code>AuthorizationHeaderMalformed</Code><Message>expecting eu-west-1</Message></Error>`,
			want: []string{"The bucket is in another region"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, value := range map[string]string{
				"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_CONFIG_FILE": empty, "AWS_SHARED_CREDENTIALS_FILE": empty,
				"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "",
			} {
				if other, ok := test.env[name]; ok {
					value = other
				}
				t.Setenv(name, value)
				if value == "" {
					os.Unsetenv(name)
				}
			}
			args := test.args
			if test.status != 0 {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/x-amz-json-1.0")
					w.Header().Set("X-Amzn-Requestid", "r-1")
					w.Header().Set("X-Amz-Request-Id", "r-1")
					w.WriteHeader(test.status)
					_, _ = w.Write([]byte(test.body))
				}))
				defer server.Close()
				if args == nil {
					args = []string{"watch", watched}
				}
				args = append(args, "--endpoint-url", server.URL)
			}
			if args == nil {
				args = []string{"watch", watched}
			}
			code, text := docflow(args...)
			if code != exitFailure {
				t.Errorf("exit code %d", code)
			}
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if lines := strings.Count(strings.TrimSpace(text), "\n") + 1; lines > 2 {
				t.Errorf("%d lines:\n%s", lines, text)
			}
			if strings.Contains(text, "https response error") || strings.Contains(text, "operation error SFN") {
				t.Errorf("the SDK's layers are told:\n%s", text)
			}
		})
	}
}

// Whoever is interrupted in the middle of a call is told so, and not that AWS cannot be reached.
func TestInterrupted(t *testing.T) {
	for _, test := range []struct {
		args []string
		at   string // the operation in which it happens
		code int
		want string
	}{
		{[]string{"watch", watched}, "DescribeExecution", exitFailure, "docflow: stopped watching; the execution goes on: context canceled\n"},
		{[]string{"watch", watched}, "GetExecutionHistory", exitFailure, "docflow: stopped watching; the execution goes on: context canceled\n"},
		{[]string{"redrive", watched}, "RedriveExecution", exitFailure, "docflow: RedriveExecution of " + watched + ", after 0 of 1: SFN RedriveExecution: interrupted\n"},
		{[]string{"logs", "--stack", "docs", "--region", "us-east-1"}, "FilterLogEvents", exitFailure, "CloudWatch Logs FilterLogEvents: interrupted\n"},
		{[]string{"logs", "--stack", "docs", "--region", "us-east-1", "--follow"}, "FilterLogEvents", exitOK, ""},
	} {
		t.Run(strings.Join(append(test.args[:1:1], test.at), " "), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.Header.Get("X-Amz-Target"), test.at) {
					cancel()
					_, _ = io.Copy(io.Discard, r.Body) // without it the server does not see that the client is gone
					<-r.Context().Done()
					return
				}
				_, _ = w.Write([]byte(`{"status":"RUNNING"}`))
			}))
			defer server.Close()
			t.Setenv("AWS_ACCESS_KEY_ID", "test")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
			t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
			var out, errors strings.Builder
			code := Main(ctx, append(test.args, "--endpoint-url", server.URL), strings.NewReader(""), &out, &errors)
			if code != test.code || !strings.HasSuffix(errors.String(), test.want) || test.want == "" && errors.Len() > 0 {
				t.Errorf("exit code %d\n%s%s", code, &out, &errors)
			}
		})
	}
}
