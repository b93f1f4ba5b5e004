package local

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/integration"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/index"
	"github.com/docflow-asl/docflow/tasks/trigger"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
)

// poison is a file that the pipeline cannot read, and why.
type poison struct {
	Document
	reason string
}

// poisons makes files that are empty, without text, encrypted, damaged, bombs or of a format that is none.
func poisons(t *testing.T) []poison {
	t.Helper()
	var out []poison
	add := func(reason, name, data string) { out = append(out, poison{Document{name, []byte(data)}, reason}) }
	sample := func(name string) string { return string(readDocument(t, name).Data) }
	gzipped := func(data string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(data)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	archive := func(files map[string]string) string { return string(zipped(t, files)) }
	word := func(body string, more map[string]string) string { return string(docx(t, body, "", more)) }
	const xml = `<?xml version="1.0" encoding="UTF-8"?>`
	office := func(files map[string]string) string {
		files["[Content_Types].xml"] = xml + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`
		return archive(files)
	}

	const empty = failure.EmptyDocument
	add(empty, "empty.txt", "")
	add(empty, "empty.pdf", "")
	add(empty, "empty.docx", "")
	add(empty, "empty.csv", "")
	add(empty, "empty.eml", "")
	add(empty, "empty", "")
	add(empty, "gzip-of-nothing.gz", gzipped(""))
	add(empty, "blanks.txt", " \n\t \r\n")
	add(empty, "mark.txt", "\ufeff")
	add(empty, "feeds.txt", "\f\f\f")
	add(empty, "blanks.md", "\n\n   \n")
	add(empty, "zip-of-nothing.zip", archive(map[string]string{}))
	add(empty, "zip-of-empty-files.zip", archive(map[string]string{"a.txt": "", "b.txt": ""}))

	const noText = failure.NoText
	add(noText, "page.html", "<!DOCTYPE html><html><head><style>p{}</style><script>let x = 1</script></head><body></body></html>")
	add(noText, "hidden.html", "<!DOCTYPE html><html><body><div style=\"display:none\">nothing to see</div></body></html>")
	add(noText, "nothing.docx", word("<w:p/>", nil))
	add(noText, "scanned.pdf", sample("scanned.pdf"))

	const encrypted = failure.EncryptedDocument
	add(encrypted, "encrypted.pdf", sample("encrypted.pdf"))
	add(encrypted, "encrypted-日本語.pdf", sample("encrypted.pdf"))
	add(encrypted, "encrypted.odt", archive(map[string]string{
		"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "x",
		"META-INF/manifest.xml": `<manifest:manifest xmlns:manifest="urn:x"><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`,
	}))
	add(encrypted, "encrypted.eml", "From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nabc")

	const corrupt = failure.CorruptDocument
	letter := word(paragraph(complaint, ""), nil)
	add(corrupt, "head-only.pdf", "%PDF-1.7\n")
	add(corrupt, "half.pdf", sample("report-en.pdf")[:300])
	add(corrupt, "zeros.pdf", "%PDF-1.4\n"+strings.Repeat("\x00", 4096))
	add(corrupt, "half.docx", letter[:len(letter)/2])
	add(corrupt, "tail.docx", letter[:len(letter)-30])
	add(corrupt, "markup.docx", word("<w:p><w:r></w:p>", nil))
	add(corrupt, "no-body.docx", office(map[string]string{"word/other.xml": "<x/>"}))
	add(corrupt, "no-sheets.xlsx", office(map[string]string{"xl/other.xml": "<x/>"}))
	add(corrupt, "no-slides.pptx", office(map[string]string{"ppt/other.xml": "<x/>"}))
	add(corrupt, "half.zip", archive(map[string]string{"a.txt": complaint})[:60])
	add(corrupt, "half.gz", gzipped(complaint)[:60])
	add(corrupt, "check.gz", gzipped(complaint)[:len(gzipped(complaint))-8]+"\x00\x00\x00\x00\x00\x00\x00\x00")
	add(corrupt, "no-content.odt", archive(map[string]string{"mimetype": "application/vnd.oasis.opendocument.text"}))
	add(corrupt, "markup.odt", archive(map[string]string{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a><b></a>"}))
	add(corrupt, "no-book.epub", archive(map[string]string{"mimetype": "application/epub+zip"}))
	add(corrupt, "half.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")

	const limit = failure.LimitExceeded
	add(limit, "bomb.docx", sample("bomb.docx"))
	add(limit, "bomb.gz", gzipped(strings.Repeat("0", 64<<20)))
	add(limit, "bomb.zip", archive(map[string]string{"a.txt": strings.Repeat("a", 32<<20)}))
	add(limit, "deep.docx", word(strings.Repeat("<w:x>", 400)+strings.Repeat("</w:x>", 400), nil))
	many := map[string]string{}
	for i := range 10_100 {
		many[fmt.Sprintf("%d.txt", i)] = "x"
	}
	add(limit, "entries.zip", archive(many))
	nested := archive(map[string]string{"a.txt": complaint})
	for range 8 {
		nested = archive(map[string]string{"inner.zip": nested})
	}
	add(limit, "nested.zip", nested)
	add(limit, "bomb-inside.zip", archive(map[string]string{"a.docx": sample("bomb.docx")}))
	add(limit, "tail-of-a-bomb.gz", gzipped(complaint+strings.Repeat(" ", 64<<20)))

	const unsupported = failure.UnsupportedFormat
	for name, magic := range map[string]string{
		"program.exe": "MZ\x90\x00\x03\x00\x00\x00", "program": "\x7fELF\x02\x01\x01\x00", "film.mp4": "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "sound.mp3": "ID3\x04\x00\x00\x00\x00\x00\x00",
		"base.sqlite": "SQLite format 3\x00", "Main.class": "\xca\xfe\xba\xbe\x00\x00\x00\x41", "module.wasm": "\x00asm\x01\x00\x00\x00", "files.7z": "7z\xbc\xaf\x27\x1c\x00\x04",
		"files.rar": "Rar!\x1a\x07\x01\x00", "files.xz": "\xfd7zXZ\x00\x00\x04", "files.zst": "\x28\xb5\x2f\xfd\x04\x00", "letters.ttf": "\x00\x01\x00\x00\x00\x10\x01\x00",
		"picture.psd": "8BPS\x00\x01\x00\x00", "rows.parquet": "PAR1\x15\x04\x15\x00",
	} {
		add(unsupported, name, magic+strings.Repeat("\x00\x01\x02\xfe\xff\x80", 200))
	}
	add(unsupported, "random.bin", sample("random.bin"))
	add(unsupported, "random.pdf", sample("random.bin"))
	return out
}

// Poison among good documents: each is put into quarantine with its reason, which its tag, a record and a message tell, after
// two attempts at most; and the good ones are what they are alone.
func TestPoison(t *testing.T) {
	ctx := context.Background()
	stack, substitutions := startStack(t, Model{})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	files := poisons(t)
	if len(files) < 60 {
		t.Errorf("there are %d files", len(files))
	}
	good := make([]Document, 12)
	alone := map[string]*combine.Report{}
	for i := range good {
		good[i] = Document{fmt.Sprintf("good-%d.docx", i), docx(t, paragraph(fmt.Sprintf("Letter %d. %s", i, complaint), ""), "", nil)}
		alone[good[i].Name] = stack.ran(t, flow, good[i]).Report
	}
	var (
		mu       sync.Mutex
		group    errgroup.Group
		attempts = map[string]int{}
	)
	group.SetLimit(4)
	for i, file := range files {
		group.Go(func() error {
			var fault string
			outcome, err := stack.Run(ctx, flow, file.Document, func(e engine.Event) {
				switch e.Type {
				case engine.TaskFailed, engine.LambdaFunctionFailed, engine.TaskTimedOut:
					mu.Lock()
					attempts[file.Name]++
					mu.Unlock()
				case engine.ExecutionFailed:
					fault = stack.quarantined(ctx, file)
				}
			})
			switch {
			case err != nil:
				return err
			case outcome.Execution.Status != engine.Failed:
				t.Errorf("%s: the execution %s", file.Name, outcome.Execution.Status)
			case fault != "":
				t.Errorf("%s: %s; %s", file.Name, fault, outcome.Execution.Cause)
			case outcome.Index == nil || outcome.Index.Status != "QUARANTINED" || outcome.Index.Error != file.reason || outcome.Index.Key != file.Name:
				t.Errorf("%s: the index has %+v; the reason should be %s", file.Name, outcome.Index, file.reason)
			}
			return nil
		})
		if i%5 != 0 {
			continue
		}
		neighbour := good[i/5%len(good)]
		group.Go(func() error {
			report, err := stack.report1(ctx, flow, neighbour)
			if diff := cmp.Diff(alone[neighbour.Name], report); diff != "" {
				t.Errorf("%s beside poison:\n%s", neighbour.Name, diff)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for name, n := range attempts {
		if n > 2 {
			t.Errorf("%s was tried %d times", name, n)
		}
	}
	reasons := map[string]int{}
	for _, file := range files {
		reasons[file.reason]++
	}
	told := map[string]int{}
	for _, message := range stack.topics.Messages() {
		var m struct{ Status, Error string }
		if err := value.ToGo(message.Message, &m); err != nil || m.Status != "QUARANTINED" {
			t.Errorf("the message %s", value.Text(message.Message))
		}
		told[m.Error]++
	}
	if diff := cmp.Diff(reasons, told); diff != "" {
		t.Errorf("the messages tell of other reasons:\n%s", diff)
	}
	t.Logf("%d files: %v", len(files), reasons)
}

// report1 runs a flow and returns the report.
func (s *Stack) report1(ctx context.Context, flow *Flow, document Document) (*combine.Report, error) {
	outcome, err := s.Run(ctx, flow, document, nil)
	if err != nil || outcome.Report == nil {
		return nil, err
	}
	report := &combine.Report{}
	return report, json.Unmarshal(outcome.Report, report)
}

// quarantined says what is wrong with the tag and the record of a file, which should tell its reason.
func (s *Stack) quarantined(ctx context.Context, file poison) string {
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(DocumentsBucket), Key: &file.Name})
	if err != nil {
		return err.Error()
	}
	tagging, err := s.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: aws.String(DocumentsBucket), Key: &file.Name})
	if err != nil {
		return err.Error()
	}
	tags := map[string]string{}
	for _, tag := range tagging.TagSet {
		tags[*tag.Key] = *tag.Value
	}
	execution := trigger.Name(DocumentsBucket, file.Name, trigger.Identity(aws.ToString(head.VersionId), "", aws.ToString(head.ETag)), "local")
	var record struct {
		Status, State, Error, Cause string
		Input                       trigger.Input
	}
	if err := claim.GetJSON(ctx, s.client, claim.Object{Bucket: ResultsBucket, Key: claim.QuarantinePrefix + execution + ".json"}, 1<<20, &record); err != nil {
		return err.Error()
	}
	if tags["docflow-status"] != "quarantined" || tags["docflow-reason"] != file.reason ||
		record.Status != "QUARANTINED" || record.Error != file.reason || record.State != "ExtractText" || record.Cause == "" || record.Input.Key != file.Name {
		return fmt.Sprintf("the tags are %v, the record %+v; the reason should be %s", tags, record, file.reason)
	}
	return ""
}

// Of two uploads to a key of a bucket without versions, the first is not processed with the content of the second.
func TestReplacedDocumentIsProcessedOnce(t *testing.T) {
	ctx := context.Background()
	stack, substitutions := startStack(t, Model{})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	var inputs []value.Value
	for _, content := range []string{"The first letter.", "The second letter."} {
		input, _, err := stack.upload(ctx, flow, Document{"letter.txt", []byte(content)})
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, input)
	}
	for i, want := range []struct{ status, error string }{{"QUARANTINED", failure.DocumentReplaced}, {"COMPLETE", ""}} {
		name := fmt.Sprint("run-", i)
		execution, err := flow.Program.Run(ctx, inputs[i], engine.Options{Name: name, StateMachineName: flow.Name, Tasks: stack.handlers, Objects: integration.Objects{Client: stack.client}, StartTime: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		entry, found, err := (&index.Reader{API: stack.tables, Table: indexTable}).Execution(ctx, name)
		if err != nil || !found || entry.Status != want.status || entry.Error != want.error {
			t.Errorf("%s: %+v, %v; %s", value.Text(inputs[i]), entry, err, execution.Cause)
		}
	}
	tagging, err := stack.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: aws.String(DocumentsBucket), Key: aws.String("letter.txt")})
	if err != nil || len(tagging.TagSet) > 0 {
		t.Errorf("the second letter has the tags %v, %v", tagging, err)
	}
}
