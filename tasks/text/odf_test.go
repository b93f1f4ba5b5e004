package text

import (
	"errors"
	"strings"
	"testing"
)

const odfListStyles = `<text:list-style style:name="N"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/><text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")" text:display-levels="2"/></text:list-style>
<text:list-style style:name="B"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/></text:list-style>
<style:style style:name="Big" style:family="paragraph" style:parent-style-name="Title"/><style:style style:name="Gone" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="Bare" style:family="paragraph"><style:paragraph-properties text:enable-numbering="false"/></style:style>
<style:style style:name="HiddenSheet" style:family="table"><style:table-properties table:display="false"/></style:style>`

func listOf(style string, items ...string) string {
	return `<text:list text:style-name="` + style + `"><text:list-item>` + strings.Join(items, `</text:list-item><text:list-item>`) + `</text:list-item></text:list>`
}

func tp(text string) string { return "<text:p>" + text + "</text:p>" }

func TestODT(t *testing.T) {
	tests := []struct {
		name, body string
		parts      map[string]string
		want       string
		kinds      string
		links      string
		warnings   string
	}{
		{name: "headings", body: `<text:p text:style-name="Big">Top</text:p><text:h text:outline-level="2">Part</text:h>` + tp("text"), want: "Top\n\nPart\n\ntext", kinds: "heading1 heading2 paragraph"},
		{name: "white space", body: tp("  a\n  b<text:s text:c=\"3\"/>c<text:tab/>d<text:line-break/>e<text:span> f </text:span> g "), want: "a b   c\td\ne f g"},
		{name: "lists", body: listOf("N", tp("a")+listOf("N", tp("b"), tp("c")), tp("d")) + listOf("N", tp("e")) + listOf("B", tp("f")+tp("more")), want: "1. a\n  1.a) b\n  1.b) c\n2. d\n1. e\n- f\n\nmore", kinds: "list-item1 list-item2 list-item2 list-item1 list-item1 list-item1 paragraph"},
		{name: "list that goes on", body: listOf("N", tp("a")) + strings.Replace(listOf("N", tp("b")), `"N"`, `"N" text:continue-numbering="true"`, 1) + `<text:list text:style-name="N"><text:list-item text:start-value="7">` + tp("c") + `</text:list-item><text:list-header>` + tp("plain") + `</text:list-header></text:list>`, want: "1. a\n2. b\n7. c\n\nplain"},
		{name: "list that goes on inside", body: listOf("N", tp("a")+listOf("N", tp("b"))) + tp("between") + strings.Replace(listOf("N", listOf("N", tp("c")), tp("d")), `"N"`, `"N" text:continue-numbering="true"`, 1), want: "1. a\n  1.a) b\n\nbetween\n\n  1.b) c\n2. d"},
		{name: "no mark", body: listOf("B", `<text:p text:style-name="Bare">a</text:p>`), want: "a", kinds: "paragraph"},
		{name: "link", body: tp(`see <text:a xlink:href="https://example.com/">this</text:a> and <text:a xlink:href="#here">that</text:a>`), want: "see this and that", links: "this>https://example.com/"},
		{name: "table", body: `<table:table><table:table-header-rows><table:table-row><table:table-cell table:number-columns-spanned="2">` + tp("head") + `</table:table-cell><table:covered-table-cell/></table:table-row></table:table-header-rows><table:table-row><table:table-cell>` + tp("1") + tp("2") + `</table:table-cell><table:table-cell>` + tp("3") + `</table:table-cell></table:table-row></table:table>`, want: "head\n1 2\t3", kinds: "table"},
		{name: "notes", body: tp(`a<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>`+tp("foot")+`</text:note-body></text:note>b<text:note text:note-class="endnote"><text:note-citation>i</text:note-citation><text:note-body>`+tp("end")+`</text:note-body></text:note>`) + tp("next"), want: "a[1]b[2]\n\nnext\n\n[1] foot\n[2] end", kinds: "paragraph paragraph note note"},
		{name: "left out", body: `<text:tracked-changes><text:changed-region><text:deletion>` + tp("deleted") + `</text:deletion></text:changed-region></text:tracked-changes>` + tp(`a<office:annotation>`+tp("comment")+`</office:annotation><text:ruby><text:ruby-base>港</text:ruby-base><text:ruby-text>みなと</text:ruby-text></text:ruby>`) + `<text:table-of-content><text:table-of-content-source><text:index-title-template>T</text:index-title-template></text:table-of-content-source><text:index-body>` + tp("entry") + `</text:index-body></text:table-of-content>`, want: "a港\n\nentry", warnings: "0 object-left-out"},
		{name: "hidden", body: tp(`a<text:span text:style-name="Gone">secret</text:span>b`), want: "ab", warnings: "0 hidden-text"},
		{name: "text box and picture", body: tp(`anchor<draw:frame><draw:text-box>`+tp("box")+`</draw:text-box><svg:desc>no</svg:desc></draw:frame><draw:frame><draw:image xlink:href="Pictures/1.png"/></draw:frame>`) + tp("next"), want: "anchor\n\nbox\n\nnext", warnings: "0 object-left-out"},
		{name: "chart and formula", body: tp(`<draw:frame><draw:object xlink:href="./Object 1"/><draw:image xlink:href="./ObjectReplacements/Object 1"/></draw:frame><draw:frame><draw:object xlink:href="./Object 2"/></draw:frame>`), parts: map[string]string{
			"Object 1/content.xml": `<office:document-content><office:body><office:chart><chart:chart><chart:title>` + tp("Ships") + `</chart:title><table:table><table:table-row><table:table-cell>` + tp("May") + `</table:table-cell><table:table-cell>` + tp("4") + `</table:table-cell></table:table-row></table:table></chart:chart></office:chart></office:body></office:document-content>`,
			"Object 2/content.xml": `<math><semantics><annotation encoding="StarMath 5.0">E = m c^2</annotation></semantics></math>`,
		}, want: "Ships\n\nMay\t4\n\nE = m c^2"},
		{name: "headers and footers", body: tp("body"), parts: map[string]string{
			"styles.xml": `<office:document-styles ` + odfNamespaces + `><office:master-styles><style:master-page><style:header>` + tp("Company") + `</style:header><style:header-left>` + tp("Company") + `</style:header-left><style:footer>` + tp("Page <text:page-number>3</text:page-number>") + tp("Confidential") + `</style:footer></style:master-page></office:master-styles></office:document-styles>`,
		}, want: "Company\n\nbody\n\nConfidential"},
		{name: "numbered headings", body: `<text:h text:outline-level="1">A</text:h><text:h text:outline-level="2">B</text:h><text:h text:outline-level="2">C</text:h>`, parts: map[string]string{
			"styles.xml": `<office:document-styles ` + odfNamespaces + `><office:styles><text:outline-style><text:outline-level-style text:level="1" style:num-format="1"/><text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/></text:outline-style></office:styles></office:document-styles>`,
		}, want: "1 A\n\n1.1 B\n\n1.2 C"},
		{name: "damaged styles", body: tp("a"), parts: map[string]string{"styles.xml": "<office:document-styles>"}, want: "a", warnings: "0 part-unreadable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), openDocumentOf(t, "text", odfListStyles, test.body, test.parts), "a.odt", Options{Full: true})
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
			if meta := doc.Metadata; meta.Title != "Harbour" || meta.Author != "Ann Lee" || meta.Created == nil || meta.Modified == nil {
				t.Errorf("metadata = %+v", meta)
			}
		})
	}
}

func TestODS(t *testing.T) {
	cell := func(text string) string { return `<table:table-cell>` + tp(text) + `</table:table-cell>` }
	row := func(cells string) string { return `<table:table-row>` + cells + `</table:table-row>` }
	tests := []struct{ name, body, want, warnings string }{
		{"cells", `<table:table table:name="A">` + row(cell("1")+`<table:table-cell table:number-columns-repeated="3"/>`+cell("2")) + `<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>` + row(cell("3")) + `</table:table>`, "A:1\t2\n3", ""},
		{"values without text", `<table:table table:name="A">` + row(`<table:table-cell office:value-type="float" office:value="1.50"/><table:table-cell office:value-type="boolean" office:boolean-value="true"/><table:table-cell office:value-type="date" office:date-value="2024-05-01"/>`) + `</table:table>`, "A:1.5\tTRUE\t2024-05-01", ""},
		{"repeated", `<table:table table:name="A"><table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2">` + tp("x") + `</table:table-cell></table:table-row></table:table>`, "A:x\tx\nx\tx", ""},
		{"sheets, one hidden", `<table:table table:name="A">` + row(cell("1")) + `</table:table><table:table table:name="B" table:style-name="HiddenSheet">` + row(cell("2")) + `</table:table>`, "A:1\n----\nB:2", "2 hidden-text"},
		{"comment, shape, hidden row", `<table:table table:name="A"><table:shapes><draw:frame><draw:text-box>` + tp("box") + `</draw:text-box></draw:frame></table:shapes><table:table-row table:visibility="collapse"><table:table-cell/><table:table-cell><office:annotation><dc:creator>Ann</dc:creator>` + tp("why") + `</office:annotation>` + tp("1") + `</table:table-cell></table:table-row></table:table>`, "A:1\n\nbox\n\nB1 why", "1 hidden-text"},
		{"lines in a cell", `<table:table table:name="A">` + row(`<table:table-cell>`+tp("a")+tp("b<text:tab/>c")+`</table:table-cell>`+cell("d")) + `</table:table>`, "A:a b c\td", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), openDocumentOf(t, "spreadsheet", odfListStyles, test.body, nil), "a.ods", Options{Full: strings.Contains(test.name, "comment")})
			if err != nil {
				t.Fatal(err)
			}
			checkStructure(t, doc)
			if got := pagesOf(doc); got != test.want {
				t.Errorf("pages = %q\nwant    %q", got, test.want)
			}
			if got := strings.Join(warningCodes(doc), " "); got != test.warnings {
				t.Errorf("warnings = %v, want %q", doc.Warnings, test.warnings)
			}
		})
	}
}

func TestODP(t *testing.T) {
	frame := func(attributes, content string) string {
		return `<draw:frame ` + attributes + `><draw:text-box>` + content + `</draw:text-box></draw:frame>`
	}
	body := `<presentation:footer-decl>never</presentation:footer-decl><draw:page draw:name="page1">` +
		frame(`svg:x="1cm" svg:y="9cm" svg:width="5cm" svg:height="1cm"`, tp("low")) +
		frame(`svg:x="9cm" svg:y="2.1cm" svg:width="5cm" svg:height="2cm"`, tp("right")) +
		frame(`svg:x="10mm" svg:y="2cm" svg:width="5cm" svg:height="2cm"`, listOf("B", tp("left"))) +
		frame(`presentation:class="title" svg:x="1cm" svg:y="12cm"`, tp("The")+tp("Title")) +
		frame(`presentation:class="outline" presentation:placeholder="true"`, tp("Click here")) +
		`<draw:g>` + `<draw:custom-shape svg:x="1cm" svg:y="20cm">` + tp("shape") + `</draw:custom-shape></draw:g>` +
		`<presentation:notes>` + frame(`presentation:class="notes"`, tp("say")+tp("this")) + frame(`presentation:class="page-number"`, tp("1")) + `</presentation:notes></draw:page>` +
		`<draw:page draw:name="page2"><draw:frame svg:x="0cm" svg:y="0cm"><table:table><table:table-row><table:table-cell>` + tp("a") + `</table:table-cell><table:table-cell>` + tp("b") + `</table:table-cell></table:table-row></table:table></draw:frame></draw:page>`
	doc, err := Extract(t.Context(), openDocumentOf(t, "presentation", odfListStyles, body, nil), "a.odp", Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkStructure(t, doc)
	want := "The Title\n\n- left\n\nright\n\nlow\n\nshape\n\nsay\nthis\n----\na\tb"
	if got := pagesOf(doc); got != want {
		t.Errorf("pages = %q\nwant    %q", got, want)
	}
	if got, want := kindsOf(doc), "heading1 list-item1 paragraph paragraph paragraph note table"; got != want {
		t.Errorf("kinds = %s, want %s", got, want)
	}
}

func TestODFErrors(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		code Code
	}{
		{"encrypted", openDocumentOf(t, "text", "", tp("x"), map[string]string{"META-INF/manifest.xml": `<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`}), EncryptedDocument},
		{"no content", zipOf(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.text"}), CorruptDocument},
		{"broken content", zipOf(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<office:body"}), CorruptDocument},
		{"empty", openDocumentOf(t, "presentation", "", "", nil), NoText},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Extract(t.Context(), test.data, "a.odt", Options{})
			var own *Error
			if !errors.As(err, &own) || own.Code != test.code {
				t.Errorf("err = %v, want %s", err, test.code)
			}
		})
	}
}

func FuzzODF(f *testing.F) {
	f.Add("text", odfListStyles, tp("a")+listOf("N", tp("b")))
	f.Add("spreadsheet", "", `<table:table><table:table-row table:number-rows-repeated="9"><table:table-cell table:number-columns-repeated="9">`+tp("x")+`</table:table-cell></table:table-row></table:table>`)
	f.Add("presentation", "", `<draw:page><draw:frame><draw:text-box>`+tp("a")+`</draw:frame></draw:page></draw:text-box></draw:page><presentation:notes>`)
	f.Add("text", "</office:automatic-styles>", `</text:p></text:list></table:table-cell></table:table-row></table:table><text:note-body></draw:frame></text:note-body></draw:frame>`)
	f.Add("spreadsheet", "", `<table:table><table:table-cell><table:table><office:annotation></table:table-cell></office:annotation></table:table></table:table></table:table-row>`)
	f.Fuzz(func(t *testing.T, kind, styles, body string) {
		data := openDocumentOf(t, kind, styles, body, map[string]string{"styles.xml": styles, "Object/content.xml": body})
		for _, format := range []Format{FormatODT, FormatODS, FormatODP} {
			checkExtract(t, format, data)
		}
	})
}
