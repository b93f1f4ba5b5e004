package text

import (
	"errors"
	"strings"
	"testing"
)

func TestEPUB(t *testing.T) {
	data := bookOf(t, nil, `<h1>The Pier</h1><p>It was <a href="https://example.com/">long</a>.</p>`, `<ul><li>one</li></ul><aside><p>a note</p></aside>`, `<img src="cover.png"/>`)
	doc, err := Extract(t.Context(), data, "a.epub", Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkStructure(t, doc)
	want := "The Pier:The Pier\n\nIt was long.\n----\n- one\n\na note\n----\n"
	if got := pagesOf(doc); got != want {
		t.Errorf("pages = %q\nwant    %q", got, want)
	}
	if got := linksOf(doc); got != "long>https://example.com/" {
		t.Errorf("links = %s", got)
	}
	if got := strings.Join(warningCodes(doc), " "); got != "3 object-left-out" {
		t.Errorf("warnings = %v", doc.Warnings)
	}
	if meta := doc.Metadata; meta.Title != "Harbour" || meta.Author != "Ann Lee, Bo Yi" || meta.Created == nil || meta.Modified == nil {
		t.Errorf("metadata = %+v", meta)
	}
}

func TestEPUBNav(t *testing.T) {
	parts := map[string]string{
		"OEBPS/book.opf":  `<package><manifest><item id="n" href="nav.xhtml" properties="nav"/><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="n"/><itemref idref="a"/><itemref idref="gone"/></spine></package>`,
		"OEBPS/nav.xhtml": `<html><body><nav epub:type="toc"><ol><li><a href="a.xhtml#x">First <b>part</b></a></li></ol></nav><nav epub:type="landmarks"><a href="a.xhtml">Start</a></nav></body></html>`,
		"OEBPS/a.xhtml":   `<html><body><p>text</p></body></html>`,
	}
	doc, err := Extract(t.Context(), bookOf(t, parts), "a.epub", Options{})
	if err != nil || pagesOf(doc) != "First part:text" {
		t.Errorf("pages = %q, %v", pagesOf(doc), err)
	}
	doc, err = Extract(t.Context(), bookOf(t, parts), "a.epub", Options{Full: true})
	if err != nil || len(doc.Pages) != 2 {
		t.Errorf("with Full: %d pages, %v", len(doc.Pages), err)
	}
}

func TestEPUBErrors(t *testing.T) {
	encryption := func(algorithm string) map[string]string {
		return map[string]string{"META-INF/encryption.xml": `<encryption><enc:EncryptedData><enc:EncryptionMethod Algorithm="` + algorithm + `"/></enc:EncryptedData></encryption>`}
	}
	if _, err := Extract(t.Context(), bookOf(t, encryption("http://www.idpf.org/2008/embedding"), "<p>x</p>"), "a.epub", Options{}); err != nil {
		t.Errorf("obfuscated fonts: %v", err)
	}
	for name, test := range map[string]struct {
		data []byte
		code Code
	}{
		"protected":  {bookOf(t, encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc"), "<p>x</p>"), EncryptedDocument},
		"no package": {zipOf(t, map[string]string{"mimetype": "application/epub+zip"}), CorruptDocument},
		"no spine":   {bookOf(t, nil), NoText},
	} {
		_, err := Extract(t.Context(), test.data, "a.epub", Options{})
		var own *Error
		if !errors.As(err, &own) || own.Code != test.code {
			t.Errorf("%s: err = %v, want %s", name, err, test.code)
		}
	}
}

func FuzzEPUB(f *testing.F) {
	f.Add(`<manifest><item id="a" href="a%zz.xhtml"/></manifest><spine><itemref idref="a"/></spine>`, `<nav epub:type="toc"><a href="a"></nav></a>`, `<title/><p>x`)
	f.Fuzz(func(t *testing.T, book, nav, chapter string) {
		checkExtract(t, FormatEPUB, bookOf(t, map[string]string{"OEBPS/book.opf": book, "OEBPS/toc.ncx": nav, "OEBPS/a.xhtml": chapter}))
	})
}
