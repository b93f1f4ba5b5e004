package cli

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/embeddeds3"
)

// The bucket is read by the real client, as it would be on AWS.
func TestListAndShowABucket(t *testing.T) {
	server, err := embeddeds3.Start(t.Context(), "results")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	for key, body := range map[string]string{
		"results/a.pdf/x-1.json": `{"schemaVersion":2,"status":"PARTIAL","document":{"key":"a\u001b[2J.pdf","name":"a\u001b[2J.pdf","format":"pdf","pages":2},"missing":[{"part":"summary","error":"X"},{"part":"keywords","error":"X"}],"counts":{"pages":2,"chunks":1},"usage":{"inputTokens":7,"outputTokens":5},"models":[],"execution":"x-1"}`,
		"quarantine/e-1.json":    `{"status":"QUARANTINED","state":"ExtractText","error":"EmptyDocument","cause":"{\"errorMessage\":\"empty.txt: the document has no bytes\"}","execution":"e-1","input":{"key":"empty.txt"}}`,
	} {
		if _, err := server.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("results"), Key: &key, Body: strings.NewReader(body)}); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"} {
		t.Setenv(name, value)
	}
	where := []string{"--bucket", "results", "--endpoint-url", server.URL}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"list"}, []string{"  PARTIAL          2         12  a[2J.pdf  without summary, keywords\n", "  QUARANTINED      -          -  empty.txt  EmptyDocument\n"}},
		{[]string{"list", "--output", "json"}, []string{`"result": "s3://results/quarantine/e-1.json"`, `"more": false`}},
		{[]string{"show", "empty.txt"}, []string{"empty.txt  QUARANTINED  EmptyDocument: empty.txt: the document has no bytes\n"}},
		{[]string{"show", "x-1"}, []string{"a[2J.pdf  PARTIAL  pdf, 2 pages"}},
		{[]string{"show", "x-1", "--output", "markdown"}, []string{"# a\\[2J.pdf\n"}},
	} {
		code, got := docflow(append(c.args, where...)...)
		if code != exitOK {
			t.Errorf("%q: exit code %d", c.args, code)
		}
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%q: no %q in\n%s", c.args, want, got)
			}
		}
	}
}
