package check

import (
	"cmp"
	"fmt"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl"
)

// Limits of AWS that go beyond single fields.
var limitRules = []*Rule{
	{
		Code: "definition-size", Severity: Error, check: checkSize,
		Doc: "AWS takes definitions of up to 1,048,576 characters.",
	},
	{
		Code: "heartbeat-timeout", Severity: Warning, check: checkHeartbeats,
		Doc: "HeartbeatSeconds is the longest silence of a task; when it is not below TimeoutSeconds, the time-out always comes first.",
	},
}

// MaxDefinition is AWS's limit for the length of a definition, in characters.
const MaxDefinition = 1 << 20

func checkSize(p *pass, r *Rule) {
	text := cmp.Or(p.doc.Embedded, p.doc.Text)
	if len(text) <= MaxDefinition {
		return
	}
	if n := utf8.RuneCountInString(text); n > MaxDefinition {
		f := finding{node: p.root, span: p.head(p.root), location: noLocation, message: fmt.Sprintf("the definition has %d characters; AWS takes %d", n, MaxDefinition)}
		f.cure = "move a part of it into a machine of its own, called by states:startExecution"
		if p.doc.Format == asl.FormatJSON {
			f.cure += "; or drop white space"
		}
		p.report(r, f)
	}
}

func checkHeartbeats(p *pass, r *Rule) {
	for _, s := range p.states {
		if s.typ != asl.TypeTask {
			continue
		}
		n := s.field("HeartbeatSeconds")
		heartbeat, ok := integerOf(n)
		timeout, known := integerOf(s.field("TimeoutSeconds"))
		if ok && known && heartbeat >= timeout && !p.broken[n] && !p.broken[s.field("TimeoutSeconds")] {
			p.report(r, finding{node: n, message: fmt.Sprintf("HeartbeatSeconds is %d, not below TimeoutSeconds, which is %d", heartbeat, timeout), cure: "make it smaller, or drop it"})
		}
	}
}
