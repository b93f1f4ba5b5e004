package assist

import (
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/intrinsic"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/shape"
)

// What is being typed at the end of a text: a path or variable with the names behind it, or a bare name.
var (
	pathTail    = regexp.MustCompile(`\$\$?[\pL\pN_]*(?:\.[\pL\pN_-]*|\[[^\]\[]*\])*$`)
	jsonataTail = regexp.MustCompile(`\$[\pL\pN_]*(?:\.[\pL\pN_]*|\[[^\]\[]*\])*$`)
	nameTail    = regexp.MustCompile(`[A-Za-z][A-Za-z0-9.]*$`)
	nameHead    = regexp.MustCompile(`^[\pL\pN_]+`)
	plainMember = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)
)

// sublanguage is what a string of a definition is written in.
type sublanguage uint8

const (
	noLanguage   sublanguage = iota
	pathText                 // a JSONPath
	templateText             // a JSONPath or an intrinsic function
	jsonataText
)

// languageAt tells what the string at a place is written in. A JSONata string says so itself: with {%.
func languageAt(p place, written string) sublanguage {
	if p.state == nil || p.inner || len(p.steps) == 0 {
		return noLanguage
	}
	last := p.steps[len(p.steps)-1]
	if p.state.language == asl.JSONata {
		if strings.HasPrefix(written, "{%") {
			return jsonataText
		}
		return noLanguage
	}
	if f, ok := p.field(); ok {
		switch {
		case f.Name == "ErrorPath" || f.Name == "CausePath":
			return templateText
		case strings.HasSuffix(f.Name, "Path") || f.Name == "Variable":
			return pathText
		}
		return noLanguage
	}
	for _, step := range p.steps[:len(p.steps)-1] {
		if templates[step] && strings.HasSuffix(last, ".$") {
			return templateText
		}
	}
	return noLanguage
}

// templates are the fields that hold payload templates in JSONPath.
var templates = map[string]bool{"Parameters": true, "ResultSelector": true, "ItemSelector": true, "BatchInput": true, "Assign": true, "Credentials": true}

// expression lists what may stand at the cursor in a path, a call or a JSONata string.
func (c *cursor) expression(v *View, p place, last string, offset int) []Candidate {
	before := c.before
	if c.view.doc.Format == asl.FormatYAML && c.token.quote == 0 {
		before = strings.TrimLeft(before, "|>+- \r\n")
	}
	rest := v.doc.Text[offset:max(offset, c.token.end)]
	switch languageAt(p, before) {
	case pathText:
		return c.path(v, p, before, rest, offset, false)
	case templateText:
		return c.path(v, p, before, rest, offset, true)
	case jsonataText:
		return c.jsonata(v, p, before, rest, offset)
	}
	if resource := p.state != nil && !p.inner && len(p.steps) == 1 && last == "Resource" && p.state.typ == asl.TypeTask; resource {
		return c.resources(v)
	}
	return nil
}

// resources lists the service integrations.
func (c *cursor) resources(v *View) []Candidate {
	var list []Candidate
	for _, i := range check.Integrations() {
		list = append(list, Candidate{Label: i.ARN, Kind: WordCandidate, Detail: "service integration", Doc: requestDoc(i), Edit: c.valueEdit(v, i.ARN)})
	}
	return list
}

// requestDoc says what a request to an integration needs.
func requestDoc(i check.Integration) string {
	if len(i.Required) == 0 {
		return ""
	}
	return "The request needs " + strings.Join(i.Required, ", ") + "."
}

// segment is the edit of the last name of a path: what of it is before the cursor, and what behind.
func segment(name, rest string, offset int, text string) Edit {
	return Edit{offset - len(name), offset + len(nameHead.FindString(rest)), text}
}

// tail cuts a path into what stands before its last name, and that name.
func tail(path string) (parent, name string, ok bool) {
	dot := strings.LastIndexByte(path, '.')
	if dot < 0 || strings.Contains(path[dot:], "]") {
		return path, "", false
	}
	return path[:dot], path[dot+1:], true
}

// path lists what may stand at the end of a JSONPath, or of a call of an intrinsic function.
func (c *cursor) path(v *View, p place, before, rest string, offset int, functions bool) []Candidate {
	written := pathTail.FindString(before)
	parent, name, below := tail(written)
	if below {
		if parent == "$$" || strings.HasPrefix(parent, "$$.") {
			if names, ok := check.ContextFields(strings.Split(parent, ".")[1:]...); ok {
				return contextMembers(names, parent, name, rest, offset)
			}
		}
		return c.members(p, parent, name, rest, offset)
	}
	if strings.HasSuffix(written, "]") {
		return nil
	}
	var list []Candidate
	if word := nameTail.FindString(before); written == "" && functions {
		end := offset + len(regexp.MustCompile(`^[A-Za-z0-9.]*`).FindString(rest))
		for _, name := range intrinsic.Functions() {
			signature, _ := intrinsic.SignatureOf(name)
			call := name + "("
			if signature.Max == 0 {
				call += ")"
			}
			if strings.HasPrefix(v.doc.Text[end:], "(") {
				call = name
			}
			list = append(list, Candidate{Label: name, Kind: FunctionCandidate, Detail: form(signature), Doc: intrinsicDocs[name], Edit: Edit{offset - len(word), end, call}})
		}
		if word != "" {
			return list
		}
	}
	replace := func(text string) Edit { return segment(written, rest, offset, text) }
	roots := []Candidate{
		{Label: "$", Kind: MemberCandidate, Detail: "the state's data", Edit: replace("$")},
		{Label: "$$", Kind: MemberCandidate, Detail: "the context object", Edit: replace("$$")},
	}
	for _, name := range c.view.variables(p.state, p.state.scope) {
		roots = append(roots, Candidate{Label: "$" + name, Kind: VariableCandidate, Detail: "variable", Edit: replace("$" + name)})
	}
	return append(roots, list...)
}

func contextMembers(names []string, parent, name, rest string, offset int) []Candidate {
	var list []Candidate
	for _, field := range names {
		list = append(list, Candidate{Label: field, Kind: MemberCandidate, Detail: parent + "." + field, Doc: contextDocs[field], Edit: segment(name, rest, offset, field)})
	}
	return list
}

// members lists what is known of the data below a path.
func (c *cursor) members(p place, parent, name, rest string, offset int) []Candidate {
	found, _ := c.view.known(p, parent)
	var list []Candidate
	for _, member := range found.Names() {
		value, presence := found.Member(member)
		if !plainMember.MatchString(member) || presence == shape.Absent {
			continue
		}
		detail := value.String()
		if presence == shape.Sometimes {
			detail += ", not always there"
		}
		list = append(list, Candidate{Label: member, Kind: MemberCandidate, Detail: detail, Edit: segment(name, rest, offset, member)})
	}
	return list
}

// jsonata lists what may stand at a place in a JSONata string.
func (c *cursor) jsonata(v *View, p place, before, rest string, offset int) []Candidate {
	written := jsonataTail.FindString(before)
	parent, name, below := tail(written)
	if below {
		switch {
		case parent == "$states":
			var list []Candidate
			for _, field := range statesFields(p) {
				list = append(list, Candidate{Label: field, Kind: MemberCandidate, Detail: "$states." + field, Doc: statesDocs[field], Edit: segment(name, rest, offset, field)})
			}
			return list
		case parent == "$states.context" || strings.HasPrefix(parent, "$states.context."):
			if names, ok := check.ContextFields(strings.Split(parent, ".")[2:]...); ok {
				return contextMembers(names, parent, name, rest, offset)
			}
		}
		return c.members(p, parent, name, rest, offset)
	}
	if strings.HasSuffix(written, "]") || written == "" && nameTail.MatchString(before) {
		return nil
	}
	replace := func(text string) Edit { return segment(written, rest, offset, text) }
	list := []Candidate{{Label: "$states", Kind: VariableCandidate, Detail: "the state's input, result, error and context", Edit: replace("$states")}}
	for _, name := range c.view.variables(p.state, p.state.scope) {
		list = append(list, Candidate{Label: "$" + name, Kind: VariableCandidate, Detail: "variable", Edit: replace("$" + name)})
	}
	behind := rest[len(nameHead.FindString(rest)):]
	for _, name := range jsonata.Functions(true) {
		call := "$" + name
		if !strings.HasPrefix(behind, "(") {
			call += "("
		}
		list = append(list, Candidate{Label: "$" + name, Kind: FunctionCandidate, Detail: jsonataForms[name], Doc: jsonataDocs[name], Edit: replace(call)})
	}
	return list
}

// statesFields lists the fields that $states has at a place.
func statesFields(p place) []string {
	fields := []string{"input", "context"}
	switch field := p.steps[0]; {
	case field == "Assign" || field == "Output":
		if slices.Contains([]asl.StateType{asl.TypeTask, asl.TypeParallel, asl.TypeMap}, p.state.typ) {
			fields = append(fields, "result")
		}
	case field == "Catch":
		fields = append(fields, "errorOutput")
	}
	return fields
}

// form shows how an intrinsic function is called: States.MathAdd(first, second).
func form(s intrinsic.Signature) string {
	var names []string
	for i, param := range s.Params {
		name := param.Name
		if s.Max >= 0 && i >= s.Min {
			name = "[" + name + "]"
		}
		names = append(names, name)
	}
	if s.Max < 0 {
		names = append(names, "…")
	}
	return s.Function + "(" + strings.Join(names, ", ") + ")"
}
