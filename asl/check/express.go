package check

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// What an EXPRESS machine cannot do; nothing of this is reported for a Standard one.
var expressRules = []*Rule{
	{
		Code: "express-pattern", AWSCode: awsSchema, Severity: Error, Type: Express, check: checkExpressPatterns,
		Doc: "An Express machine does not wait for jobs (.sync) or callbacks (.waitForTaskToken). Nor do the children of a distributed Map whose ExecutionType is EXPRESS; this holds for the other restrictions, too.",
	},
	{
		Code: "express-activity", AWSCode: awsSchema, Severity: Error, Type: Express, check: checkExpressActivities,
		Doc: "An Express machine has no activities.",
	},
	{
		Code: "express-distributed", AWSCode: awsSchema, Severity: Error, Type: Express, check: checkExpressMaps,
		Doc: "A Map in DISTRIBUTED mode starts child executions, which only a Standard machine can. The child executions themselves may be Express.",
	},
	{
		Code: "express-duration", Severity: Warning, Type: Express, check: checkExpressDurations,
		Doc: "An Express machine runs for at most five minutes: a longer wait or time-out never comes to its end.",
	},
}

// expressSeconds is how long an Express machine runs at most.
const expressSeconds = 300

// express tells whether a state runs in an Express execution: of the machine, or of a child of the distributed Map that is given.
func (p *pass) express(s *state) (child *state, is bool) {
	if p.opts.Type == Express {
		return nil, true
	}
	for _, owner := range s.around() {
		if !owner.surelyDistributed() {
			continue
		}
		// The innermost decides.
		kind, _ := textOf(owner.field("ItemProcessor").Member("ProcessorConfig").Member("ExecutionType"))
		return owner, kind == string(Express)
	}
	return nil, false
}

// reportExpress reports what an Express execution cannot do. Of the children of a Map, AWS is not known to look for it.
func (p *pass) reportExpress(r *Rule, child *state, f finding) {
	if child != nil {
		f.ours = true
		f.message = strings.Replace(f.message, "an Express machine", fmt.Sprintf("an Express execution, as the children of %q are,", shorten(child.name)), 1)
		f.cure = fmt.Sprintf(`set "ExecutionType": "STANDARD" in the ProcessorConfig of %q`, shorten(child.name))
		if n := child.field("ItemProcessor").Member("ProcessorConfig").Member("ExecutionType"); n != nil {
			f.related = []Related{{Message: "its children are Express executions", Span: n.Span}}
		}
	}
	p.report(r, f)
}

func checkExpressPatterns(p *pass, r *Rule) {
	for _, s := range p.states {
		child, is := p.express(s)
		if !is {
			continue
		}
		switch res := s.resource; res.pattern {
		case "sync", "sync:2":
			p.reportExpress(r, child, finding{
				node: s.field("Resource"), message: "an Express machine cannot wait for a job (." + res.pattern + ")",
				aws: "Express state machine does not support '.sync' service integration", cure: "make the machine a Standard one, or start the job without waiting",
			})
		case "waitForTaskToken":
			p.reportExpress(r, child, finding{
				node: s.field("Resource"), message: "an Express machine cannot wait for a callback (.waitForTaskToken)",
				aws: "Express state machine does not support '.waitForTaskToken' service integration ", cure: "make the machine a Standard one",
			}) // the blank at the end is AWS's
		}
	}
}

func checkExpressActivities(p *pass, r *Rule) {
	for _, s := range p.states {
		if child, is := p.express(s); is && isActivity(s) {
			p.reportExpress(r, child, finding{
				node: s.field("Resource"), message: "an Express machine cannot run an activity", aws: "Express state machine does not support Activity ARN",
				cure: "make the machine a Standard one, or call a Lambda function",
			})
		}
	}
}

func checkExpressMaps(p *pass, r *Rule) {
	for _, s := range p.states {
		child, is := p.express(s)
		if !is || s.typ != asl.TypeMap {
			continue
		}
		for _, name := range []string{"ItemProcessor", "Iterator"} {
			mode := s.field(name).Member("ProcessorConfig").Member("Mode")
			if text, _ := textOf(mode); text == "DISTRIBUTED" {
				p.reportExpress(r, child, finding{
					node: mode, message: "an Express machine has no Map in DISTRIBUTED mode",
					aws: "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines", cure: `set "Mode": "INLINE", or make the machine a Standard one`,
				})
			}
		}
	}
}

func checkExpressDurations(p *pass, r *Rule) {
	judge := func(n *asl.Node, what string, child *state) {
		if seconds, ok := integerOf(n); ok && seconds > expressSeconds {
			p.reportExpress(r, child, finding{
				node: n, message: fmt.Sprintf("%s is %d seconds, but an Express machine ends after %d", what, seconds, expressSeconds),
				cure: "make it shorter, or the machine a Standard one",
			})
		}
	}
	if p.opts.Type == Express {
		judge(p.root.Member("TimeoutSeconds"), "the machine's time-out", nil)
	}
	for _, s := range p.states {
		child, is := p.express(s)
		if !is {
			continue
		}
		switch s.typ {
		case asl.TypeWait:
			judge(s.field("Seconds"), "the wait", child)
		case asl.TypeTask:
			judge(s.field("TimeoutSeconds"), "the task's time-out", child)
		}
	}
}
