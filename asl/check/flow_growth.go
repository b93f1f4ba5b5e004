package check

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/intrinsic"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

var growthRules = []*Rule{
	{
		Code: "growing-value", Severity: Warning, check: checkGrowth,
		Doc: "Each time round a loop, a value gets itself and more, and no rule of the loop counts how often it goes round. Past 262,144 bytes of data, or of a variable, the execution fails.",
	},
}

// maxLoops is how many values are looked at in one definition: each takes a walk over the states around it.
const maxLoops = 200

func checkGrowth(p *pass, r *Rule) {
	f := p.flow()
	left := maxLoops
	for _, s := range p.states {
		for _, g := range f.growths(s) {
			if left--; left < 0 {
				return
			}
			loop := loopOf(s)
			if loop == nil || f.counted(loop) {
				continue
			}
			p.report(r, finding{
				node: g.node, message: fmt.Sprintf("%s grows each time that the loop comes round to %s", g.place, s.title()),
				cure: "count the rounds and leave the loop by a Choice, or keep what is gathered in S3 or DynamoDB and hand on where it is",
			})
		}
	}
}

// growth is a value that is made of itself and more.
type growth struct {
	node  *asl.Node
	place string
}

// growths finds what a state writes to the place that it read it from, with more added.
func (f *flow) growths(s *state) (list []growth) {
	if s.hidden || s.typ == "" {
		return nil
	}
	if assign := s.field("Assign"); assign != nil {
		for _, m := range assign.Members {
			name := "$" + s.variable(m.Name)
			if f.growsFrom(m.Value, name) {
				list = append(list, growth{m.Value, name})
			}
		}
	}
	if s.language == asl.JSONata {
		if output := s.field("Output"); output != nil {
			for _, m := range output.Members {
				if place := "$states.input." + m.Name; f.growsFrom(m.Value, place) {
					list = append(list, growth{m.Value, place})
				}
			}
		}
		return list
	}
	parameters := s.field("Parameters")
	if s.typ != asl.TypePass || s.field("InputPath") != nil || s.field("OutputPath") != nil || parameters == nil || s.field("Result") != nil {
		return list
	}
	place := "$"
	if n := s.field("ResultPath"); n != nil {
		u := f.uses[n]
		if u == nil || u.path == nil {
			return list
		}
		place = u.text
	}
	for _, m := range parameters.Members {
		if name, computed := strings.CutSuffix(m.Name, ".$"); computed && f.growsFrom(m.Value, place+"."+name) {
			list = append(list, growth{m.Value, place + "." + name})
		}
	}
	return list
}

// growsFrom tells whether a text makes a value of what stands at a place, and of more.
func (f *flow) growsFrom(n *asl.Node, place string) bool {
	u := f.uses[n]
	if u == nil {
		return false
	}
	if call := f.calls[u]; call != nil {
		return callGrows(call, place)
	}
	if u.state.language != asl.JSONata || !asl.IsJSONata(u.text) {
		return false
	}
	x := f.compiled(n, u.text)
	return x != nil && queryGrows(x, x.Tree(), place)
}

// callGrows tells it of an intrinsic function. States.Array puts the value into an array, one level deeper each time.
func callGrows(call *intrinsic.Call, place string) bool {
	if call.Function != "States.Array" && call.Function != "States.Format" || len(call.Args) < 2 {
		return false
	}
	itself := false
	for i := range call.Args {
		if p := call.Args[i].Path; p != nil && p.String() == place && p.Root != jsonpath.RootContext {
			itself = true
		}
	}
	if call.Function == "States.Format" {
		text, _ := call.Args[0].Literal.(value.String)
		return itself && (len(call.Args) > 2 || strings.Trim(string(text), "{}") != "")
	}
	return itself
}

// queryGrows tells it of an expression: $append(place, …), [place, …] or place & ….
func queryGrows(x *jsonata.Expression, n *jsonata.Node, place string) bool {
	is := func(n *jsonata.Node) bool {
		return n != nil && n.Start < n.End && n.End <= len(x.Text()) && strings.TrimSpace(x.Text()[n.Start:n.End]) == place
	}
	switch {
	case n.Kind == jsonata.KindBlock && len(n.Items) == 1:
		return queryGrows(x, n.Items[0], place)
	case n.Kind == jsonata.KindCall && n.Left.Kind == jsonata.KindVariable && n.Left.Name == "append" && len(n.Items) == 2:
		return is(n.Items[0]) != is(n.Items[1])
	case n.Kind == jsonata.KindArray && len(n.Items) > 1:
		for _, item := range n.Items {
			if is(item) {
				return true
			}
		}
	case n.Kind == jsonata.KindBinary && n.Op == "&":
		return is(n.Left) || is(n.Right) || queryGrows(x, n.Left, place)
	}
	return false
}

// loopOf lists the states on the ways that lead from a state back to itself; nil when there are none.
func loopOf(s *state) map[*state]bool {
	sc := s.scope
	before := map[*state][]*state{}
	ahead := map[*state]bool{}
	queue := []*state{s}
	back := false
	for i := 0; i < len(queue); i++ {
		for _, e := range queue[i].edges() {
			next := sc.byName[e.target]
			if next == nil {
				continue
			}
			before[next] = append(before[next], queue[i])
			back = back || next == s
			if !ahead[next] && next != s {
				ahead[next] = true
				queue = append(queue, next)
			}
		}
	}
	if !back {
		return nil
	}
	loop := map[*state]bool{s: true}
	queue = []*state{s}
	for i := 0; i < len(queue); i++ {
		for _, previous := range before[queue[i]] {
			if !loop[previous] {
				loop[previous] = true
				queue = append(queue, previous)
			}
		}
	}
	return loop
}

// counted tells whether a Choice on a loop compares a number, so that the loop may well count its rounds, or ask how much there is; or whether
// nobody knows.
func (f *flow) counted(loop map[*state]bool) bool {
	for s := range loop {
		if s.hidden || s.typ == "" {
			return true
		}
		found := false
		eachRule(s, func(rule *asl.Node) {
			for _, operator := range operatorsIn(rule) {
				found = found || strings.HasPrefix(operator, "Numeric")
			}
			n := rule.Member("Condition")
			text, isText := textOf(n)
			if !isText || !asl.IsJSONata(text) {
				return
			}
			x := f.compiled(n, text)
			if x == nil {
				found = true
				return
			}
			jsonata.Walk(x.Tree(), func(n *jsonata.Node) bool {
				found = found || n.Kind == jsonata.KindNumber || n.Kind == jsonata.KindBinary && strings.ContainsAny(n.Op, "<>")
				return !found
			})
		})
		if found {
			return true
		}
	}
	return false
}
