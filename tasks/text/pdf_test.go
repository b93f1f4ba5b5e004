package text

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pdfPage is a page of pdfOf: its content stream, packed or not, what an annotation on it shows, and entries for its
// font dictionary.
type pdfPage struct {
	content    string
	annotation string
	fonts      string
	packed     bool
}

// pdfOf writes a small PDF with the font Helvetica as /F1.
func pdfOf(t testing.TB, pages ...pdfPage) []byte {
	t.Helper()
	objects := []string{"<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"}
	var kids []string
	for _, page := range pages {
		stream, filter := page.content, ""
		if page.packed {
			var out bytes.Buffer
			w := zlib.NewWriter(&out)
			if _, err := w.Write([]byte(stream)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			stream, filter = out.String(), "/Filter /FlateDecode "
		}
		objects = append(objects, fmt.Sprintf("<< %s/Length %d >>\nstream\n%s\nendstream", filter, len(stream), stream))
		contents, annotations := len(objects), ""
		if page.annotation != "" {
			objects = append(objects, fmt.Sprintf("<< /Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << /Font << /F1 3 0 R >> >> /Length %d >>\nstream\n%s\nendstream", len(page.annotation), page.annotation))
			annotations = fmt.Sprintf("<< /Type /Annot /Subtype /FreeText /Rect [0 0 600 800] /F 4 /AP << /N %d 0 R >> >>", len(objects))
		}
		objects = append(objects, fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents %d 0 R /Annots [%s] /Resources << /Font << /F1 3 0 R %s >> >> >>", contents, annotations, page.fonts))
		kids = append(kids, fmt.Sprintf("%d 0 R", len(objects)))
	}
	objects[1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(kids), strings.Join(kids, " "))
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n")
	var offsets []int
	for i, object := range objects {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return out.Bytes()
}

func line(text string) string { return "BT /F1 12 Tf 72 700 Td (" + text + ") Tj ET\n" }

// heavyPage takes PDFium many seconds in a single call, so that nothing but the watchdog can end it in time.
func heavyPage() pdfPage {
	return pdfPage{content: "BT /F1 1 Tf 1 0 0 1 0 0 Tm " + strings.Repeat("(abcdefghijklmnopqrstuvwxyz) Tj 1 0 0 1 3 3 Tm ", 400_000) + "ET", packed: true}
}

func warningCodes(doc *Document) (codes []string) {
	for _, w := range doc.Warnings {
		codes = append(codes, fmt.Sprintf("%d %s", w.Page, w.Code))
	}
	return codes
}

func TestPDFPages(t *testing.T) {
	bomb := pdfPage{content: strings.Repeat(" ", 100<<20) + line("bomb"), packed: true}
	tests := []struct {
		name     string
		data     []byte
		limits   Limits
		pages    []string
		warnings []string
	}{
		{name: "plain", data: pdfOf(t, pdfPage{content: line("one")}, pdfPage{content: line("two")}), pages: []string{"one", "two"}},
		{name: "blank page is no scan", data: pdfOf(t, pdfPage{content: line("one")}, pdfPage{}), pages: []string{"one", ""}},
		{name: "junk before the header", data: append([]byte("HTTP/1.1 200 OK\r\n\r\n"), pdfOf(t, pdfPage{content: line("one")})...), pages: []string{"one"}},
		{
			name:  "text of an annotation",
			data:  pdfOf(t, pdfPage{content: line("body"), annotation: "BT /F1 12 Tf 72 600 Td (noted) Tj ET"}),
			pages: []string{"body\n\nnoted"},
		},
		{
			name:   "page text limit",
			data:   pdfOf(t, pdfPage{content: line("a page with many letters")}, pdfPage{content: line("short")}),
			limits: Limits{PageCharacters: 6}, pages: []string{"a page", "short"}, warnings: []string{"1 page-text-cut"},
		},
		{
			name:   "one page is a bomb",
			data:   pdfOf(t, pdfPage{content: line("one")}, bomb, pdfPage{content: line("three")}),
			limits: Limits{PDFMemoryBytes: 48 << 20}, pages: []string{"one", "", "three"}, warnings: []string{"2 page-unreadable"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), test.data, "a.pdf", Options{Limits: test.limits})
			if err != nil {
				t.Fatal(err)
			}
			var pages []string
			for _, page := range doc.Pages {
				pages = append(pages, page.Text)
			}
			if diff := cmp.Diff(test.pages, pages); diff != "" {
				t.Errorf("pages (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.warnings, warningCodes(doc)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s\n%v", diff, doc.Warnings)
			}
		})
	}
	t.Run("nothing but a bomb", func(t *testing.T) {
		_, err := Extract(t.Context(), pdfOf(t, bomb), "a.pdf", Options{Limits: Limits{PDFMemoryBytes: 48 << 20}})
		var own *Error
		if !errors.As(err, &own) || own.Code != LimitExceeded || own.Limit != "PDFMemoryBytes" {
			t.Errorf("err = %v, want LimitExceeded PDFMemoryBytes", err)
		}
	})
}

// CJK text in fonts that are not embedded has no extent of its own: see pdfRoot.
func TestPDFFontNotEmbedded(t *testing.T) {
	const shiftJIS = "\x8d\x60\x92\xac" // 港町
	type font struct{ encoding, ordering, base string }
	japanese := font{"90ms-RKSJ-H", "Japan1", "Ryumin-Light"}
	vertical := font{"90ms-RKSJ-V", "Japan1", "KozMinPr6N-Regular"}
	tests := []struct {
		name    string
		font    font
		content string
		want    string
	}{
		{"one string", japanese, fmt.Sprintf("<%X> Tj", shiftJIS), "港町"},
		{"a character at a time", japanese, fmt.Sprintf("<%X> Tj <%X> Tj", shiftJIS[:2], shiftJIS[2:]), "港町"},
		{"a single character", japanese, fmt.Sprintf("<%X> Tj", shiftJIS[:2]), "港"},
		{"vertical", vertical, fmt.Sprintf("<%X> Tj", shiftJIS), "港町"},
		{"simplified Chinese", font{"GBK-EUC-H", "GB1", "STSong-Light"}, "<BAA3> Tj", "海"},
		{"traditional Chinese", font{"ETen-B5-H", "CNS1", "MSung-Light"}, "<AEFC> Tj", "海"},
		{"Korean", font{"KSCms-UHC-H", "Korea1", "HYSMyeongJo-Medium"}, "<C7D7> Tj", "항"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page := pdfPage{
				content: "BT /F2 12 Tf 72 700 Td " + test.content + " ET",
				fonts: fmt.Sprintf("/F2 << /Type /Font /Subtype /Type0 /BaseFont /%[3]s /Encoding /%[1]s /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /%[3]s /CIDSystemInfo << /Registry (Adobe) /Ordering (%[2]s) /Supplement 2 >> "+
					"/FontDescriptor << /Type /FontDescriptor /FontName /%[3]s /Flags 4 /FontBBox [-170 -331 1024 903] /ItalicAngle 0 /Ascent 723 /Descent -241 /StemV 69 >> >>] >>", test.font.encoding, test.font.ordering, test.font.base),
			}
			doc, err := Extract(t.Context(), pdfOf(t, page), "a.pdf", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(doc.Text(), "\n", ""); got != test.want {
				t.Errorf("text = %q, want %q", got, test.want)
			}
		})
	}
}

// The pools that the tests of hosts run on: one with worker processes, one without.
func hostPools() map[string]*hostPool {
	return map[string]*hostPool{
		"worker processes": {slots: make(chan struct{}, 2)},
		"in process":       {slots: make(chan struct{}, 2), inProcess: true},
	}
}

func TestPDFHosts(t *testing.T) {
	want, err := Extract(t.Context(), readDocument(t, "report-ja.pdf"), "report-ja.pdf", Options{})
	if err != nil {
		t.Fatal(err)
	}
	request := &pdfRequest{Data: readDocument(t, "report-ja.pdf"), Limits: DefaultLimits()}
	heavy := &pdfRequest{Data: pdfOf(t, heavyPage()), Limits: DefaultLimits()}
	for name, pool := range hostPools() {
		t.Run(name, func(t *testing.T) {
			defer pool.closeIdle()
			read := func(t *testing.T) {
				t.Helper()
				result, err := pool.read(t.Context(), request)
				if err != nil || result.Failure != nil {
					t.Fatal(err, result)
				}
				if diff := cmp.Diff(want.Pages, result.Pages); diff != "" {
					t.Errorf("pages (-want +got):\n%s", diff)
				}
			}
			t.Run("concurrent", func(t *testing.T) {
				var group sync.WaitGroup
				for range 6 {
					group.Go(func() { read(t) })
				}
				group.Wait()
			})
			t.Run("watchdog", func(t *testing.T) {
				ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, outOfTime(200*time.Millisecond))
				defer cancel()
				_, err := pool.read(ctx, heavy)
				var own *Error
				if !errors.As(err, &own) || own.Code != TimedOut {
					t.Errorf("err = %v, want TimedOut", err)
				}
			})
			t.Run("after the watchdog", read)
		})
	}
}

// brokenHost is a host that fails.
type brokenHost struct{ closed bool }

func (h *brokenHost) read(context.Context, *pdfRequest) (*pdfResult, error) {
	return nil, errors.New("broken")
}
func (h *brokenHost) close() { h.closed = true }

func TestPDFHostIsNotReusedAfterAnError(t *testing.T) {
	host := &brokenHost{}
	pool := &hostPool{slots: make(chan struct{}, 1), idle: []pdfHost{host}}
	if _, err := pool.read(t.Context(), &pdfRequest{}); err == nil || err.Error() != "broken" {
		t.Errorf("err = %v, want broken", err)
	}
	if !host.closed || len(pool.idle) != 0 {
		t.Errorf("closed = %v, idle = %d; want true and 0", host.closed, len(pool.idle))
	}
}

func TestPDFWorkerEndedFromOutside(t *testing.T) {
	pool := &hostPool{slots: make(chan struct{}, 1)}
	defer pool.closeIdle()
	request := &pdfRequest{Data: pdfOf(t, pdfPage{content: line("one")}), Limits: DefaultLimits()}
	for range 2 {
		result, err := pool.read(t.Context(), request)
		if err != nil || len(result.Pages) != 1 {
			t.Fatalf("read = %v, %v", result, err)
		}
		worker, ok := pool.idle[0].(*workerProcess)
		if !ok {
			t.Fatalf("the host is a %T, want a worker process", pool.idle[0])
		}
		if err := worker.command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := worker.command.Wait(); err == nil {
			t.Fatal("the worker ended well though it was killed")
		}
	}
}

func TestPDFCacheDirReadOnly(t *testing.T) {
	// The fallback compiles in memory, which takes seconds. Here it finds what other tests have compiled.
	compiled, err := compilationCache(resolveCacheDir(""))
	if err != nil {
		t.Fatal(err)
	}
	compilations.mutex.Lock()
	compilations.byDir[""] = compiled
	compilations.mutex.Unlock()
	// A file in place of the folder: nothing can be made in it, whoever runs the test.
	engine, err := newEngine("main_test.go/cache", true)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.close()
	result, err := engine.read(t.Context(), &pdfRequest{Data: pdfOf(t, pdfPage{content: line("one")}), Limits: DefaultLimits()})
	if err != nil || len(result.Pages) != 1 || result.Pages[0].Text != "one" {
		t.Errorf("read = %+v, %v", result, err)
	}
	if err := WarmPDF("main_test.go/cache"); err == nil {
		t.Error("WarmPDF into a folder that cannot be made reports no error")
	}
}

func TestParsePDFTime(t *testing.T) {
	tests := []struct{ value, want string }{
		{"D:20261009120000Z", "2026-10-09T12:00:00Z"},
		{"D:20260701090000+09'00'", "2026-07-01T00:00:00Z"},
		{"D:20260701090000-05'30", "2026-07-01T14:30:00Z"},
		{"D:19700101000000-00'01'", "1970-01-01T00:01:00Z"},
		{"D:2026", "2026-01-01T00:00:00Z"},
		{"202610", "2026-10-01T00:00:00Z"},
		{"D:20261399", ""},
		{"yesterday", ""},
		{"", ""},
		{"D:20260701090000+xx'00'", ""},
	}
	for _, test := range tests {
		got := ""
		if at := parsePDFTime(test.value); at != nil {
			got = at.Format(time.RFC3339)
		}
		if got != test.want {
			t.Errorf("parsePDFTime(%q) = %q, want %q", test.value, got, test.want)
		}
	}
}

// A cache of compiled code that was damaged on its way, or made by another version, is not used: the engine is compiled
// anew, and the text is the same.
func TestStaleCacheIsSurvived(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("compiles the PDF engine twice, which takes seconds of CPU time, and minutes under the race detector")
	}
	dir := t.TempDir()
	if err := WarmPDF(dir); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i := len(data) / 4; i < len(data); i += 50_000 {
			data[i] ^= 0xFF
		}
		return os.WriteFile(path, data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	worker, err := startWorker(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer worker.close()
	result, err := worker.read(t.Context(), &pdfRequest{Data: pdfOf(t, pdfPage{content: line("one")}), Limits: DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Pages) != 1 || result.Pages[0].Text != "one" {
		t.Errorf("pages = %+v", result.Pages)
	}
}
