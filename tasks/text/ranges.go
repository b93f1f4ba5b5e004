package text

import (
	"fmt"
	"strconv"
	"strings"
)

// PageRange is the pages First to Last, both included. Last 0 means the last page of the document.
type PageRange struct{ First, Last int }

// ParsePages reads page ranges as "1-3,7,9-".
func ParsePages(s string) ([]PageRange, error) {
	var ranges []PageRange
	for item := range strings.SplitSeq(s, ",") {
		first, last, through := strings.Cut(strings.TrimSpace(item), "-")
		r := PageRange{}
		var err error
		if r.First, err = strconv.Atoi(first); err != nil || r.First < 1 {
			return nil, fmt.Errorf("the page range %q does not begin with a page number: write 3, 1-3 or 9-, and a comma between ranges", item)
		}
		switch {
		case !through:
			r.Last = r.First
		case last != "":
			if r.Last, err = strconv.Atoi(last); err != nil || r.Last < r.First {
				return nil, fmt.Errorf("the page range %q does not end with a page number that is at least %d", item, r.First)
			}
		}
		ranges = append(ranges, r)
	}
	return ranges, nil
}

// wanted says whether a page is one of those asked for. No ranges ask for all.
func wanted(ranges []PageRange, page int) bool {
	for _, r := range ranges {
		if page >= r.First && (r.Last == 0 || page <= r.Last) {
			return true
		}
	}
	return len(ranges) == 0
}

// lastWanted returns the last page that is asked for, 0 for no end.
func lastWanted(ranges []PageRange) int {
	last := 0
	for _, r := range ranges {
		if r.Last == 0 {
			return 0
		}
		last = max(last, r.Last)
	}
	return last
}

// choosePages drops the pages and warnings that nobody asked for. Documents inside the document stay.
func choosePages(src *source, doc *Document) error {
	if len(src.pages) == 0 {
		return nil
	}
	if doc.Metadata.PageCount == 0 {
		doc.Metadata.PageCount = len(doc.Pages)
	}
	kept := doc.Pages[:0]
	for _, page := range doc.Pages {
		if wanted(src.pages, page.Number) {
			kept = append(kept, page)
		}
	}
	doc.Pages = kept
	if len(kept) == 0 {
		return fail(NoSuchPage, "the document has %d pages, and none of those asked for", doc.Metadata.PageCount)
	}
	warnings := doc.Warnings[:0]
	for _, warning := range doc.Warnings {
		if warning.Page == 0 || wanted(src.pages, warning.Page) {
			warnings = append(warnings, warning)
		}
	}
	doc.Warnings = warnings
	return nil
}
