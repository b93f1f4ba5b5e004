package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/text"
)

// recorder keeps the requests to a model, by step.
type recorder struct {
	bedrockserver.Completer
	mu       sync.Mutex
	requests map[bedrock.Step][]string // the user's messages
}

func (r *recorder) Complete(ctx context.Context, request bedrock.Request, modelID string) (bedrock.Response, error) {
	for _, step := range append(bedrock.Steps(), bedrock.StepMerge) {
		if strings.HasPrefix(request.System.String(), bedrock.System(step)) {
			r.mu.Lock()
			r.requests[step] = append(r.requests[step], request.Messages[0].Content.String())
			r.mu.Unlock()
		}
	}
	return r.Completer.Complete(ctx, request, modelID)
}

// prose writes sentences of a large vocabulary in which, as in a language, few words are frequent and most are rare.
type prose struct {
	random *rand.Rand
	zipf   *rand.Zipf
	words  []string
}

func newProse(seed uint64) *prose {
	const vocabulary = 20_000
	p := &prose{random: rand.New(rand.NewPCG(seed, seed))}
	p.zipf = rand.NewZipf(p.random, 1.1, 8, vocabulary-1)
	seen := map[string]bool{}
	for _, w := range strings.Fields("the of and to in a is that for was on with as by at from it an be this which or are were has had not but they") {
		p.words, seen[w] = append(p.words, w), true
	}
	for len(p.words) < vocabulary {
		if w := p.word(2 + p.random.IntN(3)); !seen[w] {
			p.words, seen[w] = append(p.words, w), true
		}
	}
	return p
}

// word makes a word of syllables.
func (p *prose) word(syllables int) string {
	var b strings.Builder
	for range syllables {
		b.WriteByte("bcdfghklmnprstvw"[p.random.IntN(16)])
		b.WriteByte("aeiou"[p.random.IntN(5)])
	}
	b.WriteByte("nrstlm"[p.random.IntN(6)])
	return b.String()
}

func (p *prose) sentence() string {
	words := make([]string, 6+p.random.IntN(16))
	for i := range words {
		words[i] = p.words[p.zipf.Uint64()]
	}
	if p.random.IntN(12) == 0 {
		words[len(words)-1] = fmt.Sprint(1 + p.random.IntN(100))
	}
	text := strings.Join(words, " ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func (p *prose) name() string {
	w := p.word(3)
	return strings.ToUpper(w[:1]) + w[1:]
}

// longDocument has pages of prose, and facts at random places: sentences with names and numbers that stand nowhere else.
func longDocument(pages, pageBytes, facts int) (text []byte, planted []string) {
	p := newProse(7)
	patterns := []string{
		"In %[1]s the company %[2]s sold %[3]d tonnes.", "The contract with %[2]s of %[1]s is worth %[3]d euros.",
		"Engineer %[2]s measured %[3]d volts at %[1]s.", "The bridge near %[1]s that %[2]s built is %[3]d metres long.",
	}
	at := map[int][]string{}
	for i := range facts {
		fact := fmt.Sprintf(patterns[i%len(patterns)], p.name(), p.name(), 1_000+p.random.IntN(900_000))
		page := p.random.IntN(pages)
		at[page], planted = append(at[page], fact), append(planted, fact)
	}
	var b bytes.Buffer
	for page := range pages {
		if page > 0 {
			b.WriteByte('\f')
		}
		var sentences []string
		for n := 0; n < pageBytes; {
			s := p.sentence()
			sentences, n = append(sentences, s), n+len(s)+1
		}
		for _, fact := range at[page] {
			i := p.random.IntN(len(sentences))
			sentences[i] += " " + fact
		}
		for i, s := range sentences {
			b.WriteString(s)
			if i%6 == 5 {
				b.WriteString("\n\n")
			} else {
				b.WriteByte(' ')
			}
		}
	}
	return b.Bytes(), planted
}

// held is what lies in S3 of the children of distributed Maps.
type held struct {
	children, largest int // how many, and the largest input or output of a state in bytes
}

// children reads what the ResultWriters wrote. A child's states hold its input and what a check answered.
func (s *Stack) children(t *testing.T) held {
	t.Helper()
	ctx := context.Background()
	keys, err := s.keys(ctx, ResultsBucket)
	if err != nil {
		t.Fatal(err)
	}
	checked, err := json.Marshal(prompt.Checked{})
	if err != nil {
		t.Fatal(err)
	}
	var h held
	for _, key := range keys {
		if !strings.Contains(key, "/SUCCEEDED_") && !strings.Contains(key, "/FAILED_") {
			continue
		}
		out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(ResultsBucket), Key: aws.String(key)})
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(out.Body)
		if err != nil {
			t.Fatal(err)
		}
		var executions []struct{ Input, Output, Status string }
		if err := json.Unmarshal(data, &executions); err != nil {
			t.Fatal(err)
		}
		for _, x := range executions {
			h.children++
			// The URIs of a check are those of the input, and a few letters.
			h.largest = max(h.largest, len(x.Output), 2*len(x.Input)+len(checked)+100)
			if x.Status != "SUCCEEDED" {
				t.Errorf("a child execution is %s", x.Status)
			}
		}
	}
	return h
}

// The longest documents: every chunk is in the manifest, no state is above 32 KiB, and 99 % of the facts that are planted in
// the text reach the requests of the synthesis. Under the race detector the large ones would take minutes; the largest is for
// DOCFLOW_LONG=1.
func TestVeryLongDocument(t *testing.T) {
	for _, c := range []struct {
		name                    string
		pages, pageBytes, facts int
		chunkTokens             int // 0: the default
		large, largest          bool
		merges                  bool // whether there are any
	}{
		{"2,000 pages of 5 MB", 2_000, 2_500, 200, 0, true, false, false},
		{"close to 2,000 chunks", 1_240, 300, 200, 66, true, true, true},
		{"many chunks", 300, 500, 60, 400, false, false, false},
		{"analyses that are merged", 900, 500, 60, 400, true, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.large && (raceDetector || testing.Short()) || c.largest && os.Getenv("DOCFLOW_LONG") == "" {
				t.Skip("too large for every day")
			}
			seen := runVeryLong(t, c.pages, c.pageBytes, c.facts, c.chunkTokens)
			if merged := len(seen.requests[bedrock.StepMerge]) > 0; merged != c.merges {
				t.Errorf("analyses were merged: %v", merged)
			}
		})
	}
}

func runVeryLong(t *testing.T, pages, pageBytes, facts, chunkTokens int) *recorder {
	t.Helper()
	const maxState = 32 << 10
	content, planted := longDocument(pages, pageBytes, facts)
	seen := &recorder{requests: map[bedrock.Step][]string{}}
	stack, substitutions := startStackWith(t, Options{Chunks: text.ChunkOptions{MaxTokens: chunkTokens}, Model: Model{wrap: func(c bedrockserver.Completer) bedrockserver.Completer {
		seen.Completer = c
		return seen
	}}})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	largest, where := 0, ""
	var children held
	measure := func(state string, v value.Value) {
		if n := len(value.Text(v)); n > largest {
			largest, where = n, state
		}
	}
	outcome, err := stack.Run(context.Background(), flow, Document{Name: "very-long.txt", Data: content}, func(e engine.Event) {
		switch d := e.Details.(type) {
		case *engine.EnteredDetails:
			measure(d.Name, d.Input)
		case *engine.ExitedDetails:
			measure(d.Name, d.Output)
		}
		if e.Type == engine.ExecutionSucceeded {
			children = stack.children(t)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if x := outcome.Execution; x.Status != engine.Succeeded {
		t.Fatalf("%s %s: %s", x.Status, x.Error, x.Cause)
	}
	var report combine.Report
	if err := json.Unmarshal(outcome.Report, &report); err != nil {
		t.Fatal(err)
	}
	if report.Status != combine.Complete || report.Counts.Pages != pages || len(report.Manifest.Pages) != pages || report.Counts.ChunksAnalyzed != len(report.Manifest.Chunks) {
		t.Errorf("%s, %+v, %d pages, %d chunks, missing %v", report.Status, report.Counts, len(report.Manifest.Pages), len(report.Manifest.Chunks), report.Missing)
	}
	lastPage := 0
	for i, chunk := range report.Manifest.Chunks {
		if chunk.Index != i || chunk.Status != combine.Succeeded || len(chunk.ResponseSHA256) != len(claim.SHA256(nil)) || chunk.Attempts != 1 || chunk.InputTokens == 0 {
			t.Errorf("chunk %d: %+v", i, chunk)
		}
		if chunk.FirstPage > lastPage+1 {
			t.Errorf("between pages %d and %d there is no chunk", lastPage, chunk.FirstPage)
		}
		lastPage = chunk.LastPage
	}
	if lastPage != pages {
		t.Errorf("the last chunk ends on page %d", lastPage)
	}
	if largest > maxState || children.largest > maxState {
		t.Errorf("the largest state has %d bytes (%s), that of a child execution %d", largest, where, children.largest)
	}
	if n := len(report.Manifest.Chunks); n <= prompt.MaxItems || children.children < n {
		t.Errorf("%d child executions for %d chunks", children.children, n)
	}
	for _, step := range bedrock.Steps()[1:] {
		request := strings.Join(seen.requests[step], "\n")
		found := 0
		for _, fact := range planted {
			if strings.Contains(request, fact) {
				found++
			}
		}
		t.Logf("%s: %d of %d facts, %d bytes", step, found, len(planted), len(request))
		if found*100 < len(planted)*99 {
			t.Errorf("only %d of %d facts are in the request of %s", found, len(planted), step)
		}
	}
	t.Logf("%d bytes, %d chunks, %d merges, %d child executions; largest state %d bytes (%s), of a child %d; %d events",
		len(content), len(report.Manifest.Chunks), len(seen.requests[bedrock.StepMerge]), children.children, largest, where, children.largest, len(outcome.Execution.History))
	return seen
}
