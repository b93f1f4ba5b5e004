package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// What may wait for ever, or go round for ever.
var timeRules = []*Rule{
	{
		Code: "callback-without-timeout", Severity: Warning, check: checkCallbackTimeouts,
		Doc: "A task that waits for a callback (.waitForTaskToken, an activity) waits for a year when nobody answers, unless it has TimeoutSeconds or HeartbeatSeconds, or the machine has TimeoutSeconds.",
	},
	{
		Code: "job-without-timeout", Severity: Note, check: checkJobTimeouts,
		Doc: "A job that hangs (.sync) keeps its execution open for a year, unless the task or the machine has TimeoutSeconds.",
	},
	{
		Code: "endless-loop", Severity: Warning, check: checkLoops,
		Doc: "The states lead to each other, and no Choice or Next among them leads out: the loop ends by an error or a time-out only. A machine that starts itself again, whatever has come about, is such a loop, too.",
	},
	{
		Code: "unbounded-loop", Severity: Note, check: checkPolling,
		Doc: "The loop waits for something to come about, or does a task again until its result is the right one, and counts nothing. When that never happens, it goes round until the execution has 25,000 events or is a year old, unless the machine has TimeoutSeconds.",
	},
	{
		Code: "endless-retry", Severity: Warning, check: checkCatchLoops,
		Doc: "A catcher leads back to the state that failed, and nothing counts how often: an error that stays is tried again until the execution has 25,000 events, is a year old or has used up its TimeoutSeconds.",
	},
	{
		Code: "timeout-never-raised", Severity: Note, check: checkTimeoutNames,
		Doc: "A task raises States.HeartbeatTimeout only when it has HeartbeatSeconds, and States.Timeout only when it has TimeoutSeconds or HeartbeatSeconds. A Lambda function that runs out of its own time fails with another error, such as Sandbox.Timedout.",
	},
}

// timed tells whether an object has one of the fields that set a time.
func timed(n *asl.Node, names ...string) bool {
	for _, name := range names {
		if n.Member(name) != nil || n.Member(name+"Path") != nil {
			return true
		}
	}
	return false
}

// waits tells whether a task waits for somebody to send its token back.
func (s *state) waits() bool {
	return s.typ == asl.TypeTask && (s.resource.pattern == "waitForTaskToken" || isActivity(s))
}

func checkCallbackTimeouts(p *pass, r *Rule) {
	if p.root == nil || timed(p.root, "TimeoutSeconds") || p.opts.Type == Express {
		return
	}
	for _, s := range p.states {
		if !s.waits() || timed(s.node, "TimeoutSeconds", "HeartbeatSeconds") {
			continue
		}
		p.report(r, finding{
			node: s.field("Resource"), message: s.title() + " waits for an answer, for up to a year: neither it nor the machine has a time-out",
			cure: `add "TimeoutSeconds", or "HeartbeatSeconds" when the worker sends heartbeats, and handle States.Timeout`,
		})
	}
}

func checkJobTimeouts(p *pass, r *Rule) {
	if p.root == nil || timed(p.root, "TimeoutSeconds") || p.opts.Type == Express {
		return
	}
	var jobs []*state
	for _, s := range p.states {
		if s.typ == asl.TypeTask && strings.HasPrefix(s.resource.pattern, "sync") && !timed(s.node, "TimeoutSeconds", "HeartbeatSeconds") {
			jobs = append(jobs, s)
		}
	}
	if len(jobs) == 0 {
		return
	}
	f := finding{node: jobs[0].field("Resource"), message: jobs[0].title() + " waits for a job, and neither it nor the machine has a time-out", cure: `add "TimeoutSeconds" to the task, or to the machine`}
	if n := len(jobs) - 1; n > 0 {
		f.message = fmt.Sprintf("%s waits for a job, like %s, and neither has a time-out, nor has the machine", jobs[0].title(), counted(n, "other task", "other tasks"))
		for _, s := range jobs[1:] {
			f.related = append(f.related, Related{Message: "waits, too", Span: s.nameSpan})
		}
	}
	p.report(r, f)
}

// onward lists where a state leads when nothing fails.
func (s *state) onward() []edge {
	var list []edge
	for _, e := range s.edges() {
		if e.field != "Next" || e.node.Parent == nil || !inCatch(e.node) {
			list = append(list, e)
		}
	}
	return list
}

// inCatch tells whether a node is the Next of a catcher.
func inCatch(n *asl.Node) bool {
	catcher := n.Parent
	if catcher == nil || catcher.Parent == nil || catcher.Parent.Parent == nil {
		return false
	}
	return catcher.Parent.Parent.Member("Catch") == catcher.Parent
}

// checkRestarts looks for a machine that starts itself again, without a Choice on the way that may decide not to.
func checkRestarts(p *pass, r *Rule) {
	if len(p.scopes) == 0 {
		return
	}
	top := p.scopes[0]
	for _, s := range top.states {
		if s.typ != asl.TypeTask || s.resource.api != "startExecution" && s.resource.api != "startSyncExecution" {
			continue
		}
		_, object := request(s)
		n := member(s, object, "StateMachineArn")
		if text, _ := textOf(n); !selfMachine.MatchString(strings.TrimSpace(text)) {
			continue
		}
		decided := map[*state]bool{}
		queue := top.start()
		for len(queue) > 0 {
			at := top.byName[queue[0].target]
			queue = queue[1:]
			if at == nil || decided[at] {
				continue
			}
			if at == s {
				p.report(r, finding{
					node: n, message: s.title() + " starts the machine itself again, and no Choice on the way decides whether it should: one execution follows the other for ever",
					cure: "hand on a number of attempts in Input, and let a Choice end them",
				})
				break
			}
			decided[at] = true
			if at.typ != asl.TypeChoice && !at.waits() {
				queue = append(queue, at.edges()...)
			}
		}
	}
}

// selfMachine is the state machine itself, as the context object has it.
var selfMachine = regexp.MustCompile(`^(?:\$\$\.StateMachine\.Id|\{%\s*\$states\.context\.StateMachine\.Id\s*%\})$`)

func checkLoops(p *pass, r *Rule) {
	checkRestarts(p, r)
	for _, sc := range p.scopes {
		// What leads to an end, without the help of an error.
		index := map[*state]int{}
		for i, s := range sc.states {
			index[s] = i
		}
		leads := make([]bool, len(sc.states))
		from := make([][]int, len(sc.states)) // who leads there
		var queue []int
		for i, s := range sc.states {
			ends := s.ends() || isHole(s.node) || s.typ == "" || len(s.onward()) == 0
			for _, e := range s.onward() {
				to := sc.byName[e.target]
				if to == nil {
					ends = true // missing-target, or a substitution
					continue
				}
				from[index[to]] = append(from[index[to]], i)
			}
			if ends {
				leads[i] = true
				queue = append(queue, i)
			}
		}
		for len(queue) > 0 {
			at := queue[0]
			queue = queue[1:]
			for _, i := range from[at] {
				if !leads[i] {
					leads[i] = true
					queue = append(queue, i)
				}
			}
		}
		if sc.kind == machineScope && !hasEnd(sc) {
			continue // no-terminal-state
		}
		reached := sc.reached()
		i := slices.IndexFunc(sc.states, func(s *state) bool { return reached[s] && !leads[index[s]] })
		if i < 0 {
			continue
		}
		// Nothing that follows leads to an end: whoever goes on comes back.
		s, passed := sc.states[i], map[*state]bool{}
		for !passed[s] {
			passed[s] = true
			s = sc.byName[s.onward()[0].target]
		}
		f := finding{
			node: s.node, span: s.nameSpan, message: s.title() + " is in a loop that nothing leads out of",
			cure: "let a Choice in the loop count or look for its end, and go on behind it",
		}
		for _, other := range sc.states {
			if !leads[index[other]] && len(other.edges()) > len(other.onward()) {
				f.message = s.title() + " is in a loop that only an error leads out of"
			}
		}
		p.report(r, f)
	}
}

// checkPolling looks for loops whose Choices compare neither numbers nor times: those through a Wait, and those through a task that is
// done again until a text is the right one.
func checkPolling(p *pass, r *Rule) {
	if p.root == nil || timed(p.root, "TimeoutSeconds") || p.opts.Type == Express {
		return
	}
	for _, sc := range p.scopes {
		var waits, tasks []*state
		for _, s := range sc.states {
			switch {
			case sc.byName[s.name] != s:
			case s.typ == asl.TypeWait:
				waits = append(waits, s)
			case s.typ == asl.TypeTask && !s.waits():
				tasks = append(tasks, s)
			}
		}
		// One finding a scope.
		if len(waits) > 0 && p.polls(r, sc, waits, sc.loops(sc.next)) || len(tasks) == 0 {
			continue
		}
		p.polls(r, sc, tasks, sc.loops(sc.usual))
	}
}

// polls reports the first of some states, all Waits or all tasks, whose loop nothing bounds.
func (p *pass) polls(r *Rule, sc *scope, states []*state, loops map[*state][]*state) bool {
	judged := map[*state]bool{}
	for _, at := range states {
		loop := loops[at]
		if len(loop) == 0 || judged[loop[0]] {
			continue
		}
		judged[loop[0]] = true
		within := map[*state]bool{}
		for _, s := range loop {
			within[s] = true
		}
		counts, leaves := false, false
		for _, s := range loop {
			if s.typ == asl.TypeChoice {
				leaves = leaves || slices.ContainsFunc(s.edges(), func(e edge) bool { return !within[sc.byName[e.target]] })
				counts = counts || p.comparesNumbers(s.field("Choices")) || at.typ == asl.TypeTask && !comparesTexts(s.field("Choices"))
			}
			counts = counts || s.waits() && at.typ == asl.TypeTask // somebody decides
		}
		if leaves && !counts {
			p.report(r, finding{
				node: at.node, span: at.nameSpan, message: at.title() + " is in a loop that nothing bounds: it counts nothing, and the machine has no TimeoutSeconds",
				cure: `add "TimeoutSeconds" to the machine, or count the rounds and let a Choice end them`,
			})
			return true
		}
	}
	return false
}

// usual lists the states that may follow one when nothing fails.
func (sc *scope) usual(s *state) []*state {
	var list []*state
	for _, e := range s.onward() {
		if to := sc.byName[e.target]; to != nil {
			list = append(list, to)
		}
	}
	return list
}

// comparesTexts tells whether all that the rules of a Choice compare is texts with constants: a status, a verdict.
func comparesTexts(rules *asl.Node) bool {
	if rules == nil || isHole(rules) || len(rules.Items) == 0 {
		return false
	}
	for _, rule := range rules.Items {
		if n := rule.Member("Condition"); n != nil {
			text, _ := textOf(n)
			if !textCondition.MatchString(text) {
				return false
			}
			continue
		}
		c, ok := comparisonOf(rule)
		if not := rule.Member("Not"); not != nil {
			c, ok = comparisonOf(not)
		}
		if !ok || c.operator != "StringEquals" && c.operator != "StringMatches" {
			return false
		}
	}
	return true
}

// textCondition is the comparison of a value with a constant text.
var textCondition = regexp.MustCompile(`^\{%\s*\$[\w.\[\]$]+\s*!?=\s*(?:"[^"]*"|'[^']*')\s*%\}$`)

// checkCatchLoops looks for catchers that lead back to their state, without anything on the way that may decide not to.
func checkCatchLoops(p *pass, r *Rule) {
	if p.root == nil || p.opts.Type == Express {
		return
	}
	bounded := timed(p.root, "TimeoutSeconds")
	const most = 100 // catchers that are looked at in one scope
	for _, sc := range p.scopes {
		looked := 0
		var usual map[*state]bool // what is reached without an error
		for _, s := range sc.states {
			for _, catcher := range s.handlers("Catch") {
				target, _ := textOf(catcher.Member("Next"))
				to := sc.byName[target]
				if to == nil || sc.byName[s.name] != s {
					continue
				}
				if looked++; looked > most {
					break
				}
				if usual == nil {
					usual = sc.reachedBy((*state).onward)
				}
				// A Choice that only errors lead to decides about them; another one may count. A worker who answers decides, too.
				back := sc.wayBack(to, s, func(at *state) bool {
					return at.typ == asl.TypeChoice && (!usual[at] || p.comparesNumbers(at.field("Choices"))) || at.waits()
				})
				// Within its time-out, a definition may well wait for better times.
				if back == nil || bounded && slices.ContainsFunc(back, func(at *state) bool { return at.typ == asl.TypeWait }) {
					continue
				}
				f := finding{
					node: catcher.Member("Next"), message: fmt.Sprintf("a catcher of %s leads back to it, as often as it fails", s.title()),
					cure: "use a retrier with MaxAttempts, or count the attempts and let a Choice end them",
				}
				if bounded {
					f.message += ", until the execution's time is over"
				}
				p.report(r, f)
			}
		}
	}
}

// wayBack is a shortest way from one state to another without errors and without states that stop it, the first included and the
// last not; nil when there is none.
func (sc *scope) wayBack(from, to *state, stops func(*state) bool) []*state {
	before := map[*state]*state{from: nil}
	queue := []*state{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at == to {
			list := []*state{}
			for s := before[at]; s != nil; s = before[s] {
				list = append(list, s)
			}
			return list
		}
		if stops(at) {
			continue
		}
		for _, e := range at.onward() {
			next := sc.byName[e.target]
			if _, seen := before[next]; next != nil && !seen {
				before[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// next lists the states that may follow one.
func (sc *scope) next(s *state) []*state {
	var list []*state
	for _, e := range s.edges() {
		if to := sc.byName[e.target]; to != nil {
			list = append(list, to)
		}
	}
	return list
}

// closure is all that follows a state; the state itself only when it comes again.
func closure(s *state, next func(*state) []*state) map[*state]bool {
	seen := map[*state]bool{}
	queue := next(s)
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if !seen[at] {
			seen[at] = true
			queue = append(queue, next(at)...)
		}
	}
	return seen
}

// equalsNumber is the comparison of a value with a constant number in JSONata.
var equalsNumber = regexp.MustCompile(`=\s*-?[0-9]`)

// comparesNumbers tells whether a rule, at any depth, compares numbers or times, or is an expression that may.
func (p *pass) comparesNumbers(n *asl.Node) bool {
	if n == nil {
		return false
	}
	for _, m := range n.Members {
		if strings.HasPrefix(m.Name, "Numeric") || strings.HasPrefix(m.Name, "Timestamp") {
			return true
		}
		if text, ok := textOf(m.Value); ok && m.Name == "Condition" && (strings.ContainsAny(text, "<>") || equalsNumber.MatchString(text) || strings.Contains(text, "$count") || strings.Contains(text, "Token")) {
			return true
		}
		if p.comparesNumbers(m.Value) {
			return true
		}
	}
	for _, item := range n.Items {
		if p.comparesNumbers(item) {
			return true
		}
	}
	return false
}

func hasEnd(sc *scope) bool {
	for _, s := range sc.states {
		if s.ends() {
			return true
		}
	}
	return false
}

// reached are the states that some way from StartAt leads to.
func (sc *scope) reached() map[*state]bool { return sc.reachedBy((*state).edges) }

// reachedBy are the states that ways of some edges alone lead to from StartAt.
func (sc *scope) reachedBy(edges func(*state) []edge) map[*state]bool {
	reached := map[*state]bool{}
	queue := sc.start()
	for len(queue) > 0 {
		next := sc.byName[queue[0].target]
		queue = queue[1:]
		if next != nil && !reached[next] {
			reached[next] = true
			queue = append(queue, edges(next)...)
		}
	}
	return reached
}

func checkTimeoutNames(p *pass, r *Rule) {
	p.eachHandlers(func(s *state, field string, handlers []*asl.Node) {
		if s.typ != asl.TypeTask {
			return // what is within may raise it
		}
		for _, handler := range handlers {
			for _, name := range errorNames(handler) {
				var cure string
				switch {
				case name.text == "States.HeartbeatTimeout" && !timed(s.node, "HeartbeatSeconds"):
					cure = `add "HeartbeatSeconds", or drop the name`
				case name.text == "States.Timeout" && !timed(s.node, "TimeoutSeconds", "HeartbeatSeconds") && !s.nests() && !s.waits():
					cure = `add "TimeoutSeconds" to the task`
				default:
					continue
				}
				p.report(r, finding{node: name.node, message: fmt.Sprintf("%s names %s, but %s has no time-out that raises it", field, name.text, s.title()), cure: cure})
			}
		}
	})
}

// nests tells whether the task may get the error names of somebody else's execution, job or worker.
func (s *state) nests() bool { return strings.HasPrefix(s.resource.pattern, "sync") || s.waits() }
