package asl

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/value"
	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// yamlReader turns the YAML library's nodes into ours. The library gives the line and column where a node starts; where it
// ends is found in the text.
type yamlReader struct {
	*source
	lines     []int               // byte offsets of the lines as YAML counts them
	expanding map[*yaml.Node]bool // anchored nodes that are being expanded: an alias to one of them would never end
	aliases   int                 // depth of aliases around the place
	aliasAt   int                 // byte offset of the outermost of them
	added     int                 // nodes that aliases have added
	stopped   bool
}

// yamlVersion finds a version directive that the library refuses, though what it reads is YAML 1.2 to the letter; it takes 1.1.
var yamlVersion = regexp.MustCompile(`^((?:(?:#[^\r\n]*|[ \t]*)\r?\n)*%YAML +1\.)[2-9]`)

func readYAML(s *source) *Node {
	if !utf8.ValidString(s.text) {
		at := invalidUTF8(s.text)
		s.problem(BrokenSyntax, at, at+1, "byte 0x%02x is not UTF-8; save the file as UTF-8", s.text[at])
		return nil
	}
	r := &yamlReader{source: s, lines: yamlLines(s.text), expanding: map[*yaml.Node]bool{}}
	loader, err := yaml.NewLoader(strings.NewReader(yamlVersion.ReplaceAllString(strings.TrimPrefix(s.text, byteOrderMark), "${1}1")),
		yaml.WithUniqueKeys(false), // duplicates are reported here, with their places
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(value.MaxDepth), loaderlimits.AliasNone())))
	if err != nil {
		s.problem(BrokenSyntax, 0, 0, "the YAML reader cannot start: %v", err)
		return nil
	}
	var document yaml.Node
	switch err := loader.Load(&document); {
	case errors.Is(err, io.EOF):
		s.problem(BrokenSyntax, len(s.text), len(s.text), "the text is empty; a definition is a YAML mapping")
		return nil
	case err != nil:
		r.failure(err)
		return nil
	}
	if len(document.Content) == 0 {
		s.problem(BrokenSyntax, len(s.text), len(s.text), "the text is empty; a definition is a YAML mapping")
		return nil
	}
	root := r.node(document.Content[0], 0)
	var second yaml.Node
	switch err := loader.Load(&second); {
	case err == nil:
		at := r.offset(second.Line, second.Column)
		s.problem(BrokenSyntax, at, at, "a second YAML document; a file holds one definition, so only the first document is read")
	case !errors.Is(err, io.EOF):
		r.failure(err)
	}
	return root
}

func invalidUTF8(text string) int {
	for i, c := range text {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return len(text) - 1
}

// failure notes the error that made the library stop.
func (r *yamlReader) failure(err error) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		r.problem(BrokenSyntax, 0, 0, "the text is not YAML: %v", err)
		return
	}
	mark, message := load.Mark, load.Message
	if mark.Line == 0 {
		mark = load.ContextMark
	}
	at := 0
	if mark.Line > 0 {
		at = r.offset(mark.Line, mark.Column)
	}
	if strings.Contains(message, "control characters") {
		at = max(0, strings.IndexFunc(r.text, func(c rune) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f }))
	}
	if load.ContextMsg != "" {
		message += ", " + load.ContextMsg
		if load.ContextMark.Line > 0 && load.ContextMark != load.Mark {
			p := r.index.at(r.offset(load.ContextMark.Line, load.ContextMark.Column))
			r.problem(BrokenSyntax, at, at, "the text is not YAML: %s (begun at %d:%d)", message, p.Line, p.Column)
			return
		}
	}
	r.problem(BrokenSyntax, at, at, "the text is not YAML: %s", message)
}

// yamlLines lists where lines start for the YAML library, which also ends lines at U+0085, U+2028 and U+2029.
func yamlLines(text string) []int {
	starts := []int{len(text) - len(strings.TrimPrefix(text, byteOrderMark))}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\n', text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			starts = append(starts, i+1)
		case text[i] == 0xC2 && strings.HasPrefix(text[i:], "\u0085"):
			starts = append(starts, i+2)
		case text[i] == 0xE2 && (strings.HasPrefix(text[i:], "\u2028") || strings.HasPrefix(text[i:], "\u2029")):
			starts = append(starts, i+3)
		}
	}
	return starts
}

// offset turns the library's line and column, both from 1 and the column in characters, into a byte offset.
func (r *yamlReader) offset(line, column int) int {
	if line < 1 {
		return 0
	}
	if line > len(r.lines) {
		return len(r.text)
	}
	return r.index.afterRunes(r.lines[line-1], max(0, column-1))
}

// node converts a node and all within.
func (r *yamlReader) node(y *yaml.Node, depth int) *Node {
	start := r.offset(y.Line, y.Column)
	if r.aliases > 0 {
		if r.added++; r.added > MaxExpansion && !r.stopped {
			r.stopped = true
			r.problem(BrokenSyntax, r.aliasAt, r.aliasAt, "aliases add more than %d nodes (MaxExpansion); the rest is not read", MaxExpansion)
		}
	}
	if depth > value.MaxDepth && !r.stopped {
		r.stopped = true
		r.problem(BrokenSyntax, start, start, "nested deeper than %d levels (value.MaxDepth); the rest is not read", value.MaxDepth)
	}
	if r.stopped {
		return &Node{Kind: value.KindNull, Value: value.Null{}, Span: r.index.span(start, start), broken: true}
	}
	var n *Node
	switch y.Kind {
	case yaml.AliasNode:
		return r.alias(y, start, depth)
	case yaml.MappingNode:
		n = r.mapping(y, start, depth)
	case yaml.SequenceNode:
		n = &Node{Kind: value.KindArray}
		end := r.skipProperties(start)
		for _, item := range y.Content {
			child := r.node(item, depth+1)
			n.adoptItem(child)
			end = r.endOf(item, child, end)
		}
		n.Span = r.index.span(start, r.collectionEnd(y, end))
	default:
		n = r.scalar(y, start)
	}
	return r.tagged(y, n)
}

// alias converts what the alias stands for. The node itself has the alias's place; what is within has its own.
func (r *yamlReader) alias(y *yaml.Node, start, depth int) *Node {
	end := start + len("*") + len(y.Value)
	if r.expanding[y.Alias] {
		r.problem(BrokenSyntax, start, end, "the alias *%s stands within what it is an alias of", y.Value)
		return &Node{Kind: value.KindNull, Value: value.Null{}, Span: r.index.span(start, end), broken: true}
	}
	if r.aliases == 0 {
		r.aliasAt = start
	}
	r.expanding[y.Alias] = true
	r.aliases++
	n := r.node(y.Alias, depth)
	r.aliases--
	delete(r.expanding, y.Alias)
	n.Span = r.index.span(start, end)
	return n
}

func (r *yamlReader) mapping(y *yaml.Node, start, depth int) *Node {
	n := &Node{Kind: value.KindObject}
	end := r.skipProperties(start)
	var merged []*Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, val := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.AliasNode && key.Alias != nil && key.Alias.Kind == yaml.ScalarNode {
			key = &yaml.Node{Kind: yaml.ScalarNode, Value: key.Alias.Value, Style: yaml.SingleQuotedStyle, Tag: "!!str", Line: key.Line, Column: key.Column}
		}
		keyStart := r.offset(key.Line, key.Column)
		if key.Kind != yaml.ScalarNode {
			r.problem(BrokenSyntax, keyStart, keyStart+1, "a mapping or sequence as a name; names are strings")
			child := r.node(val, depth+1)
			end = r.endOf(val, child, end)
			continue
		}
		keySpan := r.index.span(keyStart, r.scalarEnd(key, keyStart))
		child := r.node(val, depth+1)
		if key.Value == "<<" && key.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
			merged = append(merged, r.mergeSources(val, child)...)
		} else {
			n.adopt(key.Value, keySpan, child)
		}
		end = r.endOf(val, child, max(end, keySpan.End.Offset))
	}
	r.duplicates(n)
	mergeInto(n, merged)
	n.Span = r.index.span(start, r.collectionEnd(y, end))
	return n
}

// mergeSources gives the mappings that a merge key names: one, or a sequence of them.
func (r *yamlReader) mergeSources(y *yaml.Node, n *Node) []*Node {
	switch {
	case n.broken:
		return nil
	case n.Kind == value.KindObject:
		return []*Node{n}
	case n.Kind == value.KindArray:
		for _, item := range n.Items {
			if item.Kind != value.KindObject {
				r.problem(BrokenSyntax, item.Span.Start.Offset, item.Span.End.Offset, "%s among the mappings to merge (<<)", article(item.Kind))
				return nil
			}
		}
		return n.Items
	}
	at := r.offset(y.Line, y.Column)
	r.problem(BrokenSyntax, at, at, "%s where a mapping to merge (<<) should be", article(n.Kind))
	return nil
}

// mergeInto adds the members of the sources whose names n does not have: n's own members and earlier sources win.
func mergeInto(n *Node, sources []*Node) {
	if len(sources) == 0 {
		return
	}
	have := make(map[string]bool, len(n.Members))
	for _, m := range n.Members {
		have[m.Name] = true
	}
	for _, s := range sources {
		for _, m := range s.Members {
			if !have[m.Name] {
				have[m.Name] = true
				n.adopt(m.Name, m.NameSpan, m.Value)
			}
		}
	}
}
