package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

var errorRules = []*Rule{
	{
		Code: "states-all", AWSCode: awsSchema, Severity: Error, check: checkStatesAll,
		Doc: "States.ALL stands alone in its ErrorEquals, and only in the last retrier or catcher: nothing behind it could ever match.",
	},
	{
		Code: "shadowed-error", Severity: Warning, check: checkShadowedErrors,
		Doc: "The first retrier or catcher that names an error is used. A later one that names the same error never is; States.TaskFailed stands for every error of a task but States.Timeout.",
	},
	{
		Code: "unknown-error-name", Severity: Warning, check: checkErrorNames,
		Doc: "Names that start with States. belong to Step Functions. AWS takes any such name, but one that Step Functions never raises never matches.",
	},
	{
		Code: "retry-delay", Severity: Warning, check: checkRetryDelays,
		Doc: "MaxDelaySeconds caps the growing delay between attempts. AWS's documentation wants it above IntervalSeconds.",
	},
}

// stateErrors are the names that Step Functions itself raises.
var stateErrors = []string{
	"States.ALL", "States.Timeout", "States.HeartbeatTimeout", "States.TaskFailed", "States.Permissions", "States.ResultPathMatchFailure",
	"States.ParameterPathFailure", "States.BranchFailed", "States.NoChoiceMatched", "States.IntrinsicFailure", "States.ExceedToleratedFailureThreshold",
	"States.ItemReaderFailed", "States.ResultWriterFailed", "States.QueryEvaluationError", "States.DataLimitExceeded", "States.Runtime", "States.Http.Socket",
}

// errorName is one name in an ErrorEquals.
type errorName struct {
	text string
	node *asl.Node
}

// handlers lists the retriers or catchers of a state that are objects.
func (s *state) handlers(field string) []*asl.Node {
	list := s.field(field)
	if list == nil || s.typ != asl.TypeTask && s.typ != asl.TypeParallel && s.typ != asl.TypeMap {
		return nil
	}
	if !slices.ContainsFunc(list.Items, func(n *asl.Node) bool { return n.Kind != value.KindObject }) {
		return list.Items
	}
	var nodes []*asl.Node
	for _, n := range list.Items {
		if n.Kind == value.KindObject {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// errorNames lists the names of a retrier or catcher.
func errorNames(handler *asl.Node) []errorName {
	list := handler.Member("ErrorEquals")
	if list == nil {
		return nil
	}
	names := make([]errorName, 0, len(list.Items))
	for _, n := range list.Items {
		if text, ok := textOf(n); ok {
			names = append(names, errorName{text, n})
		}
	}
	return names
}

// eachHandlers visits the retriers and the catchers of every state.
func (p *pass) eachHandlers(visit func(s *state, field string, handlers []*asl.Node)) {
	for _, s := range p.states {
		for _, field := range []string{"Retry", "Catch"} {
			if handlers := s.handlers(field); len(handlers) > 0 {
				visit(s, field, handlers)
			}
		}
	}
}

func checkStatesAll(p *pass, r *Rule) {
	p.eachHandlers(func(_ *state, field string, handlers []*asl.Node) {
		for i, handler := range handlers {
			names := errorNames(handler)
			for _, name := range names {
				if name.text != "States.ALL" || len(names) == 1 && i == len(handlers)-1 {
					continue
				}
				f := finding{node: name.node, location: handler.Location(), aws: "States.ALL must appear alone and at end of list"}
				if len(names) > 1 {
					f.message, f.cure = "States.ALL stands beside other names, which it includes", `write "ErrorEquals": ["States.ALL"] in the last entry of `+field
				} else {
					f.message, f.cure = fmt.Sprintf("States.ALL is not in the last entry of %s: nothing behind it can match", field), "move this entry to the end"
				}
				p.report(r, f)
				break
			}
		}
	})
}

func checkShadowedErrors(p *pass, r *Rule) {
	p.eachHandlers(func(s *state, field string, handlers []*asl.Node) {
		first := map[string]*asl.Node{}
		for _, handler := range handlers {
			for _, name := range errorNames(handler) {
				earlier, by := first[name.text], name.text
				if earlier == nil && s.typ == asl.TypeTask && coveredByTaskFailed(name.text) && first["States.TaskFailed"] != nil {
					earlier, by = first["States.TaskFailed"], "States.TaskFailed"
				}
				if earlier != nil && !hasHole(name.text) && by != "States.ALL" {
					p.report(r, finding{
						node: name.node, message: fmt.Sprintf("%s never matches here: an earlier entry of %s has %s", shorten(name.text), field, by), cure: "drop it, or move this entry forward",
						related: []Related{{Message: "the earlier one", Span: earlier.Span}},
					})
				}
			}
			for _, name := range errorNames(handler) {
				if first[name.text] == nil {
					first[name.text] = name.node
				}
			}
		}
	})
}

// coveredByTaskFailed tells whether States.TaskFailed matches an error of that name for certain: names of tasks, which do not
// start with "States.".
func coveredByTaskFailed(name string) bool { return !strings.HasPrefix(name, "States.") }

// httpStatus is the error of an HTTP task: one status, no pattern of several.
var httpStatus = regexp.MustCompile(`^States\.Http\.StatusCode\.[1-5][0-9][0-9]$`)

func checkErrorNames(p *pass, r *Rule) {
	own, known := p.failErrors()
	if !known {
		return
	}
	p.eachHandlers(func(_ *state, _ string, handlers []*asl.Node) {
		for _, handler := range handlers {
			for _, name := range errorNames(handler) {
				if p.stop {
					return
				}
				if !strings.HasPrefix(name.text, "States.") || hasHole(name.text) || httpStatus.MatchString(name.text) || slices.Contains(stateErrors, name.text) || slices.Contains(own, name.text) {
					continue
				}
				cure := "the names are " + strings.Join(stateErrors, ", ")
				if strings.HasPrefix(name.text, "States.Http.") {
					cure = "name one status, such as States.Http.StatusCode.503, or States.TaskFailed for all"
				} else if best := nearest.Name(name.text, stateErrors); best != "" {
					cure = fmt.Sprintf("did you mean %q?", best)
				}
				p.report(r, finding{node: name.node, message: fmt.Sprintf("Step Functions raises no error %q, nor does a Fail state here", shorten(name.text)), cure: cure})
			}
		}
	})
}

// failErrors lists the Error names of the machine's own Fail states; known is false when one is computed.
func (p *pass) failErrors() (names []string, known bool) {
	known = true
	for _, s := range p.states {
		if s.typ != asl.TypeFail {
			continue
		}
		text, ok := textOf(s.field("Error"))
		if s.field("ErrorPath") != nil || ok && (hasHole(text) || strings.HasPrefix(text, "{%")) {
			known = false
		}
		names = append(names, text)
	}
	return names, known
}

func checkRetryDelays(p *pass, r *Rule) {
	for _, s := range p.states {
		for _, retrier := range s.handlers("Retry") {
			limit, interval := retrier.Member("MaxDelaySeconds"), int64(1)
			most, ok := integerOf(limit)
			if n := retrier.Member("IntervalSeconds"); n != nil {
				var known bool
				interval, known = integerOf(n)
				ok = ok && known
			}
			if ok && !p.broken[limit] && most <= interval {
				p.report(r, finding{node: limit, message: fmt.Sprintf("MaxDelaySeconds is %d, not above IntervalSeconds, which is %d", most, interval), cure: "make it greater, or drop it"})
			}
		}
	}
}

// integerOf is the integer that a node holds.
func integerOf(n *asl.Node) (int64, bool) {
	if n == nil {
		return 0, false
	}
	number, ok := n.Value.(value.Number)
	if !ok || asl.IsHole(string(number)) {
		return 0, false
	}
	return number.Int()
}
