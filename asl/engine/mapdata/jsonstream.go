package mapdata

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/docflow-asl/docflow/asl/value"
)

// jsonStream reads a JSON text value by value, so that an array of any length takes no more room than its longest item. What it
// hands out is checked by value.Parse; of what it skips it checks only that strings and brackets are closed.
type jsonStream struct {
	r      *bufio.Reader
	offset int64
}

// jsonError tells where a stream stops being JSON.
type jsonError struct {
	offset  int64
	message string
}

func (e *jsonError) Error() string {
	return fmt.Sprintf("invalid JSON at offset %d: %s", e.offset, e.message)
}

// newJSONStream skips a byte order mark, as Jackson does.
func newJSONStream(r io.Reader) *jsonStream {
	j := &jsonStream{r: bufio.NewReaderSize(r, 64<<10)}
	if mark, err := j.r.Peek(3); err == nil && string(mark) == "\xEF\xBB\xBF" {
		j.discard(3)
	}
	return j
}

func (j *jsonStream) discard(n int) {
	_, _ = j.r.Discard(n) // within what is buffered: it cannot fail
	j.offset += int64(n)
}

// chunk returns what is buffered, at least a byte, or an error, which at the end is io.EOF.
func (j *jsonStream) chunk() ([]byte, error) {
	if _, err := j.r.Peek(1); err != nil {
		return nil, err
	}
	return j.r.Peek(j.r.Buffered())
}

// next skips white space and returns the byte that follows, without taking it.
func (j *jsonStream) next() (byte, error) {
	for {
		chunk, err := j.chunk()
		if err != nil {
			return 0, err
		}
		for i, c := range chunk {
			if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
				j.discard(i)
				return c, nil
			}
		}
		j.discard(len(chunk))
	}
}

// expect takes the next byte, which must be one of the two.
func (j *jsonStream) expect(a, b byte) (byte, error) {
	c, err := j.next()
	switch {
	case err == io.EOF:
		return 0, &jsonError{j.offset, fmt.Sprintf("end of text where %q or %q should be", a, b)}
	case err != nil:
		return 0, err
	case c != a && c != b:
		return 0, &jsonError{j.offset, fmt.Sprintf("%q where %q or %q should be", c, a, b)}
	}
	j.discard(1)
	return c, nil
}

// value reads the next value, whose text may have limit bytes.
func (j *jsonStream) value(limit int64) (value.Value, error) {
	if _, err := j.next(); err != nil && err != io.EOF {
		return nil, err
	}
	start := j.offset
	text, err := j.text(limit, true)
	if err != nil {
		return nil, err
	}
	v, err := value.Parse(text)
	var syntax *value.SyntaxError
	if errors.As(err, &syntax) {
		return nil, &jsonError{start + int64(syntax.Offset), syntax.Message}
	}
	return v, err
}

// skip passes over the next value.
func (j *jsonStream) skip() error {
	if _, err := j.next(); err != nil && err != io.EOF {
		return err
	}
	_, err := j.text(0, false)
	return err
}

// text takes a value's text, which begins at the next byte, and returns it if it is to be kept.
func (j *jsonStream) text(limit int64, keep bool) (string, error) {
	var buf []byte
	for s := (jsonScanner{}); ; {
		chunk, err := j.chunk()
		if err == io.EOF {
			if s.scalar {
				return string(buf), nil
			}
			return "", &jsonError{j.offset, "end of text inside a value, or where a value should be"}
		}
		if err != nil {
			return "", err
		}
		n, done := s.scan(chunk)
		if keep {
			if int64(len(buf)+n) > limit {
				return "", errTooLong
			}
			buf = append(buf, chunk[:n]...)
		}
		j.discard(n)
		if done {
			return string(buf), nil
		}
	}
}

// jsonScanner finds the end of a value.
type jsonScanner struct {
	depth           int
	quoted, escaped bool
	scalar          bool // a number or a literal, which ends before what can be no part of it
}

// scan tells how many bytes of the chunk belong to the value, and whether it ends there.
func (s *jsonScanner) scan(chunk []byte) (n int, done bool) {
	for i, c := range chunk {
		switch {
		case s.escaped:
			s.escaped = false
		case s.quoted:
			switch c {
			case '\\':
				s.escaped = true
			case '"':
				s.quoted = false
				if s.depth == 0 {
					return i + 1, true
				}
			}
		case s.scalar:
			switch c {
			case ',', ']', '}', ':', ' ', '\t', '\n', '\r', '"', '[', '{':
				return i, true
			}
		default:
			switch c {
			case '"':
				s.quoted = true
			case '{', '[':
				s.depth++
			case '}', ']':
				if s.depth--; s.depth <= 0 {
					return i + 1, true
				}
			default:
				if s.depth == 0 {
					if c == ',' || c == ':' {
						return i + 1, true // no value: value.Parse says so
					}
					s.scalar = true
				}
			}
		}
	}
	return len(chunk), false
}
