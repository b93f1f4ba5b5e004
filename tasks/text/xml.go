package text

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// xmlHandler receives the elements of an XML part.
type xmlHandler interface {
	start(element xml.StartElement)
	end(name xml.Name)
	text(data []byte)
}

// What an element and a paragraph count for against the limit on text: millions of tiny ones cost as much memory.
const (
	elementCost   = 16
	paragraphCost = 128
)

// readXML runs a part through a handler, under the limit on depth and the context's time. Budget is
// the text that may still come.
func readXML(ctx context.Context, content io.Reader, name string, limits Limits, budget *int64, handler xmlHandler) error {
	buffered := bufio.NewReader(content)
	wide := false
	if head, err := buffered.Peek(2); err == nil && (head[0] == 0xFF && head[1] == 0xFE || head[0] == 0xFE && head[1] == 0xFF) {
		// UTF-16 with its mark: what the declaration says is true of the bytes only.
		wide = true
		buffered = bufio.NewReader(unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder().Reader(buffered))
	}
	decoder := xml.NewDecoder(buffered)
	decoder.Entity = xml.HTMLEntity
	decoder.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		if wide {
			return input, nil
		}
		enc, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return enc.NewDecoder().Reader(input), nil
	}
	depth, maxDepth := int64(0), limits.XMLDepth
	for n := 0; ; n++ {
		if n%4096 == 0 {
			if err := contextError(ctx); err != nil {
				return err
			}
		}
		token, err := decoder.RawToken()
		if err == io.EOF && depth == 0 {
			return nil
		}
		if err != nil {
			var own *Error
			if errors.As(err, &own) {
				return own
			}
			line, column := decoder.InputPos()
			return fail(CorruptDocument, "the part %s is not well-formed XML at line %d, column %d: %w", name, line, column, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return over("XMLDepth", maxDepth, "elements in the part %s nest too deep", name)
			}
			cost := int64(elementCost)
			if token.Name.Local == "p" {
				cost = paragraphCost
			}
			if *budget -= cost; *budget < 0 {
				return over("TextBytes", limits.TextBytes, "the parts up to %s hold more text and marks than is allowed", name)
			}
			handler.start(token)
		case xml.EndElement:
			if depth--; depth < 0 {
				line, column := decoder.InputPos()
				return fail(CorruptDocument, "the part %s closes an element that is not open at line %d, column %d", name, line, column)
			}
			handler.end(token.Name)
		case xml.CharData:
			if *budget -= int64(len(token)); *budget < 0 {
				return over("TextBytes", limits.TextBytes, "the parts up to %s hold more text and marks than is allowed", name)
			}
			handler.text(token)
		}
	}
}

// attribute returns the value of the attribute with this local name, whatever its prefix.
func attribute(element xml.StartElement, local string) string {
	for _, a := range element.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// on reads the on/off values of Office Open XML (ISO/IEC 29500-1, 22.9.2.7): a missing value means on.
func on(element xml.StartElement) bool {
	switch strings.ToLower(attribute(element, "val")) {
	case "0", "false", "off", "none":
		return false
	}
	return true
}
