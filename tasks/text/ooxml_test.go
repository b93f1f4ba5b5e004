package text

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestPPTX(t *testing.T) {
	layoutRels := relsOf(rel("l", "slideLayout", "../slideLayouts/slideLayout1.xml"))
	layout := slideOf("", sp("title", 0, 0, ap("Click to edit"))+sp("body", 0, 3000, ap("Layout text"))+sp("", 0, 0, ap("logo")))
	master := strings.Replace(slideOf("", sp("body", 0, 3000, "")), "</p:cSld>", `</p:cSld><p:txStyles><p:bodyStyle><a:lvl1pPr><a:buChar char="•"/></a:lvl1pPr><a:lvl2pPr><a:buNone/></a:lvl2pPr></p:bodyStyle></p:txStyles>`, 1)
	layers := map[string]string{
		"ppt/slides/_rels/slide1.xml.rels":             layoutRels,
		"ppt/slideLayouts/slideLayout1.xml":            layout,
		"ppt/slideLayouts/_rels/slideLayout1.xml.rels": relsOf(rel("m", "slideMaster", "../slideMasters/slideMaster1.xml")),
		"ppt/slideMasters/slideMaster1.xml":            master,
	}
	tests := []struct {
		name, slide string
		parts       map[string]string
		want, kinds string
		links       string
		warnings    string
	}{
		{name: "title first, then by place", slide: slideOf("", sp("", 5000, 100, ap("right"))+sp("", 0, 2000, ap("below"))+sp("", 0, 150, ap("left"))+sp("title", 0, 9000, ap("Title"))), want: "Title\n\nleft\n\nright\n\nbelow", kinds: "heading1 paragraph paragraph paragraph"},
		{name: "place and bullets from layout and master", slide: slideOf("", sp("", 0, 4000, ap("last"))+sp("body", -1, 0, ap("point")+`<a:p><a:pPr lvl="1"/><a:r><a:t>no bullet</a:t></a:r></a:p>`)+sp("", 0, 100, ap("first"))), parts: layers, want: "first\n\n- point\n\nno bullet\n\nlast", kinds: "paragraph list-item1 paragraph paragraph"},
		{name: "bullets and numbers", slide: slideOf("", sp("", 0, 0, bulleted(0, "a")+bulleted(1, "b")+`<a:p><a:pPr><a:buAutoNum type="alphaLcParenR" startAt="2"/></a:pPr><a:r><a:t>c</a:t></a:r></a:p><a:p><a:pPr><a:buAutoNum type="alphaLcParenR" startAt="2"/></a:pPr><a:r><a:t>d</a:t></a:r></a:p>`)), want: "- a\n  - b\nb) c\nc) d", kinds: "list-item1 list-item2 list-item1 list-item1"},
		{name: "runs, breaks, fields, links", slide: slideOf("", sp("", 0, 0, `<a:p><a:r><a:t>one </a:t></a:r><a:r><a:rPr><a:hlinkClick r:id="h"/></a:rPr><a:t>link</a:t></a:r><a:br/><a:fld type="slidenum"><a:t>‹#›</a:t></a:fld></a:p>`)), parts: map[string]string{"ppt/slides/_rels/slide1.xml.rels": relsOf(rel("h", "hyperlink", "https://example.com/a"))}, want: "one link\n1", links: "link>https://example.com/a"},
		{name: "table", slide: slideOf("", `<p:graphicFrame><p:xfrm><a:off x="0" y="0"/></p:xfrm><a:graphic><a:graphicData><a:tbl><a:tr><a:tc gridSpan="2"><a:txBody>`+ap("head")+`</a:txBody></a:tc><a:tc hMerge="1"><a:txBody>`+ap("covered")+`</a:txBody></a:tc></a:tr><a:tr><a:tc><a:txBody>`+ap("1")+ap("2")+`</a:txBody></a:tc><a:tc><a:txBody>`+ap("3")+`</a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`), want: "head\n1 2\t3", kinds: "table"},
		{name: "group", slide: slideOf("", sp("", 0, 5000, ap("after"))+`<p:grpSp><p:grpSpPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="9" cy="9"/></a:xfrm></p:grpSpPr>`+sp("", 0, 7000, ap("b"))+sp("", 0, 6000, ap("a"))+`</p:grpSp>`), want: "a\n\nb\n\nafter"},
		{name: "notes", slide: slideOf("", sp("title", 0, 0, ap("T"))), parts: map[string]string{
			"ppt/slides/_rels/slide1.xml.rels": relsOf(rel("n", "notesSlide", "../notesSlides/notesSlide1.xml")),
			"ppt/notesSlides/notesSlide1.xml":  slideOf("", sp("sldNum", 0, 0, ap("1"))+sp("body", 0, 0, ap("say this")+ap("and that"))),
		}, want: "T\n\nsay this\nand that", kinds: "heading1 note"},
		{name: "comments of both kinds", slide: slideOf("", sp("title", 0, 0, ap("T"))), parts: map[string]string{
			"ppt/presentation.xml":             `<p:presentation xmlns:r="r"><p:sldIdLst><p:sldId id="251" r:id="s1"/></p:sldIdLst></p:presentation>`,
			"ppt/_rels/presentation.xml.rels":  relsOf(rel("s1", "slide", "slides/slide1.xml"), rel("a", "commentAuthors", "commentAuthors.xml"), rel("b", "authors", "authors.xml")),
			"ppt/commentAuthors.xml":           `<p:cmAuthorLst><p:cmAuthor id="0" name="Ann"/></p:cmAuthorLst>`,
			"ppt/authors.xml":                  `<authorLst><author id="{1}" name="Bo"/></authorLst>`,
			"ppt/slides/_rels/slide1.xml.rels": relsOf(rel("c", "comments", "../comments/c1.xml"), rel("d", "comments", "../comments/c2.xml")),
			"ppt/comments/c1.xml":              `<p:cmLst><p:cm authorId="0"><p:text>old kind</p:text></p:cm></p:cmLst>`,
			"ppt/comments/c2.xml":              `<cmLst><cm authorId="{1}"><replyLst><reply authorId="{1}"><txBody>` + ap("reply") + `</txBody></reply></replyLst><txBody>` + ap("new kind") + `</txBody></cm></cmLst>`,
		}, want: "T\n\nAnn: old kind\nBo: reply\nBo: new kind"},
		{name: "chart and diagram", slide: slideOf("", `<p:graphicFrame><a:graphic><a:graphicData><c:chart r:id="c"/></a:graphicData></a:graphic></p:graphicFrame><p:graphicFrame><a:graphic><a:graphicData><dgm:relIds r:dm="d" r:lo="l"/></a:graphicData></a:graphic></p:graphicFrame>`), parts: map[string]string{
			"ppt/slides/_rels/slide1.xml.rels": relsOf(rel("c", "chart", "../charts/chart1.xml"), rel("d", "diagramData", "../diagrams/data1.xml")),
			"ppt/charts/chart1.xml":            chartXML,
			"ppt/diagrams/data1.xml":           `<dgm:dataModel><dgm:ptLst><dgm:pt><dgm:prSet/><dgm:t>` + ap("plan") + `</dgm:t></dgm:pt><dgm:pt type="parTrans"><dgm:t><a:p/></dgm:t></dgm:pt><dgm:pt><dgm:t>` + ap("do") + `</dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>`,
		}, want: "Ships\n\n\tIn\nMay\t4.3\nJune\t5\n\n- plan\n- do"},
		{name: "hidden slide, picture, object", slide: slideOf(`show="0"`, sp("", 0, 0, ap("x"))+`<p:pic><p:spPr/></p:pic>`), parts: map[string]string{
			"ppt/slides/_rels/slide1.xml.rels": relsOf(rel("o", "oleObject", "../embeddings/oleObject1.bin")), "ppt/embeddings/oleObject1.bin": "x",
		}, want: "x", warnings: "1 hidden-text 1 object-left-out 1 object-left-out"},
		{name: "hidden shape", slide: slideOf("", sp("", 0, 0, ap("seen"))+strings.Replace(sp("", 0, 0, ap("not seen")), `name="x"`, `name="x" hidden="1"`, 1)), want: "seen", warnings: "1 object-left-out"},
		{name: "choice, not fallback", slide: slideOf("", `<mc:AlternateContent><mc:Choice Requires="a14">`+sp("", 0, 0, ap("new"))+`</mc:Choice><mc:Fallback>`+sp("", 0, 0, ap("old"))+`</mc:Fallback></mc:AlternateContent>`), want: "new"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), presentationOf(t, test.parts, test.slide), "a.pptx", Options{Full: strings.Contains(test.name, "comment")})
			if err != nil {
				t.Fatal(err)
			}
			checkStructure(t, doc)
			if got := doc.Text(); got != test.want {
				t.Errorf("text = %q\nwant   %q", got, test.want)
			}
			if got := kindsOf(doc); test.kinds != "" && got != test.kinds {
				t.Errorf("kinds = %s, want %s", got, test.kinds)
			}
			if got := linksOf(doc); got != test.links {
				t.Errorf("links = %s, want %s", got, test.links)
			}
			if got := strings.Join(warningCodes(doc), " "); got != test.warnings {
				t.Errorf("warnings = %v, want %q", doc.Warnings, test.warnings)
			}
		})
	}
}

func TestPPTXOrderAndDamage(t *testing.T) {
	slides := []string{slideOf("", sp("title", 0, 0, ap("one"))), "<p:sld><broken", slideOf("", sp("title", 0, 0, ap("three")))}
	doc, err := Extract(t.Context(), presentationOf(t, nil, slides...), "a.pptx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := pagesOf(doc); got != "one\n----\n\n----\nthree" {
		t.Errorf("pages = %q", got)
	}
	if got := strings.Join(warningCodes(doc), " "); got != "2 page-unreadable" {
		t.Errorf("warnings = %s", got)
	}
	// Without a list, slides come in the order of their numbers.
	parts := map[string]string{"ppt/presentation.xml": "<p:presentation/>", "ppt/slides/slide10.xml": slideOf("", sp("", 0, 0, ap("ten")))}
	doc, err = Extract(t.Context(), presentationOf(t, parts, slides[0], slides[2]), "a.pptx", Options{})
	if err != nil || pagesOf(doc) != "one\n----\nthree\n----\nten" {
		t.Errorf("pages = %q, %v", pagesOf(doc), err)
	}
}

func TestXLSX(t *testing.T) {
	sheetRels := func(all ...string) map[string]string {
		return map[string]string{"xl/worksheets/_rels/sheet1.xml.rels": relsOf(all...)}
	}
	tests := []struct {
		name, sheet string
		parts       map[string]string
		want, links string
		warnings    string
	}{
		{name: "kinds of values", sheet: `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row><row r="2"><c r="A2"><v>1.5</v></c><c r="B2" t="b"><v>1</v></c><c r="C2" t="e"><v>#N/A</v></c><c r="D2" t="str"><f>A1</f><v>made</v></c><c r="E2" t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r><rPh><t>イン</t></rPh></is></c></row></sheetData>`, want: "plain\trich\t東京\n1.5\tTRUE\t#N/A\tmade\tinline"},
		{name: "number formats", sheet: `<sheetData><row><c s="1"><v>45000</v></c><c s="2"><v>0.25</v></c><c s="3"><v>3</v></c><c s="9"><v>7</v></c><c t="d" s="1"><v>2024-02-29</v></c></row></sheetData>`, want: "2023-03-15\t25%\t3.0 kg\t7\t2024-02-29"},
		{name: "without references", sheet: `<sheetData><row><c><v>1</v></c><c/><c><v>3</v></c></row><row/><row><c><v>4</v></c></row></sheetData>`, want: "1\t3\n4"},
		{name: "empty columns are left out, others keep their place", sheet: `<sheetData><row r="3"><c r="C3"><v>1</v></c><c r="F3"><v>2</v></c></row><row r="900000"><c r="D900000"><v>3</v></c><c r="XFD900000"><v>4</v></c></row></sheetData>`, want: "1\t\t2\n\t3\t\t4"},
		{name: "merged", sheet: `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"/></row></sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells>`, want: "plain"},
		{name: "line ends and tabs in a cell", sheet: "<sheetData><row><c t=\"str\"><v>a_x000D_\nb\tc _x0041_ _xZZ</v></c><c><v>1</v></c></row></sheetData>", want: "a b c A _xZZ\t1"},
		{name: "link", sheet: `<sheetData><row r="1"><c r="B1" t="s"><v>0</v></c></row></sheetData><hyperlinks><hyperlink ref="B1" r:id="h"/></hyperlinks>`, parts: sheetRels(rel("h", "hyperlink", "https://example.com/")), want: "plain", links: "plain>https://example.com/"},
		{name: "hidden row", sheet: `<sheetData><row hidden="1"><c><v>1</v></c></row></sheetData>`, want: "1", warnings: "1 hidden-text"},
		{name: "hidden columns", sheet: `<cols><col min="2" max="3" hidden="1"/><col min="9" max="16384" hidden="1"/></cols><sheetData><row><c><v>1</v></c><c><v>2</v></c></row></sheetData>`, want: "1\t2", warnings: "1 hidden-text"},
		{name: "hidden columns without values", sheet: `<cols><col min="9" max="16384" hidden="1"/></cols><sheetData><row><c><v>1</v></c></row></sheetData>`, want: "1"},
		{name: "hidden sheet", sheet: `<!--hidden--><sheetData><row><c><v>1</v></c></row></sheetData>`, want: "1", warnings: "1 hidden-text"},
		{name: "noted in the margin", sheet: `<sheetData><row><c><v>1</v></c></row></sheetData>`, parts: map[string]string{
			"xl/worksheets/_rels/sheet1.xml.rels": relsOf(rel("c", "comments", "../comments1.xml"), rel("t", "threadedComment", "../threadedComments/t1.xml")),
			"xl/comments1.xml":                    `<comments><authors><author>Ann</author></authors><commentList><comment ref="A1" authorId="0"><text><r><t>Ann:</t></r><r><t> old</t></r></text></comment><comment ref="B2" authorId="0"><text><t>[Threaded comment] needs a newer program</t></text></comment></commentList></comments>`,
			"xl/threadedComments/t1.xml":          `<ThreadedComments><threadedComment ref="B2" personId="{p}"><text>new</text></threadedComment></ThreadedComments>`,
		}, want: "1", warnings: "1 object-left-out"},
		{name: "comments", sheet: `<sheetData><row><c><v>1</v></c></row></sheetData>`, parts: map[string]string{
			"xl/worksheets/_rels/sheet1.xml.rels": relsOf(rel("c", "comments", "../comments1.xml"), rel("t", "threadedComment", "../threadedComments/t1.xml")),
			"xl/comments1.xml":                    `<comments><authors><author>Ann</author></authors><commentList><comment ref="A1" authorId="0"><text><r><t>Ann:</t></r><r><t> old</t></r></text></comment><comment ref="B2" authorId="0"><text><t>[Threaded comment] needs a newer program</t></text></comment></commentList></comments>`,
			"xl/threadedComments/t1.xml":          `<ThreadedComments><threadedComment ref="B2" personId="{p}"><text>new</text></threadedComment></ThreadedComments>`,
		}, want: "1\n\nB2 new\nA1 Ann: old"},
		{name: "text box, chart, picture", sheet: `<sheetData><row><c><v>1</v></c></row></sheetData><drawing r:id="d"/>`, parts: map[string]string{
			"xl/worksheets/_rels/sheet1.xml.rels": relsOf(rel("d", "drawing", "../drawings/drawing1.xml")),
			"xl/drawings/drawing1.xml":            `<xdr:wsDr><xdr:twoCellAnchor><xdr:sp><xdr:txBody>` + ap("box") + `</xdr:txBody></xdr:sp></xdr:twoCellAnchor><xdr:pic/><xdr:graphicFrame><c:chart r:id="c"/></xdr:graphicFrame></xdr:wsDr>`,
			"xl/drawings/_rels/drawing1.xml.rels": relsOf(rel("c", "chart", "../charts/chart1.xml")),
			"xl/charts/chart1.xml":                chartXML,
		}, want: "1\n\nbox\n\nShips\n\n\tIn\nMay\t4.3\nJune\t5", warnings: "1 object-left-out"},
		{name: "damaged in the middle", sheet: `<sheetData><row><c><v>1</v></c></row><row><c><v>2</c></row></sheetData>`, want: "1\n2", warnings: "1 page-unreadable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), workbookOf(t, test.parts, test.sheet), "a.xlsx", Options{Full: strings.Contains(test.name, "comment")})
			if err != nil {
				t.Fatal(err)
			}
			checkStructure(t, doc)
			if got := doc.Text(); got != test.want {
				t.Errorf("text = %q\nwant   %q", got, test.want)
			}
			if got := linksOf(doc); got != test.links {
				t.Errorf("links = %s, want %s", got, test.links)
			}
			if got := strings.Join(warningCodes(doc), " "); got != test.warnings {
				t.Errorf("warnings = %v, want %q", doc.Warnings, test.warnings)
			}
			if meta := doc.Metadata; meta.Title != "Harbour" || meta.Author != "Ann Lee" || meta.Created == nil || meta.Modified == nil {
				t.Errorf("metadata = %+v", meta)
			}
		})
	}
}

// utf16Of encodes a part as some producers do.
func utf16Of(s string) string {
	out := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return string(out)
}

// TestOfficeVariants reads what producers make of the container rules.
func TestOfficeVariants(t *testing.T) {
	workbook := `<workbook><sheets><sheet name="S" r:id="s1" xmlns:r="r"/></sheets></workbook>`
	sheet := `<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>`
	strictRel := func(id, kind, target string) string {
		return `<Relationship Id="` + id + `" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/` + kind + `" Target="` + target + `"/>`
	}
	tests := []struct {
		name  string
		parts map[string]string
		want  Format
	}{
		{"backslashes", map[string]string{`xl\workbook.xml`: workbook, `xl\_rels\workbook.xml.rels`: relsOf(rel("s1", "worksheet", `worksheets\sheet1.xml`)), `xl\worksheets\sheet1.xml`: sheet}, FormatXLSX},
		{"strict", map[string]string{"_rels/.rels": relsOf(strictRel("a", "officeDocument", "/xl/workbook.xml")), "xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": relsOf(strictRel("s1", "worksheet", "/xl/worksheets/sheet1.xml")), "xl/worksheets/sheet1.xml": sheet}, FormatXLSX},
		{"main part elsewhere", map[string]string{"[Content_Types].xml": "<Types/>", "_rels/.rels": relsOf(rel("a", "officeDocument", "xl/book.xml")), "xl/book.xml": workbook, "xl/_rels/book.xml.rels": relsOf(rel("s1", "worksheet", "sheet.xml")), "xl/sheet.xml": sheet}, FormatXLSX},
		{"UTF-16", map[string]string{"xl/workbook.xml": utf16Of(`<?xml version="1.0" encoding="UTF-16"?>` + workbook), "xl/_rels/workbook.xml.rels": relsOf(rel("s1", "worksheet", "a.xml")), "xl/a.xml": utf16Of(sheet)}, FormatXLSX},
		{"prefixes", map[string]string{"xl/workbook.xml": `<q:workbook xmlns:q="q"><q:sheets><q:sheet name="S" z:id="s1" xmlns:z="z"/></q:sheets></q:workbook>`, "xl/_rels/workbook.xml.rels": relsOf(rel("s1", "worksheet", "a.xml")), "xl/a.xml": `<q:worksheet><q:sheetData><q:row><q:c><q:v>1</q:v></q:c></q:row></q:sheetData></q:worksheet>`}, FormatXLSX},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), zipOf(t, test.parts), "a.xlsm", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if doc.Format != test.want || doc.Text() != "1" || len(doc.Warnings) > 0 {
				t.Errorf("%s %q %v", doc.Format, doc.Text(), doc.Warnings)
			}
		})
	}
}

func TestOfficeEmbeddedDocuments(t *testing.T) {
	inner := workbookOf(t, nil, `<sheetData><row><c t="s"><v>0</v></c></row></sheetData>`)
	data := zipOf(t, map[string]string{
		"word/document.xml":            "<w:document><w:body>" + p("outer") + "</w:body></w:document>",
		"word/_rels/document.xml.rels": relsOf(rel("e", "package", "embeddings/Book.xlsx"), rel("o", "oleObject", "embeddings/oleObject1.bin")),
		"word/embeddings/Book.xlsx":    string(inner), "word/embeddings/oleObject1.bin": "x",
	})
	doc, err := Extract(t.Context(), data, "a.docx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Attachments) != 1 || doc.Attachments[0].Name != "Book.xlsx" || doc.Attachments[0].Document.Text() != "plain" {
		t.Errorf("attachments = %+v", doc.Attachments)
	}
	if got := strings.Join(warningCodes(doc), " "); got != "0 object-left-out" {
		t.Errorf("warnings = %s", got)
	}
}

func TestOfficeFurniture(t *testing.T) {
	header := map[string]string{"word/header1.xml": "<w:hdr>" + p("Company") + p("3") + "</w:hdr>"}
	doc, err := Extract(t.Context(), wordOf(t, p("body"), header), "a.docx", Options{})
	if err != nil || doc.Text() != "body" || len(doc.Warnings) != 1 || doc.Warnings[0].Code != WarnFurnitureLeftOut || !strings.Contains(doc.Warnings[0].Message, "Company") {
		t.Errorf("text %q, warnings %v, %v", doc.Text(), doc.Warnings, err)
	}
	// What is all there is stays.
	doc, err = Extract(t.Context(), wordOf(t, "<w:p/>", header), "a.docx", Options{})
	if err != nil || doc.Text() != "Company" || len(doc.Warnings) > 0 {
		t.Errorf("text %q, warnings %v, %v", doc.Text(), doc.Warnings, err)
	}
}

func TestCellsAreCountedOnce(t *testing.T) {
	sheet := `<sheetData>` + strings.Repeat(`<row><c><v>1</v></c><c><v>2</v></c></row>`, 50) + `</sheetData>`
	if _, err := Extract(t.Context(), workbookOf(t, nil, sheet), "a.xlsx", Options{Limits: Limits{Cells: 100}}); err != nil {
		t.Error(err)
	}
}

func TestOfficeLimits(t *testing.T) {
	wide := `<sheetData>` + strings.Repeat(`<row><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>`, 200) + `</sheetData>`
	diagonal := ""
	for i := range 300 {
		diagonal += `<row><c r="` + columnName(i) + `1"><v>1</v></c></row>`
	}
	manySlides := make([]string, 12)
	for i := range manySlides {
		manySlides[i] = slideOf("", sp("", 0, 0, ap("x")))
	}
	tests := []struct {
		name, limit string
		data        []byte
		limits      Limits
	}{
		{"cells", "Cells", workbookOf(t, nil, wide), Limits{Cells: 300}},
		{"cells between others", "Cells", workbookOf(t, nil, "<sheetData>"+diagonal+"</sheetData>"), Limits{Cells: 10_000}},
		{"text of a sheet", "TextBytes", workbookOf(t, nil, strings.Replace(wide, "<v>1</v>", "<v>"+strings.Repeat("1", 999)+"</v>", 3)), Limits{TextBytes: 2000}},
		{"shared strings", "TextBytes", workbookOf(t, map[string]string{"xl/sharedStrings.xml": "<sst>" + strings.Repeat("<si><t>hello world</t></si>", 200) + "</sst>"}, wide), Limits{TextBytes: 2000}},
		{"slides", "Pages", presentationOf(t, nil, manySlides...), Limits{Pages: 10}},
		{"sheets", "Pages", workbookOf(t, nil, manySlides...), Limits{Pages: 10}},
		{"depth", "XMLDepth", presentationOf(t, nil, strings.Repeat("<p:grpSp>", 500)), Limits{}},
		{"repeated rows", "Cells", openDocumentOf(t, "spreadsheet", "", `<table:table><table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row></table:table>`, nil), Limits{TextBytes: 1 << 40}},
		{"repeated long row", "TextBytes", openDocumentOf(t, "spreadsheet", "", `<table:table><table:table-row table:number-rows-repeated="1000000"><table:table-cell><text:p>`+strings.Repeat("x", 1000)+`</text:p></table:table-cell></table:table-row></table:table>`, nil), Limits{}},
		{"blanks", "TextBytes", openDocumentOf(t, "text", "", tp(strings.Repeat(`<text:s text:c="100"/>`, 100)), nil), Limits{TextBytes: 5000}},
		{"text of a part", "TextBytes", wordOf(t, p(strings.Repeat("words ", 4<<20)), nil), Limits{TextBytes: 1000, CompressionRatio: 10_000}},
		{"tiny paragraphs", "TextBytes", wordOf(t, strings.Repeat(p("x"), 200_000), nil), Limits{TextBytes: 1000, CompressionRatio: 10_000}},
		{"RTF groups", "XMLDepth", []byte(`{\rtf1 ` + strings.Repeat("{", 1000)), Limits{}},
		{"RTF text", "TextBytes", []byte(`{\rtf1 ` + strings.Repeat(`x\par `, 10_000) + "}"), Limits{TextBytes: 1000}},
		{"book", "Pages", bookOf(t, nil, manySlides...), Limits{Pages: 10}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), test.data, "a", Options{Limits: test.limits})
			var own *Error
			if !errors.As(err, &own) || own.Code != LimitExceeded || own.Limit != test.limit {
				t.Errorf("Extract = %.100v, %v; want the limit %s", doc, err, test.limit)
			}
		})
	}
}

func TestOfficeGolden(t *testing.T) {
	goldenDocument(t, "talk.pptx", presentationOf(t, map[string]string{
		"ppt/slides/_rels/slide1.xml.rels": relsOf(rel("h", "hyperlink", "https://example.com/plan")),
	}, slideOf("", sp("title", 0, 0, ap("Harbour plan"))+sp("", 0, 500, bulleted(0, "Dredge")+bulleted(1, "in spring")+`<a:p><a:r><a:rPr><a:hlinkClick r:id="h"/></a:rPr><a:t>the plan</a:t></a:r></a:p>`)), slideOf("", sp("", 0, 0, ap("港の計画")))))
	goldenDocument(t, "prices.xlsx", workbookOf(t, nil,
		`<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>item | unit</t></is></c><c r="B1" t="inlineStr"><is><t>price</t></is></c></row><row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" s="3"><v>12.25</v></c></row></sheetData>`,
		`<sheetData/>`, `<sheetData><row><c s="1"><v>45292</v></c></row></sheetData>`))
}

func FuzzPPTX(f *testing.F) {
	f.Add(slideOf("", sp("title", 0, 0, ap("a"))), slideOf("", sp("body", 0, 0, "")))
	f.Add(`<p:sp><a:tbl><a:tr><a:tc><a:p><a:p></a:tc></a:tbl><a:tc></p:sp></p:sp>`, `<p:bodyStyle><a:lvl9pPr><a:buNone/><a:lvlXpPr>`)
	f.Add(`<mc:AlternateContent><mc:Fallback></mc:Choice></mc:AlternateContent><a:p><m:oMath><m:f><m:num></m:den></m:oMath><m:oMath>`, ``)
	f.Fuzz(func(t *testing.T, slide, layout string) {
		checkExtract(t, FormatPPTX, presentationOf(t, map[string]string{
			"ppt/slides/_rels/slide1.xml.rels": relsOf(rel("l", "slideLayout", "../slideLayouts/l.xml"), rel("c", "chart", "../l.xml"), rel("d", "diagramData", "../l.xml"), rel("n", "notesSlide", "../l.xml")),
			"ppt/slideLayouts/l.xml":           layout,
			"ppt/l.xml":                        layout,
		}, slide))
	})
}

func FuzzXLSX(f *testing.F) {
	f.Add(`<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData>`, `<sst><si><t>a</t></si></sst>`, `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`)
	f.Add(`<c r="ZZZZ9"><v>1e999</v></c><row r="-1"><c r="A1" t="d"><v>x</v></c></row></row><hyperlink ref="A1:B" id="h">`, `</si><rPh></rPh></rPh>`, `<numFmt numFmtId="7" formatCode="[h"/>`)
	f.Fuzz(func(t *testing.T, sheet, strings, styles string) {
		checkExtract(t, FormatXLSX, workbookOf(t, map[string]string{
			"xl/sharedStrings.xml": strings, "xl/styles.xml": styles, "xl/c.xml": strings, "xl/t.xml": strings,
			"xl/worksheets/_rels/sheet1.xml.rels": relsOf(rel("h", "hyperlink", "https://example.com"), rel("c", "comments", "../c.xml"), rel("t", "threadedComment", "../t.xml"), rel("d", "drawing", "../c.xml")),
		}, sheet))
	})
}
