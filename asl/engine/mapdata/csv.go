package mapdata

import (
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// errTooLong is what readers return for a line, a record or a JSON text beyond their limit; their callers name it.
var errTooLong = errors.New("too long")

// csvReader reads records as AWS does, which by its page on CSV files
// (https://docs.aws.amazon.com/step-functions/latest/dg/example-csv-parse-dist-map.html) is as opencsv's CSVParser does with its
// defaults, a grammar that RFC 4180 is a part of:
//
//   - A quotation mark opens a quoted stretch, which may begin in the middle of a field, and closes it. In it, separators and
//     line ends are ordinary characters; every line end becomes \n.
//   - Two quotation marks give one, in a quoted stretch and also in any field that has begun: {""a"":1} is {"a":1}.
//   - A quotation mark that neither begins nor ends a field stays in it, unless it is within the first three characters of a line:
//     a,bc"d"ef,g has the field bc"d"ef. When nothing but blanks is before it, those are dropped instead.
//   - A backslash before a quotation mark, a backslash or the separator makes that an ordinary character. Before anything
//     else it vanishes.
//   - Nothing is trimmed. An empty line is a record of one empty field. A byte order mark is part of the first field, as for Java
//     it is a character like any other.
//
// The page also says that \" works "only in pairs", which the grammar does not: AWS seems to look for the ends of records by
// counting quotation marks before it parses them. That is not modelled.
type csvReader struct {
	lines     *lineReader
	separator byte
	limit     int64 // of a record's text

	inField bool // a field has begun: of importance for "" and, across lines, for nothing else
	cells   []string
	out     []byte
}

// record reads the next record; its slice is valid until the next call. At the end it returns io.EOF.
func (r *csvReader) record() ([]string, error) {
	r.cells = r.cells[:0]
	r.out = r.out[:0]
	left := r.limit
	for continued := false; ; continued = true {
		line, err := r.lines.next(left)
		switch {
		case err == io.EOF && continued:
			return nil, r.unterminated()
		case err != nil:
			return nil, err
		}
		left -= int64(len(line)) + 1
		if !r.parse(line, continued) {
			return r.cells, nil
		}
		if left < 0 {
			return nil, errTooLong
		}
	}
}

// unterminated has opencsv's text, with its way of showing no more than 100 characters.
func (r *csvReader) unterminated() error {
	lost := []rune(string(r.out))
	if len(lost) > 100 {
		lost = append(lost[:97], []rune("...")...)
	}
	return readerFailedf("Unterminated quoted field at end of CSV line. Beginning of lost text: [%s]", string(lost))
}

// parse takes one line. It tells whether the record goes on in the next, because a quoted stretch is still open.
func (r *csvReader) parse(line []byte, quoted bool) bool {
	const quote, escape = '"', '\\'
	for i := 0; i < len(line); {
		c := line[i]
		i++
		following := i < len(line)
		switch {
		case c == escape:
			r.inField = true
			if following && (line[i] == quote || line[i] == escape || line[i] == r.separator) {
				r.out = append(r.out, line[i])
				i++
			}
		case c == quote:
			if (quoted || r.inField) && following && line[i] == quote {
				r.out = append(r.out, quote)
				i++
			} else {
				quoted = !quoted
				if following && line[i] != r.separator && beyondThree(line[:i]) && line[i-2] != r.separator {
					if len(r.out) > 0 && blank(r.out) {
						r.out = r.out[:0]
					} else {
						r.out = append(r.out, quote)
					}
				}
			}
			r.inField = !r.inField
		case c == r.separator && !quoted:
			r.cell()
			r.inField = false
		default:
			r.out = append(r.out, c)
			r.inField = true
		}
	}
	if quoted {
		r.out = append(r.out, '\n')
		return true
	}
	r.cell()
	r.inField = false
	return false
}

func (r *csvReader) cell() {
	r.cells = append(r.cells, decodeUTF8(r.out))
	r.out = r.out[:0]
}

// beyondThree tells whether text has more than three UTF-16 units.
func beyondThree(text []byte) bool {
	if len(text) > 9 { // a unit takes at most three bytes
		return true
	}
	units := 0
	for _, c := range string(text) {
		units++
		if c > 0xFFFF {
			units++
		}
	}
	return units > 3
}

// blank tells whether text is all what Character.isWhitespace takes for white space, which no-break spaces are not.
func blank(text []byte) bool {
	for _, c := range string(text) {
		switch {
		case c == '\u00A0' || c == '\u2007' || c == '\u202F':
			return false
		case '\t' <= c && c <= '\r' || 0x1C <= c && c <= 0x1F || unicode.In(c, unicode.Zs, unicode.Zl, unicode.Zp):
		default:
			return false
		}
	}
	return true
}

// decodeUTF8 makes a string of bytes as Java does: what is not UTF-8 becomes U+FFFD.
func decodeUTF8(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	var b strings.Builder
	for _, c := range string(text) {
		b.WriteRune(c)
	}
	return b.String()
}
