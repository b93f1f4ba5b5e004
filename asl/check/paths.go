package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// JSONPath: path fields, reference paths and payload templates.
var pathRules = []*Rule{
	{
		Code: "invalid-path", AWSCode: awsSchema, Severity: Error, check: checkPaths,
		Doc: "The field holds a JSONPath: $ for the state's data, $$ for the context object, $name for a variable, and steps after it.",
	},
	{
		Code: "not-a-reference-path", AWSCode: awsSchema, Severity: Error, check: checkReferences,
		Doc: "The field holds a reference path, which names exactly one place: only .name, ['name'] and [0]; no wildcard, filter, slice or `..`. ResultPath writes to the state's data, so that it cannot start with $$ or a variable.",
	},
	{
		Code: "template-path", AWSCode: awsSchema, Severity: Error, check: checkTemplatePaths,
		Doc: "In a payload template, a name that ends with .$ has a JSONPath or a call of an intrinsic function as its value.",
	},
	{
		Code: "template-key-twice", Severity: Error, check: checkTemplateKeys,
		Doc: "A payload template drops the .$ of a name, so that \"a\" and \"a.$\" give the same member.",
	},
	{
		Code: "literal-path", AWSCode: "NO_DOLLAR", Severity: Warning, check: checkLiteralPaths,
		Doc: "The value looks like a path or an expression, but is passed on as the text that it is: in JSONPath the name lacks its .$, in JSONata the text lacks its delimiters {% %}.",
	},
	{
		Code: "static-result", AWSCode: "PASS_RESULT_IS_STATIC", Severity: Warning, check: checkStaticResult,
		Doc: "The Result of a Pass is passed on as it is; paths in it are not read. Parameters reads them.",
	},
}

// useKind sorts the places where a sub-language stands.
type useKind uint8

const (
	pathUse       useKind = iota // any JSONPath, or null
	referenceUse                 // a reference path from any root
	resultPathUse                // a reference path into the state's data, or null
	dataPathUse                  // a reference path from $ or a variable, not from $$
	messageUse                   // a JSONPath, or an intrinsic function that gives a string
	templateUse                  // the value of a name with .$ in a payload template
	literalUse                   // any other string in a payload template
	jsonataUse                   // a string in a place where a JSONata state takes an expression
)

// use is one text of a sub-language.
type use struct {
	kind     useKind
	node     *asl.Node
	name     string    // the field, or the member's name in a template
	template *asl.Node // the whole template that the text is in
	state    *state
	text     string         // of a string
	known    bool           // node is a string without substitutions, so that text is what AWS gets
	path     *jsonpath.Path // of a known text that is to be a path, unless it cannot be read
	err      error          // why it cannot
}

// addUse notes a use, and parses its path.
func (p *pass) addUse(kind useKind, n *asl.Node, name string, template *asl.Node, s *state) {
	u := &use{kind: kind, node: n, name: name, template: template, state: s}
	u.text, u.known = textOf(n)
	u.known = u.known && !hasHole(u.text)
	if u.known && kind <= templateUse && (!isIntrinsic(u.text) || kind < messageUse) {
		u.path, u.err = jsonpath.Parse(u.text)
	}
	p.uses = append(p.uses, u)
}

// pathFields are the fields of a JSONPath state that hold paths.
var pathFields = map[string]useKind{
	"InputPath": pathUse, "OutputPath": pathUse, "ResultPath": resultPathUse, "ItemsPath": referenceUse,
	"TimeoutSecondsPath": referenceUse, "HeartbeatSecondsPath": referenceUse, "SecondsPath": referenceUse, "TimestampPath": referenceUse,
	"ErrorPath": messageUse, "CausePath": messageUse,
	// AWS was measured to reject $$ in these.
	"MaxConcurrencyPath": dataPathUse, "ToleratedFailurePercentagePath": dataPathUse, "ToleratedFailureCountPath": dataPathUse,
	"MaxItemsPath": referenceUse, "MaxItemsPerBatchPath": referenceUse, "MaxInputBytesPerBatchPath": referenceUse,
}

// templateFields are the fields that hold payload templates in JSONPath, and values with expressions in JSONata.
var templateFields = map[string]bool{
	"Parameters": true, "ResultSelector": true, "ItemSelector": true, "BatchInput": true, "Assign": true, "Credentials": true,
	"Arguments": true, "Output": true, "Items": true,
}

// jsonataFields are the fields that take an expression in JSONata besides the templates.
var jsonataFields = map[string]bool{
	"Condition": true, "TimeoutSeconds": true, "HeartbeatSeconds": true, "Seconds": true, "Timestamp": true, "Error": true, "Cause": true,
	"MaxConcurrency": true, "ToleratedFailurePercentage": true, "ToleratedFailureCount": true, "MaxItems": true, "MaxItemsPerBatch": true, "MaxInputBytesPerBatch": true,
	"CSVHeaders": true,
}

// innerFields are the objects and arrays of a state that have fields of their own.
var innerFields = map[string]bool{"Catch": true, "ItemReader": true, "ReaderConfig": true, "ItemBatcher": true, "ResultWriter": true, "Choices": true, "And": true, "Or": true, "Not": true}

// collectUses finds every text of a sub-language in a state; what the state's schema does not know is left alone.
func (p *pass) collectUses(s *state) {
	if s.typ != "" && !s.hidden {
		p.collectFields(s, s.node)
	}
}

func (p *pass) collectFields(s *state, object *asl.Node) {
	if object.Kind == value.KindArray {
		for _, item := range object.Items {
			p.collectFields(s, item)
		}
		return
	}
	if isHole(object) {
		return
	}
	unknown := p.unknown[object]
	for _, m := range object.Members {
		n := m.Value
		if p.broken[n] || slices.Contains(unknown, m.Name) {
			continue
		}
		kind, isPath := pathFields[m.Name]
		switch {
		case s.language == asl.JSONata && jsonataFields[m.Name]:
			p.collectExpressions(s, n, m.Name, n)
		case s.language == asl.JSONata && templateFields[m.Name]:
			p.collectExpressions(s, n, m.Name, n)
		case s.language == asl.JSONPath && templateFields[m.Name]:
			p.collectTemplate(s, n, n)
		case s.language == asl.JSONPath && (m.Name == "Variable" || isOperator[m.Name] && strings.HasSuffix(m.Name, "Path")):
			p.addUse(referenceUse, n, m.Name, nil, s)
		case s.language == asl.JSONPath && isPath:
			p.addUse(kind, n, m.Name, nil, s)
		case innerFields[m.Name]:
			p.collectFields(s, n)
		}
	}
}

// collectTemplate goes through a payload template.
func (p *pass) collectTemplate(s *state, n, template *asl.Node) {
	for _, item := range n.Items {
		p.collectTemplate(s, item, template)
	}
	if isHole(n) {
		return
	}
	for _, m := range n.Members {
		switch {
		case strings.HasSuffix(m.Name, ".$"):
			p.addUse(templateUse, m.Value, m.Name, template, s)
		case m.Value.Kind == value.KindString:
			p.addUse(literalUse, m.Value, m.Name, template, s)
		default:
			p.collectTemplate(s, m.Value, template)
		}
	}
}

// collectExpressions goes through a value that may hold JSONata strings at any depth.
func (p *pass) collectExpressions(s *state, n *asl.Node, name string, template *asl.Node) {
	switch n.Kind {
	case value.KindString:
		p.addUse(jsonataUse, n, name, template, s)
	case value.KindArray:
		for _, item := range n.Items {
			p.collectExpressions(s, item, name, template)
		}
	case value.KindObject:
		if !isHole(n) {
			for _, m := range n.Members {
				p.collectExpressions(s, m.Value, m.Name, template)
			}
		}
	}
}

// within is the span of a part of a string's text, by byte offsets; the whole node where nobody can tell where that stands.
func (p *pass) within(n *asl.Node, from, to int) asl.Span {
	text, _ := textOf(n)
	source := p.doc.Text
	start, end := n.Span.Start.Offset, n.Span.End.Offset
	if start < 0 || end > len(source) || start > end {
		return n.Span
	}
	raw := source[start:end]
	if p.placed.node != n {
		p.placed.node, p.placed.places = n, written(raw, text, p.doc.Format)
	}
	places := p.placed.places
	if places == nil {
		return n.Span
	}
	from, to = min(max(from, 0), len(text)), min(max(to, 0), len(text))
	if to <= from { // at the end of the text: the closing quote, if there is one
		if to = from + 1; places[len(text)] == len(raw) && to > len(text) {
			from, to = max(len(text)-1, 0), len(text)
		}
	}
	at := func(offset int) asl.Position {
		at := asl.Position{Offset: start + offset, Line: n.Span.Start.Line, Column: n.Span.Start.Column}
		before := raw[:offset]
		if i := strings.LastIndexByte(before, '\n'); i >= 0 {
			at.Line += strings.Count(before, "\n")
			at.Column, before = 1, before[i+1:]
		}
		at.Column += utf8.RuneCountInString(before)
		return at
	}
	last := len(raw)
	if to <= len(text) {
		last = places[to-1] + written1(raw[places[to-1]:], raw[0] == '"')
	}
	return asl.Span{Start: at(places[from]), End: at(max(last, places[from]+1))}
}

// written1 is how many bytes the first byte of a text takes as written.
func written1(raw string, escapes bool) int {
	switch {
	case !escapes || len(raw) < 2 || raw[0] != '\\':
		return 1
	case raw[1] == 'u':
		return min(6, len(raw))
	}
	return 2
}

func lastRune(text string) rune {
	r, _ := utf8.DecodeLastRuneInString(text)
	return r
}

// written tells for each byte of a string's text, and for its end, where it stands in the text as written: with escapes in JSON, quoted,
// plain, folded or as a block in YAML. It is nil where the two cannot be brought together.
func written(raw, text string, format asl.Format) []int {
	places := make([]int, len(text)+1)
	i, end := 0, len(raw)
	escapes := false
	switch {
	case raw == "":
		return nil
	case (raw[0] == '"' || raw[0] == '\'') && len(raw) > 1 && raw[len(raw)-1] == raw[0]:
		i, end, escapes = 1, len(raw)-1, raw[0] == '"'
	case format != asl.FormatYAML:
		return nil
	case raw[0] == '|' || raw[0] == '>':
		line := strings.IndexByte(raw, '\n')
		if line < 0 {
			return nil
		}
		i = line + 1
	}
	blank := func(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
	for j := 0; j < len(text); j++ {
		for i < end && raw[i] != text[j] && blank(raw[i]) && format == asl.FormatYAML && text[j] != ' ' && text[j] != '\n' { // indentation
			i++
		}
		if i >= end {
			return nil
		}
		places[j] = i
		switch c := raw[i]; {
		case escapes && c == '\\':
			n := written1(raw[i:end], true)
			if n == 1 {
				return nil
			}
			for n == 6 && j+1 < len(text) && !utf8.RuneStart(text[j+1]) { // the rest of the character
				j++
				places[j] = i
			}
			if i += n; n == 6 && text[j] >= 0x80 && strings.HasPrefix(raw[i:end], `\ud`) && utf8.RuneLen(lastRune(text[:j+1])) == 4 {
				i = min(i+6, end) // the second half of a pair
			}
		case c == text[j] && c == '\'' && raw[0] == '\'' && i+1 < end && raw[i+1] == '\'':
			i += 2
		case c == text[j]:
			i++
		case text[j] == ' ' && (c == '\n' || c == '\r'): // a folded line
			for i < end && blank(raw[i]) {
				i++
			}
		default:
			return nil
		}
	}
	places[len(text)] = min(i, end)
	return places
}

// pathFault says why a text is no path; nil when it is one, or need not be.
func (p *pass) pathFault(u *use) *finding {
	if u.err == nil {
		return nil
	}
	f := &finding{node: u.node, message: u.err.Error(), cure: `a path starts with "$", such as "$.name"`}
	var syntax *jsonpath.SyntaxError
	if errors.As(u.err, &syntax) {
		f.message = syntax.Message
		if strings.HasPrefix(u.text, "$") {
			f.span = p.within(u.node, syntax.Offset, syntax.Offset+1)
			f.cure = "correct the path there"
		}
	}
	if bare := strings.TrimPrefix(u.text, "."); !strings.HasPrefix(u.text, "$") && isPlainName(bare) {
		f.cure = fmt.Sprintf("write \"$.%s\"", bare)
	}
	return f
}

// isPlainName tells whether text is a path that lacks its "$.": names with dots between.
func isPlainName(text string) bool {
	_, err := jsonpath.Parse("$." + text)
	return err == nil && text != "" && !strings.ContainsAny(text, " ()?*")
}

// functionIn is the call of a function at the end of a path, where only paths are taken: AWS creates the machine, and the state fails. In payload
// templates calls such as $.pages.length() work.
func (p *pass) functionIn(u *use) *finding {
	if u.path == nil || u.kind != pathUse && u.kind != messageUse {
		return nil
	}
	for i := range u.path.Steps {
		if step := &u.path.Steps[i]; step.Kind == jsonpath.Function {
			return &finding{
				node: u.node, span: p.within(u.node, step.Offset, step.End), ours: true,
				message: fmt.Sprintf("%s calls %s(), which a path cannot: the state fails", p.place(u.node), step.Func), cure: "compute it in Parameters with an intrinsic function, such as States.ArrayLength",
			}
		}
	}
	return nil
}

func checkPaths(p *pass, r *Rule) {
	for _, u := range p.uses {
		if f := p.functionIn(u); f != nil {
			p.report(r, *f)
			continue
		}
		f := p.pathFault(u)
		if f == nil || u.kind > messageUse {
			continue
		}
		f.message = fmt.Sprintf("%s is no path: %s", p.place(u.node), f.message)
		f.aws = "Value must be a valid JSONPath."
		if u.kind != pathUse && u.kind != messageUse {
			f.aws = "Value is not a Reference Path"
		}
		if isIntrinsic(u.text) {
			f.message = fmt.Sprintf("%s holds an intrinsic function, but only names with .$ in a payload template take one", p.place(u.node))
			f.cure = "compute the value in Parameters or ResultSelector, and read it here with a path"
		}
		p.report(r, *f)
	}
}

func checkReferences(p *pass, r *Rule) {
	for _, u := range p.uses {
		if u.path == nil || u.kind != referenceUse && u.kind != resultPathUse && u.kind != dataPathUse {
			continue
		}
		f := finding{node: u.node, aws: "Value is not a Reference Path"}
		var syntax *jsonpath.SyntaxError
		switch err := u.path.IsReference(); {
		case errors.As(err, &syntax):
			f.message = fmt.Sprintf("%s is no reference path: %s", p.place(u.node), syntax.Message)
			f.span = p.within(u.node, syntax.Offset, len(u.text))
			f.cure = "name one place, with .name, ['name'] and [0] only"
		case u.kind == resultPathUse && u.path.Root != jsonpath.RootData:
			f.message = fmt.Sprintf("%s writes to %s, but it can write to the state's data only", p.place(u.node), rootWords(u.path))
			f.span, f.cure = p.within(u.node, 0, 2), `write "$.…"; Assign sets variables`
		case u.kind == dataPathUse && u.path.Root == jsonpath.RootContext:
			f.message = fmt.Sprintf("%s reads the context object, which it cannot", p.place(u.node))
			f.span, f.cure = p.within(u.node, 0, 2), "put the value into the state's input first, and read it with $"
		default:
			continue
		}
		p.report(r, f)
	}
}

func rootWords(path *jsonpath.Path) string {
	if path.Root == jsonpath.RootVariable {
		return "the variable $" + path.Variable
	}
	return "the context object"
}

// awsTemplate is AWS's message for the value of a name with .$ that is neither path nor call.
func awsTemplate(u *use) string {
	return fmt.Sprintf("The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", u.name)
}

func checkTemplatePaths(p *pass, r *Rule) {
	for _, u := range p.uses {
		if u.kind != templateUse || isHole(u.node) {
			continue
		}
		if u.node.Kind != value.KindString {
			p.report(r, finding{
				node: u.node, location: u.template.Location(), message: fmt.Sprintf("%q is %s; a name with .$ takes a path", shorten(u.name), describe(u.node)), aws: awsTemplate(u),
				cure: fmt.Sprintf("write it as %q, without .$", strings.TrimSuffix(shorten(u.name), ".$")),
			})
			continue
		}
		if f := p.pathFault(u); f != nil {
			f.location, f.aws = u.template.Location(), awsTemplate(u)
			f.message = fmt.Sprintf("the value of %q is no path: %s", shorten(u.name), f.message)
			if !strings.HasPrefix(u.text, "$") {
				f.cure = fmt.Sprintf("write a path such as \"$.name\", or name it %q if the text itself is meant", strings.TrimSuffix(shorten(u.name), ".$"))
			}
			p.report(r, *f)
		}
	}
}

func checkTemplateKeys(p *pass, r *Rule) {
	var object *asl.Node
	names := map[string]asl.Span{} // of object
	for _, u := range p.uses {
		if u.kind != templateUse {
			continue
		}
		if u.node.Parent != object {
			object = u.node.Parent
			clear(names)
			for _, m := range object.Members {
				names[m.Name] = m.NameSpan
			}
		}
		plainName := strings.TrimSuffix(u.name, ".$")
		if other, twice := names[plainName]; twice {
			p.report(r, finding{
				node: u.node, span: names[u.name], message: fmt.Sprintf("%q and %q both give the member %q", shorten(plainName), shorten(u.name), shorten(plainName)), cure: "keep one of them",
				related: []Related{{Message: "the other one", Span: other}},
			})
		}
	}
}

// looksLikePath tells whether a text can hardly be anything but a path: $.name, $['name'], $$.name.
func looksLikePath(text string) bool {
	if !strings.HasPrefix(text, "$.") && !strings.HasPrefix(text, "$[") && !strings.HasPrefix(text, "$$.") || strings.Contains(text, " ") {
		return false
	}
	_, err := jsonpath.Parse(text)
	return err == nil
}

// pathValued are parameters of AWS services whose values are JSONPaths by themselves, such as an EventBridge target's InputPath.
var pathValued = map[string]bool{"InputPath": true, "JsonPath": true, "InputPathsMap": true, "Path": true, "JSONPath": true}

// holdsPath tells whether the text is a path that some AWS service reads, and not Step Functions.
func (u *use) holdsPath() bool {
	return pathValued[u.name] || u.node.Parent != nil && pathValued[memberName(u.node.Parent)]
}

func checkLiteralPaths(p *pass, r *Rule) {
	for _, u := range p.uses {
		text := u.text
		switch {
		case !u.known || u.kind != literalUse && u.kind != jsonataUse:
		case u.kind == literalUse && (looksLikePath(text) || isIntrinsicCall(text)) && !u.holdsPath():
			p.report(r, finding{node: u.node, message: fmt.Sprintf("%q is passed on as text: its name %q has no .$", shorten(text), shorten(u.name)), cure: fmt.Sprintf("name it %q to pass what the path leads to", shorten(u.name)+".$")})
		case u.kind == jsonataUse && !asl.IsJSONata(text) && asl.IsJSONata(strings.TrimSpace(text)) && text[0] != '{' && text[len(text)-1] != '}':
			p.report(r, finding{node: u.node, message: fmt.Sprintf("%q is passed on as text: there is white space around its delimiters", shorten(text)), cure: "drop the white space to have it evaluated"})
		case u.kind == jsonataUse && looksLikeJSONata(text) && templateFields[memberName(u.template)] && !u.holdsPath():
			p.report(r, finding{node: u.node, message: fmt.Sprintf("%q is passed on as text: it has no delimiters", shorten(text)), cure: fmt.Sprintf("write \"{%% %s %%}\"", shorten(text))})
		}
	}
}

func looksLikeJSONata(text string) bool {
	return strings.HasPrefix(text, "$states.input") || strings.HasPrefix(text, "$states.result") || strings.HasPrefix(text, "$states.context") || looksLikePath(text)
}

// memberName is the name under which a node stands in its object.
func memberName(n *asl.Node) string {
	if n.Parent != nil {
		for _, m := range n.Parent.Members {
			if m.Value == n {
				return m.Name
			}
		}
	}
	return ""
}

func checkStaticResult(p *pass, r *Rule) {
	var walk func(s *state, n *asl.Node, name string)
	walk = func(s *state, n *asl.Node, name string) {
		for _, item := range n.Items {
			walk(s, item, "")
		}
		for _, m := range n.Members {
			walk(s, m.Value, m.Name)
		}
		text, ok := textOf(n)
		if ok && !pathValued[name] && looksLikePath(text) {
			p.report(r, finding{node: n, message: fmt.Sprintf("the Result of %s holds %q, which is not read as a path", s.title(), shorten(text)), cure: "use Parameters instead of Result"})
		}
	}
	for _, s := range p.states {
		if result := s.field("Result"); s.typ == asl.TypePass && s.jsonPath() && result != nil {
			walk(s, result, "")
		}
	}
}
