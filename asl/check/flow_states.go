package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// site is where paths and expressions are evaluated: in a state, with the variables and the context object that it sees.
type site struct {
	*flow
	s       *state
	vars    *variables
	context *shape.Shape
	dead    bool // nothing comes here
	fails   bool // what is read is certainly not there: the state fails

	someFail bool // one way of a Choice does

	missingOf map[*shape.Shape][]string // what told was told of

	// While the state reads its raw input, watched is set, and seen is what is known of it by then: a state that goes on has found what
	// its paths read.
	watched bool
	seen    *shape.Shape
}

// saw notes that the state's raw input has what a path leads to.
func (c *site) saw(steps []jsonpath.Step) {
	for i := range steps {
		if steps[i].Kind != jsonpath.Name {
			return
		}
	}
	if narrowed := shape.Narrow(c.seen, steps, func(s *shape.Shape) *shape.Shape { return s }); c.watched && len(steps) > 0 && !narrowed.IsNever() {
		c.seen = narrowed
	}
}

// roots are what paths start from.
func (c *site) roots(data *shape.Shape) shape.Roots {
	return shape.Roots{Data: data, Context: c.context, Variables: c.vars.get}
}

// visit follows the data through one state.
func (f *flow) visit(sf *stateFlow) {
	s := sf.state
	sf.found = nil
	c := &site{flow: f, s: s, vars: sf.in.vars, context: f.scopes[s.scope].context}
	if s.hidden || s.typ == "" || isHole(s.node) {
		f.visitUnknown(c, sf)
		return
	}
	if s.typ == asl.TypeTask {
		if isTokenResource(s) {
			c.context = c.context.WithMember("Task", shape.OpenObject(shape.Member{Name: "Token", Shape: shape.AnyString}))
		}
	}
	if s.language == asl.JSONata {
		f.visitQuery(c, sf)
	} else {
		f.visitPath(c, sf)
	}
}

// isTokenResource tells whether the task has a token, for the context object. One that waits for a job has one, too: LocalStack's
// test_sync_with_task_token was recorded on AWS.
func isTokenResource(s *state) bool {
	return isActivity(s) || s.resource.pattern != "" || s.resource.kind == unknownKind
}

// visitUnknown leads on from a state of which nothing can be known.
func (f *flow) visitUnknown(c *site, sf *stateFlow) {
	anything := env{shape.Any, &variables{open: true}}
	sf.result, sf.out = shape.Any, shape.Any
	for _, inner := range f.within(sf.state) {
		f.setContext(inner, shape.AnyObject)
		f.start(inner, anything)
	}
	for _, e := range sf.state.edges() {
		f.enter(sf.state.scope, e.target, anything)
	}
	if isHole(sf.state.node) {
		f.anywhere(sf.state)
	}
	if sf.state.ends() {
		f.leave(sf.state.scope, shape.Any)
	}
}

// anywhere leads to any state of the scope: where a state goes on is in a substitution.
func (f *flow) anywhere(s *state) {
	if f.reporting {
		return
	}
	for _, other := range s.scope.states {
		f.reach(other, env{shape.Any, &variables{open: true}})
	}
}

// guess is what comes of a state that certainly fails, if it did not.
var guess = env{shape.Any, forgotten}

// goOn leads on by Next or End.
func (f *flow) goOn(c *site, sf *stateFlow, out *shape.Shape, vars *variables) {
	sf.out, sf.assigned = out, nil
	if vars != c.vars {
		sf.assigned = vars.names
	}
	if sf.fails = c.fails; sf.fails {
		if !f.guessing {
			return
		}
		out, vars = guess.data, guess.vars
	}
	s := sf.state
	if next, ok := textOf(s.field("Next")); ok {
		f.enter(s.scope, next, env{out, vars})
	}
	if s.ends() && s.typ != asl.TypeFail {
		f.leave(s.scope, out)
	}
}

// chosen leads on from a Choice that certainly fails.
func (f *flow) chosen(c *site, sf *stateFlow) {
	sf.fails = c.fails || c.someFail
	if c.fails && f.guessing {
		for _, e := range sf.state.edges() {
			f.enter(sf.state.scope, e.target, guess)
		}
	}
}

// visitPath follows the data through a state in JSONPath.
func (f *flow) visitPath(c *site, sf *stateFlow) {
	s, raw := sf.state, sf.in.data
	c.dead = raw.IsNever()
	c.watched, c.seen = true, raw
	input := c.pathField("InputPath", raw)
	if n := s.field("InputPath"); n != nil && n.Value != value.Value(value.String("$")) {
		c.watched = false // what is read from here on is not the raw input
	}
	switch s.typ {
	case asl.TypeFail:
		c.messagePath("ErrorPath", input)
		c.messagePath("CausePath", input)
		return
	case asl.TypeChoice:
		c.watched = false
		f.choosePath(c, sf, input)
		f.chosen(c, sf)
		return
	case asl.TypeSucceed:
		f.goOn(c, sf, c.outputPath(input), c.vars)
		return
	case asl.TypeWait:
		c.typedPath("SecondsPath", input, shape.Number)
		c.typedPath("TimestampPath", input, shape.String)
		c.watched = false
		vars := c.assign(s.node, input)
		f.goOn(c, sf, c.outputPath(input), vars)
		return
	}
	for _, field := range []string{"TimeoutSecondsPath", "HeartbeatSecondsPath"} {
		c.typedPath(field, input, shape.Number)
	}
	// AWS was recorded to take numbers as texts in MaxItemsPath and MaxItemsPerBatchPath.
	for _, field := range []string{"MaxConcurrencyPath", "ToleratedFailurePercentagePath", "ToleratedFailureCountPath"} {
		c.typedPath(field, input, shape.Number|shape.String)
	}
	c.template(s.field("Credentials"), input)
	var result *shape.Shape
	switch s.typ {
	case asl.TypePass:
		switch {
		case s.field("Result") != nil && s.field("Result").Value != (value.Null{}): // a null is none: asl/engine has the capture of AWS
			result = f.madeBy(s, madeResult, exactNode(s.field("Result")))
		case s.field("Parameters") != nil:
			result = f.madeBy(s, madeTemplate, c.template(s.field("Parameters"), input))
		default:
			if result = input; input == raw {
				result = c.seen
			}
		}
	case asl.TypeTask:
		args := input
		if n := s.field("Parameters"); n != nil {
			args = c.template(n, input)
		}
		result = f.taskResult(s, args)
	case asl.TypeParallel:
		args := input
		if n := s.field("Parameters"); n != nil {
			args = f.madeBy(s, madeTemplate, c.template(n, input)).Replacing(input)
		}
		result = f.parallel(c, args)
	case asl.TypeMap:
		result = f.mapPath(c, input)
	}
	f.catchPath(c, sf)
	c.watched = false
	raw = c.seen
	sf.result = result
	if result.IsNever() {
		return // nothing is known to come out of what is within
	}
	if n := s.field("ResultSelector"); n != nil && s.typ != asl.TypePass {
		whole := result
		result = f.madeBy(s, madeSelected, c.template(n, result)).Replacing(whole)
	}
	vars := c.assign(s.node, result)
	f.goOn(c, sf, c.outputPath(c.resultPath(s.field("ResultPath"), raw, result)), vars)
}

// pathField is what a field with a path leads to: the data itself without the field, {} when it is null.
func (c *site) pathField(field string, data *shape.Shape) *shape.Shape {
	n := c.s.field(field)
	switch {
	case n == nil:
		return data
	case n.Kind == value.KindNull:
		return c.madeBy(c.s, "its "+field, shape.Object()).Replacing(data)
	}
	if u := c.uses[n]; u != nil && c.p.functionIn(u) != nil { // which is told of
		c.fails = true
		return shape.Any
	}
	found := c.path(n, data)
	if text, _ := textOf(n); text == "$" || found == data {
		return data
	}
	if found.Origin() == nil {
		found = c.madeBy(c.s, "its "+field, found)
	}
	return found.Replacing(data)
}

func (c *site) outputPath(output *shape.Shape) *shape.Shape { return c.pathField("OutputPath", output) }

// typedPath reads a path that leads to a value of a type.
func (c *site) typedPath(field string, data *shape.Shape, kinds shape.Kinds) {
	if n := c.s.field(field); c.uses[n] != nil && c.uses[n].path != nil && c.uses[n].path.IsReference() == nil {
		c.expect(n, field, c.path(n, data), kinds)
	}
}

func (c *site) messagePath(field string, data *shape.Shape) {
	if n := c.s.field(field); n != nil && n.Kind == value.KindString {
		c.path(n, data)
	}
}

// resultPath puts a result where ResultPath says.
func (c *site) resultPath(n *asl.Node, raw, result *shape.Shape) *shape.Shape {
	switch {
	case c.dead:
		return shape.Never
	case n == nil:
		return result.Replacing(raw)
	case n.Kind == value.KindNull:
		return raw
	}
	u := c.uses[n]
	if u == nil || u.path == nil || u.path.Root != jsonpath.RootData || u.path.IsReference() != nil {
		return shape.Any
	}
	if len(u.path.Steps) == 0 {
		return result.Replacing(raw)
	}
	if old := shape.Eval(u.path, shape.Roots{Data: raw}); old.Presence != shape.Absent && !old.Shape.IsAny() && result.Before().IsNever() {
		result = result.Replacing(old.Shape)
	}
	c.settable(n, u.path, raw)
	return shape.Set(raw, u.path.Steps, result)
}

// assign gives the variables after an Assign; $ in it is data.
func (c *site) assign(object *asl.Node, data *shape.Shape) *variables {
	n := object.Member("Assign")
	if n == nil {
		return c.vars
	}
	if n.Kind != value.KindObject || isHole(n) {
		return forgotten
	}
	made := c.template(n, data)
	c.inward(n)
	return c.assigned(made)
}

// inward notes the assignment of a variable that is one of those around the scope.
func (c *site) inward(assign *asl.Node) {
	if c.dead {
		return
	}
	outer := c.scopes[c.s.scope].vars
	for _, m := range assign.Members {
		name := c.s.variable(m.Name)
		if _, there := outer.names[name]; !there {
			continue
		}
		f := finding{
			node: m.Value, span: m.NameSpan, message: fmt.Sprintf("%s assigns $%s, which is a variable outside of its %s", c.s.title(), shorten(name), c.s.scope.kind.words()),
			cure: "choose another name, and hand the value on in the output",
		}
		for _, a := range c.assignersOf(name) {
			if a.state.scope != c.s.scope && within(c.s.scope, a.state.scope) {
				f.related = []Related{{Message: "it is assigned here", Span: a.span}}
				break
			}
		}
		c.note("outer-variable", f)
	}
}

// words names a scope within a sentence.
func (k scopeKind) words() string {
	if k == branchScope {
		return "branch"
	}
	return "iteration"
}

// assigned are the variables after an Assign that made an object.
func (c *site) assigned(made *shape.Shape) *variables {
	members, closed, ok := made.Members()
	if !ok || !closed {
		return forgotten
	}
	for i := range members {
		members[i].Shape = shape.Bound(members[i].Shape, maxParts/4)
	}
	return c.vars.with(members)
}

// forgotten are variables of which nothing is known: an Assign that nobody can read may have set any of them.
var forgotten = &variables{open: true}

// template is what a payload template gives.
func (c *site) template(n *asl.Node, data *shape.Shape) *shape.Shape {
	switch {
	case n == nil || isHole(n):
		return shape.Any
	case n.Kind == value.KindArray:
		items := make([]*shape.Shape, len(n.Items))
		for i, item := range n.Items {
			items[i] = c.template(item, data)
		}
		return shape.Tuple(items...)
	case n.Kind != value.KindObject:
		return exactNode(n)
	}
	members := make([]shape.Member, 0, len(n.Members))
	for _, m := range n.Members {
		name, computed := strings.CutSuffix(m.Name, ".$")
		if hasHole(name) {
			return shape.AnyObject
		}
		if computed {
			members = append(members, shape.Member{Name: name, Shape: c.path(m.Value, data)})
			continue
		}
		members = append(members, shape.Member{Name: name, Shape: c.template(m.Value, data)})
	}
	return shape.Object(members...)
}

// errorOutput is what a catcher gets.
func (f *flow) errorOutput(s *state) *shape.Shape {
	text := shape.Of(shape.String | shape.Null)
	return f.madeBy(s, madeError, shape.Object(shape.Member{Name: "Error", Shape: text}, shape.Member{Name: "Cause", Shape: text, Unsure: true}))
}

// catchers lists the catchers that can be read, and where each leads.
func catchers(s *state) (list []*asl.Node) {
	if catch := s.field("Catch"); catch != nil {
		for _, n := range catch.Items {
			if n.Kind == value.KindObject && !isHole(n) {
				list = append(list, n)
			}
		}
	}
	return list
}

// hiddenCatchers leads on by catchers that are substitutions.
func (f *flow) hiddenCatchers(s *state) {
	catch := s.field("Catch")
	if catch != nil && (isHole(catch) || slices.ContainsFunc(catch.Items, isHole)) {
		f.anywhere(s)
	}
}

func (f *flow) catchPath(c *site, sf *stateFlow) {
	raw := sf.in.data
	watched, fails := c.watched, c.fails
	c.watched = false
	defer func() { c.watched, c.fails = watched, fails }()
	f.hiddenCatchers(sf.state)
	made := map[string]*shape.Shape{}
	for _, n := range catchers(sf.state) {
		output := f.errorOutput(sf.state)
		c.fails = false
		e := env{shape.Never, c.assign(n, output)}
		where, _ := textOf(n.Member("ResultPath"))
		if e.data = made[where]; e.data == nil || where == "" { // most catchers of a state put it into one place
			e.data = c.resultPath(n.Member("ResultPath"), raw, output)
			made[where] = e.data
		}
		c.caught(n, e)
	}
}

// caught leads on by a catcher.
func (c *site) caught(n *asl.Node, e env) {
	next, ok := textOf(n.Member("Next"))
	if c.fails && c.guessing {
		e = guess
	}
	if ok && (!c.fails || c.guessing) {
		c.enter(c.s.scope, next, e)
	}
}

// parallel is the array of what the branches end with; Never as long as one of them is not known to end.
func (f *flow) parallel(c *site, args *shape.Shape) *shape.Shape {
	s := c.s
	branches := s.field("Branches")
	if branches == nil || branches.Kind != value.KindArray || isHole(branches) {
		return shape.AnyArray
	}
	sf := f.states[s]
	before := sf.started
	again := before != nil && before.vars == c.vars && shape.Equal(before.data, args) && shape.Equal(before.context, c.context)
	sf.started = &started{env{args, c.vars}, c.context}
	items := make([]*shape.Shape, len(branches.Items))
	unknown := false
	for i, b := range branches.Items {
		sc := f.inner[b]
		if sc == nil {
			items[i], unknown = shape.Any, true
			continue
		}
		if !again {
			f.setContext(sc, c.context)
			f.start(sc, env{args, c.vars})
		}
		items[i] = f.scopes[sc].out
	}
	for _, item := range items {
		if item.IsNever() {
			return shape.Never
		}
	}
	if unknown {
		return shape.AnyArray
	}
	return f.madeBy(s, madeBranches, shape.Tuple(items...))
}

// distributed tells whether a Map runs its items as executions of their own.
func (s *state) distributed() bool {
	mode := s.processor().Member("ProcessorConfig").Member("Mode")
	text, _ := textOf(mode)
	return mode != nil && text != "INLINE"
}

// mapPath is what a Map in JSONPath gives.
func (f *flow) mapPath(c *site, input *shape.Shape) *shape.Shape {
	s := c.s
	items := input
	if reader := s.field("ItemReader"); reader != nil { // then ItemsPath is a path in what is read
		items = shape.Any
		c.template(reader.Member("Parameters"), input)
	} else if !c.dead {
		if n := s.field("ItemsPath"); n != nil && n.Kind == value.KindString {
			items = c.path(n, input)
		}
		c.mapItems(s.field("ItemsPath"), items)
	}
	item := itemOf(items)
	inner := &site{flow: f, s: s, vars: c.vars, dead: c.dead || item.IsNever()}
	inner.context = c.context.WithMember("Map", shape.OpenObject(shape.Member{Name: "Item", Shape: shape.OpenObject(shape.Member{Name: "Index", Shape: shape.AnyNumber}, shape.Member{Name: "Value", Shape: item})}))
	child := item
	for _, name := range []string{"ItemSelector", "Parameters"} {
		if n := s.field(name); n != nil {
			child = f.madeBy(s, "its "+name, inner.template(n, input)).Replacing(item)
			break
		}
	}
	if n := s.field("ItemBatcher"); n != nil {
		child = batch(child, n, func(input_ *asl.Node) *shape.Shape { return c.template(input_, input) })
	}
	return f.mapResult(c, inner, items, child)
}

// itemOf is any item of a Map's items.
func itemOf(items *shape.Shape) *shape.Shape {
	if items.IsNever() || items.Is(shape.ArrayKind) {
		return items.ItemOf()
	}
	return shape.Any
}

// batch is the input of a child execution that gets several items.
func batch(item *shape.Shape, n *asl.Node, template func(*asl.Node) *shape.Shape) *shape.Shape {
	members := []shape.Member{{Name: "Items", Shape: shape.NonEmptyArray(item)}}
	if input := n.Member("BatchInput"); input != nil {
		members = append(members, shape.Member{Name: "BatchInput", Shape: template(input)})
	}
	if isHole(n) {
		return shape.Any
	}
	return shape.Object(members...)
}

// mapResult enters the processor, and gives the array of what it ends with.
func (f *flow) mapResult(c, inner *site, items, child *shape.Shape) *shape.Shape {
	s := c.s
	if list, known := items.Items(); known {
		f.states[s].items = len(list)
	} else {
		f.states[s].items = 0
	}
	sc := f.inner[s.processor()]
	if s.processor() == nil || sc == nil {
		return shape.Any
	}
	vars, context := c.vars, inner.context
	switch config := s.processor().Member("ProcessorConfig"); {
	case isHole(config) || isHole(config.Member("Mode")):
		vars, context = &variables{open: true}, shape.AnyObject
	case s.distributed():
		vars = noVariables // a distributed Map's states see no variables of the machine around it
		context = contextObjectOf(shape.Any, &shape.Member{Name: "Value", Shape: shape.Any, Unsure: true})
	}
	f.setContext(sc, context)
	f.start(sc, env{child, vars})
	out := f.scopes[sc].out
	if written, elsewhere := f.written(s, out); elsewhere {
		return written
	}
	for _, name := range []string{"ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"} {
		if s.field(name) != nil {
			return shape.Any
		}
	}
	if out.IsNever() {
		if c.dead || !items.MayBeEmpty() {
			return shape.Never
		}
		return f.madeBy(s, madeItems, shape.Tuple())
	}
	return f.madeBy(s, madeItems, shape.Array(out))
}

// written is the output of a distributed Map that has a ResultWriter. With a bucket it is a reference to the results in S3, whatever they are;
// with a WriterConfig only, the results stay in the state, in the form that it chooses ("ResultWriter" in the developer guide).
func (f *flow) written(s *state, out *shape.Shape) (result *shape.Shape, elsewhere bool) {
	n := s.field("ResultWriter")
	switch {
	case n == nil:
		return nil, false
	case isHole(n) || n.Kind != value.KindObject || !s.distributed() || isHole(s.processor().Member("ProcessorConfig")) || isHole(s.processor().Member("ProcessorConfig").Member("Mode")):
		return shape.Any, true
	case n.Member("Resource") != nil || n.Member("Parameters") != nil || n.Member("Arguments") != nil:
		details := shape.OpenObject(shape.Member{Name: "Bucket", Shape: shape.AnyString}, shape.Member{Name: "Key", Shape: shape.AnyString})
		return f.madeBy(s, madeWritten, shape.Object(shape.Member{Name: "MapRunArn", Shape: shape.AnyString}, shape.Member{Name: "ResultWriterDetails", Shape: details})), true
	}
	config := n.Member("WriterConfig")
	transformation, _ := textOf(config.Member("Transformation"))
	output, _ := textOf(config.Member("OutputType"))
	if transformation != "COMPACT" || output != "" && output != "JSON" {
		return shape.Any, true
	}
	return nil, false
}

// setContext says which context object the states of a scope see.
func (f *flow) setContext(sc *scope, context *shape.Shape) {
	scf := f.scopes[sc]
	if scf.hasContext {
		context = shape.Bound(shape.Join(scf.context, context), maxParts)
		if shape.Equal(context, scf.context) {
			return
		}
	}
	if f.reporting {
		return
	}
	scf.context, scf.hasContext = context, true
	for _, s := range sc.states {
		f.enqueue(f.states[s])
	}
}
