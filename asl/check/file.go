package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/source"
)

// Rules about the files that hold definitions. Document does not know of files, so that these have no check function: File
// reports them.
var (
	notRead = &Rule{
		Code: "definition-not-read", Severity: Note,
		Doc: "A template or configuration has a state machine whose definition stands elsewhere, or has to be computed. Nothing of it was checked.",
	}
	unusedSubstitution = &Rule{
		Code: "unused-substitution", Severity: Warning,
		Doc: "DefinitionSubstitutions (in Terraform: the variables of a template) gives a value for a name that the definition does not have as ${Name}.",
	}
	undeclaredSubstitution = &Rule{
		Code: "undeclared-substitution", Severity: Warning,
		Doc: "The definition has ${Name}, for which DefinitionSubstitutions gives no value: the text stays as it is. As a Resource it is an error, since AWS rejects what is no ARN.",
	}
	withoutReason = &Rule{
		Code: "suppression-without-reason", Severity: Warning,
		Doc: "A finding is suppressed by docflow:ignore CODE REASON, in a Comment or behind a # in YAML. Without a reason, or without a code, it suppresses nothing.",
	}
	unusedSuppression = &Rule{
		Code: "unused-suppression", Severity: Warning,
		Doc: "A docflow:ignore names a code that reports nothing there. It stays behind when a fault is corrected, and would hide the next one.",
	}
)

var fileRules = []*Rule{notRead, unusedSubstitution, undeclaredSubstitution, withoutReason, unusedSuppression}

// Text finds the definitions in a file's text and checks them. Files that it names are not read.
func Text(name string, text []byte, opts Options) []Result {
	return File(source.Find(name, text, nil), opts)
}

// File checks all definitions of a file. There is one result for the file, and one for each other file that holds a definition of its
// state machines. What a docflow:ignore with a reason stands for is in the results' Suppressed.
func File(f *source.File, opts Options) []Result {
	c := &fileCheck{opts: opts, done: map[judged]bool{}}
	c.result(f.Document)
	c.problems(f)
	for _, n := range f.Notes {
		c.result(f.Document).broken = true
		c.report(f.Document, notRead, Diagnostic{
			Message: n.Message, Span: n.Span, Machine: n.Machine,
			Cure: "check the file that holds the definition, or write the definition out here",
		})
	}
	for _, d := range f.Definitions {
		c.definition(d)
	}
	for _, part := range c.parts {
		part.suppress(c)
		part.result.Diagnostics = sorted(opts.adjust(part.result.Diagnostics))
	}
	results := make([]Result, len(c.parts))
	for i, part := range c.parts {
		results[i] = part.result
	}
	return results
}

// fileCheck is what is found in one file, and in those that it names.
type fileCheck struct {
	opts  Options
	parts []*filePart
	done  map[judged]bool
}

// judged is a document with the type that it was judged as: two machines may share a file.
type judged struct {
	document *asl.Document
	typ      MachineType
}

// filePart is one file.
type filePart struct {
	result Result
	roots  []*asl.Node
	broken bool // not all of it was judged
}

// result finds the part for the file of a document.
func (c *fileCheck) result(doc *asl.Document) *filePart {
	for _, part := range c.parts {
		if part.result.Document.Filename == doc.Filename {
			return part
		}
	}
	part := &filePart{result: Result{Document: doc}}
	c.parts = append(c.parts, part)
	return part
}

func (c *fileCheck) report(doc *asl.Document, r *Rule, d Diagnostic) {
	if slices.Contains(c.opts.Disable, r.Code) {
		return
	}
	d.Code, d.AWSCode = r.Code, r.AWSCode
	if d.Severity == "" {
		d.Severity = r.Severity
	}
	part := c.result(doc)
	if len(part.result.Diagnostics) < MaxDiagnostics {
		part.result.Diagnostics = append(part.result.Diagnostics, d)
	}
}

// problems reports where a template or configuration cannot be read. What stands within a definition is that one's.
func (c *fileCheck) problems(f *source.File) {
	part := c.result(f.Document)
	part.roots = append(part.roots, f.Document.Root)
	if f.Kind == source.Plain || f.Kind == source.Other {
		return
	}
	for _, p := range f.Document.BrokenSyntaxes() {
		within := func(d *source.Definition) bool {
			return d.Document.Root != nil && d.Document.Filename == f.Document.Filename && p.Span.Start.Offset >= d.Document.Root.Span.Start.Offset && p.Span.End.Offset <= d.Document.Root.Span.End.Offset
		}
		if !slices.ContainsFunc(f.Definitions, within) {
			part.broken = true
			c.report(f.Document, syntaxRule(), Diagnostic{Message: p.Message, Span: p.Span, Cure: "correct the " + strings.ToLower(string(f.Kind[:1])) + string(f.Kind[1:]) + " there"})
		}
	}
}

func syntaxRule() *Rule { return syntaxRules[0] }

// definition checks one definition.
func (c *fileCheck) definition(d *source.Definition) {
	opts := c.opts
	if opts.Type == "" {
		opts.Type = MachineType(d.Type)
	}
	if opts.Type == "" {
		opts.Type = opts.DefaultType
	}
	part := c.result(d.Document)
	part.result.Definitions++
	part.roots = append(part.roots, d.Document.Root)
	opts.Severity = nil // adjusted once, at the end
	key := judged{d.Document, opts.Type}
	if c.done[key] {
		if d.Substitutions != nil && !part.broken {
			c.substitutions(d)
		}
		return
	}
	c.done[key] = true
	found := Document(d.Document, opts)
	for i := range found {
		found[i].Machine = d.Machine
		part.broken = part.broken || found[i].Code == syntaxRule().Code
	}
	part.result.Diagnostics = append(part.result.Diagnostics, found...)
	if d.Substitutions != nil && !part.broken {
		c.substitutions(d)
	}
}

// substitutions compares the `${Name}` of a definition with what is declared for them.
func (c *fileCheck) substitutions(d *source.Definition) {
	s := d.Substitutions
	used := map[string]bool{}
	for _, u := range s.Uses {
		used[u.Name] = true
	}
	var declared []string
	for _, n := range s.Declared {
		declared = append(declared, n.Name)
		if used[n.Name] || mentions(s.Mentions, n.Name) {
			continue
		}
		cure := "drop it, or use ${" + n.Name + "} in the definition"
		c.report(s.Document, unusedSubstitution, Diagnostic{
			Message: fmt.Sprintf("%s of %q gives %q a value, but the definition has no ${%s}", s.Field, d.Machine, shorten(n.Name), shorten(n.Name)),
			Cure:    cure, Span: n.Span, Machine: d.Machine,
		})
	}
	if !s.Complete {
		return
	}
	reported := map[string]bool{}
	for _, u := range s.Uses {
		if slices.Contains(declared, u.Name) || reported[u.Name] || !isSubstitutionName(u.Name) {
			continue
		}
		reported[u.Name] = true
		severity := Warning
		if strings.HasSuffix(u.Node.Pointer(), "/Resource") && isHole(u.Node) {
			severity = Error
		}
		cure := fmt.Sprintf("add %s to %s", u.Name, s.Field)
		if best := nearest.Name(u.Name, declared); best != "" {
			cure = fmt.Sprintf("did you mean ${%s}?", best)
		}
		c.report(d.Document, undeclaredSubstitution, Diagnostic{
			Severity: severity, Message: fmt.Sprintf("%s of %q gives no value for ${%s}", s.Field, d.Machine, shorten(u.Name)),
			Cure: cure, Span: u.Span, Pointer: u.Node.Pointer(), Machine: d.Machine,
		})
	}
}

// isSubstitutionName tells whether a name is surely one of DefinitionSubstitutions, and no part of another language such as
// JSONata's `${key: value}`.
func isSubstitutionName(name string) bool {
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// mentions tells whether a name stands within some `${…}` of a text.
func mentions(text, name string) bool {
	for {
		_, after, found := strings.Cut(text, "${")
		if !found {
			return false
		}
		inside, _, _ := strings.Cut(after, "}")
		if strings.Contains(inside, name) {
			return true
		}
		text = after
	}
}
