package mapdata

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

var csvSeparators = map[string]byte{"": ',', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}

// csvHeader is the names of a CSV file's columns, and the order in which they become an item's members: that of the
// java.util.HashMap that AWS puts a row into (recorded).
type csvHeader struct {
	names []string
	order []int
}

// newCSVHeader refuses names that occur twice, with AWS's recorded text.
func newCSVHeader(names []string) (*csvHeader, error) {
	at := make(map[string]int, len(names))
	for i, name := range names {
		if _, dup := at[name]; dup {
			return nil, readerFailedf("CSV headers cannot contain duplicates.")
		}
		at[name] = i
	}
	h := &csvHeader{names: names, order: make([]int, len(names))}
	for i, name := range javalang.HashOrder(names) {
		h.order[i] = at[name]
	}
	return h, nil
}

// item makes the item of a row: cells that are missing are "", those beyond the header are dropped.
func (h *csvHeader) item(cells []string) value.Value {
	members := make([]value.Member, len(h.order))
	for i, column := range h.order {
		cell := value.String("")
		if column < len(cells) {
			cell = value.String(cells[column])
		}
		members[i] = value.Member{Name: h.names[column], Value: cell}
	}
	return value.NewObject(members...)
}

// givenHeader reads CSVHeaders. It returns nil when there are none.
func givenHeader(headers value.Value, limit int64) ([]string, error) {
	if headers == nil {
		return nil, nil
	}
	array, ok := headers.(*value.Array)
	if !ok {
		return nil, readerFailedf("CSVHeaders must be an array of strings but was: %s", value.Text(headers))
	}
	names := make([]string, array.Len())
	size := int64(0)
	for i, item := range array.Items() {
		name, ok := item.(value.String)
		if !ok {
			return nil, readerFailedf("CSVHeaders must be an array of strings but item %d was: %s", i, value.Text(item))
		}
		names[i] = string(name)
		size += int64(len(name)) + 1
	}
	if size-1 > limit {
		return nil, &LimitError{"Header", limit, "the list CSVHeaders"}
	}
	return names, nil
}

// csv gives the rows of a CSV file. The header is the first row when names is nil.
func (s *session) csv(r io.Reader, names []string, separator byte, item Item) error {
	lines := newLineReader(r)
	reader := &csvReader{lines: lines, separator: separator, limit: s.limits.Item}
	if names == nil {
		reader.limit = s.limits.Header
		cells, err := reader.record()
		switch {
		case err == io.EOF:
			return nil // an empty file has no items; what AWS does is not known
		case errors.Is(err, errTooLong):
			return &LimitError{"Header", s.limits.Header, "the header of " + item.Source}
		case err != nil:
			return s.at(item.Source, err)
		}
		reader.limit = s.limits.Item
		names = append([]string{}, cells...)
	}
	header, err := newCSVHeader(names)
	if err != nil {
		return err
	}
	for {
		line := lines.line
		cells, err := reader.record()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, errTooLong):
			return &LimitError{"Item", s.limits.Item, fmt.Sprintf("the row at line %d of %s", line+1, item.Source)}
		case err != nil:
			return s.at(item.Source, err)
		}
		item.Value = header.item(cells)
		if err := s.give(item); err != nil {
			return err
		}
	}
}

func separatorOf(delimiter string) (byte, error) {
	if separator, ok := csvSeparators[strings.ToUpper(delimiter)]; ok {
		return separator, nil
	}
	return 0, readerFailedf("CSVDelimiter must be COMMA, PIPE, SEMICOLON, SPACE or TAB but was %q", delimiter)
}
