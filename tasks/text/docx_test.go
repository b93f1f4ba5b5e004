package text

import (
	"errors"
	"strings"
	"testing"
)

// wordOf makes a DOCX of a body and other parts.
func wordOf(t testing.TB, body string, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"_rels/.rels":       `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml": `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body + `</w:body></w:document>`,
	}
	var related strings.Builder
	for name, content := range parts {
		all[name] = content
		if kind, ok := strings.CutPrefix(name, "word/"); ok {
			kind = strings.TrimRight(strings.TrimSuffix(kind, ".xml"), "0123456789")
			related.WriteString(`<Relationship Id="` + name + `" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/` + kind + `" Target="` + strings.TrimPrefix(name, "word/") + `"/>`)
		}
	}
	related.WriteString(rel("L", "hyperlink", "https://example.com/l"))
	all["word/_rels/document.xml.rels"] = "<Relationships>" + related.String() + "</Relationships>"
	return zipOf(t, all)
}

// p is a paragraph with one run.
func p(text string) string { return "<w:p><w:r><w:t>" + text + "</w:t></w:r></w:p>" }

func listItem(numID, level, text string) string {
	return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + numID + `"/></w:numPr></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
}

const numberingXML = `<w:numbering>
<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num></w:numbering>`

const stylesXML = `<w:styles><w:style w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:styleId="Mine"><w:basedOn w:val="H1"/></w:style><w:style w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:styleId="Item"><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="Loop"><w:basedOn w:val="Loop"/></w:style></w:styles>`

func TestDOCX(t *testing.T) {
	tests := []struct {
		name, body string
		parts      map[string]string
		want       string
		links      string
		warnings   string
	}{
		{name: "paragraphs", body: p("a") + "<w:p/>" + p("b"), want: "a\n\nb"},
		{name: "runs, tabs, breaks", body: `<w:p><w:r><w:t xml:space="preserve">a </w:t></w:r><w:r><w:t>b</w:t><w:tab/><w:t>c</w:t><w:br/><w:t>d</w:t><w:noBreakHyphen/><w:softHyphen/><w:t>e</w:t></w:r></w:p>`, want: "a b\tc\nd-e"},
		{name: "tab stops are no tabs", body: `<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>a</w:t></w:r></w:p>`, want: "a"},
		{name: "tracked changes", body: `<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom></w:p>`, want: "new"},
		{name: "deleted row", body: `<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>` + p("x") + `</w:tc></w:tr><w:tr><w:tc>` + p("y") + `</w:tc></w:tr></w:tbl>`, want: "y"},
		{name: "field code", body: `<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>7</w:t></w:r></w:p>`, want: "7"},
		{name: "hidden", body: `<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>open</w:t></w:r></w:p>`, want: "open", warnings: "0 hidden-text"},
		{name: "hidden by a style", body: `<w:p><w:r><w:rPr><w:rStyle w:val="Secret"/></w:rPr><w:t>secret</w:t></w:r><w:r><w:t>open</w:t></w:r></w:p>`, parts: map[string]string{"word/styles.xml": stylesXML}, want: "open", warnings: "0 hidden-text"},
		{name: "table", body: p("before") + `<w:tbl><w:tr><w:tc>` + p("a") + p("b") + `</w:tc><w:tc>` + p("c") + `</w:tc></w:tr><w:tr><w:tc><w:p/></w:tc><w:tc>` + p("d") + `</w:tc></w:tr></w:tbl>` + p("after"), want: "before\n\na b\tc\n\td\n\nafter"},
		{name: "table in a table", body: `<w:tbl><w:tr><w:tc>` + p("left") + `</w:tc><w:tc><w:tbl><w:tr><w:tc>` + p("1") + `</w:tc><w:tc>` + p("2") + `</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>`, want: "left\n\n1\t2"},
		{name: "lists", body: listItem("1", "0", "a") + listItem("1", "1", "b") + listItem("1", "1", "c") + listItem("1", "0", "d") + listItem("1", "1", "e") + listItem("2", "0", "f") + listItem("3", "0", "g") + listItem("3", "0", "h"), parts: map[string]string{"word/numbering.xml": numberingXML}, want: "1. a\n  1.a) b\n  1.b) c\n2. d\n  2.a) e\n- f\n5. g\n6. h"},
		{name: "list by style, and out of it", body: `<w:p><w:pPr><w:pStyle w:val="Item"/></w:pPr><w:r><w:t>a</w:t></w:r></w:p><w:p><w:pPr><w:pStyle w:val="Item"/><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr><w:r><w:t>b</w:t></w:r></w:p>`, parts: map[string]string{"word/styles.xml": stylesXML, "word/numbering.xml": numberingXML}, want: "- a\n\nb"},
		{name: "numbered heading", body: `<w:p><w:pPr><w:pStyle w:val="Mine"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>Title</w:t></w:r></w:p>` + p("text"), parts: map[string]string{"word/styles.xml": stylesXML, "word/numbering.xml": numberingXML}, want: "1. Title\n\ntext"},
		{name: "style based on itself", body: `<w:p><w:pPr><w:pStyle w:val="Loop"/></w:pPr><w:r><w:t>a</w:t></w:r></w:p>`, parts: map[string]string{"word/styles.xml": stylesXML}, want: "a"},
		{name: "footnotes in the order of the text", body: `<w:p><w:r><w:t>a</w:t><w:footnoteReference w:id="3"/><w:t>b</w:t><w:endnoteReference w:id="3"/></w:r></w:p>`, parts: map[string]string{
			"word/footnotes.xml": `<w:footnotes><w:footnote w:id="0">` + p("separator") + `</w:footnote><w:footnote w:id="3">` + p("foot") + `</w:footnote></w:footnotes>`,
			"word/endnotes.xml":  `<w:endnotes><w:endnote w:id="3">` + p("end") + p("note") + `</w:endnote></w:endnotes>`,
		}, want: "a[1]b[2]\n\n[1] foot\n[2] end note"},
		{name: "headers once, no page numbers", body: p("body"), parts: map[string]string{
			"word/header1.xml": "<w:hdr>" + p("Company") + "</w:hdr>", "word/header2.xml": "<w:hdr>" + p("Company") + "</w:hdr>",
			"word/footer1.xml": "<w:ftr>" + p("Page 3 of 9") + p("12") + p("Confidential") + "</w:ftr>",
		}, want: "Company\n\nbody\n\nConfidential"},
		{name: "text box, once", body: `<w:p><w:r><w:t>anchor</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><wps:txbx><w:txbxContent>` + p("box") + `</w:txbxContent></wps:txbx></mc:Choice><mc:Fallback><v:textbox><w:txbxContent>` + p("box") + `</w:txbxContent></v:textbox></mc:Fallback></mc:AlternateContent></w:r></w:p>` + p("next"), want: "anchor\n\nbox\n\nnext"},
		{name: "comment", body: `<w:p><w:commentRangeStart w:id="1"/><w:r><w:t>a</w:t></w:r><w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r></w:p>`, parts: map[string]string{"word/comments.xml": `<w:comments><w:comment w:id="1" w:author="Ann">` + p("why") + `</w:comment></w:comments>`}, want: "a\n\nAnn: why"},
		{name: "complex field", body: `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://example.com/x" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>here</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t> and </w:t></w:r><w:fldSimple w:instr="HYPERLINK &quot;https://example.com/y&quot;"><w:r><w:t>there</w:t></w:r></w:fldSimple></w:p>`, want: "here and there", links: "here>https://example.com/x there>https://example.com/y"},
		{name: "hyperlink in a list and in a table", body: `<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr></w:pPr><w:r><w:t xml:space="preserve">see </w:t></w:r><w:hyperlink r:id="L"><w:r><w:t>this</w:t></w:r></w:hyperlink></w:p><w:tbl><w:tr><w:tc>` + p("x") + `</w:tc><w:tc><w:p><w:hyperlink r:id="L" w:anchor="a"><w:r><w:t>that</w:t></w:r></w:hyperlink></w:p></w:tc></w:tr></w:tbl>`, parts: map[string]string{"word/numbering.xml": numberingXML}, want: "- see this\n\nx\tthat", links: "this>https://example.com/l that>https://example.com/l#a"},
		{name: "equation", body: `<w:p><w:r><w:t xml:space="preserve">so </w:t></w:r><m:oMath><m:r><m:t>x=</m:t></m:r><m:f><m:num><m:r><m:t>-b</m:t></m:r><m:rad><m:deg/><m:e><m:sSup><m:e><m:r><m:t>a</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:e></m:rad></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></w:p><w:p><m:oMath><m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub><m:r><m:t>i</m:t></m:r></m:sub><m:sup><m:r><m:t>n</m:t></m:r></m:sup><m:e><m:d><m:e><m:r><m:t>i</m:t></m:r></m:e></m:d></m:e></m:nary></m:oMath><m:oMath><m:r><m:t>y</m:t></m:r></m:oMath></w:p>`, want: "so x=(-b√(a^2))/2\n\n∑_i^n (i) y"},
		{name: "ruby", body: `<w:p><w:r><w:ruby><w:rt><w:r><w:t>みなと</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>港</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>`, want: "港"},
		{name: "other prefix", body: `<x:p xmlns:x="http://purl.oclc.org/ooxml/wordprocessingml/main"><x:r><x:t>a</x:t></x:r></x:p>`, want: "a"},
		{name: "symbol", body: `<w:p><w:r><w:sym w:font="Symbol" w:char="F0B7"/><w:sym w:char="2192"/><w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:font="Wingdings" w:char="F001"/><w:t>a</w:t></w:r></w:p>`, want: "•→☑ a"},
		{name: "damaged side part", body: p("a"), parts: map[string]string{"word/styles.xml": "<w:styles><w:style"}, want: "a", warnings: "0 part-unreadable"},
		{name: "content control", body: `<w:sdt><w:sdtPr><w:alias w:val="x"/><w:t>no</w:t></w:sdtPr><w:sdtContent>` + p("a") + `</w:sdtContent></w:sdt>`, want: "a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), wordOf(t, test.body, test.parts), "a.docx", Options{Full: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Text(); got != test.want {
				t.Errorf("text = %q\nwant   %q", got, test.want)
			}
			checkStructure(t, doc)
			if got := linksOf(doc); got != test.links {
				t.Errorf("links = %s, want %s", got, test.links)
			}
			if got := strings.Join(warningCodes(doc), " "); got != test.warnings {
				t.Errorf("warnings = %v, want %q", doc.Warnings, test.warnings)
			}
		})
	}
}

func TestDOCXMainPartElsewhere(t *testing.T) {
	data := zipOf(t, map[string]string{
		"[Content_Types].xml": "<Types/>",
		"_rels/.rels":         `<Relationships><Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="/word/document2.xml"/></Relationships>`,
		"word/document2.xml":  "<w:document><w:body>" + p("a") + "</w:body></w:document>",
	})
	doc, err := Extract(t.Context(), data, "a.docx", Options{})
	if err != nil || doc.Text() != "a" {
		t.Errorf("Extract = %v, %v", doc, err)
	}
}

func TestDOCXChecksum(t *testing.T) {
	data := wordOf(t, p(strings.Repeat("same words ", 100)), nil)
	at := strings.Index(string(data), "word/document.xml") + len("word/document.xml") + 30
	data[at] ^= 0x10
	_, err := Extract(t.Context(), data, "a.docx", Options{})
	var own *Error
	if !errors.As(err, &own) || own.Code != CorruptDocument || !strings.Contains(own.Message, "word/document.xml") {
		t.Errorf("err = %v, want CorruptDocument naming the part", err)
	}
}

func TestFormatNumber(t *testing.T) {
	tests := []struct {
		n            int
		format, want string
	}{
		{4, "decimal", "4"},
		{4, "decimalZero", "04"},
		{12, "decimalZero", "12"},
		{1, "upperLetter", "A"},
		{28, "lowerLetter", "bb"},
		{1994, "upperRoman", "MCMXCIV"},
		{9, "lowerRoman", "ix"},
		{0, "upperRoman", "0"},
		{-1, "lowerLetter", "-1"},
		{3, "aiueo", "ウ"},
		{99, "aiueo", "99"},
		{2, "irohaFullWidth", "ロ"},
		{23, "japaneseCounting", "二十三"},
		{111, "japaneseCounting", "百十一"},
		{20, "taiwaneseDigital", "二〇"},
		{12, "decimalFullWidth", "１２"},
		{3, "decimalEnclosedCircle", "③"},
		{12, "ordinal", "12th"},
		{22, "ordinal", "22nd"},
	}
	for _, test := range tests {
		if got := formatNumber(test.n, test.format); got != test.want {
			t.Errorf("formatNumber(%d, %s) = %s, want %s", test.n, test.format, got, test.want)
		}
	}
}

func FuzzDOCX(f *testing.F) {
	f.Add(readDocument(f, "minutes.docx"))
	f.Add(wordOf(f, p("a"), map[string]string{"word/numbering.xml": numberingXML, "word/styles.xml": stylesXML}))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkExtract(t, FormatDOCX, data)
	})
}

// FuzzDOCXBody reaches what FuzzDOCX hardly can: the elements inside the container.
func FuzzDOCXBody(f *testing.F) {
	f.Add(p("a"), numberingXML, stylesXML)
	f.Add(`<w:tbl><w:tr><w:tc><w:tbl></w:tc></w:tbl></w:tr></w:p></w:txbxContent><w:txbxContent>`+p("a"), "", "")
	f.Add(`</mc:Choice></mc:AlternateContent><mc:Fallback/><w:p><w:p><w:r></w:p></w:r>`, "<w:num>", "<w:style>")
	f.Fuzz(func(t *testing.T, body, numbering, styles string) {
		checkExtract(t, FormatDOCX, wordOf(t, body, map[string]string{"word/numbering.xml": numbering, "word/styles.xml": styles}))
	})
}

// checkExtract holds any outcome of an extractor to what Extract promises. It calls the extractor without Extract's
// net, so that a panic is seen.
func checkExtract(t *testing.T, format Format, data []byte) {
	t.Helper()
	limits := Limits{DecompressedBytes: 8 << 20}.withDefaults()
	doc := &Document{Format: format}
	src := &source{shared: &shared{}, data: data, limits: limits}
	err := extractors[format](t.Context(), src, doc)
	if err == nil {
		err = finish(src, doc)
	}
	var own *Error
	if err != nil && !errors.As(err, &own) {
		t.Errorf("error of type %T: %v", err, err)
	}
}
