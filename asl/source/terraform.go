package source

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// terraformResource starts the resource of a state machine, which tells Terraform in a text without a name.
var terraformResource = regexp.MustCompile(`(?m)^\s*resource\s+"aws_sfn_state_machine"\s+"`)

func isTerraform(name string, content []byte) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".tf":
		return true
	case ".json", ".yaml", ".yml":
		return false
	}
	return bytes.Contains(content, []byte("aws_sfn_state_machine")) && terraformResource.Match(content)
}

// maxLocals is how many names of locals are followed, one from another.
const maxLocals = 10

// terraform reads one .tf file. What other files of the module declare is not known.
type terraform struct {
	*finder
	at     func(offset int) asl.Position
	locals map[string]hclsyntax.Expression
	files  map[string]hclsyntax.Attributes // of data "template_file"
}

// findTerraform reads aws_sfn_state_machine resources
// (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/sfn_state_machine), and the definitions given to the module
// terraform-aws-modules/step-functions.
func findTerraform(name string, content []byte, open Opener) *File {
	doc := &asl.Document{Filename: name, Text: string(content), Format: asl.FormatJSON}
	t := &terraform{
		finder: &finder{file: &File{Document: doc, Kind: Other}, open: open},
		at:     asl.Positions(doc.Text), locals: map[string]hclsyntax.Expression{}, files: map[string]hclsyntax.Attributes{},
	}
	if !strings.Contains(doc.Text, "sfn_state_machine") && !strings.Contains(doc.Text, "step-functions") || len(content) > asl.MaxTextSize || tooDeep(doc.Text) {
		return t.file
	}
	t.file.Kind = Terraform
	parsed, faults := hclsyntax.ParseConfig(content, name, hcl.InitialPos)
	for _, fault := range faults {
		if fault.Severity == hcl.DiagError {
			doc.Problems = append(doc.Problems, asl.Problem{Kind: asl.BrokenSyntax, Span: t.span(*fault.Subject), Message: "the text is not Terraform's: " + fault.Summary + ": " + fault.Detail})
		}
	}
	if parsed == nil || len(doc.Problems) > 0 {
		return t.file
	}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		return t.file
	}
	for _, block := range body.Blocks {
		if block.Type == "locals" {
			for name, a := range block.Body.Attributes {
				t.locals[name] = a.Expr
			}
		}
		if block.Type == "data" && len(block.Labels) == 2 && block.Labels[0] == "template_file" {
			t.files[block.Labels[1]] = block.Body.Attributes
		}
	}
	for _, block := range body.Blocks {
		attributes := block.Body.Attributes
		switch {
		case block.Type == "resource" && len(block.Labels) == 2 && block.Labels[0] == "aws_sfn_state_machine":
		case block.Type == "module" && len(block.Labels) == 1 && strings.Contains(literal(attributes["source"]), "step-functions"):
		default:
			continue
		}
		if a := attributes["definition"]; a != nil {
			d := &Definition{Machine: block.Labels[len(block.Labels)-1]}
			if typ := literal(attributes["type"]); typ == "EXPRESS" || typ == "STANDARD" {
				d.Type = typ
			}
			t.definition(d, a.Expr, 0)
		}
	}
	return t.file
}

// tooDeep tells whether a text nests deeper than anyone writes: the parser recurses without a limit of its own.
func tooDeep(text string) bool {
	depth, deepest := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '{', '[', '(', '!', '-':
			depth++
			deepest = max(deepest, depth)
		case '}', ']', ')', '\n':
			if depth > 0 && text[i] != '\n' {
				depth--
			}
		}
	}
	return deepest > 20_000
}

// literal is the text of an attribute that is one.
func literal(a *hclsyntax.Attribute) string {
	if a == nil {
		return ""
	}
	return literalText(a.Expr)
}

func literalText(e hclsyntax.Expression) string {
	v, faults := e.Value(nil)
	if faults.HasErrors() || !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

func (t *terraform) span(r hcl.Range) asl.Span {
	return asl.Span{Start: t.at(r.Start.Byte), End: t.at(r.End.Byte)}
}

// definition reads a definition's expression.
func (t *terraform) definition(d *Definition, e hclsyntax.Expression, followed int) {
	unread := func(why string) {
		t.file.Notes = append(t.file.Notes, Note{Span: t.span(e.Range()), Machine: d.Machine, Message: "the definition of " + d.Machine + " was not read: " + why})
	}
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		t.definition(d, e.Expression, followed)
	case *hclsyntax.TemplateWrapExpr:
		t.definition(d, e.Wrapped, followed)
	case *hclsyntax.TemplateExpr:
		part := &text{}
		if why := addTemplate(part, t.file.Document.Text, e); why != "" {
			unread(why)
			return
		}
		d.Document = t.embedded(part)
		t.add(d)
	case *hclsyntax.ScopeTraversalExpr:
		if local := t.local(e); local != nil && followed < maxLocals {
			t.definition(d, local, followed+1)
			return
		}
		if name, variables := t.templateFile(e); name != nil {
			t.namedFile(d, name, variables, "file", true, unread)
			return
		}
		unread("it is " + t.source(e) + ", which is not in this file")
	case *hclsyntax.FunctionCallExpr:
		switch {
		case e.Name == "jsonencode" && len(e.Args) == 1:
			r := &objectReader{terraform: t}
			n := r.node(e.Args[0], 0)
			if n.Kind != value.KindObject || r.why != "" {
				unread("what jsonencode gets is not written out in this file" + r.why)
				return
			}
			d.Document = asl.Within(t.file.Document, n)
			t.add(d)
		case (e.Name == "file" || e.Name == "templatefile") && len(e.Args) > 0:
			var variables hclsyntax.Expression
			if len(e.Args) > 1 {
				variables = e.Args[1]
			}
			t.namedFile(d, e.Args[0], variables, e.Name, e.Name == "templatefile", unread)
		default:
			unread("it is the result of " + e.Name)
		}
	default:
		unread("it is an expression that has to be computed")
	}
}

// local is the expression of `local.NAME`, where this file has it.
func (t *terraform) local(e *hclsyntax.ScopeTraversalExpr) hclsyntax.Expression {
	if len(e.Traversal) != 2 || e.Traversal.RootName() != "local" {
		return nil
	}
	if a, ok := e.Traversal[1].(hcl.TraverseAttr); ok {
		return t.locals[a.Name]
	}
	return nil
}

// templateFile gives the file's name and the variables of `data.template_file.NAME.rendered`, where this file has it with a file.
func (t *terraform) templateFile(e *hclsyntax.ScopeTraversalExpr) (name, variables hclsyntax.Expression) {
	if len(e.Traversal) != 4 || e.Traversal.RootName() != "data" {
		return nil, nil
	}
	kind, _ := e.Traversal[1].(hcl.TraverseAttr)
	label, _ := e.Traversal[2].(hcl.TraverseAttr)
	rendered, _ := e.Traversal[3].(hcl.TraverseAttr)
	template := t.files[label.Name]["template"]
	if kind.Name != "template_file" || rendered.Name != "rendered" || template == nil {
		return nil, nil
	}
	call, ok := template.Expr.(*hclsyntax.FunctionCallExpr)
	if !ok || call.Name != "file" || len(call.Args) != 1 {
		return nil, nil
	}
	if vars := t.files[label.Name]["vars"]; vars != nil {
		variables = vars.Expr
	}
	return call.Args[0], variables
}

func (t *terraform) source(e hclsyntax.Expression) string {
	r := e.Range()
	text := t.file.Document.Text
	return text[max(0, min(r.Start.Byte, len(text))):max(0, min(r.End.Byte, len(text)))]
}

// namedFile reads the file that file() or templatefile() names.
func (t *terraform) namedFile(d *Definition, named, variables hclsyntax.Expression, what string, template bool, unread func(string)) {
	// path.module is this file's folder; path.root is, unless the module is called by another.
	root := cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal("."), "root": cty.StringVal(".")})
	v, faults := named.Value(&hcl.EvalContext{Variables: map[string]cty.Value{"path": root}})
	if faults.HasErrors() || !v.IsWhollyKnown() || v.IsNull() || v.Type() != cty.String {
		unread("the name of its file has to be computed")
		return
	}
	name, content := t.readBeside(t.span(named.Range()), d.Machine, what, v.AsString())
	if content == nil {
		return
	}
	if !template {
		t.addFile(d, name, content)
		return
	}
	file := string(content)
	if tooDeep(file) || len(file) > asl.MaxTextSize {
		unread("its file is too large or nested too deep")
		return
	}
	parsed, faults := hclsyntax.ParseTemplate(content, name, hcl.InitialPos)
	if faults.HasErrors() {
		unread(filepath.ToSlash(name) + " is no template: " + faults[0].Summary)
		return
	}
	part := &text{}
	switch parsed := parsed.(type) {
	case *hclsyntax.TemplateExpr:
		if why := addParts(part, file, 0, len(file), parsed.Parts, false); why != "" {
			unread(why)
			return
		}
	default:
		unread(filepath.ToSlash(name) + " is no text with substitutions")
		return
	}
	d.Document = asl.ParseEmbedded(name, file, part.b.String(), part.locate)
	if variables != nil {
		d.Substitutions = t.templateVariables(variables, parsed)
	}
	t.add(d)
}

// templateVariables lists the variables that templatefile() gives, and those that the file uses.
func (t *terraform) templateVariables(e hclsyntax.Expression, template hclsyntax.Expression) *Substitutions {
	object, ok := e.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return nil
	}
	s := &Substitutions{Document: t.file.Document, Complete: true, Field: "the template's variables"}
	for _, item := range object.Items {
		name := hcl.ExprAsKeyword(item.KeyExpr)
		if name == "" {
			name = literalText(item.KeyExpr)
		}
		if name == "" {
			s.Complete = false
			continue
		}
		s.Declared = append(s.Declared, Name{Name: name, Span: t.span(item.KeyExpr.Range())})
	}
	var mentions strings.Builder
	for _, traversal := range template.Variables() {
		mentions.WriteString("${" + traversal.RootName() + "}")
	}
	s.Mentions = mentions.String()
	return s
}

// addTemplate adds a quoted string or a heredoc of a file; what is computed in it becomes `${…}`. It says why it cannot.
func addTemplate(t *text, file string, e *hclsyntax.TemplateExpr) string {
	r := e.Range()
	from, to := r.Start.Byte, min(r.End.Byte, len(file))
	if from >= to {
		return ""
	}
	raw := file[from:to]
	if strings.HasPrefix(raw, "<<") {
		head := strings.IndexByte(raw, '\n') + 1
		raw = strings.TrimRight(raw, " \t\r\n") // the line of the end marker
		tail := strings.LastIndexByte(raw, '\n') + 1
		if head == 0 || tail < head {
			return ""
		}
		return addParts(t, file, from+head, from+tail, e.Parts, false)
	}
	if len(raw) < 2 || raw[0] != '"' {
		return "its text has an unknown form"
	}
	return addParts(t, file, from+1, to-1, e.Parts, true)
}

// addParts adds a stretch of a file that holds a template with the given parts.
func addParts(t *text, file string, from, to int, parts []hclsyntax.Expression, quoted bool) string {
	literalFrom := from
	flush := func(end int) { t.add(file[literalFrom:end], literalFrom, true) }
	for i := from; i < to; {
		rest := file[i:to]
		switch {
		case strings.HasPrefix(rest, "$${") || strings.HasPrefix(rest, "%%{"):
			flush(i)
			t.add(rest[1:3], i, false)
			i += 3
			literalFrom = i
		case strings.HasPrefix(rest, "%{"):
			return "its text has directives (%{ … })"
		case strings.HasPrefix(rest, "${"):
			flush(i)
			for len(parts) > 0 && parts[0].Range().Start.Byte < i+len("${") {
				parts = parts[1:]
			}
			end := -1
			if len(parts) > 0 {
				end = interpolationEnd(file, i, to, parts[0].Range())
			}
			if end < 0 {
				return "its text has a substitution whose end was not found"
			}
			t.add("${"+holeName(strings.Trim(strings.TrimSpace(file[i+2:end-1]), "~"))+"}", i, false)
			i = end
			literalFrom = i
		case quoted && rest[0] == '\\' && len(rest) > 1:
			flush(i)
			decoded, size := unescape(rest)
			t.add(decoded, i, false)
			i += size
			literalFrom = i
		default:
			i++
		}
	}
	flush(to)
	return ""
}

// interpolationEnd is the place after the `}` that ends the interpolation at i, whose expression stands at r.
func interpolationEnd(file string, i, to int, r hcl.Range) int {
	if r.End.Byte > to || strings.Trim(file[i+2:r.Start.Byte], "~ \t\r\n(") != "" {
		return -1
	}
	end := strings.IndexByte(file[r.End.Byte:to], '}')
	if end < 0 {
		return -1
	}
	return r.End.Byte + end + 1
}

// maxNodes is how many values an object may have; locals that are named many times could make it endless.
const maxNodes = 100_000

// objectReader makes the nodes of the object that jsonencode() gets.
type objectReader struct {
	*terraform
	why      string // why the definition cannot be read; empty when it can
	followed int
	nodes    int
}

func (r *objectReader) node(e hclsyntax.Expression, depth int) *asl.Node {
	span := r.span(e.Range())
	hole := func() *asl.Node { return asl.ScalarNode(span, value.String("${"+holeName(r.source(e))+"}")) }
	r.nodes++
	if depth > value.MaxDepth || r.nodes > maxNodes {
		r.why = ": it is too large"
		return hole()
	}
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return r.node(e.Expression, depth+1)
	case *hclsyntax.TemplateWrapExpr:
		return r.node(e.Wrapped, depth+1)
	case *hclsyntax.ObjectConsExpr:
		members := make([]asl.NodeMember, 0, len(e.Items))
		for _, item := range e.Items {
			name, ok := r.key(item.KeyExpr)
			if !ok {
				r.why = ": names in it have to be computed"
				return hole()
			}
			members = append(members, asl.NodeMember{Name: name, NameSpan: r.span(item.KeyExpr.Range()), Value: r.node(item.ValueExpr, depth+1)})
		}
		return asl.ObjectNode(span, members)
	case *hclsyntax.TupleConsExpr:
		items := make([]*asl.Node, len(e.Exprs))
		for i, item := range e.Exprs {
			items[i] = r.node(item, depth+1)
		}
		return asl.ArrayNode(span, items)
	case *hclsyntax.TemplateExpr:
		part := &text{}
		if literal, ok := e.Value(nil); !ok.HasErrors() && literal.IsKnown() && literal.Type() == cty.String && !literal.IsNull() {
			return asl.ScalarNode(span, value.String(literal.AsString()))
		}
		if addTemplate(part, r.file.Document.Text, e) != "" {
			return hole()
		}
		return asl.ScalarNode(span, value.String(part.b.String()))
	case *hclsyntax.ScopeTraversalExpr:
		local := r.local(e)
		if local == nil || r.followed >= maxLocals {
			return hole()
		}
		switch local.(type) {
		case *hclsyntax.TemplateExpr, *hclsyntax.LiteralValueExpr, *hclsyntax.ObjectConsExpr, *hclsyntax.TupleConsExpr:
			r.followed++
			n := r.node(local, depth+1)
			r.followed--
			return n
		}
		return hole()
	case *hclsyntax.LiteralValueExpr, *hclsyntax.UnaryOpExpr:
		v, faults := e.Value(nil)
		if faults.HasErrors() || !v.IsKnown() {
			return hole()
		}
		switch {
		case v.IsNull():
			return asl.ScalarNode(span, value.Null{})
		case v.Type() == cty.Bool:
			return asl.ScalarNode(span, value.Bool(v.True()))
		case v.Type() == cty.Number:
			return asl.ScalarNode(span, number(v, r.source(e)))
		case v.Type() == cty.String:
			return asl.ScalarNode(span, value.String(v.AsString()))
		}
	}
	return hole()
}

// number writes a number as the file has it, where JSON does too.
func number(v cty.Value, source string) value.Number {
	if json.Valid([]byte(source)) {
		return value.Number(source)
	}
	return value.Number(v.AsBigFloat().Text('g', -1))
}

// key is the name of a member.
func (r *objectReader) key(e hclsyntax.Expression) (string, bool) {
	if name := hcl.ExprAsKeyword(e); name != "" {
		return name, true
	}
	if key, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		v, faults := key.Value(nil)
		if !faults.HasErrors() && v.IsKnown() && !v.IsNull() && v.Type() == cty.String {
			return v.AsString(), true
		}
		if template, ok := key.Wrapped.(*hclsyntax.TemplateExpr); ok {
			part := &text{}
			if addTemplate(part, r.file.Document.Text, template) == "" {
				return part.b.String(), true
			}
		}
	}
	return "", false
}
