package check

import (
	"fmt"

	"github.com/docflow-asl/docflow/asl"
)

// What an EXPRESS machine cannot do; nothing of this is reported for a Standard one.
var expressRules = []*Rule{
	{
		Code: "express-pattern", AWSCode: awsSchema, Severity: Error, Type: Express, check: checkExpressPatterns,
		Doc: "An Express machine does not wait for jobs (.sync) or callbacks (.waitForTaskToken).",
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

func checkExpressPatterns(p *pass, r *Rule) {
	if p.opts.Type != Express {
		return
	}
	for _, s := range p.states {
		switch res := s.resource; res.pattern {
		case "sync", "sync:2":
			p.report(r, finding{
				node: s.field("Resource"), message: "an Express machine cannot wait for a job (." + res.pattern + ")",
				aws: "Express state machine does not support '.sync' service integration", cure: "make the machine a Standard one, or start the job without waiting",
			})
		case "waitForTaskToken":
			p.report(r, finding{
				node: s.field("Resource"), message: "an Express machine cannot wait for a callback (.waitForTaskToken)",
				aws: "Express state machine does not support '.waitForTaskToken' service integration ", cure: "make the machine a Standard one",
			}) // the blank at the end is AWS's
		}
	}
}

func checkExpressActivities(p *pass, r *Rule) {
	for _, s := range p.states {
		if p.opts.Type == Express && isActivity(s) {
			p.report(r, finding{
				node: s.field("Resource"), message: "an Express machine cannot run an activity", aws: "Express state machine does not support Activity ARN",
				cure: "make the machine a Standard one, or call a Lambda function",
			})
		}
	}
}

func checkExpressMaps(p *pass, r *Rule) {
	for _, s := range p.states {
		if p.opts.Type != Express || s.typ != asl.TypeMap {
			continue
		}
		for _, name := range []string{"ItemProcessor", "Iterator"} {
			mode := s.field(name).Member("ProcessorConfig").Member("Mode")
			if text, _ := textOf(mode); text == "DISTRIBUTED" {
				p.report(r, finding{
					node: mode, message: "an Express machine has no Map in DISTRIBUTED mode",
					aws: "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines", cure: `set "Mode": "INLINE", or make the machine a Standard one`,
				})
			}
		}
	}
}

func checkExpressDurations(p *pass, r *Rule) {
	if p.opts.Type != Express {
		return
	}
	judge := func(n *asl.Node, what string) {
		if seconds, ok := integerOf(n); ok && seconds > expressSeconds {
			p.report(r, finding{
				node: n, message: fmt.Sprintf("%s is %d seconds, but an Express machine ends after %d", what, seconds, expressSeconds),
				cure: "make it shorter, or the machine a Standard one",
			})
		}
	}
	judge(p.root.Member("TimeoutSeconds"), "the machine's time-out")
	for _, s := range p.states {
		switch s.typ {
		case asl.TypeWait:
			judge(s.field("Seconds"), "the wait")
		case asl.TypeTask:
			judge(s.field("TimeoutSeconds"), "the task's time-out")
		}
	}
}
