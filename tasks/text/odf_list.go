package text

import (
	"encoding/xml"
	"strings"
)

type odfList struct {
	style   string
	counter *[10]int
	// first says that the next paragraph gets the mark of its item.
	first bool
}

func (r *odfReader) startList(element xml.StartElement) {
	const deepest = 100
	style := attribute(element, "style-name")
	list := odfList{style: style}
	if n := len(r.lists); n > 0 && n < deepest {
		above := r.lists[n-1]
		if style == "" {
			list.style = above.style
		}
		list.counter = above.counter
		r.lists = append(r.lists, list)
		return
	}
	kept := r.counters[style]
	if kept == nil || attribute(element, "continue-numbering") != "true" && attribute(element, "continue-list") == "" {
		kept = &[10]int{}
		r.counters[style] = kept
	}
	list.counter = kept
	r.lists = append(r.lists, list)
}

func (r *odfReader) startItem(local string, element xml.StartElement) {
	n := len(r.lists)
	if n == 0 || local == "list-header" {
		return
	}
	list := &r.lists[n-1]
	list.first = true
	if start := attribute(element, "start-value"); start != "" {
		list.counter[min(n-1, 9)] = smallNumber(start, 1, 1_000_000) - 1
	}
}

// mark counts an item and returns its mark with its indent.
func (r *odfReader) mark() (mark string, level int) {
	n := len(r.lists)
	if n == 0 || !r.lists[n-1].first {
		return "", 0
	}
	list := &r.lists[n-1]
	list.first = false
	if p := r.paragraph(); p != nil && r.odf.styles.unlisted[p.style] {
		return "", 0
	}
	depth := min(n-1, 9)
	styleName := list.style
	if styleName == "" && r.paragraph() != nil {
		styleName = r.odf.styles.list(r.paragraph().style)
	}
	style := r.odf.styles.lists[styleName]
	if style == nil {
		style = &odfListStyle{}
	}
	if list.counter[depth] == 0 && style[depth].start > 1 {
		list.counter[depth] = style[depth].start - 1
	}
	list.counter[depth]++
	for deeper := depth + 1; deeper < len(list.counter); deeper++ {
		list.counter[deeper] = 0
	}
	label := style.label(depth, list.counter)
	if label == "" {
		return "", 0
	}
	return strings.Repeat("  ", depth) + label + " ", depth + 1
}
