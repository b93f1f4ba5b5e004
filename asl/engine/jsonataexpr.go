package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/value"
)

// query is a JSONata expression in a field of a state.
type query struct {
	expression *jsonata.Expression
	text       string // without {% and %}, and without the blanks around it, as failures quote it
	field      string // where it stands in the state, as failures and EvaluationFailed name it: Output/items[0]/name
	states     bool   // reads $states
	context    bool   // reads $states.context, or $states as a whole
	regex      bool   // has a regular expression
	variables  []string
}

// isQuery tells whether a string is a JSONata expression; blanks around the brackets make it an ordinary string (recorded).
func isQuery(s string) bool {
	return len(s) >= 4 && strings.HasPrefix(s, "{%") && strings.HasSuffix(s, "%}")
}

// query compiles an expression with its brackets.
func (c *compiler) query(field, s string) expr {
	q := &query{text: strings.TrimSpace(s[2 : len(s)-2]), field: field}
	var err error
	if q.expression, err = jsonata.Compile(q.text, jsonata.StepFunctions()); err != nil {
		c.failed(field, err)
		return constant{value.Null{}}
	}
	jsonata.Walk(q.expression.Tree(), func(n *jsonata.Node) bool {
		q.regex = q.regex || n.Kind == jsonata.KindRegex
		return true
	})
	seen := map[string]bool{}
	for _, ref := range jsonata.References(q.expression.Tree()) {
		switch ref.Variable {
		case "", "$":
		case "states":
			q.states = true
			q.context = q.context || len(ref.Path) == 0 || ref.Path[0] == "context"
		default:
			if !seen[ref.Variable] {
				seen[ref.Variable] = true
				q.variables = append(q.variables, ref.Variable)
			}
		}
	}
	return q
}

// evaluate is the bare evaluation; nil is undefined.
func (q *query) evaluate(e *env) (value.Value, error) {
	s := e.t.x.s
	clear(s.bindings)
	for _, name := range q.variables {
		if v, ok := e.t.vars.get(name); ok {
			s.bindings[name] = v
		}
	}
	if q.states {
		s.bindings["states"] = e.statesObject(q.context)
	}
	s.world.MaxSteps = s.budget.maxSteps
	if !q.regex {
		return q.expression.EvalIn(s.ctx, nil, s.bindings, s.world)
	}
	// Regular expressions take no steps: they count by their time, when it is long.
	start := time.Now()
	v, err := q.expression.EvalIn(s.ctx, nil, s.bindings, s.world)
	if took := time.Since(start); took > slowExpression {
		s.budget.steps += int(took / stepTime)
	}
	return v, err
}

// statesObject is $states, with the members in AWS's order (recorded by TestState).
func (e *env) statesObject(withContext bool) value.Value {
	members := make([]value.Member, 0, 4)
	members = append(members, value.Member{Name: "input", Value: e.data})
	if withContext {
		members = append(members, value.Member{Name: "context", Value: e.t.contextObject()})
	}
	if e.result != nil {
		members = append(members, value.Member{Name: "result", Value: e.result})
	}
	if e.errorOutput != nil {
		members = append(members, value.Member{Name: "errorOutput", Value: e.errorOutput})
	}
	return value.NewObject(members...)
}

func (q *query) eval(e *env) (value.Value, error) {
	v, err := q.evaluate(e)
	tired := e.t.x.s.budget.tired()
	if err != nil && (tired == nil || !errors.Is(err, jsonata.ErrSteps)) {
		return nil, queryFailure(q.field, jsonata.Cause(q.text, q.field, err))
	}
	if tired != nil {
		return nil, tired
	}
	if v == nil {
		return nil, queryFailure(q.field, jsonata.CauseUndefined(q.text, q.field))
	}
	return value.Rebuilt(v), nil // recorded: compact, also what the expression only hands on
}

// typed evaluates the query for a field that takes one type only; want is AWS's name of it.
func (q *query) typed(e *env, want value.Kind) (value.Value, error) {
	v, err := q.eval(e)
	if err == nil && v.Kind() != want {
		return nil, queryFailure(q.field, jsonata.CauseType(q.text, q.field, want.String(), v))
	}
	return v, err
}

// queryTemplate is an object or array that holds expressions. Members keep the order of the definition (recorded).
type queryTemplate struct {
	members []templateMember
	items   []expr // of an array
	isArray bool
}

func (t *queryTemplate) eval(e *env) (value.Value, error) {
	if t.isArray {
		items := make([]value.Value, len(t.items))
		for i, item := range t.items {
			v, err := item.eval(e)
			if err != nil {
				return nil, err
			}
			items[i] = v
		}
		return value.NewArray(items...), nil
	}
	members, err := t.object(e)
	if err != nil {
		return nil, err
	}
	return value.NewObject(members...), nil
}

func (t *queryTemplate) object(e *env) ([]value.Member, error) {
	members := make([]value.Member, len(t.members))
	for i := range t.members {
		v, err := t.members[i].expr.eval(e)
		if err != nil {
			return nil, err
		}
		members[i] = value.Member{Name: t.members[i].name, Value: v}
	}
	return members, nil
}

// queryTemplate compiles any JSON value in which strings may be expressions; nil for an absent one.
func (c *compiler) queryTemplate(field string, v value.Value) expr {
	switch v := v.(type) {
	case nil:
		return nil
	case value.String:
		return c.queryText(field, string(v))
	case *value.Array:
		t := &queryTemplate{isArray: true, items: make([]expr, v.Len())}
		fixed := true
		for i, item := range v.Items() {
			t.items[i] = c.queryTemplate(fmt.Sprintf("%s[%d]", field, i), item)
			fixed = fixed && isConstant(t.items[i])
		}
		if fixed {
			return constant{value.Detach(v)}
		}
		return t
	case *value.Object:
		t := c.queryMembers(field, v)
		for _, m := range t.members {
			if !isConstant(m.expr) {
				return t
			}
		}
		return constant{value.Detach(v)}
	}
	return constant{v}
}

func (c *compiler) queryMembers(field string, v *value.Object) *queryTemplate {
	t := &queryTemplate{}
	for _, m := range v.Members() {
		t.members = append(t.members, templateMember{m.Name, c.queryTemplate(field+"/"+m.Name, m.Value)})
	}
	return t
}

// queryText compiles a string that may be an expression.
func (c *compiler) queryText(field, s string) expr {
	if isQuery(s) {
		return c.query(field, s)
	}
	if strings.HasPrefix(s, "{%") != strings.HasSuffix(s, "%}") {
		c.problem(field, "is %q; a JSONata string must start with {%% and end with %%}", s)
	}
	return constant{value.String(s)}
}

// pathOnly reports a field that a state in JSONata cannot have.
func (c *compiler) pathOnly(field string, present bool) {
	if present {
		c.problem(field, "is a field of JSONPath states, and this state is in JSONata")
	}
}

func isSet(p asl.Path) bool { return p.Null || p.Text != "" }
