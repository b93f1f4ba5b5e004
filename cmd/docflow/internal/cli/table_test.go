package cli

import (
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/dynamodb"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/embeddeds3"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
	"github.com/docflow-asl/docflow/tasks/index"
)

// startIndex starts endpoints of DynamoDB and Amazon S3, and points the SDK at them.
func startIndex(t *testing.T) (*index.Writer, *s3.Client) {
	t.Helper()
	tables, err := dynamodb.Listen(dynamodb.IndexSchema("my-index"), dynamodb.Schema{Name: "spend", Key: dynamodb.Key{Hash: "id"}})
	if err != nil {
		t.Fatal(err)
	}
	objects, err := embeddeds3.Start(t.Context(), "results")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, err := range []error{tables.Close(), objects.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-central-1", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_ENDPOINT_URL_DYNAMODB": tables.URL, "AWS_ENDPOINT_URL_S3": objects.URL,
	} {
		t.Setenv(name, value)
	}
	client := awsdynamodb.New(awsdynamodb.Options{
		HTTPClient: loopback.Client(nil),
		Region:     "eu-central-1", BaseEndpoint: &tables.URL, Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
	})
	return &index.Writer{API: client, Table: "my-index"}, objects.Client()
}

// The index is read by the real client, as it would be on AWS, and what it points to from the bucket.
func TestListAndShowByTheIndex(t *testing.T) {
	writer, objects := startIndex(t)
	dollars := 0.125
	at := func(hour int) time.Time { return time.Date(2026, 11, 25, hour, 0, 0, 0, time.UTC) }
	var lost []string
	for i := range 20 {
		lost = append(lost, fmt.Sprintf("analysis of chunk %d", i+1))
	}
	for _, e := range []index.Entry{
		{Execution: "x-0", Key: "in/a.pdf", Status: "COMPLETE", Result: "s3://results/results/in/a.pdf/x-0.json", Ended: at(7), Pages: 2, InputTokens: 9, OutputTokens: 1},
		{Execution: "x-1", Key: "in/a.pdf", Bucket: "documents", Version: "v2", Status: "PARTIAL", Result: "s3://results/results/in/a.pdf/x-1.json", Started: at(8), Ended: at(9), Pages: 2, InputTokens: 7, OutputTokens: 5, Dollars: &dollars, Missing: lost[:index.MaxMissing], MissingCount: 20},
		{Execution: "e-1", Key: "empty\x1b[2J.txt", Status: "QUARANTINED", Error: "EmptyDocument", Record: "s3://results/quarantine/e-1.json", Ended: at(10)},
		{Execution: "old", Key: "old.pdf", Status: "COMPLETE", Result: "s3://results/results/old.pdf/old.json", Ended: at(9).AddDate(0, -5, 0), Pages: 1},
	} {
		if _, err := writer.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for key, body := range map[string]string{
		"results/in/a.pdf/x-1.json": `{"schemaVersion":3,"status":"PARTIAL","document":{"key":"in/a.pdf","name":"a.pdf","format":"pdf","pages":2},"missing":[{"part":"summary","error":"X"}],"counts":{"pages":2,"chunks":1},"usage":{"inputTokens":7,"outputTokens":5},"models":[],"execution":"x-1"}`,
		"results/in/a.pdf/x-0.json": `{"schemaVersion":3,"status":"COMPLETE","document":{"key":"in/a.pdf","name":"a.pdf","format":"pdf","pages":2},"missing":[],"counts":{"pages":2,"chunks":1},"usage":{"inputTokens":9,"outputTokens":1},"models":[],"execution":"x-0"}`,
		"quarantine/e-1.json":       `{"status":"QUARANTINED","state":"ExtractText","error":"EmptyDocument","cause":"{\"errorMessage\":\"empty.txt: the document has no bytes\"}","execution":"e-1","input":{"key":"empty.txt"}}`,
	} {
		if _, err := objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("results"), Key: &key, Body: strings.NewReader(body)}); err != nil {
			t.Fatal(err)
		}
	}
	const header = "TIME                  STATUS       PAGES     TOKENS  DOCUMENT\n"
	const (
		empty   = "2026-11-25T10:00:00Z  QUARANTINED      -          -  empty[2J.txt  EmptyDocument\n"
		partial = "2026-11-25T09:00:00Z  PARTIAL          2         12  in/a.pdf  without analysis of chunk 1, analysis of chunk 2, analysis of chunk 3 and 17 more\n"
		first   = "2026-11-25T07:00:00Z  COMPLETE         2         10  in/a.pdf\n"
		old     = "2026-06-25T09:00:00Z  COMPLETE         1          0  old.pdf\n"
	)
	table := []string{"--table", "my-index"}
	for _, c := range []struct {
		args []string
		code int
		want []string // all of it, with one of several
	}{
		{[]string{"list"}, exitOK, []string{header + empty + partial + first + old}},
		{[]string{"list", "--limit", "2"}, exitOK, []string{"there are more than 2; --limit shows more\n", header + empty + partial}},
		{[]string{"list", "--limit", "4"}, exitOK, []string{header + empty + partial + first + old}},
		{[]string{"list", "--since", "2026-11-25T08:00:00Z"}, exitOK, []string{header + empty + partial}},
		{[]string{"list", "--prefix", "in/", "--status", "complete"}, exitOK, []string{header + first}},
		{[]string{"list", "--status", "failed"}, exitOK, []string{""}},
		{[]string{"list", "--output", "json", "--prefix", "in/", "--status", "partial"}, exitOK, []string{
			`"key": "in/a.pdf"`, `"bucket": "documents"`, `"version": "v2"`, `"dollars": 0.125`, `"missingMore": 4`, `"started": "2026-11-25T08:00:00Z"`, `"result": "s3://results/results/in/a.pdf/x-1.json"`, `"more": false`,
		}},
		{[]string{"show", "in/a.pdf"}, exitOK, []string{"a.pdf  PARTIAL  pdf, 2 pages", "summary"}},
		{[]string{"show", "x-0"}, exitOK, []string{"a.pdf  COMPLETE  pdf, 2 pages", "\n"}},
		{[]string{"show", "x-1", "--output", "json"}, exitOK, []string{`"schemaVersion":3`, `"execution":"x-1"`}},
		{[]string{"show", "e-1"}, exitOK, []string{"empty[2J.txt  QUARANTINED  EmptyDocument: empty.txt: the document has no bytes\n"}},
		{[]string{"show", "none.pdf"}, exitFailure, []string{"there is no result of \"none.pdf\"; docflow list shows what there is", "\n"}},
		{[]string{"show", "old.pdf"}, exitFailure, []string{`the index says that "old.pdf" is COMPLETE; there is no result or record at s3://results/results/old.pdf/old.json`, "\n"}},
		{[]string{"list", "--bucket", "results"}, exitUsage, []string{"one of --table, --bucket and --dir says where the results are", "\n"}},
	} {
		code, got := docflow(append(c.args, table...)...)
		if code != c.code || len(c.want) == 1 && got != c.want[0] {
			t.Errorf("%q: exit code %d\n%s", c.args, code, got)
		}
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%q: no %q in\n%s", c.args, want, got)
			}
		}
	}

	t.Setenv(envIndexTable, "my-index")
	if code, got := docflow("list", "--limit", "1"); code != exitOK || !strings.Contains(got, header+empty) {
		t.Errorf("by the environment: exit code %d\n%s", code, got)
	}
	if code, got := docflow("list", "--bucket", "results"); code != exitOK || !strings.Contains(got, "empty.txt") {
		t.Errorf("a bucket in spite of the environment: exit code %d\n%s", code, got)
	}
}

// What is wrong with a table is said so that one knows what to do.
func TestIndexThatCannotBeRead(t *testing.T) {
	startIndex(t)
	denied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		const body = `{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: arn:aws:iam::123456789012:user/x is not authorized to perform: dynamodb:Query"}`
		w.Header().Set("X-Amz-Crc32", fmt.Sprint(crc32.ChecksumIEEE([]byte(body))))
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(denied.Close)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"list", "--table", "other"}, `there is no table "other" in eu-central-1; the output IndexTableName of the stack is its name`},
		{[]string{"show", "--table", "other", "--region", "us-west-2", "a.pdf"}, `there is no table "other" in us-west-2`},
		{[]string{"list", "--table", "spend"}, `the table "spend" is no index of results: The table does not have the specified index`},
		{[]string{"list", "--table", "my-index", "--endpoint-url", denied.URL}, `the table "my-index" may not be read: User: arn:aws:iam::123456789012:user/x is not authorized to perform: dynamodb:Query; to list takes dynamodb:Query on its indexes`},
		{[]string{"list", "--table", "my-index", "--profile", "nobody"}, "nobody"},
	} {
		if code, got := docflow(c.args...); code != exitFailure || !strings.Contains(got, c.want) || strings.Count(got, "\n") > 2 {
			t.Errorf("%q: exit code %d\n%s", c.args, code, got)
		}
	}
}
