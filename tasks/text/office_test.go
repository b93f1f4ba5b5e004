package text

import (
	"encoding/json"
	"strings"
	"testing"
)

// goldenDocument holds a document, its structure and its Markdown against a golden file.
func goldenDocument(t *testing.T, name string, data []byte) *Document {
	t.Helper()
	doc, err := Extract(t.Context(), data, name, Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkStructure(t, doc)
	structure, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "office/"+name+".golden", string(structure)+"\n=== Markdown\n"+doc.Markdown())
	return doc
}

// checkStructure holds blocks and links to what their types promise.
func checkStructure(t *testing.T, doc *Document) {
	t.Helper()
	for _, page := range doc.Pages {
		at := 0
		for _, b := range page.Blocks {
			if b.Start < at || b.End < b.Start || b.End > len(page.Text) {
				t.Fatalf("block %+v on page %d of %d bytes, after %d", b, page.Number, len(page.Text), at)
			}
			if between := page.Text[at:b.Start]; strings.TrimSpace(between) != "" {
				t.Fatalf("text between blocks: %q", between)
			}
			at = b.End
		}
		if rest := page.Text[at:]; len(page.Blocks) > 0 && strings.TrimSpace(rest) != "" {
			t.Fatalf("text after the last block: %q", rest)
		}
		for _, link := range page.Links {
			if link.Start < 0 || link.End <= link.Start || link.End > len(page.Text) {
				t.Fatalf("link %+v on a page of %d bytes", link, len(page.Text))
			}
		}
	}
}

// linksOf writes the links of a document as "text>url".
func linksOf(doc *Document) string {
	var all []string
	for _, page := range doc.Pages {
		for _, link := range page.Links {
			all = append(all, page.Text[link.Start:link.End]+">"+link.URL)
		}
	}
	return strings.Join(all, " ")
}

// kindsOf writes the kinds of the blocks of a document, with levels.
func kindsOf(doc *Document) string {
	var all []string
	for _, page := range doc.Pages {
		for _, b := range page.Blocks {
			kind := string(b.Kind)
			if b.Level > 0 {
				kind += itoa(b.Level)
			}
			all = append(all, kind)
		}
	}
	return strings.Join(all, " ")
}

// pagesOf writes the texts of the pages, each with its label if there is one.
func pagesOf(doc *Document) string {
	var all []string
	for _, page := range doc.Pages {
		text := page.Text
		if page.Label != "" {
			text = page.Label + ":" + text
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n----\n")
}

const rels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`

// rel is one relationship; a target with a scheme is external.
func rel(id, kind, target string) string {
	mode := ""
	if strings.Contains(target, "://") {
		mode = ` TargetMode="External"`
	}
	return `<Relationship Id="` + id + `" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `"` + mode + `/>`
}

func relsOf(all ...string) string { return rels + strings.Join(all, "") + "</Relationships>" }

const corePropertiesXML = `<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title>Harbour</dc:title><dc:creator>Ann Lee</dc:creator><dcterms:created>2024-05-01T08:00:00Z</dcterms:created><dcterms:modified>2024-06-01T09:30:00Z</dcterms:modified></cp:coreProperties>`

const chartXML = `<c:chartSpace xmlns:c="c" xmlns:a="a"><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Ships</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea><c:barChart>
<c:ser><c:tx><c:strRef><c:f>Sheet1!B1</c:f><c:strCache><c:pt idx="0"><c:v>In</c:v></c:pt></c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache><c:pt idx="0"><c:v>May</c:v></c:pt><c:pt idx="1"><c:v>June</c:v></c:pt></c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>General</c:formatCode><c:pt idx="0"><c:v>4.2999999999999998</c:v></c:pt><c:pt idx="1"><c:v>5</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>`

// slideOf makes a slide of shapes.
func slideOf(attributes, shapes string) string {
	return `<p:sld xmlns:p="p" xmlns:a="a" xmlns:r="r" ` + attributes + `><p:cSld><p:spTree><p:nvGrpSpPr/><p:grpSpPr><a:xfrm><a:off x="0" y="0"/></a:xfrm></p:grpSpPr>` + shapes + `</p:spTree></p:cSld></p:sld>`
}

// sp is a shape at a place (none when x < 0) with a placeholder (none when empty).
func sp(placeholder string, x, y int, paragraphs string) string {
	place := ""
	if x >= 0 {
		place = `<a:xfrm><a:off x="` + itoa(x) + `" y="` + itoa(y) + `"/><a:ext cx="1000" cy="500"/></a:xfrm>`
	}
	if placeholder != "" {
		placeholder = `<p:nvPr><p:ph type="` + placeholder + `"/></p:nvPr>`
	}
	return `<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/>` + placeholder + `</p:nvSpPr><p:spPr>` + place + `</p:spPr><p:txBody><a:bodyPr/>` + paragraphs + `</p:txBody></p:sp>`
}

func ap(text string) string { return `<a:p><a:r><a:rPr lang="en"/><a:t>` + text + `</a:t></a:r></a:p>` }

func bulleted(level int, text string) string {
	return `<a:p><a:pPr lvl="` + itoa(level) + `"><a:buChar char="•"/></a:pPr><a:r><a:t>` + text + `</a:t></a:r></a:p>`
}

// presentationOf makes a PPTX of slides and other parts.
func presentationOf(t testing.TB, parts map[string]string, slides ...string) []byte {
	t.Helper()
	all := map[string]string{
		"_rels/.rels":       relsOf(rel("r1", "officeDocument", "ppt/presentation.xml"), rel("r2", "metadata/core-properties", "docProps/core.xml")),
		"docProps/core.xml": corePropertiesXML,
	}
	ids, targets := "", ""
	for i, slide := range slides {
		n := itoa(i + 1)
		all["ppt/slides/slide"+n+".xml"] = slide
		ids += `<p:sldId id="25` + n + `" r:id="s` + n + `"/>`
		targets += rel("s"+n, "slide", "slides/slide"+n+".xml")
	}
	all["ppt/presentation.xml"] = `<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst>` + ids + `</p:sldIdLst></p:presentation>`
	all["ppt/_rels/presentation.xml.rels"] = relsOf(targets)
	for name, content := range parts {
		all[name] = content
	}
	return zipOf(t, all)
}

// workbookOf makes an XLSX of sheets (their sheetData and what follows it) and other parts.
func workbookOf(t testing.TB, parts map[string]string, sheets ...string) []byte {
	t.Helper()
	all := map[string]string{
		"_rels/.rels":       relsOf(rel("r1", "officeDocument", "xl/workbook.xml"), rel("r2", "metadata/core-properties", "docProps/core.xml")),
		"docProps/core.xml": corePropertiesXML,
	}
	list, targets := "", rel("x1", "sharedStrings", "sharedStrings.xml")+rel("x2", "styles", "styles.xml")
	for i, sheet := range sheets {
		n := itoa(i + 1)
		all["xl/worksheets/sheet"+n+".xml"] = `<worksheet xmlns="x" xmlns:r="r">` + sheet + `</worksheet>`
		state := ""
		if strings.Contains(sheet, "<!--hidden-->") {
			state = ` state="hidden"`
		}
		list += `<sheet name="Sheet ` + n + `" sheetId="` + n + `"` + state + ` r:id="s` + n + `"/>`
		targets += rel("s"+n, "worksheet", "worksheets/sheet"+n+".xml")
	}
	all["xl/workbook.xml"] = `<workbook xmlns="x" xmlns:r="r"><sheets>` + list + `</sheets></workbook>`
	all["xl/_rels/workbook.xml.rels"] = relsOf(targets)
	all["xl/styles.xml"] = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="0.0&quot; kg&quot;"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="9"/><xf numFmtId="164"/></cellXfs></styleSheet>`
	all["xl/sharedStrings.xml"] = `<sst><si><t>plain</t></si><si><r><t>ri</t></r><r><t xml:space="preserve">ch </t></r></si><si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si></sst>`
	for name, content := range parts {
		all[name] = content
	}
	return zipOf(t, all)
}

const odfNamespaces = `xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:draw="d" xmlns:style="s" xmlns:fo="f" xmlns:xlink="x" xmlns:svg="v" xmlns:presentation="p" xmlns:dc="c" xmlns:meta="m" xmlns:number="n"`

// openDocumentOf makes an OpenDocument file of a kind (text, spreadsheet, presentation).
func openDocumentOf(t testing.TB, kind, styles, body string, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"mimetype": "application/vnd.oasis.opendocument." + kind,
		"content.xml": `<office:document-content ` + odfNamespaces + `><office:automatic-styles>` + styles + `</office:automatic-styles><office:body><office:` + kind + `>` +
			body + `</office:` + kind + `></office:body></office:document-content>`,
		"meta.xml": `<office:document-meta ` + odfNamespaces + `><office:meta><dc:title>Harbour</dc:title><meta:initial-creator>Ann Lee</meta:initial-creator><meta:creation-date>2024-05-01T08:00:00</meta:creation-date><dc:date>2024-06-01T09:30:00.123</dc:date></office:meta></office:document-meta>`,
	}
	for name, content := range parts {
		all[name] = content
	}
	return zipOf(t, all)
}

// bookOf makes an EPUB of chapters.
func bookOf(t testing.TB, parts map[string]string, chapters ...string) []byte {
	t.Helper()
	all := map[string]string{
		"mimetype":               "application/epub+zip",
		"META-INF/container.xml": `<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>`,
	}
	items, spine := "", ""
	for i, chapter := range chapters {
		n := itoa(i + 1)
		all["OEBPS/text/chapter "+n+".xhtml"] = `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>` + chapter + `</body></html>`
		items += `<item id="c` + n + `" href="text/chapter%20` + n + `.xhtml" media-type="application/xhtml+xml"/>`
		spine += `<itemref idref="c` + n + `"/>`
	}
	all["OEBPS/book.opf"] = `<package><metadata xmlns:dc="d"><dc:title>Harbour</dc:title><dc:creator>Ann Lee</dc:creator><dc:creator>Bo Yi</dc:creator><dc:date>2024-05-01</dc:date><meta property="dcterms:modified">2024-06-01T09:30:00Z</meta></metadata><manifest>` +
		items + `<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/></manifest><spine toc="ncx">` + spine + `</spine></package>`
	all["OEBPS/toc.ncx"] = `<ncx><navMap><navPoint><navLabel><text>The Pier</text></navLabel><content src="text/chapter%201.xhtml#top"/></navPoint></navMap></ncx>`
	for name, content := range parts {
		all[name] = content
	}
	return zipOf(t, all)
}
