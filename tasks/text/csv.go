package text

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// delimiters that CSV files use, in order of preference when two fit equally well: the comma is last since it stands in
// text and numbers, too.
var delimiters = []rune{'\t', ';', '|', ','}

// extractCSV writes one line a row, cells separated by a tab; line breaks and tabs inside a cell become spaces, so that
// a line of the text is always a row of the table.
func extractCSV(ctx context.Context, src *source, doc *Document) error {
	body := normalise(src.text)
	// Excel's own header line that names the delimiter.
	comma := rune(0)
	if line, rest, ok := strings.Cut(body, "\n"); ok && len(line) == 5 && strings.EqualFold(line[:4], "sep=") {
		comma, body = rune(line[4]), rest
	}
	if comma == 0 || comma == '"' {
		comma, _ = delimiter(body)
	}
	reader := newCSVReader(body, comma)

	var out strings.Builder
	malformed := 0
	for row := 1; ; row++ {
		if row%1024 == 0 {
			if err := contextError(ctx); err != nil {
				return err
			}
		}
		cells, err := reader.Read()
		if err == io.EOF {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			malformed++
		} else if err != nil {
			return fail(CorruptDocument, "row %d cannot be read: %v", row, err)
		}
		for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) == 0 {
			continue
		}
		for i, cell := range cells {
			if i > 0 {
				out.WriteByte('\t')
			}
			out.WriteString(oneLine(cell))
		}
		out.WriteByte('\n')
		if int64(out.Len()) > src.limits.TextBytes {
			return over("TextBytes", src.limits.TextBytes, "the table has more text than allowed at row %d", row)
		}
	}
	if malformed > 0 {
		doc.warn(0, WarnMalformedRow, fmt.Sprintf("%d rows break the quoting rules of CSV and were read as they stand", malformed))
	}
	doc.Pages = []Page{compose(1, "", []block{{kind: BlockTable, text: strings.TrimRight(out.String(), "\n")}})}
	return nil
}

func newCSVReader(body string, comma rune) *csv.Reader {
	reader := csv.NewReader(strings.NewReader(body))
	reader.Comma = comma
	reader.LazyQuotes = true
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	return reader
}

// delimiter finds the character that cuts the first rows into the same number of cells, at least two. Without one the
// answer is a comma, and regular is false.
func delimiter(body string) (comma rune, regular bool) {
	const sampleRows, sampleBytes = 50, 64 << 10
	if len(body) > sampleBytes {
		body = body[:sampleBytes]
		if end := strings.LastIndexByte(body, '\n'); end > 0 {
			body = body[:end]
		}
	}
	comma = ','
	best := 0.0
	for _, candidate := range delimiters {
		if !strings.ContainsRune(body, candidate) {
			continue
		}
		reader := newCSVReader(body, candidate)
		counts := map[int]int{}
		rows := 0
		for rows < sampleRows {
			cells, err := reader.Read()
			if err != nil {
				break
			}
			if len(cells) > 1 || strings.TrimSpace(cells[0]) != "" {
				counts[len(cells)]++
				rows++
			}
		}
		for cells, n := range counts {
			if cells < 2 {
				continue
			}
			// How many rows agree decides; more columns only break a tie.
			agreement := float64(n) / float64(rows)
			score := agreement + float64(min(cells, 50))/10_000
			if score > best {
				best, comma, regular = score, candidate, agreement >= 0.9 && rows >= 3
			}
		}
	}
	return comma, regular
}
