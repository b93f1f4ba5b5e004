package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/intrinsic"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/shape"
)

// note keeps a finding for the rule that reports it.
func (c *site) note(code string, f finding) {
	if !c.dead {
		sf := c.states[c.s]
		sf.found = append(sf.found, noted{code, f})
	}
}

// path is what a field or template member with a path, or with a call of an intrinsic function, gives.
func (c *site) path(n *asl.Node, data *shape.Shape) *shape.Shape {
	if c.dead || data.IsNever() {
		return shape.Never
	}
	u := c.uses[n]
	if u == nil {
		return shape.Any
	}
	var found *shape.Shape
	if call := c.calls[u]; call != nil {
		found = c.call(n, call, data)
	} else if u.path != nil {
		found = c.read(n, 0, u.path, data)
	}
	c.values[n] = found
	return found
}

// read is what a path leads to. Any stands for what is not there: the state fails, and the rest of it is not to be told of the same again.
func (c *site) read(n *asl.Node, offset int, p *jsonpath.Path, data *shape.Shape) *shape.Shape {
	roots := c.roots(data)
	found := shape.Eval(p, roots)
	switch found.Presence {
	case shape.Absent:
		c.fails = true
		c.absent(n, offset, p, roots, found)
		return shape.Any
	case shape.Sometimes:
		c.sometimes(n, offset, p, roots, found)
	}
	if c.watched && p.Root == jsonpath.RootData && p.Definite() {
		c.saw(p.Steps)
	}
	return found.Shape
}

// prefix is a path up to a step.
func prefix(p *jsonpath.Path, steps int) string {
	root := "$"
	switch p.Root {
	case jsonpath.RootContext:
		root = "$$"
	case jsonpath.RootVariable:
		root = "$" + p.Variable
	}
	var b strings.Builder
	b.WriteString(root)
	for i := range steps {
		st := &p.Steps[i]
		switch {
		case st.Kind == jsonpath.Name && !st.Quoted:
			b.WriteString("." + st.Names[0])
		case st.Kind == jsonpath.Name:
			b.WriteString("['" + st.Names[0] + "']")
		case st.Kind == jsonpath.Index:
			b.WriteString("[" + strconv.Itoa(st.Indexes[0]) + "]")
		default:
			b.WriteString("[…]")
		}
	}
	return b.String()
}

// absent notes a path that leads nowhere, whichever way led here.
func (c *site) absent(n *asl.Node, offset int, p *jsonpath.Path, roots shape.Roots, found shape.Found) {
	if later := c.states[c.s].later; !later.isNowhere() { // round a loop, it would be there: what lacks is its start
		if again := shape.Eval(p, shape.Roots{Data: later.data, Context: c.context, Variables: later.vars.get}); again.Presence == shape.Always || again.Presence == shape.Sometimes {
			c.sometimes(n, offset, p, roots, found)
			return
		}
	}
	if found.Step < 0 {
		c.unassigned(n, c.p.within(n, offset, offset+1+len(p.Variable)), p.Variable, false)
		return
	}
	st := &p.Steps[found.Step]
	m := missing{
		node: n, span: c.p.within(n, offset+st.Offset, offset+st.End), at: found.At, before: prefix(p, found.Step), whole: prefix(p, found.Step+1), certain: true,
	}
	switch st.Kind {
	case jsonpath.Name:
		m.name, m.hasName = st.Names[0], true
	case jsonpath.Index:
		m.index, m.hasIndex = st.Indexes[0], true
	}
	root := roots.Data
	if p.Root == jsonpath.RootVariable {
		root, _ = c.vars.get(p.Variable)
	}
	if p.Definite() {
		at := root
		for i := 0; i <= found.Step && m.loser == nil; i++ {
			m.loser = lostIn(at, p.Steps[i:])
			at = shape.At(root, p.Steps[:i+1]).Shape
		}
	}
	c.missing(m)
}

// lostIn looks for a value that took the place of another one in which the path leads somewhere.
func lostIn(s *shape.Shape, steps []jsonpath.Step) (loser *shape.Shape) {
	for {
		before := s.Before()
		if before.IsNever() {
			break
		}
		switch found := shape.At(before, steps); found.Presence {
		case shape.Always, shape.Sometimes:
			return s
		case shape.Unknown: // a member that is known by name, though not to be always there
			if last := &steps[len(steps)-1]; last.Kind == jsonpath.Name && slices.Contains(shape.At(before, steps[:len(steps)-1]).Shape.Names(), last.Names[0]) {
				return s
			}
		}
		s = before
	}
	return nil
}

// missing is what is looked for and is not there.
type missing struct {
	node          *asl.Node
	span          asl.Span
	name          string // of a member
	hasName       bool
	index         int // of an item
	hasIndex      bool
	at            *shape.Shape // where it is looked for
	before, whole string       // the path up to there, and with what is missing
	loser         *shape.Shape // what took the place of the value that had it
	certain       bool         // the state fails
}

// missing notes what is not there by the rule that tells most of it.
func (c *site) missing(m missing) {
	f := finding{node: m.node, span: m.span}
	made := m.at.Origin()
	maker, by := "", ""
	if made != nil {
		by = made.What
		if s, _ := made.Node.(*state); s != nil {
			maker = s.title()
			f.related = []Related{{Message: fmt.Sprintf("%s gives %s", shortTitle(s), by), Span: s.nameSpan}}
		}
	}
	code := "path-not-found"
	if !m.certain {
		code = "undefined-field"
	}
	names := m.at.Names()
	switch {
	case m.loser != nil:
		code = "value-lost"
		f.message = fmt.Sprintf("%s is not there any more", m.whole)
		f.cure = "keep it: put the result beside it with ResultPath, or hand it on in Output"
		f.related = nil
		if o := m.loser.Origin(); o != nil {
			if s, _ := o.Node.(*state); s != nil {
				f.message += fmt.Sprintf(": %s took its place in %s", o.What, s.title())
				f.related = []Related{{Message: "here " + o.What + " takes the place of what was there", Span: s.nameSpan}}
				if s.language == asl.JSONata {
					f.cure = "hand it on in the Output of that state, or keep it in a variable with Assign"
				} else {
					f.cure = fmt.Sprintf("keep it: give %s a ResultPath such as \"$.result\", or keep the value in a variable with Assign", shortTitle(s))
				}
			}
		}
	case m.hasName && m.at.Is(shape.ArrayKind) && (by == madeBranches || by == madeItems):
		code = "array-as-object"
		f.message = fmt.Sprintf("%s has no member %q: it is %s in %s", m.before, shorten(m.name), strings.Replace(by, "its", "the", 1), maker)
		f.cure = fmt.Sprintf("name an item first, as in %s[0].%s", m.before, shorten(m.name))
	case by == madeLambda && m.hasName:
		code = "missing-payload"
		f.message = fmt.Sprintf("%s is the answer of lambda:invoke, which has no member %q: what the function returned is in Payload", m.before, shorten(m.name))
		f.cure = fmt.Sprintf("read %s.Payload.%s, or choose \"$.Payload\" in ResultSelector or OutputPath", m.before, shorten(m.name))
		if best := nearest.Name(m.name, names); best != "" {
			f.cure = fmt.Sprintf("did you mean %q?", best)
		}
	case strings.HasPrefix(by, madeAnswer) && m.hasName && m.at.Is(shape.ObjectKind):
		if m.at.Origin() != nil && slices.ContainsFunc(names, func(name string) bool { return javaName(name) == m.name }) {
			return
		}
		if m.name == "Attributes" && m.at.Has(m.name) {
			f.message = fmt.Sprintf("%s has no member \"Attributes\" without ReturnValues", by)
			f.cure = "ask for them with ReturnValues, such as \"ALL_NEW\""
			break
		}
		code = "unknown-response-member"
		f.message = fmt.Sprintf("%s has no member %q, as far as AWS documents it", by, shorten(m.name))
		f.cure = suggest(m.name, names, "it has ")
	case by == madeWritten:
		f.message = fmt.Sprintf("%s is not there: with a ResultWriter, the output of %s is a reference to the results in S3", m.whole, maker)
		f.cure = "read the results from S3, where ResultWriterDetails says; or drop the ResultWriter"
	case m.hasIndex && m.at.Is(shape.ArrayKind):
		items, _ := m.at.Items()
		f.message = fmt.Sprintf("%s has no item %d: it has %s", m.before, m.index, counted(len(items), "item", "items"))
		f.cure = "name an item that there is; the first one is 0"
	case m.at.Is(shape.ObjectKind) && m.hasName:
		f.message = fmt.Sprintf("%s is not there: nothing on the way here writes it", m.whole)
		f.cure = suggest(m.name, names, m.before+" has ")
	default:
		f.message = fmt.Sprintf("%s is not there: %s is %s", m.whole, m.before, m.at.Kinds())
		f.cure = "read a value that is there"
	}
	if !m.certain {
		code = "undefined-field"
	}
	c.note(code, f)
}

// javaName is how the AWS SDK for Java writes a name of an API, as SDK integrations do: DBInstances as DbInstances.
func javaName(name string) string {
	b := []byte(name)
	for i := 1; i < len(b); i++ {
		upper := func(i int) bool { return i < len(name) && name[i] >= 'A' && name[i] <= 'Z' }
		if upper(i) && upper(i-1) && (i+1 == len(name) || upper(i+1) || name[i+1] == 's' && (i+2 == len(name) || upper(i+2)) || name[i+1] >= '0' && name[i+1] <= '9') {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

// suggest is the cure for a name that is not there.
func suggest(name string, names []string, has string) string {
	if best := nearest.Name(name, names); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	const most = 8
	switch {
	case len(names) == 0:
		return "nothing is there at all: read it where it is still there, and hand it on"
	case len(names) > most:
		return has + quoteAll(shortened(names[:most])) + " and others"
	}
	return has + quoteAll(shortened(names))
}

func shortened(names []string) []string {
	short := make([]string, len(names))
	for i, name := range names {
		short[i] = shorten(name)
	}
	return short
}

// shortTitle names a state within a sentence.
func shortTitle(s *state) string { return strconv.Quote(shorten(s.name)) }

// unassigned notes a variable that no way here assigns.
func (c *site) unassigned(n *asl.Node, span asl.Span, name string, goesOn bool) {
	f := finding{node: n, span: span, message: fmt.Sprintf("no way to %s assigns the variable $%s", c.s.title(), shorten(name))}
	names := sortedNames(c.vars.names)
	f.cure = suggest(name, names, "there are ")
	if len(names) == 0 {
		f.cure = "assign it in the Assign of an earlier state"
	}
	if all := c.assignersOf(name); len(all) > 0 { // where it is assigned, though not for this state
		first := all[0]
		f.related = append(f.related, Related{Message: "it is assigned here", Span: first.span})
		switch s := first.state; {
		case slices.ContainsFunc(all, func(a assigner) bool { return a.state == c.s }):
			f.message += ": what a state assigns is there from the next state on"
			f.cure = "assign it in an earlier state, or read the value itself"
		case s.scope != c.s.scope && !within(c.s.scope, s.scope):
			f.message += fmt.Sprintf(": the one that %s assigns is gone when its branch or item ends", shortTitle(s))
			f.cure = "hand the value on in the output of the branch or processor"
		case s.scope != c.s.scope:
			f.message += fmt.Sprintf(": a distributed Map's states do not see the one that %s assigns", shortTitle(s))
			f.cure = "hand the value on in ItemSelector"
		}
	}
	if goesOn {
		f.message += "; it counts as nothing, and the expression goes on without it"
	}
	c.note("unassigned-variable", f)
}

// assigner is a place where a variable is assigned.
type assigner struct {
	state *state
	span  asl.Span
}

// assignersOf lists where a variable is assigned.
func (f *flow) assignersOf(name string) []assigner {
	if f.assigners == nil {
		f.assigners = map[string][]assigner{}
		for _, s := range f.p.states {
			for _, assign := range s.assignments() {
				for _, m := range assign.Members {
					name := s.variable(m.Name)
					f.assigners[name] = append(f.assigners[name], assigner{s, m.NameSpan})
				}
			}
		}
	}
	return f.assigners[name]
}

// within tells whether a scope lies in another one, or is the same.
func within(sc, outer *scope) bool {
	for sc != nil && sc != outer {
		if sc.owner == nil {
			return false
		}
		sc = sc.owner.scope
	}
	return sc == outer
}

// answerOf names the answer of a service that a value is a part of; "" when it is none.
func answerOf(s *shape.Shape) string {
	if o := s.Origin(); o != nil && strings.HasPrefix(o.What, madeAnswer) {
		return o.What
	}
	return ""
}

// told tells whether the state was told before of a member that may be missing, and notes that it is now.
func (c *site) told(at *shape.Shape, name string) bool {
	if c.missingOf == nil {
		c.missingOf = map[*shape.Shape][]string{}
	}
	if slices.Contains(c.missingOf[at], name) {
		return true
	}
	c.missingOf[at] = append(c.missingOf[at], name)
	return false
}

// sometimes notes a path that leads nowhere on one way here.
func (c *site) sometimes(n *asl.Node, offset int, p *jsonpath.Path, roots shape.Roots, found shape.Found) {
	if found.Step < 0 {
		c.note("maybe-absent", finding{
			node: n, span: c.p.within(n, offset, offset+1+len(p.Variable)), message: fmt.Sprintf("a way leads to %s on which nothing assigns the variable $%s", c.s.title(), shorten(p.Variable)),
			cure: "assign it on every way, or choose by IsPresent first",
		})
		return
	}
	st := &p.Steps[found.Step]
	if st.Kind == jsonpath.Name && c.told(found.At, st.Names[0]) {
		return
	}
	f := finding{
		node: n, span: c.p.within(n, offset+st.Offset, offset+st.End), message: fmt.Sprintf("a way leads to %s on which %s is not there", c.s.title(), prefix(p, found.Step+1)),
		cure: "write it on every way, or choose by IsPresent first",
	}
	if answer := answerOf(found.At); answer != "" {
		f.message, f.cure, f.related = fmt.Sprintf("%s is not always there: %s may lack it", prefix(p, found.Step+1), answer), "choose by IsPresent first", c.madeAt(found.At)
	}
	c.note("maybe-absent", f)
}

// call is what a call of an intrinsic function gives.
func (c *site) call(n *asl.Node, call *intrinsic.Call, data *shape.Shape) *shape.Shape {
	args := make([]*shape.Shape, len(call.Args))
	signature, known := intrinsic.SignatureOf(call.Function)
	for i := range call.Args {
		arg := &call.Args[i]
		switch {
		case arg.Call != nil:
			args[i] = c.call(n, arg.Call, data)
		case arg.Path != nil:
			args[i] = c.read(n, arg.Offset, arg.Path, data)
			if param, ok := signature.Param(i); known && ok && len(param.Kinds) > 0 {
				c.argument(n, call, arg, param, args[i])
			}
		case arg.Literal != nil:
			args[i] = shape.Exact(arg.Literal)
		}
		if args[i].IsNever() {
			return shape.Any
		}
	}
	item := func() *shape.Shape {
		if len(args) == 0 || !args[0].Is(shape.ArrayKind) {
			return shape.Any
		}
		return args[0].ItemOf()
	}
	switch call.Function {
	case "States.StringToJson":
		if len(args) == 0 {
			break
		}
		if o := args[0].Origin(); o != nil {
			if b, ok := o.Node.(*brought); ok { // a record or a configuration, and no document
				b.parsed = true
			}
		}
	case "States.Array":
		return shape.Tuple(args...)
	case "States.ArrayPartition":
		return shape.Array(shape.NonEmptyArray(item()))
	case "States.ArrayUnique":
		return shape.Array(item())
	case "States.ArrayRange":
		return shape.Array(shape.AnyNumber)
	case "States.StringSplit":
		return shape.Array(shape.AnyString)
	case "States.ArrayGetItem":
		return item()
	}
	if !known || len(signature.Result) == 0 {
		return shape.Any
	}
	var kinds shape.Kinds
	for _, k := range signature.Result {
		kinds |= shape.KindsOf(k)
	}
	return shape.Of(kinds)
}

// argument notes an argument of a type that the function cannot take.
func (c *site) argument(n *asl.Node, call *intrinsic.Call, arg *intrinsic.Arg, param intrinsic.Param, given *shape.Shape) {
	var kinds shape.Kinds
	for _, k := range param.Kinds {
		kinds |= shape.KindsOf(k)
	}
	if given.May(kinds) || given.IsNever() {
		return
	}
	c.note("argument-type", finding{
		node: n, span: c.p.within(n, arg.Offset, arg.End), message: fmt.Sprintf("%s is %s, but the %s of %s must be %s", arg.Path, given.Kinds(), param.Name, call.Function, kinds),
		cure: fmt.Sprintf("pass %s", kinds), related: c.madeAt(given),
	})
}

// madeAt tells where a value was made.
func (c *site) madeAt(v *shape.Shape) []Related {
	if o := v.Origin(); o != nil {
		if s, _ := o.Node.(*state); s != nil {
			return []Related{{Message: "it is " + strings.Replace(o.What, "its", "the", 1) + " of this state", Span: s.nameSpan}}
		}
	}
	return nil
}

// expect notes a value of a type that a field cannot take.
func (c *site) expect(n *asl.Node, field string, given *shape.Shape, kinds shape.Kinds) {
	if given.May(kinds) || given.IsNever() {
		return
	}
	c.note("field-type", finding{
		node: n, message: fmt.Sprintf("%s of %s takes %s, but gets %s", field, c.s.title(), kinds, given.Kinds()), cure: fmt.Sprintf("give it %s", kinds), related: c.madeAt(given),
	})
}

// mapItems notes items of a Map that are no array.
func (c *site) mapItems(n *asl.Node, items *shape.Shape) {
	kinds := shape.ArrayKind
	if n == nil {
		n = c.s.node
	}
	if c.s.distributed() || c.s.language == asl.JSONata {
		kinds |= shape.ObjectKind
	}
	if items.May(kinds) || items.IsNever() {
		return
	}
	f := finding{
		node: n, message: fmt.Sprintf("%s takes its items from an array, but gets %s", c.s.title(), items.Kinds()),
		cure: "name an array in ItemsPath", related: c.madeAt(items),
	}
	if n == c.s.node {
		f.span = c.s.nameSpan
		f.field = "ItemsPath"
	}
	if names := arraysIn(items); len(names) > 0 {
		f.cure = fmt.Sprintf("name an array in ItemsPath, such as \"$.%s\"", shorten(names[0]))
	}
	if c.s.language == asl.JSONata {
		f.cure = "give Items an array"
	}
	c.note("field-type", f)
}

func arraysIn(s *shape.Shape) (names []string) {
	members, _, _ := s.Members()
	for _, m := range members {
		if m.Shape.Is(shape.ArrayKind) {
			names = append(names, m.Name)
		}
	}
	return names
}

// comparable notes a comparison that never holds: the value is of another type than the operator is for.
func (c *site) comparable(n *asl.Node, operator string, given *shape.Shape, kinds shape.Kinds) {
	if given.May(kinds) || given.IsNever() {
		return
	}
	text, _ := textOf(n)
	c.note("comparison-type", finding{
		node: n, message: fmt.Sprintf("%s never holds: %s is %s", operator, shorten(text), given.Kinds()), cure: comparisonFor(given.Kinds()), related: c.madeAt(given),
	})
}

// comparisonFor says how values of some types are compared.
func comparisonFor(kinds shape.Kinds) string {
	switch kinds {
	case shape.Number:
		return "compare numbers with NumericEquals, NumericLessThan and their like"
	case shape.String:
		return "compare strings with StringEquals, StringLessThan and their like"
	case shape.Bool:
		return "compare booleans with BooleanEquals"
	case shape.Null:
		return "test for null with IsNull"
	}
	return "compare a value within it"
}

// settable notes a ResultPath that leads through what is no object or array.
func (c *site) settable(n *asl.Node, p *jsonpath.Path, raw *shape.Shape) {
	at := raw
	for i := range p.Steps {
		kinds := shape.ObjectKind
		if p.Steps[i].Kind == jsonpath.Index {
			kinds = shape.ArrayKind
		}
		if at.IsNever() {
			return
		}
		if !at.May(kinds) {
			c.note("result-path-conflict", finding{
				node: n, span: c.p.within(n, p.Steps[i].Offset, p.Steps[i].End), message: fmt.Sprintf("ResultPath cannot write to %s: %s is %s", prefix(p, i+1), prefix(p, i), at.Kinds()),
				cure: "write to a member of an object; what is on the way is made when it is not there", related: c.madeAt(at),
			})
			return
		}
		next, presence := at.OnlyKinds(kinds), shape.Unknown
		if kinds == shape.ObjectKind {
			next, presence = next.Member(p.Steps[i].Names[0])
		} else {
			next, presence = next.Item(p.Steps[i].Indexes[0])
		}
		if presence != shape.Always { // then it is made
			return
		}
		at = next
	}
}

// reads notes what an expression looks for and does not find. Where it finds nothing at all, the state fails. Looped tells that it would find
// something if the state was reached again.
func (c *site) reads(n *asl.Node, x *jsonata.Expression, reads []shape.Read, presence shape.Presence, looped bool) {
	told := false
	for i := range reads {
		r := &reads[i]
		span := c.p.within(n, 2+r.Node.Start, 2+r.Node.End)
		switch {
		case r.Presence == shape.Absent && looped:
			if told {
				continue
			}
			told = true
			what := strconv.Quote(shorten(r.Name))
			if r.Variable {
				what = "the variable $" + shorten(r.Name)
			}
			c.note("maybe-absent", finding{
				node: n, span: span, message: fmt.Sprintf("a way leads to %s on which %s is not there, so that the expression gives nothing", c.s.title(), what),
				cure: "write it before the loop, or ask with $exists",
			})
		case r.Presence == shape.Absent && r.Variable:
			told = true
			c.unassigned(n, span, r.Name, presence != shape.Absent)
		case r.Presence == shape.Absent:
			if told && presence == shape.Absent {
				continue // of what is missing, the first one is the cause
			}
			told = true
			before := beforeField(x, r.Node)
			m := missing{node: n, span: span, name: r.Name, hasName: true, at: r.At, before: before, whole: before + "." + shorten(r.Name), certain: presence == shape.Absent}
			m.loser = lostIn(r.At, []jsonpath.Step{{Kind: jsonpath.Name, Names: []string{r.Name}}})
			c.missing(m)
		case r.Presence == shape.Sometimes && presence == shape.Sometimes && (r.Variable || !c.told(r.At, r.Name)):
			what := "the variable $" + shorten(r.Name)
			if !r.Variable {
				what = strconv.Quote(shorten(r.Name))
			}
			f := finding{
				node: n, span: span, message: fmt.Sprintf("a way leads to %s on which %s is not there, so that the expression gives nothing", c.s.title(), what),
				cure: "write it on every way, or ask with $exists",
			}
			if answer := answerOf(r.At); answer != "" {
				f.message, f.cure = fmt.Sprintf("%s is not always there: %s may lack it, and the expression gives nothing then", what, answer), "ask with $exists first"
			}
			c.note("maybe-absent", f)
		}
	}
}

// beforeField is the text of what a field is looked for in.
func beforeField(x *jsonata.Expression, field *jsonata.Node) string {
	text := "what stands before it"
	jsonata.Walk(x.Tree(), func(n *jsonata.Node) bool {
		if n.Kind == jsonata.KindPath {
			right := n.Right
			for right.Kind == jsonata.KindFilter {
				right = right.Left
			}
			if right == field && n.Left.Start >= 0 && n.Left.End <= len(x.Text()) && n.Left.Start < n.Left.End {
				text = shorten(strings.TrimSpace(x.Text()[n.Left.Start:n.Left.End]))
			}
		}
		return true
	})
	return text
}

// flowFindings reports what the data flow found for a rule.
func flowFindings(p *pass, r *Rule) {
	f := p.flow()
	if f.gaveUp {
		return
	}
	for _, found := range f.found[r.Code] {
		p.report(r, found)
	}
}
