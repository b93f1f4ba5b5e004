package check

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/nearest"
)

// What stands between {% and %}: Step Functions' dialect of JSONata.
var expressionRules = []*Rule{
	{
		Code: "jsonata-syntax", AWSCode: awsInvalidJSONata, Severity: Error, check: checkQuerySyntax,
		Doc: "The JSONata expression cannot be read.",
	},
	{
		Code: "jsonata-context", AWSCode: awsUnsupportedJSONata, Severity: Error, check: checkQueryContext,
		Doc: "At the top of an expression Step Functions has no input document: $, $$ and bare field names lead nowhere. The data of the state is in $states.input.",
	},
	{
		Code: "jsonata-phase", AWSCode: awsUnsupportedJSONata, Severity: Error, check: checkQueryPhase,
		Doc: "$states.result is there in Output and Assign of a Task, Parallel or Map, once its work is done; $states.errorOutput in Output and Assign of a catcher. $states.input and $states.context are there everywhere.",
	},
	{
		Code: "jsonata-states-member", Severity: Warning, check: checkStatesMembers,
		Doc: "$states has the members input, result, errorOutput and context. AWS takes the definition, and the state fails when it runs.",
	},
	{
		Code: "unknown-jsonata-function", Severity: Warning, check: checkQueryFunctions,
		Doc: "Step Functions has no such function. $eval, of JSONata itself, is not among those that it has; $parse reads JSON. AWS takes the definition, and the state fails when it runs.",
	},
	{
		Code: "jsonata-arity", Severity: Warning, check: checkQueryArity,
		Doc: "The function takes another number of arguments. AWS takes the definition, and the state fails when it runs.",
	},
	{
		Code: "jsonata-operand", Severity: Warning, check: checkQueryOperands,
		Doc: "The operators + - * / and % are for numbers, and fail on texts; & joins texts. AWS takes the definition, and the state fails when it runs.",
	},
	{
		Code: "jsonata-single-item", Severity: Warning, check: checkSingleItems,
		Doc: "A filter that lets one item through gives that item, and no array of one; one that lets none through gives nothing. The Map's Items want an array: with [] behind it, the filter gives one always but for none.",
	},
}

// query is an expression, compiled.
type query struct {
	x       *jsonata.Expression // nil when it cannot be read
	err     *jsonata.Error
	refused []jsonata.Refusal // by Step Functions, in an expression that can be read
	made    bool              // there are substitutions in its strings, so that its constants are not those that AWS gets
}

// query compiles the expression in a JSONata string; nil where its substitutions may stand for any part of it.
func (p *pass) query(text string) *query {
	if q, done := p.queries[text]; done {
		return q
	}
	if p.queries == nil {
		p.queries = map[string]*query{}
	}
	q := compileQuery(text[2 : len(text)-2])
	p.queries[text] = q
	return q
}

func compileQuery(text string) *query {
	filled, holes := fillHoles(text)
	q := &query{made: len(holes) > 0}
	x, err := jsonata.Compile(filled)
	if err != nil {
		if q.made || !errors.As(err, &q.err) {
			return nil
		}
		return q
	}
	if q.made {
		inside := 0
		jsonata.Walk(x.Tree(), func(n *jsonata.Node) bool {
			if n.Kind == jsonata.KindString {
				for _, hole := range holes {
					if n.Start < hole && hole < n.End {
						inside++
					}
				}
			}
			return true
		})
		if inside < len(holes) {
			return nil
		}
	}
	q.x, q.refused = x, jsonata.Unsupported(x.Tree())
	return q
}

// fillHoles puts digits in the place of substitutions, and tells where they were.
func fillHoles(text string) (filled string, holes []int) {
	if !hasHole(text) {
		return text, nil
	}
	b := []byte(text)
	for i := 0; i < len(text); {
		from := strings.Index(text[i:], "${")
		if from < 0 {
			break
		}
		from += i
		to := strings.IndexByte(text[from:], '}')
		if to < 0 {
			break
		}
		to += from + 1
		for j := from; j < to; j++ {
			b[j] = '0'
		}
		holes = append(holes, from)
		i = to
	}
	return string(b), holes
}

// eachQuery visits the uses that hold an expression.
func (p *pass) eachQuery(visit func(*use, *query)) {
	for _, u := range p.uses {
		if u.kind != jsonataUse || !asl.IsJSONata(u.text) {
			continue
		}
		if q := p.query(u.text); q != nil {
			visit(u, q)
		}
	}
}

// at is a finding at a part of an expression.
func (u *use) at(p *pass, from, to int) finding {
	f := finding{node: u.node, span: p.within(u.node, 2+from, 2+to)}
	if u.template != nil {
		f.location = u.template.Location()
	}
	return f
}

func checkQuerySyntax(p *pass, r *Rule) {
	p.eachQuery(func(u *use, q *query) {
		if q.err == nil || q.err.Code == jsonata.CodeLimit || q.err.Code == jsonata.CodeInternal {
			return
		}
		text := u.text[2 : len(u.text)-2]
		from, to := q.err.Offset-1, q.err.Offset // the position is just behind the token
		if n := len(q.err.Token); n > 0 && q.err.Offset <= len(text) && strings.HasSuffix(text[:q.err.Offset], q.err.Token) {
			from = q.err.Offset - n
		} else if strings.TrimSpace(text[min(q.err.Offset, len(text)):]) == "" { // something is missing at the end
			to = len(strings.TrimRight(text, " \t\r\n"))
			from = to - 1
		}
		f := u.at(p, max(from, 0), max(to, 1))
		f.message, f.aws, f.cure = fmt.Sprintf("%s cannot be read as JSONata: %s", p.place(u.node), q.err.Message), q.err.Message, "correct the expression there"
		p.report(r, f)
	})
}

func checkQueryContext(p *pass, r *Rule) {
	p.eachQuery(func(u *use, q *query) {
		for _, refused := range q.refused {
			f := u.at(p, refused.Node.Start, refused.Node.End)
			f.message, f.aws = fmt.Sprintf("%q has nothing to belong to at the top of an expression", shorten(refused.Name)), fmt.Sprintf("Reference to '%s' at the top level is not supported.", refused.Name)
			f.cure = fmt.Sprintf("write $states.input.%s for a field of the state's input, or $%s for a variable", shorten(refused.Name), shorten(refused.Name))
			if strings.HasPrefix(refused.Name, "$") {
				f.message, f.cure = fmt.Sprintf("%s has no value at the top of an expression", refused.Name), "write $states.input for the state's input"
			}
			p.report(r, f)
		}
	})
}

// phases are the members of $states, and where they are there.
var phases = map[string]string{
	"input": "", "context": "", "result": "in Output and Assign of a Task, Parallel or Map", "errorOutput": "in Output and Assign of a catcher",
}

// has tells whether a member of $states is there where an expression stands.
func (u *use) has(member string) bool {
	field := memberName(u.template)
	switch member {
	case "result":
		s := u.state
		return (field == "Output" || field == "Assign") && u.template.Parent == s.node && (s.typ == asl.TypeTask || s.typ == asl.TypeParallel || s.typ == asl.TypeMap)
	case "errorOutput":
		return (field == "Output" || field == "Assign") && u.inCatch()
	}
	return true
}

// inCatch tells whether the text stands in a catcher.
func (u *use) inCatch() bool {
	object := u.template.Parent
	return object != nil && object.Parent != nil && memberName(object.Parent) == "Catch" && object.Parent.Parent == u.state.node
}

// members visits what expressions read of $states.
func (p *pass) members(visit func(u *use, r jsonata.Reference)) {
	p.eachQuery(func(u *use, q *query) {
		if q.x == nil || !strings.Contains(u.text, "states") {
			return
		}
		for _, r := range jsonata.References(q.x.Tree()) {
			if r.Variable == "states" && len(r.Path) > 0 {
				visit(u, r)
			}
		}
	})
}

func checkQueryPhase(p *pass, r *Rule) {
	p.members(func(u *use, ref jsonata.Reference) {
		member := ref.Path[0]
		where := phases[member]
		if where == "" || u.has(member) {
			return
		}
		f := u.at(p, ref.Start, ref.End)
		f.message = fmt.Sprintf("there is no $states.%s in %s", member, p.place(u.template))
		f.aws = fmt.Sprintf("Field '$states.%s' does not exist.", member)
		f.ours = member == "result" // documented only
		f.cure = fmt.Sprintf("it is there %s", where)
		if s := u.state; member == "errorOutput" && u.has("result") {
			f.cure += "; what the work gave is $states.result"
		} else if member == "result" && u.inCatch() {
			f.cure += "; the error is $states.errorOutput"
		} else if member == "result" && (s.typ == asl.TypePass || s.typ == asl.TypeChoice || s.typ == asl.TypeWait || s.typ == asl.TypeSucceed) {
			f.cure = "read $states.input: a " + string(s.typ) + " state has no result"
		}
		p.report(r, f)
	})
}

func checkStatesMembers(p *pass, r *Rule) {
	names := sortedNames(phases)
	p.members(func(u *use, ref jsonata.Reference) {
		name := ref.Path[0]
		if _, known := phases[name]; known {
			return
		}
		f := u.at(p, ref.Start, ref.End)
		f.message, f.cure = fmt.Sprintf("$states has no member %q", shorten(name)), "it has "+strings.Join(names, ", ")
		switch best := nearest.Name(name, names); {
		case strings.HasPrefix(strings.ToLower(name), "err"):
			f.cure = "did you mean $states.errorOutput? It is there in a catcher, with the members Error and Cause"
		case best != "":
			f.cure = fmt.Sprintf("did you mean $states.%s?", best)
		}
		p.report(r, f)
	})
}

// otherFunctions are functions of other languages, and what comes near to them in Step Functions' JSONata.
var otherFunctions = map[string]string{
	"eval": "parse", "concat": "append", "len": "count", "size": "count", "toString": "string", "toNumber": "number", "parseInt": "number", "parseFloat": "number",
	"stringify": "string", "toUpperCase": "uppercase", "toLowerCase": "lowercase", "indexOf": "match", "includes": "contains", "floorDiv": "floor", "avg": "average", "mean": "average",
	"flatten": "reduce", "unique": "distinct", "isPresent": "exists", "exist": "exists", "jsonParse": "parse", "date": "now", "today": "now",
}

func checkQueryFunctions(p *pass, r *Rule) {
	var names []string
	p.eachCall(func(u *use, call jsonata.Call, _ int) {
		if jsonata.Takes(call.Function) != nil || call.Function == "" || call.Function == "$" {
			return
		}
		if names == nil {
			names = jsonata.Functions(true)
		}
		f := u.at(p, call.Node.Left.Start, call.Node.Left.End)
		f.message, f.cure = fmt.Sprintf("there is no function $%s", shorten(call.Function)), "call one of JSONata's functions, or define it in the expression"
		if call.Function == "eval" {
			f.message, f.cure = "Step Functions has no $eval", "write the expression itself; $parse reads a text of JSON"
		} else if other := otherFunctions[call.Function]; other != "" {
			f.cure = fmt.Sprintf("$%s may do it", other)
		} else if best := p.near(call.Function, names); best != "" {
			f.cure = fmt.Sprintf("did you mean $%s?", best)
		}
		p.report(r, f)
	})
}

// eachCall visits the calls of functions by name, with the number of their arguments.
func (p *pass) eachCall(visit func(u *use, call jsonata.Call, arguments int)) {
	p.eachQuery(func(u *use, q *query) {
		if q.x == nil || !strings.ContainsRune(u.text, '(') {
			return
		}
		applied := map[*jsonata.Node]bool{}
		if strings.Contains(u.text, "~>") {
			jsonata.Walk(q.x.Tree(), func(n *jsonata.Node) bool {
				if n.Kind == jsonata.KindApply {
					applied[n.Right] = true
				}
				return true
			})
		}
		for _, call := range jsonata.Calls(q.x.Tree()) {
			arguments := call.Arguments
			if applied[call.Node] {
				arguments++
			}
			visit(u, call, arguments)
		}
	})
}

func checkQueryArity(p *pass, r *Rule) {
	p.eachCall(func(u *use, call jsonata.Call, arguments int) {
		takes := jsonata.Takes(call.Function)
		if takes == nil || call.Partial || arguments >= takes.Least && (arguments <= takes.Most || takes.Most < 0) {
			return
		}
		f := u.at(p, call.Node.Start, call.Node.End)
		f.message = fmt.Sprintf("$%s takes %s, not %d", call.Function, takes, arguments)
		f.cure = "pass what it takes"
		p.report(r, f)
	})
}

// texts are functions that give texts.
var texts = map[string]bool{
	"string": true, "uppercase": true, "lowercase": true, "trim": true, "pad": true, "join": true, "substring": true, "substringBefore": true, "substringAfter": true,
	"base64encode": true, "base64decode": true, "encodeUrl": true, "encodeUrlComponent": true, "decodeUrl": true, "decodeUrlComponent": true, "formatNumber": true, "formatBase": true,
	"formatInteger": true, "now": true, "fromMillis": true, "uuid": true, "hash": true, "type": true,
}

// isTextNode tells whether an expression gives a text, if it gives anything.
func isTextNode(n *jsonata.Node) bool {
	switch n.Kind {
	case jsonata.KindString:
		return true
	case jsonata.KindBinary:
		return n.Op == "&"
	case jsonata.KindCall:
		return n.Left.Kind == jsonata.KindVariable && texts[n.Left.Name]
	case jsonata.KindBlock:
		return len(n.Items) == 1 && isTextNode(n.Items[0])
	}
	return false
}

func checkQueryOperands(p *pass, r *Rule) {
	p.eachQuery(func(u *use, q *query) {
		if q.x == nil {
			return
		}
		jsonata.Walk(q.x.Tree(), func(n *jsonata.Node) bool {
			if n.Kind != jsonata.KindBinary || !strings.Contains("+-*/%", n.Op) {
				return true
			}
			for _, operand := range []*jsonata.Node{n.Left, n.Right} {
				if !isTextNode(operand) {
					continue
				}
				f := u.at(p, operand.Start, operand.End)
				f.message, f.cure = fmt.Sprintf("%s takes numbers, but this is a text", n.Op), "make a number of it with $number"
				if n.Op == "+" {
					f.cure = "join texts with &"
				}
				p.report(r, f)
				return true
			}
			return true
		})
	})
}

// filters tells whether an expression gives the one item that a filter lets through as it is.
func filters(n *jsonata.Node) bool {
	if n.KeepArray {
		return false
	}
	switch n.Kind {
	case jsonata.KindFilter:
		return n.Right.Kind != jsonata.KindNumber && n.Right.Kind != jsonata.KindNegate && n.Right.Kind != jsonata.KindArray && !keepsArray(n.Left)
	case jsonata.KindPath:
		return filters(n.Right) && !keepsArray(n.Left)
	case jsonata.KindBlock:
		return len(n.Items) > 0 && filters(n.Items[len(n.Items)-1])
	case jsonata.KindCall:
		return n.Left.Kind == jsonata.KindVariable && n.Left.Name == "filter"
	}
	return false
}

// keepsArray tells whether [] stands in a path, so that all of it gives an array.
func keepsArray(n *jsonata.Node) bool {
	for n != nil && !n.KeepArray {
		switch n.Kind {
		case jsonata.KindPath:
			if keepsArray(n.Right) {
				return true
			}
			n = n.Left
		case jsonata.KindFilter, jsonata.KindSort:
			n = n.Left
		default:
			return false
		}
	}
	return n != nil
}

func checkSingleItems(p *pass, r *Rule) {
	p.eachQuery(func(u *use, q *query) {
		if q.x == nil || u.node != u.template || memberName(u.node) != "Items" || !filters(q.x.Tree()) {
			return
		}
		n := q.x.Tree()
		f := u.at(p, n.Start, n.End)
		f.message, f.cure = "where one item is left, this gives it as it is, and no array", "write [] behind it"
		if n.Kind == jsonata.KindCall {
			f.cure = "put it into an array: [ … ]"
		}
		p.report(r, f)
	})
}
