package text

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// graphic reads what a relation of a drawing leads to: a chart or the data of a diagram.
func (d *ooxml) graphic(related relation) ([]block, error) {
	if related.external || d.archive.files[related.target] == nil {
		return nil, nil
	}
	switch related.kind {
	case "chart", "chartEx":
		chart, err := sidePart(d, related.target, &chartReader{limit: d.archive.limits.Cells})
		if err == nil && chart.over {
			err = over("Cells", chart.limit, "the chart in %s has more values than are allowed", related.target)
		}
		return chart.blocks(), err
	case "diagramData":
		diagram, err := sidePart(d, related.target, &diagramReader{})
		return diagram.blocks, err
	}
	return nil, nil
}

// chartReader reads a chart (ISO/IEC 29500-1, 21.2): its title, and its series as a table with a row a category.
type chartReader struct {
	limit, count int64
	over         bool

	path   []string
	titles []string
	title  strings.Builder
	series []chartSeries
	index  int
	value  strings.Builder
}

type chartSeries struct {
	name               string
	categories, values []string
}

func (c *chartReader) within(local string) bool {
	for _, open := range c.path {
		if open == local {
			return true
		}
	}
	return false
}

func (c *chartReader) start(element xml.StartElement) {
	local := element.Name.Local
	c.path = append(c.path, local)
	switch local {
	case "ser", "series":
		c.series = append(c.series, chartSeries{})
	case "pt":
		c.index, _ = strconv.Atoi(attribute(element, "idx"))
	case "v":
		c.value.Reset()
	case "title":
		c.title.Reset()
	}
}

func (c *chartReader) text(data []byte) {
	n := len(c.path)
	switch {
	case n == 0:
	case c.path[n-1] == "v", c.path[n-1] == "pt":
		c.value.Write(data)
	case c.path[n-1] == "t" && c.within("title"):
		c.title.Write(data)
	}
}

func (c *chartReader) end(name xml.Name) {
	if len(c.path) > 0 {
		c.path = c.path[:len(c.path)-1]
	}
	switch name.Local {
	case "p":
		c.title.WriteByte(' ')
	case "title":
		if title := oneLine(c.title.String()); title != "" {
			c.titles = append(c.titles, title)
		}
	case "v":
		c.keep(strings.TrimSpace(c.value.String()))
	}
}

// keep puts a value where it belongs in its series.
func (c *chartReader) keep(value string) {
	if len(c.series) == 0 {
		return
	}
	if c.count++; c.count > c.limit || int64(c.index) > c.limit {
		c.over = true
		return
	}
	series := &c.series[len(c.series)-1]
	switch {
	case c.within("tx"):
		series.name = strings.TrimSpace(series.name + " " + value)
	case c.within("cat"), c.within("xVal"):
		if !c.within("lvl") || len(series.categories) <= c.index || series.categories[c.index] == "" {
			series.categories = put(series.categories, c.index, plainNumber(value))
		}
	case c.within("val"), c.within("yVal"):
		series.values = put(series.values, c.index, plainNumber(value))
	}
}

func put(list []string, index int, value string) []string {
	// Points come in order; one far beyond the others is no real one.
	const gap = 10_000
	if index < 0 || index > len(list)+gap {
		return list
	}
	for len(list) <= index {
		list = append(list, "")
	}
	list[index] = value
	return list
}

// plainNumber writes a binary fraction as a person would have put it in; anything else stays.
func plainNumber(value string) string {
	if number, err := strconv.ParseFloat(value, 64); err == nil {
		return generalNumber(number)
	}
	return value
}

func (c *chartReader) blocks() []block {
	var blocks []block
	for _, title := range c.titles {
		blocks = append(blocks, block{kind: BlockParagraph, text: title})
	}
	var categories []string
	rows := 0
	head := []string{""}
	for _, series := range c.series {
		if len(series.categories) > len(categories) {
			categories = series.categories
		}
		rows = max(rows, len(series.values))
		head = append(head, series.name)
	}
	rows = max(rows, len(categories))
	table := [][]string{head}
	for i := range rows {
		row := make([]string, 0, len(c.series)+1)
		for at, list := range append([][]string{categories}, seriesValues(c.series)...) {
			value := ""
			if i < len(list) {
				value = list[i]
			}
			if at == 0 && value == "" && len(categories) == 0 {
				value = strconv.Itoa(i + 1)
			}
			row = append(row, value)
		}
		table = append(table, row)
	}
	if made, ok := tableBlock(table); ok && len(c.series) > 0 {
		blocks = append(blocks, made)
	}
	return blocks
}

func seriesValues(all []chartSeries) [][]string {
	values := make([][]string, len(all))
	for i, series := range all {
		values[i] = series.values
	}
	return values
}

// diagramReader reads the points of a SmartArt diagram (21.4), one line a point.
type diagramReader struct {
	blocks []block
	inText bool
	point  strings.Builder
}

func (r *diagramReader) start(element xml.StartElement) {
	switch element.Name.Local {
	case "pt":
		r.point.Reset()
	case "t":
		// A dgm:t holds a body of paragraphs, an a:t the characters.
		r.inText = true
	case "prSet":
		r.inText = false
	}
}

func (r *diagramReader) text(data []byte) {
	if r.inText {
		r.point.Write(data)
	}
}

func (r *diagramReader) end(name xml.Name) {
	switch name.Local {
	case "t":
		r.inText = false
	case "p":
		r.point.WriteByte(' ')
	case "pt":
		if point := oneLine(r.point.String()); point != "" {
			r.blocks = append(r.blocks, block{kind: BlockListItem, level: 1, text: "- " + point})
		}
	}
}
