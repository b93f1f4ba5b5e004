package text

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const documents = "../../testdata/documents"

func readDocument(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(documents, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// golden compares got with a file under testdata/golden, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); after checking, run go test -update:\n%s", file, diff)
	}
}

func TestExtractGolden(t *testing.T) {
	tests := []struct{ file, password string }{
		{"report-en.pdf", ""},
		{"report-ja.pdf", ""},
		{"report-ja-noembed.pdf", ""},
		{"encrypted.pdf", "harbour-2026"},
		{"minutes.docx", ""},
		{"memo-ja.docx", ""},
		{"page.html", ""},
		{"page-ja.html", ""},
		{"notes.md", ""},
		{"letter-sjis.txt", ""},
		{"orders.csv", ""},
		{"injection.txt", ""},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			doc, err := Extract(t.Context(), readDocument(t, test.file), test.file, Options{Password: test.password})
			if err != nil {
				t.Fatal(err)
			}
			head, err := json.MarshalIndent(struct {
				Format     Format    `json:"format"`
				MediaType  string    `json:"mediaType"`
				Metadata   Metadata  `json:"metadata"`
				Warnings   []Warning `json:"warnings,omitempty"`
				Characters int       `json:"characters"`
				Tokens     int       `json:"estimatedTokens"`
			}{doc.Format, doc.MediaType, doc.Metadata, doc.Warnings, doc.Characters(), EstimateTokens(doc.Text())}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			out.Write(head)
			for _, page := range doc.Pages {
				out.WriteString("\n=== page " + itoa(page.Number) + "\n" + page.Text)
			}
			golden(t, test.file+".golden", out.String()+"\n")
		})
	}
}

func TestExtractLongPDF(t *testing.T) {
	doc, err := Extract(t.Context(), readDocument(t, "long-en.pdf"), "long-en.pdf", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Pages) != 61 || doc.Metadata.PageCount != 61 {
		t.Errorf("pages = %d, pageCount = %d, want 61", len(doc.Pages), doc.Metadata.PageCount)
	}
	if doc.Metadata.Title != "Depot Yearbook 2025" || doc.Metadata.Author != "Claire Dubois" || doc.Metadata.Language != "en" {
		t.Errorf("metadata = %+v", doc.Metadata)
	}
	if n := doc.Characters(); n < 140_000 || n > 160_000 {
		t.Errorf("characters = %d, want about 150,000", n)
	}
	for _, week := range []string{"Week 1\n", "Week 26\n", "Week 52\n", "Closing remarks\n"} {
		if !strings.Contains(doc.Text(), week) {
			t.Errorf("the heading %q is missing", week)
		}
	}
	if len(doc.Warnings) > 0 {
		t.Errorf("warnings = %v, want none", doc.Warnings)
	}
}

func TestExtractErrors(t *testing.T) {
	minutes := readDocument(t, "minutes.docx")
	tests := []struct {
		name     string
		data     []byte
		opts     Options
		code     Code
		format   Format
		limit    string
		messages []string
	}{
		{name: "empty.txt", code: EmptyDocument, messages: []string{"no bytes"}},
		{name: "blank.txt", data: []byte(" \r\n\t\n"), code: EmptyDocument, format: FormatPlain, messages: []string{"white space"}},
		{name: "random.bin", data: readDocument(t, "random.bin"), code: UnsupportedFormat, messages: []string{"PDF, Word, PowerPoint"}},
		{name: "photo.png", data: append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), make([]byte, 200)...), code: CorruptDocument, format: FormatImage, messages: []string{"header"}},
		{name: "letter.rtf", data: []byte(`{\rtf1\ansi {\v secret}}`), code: NoText, format: FormatRTF},
		{name: "sheet.xlsx", data: zipOf(t, map[string]string{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}), code: NoText, format: FormatXLSX},
		{name: "sheet.xlsb", data: zipOf(t, map[string]string{"[Content_Types].xml": "<Types/>", "xl/workbook.bin": "x"}), code: UnsupportedFormat, messages: []string{"binary Excel", "XLSX"}},
		{name: "tool.jar", data: zipOf(t, map[string]string{"META-INF/MANIFEST.MF": "Manifest-Version: 1.0", "a.txt": "hello"}), code: UnsupportedFormat, messages: []string{"Java archive"}},
		{name: "old.doc", data: append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "W\x00o\x00r\x00d\x00D\x00o\x00c\x00u\x00m\x00e\x00n\x00t\x00"...), code: UnsupportedFormat, messages: []string{"Word 97", "DOCX"}},
		{name: "locked.docx", data: append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"...), code: EncryptedDocument, messages: []string{"password"}},
		{name: "cut.docx", data: minutes[:len(minutes)/2], code: CorruptDocument, messages: []string{"cut short"}},
		{name: "no-main.docx", data: zipOf(t, map[string]string{"[Content_Types].xml": "<Types/>", "_rels/.rels": "<Relationships/>"}), code: CorruptDocument, format: FormatDOCX, messages: []string{"word/document.xml"}},
		{name: "broken.docx", data: zipOf(t, map[string]string{"word/document.xml": "<w:document><w:body><w:p>"}), code: CorruptDocument, format: FormatDOCX, messages: []string{"word/document.xml", "line 1"}},
		{name: "no-text.docx", data: zipOf(t, map[string]string{"word/document.xml": "<w:document><w:body><w:p/></w:body></w:document>"}), code: NoText, format: FormatDOCX},
		{name: "scanned.pdf", data: readDocument(t, "scanned.pdf"), code: NoText, format: FormatPDF, messages: []string{"2 of them images", "character recognition"}},
		{name: "encrypted.pdf", data: readDocument(t, "encrypted.pdf"), code: EncryptedDocument, format: FormatPDF, messages: []string{"give its password"}},
		{name: "encrypted.pdf", data: readDocument(t, "encrypted.pdf"), opts: Options{Password: "wrong"}, code: WrongPassword, format: FormatPDF},
		{name: "truncated.pdf", data: readDocument(t, "truncated.pdf"), code: CorruptDocument, format: FormatPDF, messages: []string{"cut short"}},
		{name: "header-only.pdf", data: []byte("%PDF-1.7\n"), code: CorruptDocument, format: FormatPDF},

		{name: "bomb.docx", data: readDocument(t, "bomb.docx"), code: LimitExceeded, format: FormatDOCX, limit: "CompressionRatio", messages: []string{"word/document.xml"}},
		{name: "bomb.docx", data: readDocument(t, "bomb.docx"), opts: Options{Limits: Limits{CompressionRatio: 5000, DecompressedBytes: 8 << 20}}, code: LimitExceeded, format: FormatDOCX, limit: "DecompressedBytes"},
		{name: "large.txt", data: []byte("more than ten"), opts: Options{Limits: Limits{InputBytes: 10}}, code: LimitExceeded, limit: "InputBytes", messages: []string{"13 bytes", "10"}},
		{name: "many.docx", data: minutes, opts: Options{Limits: Limits{ZipEntries: 5}}, code: LimitExceeded, format: FormatDOCX, limit: "ZipEntries"},
		{name: "deep.docx", data: zipOf(t, map[string]string{"word/document.xml": strings.Repeat("<w:p>", 1000)}), code: LimitExceeded, format: FormatDOCX, limit: "XMLDepth"},
		{name: "long-en.pdf", data: readDocument(t, "long-en.pdf"), opts: Options{Limits: Limits{Pages: 60}}, code: LimitExceeded, format: FormatPDF, limit: "Pages", messages: []string{"61 pages"}},
		{name: "long-en.pdf", data: readDocument(t, "long-en.pdf"), opts: Options{Limits: Limits{TextBytes: 5000}}, code: LimitExceeded, format: FormatPDF, limit: "TextBytes"},
		{name: "orders.csv", data: readDocument(t, "orders.csv"), opts: Options{Limits: Limits{TextBytes: 20}}, code: LimitExceeded, format: FormatCSV, limit: "TextBytes"},
		{name: "pages.txt", data: []byte("a\fb\fc"), opts: Options{Limits: Limits{Pages: 2}}, code: LimitExceeded, format: FormatPlain, limit: "Pages"},
		{name: "long-en.pdf", data: readDocument(t, "long-en.pdf"), opts: Options{Limits: Limits{Time: 20 * time.Millisecond}}, code: TimedOut, format: FormatPDF, limit: "Time"},
	}
	for _, test := range tests {
		t.Run(test.name+" "+string(test.code)+" "+test.limit, func(t *testing.T) {
			doc, err := Extract(t.Context(), test.data, test.name, test.opts)
			var own *Error
			if !errors.As(err, &own) {
				t.Fatalf("Extract = %.100v, %v; want an *Error", doc, err)
			}
			if own.Code != test.code || own.Format != test.format || own.Limit != test.limit || own.Name != test.name {
				t.Errorf("error = %+v\nwant code %s, format %q, limit %q, name %s", own, test.code, test.format, test.limit, test.name)
			}
			if (own.LimitValue != 0) != (test.limit != "") {
				t.Errorf("LimitValue = %d with limit %q", own.LimitValue, test.limit)
			}
			for _, message := range append(test.messages, test.name) {
				if !strings.Contains(err.Error(), message) {
					t.Errorf("%q does not say %q", err, message)
				}
			}
		})
	}
}

func TestExtractContext(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Extract(ctx, []byte("text"), "a.txt", Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v, want context.Canceled", err)
		}
	})
	t.Run("deadline", func(t *testing.T) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
		defer cancel()
		_, err := Extract(ctx, []byte("text"), "a.txt", Options{})
		var own *Error
		if !errors.As(err, &own) || own.Code != TimedOut || own.Limit != "" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %#v, want TimedOut without a limit", err)
		}
	})
}

func TestDetect(t *testing.T) {
	tests := []struct {
		name, data string
		want       Format
		warning    WarningCode
	}{
		{"a.txt", "plain words", FormatPlain, ""},
		{"notes.md", "plain words", FormatMarkdown, ""},
		{"NOTES.MD", "plain words", FormatMarkdown, ""},
		{"table.csv", "a;b\n1;2\n", FormatCSV, ""},
		{"page.htm", "<p>hello", FormatHTML, ""},
		{"noname", "<!-- made by hand -->\n<!DOCTYPE html><p>hello", FormatHTML, ""},
		{"page.txt", "<html><body>hello", FormatHTML, ""},
		{"noname", "# Title\n\n**bold** and [link](https://example.com)\n", FormatMarkdown, ""},
		{"noname", "name,age\nAnn,30\nBob,25\nCid,41\n", FormatCSV, ""},
		{"noname", "name\tage\nAnn\t30\nBob\t25\n", FormatCSV, ""},
		{"noname", "One sentence.\nAnother one, with a comma.\nAnd a third.\n", FormatPlain, ""},
		{"code.go", "package main // a, b\nfunc main() {} // c, d\n", FormatPlain, ""},
		{"data.json", `{"a": "<p>"}`, FormatJSON, ""},
		{"noname", `[{"a": 1}]`, FormatJSON, ""},
		{"noname", "{\"a\": 1}\n{\"a\": 2}\n", FormatJSON, ""},
		{"broken.json", `{"a": `, FormatPlain, ""},
		{"letter.rtf", `{\rtf1 hello}`, FormatRTF, ""},
		{"not-a.pdf", "I am text", FormatPlain, WarnNameMismatch},
		{`C:\docs\page.HTML`, "<b>hello</b>", FormatHTML, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), []byte(test.data), test.name, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if doc.Format != test.want {
				t.Errorf("format = %s, want %s", doc.Format, test.want)
			}
			var warning WarningCode
			if len(doc.Warnings) > 0 {
				warning = doc.Warnings[0].Code
			}
			if warning != test.warning {
				t.Errorf("warnings = %v, want %q", doc.Warnings, test.warning)
			}
		})
	}
}

func TestDocumentPages(t *testing.T) {
	doc := &Document{Pages: []Page{{Number: 1, Text: "ab"}, {Number: 2}, {Number: 3, Text: "日本"}}}
	if got, want := doc.Text(), "ab\n\n\n\n日本"; got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
	if got, want := doc.Characters(), 8; got != want {
		t.Errorf("Characters = %d, want %d", got, want)
	}
	for offset, want := range []int{1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3} {
		if got := doc.PageAt(offset); got != want {
			t.Errorf("PageAt(%d) = %d, want %d", offset, got, want)
		}
	}
	if got := doc.PageAt(-1); got != 1 {
		t.Errorf("PageAt(-1) = %d, want 1", got)
	}
	if got := (&Document{}).PageAt(0); got != 0 {
		t.Errorf("PageAt without pages = %d, want 0", got)
	}
}

func TestDocumentJSON(t *testing.T) {
	doc, err := Extract(t.Context(), readDocument(t, "notes.md"), "notes.md", Options{})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var decoded Document
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc, &decoded); diff != "" {
		t.Errorf("the document changes on its way through JSON (-want +got):\n%s", diff)
	}
	for _, key := range []string{`"mediaType"`, `"pageCount"`, `"number"`} {
		if !strings.Contains(string(encoded), key) {
			t.Errorf("%s is missing in %.200s", key, encoded)
		}
	}
}

func TestGuessLanguage(t *testing.T) {
	tests := []struct{ text, want string }{
		{"This is a report about the harbour and what was built there.", "en"},
		{"Dies ist ein Bericht über den Hafen und was dort gebaut wurde.", ""},
		{"Ceci est un rapport sur le port et ce qui a été construit.", ""},
		{"これは港についての報告書です。", "ja"},
		{"AWS Step FunctionsとAmazon Bedrockで文書を処理する方法を説明します。", "ja"},
		{"The Japanese word for harbour is 港 and it is read みなと by the people of the town who live there.", "en"},
		{"这是一份关于港口的报告。", ""},
		{"12345", ""},
	}
	for _, test := range tests {
		if got := guessLanguage(&Document{Pages: onePage(test.text)}); got != test.want {
			t.Errorf("guessLanguage(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}
