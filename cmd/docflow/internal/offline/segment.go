package offline

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// document is a text that has been taken apart for the steps.
type document struct {
	japanese  bool
	title     string     // from the request or the text itself; may be empty
	headings  []string   // in order
	sentences []sentence // of running text and list items, in order
	// headingTerms are the content terms of the title and the headings.
	headingTerms map[string]bool
	fragments    []string // table cells, addresses and other pieces without a sentence
}

// sentence is one sentence of running text.
type sentence struct {
	text    string
	section int  // 0 before the first heading, then 1, 2, …
	first   bool // the first of its paragraph
	item    bool // of a list
	terms   []string
}

// unit is a paragraph, a heading, a list item or a fragment.
type unit struct {
	text string
	kind unitKind
}

type unitKind int

const (
	paragraph unitKind = iota
	heading
	item
	fragment
)

// parse reads a document. Its error is ctx's, or that of a dictionary that does not load.
func parse(ctx context.Context, title, text string) (*document, error) {
	text = strings.ToValidUTF8(text, " ")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n\n", "\u00a0", " ", "\t", " ").Replace(text)
	doc := &document{japanese: isJapanese(text), title: oneLine(strings.ToValidUTF8(title, " "))}
	text, front := cutFrontMatter(text)
	if doc.title == "" {
		doc.title = front
	}
	units := readUnits(text)
	for i, u := range units {
		switch {
		case u.kind == heading && doc.title == "" && !isAddressee(u.text) && (i == 0 || leadingFragments(units[:i])):
			doc.title = titleLabel.ReplaceAllString(u.text, "")
		case u.kind == heading && u.text == doc.title && len(doc.headings) == 0:
		case u.kind == heading:
			doc.headings = append(doc.headings, u.text)
		case u.kind == fragment:
			doc.fragments = append(doc.fragments, u.text)
		default:
			split, err := splitSentences(u.text)
			if err != nil {
				return nil, err
			}
			for n, s := range split {
				if directive.MatchString(s) {
					continue
				}
				doc.sentences = append(doc.sentences, sentence{
					text: s, section: len(doc.headings), first: n == 0, item: u.kind == item,
				})
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	doc.headingTerms = map[string]bool{}
	for _, h := range append([]string{doc.title}, doc.headings...) {
		terms, err := contentTerms(h)
		if err != nil {
			return nil, err
		}
		for _, t := range terms {
			doc.headingTerms[t] = true
		}
	}
	for i := range doc.sentences {
		terms, err := contentTerms(doc.sentences[i].text)
		if err != nil {
			return nil, err
		}
		doc.sentences[i].terms = terms
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return doc, nil
}

// isAddressee tells the line of a letter that says whom it is for.
func isAddressee(text string) bool { return addressee.MatchString(text) }

var addressee = regexp.MustCompile(`(?:様|御中|殿|各位|株式会社|商会)$|^(?:株式会社|有限会社)|^Dear `)

// directive finds sentences that speak to a language model instead of a reader. They are
// not followed, and they are no part of what the document says either.
var directive = regexp.MustCompile(`(?i)(?:ignore|disregard|forget) (?:all |any |the )*(?:previous|prior|above|earlier) (?:instructions|prompts?|rules)|system prompt|^(?:system|assistant|user)\s*:|you are now (?:in|a|an|the)\b|do not summari[sz]e|answer only with|(?:これまで|以前|上記|前)の(?:すべての)?指示.{0,4}(?:無視|忘れ)|システムプロンプト`)

// leadingFragments tells that nothing but fragments stands before a heading, such as an
// address at the top of a letter.
func leadingFragments(units []unit) bool {
	return !slices.ContainsFunc(units, func(u unit) bool { return u.kind != fragment })
}

// isJapanese decides by kana: one in 50 letters is enough, since even a Japanese report
// full of names and figures has more, and a text that cites a Japanese word has less.
func isJapanese(text string) bool {
	kana, letters := 0, 0
	for _, r := range text {
		switch {
		case isKana(r):
			kana++
			letters++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return kana > 0 && kana*50 >= letters
}

func cutFrontMatter(text string) (rest, title string) {
	body, ok := strings.CutPrefix(strings.TrimLeft(text, "\n "), "---\n")
	if !ok {
		return text, ""
	}
	front, rest, ok := strings.Cut(body, "\n---\n")
	if !ok || len(front) > 4000 {
		return text, ""
	}
	for line := range strings.Lines(front) {
		if value, ok := strings.CutPrefix(line, "title:"); ok {
			title = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return rest, title
}

var (
	listMarker    = regexp.MustCompile(`^(?:[-*•‣◦●○■□◆・]\s*|\(?[0-9]{1,2}[.)]\s+|[0-9]{1,2}）\s*|[①-⑳]\s*)`)
	numberedTitle = regexp.MustCompile(`^(?:[0-9]{1,2}(?:\.[0-9]{1,2})*[.．、]?\s+|第[0-9一二三四五六七八九十]+[章節条]\s*)`)
	monthName     = regexp.MustCompile(`^(?:January|February|March|April|May|June|July|August|September|October|November|December)\b`)
	hashTitle     = regexp.MustCompile(`^#{1,6}\s+`)
	linkMark      = regexp.MustCompile(`!?\[([^\]\n]*)\]\([^)\s]*\)`)
	emphasis      = regexp.MustCompile(`(^|[\s(])[*_](\S(?:[^*_]*\S)?)[*_]`)
	labelLine     = regexp.MustCompile(`^(?:\p{Lu}[\p{L} ]{1,24}: |[^\s。、：]{1,12}：)`)
	titleLabel    = regexp.MustCompile(`^(?:Title: |題名：)`)
	tagLine       = regexp.MustCompile(`^(?:</?[A-Za-z][A-Za-z0-9-]*>\s*)+$`)
	ruleLine      = regexp.MustCompile(`^\s*(?:[-=_*]\s*){3,}$`)
)

const (
	// maxHeadingRunes is the length from which a line is no heading.
	maxHeadingRunes = 90
	// maxNumberedRunes is the same for a line that begins with a number, which may well
	// be a sentence or a row of a table.
	maxNumberedRunes = 40
)

// readUnits finds paragraphs in text whose lines may be wrapped (as PDF text is) or not.
func readUnits(text string) []unit {
	lines := strings.Split(text, "\n")
	width := lineWidth(lines)
	if !isWrapped(lines, width) {
		width = math.MaxInt // no line is long enough to go on in the next
	}
	var units []unit
	var open []string // lines of the paragraph being read
	openItem := false
	gap := false // a blank line stands between the open paragraph and what follows
	flush := func() {
		if len(open) > 0 {
			kind := paragraph
			if openItem {
				kind = item
			}
			units = append(units, newUnit(joinLines(open), kind))
		}
		open, openItem, gap = nil, false, false
	}
	inCode := false
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			flush()
			inCode = !inCode
			continue
		}
		if inCode || ruleLine.MatchString(line) || tagLine.MatchString(line) {
			flush()
			continue
		}
		if line == "" {
			gap = len(open) > 0
			continue
		}
		line = stripMarks(line)
		if strings.HasPrefix(line, "|") {
			flush()
			for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
				if cell = strings.TrimSpace(cell); strings.Trim(cell, ":- ") != "" {
					units = append(units, unit{cell, fragment})
				}
			}
			continue
		}
		if len(open) > 0 && !continues(open[len(open)-1], line, width, gap) {
			flush()
		}
		gap = false
		if m := hashTitle.FindString(line); m != "" {
			flush()
			units = append(units, unit{strings.TrimSpace(line[len(m):]), heading})
			continue
		}
		if m := listMarker.FindString(line); m != "" && len(open) == 0 && len(m) < len(line) {
			if !looksLikeTitle(line) {
				openItem = true
				line = line[len(m):]
			}
		}
		open = append(open, line)
	}
	flush()
	return markHeadings(joinTitle(units))
}

const (
	minTitleStart = 25 // characters
	maxTitleRest  = 3  // words
)

// joinTitle puts together a title that was broken into two lines: the lines of a title
// are shorter than those of the text, so their length tells nothing.
func joinTitle(units []unit) []unit {
	if len(units) < 3 || units[0].kind != fragment || units[1].kind != fragment {
		return units
	}
	first, rest := units[0].text, strings.Fields(units[1].text)
	if utf8.RuneCountInString(first) < minTitleStart || len(rest) > maxTitleRest || needsDictionary(first+units[1].text) ||
		slices.ContainsFunc(rest, func(w string) bool { return !startsUpper(w) && !isNumber(w) }) {
		return units
	}
	units[1].text = first + " " + units[1].text
	return units[1:]
}

// stripMarks removes the marks of Markdown that carry no text.
func stripMarks(line string) string {
	line = strings.TrimLeft(line, "> ")
	line = linkMark.ReplaceAllString(line, "$1")
	line = strings.NewReplacer("**", "", "__", "", "`", "").Replace(keepBullet(line))
	return strings.TrimSpace(emphasis.ReplaceAllString(line, "$1$2"))
}

// keepBullet turns the asterisk of a list into a dash before asterisks are removed.
func keepBullet(line string) string {
	if rest, ok := strings.CutPrefix(line, "* "); ok {
		return "- " + rest
	}
	return line
}

// lineWidth is the width to which lines are wrapped: that of the ninth of ten lines.
func lineWidth(lines []string) int {
	var widths []int
	for _, line := range lines {
		if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > 0 {
			widths = append(widths, n)
		}
	}
	if len(widths) == 0 {
		return 0
	}
	slices.Sort(widths)
	return widths[len(widths)*9/10]
}

// isWrapped tells text whose paragraphs are broken into lines: every fifth line or more
// is about as long as the others and stops in the middle of a sentence.
func isWrapped(lines []string, width int) bool {
	total, broken := 0, 0
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		total++
		if n := utf8.RuneCountInString(line); n >= width/4*3 && n <= width*5/4 && !endsSentence(line) {
			broken++
		}
	}
	return broken*5 >= total && broken > 1
}

// continues tells whether line carries on the paragraph whose last line is previous.
func continues(previous, line string, width int, gap bool) bool {
	if hashTitle.MatchString(line) || looksLikeTitle(line) || listMarker.MatchString(line) && (gap || endsSentence(previous)) {
		return false
	}
	long := utf8.RuneCountInString(previous) >= width/4*3
	first, _ := utf8.DecodeRuneInString(line)
	last, _ := utf8.DecodeLastRuneInString(previous)
	if isWide(last) {
		return long && !endsSentence(previous) && (!gap || isWide(first))
	}
	if gap {
		return long && !endsSentence(previous) && unicode.IsLower(first)
	}
	if listMarker.MatchString(line) {
		return false
	}
	return long || unicode.IsLower(first)
}

// looksLikeTitle tells a numbered title from a numbered sentence: "2. Main results" is
// short and does not end as a sentence does.
func looksLikeTitle(line string) bool {
	number := numberedTitle.FindString(line)
	rest := line[len(number):]
	return number != "" && !endsSentence(line) && utf8.RuneCountInString(line) <= maxNumberedRunes &&
		!strings.Contains(line, "%") && startsUpper(rest) && !monthName.MatchString(rest)
}

func startsUpper(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsUpper(r) || isWide(r)
}

func isWide(r rune) bool { return r >= 0x2E80 && r <= 0x9FFF || r >= 0xF900 && r <= 0xFFEF }

const enders = ".!?。！？…:："

// endsSentence tells that text ends as a sentence does, quotes and brackets aside.
func endsSentence(text string) bool {
	text = strings.TrimRight(text, "\"'”’)）」』】 ")
	r, size := utf8.DecodeLastRuneInString(text)
	return size > 0 && strings.ContainsRune(enders, r)
}

func joinLines(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			last, _ := utf8.DecodeLastRuneInString(b.String())
			first, _ := utf8.DecodeRuneInString(line)
			if !isWide(last) && !isWide(first) {
				b.WriteByte(' ')
			}
		}
		b.WriteString(line)
	}
	return b.String()
}

// newUnit decides whether text is running text or a fragment.
func newUnit(text string, kind unitKind) unit {
	if kind == paragraph && !endsSentence(text) && (!longEnough(text) || labelLine.MatchString(text)) {
		return unit{text, fragment}
	}
	return unit{text, kind}
}

// longEnough tells that text without a full stop at its end is a sentence all the same.
func longEnough(text string) bool {
	return utf8.RuneCountInString(text) > maxHeadingRunes || strings.ContainsAny(text, "。")
}

// markHeadings makes headings of the fragments that stand before running text or before
// another heading's text, and of numbered ones. Cells of a table stand in long rows of
// fragments and stay.
func markHeadings(units []unit) []unit {
	for i := range units {
		u := &units[i]
		if u.kind != fragment || !mayBeHeading(u.text) {
			continue
		}
		next := i + 1
		switch {
		case looksLikeTitle(u.text):
			u.kind = heading
		case next < len(units) && units[next].kind != fragment && (i == 0 || units[i-1].kind != fragment):
			u.kind = heading
		case i == 0:
			u.kind = heading
		}
	}
	for i := range units {
		if units[i].kind == heading && looksLikeTitle(units[i].text) {
			units[i].text = strings.TrimSpace(numberedTitle.ReplaceAllString(units[i].text, ""))
		}
	}
	return slices.DeleteFunc(units, func(u unit) bool { return u.text == "" })
}

// mayBeHeading leaves out numbers, dates, addresses and lines of data.
func mayBeHeading(text string) bool {
	if utf8.RuneCountInString(text) > maxHeadingRunes || strings.Count(text, ",") > 2 {
		return false
	}
	letters, digits := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return letters > digits && letters > 1
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
