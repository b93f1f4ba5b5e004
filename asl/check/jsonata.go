package check

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

var jsonataRules = []*Rule{
	{
		Code: "jsonata-delimiters", AWSCode: awsSchema, Severity: Error, check: checkDelimiters,
		Doc: "A JSONata string starts with {% and ends with %}, with nothing around them, not even a blank.",
	},
}

// halfDelimited tells whether a text has a delimiter of JSONata at one of its ends, and is no JSONata string.
func halfDelimited(text string) bool {
	return (strings.HasPrefix(text, "{%") || strings.HasSuffix(text, "%}")) && !asl.IsJSONata(text)
}

func checkDelimiters(p *pass, r *Rule) {
	for _, f := range p.faults {
		// A number field that holds a half-delimited string is broken, so that no use was collected of it.
		if text, ok := textOf(f.node); ok && f.kind == noExpression && halfDelimited(text) {
			p.delimiters(r, f.node, text)
		}
	}
	for _, u := range p.uses {
		if text, ok := textOf(u.node); ok && u.kind == jsonataUse && halfDelimited(text) {
			p.delimiters(r, u.node, text)
		}
	}
}

func (p *pass) delimiters(r *Rule, n *asl.Node, text string) {
	f := finding{node: n, aws: "JSONata string must start with {% and end with %}"}
	switch trimmed := strings.TrimSpace(text); {
	case asl.IsJSONata(trimmed):
		f.message, f.cure = "there is white space around the delimiters of a JSONata string", "drop it"
	case strings.HasPrefix(text, "{%"):
		f.message, f.cure = fmt.Sprintf("the JSONata string %q does not end with %%}", shorten(text)), "add %} at the end"
	default:
		f.message, f.cure = fmt.Sprintf("the JSONata string %q does not start with {%%", shorten(text)), "add {% at the start"
	}
	p.report(r, f)
}
