package text

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
)

// shape is a shape of a drawing (ISO/IEC 29500-1, 20.1): a text box, a placeholder, a table, a group.
type shape struct {
	// placeholder is the kind of placeholder, "" for a shape that is none; index tells those of a layout apart.
	placeholder, index string
	// x, y, width and height are in English metric units and count only when placed is set.
	x, y, width, height int64
	placed, hidden      bool
	items               []shapeItem
	children            []*shape
	// bullets are nil where the shape sets none.
	bullets *bulletLevels
}

// shapeItem is a paragraph of a shape or, when made is set, a block that is finished: a table, a chart.
type shapeItem struct {
	made *block

	content cellText
	level   int
	bullet  bullet
	// scheme and first describe a numbered paragraph.
	scheme string
	first  int
}

// bullet says whether a paragraph has a bullet.
type bullet int8

const (
	bulletUnknown bullet = iota
	bulletNone
	bulletSign
	bulletNumber
)

// bulletLevels are the bullets that a list style sets for its levels.
type bulletLevels [9]shapeItem

// shapeReader reads the shapes of a slide or of the drawing of a sheet.
type shapeReader struct {
	related relations
	graphic func(relation) ([]block, error)
	failed  error

	root  shape
	stack []*shape
	// background holds the styles of a master (titleStyle, bodyStyle, otherStyle).
	body, title bulletLevels

	// number is that of the slide, isNumber says that a field shows it.
	number   int
	isNumber bool

	pictures, frames int
	hiddenShapes     int
	hiddenSlide      bool

	skip    int
	choices []bool

	paragraph *shapeItem
	words     inlineText
	inRun     bool
	inText    bool
	transform int
	// style is the list style that is being read; styleLevel its level.
	style      *bulletLevels
	styleLevel int
	math       mathReader

	tables []drawingTable
}

type drawingTable struct {
	rows  [][]cellText
	cells []cellText
	// cell gathers the paragraphs of the open cell; merged says that it is covered by another.
	cell           []cellText
	inCell, merged bool
}

func (r *shapeReader) shape() *shape {
	if n := len(r.stack); n > 0 {
		return r.stack[n-1]
	}
	return &r.root
}

const deepestTables = 8

func (r *shapeReader) start(element xml.StartElement) {
	local := element.Name.Local
	if r.skip > 0 {
		r.skip++
		return
	}
	switch local {
	case "Fallback":
		if n := len(r.choices); n > 0 && r.choices[n-1] {
			r.skip = 1
		}
	case "AlternateContent":
		r.choices = append(r.choices, false)
	case "Choice":
		if n := len(r.choices); n > 0 {
			r.choices[n-1] = true
		}
	case "extLst":
		r.skip = 1
	case "sld":
		switch attribute(element, "show") {
		case "0", "false":
			r.hiddenSlide = true
		}
	case "sp", "cxnSp", "pic", "graphicFrame", "grpSp":
		parent := r.shape()
		made := &shape{}
		parent.children = append(parent.children, made)
		r.stack = append(r.stack, made)
		switch {
		case local == "graphicFrame":
			r.frames++
		case local == "pic" && r.frames == 0:
			r.pictures++
		}
	case "cNvPr":
		switch attribute(element, "hidden") {
		case "1", "true":
			r.shape().hidden = true
			r.hiddenShapes++
		}
	case "ph":
		s := r.shape()
		s.placeholder, s.index = attribute(element, "type"), attribute(element, "idx")
		if s.placeholder == "" {
			s.placeholder = "obj"
		}
	case "xfrm":
		r.transform++
	case "off", "ext":
		if r.transform > 0 && r.paragraph == nil {
			r.place(local, element)
		}
	case "lstStyle":
		if r.shape().bullets == nil {
			r.shape().bullets = &bulletLevels{}
		}
		r.style = r.shape().bullets
	case "bodyStyle":
		r.style = &r.body
	case "titleStyle", "otherStyle":
		r.style = &r.title
	case "tbl":
		if len(r.tables) < deepestTables {
			r.tables = append(r.tables, drawingTable{})
		}
	case "tc":
		if n := len(r.tables); n > 0 {
			table := &r.tables[n-1]
			table.inCell, table.cell = true, nil
			table.merged = isTrue(attribute(element, "hMerge")) || isTrue(attribute(element, "vMerge"))
		}
	case "chart":
		r.draw(attribute(element, "id"))
	case "relIds":
		r.draw(attribute(element, "dm"))
	case "p":
		r.paragraph, r.words, r.math = &shapeItem{}, inlineText{}, mathReader{}
	default:
		r.inline(local, element)
	}
}

func isTrue(value string) bool { return value == "1" || value == "true" }

func (r *shapeReader) place(local string, element xml.StartElement) {
	s := r.shape()
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(attribute(element, name), 10, 64)
		return n
	}
	if local == "off" {
		s.x, s.y, s.placed = number("x"), number("y"), true
		return
	}
	s.width, s.height = number("cx"), number("cy")
}

// draw adds the text of a chart or diagram to the shape.
func (r *shapeReader) draw(id string) {
	if r.graphic == nil || r.failed != nil {
		return
	}
	blocks, err := r.graphic(r.related.byID(id))
	r.failed = err
	for _, b := range blocks {
		r.shape().items = append(r.shape().items, shapeItem{made: &b})
	}
}

func (r *shapeReader) inline(local string, element xml.StartElement) {
	if r.style != nil && strings.HasPrefix(local, "lvl") && strings.HasSuffix(local, "pPr") && len(local) == 7 {
		r.styleLevel = min(max(int(local[3]-'1'), 0), 8)
		return
	}
	target := r.paragraph
	if r.style != nil {
		target = &r.style[r.styleLevel]
	}
	if target == nil {
		return
	}
	switch local {
	case "buNone":
		target.bullet = bulletNone
	case "buChar", "buBlip":
		target.bullet = bulletSign
	case "buAutoNum":
		target.bullet, target.scheme = bulletNumber, attribute(element, "type")
		target.first, _ = strconv.Atoi(attribute(element, "startAt"))
	}
	if r.paragraph == nil {
		return
	}
	switch local {
	case "pPr":
		level, _ := strconv.Atoi(attribute(element, "lvl"))
		r.paragraph.level = min(max(level, 0), 8)
	case "r":
		r.inRun = true
	case "fld":
		// What stands in the field of a slide's number may be out of date, or only its sign.
		r.inRun = true
		if attribute(element, "type") == "slidenum" && r.number > 0 {
			r.words.write(itoa(r.number))
			r.isNumber = true
		}
	case "hlinkClick":
		if url := r.related.url(attribute(element, "id")); url != "" && r.inRun {
			r.words.openLink(url)
		}
	case "t":
		r.inText = !r.isNumber
	case "br":
		r.words.writeByte('\n')
	case "oMath":
		r.math.depth++
	}
	if r.math.depth > 0 {
		r.math.start(local, element)
	}
}

func (r *shapeReader) text(data []byte) {
	if r.skip > 0 || !r.inText || r.math.write(data) {
		return
	}
	r.words.writeBytes(data)
}

func (r *shapeReader) end(name xml.Name) {
	if r.skip > 0 {
		r.skip--
		return
	}
	if r.math.depth > 0 {
		r.words.write(r.math.end(name.Local))
	}
	switch name.Local {
	case "AlternateContent":
		if n := len(r.choices); n > 0 {
			r.choices = r.choices[:n-1]
		}
	case "sp", "cxnSp", "pic", "graphicFrame", "grpSp":
		if n := len(r.stack); n > 0 {
			r.stack = r.stack[:n-1]
		}
		if name.Local == "graphicFrame" {
			r.frames--
		}
	case "xfrm":
		r.transform--
	case "lstStyle", "bodyStyle", "titleStyle", "otherStyle":
		r.style = nil
	case "t":
		r.inText = false
	case "r", "fld":
		r.inRun, r.isNumber = false, false
		r.words.closeLink()
	case "p":
		r.endParagraph()
	case "tc", "tr", "tbl":
		r.endTable(name.Local)
	}
}

func (r *shapeReader) endParagraph() {
	if r.paragraph == nil {
		return
	}
	item := *r.paragraph
	r.paragraph = nil
	item.content = r.words.finish()
	if n := len(r.tables); n > 0 && r.tables[n-1].inCell {
		table := &r.tables[n-1]
		if !table.merged {
			table.cell = append(table.cell, item.content)
		}
		return
	}
	r.shape().items = append(r.shape().items, item)
}

func (r *shapeReader) endTable(local string) {
	n := len(r.tables)
	if n == 0 {
		return
	}
	table := &r.tables[n-1]
	switch local {
	case "tc":
		table.inCell = false
		table.cells = append(table.cells, joinTexts(table.cell, " "))
	case "tr":
		table.rows = append(table.rows, table.cells)
		table.cells = nil
	case "tbl":
		if made, ok := tableOf(table.rows); ok {
			r.shape().items = append(r.shape().items, shapeItem{made: &made})
		}
		r.tables = r.tables[:n-1]
	}
}

// inherit is where a placeholder gets what it does not say itself: from the layout and the master of its slide.
type inherit []*shapeReader

// find returns the placeholders that s stands in for, nearest first.
func (in inherit) find(s *shape) []*shape {
	if s.placeholder == "" {
		return nil
	}
	var found []*shape
	for _, layer := range in {
		var same, alike *shape
		for _, candidate := range layer.root.children {
			switch {
			case candidate.placeholder == "":
			case s.index != "" && candidate.index == s.index && (candidate.placeholder == s.placeholder || s.placeholder == "obj"):
				same = candidate
			case alike == nil && placeholderKind(candidate.placeholder) == placeholderKind(s.placeholder):
				alike = candidate
			}
		}
		if same == nil {
			same = alike
		}
		if same != nil {
			found = append(found, same)
		}
	}
	return found
}

// placeholderKind is the kind that a master has for a kind of placeholder.
func placeholderKind(kind string) string {
	switch kind {
	case "ctrTitle":
		return "title"
	case "obj", "subTitle", "tbl", "chart", "dgm", "media", "clipArt", "pic":
		return "body"
	}
	return kind
}

func isTitle(kind string) bool { return kind == "title" || kind == "ctrTitle" }

// blocks returns the text of the shapes in reading order: the title, then from top to bottom and from left to right.
func (s *shape) blocks(in inherit) []block {
	for _, child := range s.children {
		if child.placed {
			continue
		}
		for _, from := range in.find(child) {
			if from.placed {
				child.x, child.y, child.width, child.height, child.placed = from.x, from.y, from.width, from.height, true
				break
			}
		}
	}
	var blocks []block
	for _, child := range readingOrder(s.children) {
		if child.hidden {
			continue
		}
		blocks = append(blocks, child.ownBlocks(in)...)
		blocks = append(blocks, child.blocks(in)...)
	}
	return blocks
}

// readingOrder sorts shapes by where they stand. Those that stand side by side, so that their middles are within each
// other's height, make a row.
func readingOrder(shapes []*shape) []*shape {
	var titles, placed, others []*shape
	for _, s := range shapes {
		switch {
		case isTitle(s.placeholder):
			titles = append(titles, s)
		case s.placed:
			placed = append(placed, s)
		default:
			others = append(others, s)
		}
	}
	slices.SortStableFunc(placed, func(a, b *shape) int { return compareInt64(a.y, b.y) })
	for at := 0; at < len(placed); {
		first := placed[at]
		end := at + 1
		for end < len(placed) && placed[end].y < first.y+min(first.height, placed[end].height)/2 {
			end++
		}
		slices.SortStableFunc(placed[at:end], func(a, b *shape) int { return compareInt64(a.x, b.x) })
		at = end
	}
	// Placeholders without a place are the main text, which stands above what was put on the slide later.
	return slices.Concat(titles, others, placed)
}

func compareInt64(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// ownBlocks returns the text of the shape itself.
func (s *shape) ownBlocks(in inherit) []block {
	if isTitle(s.placeholder) {
		parts := make([]cellText, 0, len(s.items))
		for _, item := range s.items {
			parts = append(parts, item.content)
		}
		all := joinTexts(parts, " ")
		title := squeeze(all.text, all.links)
		return []block{{kind: BlockHeading, level: 1, text: title.text, links: title.links}}
	}
	above := in.find(s)
	var blocks []block
	var counters [9]int
	for _, item := range s.items {
		if item.made != nil {
			blocks = append(blocks, *item.made)
			counters = [9]int{}
			continue
		}
		if item.content.text == "" {
			continue
		}
		style := s.bulletOf(item, above, in)
		mark := ""
		for deeper := item.level + 1; deeper < len(counters); deeper++ {
			counters[deeper] = 0
		}
		switch style.bullet {
		case bulletSign:
			mark = "- "
		case bulletNumber:
			if counters[item.level] == 0 {
				counters[item.level] = max(style.first, 1)
			} else {
				counters[item.level]++
			}
			mark = autoNumber(style.scheme, counters[item.level]) + " "
		}
		if style.bullet != bulletNumber {
			counters[item.level] = 0
		}
		if mark == "" {
			blocks = append(blocks, block{kind: BlockParagraph, text: item.content.text, links: item.content.links})
			continue
		}
		mark = strings.Repeat("  ", item.level) + mark
		blocks = append(blocks, block{kind: BlockListItem, level: item.level + 1, text: mark + item.content.text, links: shift(item.content.links, len(mark))})
	}
	return blocks
}

// bulletOf finds the bullet of a paragraph: its own, its shape's, those of the layout's and the master's placeholder,
// the master's for its kind of text.
func (s *shape) bulletOf(item shapeItem, above []*shape, in inherit) shapeItem {
	if item.bullet != bulletUnknown {
		return item
	}
	for _, from := range append([]*shape{s}, above...) {
		if from.bullets == nil {
			continue
		}
		if own := from.bullets[item.level]; own.bullet != bulletUnknown {
			return own
		}
	}
	if s.placeholder != "" && placeholderKind(s.placeholder) == "body" {
		for _, layer := range in {
			if own := layer.body[item.level]; own.bullet != bulletUnknown {
				return own
			}
		}
	}
	return item
}

// autoNumber writes a number by a numbering scheme (20.1.10.61): arabicPeriod, alphaLcParenBoth, romanUcParenR …
func autoNumber(scheme string, n int) string {
	number := strconv.Itoa(n)
	switch {
	case strings.HasPrefix(scheme, "alphaLc"):
		number = strings.ToLower(letters(n))
	case strings.HasPrefix(scheme, "alphaUc"):
		number = letters(n)
	case strings.HasPrefix(scheme, "romanLc"):
		number = strings.ToLower(roman(n))
	case strings.HasPrefix(scheme, "romanUc"):
		number = roman(n)
	}
	switch {
	case strings.HasSuffix(scheme, "ParenBoth"):
		return "(" + number + ")"
	case strings.HasSuffix(scheme, "ParenR"):
		return number + ")"
	case strings.HasSuffix(scheme, "Plain"):
		return number
	}
	return number + "."
}
