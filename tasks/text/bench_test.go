package text

import (
	"strings"
	"testing"
)

func benchmarkExtract(b *testing.B, file string) { benchmarkData(b, file, readDocument(b, file)) }

// benchmarkData measures documents that are made here. MB/s counts the bytes of the file, packed as they are.
func benchmarkData(b *testing.B, file string, data []byte) {
	b.Helper()
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

// varied repeats a text n times with a number for its percent signs, so that it does not pack like a zip bomb.
func varied(n int, text string) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(strings.ReplaceAll(text, "%", itoa(i*7919)))
	}
	return out.String()
}

func BenchmarkDOCXLong(b *testing.B) {
	benchmarkData(b, "a.docx", wordOf(b, varied(5_000, p("Minutes of the depot managers, who met on Tuesday % to talk about cranes.")+listItem("1", "0", "item %")), map[string]string{"word/numbering.xml": numberingXML, "word/styles.xml": stylesXML}))
}

func BenchmarkPPTX(b *testing.B) {
	slides := make([]string, 50)
	for i := range slides {
		slides[i] = slideOf("", sp("title", 0, 0, ap("Harbour plan"))+strings.Repeat(sp("", 0, 500, bulleted(0, "Dredge the channel before the summer")+bulleted(1, "in spring")), 10))
	}
	benchmarkData(b, "a.pptx", presentationOf(b, nil, slides...))
}

func BenchmarkXLSX(b *testing.B) {
	var sheet strings.Builder
	for row := range 5_000 {
		n := itoa(row + 1)
		sheet.WriteString(`<row r="` + n + `"><c r="A` + n + `" t="s"><v>1</v></c><c r="B` + n + `" s="1"><v>45` + n[:1] + `00</v></c><c r="C` + n + `" s="3"><v>` + n + `.25</v></c><c r="D` + n + `"><v>` + n + `</v></c></row>`)
	}
	benchmarkData(b, "a.xlsx", workbookOf(b, nil, "<sheetData>"+sheet.String()+"</sheetData>"))
}

func BenchmarkODT(b *testing.B) {
	benchmarkData(b, "a.odt", openDocumentOf(b, "text", odfListStyles, varied(3_000, tp("Minutes of the depot managers, who met on Tuesday % to talk about cranes.")+listOf("N", tp("a"), tp("% b"))), nil))
}

func BenchmarkODS(b *testing.B) {
	row := `<table:table-row><table:table-cell>` + tp("rich %") + `</table:table-cell><table:table-cell office:value-type="float" office:value="%">` + tp("3.00") + `</table:table-cell><table:table-cell table:number-columns-repeated="3"/></table:table-row>`
	benchmarkData(b, "a.ods", openDocumentOf(b, "spreadsheet", "", `<table:table table:name="A">`+varied(5_000, row)+`</table:table>`, nil))
}

func BenchmarkRTF(b *testing.B) {
	benchmarkData(b, "a.rtf", []byte(`{\rtf1\ansi\ansicpg932{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset128 MS Mincho;}}`+strings.Repeat(`\pard\plain\f0\fs24 Minutes of the {\b depot managers}, who met on a Tuesday.\par\f1\'93\'8c\'8b\'9e\par `, 5_000)+"}"))
}

func BenchmarkEPUB(b *testing.B) {
	chapters := make([]string, 20)
	for i := range chapters {
		chapters[i] = "<h1>Chapter</h1>" + strings.Repeat("<p>It was a <i>long</i> pier, and nobody came to see it any more.</p>", 200)
	}
	benchmarkData(b, "a.epub", bookOf(b, nil, chapters...))
}

func BenchmarkJSON(b *testing.B) {
	benchmarkData(b, "a.json", []byte("["+strings.Repeat(`{"id": 12, "name": "\u6771\u4eac", "tags": ["a", "b"], "size": {"w": 1.5, "h": 2}},`, 5_000)+"0]"))
}

func BenchmarkCharset(b *testing.B) { benchmarkExtract(b, "letter-sjis.txt") }

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

func benchmarkBytes(b *testing.B, name string, data []byte) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Extract(b.Context(), data, name, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEML(b *testing.B) { benchmarkBytes(b, "mail.eml", sampleMail(b)) }
func BenchmarkMSG(b *testing.B) { benchmarkBytes(b, "mail.msg", sampleMSG(b)) }

func BenchmarkZIP(b *testing.B) {
	benchmarkBytes(b, "all.zip", zipOf(b, map[string]string{"minutes.docx": string(readDocument(b, "minutes.docx")), "page.html": string(readDocument(b, "page.html"))}))
}
