package local

import (
	"archive/zip"
	"bytes"
	"html"
	"maps"
	"slices"
	"testing"
)

// zipped makes an archive of files by name.
func zipped(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// docx makes a Word document of body markup and a title. Other parts may be added.
func docx(t testing.TB, body, title string, more map[string]string) []byte {
	t.Helper()
	const (
		head          = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
		relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
		packages      = "http://schemas.openxmlformats.org/package/2006/"
	)
	files := map[string]string{
		"[Content_Types].xml": head + `<Types xmlns="` + packages + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
			`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`,
		"_rels/.rels": head + `<Relationships xmlns="` + packages + `relationships"><Relationship Id="r1" Type="` + relationships + `/officeDocument" Target="word/document.xml"/>` +
			`<Relationship Id="r2" Type="` + packages + `relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`,
		"docProps/core.xml": head + `<cp:coreProperties xmlns:cp="` + packages + `metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + html.EscapeString(title) + `</dc:title></cp:coreProperties>`,
		"word/document.xml": head + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="` + relationships + `"><w:body>` + body + `</w:body></w:document>`,
	}
	maps.Copy(files, more)
	return zipped(t, files)
}

// paragraph is one of a Word document; properties are those of its run.
func paragraph(text, properties string) string {
	return `<w:p><w:r><w:rPr>` + properties + `</w:rPr><w:t xml:space="preserve">` + html.EscapeString(text) + `</w:t></w:r></w:p>`
}
