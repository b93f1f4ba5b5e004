package text

import "testing"

func benchmarkExtract(b *testing.B, file string) {
	data := readDocument(b, file)
	doc, err := Extract(b.Context(), data, file, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Extract(b.Context(), data, file, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(doc.Pages)*b.N)/b.Elapsed().Seconds(), "pages/s")
}

func BenchmarkPDF(b *testing.B)         { benchmarkExtract(b, "long-en.pdf") }
func BenchmarkPDFJapanese(b *testing.B) { benchmarkExtract(b, "report-ja.pdf") }
func BenchmarkDOCX(b *testing.B)        { benchmarkExtract(b, "minutes.docx") }
func BenchmarkHTML(b *testing.B)        { benchmarkExtract(b, "page.html") }
func BenchmarkCharset(b *testing.B)     { benchmarkExtract(b, "letter-sjis.txt") }

func BenchmarkPDFInProcess(b *testing.B) {
	engine, err := newEngine("", true)
	if err != nil {
		b.Fatal(err)
	}
	defer engine.close()
	request := &pdfRequest{Data: readDocument(b, "long-en.pdf"), Limits: DefaultLimits()}
	for b.Loop() {
		if _, err := engine.read(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSplit(b *testing.B) {
	doc, err := Extract(b.Context(), readDocument(b, "long-en.pdf"), "long-en.pdf", Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(doc.Text())))
	for b.Loop() {
		Split(doc, ChunkOptions{MaxTokens: 4000, OverlapTokens: 200})
	}
}
