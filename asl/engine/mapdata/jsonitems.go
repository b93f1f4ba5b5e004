package mapdata

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// The recorded texts of the JSON reader. The second is that of captures of 2026.
const (
	causeNotIterable = "Attempting to map over non-iterable node."
	causeNoPointer   = "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."
)

// json gives the items of a JSON file: those of the array that pointer names, or the members of the object.
//
// Items keep the order of their members and the text of their numbers, but not the white space of the file (recorded).
func (s *session) json(r io.Reader, pointer string, item Item) error {
	j := newJSONStream(r)
	tokens, err := parsePointer(pointer)
	if err != nil {
		return err
	}
	for _, token := range tokens {
		if err := s.descend(j, token, item.Source); err != nil {
			return s.inJSON(item.Source, err)
		}
	}
	c, err := j.next()
	switch {
	case err == io.EOF:
		return readerFailedf(causeNotIterable)
	case err != nil:
		return s.at(item.Source, err)
	case c == '[':
		err = s.jsonArray(j, item)
	case c == '{' && (len(tokens) > 0 || s.src.MapObjects):
		err = s.jsonObject(j, item)
	default:
		if c != '{' {
			if _, err := j.value(s.limits.Item); err != nil {
				return s.inJSON(item.Source, err)
			}
		}
		return readerFailedf(causeNotIterable)
	}
	if err != nil || len(tokens) > 0 {
		return s.inJSON(item.Source, err)
	}
	if c, err := j.next(); err == nil {
		return s.inJSON(item.Source, &jsonError{j.offset, fmt.Sprintf("%q after the end of the value", c)})
	} else if err != io.EOF {
		return s.at(item.Source, err)
	}
	return nil
}

func (s *session) jsonArray(j *jsonStream, item Item) error {
	j.discard(1)
	if c, err := j.next(); err == nil && c == ']' {
		j.discard(1)
		return nil
	}
	for {
		v, err := j.value(s.limits.Item)
		if err != nil {
			return err
		}
		item.Value = value.Detach(v)
		if err := s.give(item); err != nil {
			return err
		}
		if c, err := j.expect(',', ']'); err != nil || c == ']' {
			return err
		}
	}
}

func (s *session) jsonObject(j *jsonStream, item Item) error {
	j.discard(1)
	if c, err := j.next(); err == nil && c == '}' {
		j.discard(1)
		return nil
	}
	item.HasKey = true
	for {
		var err error
		if item.Key, err = s.jsonKey(j); err != nil {
			return err
		}
		v, err := j.value(s.limits.Item)
		if err != nil {
			return err
		}
		item.Value = value.Detach(v)
		if err := s.give(item); err != nil {
			return err
		}
		if c, err := j.expect(',', '}'); err != nil || c == '}' {
			return err
		}
	}
}

// jsonKey reads a member's name and the colon.
func (s *session) jsonKey(j *jsonStream) (string, error) {
	if _, err := j.next(); err != nil && err != io.EOF {
		return "", err
	}
	start := j.offset
	v, err := j.value(s.limits.Item)
	if err != nil {
		return "", err
	}
	name, ok := v.(value.String)
	if !ok {
		return "", &jsonError{start, "no member name in double quotes"}
	}
	_, err = j.expect(':', ':')
	return string(name), err
}

// descend goes to the value that one token of a JSON Pointer names: of members with the same name to the first.
func (s *session) descend(j *jsonStream, token, source string) error {
	c, err := j.next()
	if err != nil && err != io.EOF {
		return err
	}
	reached := func() error {
		if _, err := j.next(); err != nil && err != io.EOF {
			return err
		}
		if j.offset > s.limits.PointerStart {
			return &LimitError{"PointerStart", s.limits.PointerStart, "the place in " + source + " that ItemsPointer names"}
		}
		return nil
	}
	missing := readerFailedf(causeNoPointer)
	switch c {
	case '{':
		j.discard(1)
		if c, err := j.next(); err == nil && c == '}' {
			return missing
		}
		for {
			name, err := s.jsonKey(j)
			if err != nil {
				return err
			}
			if name == token {
				return reached()
			}
			if err := j.skip(); err != nil {
				return err
			}
			if err := reached(); err != nil {
				return err
			}
			if c, err := j.expect(',', '}'); err != nil {
				return err
			} else if c == '}' {
				return missing
			}
		}
	case '[':
		j.discard(1)
		index, err := strconv.ParseUint(token, 10, 63)
		if err != nil || token != strconv.FormatUint(index, 10) {
			return missing
		}
		if c, err := j.next(); err == nil && c == ']' {
			return missing
		}
		for ; index > 0; index-- {
			if err := j.skip(); err != nil {
				return err
			}
			if err := reached(); err != nil {
				return err
			}
			if c, err := j.expect(',', ']'); err != nil {
				return err
			} else if c == ']' {
				return missing
			}
		}
		return reached()
	}
	return missing
}

// parsePointer splits a JSON Pointer (RFC 6901) into its tokens.
func parsePointer(pointer string) ([]string, error) {
	switch {
	case pointer == "":
		return nil, nil
	case len(pointer) >= MaxPointerLength:
		return nil, readerFailedf("ReaderConfig.ItemsPointer must have less than %d characters but has %d", MaxPointerLength, len(pointer))
	case pointer[0] != '/':
		return nil, readerFailedf("ReaderConfig.ItemsPointer must be a JSON Pointer, which begins with '/', but was: %s", pointer)
	}
	tokens := strings.Split(pointer[1:], "/")
	for i, token := range tokens {
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return tokens, nil
}

// inJSON names the file in the errors of its text.
func (s *session) inJSON(source string, err error) error {
	var syntax *jsonError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return &Error{Name: ErrorItemReaderFailed, Cause: capital(syntax.Error()) + " of " + source, Err: syntax}
	case errors.Is(err, errTooLong):
		return &LimitError{"Item", s.limits.Item, "an item of " + source}
	}
	return s.at(source, err)
}

// jsonLines gives the values of a JSON Lines file, one a line. Lines of nothing but blanks give none.
func (s *session) jsonLines(r io.Reader, item Item) error {
	lines := newLineReader(r)
	for {
		line, err := lines.next(s.limits.Item)
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, errTooLong):
			return &LimitError{"Item", s.limits.Item, fmt.Sprintf("line %d of %s", lines.line+1, item.Source)}
		case err != nil:
			return s.at(item.Source, err)
		}
		text := string(line)
		if lines.line == 1 {
			text = strings.TrimPrefix(text, "\uFEFF")
		}
		if strings.Trim(text, " \t") == "" {
			continue
		}
		v, err := value.Parse(text)
		if err != nil {
			var syntax *value.SyntaxError
			if errors.As(err, &syntax) {
				err = &jsonError{lines.start + int64(len(line)-len(text)+syntax.Offset), syntax.Message}
			}
			return &Error{
				Name: ErrorItemReaderFailed, Cause: fmt.Sprintf("%s, line %d of %s", capital(err.Error()), lines.line, item.Source), Err: err,
			}
		}
		item.Value = value.Detach(v)
		if err := s.give(item); err != nil {
			return err
		}
	}
}
