package check

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// What costs more than it needs to, and work that is lost.
var workRules = []*Rule{
	{
		Code: "unbounded-map", Severity: Warning, check: checkConcurrency,
		Doc: "Without MaxConcurrency, an inline Map runs about 40 iterations at the same time and a distributed one 10,000, which all call a service that is billed by the call and has low quotas: it is throttled, and a long input costs what it costs. An account runs 1,000 Lambda functions at the same time, unless AWS raised that.",
	},
	{
		Code: "choice-without-default", Severity: Note, check: checkDefaults,
		Doc: "When no rule holds and there is no Default, the execution fails with States.NoChoiceMatched (recorded as States.Runtime), which nothing catches.",
	},
	{
		Code: "discarded-work", Severity: Warning, check: checkDiscarded,
		Doc: "A branch or iteration that fails ends its siblings, and what they have finished is lost: here calls of models, or jobs, that were paid for. A Catch of the Parallel or Map itself gets the error only, and a Retry of it does everything again. A Catch within the branch, or tolerated failures of a distributed Map, keep the work.",
	},
	{
		Code: "lost-at-the-end", Severity: Note, check: checkLastStep,
		Doc: "The last step only tells somebody that the work is done. When it fails, the execution fails, and its result is lost.",
	},
}

// eachWithin visits the states in a Parallel or Map, at any depth, with the branch of it that they are in.
func (p *pass) eachWithin(owner *state, visit func(s *state, branch *scope)) {
	inner := p.innerScopes()
	for _, branch := range inner[owner] {
		queue := []*scope{branch}
		for len(queue) > 0 {
			sc := queue[0]
			queue = queue[1:]
			for _, s := range sc.states {
				visit(s, branch)
				queue = append(queue, inner[s]...)
			}
		}
	}
}

// innerScopes maps Parallel and Map states to their branches and processors.
func (p *pass) innerScopes() map[*state][]*scope {
	if p.inner == nil {
		p.inner = map[*state][]*scope{}
		for _, sc := range p.scopes {
			if sc.owner != nil {
				p.inner[sc.owner] = append(p.inner[sc.owner], sc)
			}
		}
	}
	return p.inner
}

func checkConcurrency(p *pass, r *Rule) {
	for _, s := range p.states {
		if s.typ != asl.TypeMap || s.field("MaxConcurrencyPath") != nil {
			continue
		}
		n := s.field("MaxConcurrency")
		if limit, ok := integerOf(n); n != nil && (!ok || limit != 0) {
			continue
		}
		var model *state
		p.eachWithin(s, func(inner *state, _ *scope) {
			if model == nil && (inner.metered() || s.surelyDistributed() && inner.callsFunction()) {
				model = inner
			}
		})
		// Of Maps in Maps the inner one is told, where the calls are.
		if model == nil || slices.IndexFunc(model.around(), func(o *state) bool { return o.typ == asl.TypeMap }) != slices.Index(model.around(), s) {
			continue
		}
		if n, known := p.itemCount(s); known && n <= fewItems {
			continue
		}
		most := "about 40"
		if s.surelyDistributed() {
			most = "up to 10,000"
		}
		f := finding{
			node: s.node, span: s.nameSpan, field: "MaxConcurrency", message: fmt.Sprintf("%s has no MaxConcurrency: %s iterations at the same time call %s (%q)", s.title(), most, cmp.Or(model.resource.service, "lambda"), shorten(model.name)),
			cure: `add "MaxConcurrency", as much as the service's quota bears`, related: []Related{{Message: "the call", Span: model.nameSpan}},
		}
		if n != nil {
			f.node, f.span = n, n.Span
			f.message = strings.Replace(f.message, "has no MaxConcurrency", "has MaxConcurrency 0, which is no limit", 1)
		}
		p.report(r, f)
	}
}

// fewItems is how many items, that stand in the definition itself, a Map needs no MaxConcurrency for.
const fewItems = 10

// literalRange is a range of numbers in JSONata.
var literalRange = regexp.MustCompile(`^\{%\s*\[\s*([0-9]{1,9})\s*\.\.\s*([0-9]{1,9})\s*\]\s*%\}$`)

// itemCount is how many items a Map has, where they stand in the definition: in the Map itself, or in a state before it.
func (p *pass) itemCount(s *state) (int, bool) {
	if s.field("ItemReader") != nil {
		return 0, false
	}
	if items := s.field("Items"); items != nil && items.Kind == value.KindArray {
		return len(items.Items), true
	}
	if text, ok := textOf(s.field("Items")); ok {
		if m := literalRange.FindStringSubmatch(text); m != nil {
			first, errFirst := strconv.Atoi(m[1])
			last, errLast := strconv.Atoi(m[2])
			return max(last-first+1, 0), errFirst == nil && errLast == nil
		}
	}
	flow := p.flow()
	if flow.gaveUp || flow.states[s] == nil || !flow.states[s].reached {
		return 0, false
	}
	known := flow.states[s].in.data
	for _, name := range []string{"InputPath", "ItemsPath", "Items"} {
		if n := s.field(name); n != nil {
			known = flow.values[n] // Any where it is not known
		}
	}
	items, ok := known.Items()
	return len(items), ok && known.Is(shape.ArrayKind)
}

// metered tells whether a task calls a service that is billed by the call and has low quotas: models, and what reads text, pictures and
// speech.
func (s *state) metered() bool {
	if s.callsModel() {
		return true
	}
	switch s.resource.service {
	case "textract", "comprehend", "comprehendmedical", "rekognition", "transcribe", "translate", "polly", "sagemakerruntime", "kendra", "bedrockagentruntime", "bedrockdataautomationruntime":
		return s.typ == asl.TypeTask && s.resource.kind == sdk
	}
	return false
}

// comparison is a rule of a Choice that compares one variable with one constant, or tests its type.
type comparison struct {
	variable, operator, operand string
}

func comparisonOf(rule *asl.Node) (comparison, bool) {
	variable, ok := textOf(rule.Member("Variable"))
	if !ok || rule.Kind != value.KindObject {
		return comparison{}, false
	}
	for _, m := range rule.Members {
		switch m.Name {
		case "Variable", "Next", "Comment", "Assign", "Output":
		default:
			return comparison{variable, m.Name, value.Text(m.Value.Value)}, m.Value.Value != nil
		}
	}
	return comparison{}, false
}

// covers tells whether one of two comparisons always holds, given that both can be made.
func covers(a, b comparison) bool {
	if a.variable != b.variable {
		return false
	}
	if a.operator == b.operator && a.operand != b.operand && slices.Contains([]string{"true", "false"}, a.operand) && slices.Contains([]string{"true", "false"}, b.operand) {
		return true // BooleanEquals, IsPresent, IsNull, …
	}
	for _, kind := range []string{"Numeric", "String", "Timestamp"} {
		for _, pair := range [][2]string{{"LessThan", "GreaterThanEquals"}, {"GreaterThan", "LessThanEquals"}, {"LessThanEquals", "GreaterThanEquals"}} {
			if one, two := kind+pair[0], kind+pair[1]; a.operand == b.operand && (a.operator == one && b.operator == two || a.operator == two && b.operator == one) {
				return true
			}
		}
	}
	return false
}

// opposite tells whether one rule is the Not of the other.
func opposite(a, b *asl.Node) bool {
	same := func(not, plain *asl.Node) bool {
		operand := not.Member("Not")
		if operand == nil {
			return false
		}
		x, okX := comparisonOf(operand)
		y, okY := comparisonOf(plain)
		return okX && okY && x == y
	}
	return same(a, b) || same(b, a)
}

// conditionText is the expression of a JSONata rule, without white space.
func conditionText(rule *asl.Node) string {
	text, _ := textOf(rule.Member("Condition"))
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "{%"), "%}")
	return strings.Join(strings.Fields(text), "")
}

func conditionIs(text string) func(*asl.Node) bool {
	return func(rule *asl.Node) bool { return conditionText(rule) == text }
}

// covered tells whether the rules of a Choice may well cover every input: then one without Default is right.
func covered(rules []*asl.Node) bool {
	conditions, negated := map[string]bool{}, map[string]bool{}
	for i, a := range rules {
		if rule := a.Member("Condition"); rule != nil {
			text := conditionText(a)
			if left, right, ok := strings.Cut(text, "="); ok && !strings.ContainsAny(left+right, "<>!=") && slices.ContainsFunc(rules, conditionIs(left+"<"+right)) && slices.ContainsFunc(rules, conditionIs(left+">"+right)) {
				return true
			}
			if rule.Value == value.Bool(true) || text == "true" || isHole(rule) || conditions["$not("+text+")"] || negated[text] || conditions[flipped(text)] {
				return true
			}
			conditions[text], negated["$not("+text+")"], negated[flipped(text)] = true, true, true
		}
		x, okX := comparisonOf(a)
		if okX && tripled(rules, x) {
			return true
		}
		for _, b := range rules[:i] {
			if y, okY := comparisonOf(b); okX && okY && covers(x, y) || opposite(a, b) {
				return true
			}
		}
	}
	return false
}

// tripled tells whether the rules compare a variable with a constant for all of below, equal and above.
func tripled(rules []*asl.Node, x comparison) bool {
	kind, ok := strings.CutSuffix(x.operator, "Equals")
	if !ok || strings.HasSuffix(kind, "Than") {
		return false
	}
	has := func(operator string) bool {
		return slices.ContainsFunc(rules, func(rule *asl.Node) bool {
			y, ok := comparisonOf(rule)
			return ok && y == comparison{x.variable, kind + operator, x.operand}
		})
	}
	return has("LessThan") && has("GreaterThan")
}

// flipped turns the comparison in an expression with a single one.
func flipped(expression string) string {
	for _, pair := range [][2]string{{">=", "<"}, {"<=", ">"}, {"!=", "="}} {
		if strings.Count(expression, pair[0]) == 1 {
			return strings.Replace(expression, pair[0], pair[1], 1)
		}
	}
	if text, ok := strings.CutSuffix(expression, "=true"); ok {
		return text + "=false"
	}
	return "\x00"
}

func checkDefaults(p *pass, r *Rule) {
	const most = 100 // rules that are compared with each other
	for _, s := range p.states {
		choices := s.field("Choices")
		if s.typ != asl.TypeChoice || s.field("Default") != nil || choices == nil || choices.Kind != value.KindArray || len(choices.Items) > most || slices.ContainsFunc(choices.Items, isHole) {
			continue
		}
		if len(choices.Items) == 0 || covered(choices.Items) {
			continue
		}
		p.report(r, finding{
			node: s.node, span: s.nameSpan, field: "Default", message: s.title() + " has no Default, and its rules do not cover every input: the execution fails when none holds",
			cure: `add "Default": the state that says what was unexpected, or the usual way`,
		})
	}
}

// costly tells whether what a task has done is dear: the call of a model or of another service that is billed by the call, or a job.
func (s *state) costly() bool {
	return s.metered() || s.typ == asl.TypeTask && strings.HasPrefix(s.resource.pattern, "sync") && s.resource.kind == optimised
}

// keeps tells whether a catcher of a state takes every error of it, and goes on to something else than a Fail state.
func (s *state) keeps() bool {
	if isHole(s.field("Catch")) {
		return true
	}
	for _, catcher := range s.handlers("Catch") {
		for _, name := range errorNames(catcher) {
			if name.text == "States.ALL" || name.text == "States.TaskFailed" || hasHole(name.text) {
				return !s.scope.fails(catcher)
			}
		}
	}
	return false
}

// fails tells whether all that follows a catcher ends in Fail states.
func (sc *scope) fails(catcher *asl.Node) bool {
	target, _ := textOf(catcher.Member("Next"))
	to := sc.byName[target]
	if to == nil {
		return false
	}
	all := closure(to, sc.next)
	all[to] = true
	failed := false
	for s := range all {
		if s.ends() && s.typ != asl.TypeFail || isHole(s.node) {
			return false
		}
		failed = failed || s.typ == asl.TypeFail
	}
	return failed
}

// kept tells whether a failure of a state gets no further than to the branch of owner that it is in.
func (p *pass) kept(s, owner *state) bool {
	at := s
	if s.typ == asl.TypeFail {
		at = s.scope.owner // nothing in its own scope catches it
	}
	for ; at != nil && at != owner; at = at.scope.owner {
		if at.surelyDistributed() && at != s || at.keeps() {
			return true
		}
	}
	return false
}

// keepsChildren tells whether the failure of a child execution leaves the others' results: the Map tolerates it, or writes all results to S3.
func (s *state) keepsChildren() bool {
	return s.surelyDistributed() && (tolerates(s) || s.field("ResultWriter") != nil)
}

func checkDiscarded(p *pass, r *Rule) {
	told := map[*state]bool{}
	for _, owner := range p.states {
		if owner.typ != asl.TypeParallel && owner.typ != asl.TypeMap || owner.keepsChildren() {
			continue
		}
		// Where the error goes on outwards, the outermost state that loses work by it is told.
		outer := owner
		for !told[outer] && outer.scope.owner != nil && len(outer.handlers("Catch")) == 0 && !isHole(outer.field("Catch")) && !outer.scope.owner.surelyDistributed() {
			outer = outer.scope.owner
		}
		if told[outer] {
			continue
		}
		var failing []*state // the first task of each branch that may fail it
		reached := map[*scope]map[*state]bool{}
		branches := map[*scope]*state{}
		p.eachWithin(owner, func(s *state, branch *scope) {
			if s.typ != asl.TypeTask && s.typ != asl.TypeFail || branches[branch] != nil || p.kept(s, owner) {
				return
			}
			if reached[s.scope] == nil {
				reached[s.scope] = s.scope.reached()
			}
			if reached[s.scope][s] {
				branches[branch] = s
				failing = append(failing, s)
			}
		})
		// The work that is lost is that of another branch, or of another iteration.
		var costs *state
		p.eachWithin(owner, func(s *state, branch *scope) {
			others := len(failing)
			if owner.typ == asl.TypeParallel && branches[branch] != nil {
				others--
			}
			if costs == nil && others > 0 && s.costly() {
				costs = s
			}
		})
		if costs == nil {
			continue
		}
		if n, known := 0, false; owner.typ == asl.TypeMap {
			if n, known = p.itemCount(owner); known && n <= 1 {
				continue
			}
		}
		what, where := "branch", "of the other branches"
		if owner.typ == asl.TypeMap {
			what, where = "iteration", "of the other iterations"
		}
		f := finding{
			node: owner.node, span: owner.nameSpan, field: "Catch", message: fmt.Sprintf("%s fails with the first %s that does, and the finished work %s, such as %q, is lost", owner.title(), what, where, shorten(costs.name)),
			cure:    fmt.Sprintf("add a Catch to the tasks within the %s that leads to a partial result", what),
			related: []Related{{Message: "work that is lost", Span: costs.nameSpan}},
		}
		if owner.typ == asl.TypeParallel && len(failing) == 1 {
			s := failing[0]
			f.node, f.span = s.node, s.nameSpan
			f.message = fmt.Sprintf("when %s fails, %q fails, and the finished work of its other branches, such as %q, is lost", s.title(), shorten(owner.name), shorten(costs.name))
			f.cure = "add a Catch to it that leads to a partial result within the branch"
		}
		switch {
		case p.takesOneOf(owner.handlers("Retry"), []string{"\x00any", "States.Timeout", "Bedrock.ThrottlingException", "BedrockRuntime.ThrottlingException", "Lambda.ServiceException"}):
			f.message += fmt.Sprintf(", and the Retry of %q pays for it again", shorten(owner.name))
		case len(owner.handlers("Catch")) > 0:
			f.message += fmt.Sprintf(": the Catch of %q gets the error only", shorten(owner.name))
		}
		if owner.surelyDistributed() {
			f.cure = `add "ToleratedFailurePercentage" or a ResultWriter, or a Catch to the tasks within`
		}
		told[owner] = true
		p.report(r, f)
	}
}

// tolerates tells whether a distributed Map tolerates failures.
func tolerates(s *state) bool {
	for _, name := range []string{"ToleratedFailurePercentage", "ToleratedFailureCount"} {
		if n, ok := integerOf(s.field(name)); timed(s.node, name) && (!ok || n != 0) {
			return true
		}
	}
	return false
}

// notice is what states and functions are called that only tell somebody something.
var notice = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:notif(?:y|ies|ier|ication)s?|alert|e-?mail|mail|slack|teams message|webhook|announce|inform|tell)(?:[^a-z]|$)`)

// tells tells whether a task only tells somebody something.
func (s *state) tells() bool {
	switch res := s.resource; {
	case s.callsFunction() || res.kind == optimised && (res.service == "sqs" || res.service == "http") && res.pattern == "":
		return notice.MatchString(unhyphened(s.name)) // anything may come of it, unless its name says otherwise
	}
	if s.typ != asl.TypeTask || s.resource.pattern != "" || s.resource.kind != optimised && s.resource.kind != sdk {
		return false
	}
	switch s.resource.service {
	case "sns":
		return s.resource.api == "publish"
	case "ses", "sesv2":
		return strings.HasPrefix(s.resource.api, "send")
	case "events", "eventbridge":
		return s.resource.api == "putEvents"
	case "cloudwatch":
		return s.resource.api == "putMetricData"
	}
	return false
}

// unhyphened parts the words of a name: NotifyTeam, notify-team and notify_team.
func unhyphened(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.NewReplacer("_", " ", "-", " ").Replace(b.String())
}

func checkLastStep(p *pass, r *Rule) {
	if len(p.scopes) == 0 {
		return
	}
	top := p.scopes[0]
	before := map[*state][]*state{}
	for _, s := range top.states {
		for _, e := range s.onward() {
			if to := top.byName[e.target]; to != nil {
				before[to] = append(before[to], s)
			}
		}
	}
	const most = 50 // that are looked at
	looked := 0
	for _, s := range top.states {
		if !s.tells() || s.field("Catch") != nil && !slices.ContainsFunc(s.handlers("Catch"), top.fails) {
			continue
		}
		if looked++; looked > most {
			break
		}
		end := s.ends()
		if next := top.byName[targetOf(s)]; next != nil && next.typ == asl.TypeSucceed {
			end = true
		}
		if !end {
			continue
		}
		// Dear work on a way to it, which is not undone by a failure that this step tells of.
		var work *state
		seen := map[*state]bool{}
		queue := slices.Clone(before[s])
		for len(queue) > 0 && work == nil {
			at := queue[0]
			queue = queue[1:]
			if seen[at] {
				continue
			}
			seen[at] = true
			if at.costly() {
				work = at
			}
			p.eachWithin(at, func(inner *state, _ *scope) {
				if work == nil && inner.costly() {
					work = inner
				}
			})
			queue = append(queue, before[at]...)
		}
		if work == nil {
			continue
		}
		p.report(r, finding{
			node: s.node, span: s.nameSpan, field: "Catch", message: fmt.Sprintf("when %s fails, the execution fails after all its work, such as %q", s.title(), shorten(work.name)),
			cure:    "add a Catch that goes on to the end, so that the result is not lost",
			related: []Related{{Message: "work that is lost", Span: work.nameSpan}},
		})
	}
}

func targetOf(s *state) string {
	text, _ := textOf(s.field("Next"))
	return text
}
