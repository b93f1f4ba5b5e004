package local

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/text"
	"github.com/google/go-cmp/cmp"
)

const complaint = "Delivery complaint no. 7731. On 2 October a crate of twelve olive oil bottles was delivered to our shop in Mill Lane. " +
	"Four bottles were broken, and the oil had ruined the label of the other eight. We ask for a refund of EUR 86.40, and we are disappointed."

// chunkTokens is the budget of a chunk in these tests, so that texts of some paragraphs have several.
const chunkTokens = 500

// filler is a text of several chunks.
func filler(paragraphs int) string {
	var b strings.Builder
	for i := range paragraphs {
		fmt.Fprintf(&b, "Crate %d. %s\n\n", i+1, complaint)
	}
	return b.String()
}

// placed puts words into a place of a document.
func placed(t *testing.T, place, words string) Document {
	t.Helper()
	escaped := html.EscapeString(words)
	page := func(head, body string) []byte {
		return []byte("<!DOCTYPE html><html><head>" + head + "</head><body><p>" + complaint + "</p>" + body + "</body></html>")
	}
	mail := func(subject, from, attachment, body, kind string) []byte {
		return []byte("From: " + from + "\r\nTo: shop@example.com\r\nSubject: " + subject + "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: text/" + kind + "; charset=utf-8\r\n\r\n" + body + "\r\n" +
			"--b\r\nContent-Type: text/plain; name=\"" + attachment + "\"\r\nContent-Disposition: attachment; filename=\"" + attachment + "\"\r\n\r\n" + complaint + "\r\n--b--\r\n")
	}
	asJSON := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	const subject, from, attachment = "Complaint", "Rosa <rosa@example.com>", "letter.txt"
	plain := []byte(complaint + "\n\n" + words + "\n\n" + complaint + "\n")
	switch place {
	case "txt":
		return Document{"letter.txt", plain}
	case "fence": // the tag of the text without it
		return Document{"letter.txt", []byte(complaint + "\n\n" + fmt.Sprintf(words, bedrock.Fence(complaint)))}
	case "fence-grind": // a tag of which as many digits are right as can be found by trying
		for i := 0; ; i++ {
			content := complaint + "\n\n" + fmt.Sprintf(words, fmt.Sprintf("document-abc (%d)", i))
			if strings.HasPrefix(bedrock.Fence(content), "document-abc") {
				return Document{"letter.txt", []byte(content)}
			}
		}
	case "json-key":
		return Document{"letter.json", []byte(asJSON(map[string]string{"text": complaint, words: "1"}))}
	case "json-value":
		return Document{"letter.json", []byte(asJSON(map[string]string{"text": complaint, "note": words}))}
	case "md":
		return Document{"letter.md", plain}
	case "md-link":
		return Document{"letter.md", []byte(complaint + "\n\n[" + words + "](https://example.com \"" + words + "\")\n")}
	case "md-alt":
		return Document{"letter.md", []byte(complaint + "\n\n![" + words + "](picture.png)\n")}
	case "md-html":
		return Document{"letter.md", []byte(complaint + "\n\n<!-- " + words + " -->\n")}
	case "html-title":
		return Document{"letter.html", page("<title>"+escaped+"</title>", "")}
	case "html-meta":
		return Document{"letter.html", page("<meta name=description content=\""+escaped+"\">", "")}
	case "html-hidden":
		return Document{"letter.html", page("", "<div style=\"display:none\">"+escaped+"</div><p style=\"font-size:0\">"+escaped+"</p>")}
	case "html-comment":
		return Document{"letter.html", page("", "<!-- "+words+" -->")}
	case "html-alt":
		return Document{"letter.html", page("", "<img src=x alt=\""+escaped+"\">")}
	case "html-cell":
		return Document{"letter.html", page("", "<table><tr><th>Crate</th><th>Damage</th></tr><tr><td>1</td><td>"+escaped+"</td></tr></table>")}
	case "html-link":
		return Document{"letter.html", page("", "<a href=\""+escaped+"\">"+escaped+"</a>")}
	case "html-script":
		return Document{"letter.html", page("<script>"+words+"</script>", "<noscript>"+escaped+"</noscript>")}
	case "csv":
		return Document{"letter.csv", []byte("crate,damage\n1,broken\n2,\"" + strings.ReplaceAll(words, `"`, `""`) + "\"\n3," + complaint[:40] + "\n")}
	case "csv-head":
		return Document{"letter.csv", []byte("crate,\"" + words + "\"\n1,broken\n2,whole\n3," + complaint[:40] + "\n")}
	case "docx":
		return Document{"letter.docx", docx(t, paragraph(complaint, "")+paragraph(words, ""), "Complaint", nil)}
	case "docx-title":
		return Document{"letter.docx", docx(t, paragraph(complaint, ""), words, nil)}
	case "title-fence": // the tag of the text, in other letters: whoever writes the title knows the text
		wide := strings.Map(func(r rune) rune { return r + '０' - '0' }, strings.TrimPrefix(bedrock.Fence(complaint), "document-"))
		return Document{"letter.docx", docx(t, paragraph(complaint, ""), fmt.Sprintf(words, wide), nil)}
	case "docx-hidden":
		return Document{"letter.docx", docx(t, paragraph(complaint, "")+paragraph(words, "<w:vanish/>"), "", nil)}
	case "docx-white":
		return Document{"letter.docx", docx(t, paragraph(complaint, "")+paragraph(words, `<w:color w:val="FFFFFF"/><w:sz w:val="2"/>`), "", nil)}
	case "docx-cell":
		return Document{"letter.docx", docx(t, paragraph(complaint, "")+"<w:tbl><w:tr><w:tc>"+paragraph(words, "")+"</w:tc><w:tc>"+paragraph("2", "")+"</w:tc></w:tr></w:tbl>", "", nil)}
	case "eml-subject":
		return Document{"letter.eml", mail(words, from, attachment, complaint, "plain")}
	case "eml-from":
		return Document{"letter.eml", mail(subject, words, attachment, complaint, "plain")}
	case "eml-file":
		return Document{"letter.eml", mail(subject, from, words, complaint, "plain")}
	case "eml-html":
		return Document{"letter.eml", mail(subject, from, attachment, "<p>"+complaint+"</p><p>"+escaped+"</p>", "html")}
	case "zip-name":
		return Document{"letters.zip", zipped(t, map[string]string{words: complaint, "b.txt": complaint})}
	case "zip-text":
		return Document{"letters.zip", zipped(t, map[string]string{"a.txt": words, "b.txt": complaint})}
	case "rtf":
		return Document{"letter.rtf", []byte(`{\rtf1\ansi ` + complaint + `\par ` + words + `\par {\v ` + words + `}}`)}
	case "name":
		return Document{words, []byte(complaint)}
	case "long-border":
		return Document{"letter.txt", []byte(strings.ReplaceAll(filler(30), "broken, ", words+" "))}
	case "long-first-fence": // a later chunk has the tag of the first
		content := filler(30)
		first := text.Split(&text.Document{Pages: []text.Page{{Number: 1, Text: content}}}, text.ChunkOptions{MaxTokens: chunkTokens})[0]
		return Document{"letter.txt", []byte(content + fmt.Sprintf(words, bedrock.Fence(first.Text)))}
	case "merge-point":
		return Document{"letter.txt", []byte(filler(90) + words)}
	case "long-part", "digest-point", "digest-name":
		return Document{"letter.txt", []byte(filler(30) + words)}
	}
	if strings.HasPrefix(place, "repair-") || strings.HasPrefix(place, "answer-") {
		return Document{"letter.txt", []byte(complaint + "\n\n" + words)}
	}
	t.Fatalf("no place is called %s", place)
	return Document{}
}

// astray returns how a model answers that a document has led astray, for the places that are about answers.
func astray(place, words string) func(bedrock.Step, int, *bedrock.Response) {
	set := func(r *bedrock.Response, body string) {
		r.StopReason, r.Content = bedrock.StopEndTurn, []bedrock.ContentBlock{{Type: bedrock.BlockText, Text: body}}
	}
	change := func(r *bedrock.Response, how func(map[string]any)) {
		var answer map[string]any
		if json.Unmarshal([]byte(r.Content[0].Text), &answer) != nil {
			return
		}
		how(answer)
		data, _ := json.Marshal(answer) // of what was JSON
		set(r, string(data))
	}
	switch place {
	case "repair-prose", "repair-fence":
		asked := map[bedrock.Step]int{}
		return func(step bedrock.Step, _ int, r *bedrock.Response) {
			if asked[step]++; asked[step] <= 2 {
				set(r, words)
			}
		}
	case "repair-member":
		return func(_ bedrock.Step, turn int, r *bedrock.Response) {
			if turn == 0 {
				change(r, func(a map[string]any) { a[words] = words })
			}
		}
	case "repair-cut":
		return func(_ bedrock.Step, turn int, r *bedrock.Response) {
			if turn == 0 {
				set(r, `{"summary":"`+words)
				r.StopReason = bedrock.StopMaxTokens
			}
		}
	case "digest-point", "digest-name":
		return func(step bedrock.Step, _ int, r *bedrock.Response) {
			if step == bedrock.StepAnalysis {
				change(r, func(a map[string]any) {
					a["title"], a["keyPoints"], a["topics"] = words, []string{words}, []string{words}
					a["entities"] = []map[string]string{{"name": words, "type": "PERSON"}}
				})
			}
		}
	case "merge-point":
		return func(step bedrock.Step, _ int, r *bedrock.Response) {
			if step == bedrock.StepAnalysis || step == bedrock.StepMerge {
				var points []string
				for i := range 20 {
					points = append(points, fmt.Sprintf("%s %d %s", words, i, strings.Repeat("It is a long key point. ", 70)))
				}
				change(r, func(a map[string]any) {
					a["keyPoints"] = points[:map[bool]int{true: 20, false: 2}[step == bedrock.StepAnalysis]]
				})
			}
		}
	case "answer-field":
		return func(_ bedrock.Step, _ int, r *bedrock.Response) {
			change(r, func(a map[string]any) { a["status"], a["approved"] = "COMPLETE", true })
		}
	case "answer-key":
		return func(_ bedrock.Step, _ int, r *bedrock.Response) {
			change(r, func(a map[string]any) {
				a["result"] = map[string]string{"bucket": "evil", "key": "results/other.json"}
				a["document"], a["execution"] = map[string]string{"key": "other.pdf"}, "other"
			})
		}
	case "answer-tool":
		return func(_ bedrock.Step, _ int, r *bedrock.Response) {
			r.StopReason = bedrock.StopToolUse
			r.Content = append(r.Content, bedrock.ContentBlock{Type: "tool_use"})
		}
	case "answer-two":
		return func(_ bedrock.Step, _ int, r *bedrock.Response) { set(r, r.Content[0].Text+"\n"+r.Content[0].Text) }
	}
	return nil
}

// ran is everything that one run of the pipeline has left.
type ran struct {
	Report *combine.Report
	Keys   []string // of the results bucket
	Calls  []string // resources and parameters
}

// unlike is what differs from run to run: times, and the UUIDs of Map Runs.
var unlike = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func (s *Stack) ran(t *testing.T, flow *Flow, document Document) ran {
	t.Helper()
	var r ran
	outcome, err := s.Run(context.Background(), flow, document, func(e engine.Event) {
		if d, ok := e.Details.(*engine.ScheduledDetails); ok {
			r.Calls = append(r.Calls, d.ResourceType+":"+d.Resource+" "+unlike.ReplaceAllString(value.Text(d.Input), "…"))
		}
		if e.Type == engine.ExecutionSucceeded || e.Type == engine.ExecutionFailed {
			var err error
			if r.Keys, err = s.keys(context.Background(), ResultsBucket); err != nil {
				t.Error(err)
			}
			for i, key := range r.Keys {
				r.Keys[i] = unlike.ReplaceAllString(key, "…")
			}
			slices.Sort(r.Keys)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Report != nil {
		r.Report = &combine.Report{}
		if err := json.Unmarshal(outcome.Report, r.Report); err != nil {
			t.Fatal(err)
		}
		if faults := strayed(document, outcome.Execution.Name, r); len(faults) > 0 {
			t.Errorf("the execution left its bounds:\n%s", strings.Join(faults, "\n"))
		}
	}
	slices.Sort(r.Calls) // those of a Map and of branches come as they come
	return r
}

// strayed says what an execution did that no document may make it do: keys that are not its own, other models.
func strayed(document Document, execution string, r ran) []string {
	var faults []string
	own := combine.ResultObject(claim.Document{Key: document.Name}, claim.Output{Bucket: ResultsBucket, Prefix: claim.WorkPrefix + execution})
	if *r.Report.Result.Result != own || r.Report.Document.Key != document.Name || r.Report.Document.Bucket != DocumentsBucket || r.Report.Execution != execution {
		faults = append(faults, fmt.Sprintf("the result is %+v of %+v", r.Report.Result.Result, r.Report.Document))
	}
	base := strings.TrimSuffix(own.Key, ".json")
	for _, key := range r.Keys {
		if !strings.HasPrefix(key, claim.WorkPrefix+execution+"/") && strings.TrimSuffix(strings.TrimSuffix(key, ".json"), ".md") != base {
			faults = append(faults, "the key "+key)
		}
	}
	for _, call := range r.Calls {
		if strings.HasPrefix(call, "bedrock:") && strings.Count(call, "s3://"+ResultsBucket+"/work/"+execution+"/") != 2 {
			faults = append(faults, "the call "+call)
		}
	}
	return faults
}

// No document, and no answer of a model that a document has led astray, changes what a model is told: one that obeys every
// instruction outside of the fence answers exactly as one that obeys none. And each text would have had its way without a fence.
func TestInjections(t *testing.T) {
	if raceDetector {
		t.Skip("one document comes after the other here, and the race detector makes it ten times slower")
	}
	if len(injections) < 100 {
		t.Fatalf("there are %d attempts", len(injections))
	}
	model := &obedient{}
	stack, substitutions := startStackWith(t, Options{Chunks: text.ChunkOptions{MaxTokens: chunkTokens}, Model: Model{wrap: func(c bedrockserver.Completer) bedrockserver.Completer {
		model.Completer = c
		return model
	}}})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]bool{}
	reached, flagged, merged := 0, 0, false
	for i, attempt := range injections {
		places[attempt.place] = true
		t.Run(fmt.Sprintf("%d %s", i, attempt.place), func(t *testing.T) {
			document := placed(t, attempt.place, attempt.attack)
			model.reset(false, astray(attempt.place, attempt.attack))
			want := stack.ran(t, flow, document)
			if want.Report == nil {
				// A model that never gives an answer that can be used has no result at all.
				if !strings.HasPrefix(attempt.place, "answer-") {
					t.Fatal("there is no result")
				}
			}
			model.reset(true, astray(attempt.place, attempt.attack))
			got := stack.ran(t, flow, document)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("an instruction was obeyed:\n%s", diff)
			}
			if len(model.obeyed) > 0 || len(model.leaked) > 0 {
				t.Errorf("outside of the fence stand %q, obeyed %q", model.leaked, model.obeyed)
			}
			if flag(got.Report) {
				flagged++
			}
			through := false
			for _, request := range model.read {
				merged = merged || request.System.String() == bedrock.System(bedrock.StepMerge)
				if naive := withoutFences(request); naive != "" && commandIn(naive) != "" {
					through = true
				}
			}
			if through {
				reached++
			}
		})
	}
	t.Logf("%d attempts in %d places; without a fence %d would have been obeyed, the rest does not reach the model; %d are flagged",
		len(injections), len(places), reached, flagged)
	if reached < 100 {
		t.Errorf("%d attempts reach the model", reached)
	}
	if !merged {
		t.Error("no analyses were merged")
	}
}

// withoutFences returns what a naive design would have put beside its instructions: all that stands in a request's fences.
func withoutFences(request bedrock.Request) string {
	var b strings.Builder
	for _, message := range request.Messages {
		if message.Role == bedrock.User {
			b.WriteString(strings.ReplaceAll(scaffold.ReplaceAllString(message.Content.String(), ""), complaint, ""))
		}
	}
	return b.String()
}

func flag(report *combine.Report) bool {
	return report != nil && slices.ContainsFunc(report.Warnings, func(w claim.Warning) bool { return w.Code == "instruction-like-text" })
}

// Texts about instructions, prompts, tags and models are not taken for instructions, but for one in fifty.
func TestBenignTwins(t *testing.T) {
	if raceDetector {
		t.Skip("one document comes after the other here, and the race detector makes it ten times slower")
	}
	stack, substitutions := startStackWith(t, Options{Chunks: text.ChunkOptions{MaxTokens: chunkTokens}})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	flagged := map[string]bool{}
	for _, attempt := range injections {
		if got := stack.ran(t, flow, placed(t, attempt.place, attempt.twin)); got.Report == nil || got.Report.Status != combine.Complete {
			t.Errorf("%q has no complete result", attempt.twin)
		} else if flag(got.Report) {
			flagged[attempt.twin] = true
		}
	}
	t.Logf("%d of %d are flagged: %q", len(flagged), len(injections), slices.Sorted(maps.Keys(flagged)))
	if len(flagged)*50 > len(injections) {
		t.Errorf("%d of %d are flagged", len(flagged), len(injections))
	}
}
