package check

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

var syntaxRules = []*Rule{
	{
		Code: "syntax", AWSCode: awsInvalidJSON, Severity: Error, check: checkSyntax,
		Doc: "The text is not JSON (or, in a .yaml file, not YAML). Nothing else is reported until it can be read.",
	},
	{
		Code: "not-an-object", AWSCode: awsSchema, Severity: Error, check: checkObject,
		Doc: "A definition is a JSON object with the fields StartAt and States.",
	},
	{
		Code: "duplicate-key", Severity: Error, check: checkDuplicateKeys,
		Doc: "An object has two members of one name. JSON readers keep one of them and drop the other without a word: one of two states, say.",
	},
}

func checkSyntax(p *pass, r *Rule) {
	if strings.TrimSpace(p.doc.Text) == "" {
		return // not-an-object, as AWS has it
	}
	cure := "write JSON as RFC 8259 has it: no comments, no trailing commas, double quotes"
	if p.doc.Format == asl.FormatYAML {
		cure = "correct the YAML there; a text that starts like one may need quotes"
	}
	for _, problem := range p.doc.Problems {
		if problem.Kind == asl.BrokenSyntax {
			p.report(r, finding{node: problem.Node, span: problem.Span, message: problem.Message, cure: cure})
			p.stop = true
		}
	}
}

func checkObject(p *pass, r *Rule) {
	if p.root != nil && p.root.Kind == value.KindObject {
		return
	}
	p.stop = true
	found := "nothing"
	if p.root != nil {
		found = "a value of type " + p.root.Kind.String()
	}
	p.report(r, finding{
		node: p.root, message: "a definition is an object, but here is " + found, aws: "Definition must be a valid JSON object",
		cure: `write {"StartAt": "…", "States": {…}}`,
	})
}

func checkDuplicateKeys(p *pass, r *Rule) {
	for _, problem := range p.doc.Problems {
		if problem.Kind == asl.DuplicateName {
			p.report(r, finding{node: problem.Node, span: problem.Span, message: problem.Message, cure: "give each its own name, or drop one"})
		}
	}
}
