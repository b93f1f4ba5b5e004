package asl

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// skipProperties moves over the tag and anchor that stand before a node's text.
func (r *yamlReader) skipProperties(at int) int {
	for at < len(r.text) && (r.text[at] == '!' || r.text[at] == '&') {
		for at < len(r.text) && strings.IndexByte(" \t\r\n,[]{}", r.text[at]) < 0 {
			at++
		}
		at = skipYAMLSpace(r.text, at)
	}
	return at
}

// skipYAMLSpace moves over white space and comments.
func skipYAMLSpace(text string, at int) int {
	for at < len(text) {
		switch text[at] {
		case ' ', '\t', '\r', '\n':
			at++
		case '#':
			end := strings.IndexAny(text[at:], "\r\n")
			if end < 0 {
				return len(text)
			}
			at += end
		default:
			return at
		}
	}
	return at
}

// endOf gives the later one of end and the end of what y, whose conversion is n, takes up in the text. An empty value takes
// up nothing: the library gives it the place of what comes next.
func (r *yamlReader) endOf(y *yaml.Node, n *Node, end int) int {
	if y.Kind == yaml.ScalarNode && y.Value == "" && y.Style == 0 {
		return end
	}
	return max(end, n.Span.End.Offset)
}

// collectionEnd gives the end of a mapping or sequence whose last child ends at the offset end.
func (r *yamlReader) collectionEnd(y *yaml.Node, end int) int {
	if y.Style&yaml.FlowStyle == 0 {
		return end
	}
	for at := end; at < len(r.text); {
		at = skipYAMLSpace(r.text, at)
		if at == len(r.text) {
			break
		}
		switch r.text[at] {
		case ']', '}':
			return at + 1
		case ',', '[', '{', ':', '?':
			at++
		default:
			return end
		}
	}
	return end
}

// scalarEnd gives the byte offset after the text of a scalar that starts at the offset start.
func (r *yamlReader) scalarEnd(y *yaml.Node, start int) int {
	at := r.skipProperties(start)
	switch {
	case at >= len(r.text):
		return min(start, len(r.text))
	case y.Style&yaml.DoubleQuotedStyle != 0:
		return quotedEnd(r.text, at, '\\')
	case y.Style&yaml.SingleQuotedStyle != 0:
		return quotedEnd(r.text, at, '\'')
	case y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		end := strings.IndexAny(r.text[at:], "\r\n")
		if end < 0 {
			return len(r.text)
		}
		return max(at+end, r.matchEnd(y.Value, at+end))
	case y.Value == "":
		return start
	}
	return r.matchEnd(y.Value, at)
}

// quotedEnd gives the place after the closing quote of a string that starts at the offset at. Within single quotes the quote
// escapes itself.
func quotedEnd(text string, at int, escape byte) int {
	if text[at] != '"' && text[at] != '\'' {
		return at
	}
	quote := text[at]
	for i := at + 1; i < len(text); i++ {
		switch {
		case text[i] == escape && i+1 < len(text) && (escape == '\\' || text[i+1] == quote):
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return len(text)
}

// matchEnd gives the place after the text that reads as val: the same characters, whatever white space lies between, since
// YAML folds lines.
func (r *yamlReader) matchEnd(val string, at int) int {
	end := at
	for _, want := range val {
		if unicode.IsSpace(want) {
			continue
		}
		for {
			have, size := utf8.DecodeRuneInString(r.text[at:])
			if size == 0 {
				return end
			}
			at += size
			if have == want {
				end = at
				break
			}
			if !unicode.IsSpace(have) && have != '\ufeff' {
				return end
			}
		}
	}
	return end
}
