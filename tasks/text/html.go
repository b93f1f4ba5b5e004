package text

import (
	"context"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// extractHTML reads the visible main content of a page. It works on the token stream, not on a tree: tokens cost the
// same however deep or broken the nesting is.
func extractHTML(ctx context.Context, src *source, doc *Document) error {
	reader := &htmlReader{skipFurniture: !src.full, limits: src.limits}
	if err := reader.read(ctx, src.text); err != nil {
		return err
	}
	const hardlyAnything = 200
	if reader.skipOpen() || reader.out.mark() < hardlyAnything {
		// A nav or aside that never closes swallows the page, and some pages are nothing but a menu: read it again,
		// furniture and all.
		reader = &htmlReader{limits: src.limits}
		if err := reader.read(ctx, src.text); err != nil {
			return err
		}
	}
	doc.Metadata.Title = reader.title
	doc.Metadata.Author = reader.author
	doc.Metadata.Created = parseTime(reader.published)
	doc.Metadata.Modified = parseTime(reader.modified)
	whole := []span{{0, reader.out.mark()}}
	if main := reader.main(); len(main) > 0 && !src.full {
		whole = main
	}
	if reader.hidden {
		doc.warn(0, WarnHiddenText, "text that the page hides was left out")
	}
	doc.Pages = []Page{reader.out.page(whole)}
	return nil
}

// main is what stands between <main> and </main>, or in all articles, if the page marks one and it is not a mere shell.
func (r *htmlReader) main() []span {
	all := len(r.out.text())
	for _, marked := range [][]span{r.mains, r.articles} {
		size := 0
		for _, s := range marked {
			_, part := r.out.trimmed(s)
			size += len(part)
		}
		if size > 0 && size*4 >= all {
			return marked
		}
	}
	return nil
}

// span is a range of bytes in the output.
type span struct{ start, end int }

type htmlReader struct {
	// skipFurniture leaves out navigation, asides, forms' controls and the page's own header and footer.
	skipFurniture bool
	limits        Limits

	out       layout
	skip      []atom.Atom
	mains     []span
	articles  []span
	openMains int
	openArts  int
	hidden    bool

	title, author, published, modified string
	inTitle                            bool
	lists                              []listState
}

type listState struct {
	ordered bool
	next    int
}

func (r *htmlReader) skipOpen() bool {
	for _, element := range r.skip {
		if !rawContent[element] {
			return true
		}
	}
	return false
}

// rawContent is never text, closed or not.
var rawContent = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true, atom.Svg: true, atom.Math: false,
	atom.Iframe: true, atom.Object: true, atom.Select: true, atom.Datalist: true, atom.Canvas: true, atom.Noembed: true,
	atom.Noframes: true, atom.Audio: true, atom.Video: true, atom.Textarea: true, atom.Button: true,
}

// furniture stands around the content of a page.
var furniture = map[atom.Atom]bool{atom.Nav: true, atom.Aside: true, atom.Dialog: true, atom.Menu: true}

// furnitureRoles are the ARIA roles of the same.
var furnitureRoles = map[string]bool{
	"navigation": true, "complementary": true, "search": true, "banner": true, "contentinfo": true, "menu": true,
	"menubar": true, "dialog": true, "alertdialog": true, "toolbar": true, "tooltip": true,
}

var blocks = map[atom.Atom]bool{
	atom.Address: true, atom.Article: true, atom.Aside: true, atom.Blockquote: true, atom.Body: true, atom.Caption: true,
	atom.Center: true, atom.Dd: true, atom.Details: true, atom.Dialog: true, atom.Dir: true, atom.Div: true, atom.Dl: true,
	atom.Dt: true, atom.Fieldset: true, atom.Figcaption: true, atom.Figure: true, atom.Footer: true, atom.Form: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Header: true,
	atom.Hgroup: true, atom.Hr: true, atom.Legend: true, atom.Li: true, atom.Main: true, atom.Nav: true, atom.Ol: true,
	atom.Option: true, atom.P: true, atom.Pre: true, atom.Section: true, atom.Summary: true, atom.Table: true,
	atom.Tbody: true, atom.Tfoot: true, atom.Thead: true, atom.Tr: true, atom.Ul: true,
}

// paragraphs are the blocks that a blank line sets apart.
var paragraphs = map[atom.Atom]bool{
	atom.P:     true,
	atom.Table: true, atom.Ul: true, atom.Ol: true, atom.Dl: true, atom.Pre: true, atom.Blockquote: true, atom.Article: true,
	atom.Section: true, atom.Figure: true, atom.Hr: true, atom.Main: true, atom.Header: true, atom.Footer: true,
}

var headings = map[atom.Atom]bool{
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true,
}

func (r *htmlReader) read(ctx context.Context, page string) error {
	tokens := html.NewTokenizer(strings.NewReader(page))
	for n := 0; ; n++ {
		if n%256 == 0 {
			if err := contextError(ctx); err != nil {
				return err
			}
			// Cells that span rows are written in each of them: a small page can have a large text.
			if limit := r.limits.TextBytes; int64(r.out.mark()) > limit {
				return over("TextBytes", limit, "the page has more text than is allowed")
			}
		}
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			if err := tokens.Err(); err != io.EOF {
				return fail(CorruptDocument, "the page cannot be read: %w", err)
			}
			r.closeSpans()
			return nil
		case html.TextToken:
			r.text(string(tokens.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			r.start(tokens, kind == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := tokens.TagName()
			r.end(atom.Lookup(name))
		}
	}
}

func (r *htmlReader) text(s string) {
	switch {
	case r.inTitle:
		r.title += s
	case len(r.skip) == 0:
		r.out.write(s)
	case strings.TrimSpace(s) != "" && r.skip[0] == 0:
		r.hidden = true
	}
}

// attributes that matter, of one tag.
type attributes map[string]string

func readAttributes(tokens *html.Tokenizer) attributes {
	attrs := attributes{}
	for {
		key, value, more := tokens.TagAttr()
		switch k := string(key); k {
		case "hidden", "role", "style", "name", "property", "content", "start", "alt", "type", "aria-hidden", "href", "colspan", "rowspan":
			if _, seen := attrs[k]; !seen {
				attrs[k] = string(value)
			}
		}
		if !more {
			return attrs
		}
	}
}

// number reads a whole number below ten million; anything else is 0.
func (a attributes) number(name string) int {
	n, err := strconv.Atoi(strings.TrimSpace(a[name]))
	if err != nil || n < 0 || n > 10_000_000 {
		return 0
	}
	return n
}

func (a attributes) hides() bool {
	if value, ok := a["hidden"]; ok && !strings.EqualFold(value, "until-found") {
		return true
	}
	style := strings.ToLower(strings.Join(strings.Fields(a["style"]), ""))
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

// impliedEnd are elements whose end tag may be missing: they cannot be skipped until an end tag comes.
var impliedEnd = map[atom.Atom]bool{
	atom.P: true, atom.Li: true, atom.Dt: true, atom.Dd: true, atom.Tr: true, atom.Td: true, atom.Th: true, atom.Option: true,
	atom.Body: true, atom.Html: true, atom.Head: true, atom.Thead: true, atom.Tbody: true, atom.Tfoot: true, atom.Main: true,
}

var void = map[atom.Atom]bool{
	atom.Area: true, atom.Base: true, atom.Br: true, atom.Col: true, atom.Embed: true, atom.Hr: true, atom.Img: true,
	atom.Input: true, atom.Link: true, atom.Meta: true, atom.Param: true, atom.Source: true, atom.Track: true, atom.Wbr: true,
}

func (r *htmlReader) start(tokens *html.Tokenizer, selfClosing bool) {
	name, hasAttributes := tokens.TagName()
	element := atom.Lookup(name)
	var attrs attributes
	if hasAttributes {
		attrs = readAttributes(tokens)
	}
	if len(r.skip) > 0 {
		// Only the same element nested matters: its end tags must be counted.
		if last := r.skip[len(r.skip)-1]; element == last && !selfClosing && !void[element] {
			r.skip = append(r.skip, element)
		}
		return
	}
	switch {
	case element == atom.Title:
		r.inTitle = r.title == ""
		return
	case element == atom.Meta:
		r.meta(attrs)
		return
	case void[element]:
		r.void(element, attrs)
		return
	case rawContent[element], r.isFurniture(element, attrs):
		if !selfClosing || element != atom.Svg {
			r.block(element)
			r.skip = append(r.skip, element)
		}
		return
	case attrs.hides() && !impliedEnd[element] && element != 0:
		// A zero at the bottom marks a skip because of hiding.
		r.skip = append(r.skip, 0, element)
		return
	}
	r.open(element, attrs)
}

func (r *htmlReader) isFurniture(element atom.Atom, attrs attributes) bool {
	if !r.skipFurniture || impliedEnd[element] {
		return false
	}
	inContent := r.openMains > 0 || r.openArts > 0
	if furniture[element] || furnitureRoles[strings.ToLower(attrs["role"])] {
		return true
	}
	// The footer of an article is its own; the page's is furniture. A header often holds the only headline: it stays.
	return element == atom.Footer && !inContent
}

func (r *htmlReader) meta(attrs attributes) {
	key := strings.ToLower(attrs["name"] + attrs["property"])
	switch value := attrs["content"]; key {
	case "author", "dc.creator", "article:author":
		if r.author == "" && !strings.Contains(value, "://") {
			r.author = value
		}
	case "article:published_time", "date", "dc.date":
		r.published = value
	case "article:modified_time", "last-modified":
		r.modified = value
	}
}

func (r *htmlReader) void(element atom.Atom, attrs attributes) {
	switch element {
	case atom.Br:
		r.out.lineBreak()
	case atom.Hr:
		r.block(element)
	case atom.Img:
		// A description stands for the picture.
		if alt := strings.TrimSpace(attrs["alt"]); alt != "" && !attrs.hides() && attrs["aria-hidden"] != "true" {
			r.out.write(" " + alt + " ")
		}
	}
}

func (r *htmlReader) open(element atom.Atom, attrs attributes) {
	r.block(element)
	switch element {
	case atom.Main:
		if r.openMains == 0 {
			r.closeMain()
			r.mains = append(r.mains, span{r.out.mark(), -1})
		}
		r.openMains++
	case atom.Article:
		if r.openArts == 0 {
			r.articles = append(r.articles, span{r.out.mark(), -1})
		}
		r.openArts++
	case atom.Table:
		r.out.openTable()
	case atom.Tr:
		r.out.row()
	case atom.Td, atom.Th:
		r.out.cell(attrs.number("colspan"), attrs.number("rowspan"))
	case atom.Pre:
		r.out.pre++
	case atom.A:
		if url := attrs["href"]; leadsOut(url) {
			r.out.openLink(url)
		}
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.out.heading = headingLevel(element)
	case atom.Ul, atom.Dir:
		r.lists = append(r.lists, listState{})
	case atom.Ol:
		r.lists = append(r.lists, listState{ordered: true, next: max(attrs.number("start"), 1)})
	case atom.Li:
		r.item()
	case atom.Q:
		r.out.write("“")
	default:
		// The content of a role=main is taken to go on to the end of the page: which end tag is its own cannot be told
		// from tokens, and what follows is a footer, which is furniture.
		if strings.EqualFold(attrs["role"], "main") && len(r.mains) == 0 {
			r.mains = append(r.mains, span{r.out.mark(), -1})
		}
	}
}

func headingLevel(element atom.Atom) int { return int(element.String()[1] - '0') }

// leadsOut says whether a reference can be followed without the place that the page came from.
func leadsOut(url string) bool {
	scheme, _, ok := strings.Cut(strings.ToLower(strings.TrimSpace(url)), ":")
	return ok && (scheme == "http" || scheme == "https" || scheme == "mailto" || scheme == "ftp" || scheme == "tel")
}

func (r *htmlReader) item() {
	const deepest = 10
	depth := min(len(r.lists), deepest)
	prefix := "- "
	if len(r.lists) > 0 {
		if list := &r.lists[len(r.lists)-1]; list.ordered {
			prefix = itoa(list.next) + ". "
			list.next++
		}
	}
	r.out.prefix(strings.Repeat("  ", max(depth-1, 0)) + prefix)
}

func (r *htmlReader) end(element atom.Atom) {
	if element == atom.Title {
		r.inTitle = false
		return
	}
	if len(r.skip) > 0 {
		if r.skip[len(r.skip)-1] == element && element != 0 {
			r.skip = r.skip[:len(r.skip)-1]
			if len(r.skip) == 1 && r.skip[0] == 0 {
				r.skip = nil
			}
		}
		return
	}
	switch element {
	case atom.Main:
		if r.openMains--; r.openMains <= 0 {
			r.openMains = 0
			r.closeMain()
		}
	case atom.Article:
		if r.openArts--; r.openArts == 0 && len(r.articles) > 0 {
			r.articles[len(r.articles)-1].end = r.out.mark()
		}
		r.openArts = max(r.openArts, 0)
	case atom.Table:
		r.out.closeTable()
	case atom.Pre:
		r.out.pre = max(r.out.pre-1, 0)
	case atom.A:
		r.out.closeLink()
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.out.heading = 0
	case atom.Ul, atom.Ol, atom.Dir:
		if len(r.lists) > 0 {
			r.lists = r.lists[:len(r.lists)-1]
		}
	case atom.Q:
		r.out.write("”")
	}
	r.block(element)
}

// block ends the line before and after a block element.
func (r *htmlReader) block(element atom.Atom) {
	switch {
	case element == atom.Ul || element == atom.Ol:
		// A list inside a list goes on without a blank line.
		if len(r.lists) > 0 {
			r.out.newLine()
		} else {
			r.out.newParagraph()
		}
	case headings[element]:
		r.out.headingBreak()
	case paragraphs[element]:
		r.out.newParagraph()
	case blocks[element]:
		r.out.newLine()
	}
}

func (r *htmlReader) closeMain() {
	if n := len(r.mains); n > 0 && r.mains[n-1].end < 0 {
		r.mains[n-1].end = r.out.mark()
	}
}

func (r *htmlReader) closeSpans() {
	end := r.out.mark()
	for _, spans := range [][]span{r.mains, r.articles} {
		if n := len(spans); n > 0 && spans[n-1].end < 0 {
			spans[n-1].end = end
		}
	}
}
