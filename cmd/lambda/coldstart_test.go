package lambda_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/docflow-asl/docflow/tasks/extract"
	documents "github.com/docflow-asl/docflow/tasks/text"
)

// BenchmarkColdStart starts the extract function's process anew each time. "first answer" is the time from there to the
// answer to a request that names nothing, which is the time to the first poll of the Runtime API and one round trip;
// "first PDF" that to the text of a PDF of three pages, with the compiled PDF engine in a folder as it is shipped.
func BenchmarkColdStart(b *testing.B) {
	dir, err := binaries()
	if err != nil {
		b.Fatal(err)
	}
	cache := b.TempDir()
	if err := documents.WarmPDF(cache); err != nil {
		b.Fatal(err)
	}
	services := startServices(b)
	data, err := os.ReadFile("../../testdata/documents/report-en.pdf")
	if err != nil {
		b.Fatal(err)
	}
	services.put(b, "report.pdf", data)
	info, err := os.Stat(filepath.Join(dir, "extract"))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("first answer", func(b *testing.B) {
		for b.Loop() {
			process, _ := services.run(b, "extract", "DOCFLOW_CACHE_DIR="+cache)
			if _, err := invoke[extract.Result](b, process, `{}`); err == nil {
				b.Fatal("a request that names nothing was answered")
			}
			if err := process.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(info.Size())/1e6, "MB")
	})
	b.Run("first PDF", func(b *testing.B) {
		for b.Loop() {
			process, _ := services.run(b, "extract", "DOCFLOW_CACHE_DIR="+cache)
			if _, err := invoke[extract.Result](b, process, `{"bucket":"uploads","key":"report.pdf"}`); err != nil {
				b.Fatal(err)
			}
			if err := process.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
