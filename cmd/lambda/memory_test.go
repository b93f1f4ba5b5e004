package lambda_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/cmd/lambda/internal/runtimeapi"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

// BenchmarkLargest runs the functions on the largest documents that they take, and tells the
// most memory that a function and its children had at a time, and how long processors were
// busy with it. MemorySize and Timeout in template.yaml follow from that: Lambda gives one
// processor for 1,769 MB. On Linux; once is enough:
//
//	go test ./cmd/lambda -run - -bench Largest -benchtime 1x
func BenchmarkLargest(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("reads /proc")
	}
	s := startServices(b)
	run := func(function, name string, do func(b *testing.B, p *runtimeapi.Process)) {
		b.Run(function+"/"+name, func(b *testing.B) {
			for b.Loop() {
				p, _ := s.run(b, function)
				w := watch(b, function)
				do(b, p)
				memory, busy := w.stop()
				b.ReportMetric(float64(memory)/1e6, "MB")
				b.ReportMetric(busy.Seconds(), "CPU-s")
				if err := p.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	const request = `{"source":{"bucket":"uploads","key":%q},"output":{"bucket":"results","prefix":"work/%s"}}`
	var longest extract.Result
	documents := largest(b)
	for _, name := range sortedKeys(documents) {
		s.put(b, name, documents[name])
		run("extract", name, func(b *testing.B, p *runtimeapi.Process) {
			result, err := invoke[extract.Result](b, p, fmt.Sprintf(request, name, name))
			if err != nil {
				b.Log(err)
				return
			}
			b.Logf("%d bytes, %d pages, %d characters, %d chunks", result.Document.Bytes, result.Document.Pages, result.Document.Characters, result.ChunkCount)
			if result.ChunkCount > longest.ChunkCount {
				longest = result
			}
		})
	}
	common := fmt.Sprintf(`"document":%s,"manifest":%s,"output":{"bucket":"results","prefix":%q}`, text(longest.Document), text(longest.Manifest), strings.TrimSuffix(longest.Manifest.Key, "/manifest.json"))
	out := claim.Output{Bucket: "results", Prefix: strings.TrimSuffix(longest.Manifest.Key, "/manifest.json")}
	run("prompt", "analysis", func(b *testing.B, p *runtimeapi.Process) {
		if _, err := invoke[prompt.Result](b, p, `{"step":"analysis",`+common+`}`); err != nil {
			b.Fatal(err)
		}
	})
	analysis := map[string]any{"language": "en", "documentType": "report", "title": "T", "topics": []string{"a", "b"}, "entities": []any{}}
	for i := range longest.ChunkCount {
		points := make([]string, 12)
		for j := range points {
			points[j] = fmt.Sprintf("Point %d of chunk %d: %s", j, i, strings.Repeat("words of it ", 12))
		}
		analysis["keyPoints"] = points
		answered(b, s, out.Response("analysis", i, 0), text(analysis))
	}
	merges := 0
	run("prompt", "synthesis", func(b *testing.B, p *runtimeapi.Process) {
		result, err := invoke[prompt.Result](b, p, `{"step":"synthesis",`+common+`}`)
		if err != nil {
			b.Fatal(err)
		}
		merges = result.Count
	})
	for i := range merges {
		answered(b, s, out.Response("merge1", i, 0), text(analysis))
	}
	run("prompt", "synthesis after merges", func(b *testing.B, p *runtimeapi.Process) {
		result, err := invoke[prompt.Result](b, p, `{"step":"synthesis","level":1,`+common+`}`)
		if err != nil {
			b.Fatal(err)
		}
		if result.Summary == nil {
			b.Logf("there are %d merges more", result.Count)
		}
	})
	run("combine", "everything", func(b *testing.B, p *runtimeapi.Process) {
		if _, err := invoke[combine.Result](b, p, `{`+common+`}`); err != nil {
			b.Fatal(err)
		}
	})
	const message = `{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"uploads"},"object":{"key":"%d.pdf","version-id":"v1"}}}`
	var records []string
	for i := range 10 {
		records = append(records, fmt.Sprintf(`{"messageId":"%d","eventSource":"aws:sqs","body":%q}`, i, fmt.Sprintf(message, i)))
	}
	b.Run("trigger/a batch of ten", func(b *testing.B) {
		for b.Loop() {
			p, _ := s.run(b, "trigger", "STATE_MACHINE_ARN=arn:aws:states:us-east-1:123456789012:stateMachine:m", "RESULTS_BUCKET=results", "PIPELINE_VERSION="+strconv.Itoa(b.N))
			w := watch(b, "trigger")
			if _, err := p.Invoke(b.Context(), call(`{"Records":[`+strings.Join(records, ",")+`]}`)); err != nil {
				b.Fatal(err)
			}
			memory, busy := w.stop()
			b.ReportMetric(float64(memory)/1e6, "MB")
			b.ReportMetric(busy.Seconds(), "CPU-s")
			if err := p.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func answered(b *testing.B, s *services, where claim.Object, answer string) {
	b.Helper()
	body, err := json.Marshal(bedrock.Response{
		Type: "message", Role: "assistant", Model: "m", StopReason: "end_turn",
		Content: []bedrock.ContentBlock{{Type: bedrock.BlockText, Text: answer}}, Usage: bedrock.Usage{InputTokens: 5, OutputTokens: 5},
	})
	if err != nil {
		b.Fatal(err)
	}
	s.putIn(b, where.Bucket, where.Key, body)
}

// largest are documents close to the limits of text.DefaultLimits: 64 MiB of text, 256 MiB
// in a ZIP, 2,000,000 cells, many pages.
func largest(b *testing.B) map[string][]byte {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 5_000)
	for i := range words {
		letters := make([]byte, 3+random.IntN(8))
		for j := range letters {
			letters[j] = byte('a' + random.IntN(26))
		}
		words[i] = string(letters)
	}
	prose := func(size int, open, end string) []byte {
		var text bytes.Buffer
		for text.Len() < size {
			text.WriteString(open + "The")
			for range 60 {
				text.WriteByte(' ')
				text.WriteString(words[random.IntN(len(words))])
			}
			text.WriteString("." + end)
		}
		return text.Bytes()
	}
	zipped := func(name string, data []byte) []byte {
		var file bytes.Buffer
		z := zip.NewWriter(&file)
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
		return file.Bytes()
	}
	var cells bytes.Buffer
	for cells.Len() < 54<<20 {
		fmt.Fprintf(&cells, "%s,%d,%d,%s\n", words[random.IntN(len(words))], random.IntN(1e6), random.IntN(1e6), words[random.IntN(len(words))])
	}
	long, err := os.ReadFile("../../testdata/documents/long-en.pdf")
	if err != nil {
		b.Fatal(err)
	}
	return map[string][]byte{
		"largest.txt":  prose(60<<20, "", "\n\n"),
		"largest.docx": zipped("word/document.xml", append(append([]byte("<w:document><w:body>"), prose(50<<20, "<w:p><w:r><w:t>", "</w:t></w:r></w:p>")...), "</w:body></w:document>"...)),
		"largest.csv":  cells.Bytes(),
		"long-en.pdf":  long,
	}
}

// watcher samples what a function's processes take.
type watcher struct {
	exe     string
	highest atomic.Int64 // bytes
	end     chan struct{}
	ended   chan struct{}
}

func watch(b *testing.B, function string) *watcher {
	b.Helper()
	dir, err := binaries()
	if err != nil {
		b.Fatal(err)
	}
	w := &watcher{exe: filepath.Join(dir, function), end: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			w.highest.Store(max(w.highest.Load(), w.memory()))
			select {
			case <-tick.C:
			case <-w.end:
				return
			}
		}
	}()
	return w
}

// processes calls visit with the folder in /proc of each process of the function.
func (w *watcher) processes(visit func(dir string)) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return // the pattern is right
	}
	for _, dir := range dirs {
		if exe, err := os.Readlink(filepath.Join(dir, "exe")); err == nil && exe == w.exe {
			visit(dir)
		}
	}
}

// memory is what all processes have at the moment (resident).
func (w *watcher) memory() int64 {
	var sum int64
	w.processes(func(dir string) {
		data, err := os.ReadFile(filepath.Join(dir, "statm"))
		if fields := strings.Fields(string(data)); err == nil && len(fields) > 1 {
			if pages, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				sum += pages * int64(os.Getpagesize())
			}
		}
	})
	return sum
}

// stop returns the most memory that there was, and the time that processors were busy, also
// for children that have ended.
func (w *watcher) stop() (memory int64, busy time.Duration) {
	close(w.end)
	<-w.ended
	const tick = 10 * time.Millisecond // USER_HZ is 100
	w.processes(func(dir string) {
		data, err := os.ReadFile(filepath.Join(dir, "stat"))
		_, rest, found := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest)
		if err != nil || !found || len(fields) < 15 {
			return
		}
		for _, field := range fields[11:15] { // utime, stime, cutime, cstime of proc(5)
			if n, err := strconv.ParseInt(field, 10, 64); err == nil {
				busy += time.Duration(n) * tick
			}
		}
	})
	return w.highest.Load(), busy
}
