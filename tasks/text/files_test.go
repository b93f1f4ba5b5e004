package text

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func gzipOf(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Name = name
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tarOf(t testing.TB, files ...[2]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		header := &tar.Header{Name: f[0], Size: int64(len(f[1])), Mode: 0o644}
		if strings.HasSuffix(f[0], "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// rawZip makes an archive whose names are written byte for byte.
func rawZip(t testing.TB, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, NonUTF8: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "hello"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func attachmentNames(doc *Document) (names []string) {
	for _, attachment := range doc.Attachments {
		names = append(names, attachment.Name)
	}
	return names
}

func TestArchives(t *testing.T) {
	files := map[string]string{
		"a/notes.txt": "Gate 4 is open.", "b.docx": string(readDocument(t, "minutes.docx")), "report.pdf": string(readDocument(t, "report-en.pdf")),
		"__MACOSX/a/._notes.txt": "x", "a/.DS_Store": "x", "Thumbs.db": "x", "a/": "", "program.exe": "MZ\x00\x01\x02\x03\x00\x00",
		"../../etc/passwd": "root:x:0:0", "empty.txt": "",
	}
	zipped := zipOf(t, files)
	want := []string{"etc/passwd", "a/notes.txt", "b.docx", "empty.txt", "program.exe", "report.pdf"}
	check := func(t *testing.T, doc *Document, format Format) {
		t.Helper()
		if doc.Format != format || !slices.Equal(attachmentNames(doc), want) {
			t.Fatalf("format %s, attachments %q, want %q", doc.Format, attachmentNames(doc), want)
		}
		for _, attachment := range doc.Attachments {
			switch attachment.Name {
			case "program.exe":
				if attachment.Error == nil || attachment.Error.Code != UnsupportedFormat {
					t.Errorf("program.exe: %v", attachment.Error)
				}
			case "empty.txt":
				if attachment.Error == nil || attachment.Error.Code != EmptyDocument {
					t.Errorf("empty.txt: %v", attachment.Error)
				}
			default:
				if attachment.Document == nil {
					t.Errorf("%s: %v", attachment.Name, attachment.Error)
				}
			}
		}
		checkBlocks(t, doc)
		flat := doc.Flat()
		if !strings.Contains(flat.Text(), "Gate 4 is open.") || flat.Pages[0].Label != "etc/passwd" {
			t.Errorf("flat = %q", flat.Text())
		}
	}
	t.Run("zip", func(t *testing.T) {
		doc, err := Extract(t.Context(), zipped, "all.zip", Options{})
		if err != nil {
			t.Fatal(err)
		}
		check(t, doc, FormatZIP)
	})
	var list [][2]string
	for _, name := range []string{"../../etc/passwd", "a/", "a/.DS_Store", "a/notes.txt", "b.docx", "empty.txt", "program.exe", "report.pdf"} {
		list = append(list, [2]string{name, files[name]})
	}
	tarred := tarOf(t, list...)
	t.Run("tar", func(t *testing.T) {
		doc, err := Extract(t.Context(), tarred, "all.tar", Options{})
		if err != nil {
			t.Fatal(err)
		}
		check(t, doc, FormatTAR)
	})
	t.Run("tar.gz", func(t *testing.T) {
		doc, err := Extract(t.Context(), gzipOf(t, "", tarred), "all.tar.gz", Options{})
		if err != nil {
			t.Fatal(err)
		}
		check(t, doc, FormatGZIP)
	})
	t.Run("gz", func(t *testing.T) {
		doc, err := Extract(t.Context(), gzipOf(t, "", []byte("Gate 4 is open.")), "notes.txt.gz", Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(doc.Attachments) != 1 || doc.Attachments[0].Name != "notes.txt" || doc.Attachments[0].Document.Text() != "Gate 4 is open." {
			t.Errorf("attachments = %+v", doc.Attachments)
		}
	})
	t.Run("stored PDF first", func(t *testing.T) {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		f, _ := w.CreateHeader(&zip.FileHeader{Name: "report.pdf", Method: zip.Store})
		f.Write(readDocument(t, "report-en.pdf"))
		w.Close()
		doc, err := Extract(t.Context(), out.Bytes(), "all.zip", Options{})
		if err != nil || doc.Format != FormatZIP {
			t.Errorf("%v %v", doc, err)
		}
	})
}

func TestZipNames(t *testing.T) {
	tests := []struct {
		charset string
		names   []string
	}{
		{"shift_jis", []string{"議事録.txt", "見積書（最終）.txt"}},
		{"gb18030", []string{"会议记录.txt", "我们的合同.txt"}},
		{"ibm866", []string{"отчёт за год.txt", "договор.txt"}},
		{"utf-8", []string{"Übersicht.txt", "議事録.txt"}},
		{"utf-8", []string{"plain.txt"}},
	}
	for _, test := range tests {
		t.Run(test.charset, func(t *testing.T) {
			var raw []string
			for _, name := range test.names {
				raw = append(raw, string(encoded(t, test.charset, name)))
			}
			doc, err := Extract(t.Context(), rawZip(t, raw...), "all.zip", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(attachmentNames(doc), test.names) {
				t.Errorf("names = %q, want %q", attachmentNames(doc), test.names)
			}
		})
	}
	t.Run("CP437", func(t *testing.T) {
		doc, err := Extract(t.Context(), rawZip(t, "\x9aber\x81icht.txt"), "all.zip", Options{})
		if err != nil || doc.Attachments[0].Name != "Überüicht.txt" {
			t.Errorf("%v, %v", doc, err)
		}
	})
	t.Run("decomposed", func(t *testing.T) {
		doc, err := Extract(t.Context(), zipOf(t, map[string]string{"か\u3099.txt": "x"}), "all.zip", Options{})
		if err != nil || doc.Attachments[0].Name != "が.txt" {
			t.Errorf("%v, %v", doc, err)
		}
	})
}

// overlappingZip has n directory entries that all point at the same deflated bytes, as the bombs of David Fifield do.
func overlappingZip(t testing.TB, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, err := w.Create("a.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(bytes.Repeat([]byte("some text that packs well, but not too well 0123456789\n"), 20_000)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := out.Bytes()
	end := len(data) - 22
	start := int(binary.LittleEndian.Uint32(data[end+16:]))
	directory := bytes.Repeat(data[start:end], n)
	bomb := append(slices.Clone(data[:start]), directory...)
	tail := slices.Clone(data[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(n))
	binary.LittleEndian.PutUint16(tail[10:], uint16(n))
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(directory)))
	return append(bomb, tail...)
}

func TestHostileArchives(t *testing.T) {
	// Archives in archives: 8 levels of one, and 4 levels of 16 with a bomb at the bottom.
	deep := []byte("hello")
	for range 8 {
		deep = zipOf(t, map[string]string{"a.zip": string(deep)})
	}
	zeros := make([]byte, 32<<20)
	wide := zipOf(t, map[string]string{"zeros.txt": string(zeros[:16<<20])})
	bomb := wide
	for range 4 {
		files := map[string]string{}
		for i := range 16 {
			files[fmt.Sprintf("%d.zip", i)] = string(wide)
		}
		wide = zipOf(t, files)
	}
	locked := rawZip(t, "a.txt")
	locked[6] |= 1
	binary.LittleEndian.PutUint16(locked[bytes.Index(locked, []byte("PK\x01\x02"))+8:], 1)
	sparse := tarOf(t, [2]string{"a.txt", "x"})
	tests := []struct {
		name  string
		data  []byte
		code  Code
		limit string
	}{
		{"deep", deep, LimitExceeded, "Nesting"},
		{"42", wide, LimitExceeded, "Attachments"},
		{"bomb", bomb, LimitExceeded, "CompressionRatio"},
		{"overlapping", overlappingZip(t, 5000), CorruptDocument, ""},
		{"gzip bomb", gzipOf(t, "", zeros), LimitExceeded, "CompressionRatio"},
		{"gzip of gzip", gzipOf(t, "", gzipOf(t, "", zeros)), LimitExceeded, "CompressionRatio"},
		{"encrypted", locked, EncryptedDocument, ""},
		{"cut tar", sparse[:500], UnsupportedFormat, ""},
		{"cut gzip", gzipOf(t, "a.txt", []byte("hello"))[:20], CorruptDocument, ""},
		{"no files", zipOf(t, map[string]string{"a/": ""}), EmptyDocument, ""},
		{"too many", rawZip(t, slices.Repeat([]string{"a.txt"}, 1100)...), LimitExceeded, "Attachments"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			begin := time.Now()
			_, err := Extract(t.Context(), test.data, "a.bin", Options{})
			var own *Error
			if !errors.As(err, &own) || own.Code != test.code || own.Limit != test.limit {
				t.Errorf("error = %v (%+v), want %s %s", err, own, test.code, test.limit)
			}
			if took := time.Since(begin); took > hostileTime {
				t.Errorf("took %s", took)
			}
		})
	}
}

func FuzzArchive(f *testing.F) {
	f.Add(zipOf(f, map[string]string{"a.txt": "hello", "b/c.csv": "a,b\n1,2\n"}))
	f.Add(rawZip(f, "\x8b\x63\x8e\x96.txt"))
	f.Add(tarOf(f, [2]string{"a.txt", "hello"}))
	f.Add(gzipOf(f, "a.txt", []byte("hello")))
	f.Add(gzipOf(f, "", tarOf(f, [2]string{"a.txt", "hello"})))
	f.Add(zipOf(f, map[string]string{"a.zip": string(overlappingZip(f, 3))}))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Extract(t.Context(), data, "a", Options{Limits: Limits{Time: 10 * time.Second, DecompressedBytes: 8 << 20}})
		var own *Error
		if err != nil && !errors.As(err, &own) {
			t.Fatalf("error of type %T: %v", err, err)
		}
		if own != nil && strings.Contains(own.Message, "made its reader fail") {
			t.Fatal(own)
		}
		if doc != nil {
			checkBlocks(t, doc)
		}
	})
}
