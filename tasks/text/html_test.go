package text

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestHTML(t *testing.T) {
	long := strings.Repeat("Words of the article itself. ", 12)
	tests := []struct{ name, page, want string }{
		{"inline", "<p>a<b>b</b> c<i> d</i>e</p>", "ab c de"},
		{"white space", "<p>  a \n\t b&nbsp;c  </p>\n\n<p>d</p>", "a b c\n\nd"},
		{"line break", "<p>a<br>b<br/>c</p>", "a\nb\nc"},
		{"entities", "<p>a &amp; b &lt;c&gt; &eacute; &#x65E5;</p>", "a & b <c> é 日"},
		{"blocks", "<h1>T</h1><div>a</div><div>b</div><p>c", "T\n\na\nb\n\nc"},
		{"script and style", "<style>p{}</style><p>a<script>var x = '<p>no</p>'</script>b</p><noscript>no</noscript>", "ab"},
		{"comment", "<p>a<!-- no -->b</p>", "ab"},
		{"list", "<ul><li>a<li>b<ol start=3><li>c</li><li>d</li></ol></li></ul>", "- a\n- b\n  3. c\n  4. d"},
		{"definition list", "<dl><dt>a<dd>b</dl>", "a\nb"},
		{"table", "<table><tr><th>a</th><th>b</th></tr><tr><td>1<p>x</p></td><td></td><td>3</td></table>after", "a\tb\n1 x\t\t3\n\nafter"},
		{"layout table", "<table><tr><td><h1>T</h1><p>a</p></td><td><table><tr><td>x</td><td>y</td></tr></table></td></tr></table>", "T\n\na\n\nx\ty"},
		{"pre", "<pre>\n a  b\n  c\n</pre>d", " a  b\n  c\n\nd"},
		{"image text", `<p>see <img src=x alt="a chart"> here</p>`, "see a chart here"},
		{"soft hyphen", "<p>hyphen&shy;ation zero&#x200B;width</p>", "hyphenation zerowidth"},
		{"furniture", "<nav>menu</nav><aside>ad</aside><p>" + long + "</p><footer>imprint</footer>", strings.TrimSpace(long)},
		{"roles", `<div role="navigation"><div>menu</div></div><p>` + long + `</p><div role=banner>b</div>`, strings.TrimSpace(long)},
		{"main", "<div>before</div><main><p>" + long + "</p></main><div>after</div>", strings.TrimSpace(long)},
		{"articles", "<div>x</div><article>" + long + "</article><div>y</div><article>" + long + "<footer>own</footer></article>", strings.TrimSpace(long) + "\n\n" + strings.TrimSpace(long) + "\n\nown"},
		{"hidden", `<p>` + long + `</p><div hidden>no</div><div style="color:red; DISPLAY : none">no <div>no</div> no</div>`, strings.TrimSpace(long)},
		{"nav never closed", "<nav><a>menu</a><p>" + long + "</p>", "menu\n\n" + strings.TrimSpace(long)},
		{"nothing but a menu", "<nav><ul><li>Home<li>Prices</ul></nav>", "- Home\n- Prices"},
		{"select", "<p>a <select><option>no</select> b</p>", "a b"},
		{"svg", "<p>a<svg><title>no</title><text>no</text></svg>b", "ab"},
		{"end tags without a start", "</div></table></ul></main></nav>a</p>b", "a\n\nb"},
		{"stray cell", "<td>a<td>b", "a b"},
		{"quotation", "<p>he said <q>yes</q></p>", "he said “yes”"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), []byte("<html><body>"+test.page), "a.html", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Text(); got != test.want {
				t.Errorf("text = %q\nwant   %q", got, test.want)
			}
		})
	}
}

func TestHTMLMetadata(t *testing.T) {
	page := `<html><head><title> The
	title </title><meta name=author content="Ann Lee"><meta property="article:published_time" content="2026-10-09T08:00:00+02:00"></head><p>text</p>`
	doc, err := Extract(t.Context(), []byte(page), "a.html", Options{})
	if err != nil {
		t.Fatal(err)
	}
	meta := doc.Metadata
	if meta.Title != "The title" || meta.Author != "Ann Lee" || meta.Created == nil || meta.Created.Hour() != 6 {
		t.Errorf("metadata = %+v", meta)
	}
}

func TestHTMLDepth(t *testing.T) {
	page := "<html>" + strings.Repeat("<div><table><tr><td><ul><li>", 50_000) + "deep"
	doc, err := Extract(t.Context(), []byte(page), "a.html", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimLeft(doc.Text(), " -"); got != "deep" {
		t.Errorf("text = %.100q, want deep", got)
	}
}

func FuzzHTML(f *testing.F) {
	f.Add(string(readDocument(f, "page.html")))
	f.Add("<table><td><table><tr><nav hidden></table><li><pre>\n</pre>")
	f.Add("<main></main></main><main><article></article></article>x")
	f.Add("<div hidden><div></div><svg/><nav/>")
	f.Fuzz(func(t *testing.T, page string) {
		doc := &Document{}
		if err := extractHTML(t.Context(), &source{text: page, limits: DefaultLimits()}, doc); err != nil {
			t.Fatal(err)
		}
		text := doc.Text()
		if utf8.ValidString(page) && !utf8.ValidString(text) {
			t.Errorf("invalid UTF-8: %q", text)
		}
		if strings.Contains(text, "\n\n\n") && !strings.Contains(strings.ToLower(page), "<pre") {
			t.Errorf("more than one blank line: %q", text)
		}
	})
}

func TestHTMLStructure(t *testing.T) {
	page := `<html><body><main><h2>Head<br>line</h2>
<p>See <a href="https://example.com/a b">the <b>plan</b></a> and <a href="#top">top</a>.<br>Second line.</p>
<ul><li>one<li>two<ol><li><a href="mailto:x@example.com">deep</a></ol></ul>
<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
<pre>
 x = 1
 y = 2</pre>
<table><tr><td>only</td></tr><tr><td>one column</td></tr></table></main><footer>no</footer>`
	doc, err := Extract(t.Context(), []byte(page), "a.html", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range doc.Pages[0].Blocks {
		got = append(got, fmt.Sprintf("%s %d %q", b.Kind, b.Level, doc.Pages[0].Text[b.Start:b.End]))
	}
	want := []string{
		`heading 2 "Head\nline"`,
		`paragraph 0 "See the plan and top.\nSecond line."`,
		`list-item 1 "- one"`,
		`list-item 1 "- two"`,
		`list-item 2 "  1. deep"`,
		`table 0 "a\tb\n1\t2"`,
		`code 0 " x = 1\n y = 2"`,
		`paragraph 0 "only\none column"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
	var links []string
	for _, l := range doc.Pages[0].Links {
		links = append(links, doc.Pages[0].Text[l.Start:l.End]+" "+l.URL)
	}
	if diff := cmp.Diff([]string{"the plan https://example.com/a b", "deep mailto:x@example.com"}, links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	wantMarkdown := "## Head line\n\nSee [the plan](https://example.com/a%20b) and top.  \nSecond line.\n\n- one\n- two\n  1. [deep](mailto:x@example.com)\n\n" +
		"| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```\n x = 1\n y = 2\n```\n\nonly  \none column\n"
	if diff := cmp.Diff(wantMarkdown, doc.Markdown()); diff != "" {
		t.Errorf("Markdown (-want +got):\n%s", diff)
	}
}

func TestHTMLSpans(t *testing.T) {
	tests := []struct{ name, table, want string }{
		{"columns", "<tr><th>a<th colspan=2>b<tr><td>1<td>2<td>3", "a\tb\tb\n1\t2\t3"},
		{"rows", "<tr><td rowspan=2>a<td>1<tr><td>2<tr><td>b<td>3", "a\t1\na\t2\nb\t3"},
		{"last column", "<tr><td>1<td rowspan=2>a<tr><td>2", "1\ta\n2\ta"},
		{"both", "<tr><td>1<td rowspan=2 colspan=2>a<tr><td>2<tr><td>3<td>4<td>5", "1\ta\ta\n2\ta\ta\n3\t4\t5"},
		{"title", "<tr><td colspan=9>title<tr><td>1<td>2", "title\n1\t2"},
		{"hole before a span", "<tr><td>1<td>2<td rowspan=2>a<tr><td>3", "1\t2\ta\n3\t\ta"},
		{"no number", "<tr><td rowspan=x colspan=-1>1<td>2", "1\t2"},
		{"too many rows", "<tr><td rowspan=99999999>a<td>1<tr><td>2", "a\t1\n2"},
		{"layout", "<tr><td rowspan=2>a<td><table><tr><td>x<td>y</table><tr><td>b", "a\n\nx\ty\n\nb"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), []byte("<html><table>"+test.table+"</table>"), "a.html", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Text(); got != test.want {
				t.Errorf("text = %q\nwant   %q", got, test.want)
			}
		})
	}
	bomb := "<html><table><tr>" + strings.Repeat("<td rowspan=1000>"+strings.Repeat("a", 200), 100) + strings.Repeat("<tr><td>x", 1_000)
	_, err := Extract(t.Context(), []byte(bomb), "a.html", Options{Limits: Limits{TextBytes: 1 << 20}})
	var own *Error
	if !errors.As(err, &own) || own.Limit != "TextBytes" {
		t.Errorf("error %v, want the limit TextBytes", err)
	}
}
