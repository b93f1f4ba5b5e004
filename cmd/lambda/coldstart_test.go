package lambda_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/cmd/lambda/internal/runtimeapi"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/start"
	"github.com/docflow-asl/docflow/tasks/extract"
	documents "github.com/docflow-asl/docflow/tasks/text"
)

// BenchmarkColdStart starts the process of each function anew each time. "ms/poll" is the time until it asks the Runtime API for
// its first call, and "ms/answer" that until the answer to it is there. With them stand the sizes of the binary and of a zip of
// it, as they are for this processor.
//
//	go test -bench ColdStart -benchtime 40x ./cmd/lambda
func BenchmarkColdStart(b *testing.B) {
	dir, err := binaries()
	if err != nil {
		b.Fatal(err)
	}
	services := newWarm(b)
	for _, name := range functions {
		b.Run(name, func(b *testing.B) {
			var poll, answer time.Duration
			for b.Loop() {
				started := time.Now()
				process, _ := services.run(b, name, services.env[name]...)
				<-process.Polled()
				poll += time.Since(started)
				services.ask(b, name, process)
				answer += time.Since(started)
				if err := process.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(poll.Seconds()*1e3/float64(b.N), "ms/poll")
			b.ReportMetric(answer.Seconds()*1e3/float64(b.N), "ms/answer")
			b.ReportMetric(0, "ns/op")
			binary, zipped := sizes(b, filepath.Join(dir, name))
			b.ReportMetric(float64(binary)/1e6, "MB")
			b.ReportMetric(float64(zipped)/1e6, "MB-zip")
		})
	}
}

// Every function has a call that it answers, so that the benchmarks measure all.
func TestWarmCalls(t *testing.T) {
	services := newWarm(t)
	for _, name := range functions {
		process, _ := services.run(t, name, services.env[name]...)
		services.ask(t, name, process)
	}
}

// BenchmarkWarm is the time that a call takes of a process that has started, with the round trip of the Runtime API.
func BenchmarkWarm(b *testing.B) {
	services := newWarm(b)
	for _, name := range functions {
		b.Run(name, func(b *testing.B) {
			process, _ := services.run(b, name, services.env[name]...)
			services.ask(b, name, process)
			for b.Loop() {
				services.ask(b, name, process)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/call")
		})
	}
}

// BenchmarkFirstPDF is the time from the start of the process to the text of a PDF of three pages, with the compiled PDF
// engine in a folder as it is shipped.
func BenchmarkFirstPDF(b *testing.B) {
	services := newWarm(b)
	cache := b.TempDir()
	if err := documents.WarmPDF(cache); err != nil {
		b.Fatal(err)
	}
	data, err := os.ReadFile("../../testdata/documents/report-en.pdf")
	if err != nil {
		b.Fatal(err)
	}
	services.put(b, "report.pdf", data)
	for b.Loop() {
		process, _ := services.run(b, "extract", "DOCFLOW_CACHE_DIR="+cache)
		if _, err := invoke[extract.Result](b, process, `{"bucket":"uploads","key":"report.pdf"}`); err != nil {
			b.Fatal(err)
		}
		if err := process.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// warm has a call for each function that it answers, as it would in the pipeline.
type warm struct {
	*services
	env      map[string][]string
	payloads map[string]string
	calls    int
}

func newWarm(b testing.TB) *warm {
	b.Helper()
	w := &warm{services: startServices(b), env: map[string][]string{}, payloads: map[string]string{}}
	for _, name := range functions {
		w.env[name] = append([]string{start.PipelineName + "=prod"}, startSettings[name]...)
	}
	w.put(b, "notes.md", []byte("# Harbour\n\nThe harbour grew and everybody was pleased.\n"))
	const output = `"output":{"bucket":"results","prefix":"work/run-1"}`
	w.payloads["extract"] = `{"source":{"bucket":"uploads","key":"notes.md"},` + output + `}`
	extracting, _ := w.run(b, "extract", w.env["extract"]...)
	extracted, err := process(extracting, w.payloads["extract"])
	if err != nil {
		b.Fatal(err)
	}
	common := fmt.Sprintf(`"document":%s,"manifest":%s,%s`, extracted["document"], extracted["manifest"], output)
	for folder, text := range map[string]string{
		"analysis": `{"language":"en","documentType":"notes","title":"Harbour","topics":[],"keyPoints":["It grew."],"entities":[]}`,
		"summary":  `{"summary":"The harbour grew.","bullets":["It grew."]}`, "keywords": `{"keywords":[{"term":"harbour","score":1}]}`,
		"sentiment": `{"sentiment":"POSITIVE","score":0.6,"confidence":0.9,"reasons":["grew"]}`,
	} {
		w.putIn(b, "results", "work/run-1/"+folder+"/0000.response.json", response(b, text))
	}
	w.payloads["prompt"] = `{"step":"synthesis",` + common + `}`
	w.payloads["combine"] = `{` + common + `}`
	w.payloads["batch"] = `{"step":"list","source":{"bucket":"uploads","prefix":"notes"},"output":{"bucket":"results","prefix":"work/batch-1"},` +
		`"models":{"analysis":"m","summary":"m","sentiment":"m","keywords":"m"}}`
	w.payloads["trigger"] = `{"bucket":"uploads","key":"notes.md","versionId":"v%d"}`
	return w
}

// ask makes the call of a function, which it has to answer.
func (w *warm) ask(b testing.TB, name string, process *runtimeapi.Process) {
	b.Helper()
	payload := w.payloads[name]
	if name == "trigger" { // every upload is a new one
		w.calls++
		payload = fmt.Sprintf(payload, w.calls)
	}
	if _, err := process.Invoke(context.Background(), call(payload)); err != nil {
		b.Fatal(err)
	}
}

// sizes are those of a file and of a zip of it.
func sizes(b *testing.B, path string) (plain, zipped int) {
	b.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	file, err := archive.Create("bootstrap")
	if err == nil {
		_, err = file.Write(data)
	}
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	return len(data), out.Len()
}
