package bound

import (
	"container/heap"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// entering is what it adds that a state is entered, or tried again.
func (a *analysis) entering() float64 {
	switch a.metric {
	case Transitions:
		return 1
	case Cost:
		if a.opts.Express {
			return 0
		}
		return a.opts.Prices.Transition
	}
	return 0
}

// exits computes what can follow a state, and what it adds then.
func (a *analysis) exits(n *node) exits {
	e := exits{out: nothing()}
	enter := a.entering()
	leave := func(to int, v *visit) {
		adds := added(v)
		if to < 0 {
			e.out.most = e.out.most.or(adds)
			return
		}
		e.edges = append(e.edges, edge{to, adds})
	}
	goOn := func(v *visit) {
		if n.ends {
			e.out.ok = added(v)
			return
		}
		leave(n.next, v)
	}
	switch s := n.state.(type) {
	case *asl.SucceedState:
		e.out.ok = added(&visit{state: n, amount: enter})
	case *asl.FailState:
		v := added(&visit{state: n, amount: enter, outcome: "fails"})
		switch text := s.Error; {
		case s.ErrorPath.Set() || strings.HasPrefix(text, "{%") || len(asl.Holes(text)) > 0:
			for _, name := range n.scope.kinds.list {
				e.out.failing(name, v)
			}
		case text == "":
			e.out.failing(n.scope.kinds.of(withoutName), v)
		case text == runtime:
			e.out.most = v
		default:
			e.out.failing(n.scope.kinds.of(text), v)
		}
	case *asl.PassState:
		goOn(&visit{state: n, amount: enter})
	case *asl.WaitState:
		v := &visit{state: n, amount: enter}
		if a.metric == Duration {
			v.amount, v.detail = a.wait(s)
		}
		goOn(v)
	case *asl.ChoiceState:
		for _, to := range n.choices {
			leave(to, &visit{state: n, amount: enter})
		}
		e.out.most = added(&visit{state: n, amount: enter, outcome: "no rule holds"})
	case *asl.TaskState:
		attempt := a.task(n, s)
		out := nothing()
		out.ok, out.most = attempt, attempt
		for _, name := range n.raised {
			out.fail[name] = attempt
		}
		a.handled(n, &e, out, goOn, leave)
	case *asl.ParallelState:
		a.handled(n, &e, a.parallel(n), goOn, leave)
	case *asl.MapState:
		a.handled(n, &e, a.mapped(n, s), goOn, leave)
	default:
		e.out.most = added(&visit{state: n, amount: enter})
	}
	return e
}

// product is a product in which nothing times infinity is nothing.
func product(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return a * b
}

// added is what a visit adds.
func added(v *visit) result { return result{v.amount, &trail{visit: v}} }

// handled adds retriers and catchers to what an attempt at a state can come to. All retriers that some error finds are used up
// first: nothing keeps the errors of a task from coming in any order.
func (a *analysis) handled(n *node, e *exits, attempt outcome, goOn func(*visit), leave func(int, *visit)) {
	again := 0.0 // what all attempts but the last add
	attempts, delays := 1.0, 0.0
	kinds := sortedKeys(attempt.fail)
	var details []string
	for i := range n.handlers.retriers {
		r := &n.handlers.retriers[i]
		worst := impossible
		for _, name := range kinds {
			if n.handlers.retryOf.first(name) == i {
				worst = worst.or(attempt.fail[name])
			}
		}
		if r.attempts == 0 || math.IsInf(worst.amount, -1) {
			continue
		}
		attempts += r.attempts
		if each := worst.amount + a.entering(); each > 0 {
			again += r.attempts * each
		}
		if a.metric == Duration {
			delays += r.delays()
			details = append(details, r.text())
		}
	}
	again += delays
	enter := a.entering()
	visited := func(last result, outcome string) *visit {
		v := &visit{state: n, amount: enter + again + last.amount, attempts: attempts, delays: delays, outcome: outcome, within: last.trail}
		if last.trail != nil && last.trail.visit != nil && last.trail.visit.state == n { // of a Task, what the attempt is like
			v.detail, v.within = last.trail.visit.detail, last.trail.visit.within
		}
		v.detail = a.detail(v, details)
		return v
	}
	if !math.IsInf(attempt.ok.amount, -1) {
		goOn(visited(attempt.ok, ""))
	}
	if !math.IsInf(attempt.most.amount, -1) {
		e.out.most = e.out.most.or(added(visited(attempt.most, "")))
	}
	caught := make([]result, len(n.handlers.catchers))
	for i := range caught {
		caught[i] = impossible
	}
	for _, name := range kinds {
		if i := n.handlers.catchOf.first(name); i >= 0 {
			caught[i] = caught[i].or(attempt.fail[name])
			continue
		}
		e.out.failing(n.scope.kinds.of(name), added(visited(attempt.fail[name], "fails")))
	}
	for i, worst := range caught {
		if !math.IsInf(worst.amount, -1) {
			leave(n.caught[i], visited(worst, fmt.Sprintf("fails, caught by Catch[%d]", i)))
		}
	}
}

// task is an attempt at a Task, however it ends.
func (a *analysis) task(n *node, s *asl.TaskState) result {
	v := &visit{state: n}
	nested := a.nested[s]
	switch a.metric {
	case Duration:
		v.amount, v.detail = a.taskTime(s, nested)
	case Attempts:
		v.amount = 1
	case ModelCalls:
		if callsModel(s.Resource) {
			v.amount = 1
		}
	case Cost:
		v.amount, v.detail = a.attemptCost(s, nested)
	}
	if nested != nil && a.metric != Duration {
		figure := nested.Figure(a.metric)
		v.amount += figure.Amount
		a.reasons = append(a.reasons, figure.Unbounded...)
	}
	return added(v)
}

// taskTime is the longest time that an attempt at a task takes, and why.
func (a *analysis) taskTime(s *asl.TaskState, nested *Report) (float64, string) {
	limit := math.Inf(1)
	if seconds, ok := s.TimeoutSeconds.Float(); ok && !s.TimeoutSecondsPath.Set() {
		limit = max(seconds, 0)
	}
	if nested != nil && strings.Contains(s.Resource, ".sync") {
		figure := nested.Figure(Duration)
		if figure.Amount < limit {
			return figure.Amount, "the execution that it starts"
		}
		if !figure.Bounded() && math.IsInf(limit, 1) {
			a.reasons = append(a.reasons, figure.Unbounded...)
			return limit, ""
		}
	}
	if !math.IsInf(limit, 1) {
		return limit, ""
	}
	if a.opts.TaskDuration > 0 {
		return a.opts.TaskDuration.Seconds(), "assumed: it has no time-out"
	}
	why := fmt.Sprintf("the task %q has no TimeoutSeconds", s.Name)
	if s.TimeoutSeconds.Set() || s.TimeoutSecondsPath.Set() {
		why = fmt.Sprintf("the TimeoutSeconds of the task %q are computed", s.Name)
	} else if s.HeartbeatSeconds.Set() || s.HeartbeatSecondsPath.Set() {
		why += ": HeartbeatSeconds bound its silence, not its time"
	}
	a.because(s.Name, why, "set TimeoutSeconds, or assume a time: --task-duration")
	return limit, "no time-out"
}

func (a *analysis) wait(s *asl.WaitState) (float64, string) {
	if seconds, ok := s.Seconds.Float(); ok {
		return max(seconds, 0), ""
	}
	if a.opts.WaitDuration > 0 {
		return a.opts.WaitDuration.Seconds(), "assumed: its time is computed"
	}
	a.because(s.Name, fmt.Sprintf("nobody knows here how long %q waits", s.Name), "assume a time: --wait-duration")
	return math.Inf(1), "a time that is computed"
}

// parallel is an attempt at a Parallel.
func (a *analysis) parallel(n *node) outcome {
	branches := make([]outcome, len(n.within))
	for i, sc := range n.within {
		branches[i] = a.scope(sc)
	}
	return a.together(branches)
}

// together joins the outcomes of branches that run at the same time. The first failure ends them all: so that one comes late, the others
// must not fail before.
func (a *analysis) together(branches []outcome) outcome {
	out := nothing()
	if len(branches) == 0 {
		out.ok, out.most = result{}, result{}
		return out
	}
	time := a.metric == Duration
	out.ok, out.most = result{}, result{}
	// What the branches before one, and behind it, do at most, when counted.
	before, behind := make([]result, len(branches)+1), make([]result, len(branches)+1)
	for i := range branches {
		b := &branches[i]
		if time {
			out.ok = later(out.ok, b.ok)
			out.most = out.most.or(b.worst())
			continue
		}
		if out.ok = out.ok.plus(b.ok); math.IsNaN(out.ok.amount) || math.IsInf(out.ok.amount, -1) {
			out.ok = impossible
		}
		before[i+1] = before[i].plus(b.worst())
	}
	if !time {
		out.most = before[len(branches)]
		for i := len(branches) - 1; i >= 0; i-- {
			behind[i] = branches[i].worst().plus(behind[i+1])
		}
	}
	// The latest that some branch which cannot succeed must have failed by; of two, the second latest is enough for the first.
	doomed, earliest := math.Inf(1), -1
	second := math.Inf(1)
	for i := range branches {
		if b := &branches[i]; math.IsInf(b.ok.amount, -1) {
			if worst := b.worst().amount; worst < doomed {
				doomed, earliest, second = worst, i, doomed
			} else {
				second = min(second, worst)
			}
		}
	}
	if time && !math.IsInf(doomed, 1) {
		out.most.amount = min(out.most.amount, doomed)
	}
	for i := range branches {
		b := &branches[i]
		limit := doomed
		if i == earliest {
			limit = second
		}
		for _, name := range sortedKeys(b.fail) {
			v := b.fail[name]
			if time {
				v.amount = min(v.amount, limit)
			} else {
				v = before[i].plus(v).plus(behind[i+1])
			}
			out.failing(name, v)
		}
	}
	return out
}

// later is the later of two ends, of which both must be.
func later(a, b result) result {
	if math.IsInf(a.amount, -1) || math.IsInf(b.amount, -1) {
		return impossible
	}
	return a.or(b)
}

// mapped is an attempt at a Map.
func (a *analysis) mapped(n *node, s *asl.MapState) outcome {
	if len(n.within) == 0 {
		return outcome{ok: result{}, fail: map[string]result{}, most: result{}}
	}
	one := a.scope(n.within[0])
	items, known := a.items(s)
	most := one.worst()
	if items == 0 || known && items <= 0 {
		return outcome{ok: result{}, fail: map[string]result{}, most: result{}}
	}
	if !known && most.amount > 0 {
		a.because(s.Name, fmt.Sprintf("nobody knows here how many items the Map %q has", s.Name), "assume a number: --map-items")
	}
	if s.Distributed() {
		items = a.children(s, items)
	}
	limit := float64(inlineConcurrency)
	if s.Distributed() {
		limit = distributedConcurrency
	}
	switch c, ok := s.MaxConcurrency.Float(); {
	case ok && c > 0:
		limit = min(limit, c)
	case s.MaxConcurrencyPath.Set() || s.MaxConcurrency.Set() && !ok:
		limit = 1 // the longest that may come of it
	}
	limit = min(limit, items)
	if s.Distributed() {
		return a.distributed(s, one, items, limit)
	}
	out := nothing()
	succeeds := !math.IsInf(one.ok.amount, -1)
	times := func(v result, n float64) result {
		if n == 1 {
			return v
		}
		return result{product(v.amount, n), &trail{loop: n, body: v.trail}}
	}
	var before result // what is over when the last item fails
	if a.metric == Duration {
		rounds := math.Ceil(items / limit)
		if succeeds {
			out.ok = times(one.ok, rounds)
			before = times(one.ok, rounds-1)
		}
		out.most = before.plus(most)
	} else {
		if succeeds {
			out.ok = times(one.ok, items)
			before = times(one.ok, items-limit)
		}
		before = before.plus(times(most, limit-1))
		out.most = before.plus(most)
	}
	for _, name := range sortedKeys(one.fail) {
		out.fail[name] = before.plus(one.fail[name])
	}
	return out
}

// distributed is an attempt at a Map in DISTRIBUTED mode: its children may fail as long as that is tolerated.
func (a *analysis) distributed(s *asl.MapState, one outcome, items, limit float64) outcome {
	if p := s.IterationProcessor(); a.metric == Duration && p.ProcessorConfig.ExecutionType == "EXPRESS" {
		cut := func(v result) result { return result{min(v.amount, expressSeconds), v.trail} }
		if !math.IsInf(one.ok.amount, -1) {
			one.ok = cut(one.ok)
		}
		one.most = cut(one.worst()) // it may time out
		one.fail = map[string]result{timeout: one.most}
	}
	ok, failed := one.ok, one.failed().or(one.most)
	tolerated := 0.0
	if n, known := s.ToleratedFailureCount.Float(); known {
		tolerated = max(tolerated, n)
	} else if s.ToleratedFailureCount.Set() || s.ToleratedFailureCountPath.Set() {
		tolerated = items
	}
	if percent, known := s.ToleratedFailurePercentage.Float(); known {
		tolerated = max(tolerated, math.Floor(product(percent/100, items)))
	} else if s.ToleratedFailurePercentage.Set() || s.ToleratedFailurePercentagePath.Set() {
		tolerated = items
	}
	tolerated = min(tolerated, items)
	chain := items // children one after the other, or all of them
	if a.metric == Duration {
		chain = math.Ceil(items / limit)
	}
	// several is what n children come to, of which so many may fail.
	several := func(n, failures float64) result {
		if n <= 0 {
			return result{}
		}
		if math.IsInf(ok.amount, -1) {
			if failures < n {
				return impossible
			}
			return result{product(n, failed.amount), &trail{loop: n, body: failed.trail}}
		}
		worst, body := product(n, ok.amount), ok.trail
		if failed.amount > ok.amount && failures > 0 {
			worst, body = product(min(failures, n), failed.amount), failed.trail
			if rest := n - failures; rest > 0 {
				worst += product(rest, ok.amount)
			}
		}
		return result{worst, &trail{loop: n, body: body}}
	}
	out := nothing()
	if math.IsInf(ok.amount, -1) && tolerated < items {
		out.ok = impossible
	} else {
		out.ok = several(chain, tolerated)
	}
	out.most = out.ok
	if math.IsInf(failed.amount, -1) {
		return out
	}
	last := several(chain-1, tolerated)
	if math.IsInf(last.amount, -1) { // all fail: the first that is not tolerated ends the Map
		n := tolerated
		if a.metric == Duration {
			n = math.Floor(tolerated / limit)
		} else {
			n = min(items-1, tolerated+limit-1)
		}
		last = several(n, n)
	}
	if tolerated < items || math.IsInf(items, 1) {
		out.fail[exceeded] = last.plus(failed)
	}
	out.most = out.most.or(last.plus(failed))
	return out
}

// items is how many items a Map has at most; known is false when nobody knows.
func (a *analysis) items(s *asl.MapState) (float64, bool) {
	if list, ok := s.Items.(*value.Array); ok {
		return float64(len(list.Items())), true
	}
	if n, ok := a.opts.MapItemsOf[s.Name]; ok {
		return float64(n), true
	}
	if s.ItemReader != nil && s.ItemReader.ReaderConfig != nil {
		if n, ok := s.ItemReader.ReaderConfig.MaxItems.Float(); ok && n > 0 { // 0 is no limit
			if a.opts.MapItems > 0 {
				n = min(n, float64(a.opts.MapItems))
			}
			return n, true
		}
	}
	if a.opts.MapItems > 0 {
		return float64(a.opts.MapItems), true
	}
	return math.Inf(1), false
}

// children is how many child executions a distributed Map starts for so many items.
func (a *analysis) children(s *asl.MapState, items float64) float64 {
	if s.ItemBatcher == nil {
		return items
	}
	if n, ok := s.ItemBatcher.MaxItemsPerBatch.Float(); ok && n > 0 && !s.ItemBatcher.MaxInputBytesPerBatch.Set() && !s.ItemBatcher.MaxInputBytesPerBatchPath.Set() {
		return math.Ceil(items / n)
	}
	return items // batches may be as small as one item
}

// nest computes the worst case of the execution that a task starts.
func (a *analysis) nest(s *asl.TaskState) error {
	if !strings.Contains(s.Resource, ":states:::states:startExecution") && !strings.Contains(s.Resource, ":states:::aws-sdk:sfn:start") {
		return nil
	}
	request := s.Parameters
	if s.Arguments != nil {
		request = s.Arguments
	}
	object, ok := request.(*value.Object)
	if !ok {
		return nil
	}
	arn, _ := object.Get("StateMachineArn")
	text, _ := arn.(value.String)
	child := a.opts.Machines[string(text)]
	if child == nil {
		return nil
	}
	if slices.Contains(a.starting, child) {
		endless := &Report{Prices: a.opts.Prices}
		why := Reason{State: s.Name, Why: fmt.Sprintf("the task %q starts executions of a state machine that starts this one", s.Name), Cure: "break the circle"}
		for _, m := range Metrics() {
			endless.Figures = append(endless.Figures, Figure{Metric: m, Amount: math.Inf(1), Unbounded: []Reason{why}})
		}
		a.nested[s] = endless
		return nil
	}
	opts := *a.opts
	opts.Express = strings.HasSuffix(s.Resource, ":startSyncExecution")
	report, err := of(child, opts, a.starting)
	a.nested[s] = report
	return err
}

// iterations is how often the head of a loop is entered at most.
func (a *analysis) iterations(g *graph, part []int, head int, back result) float64 {
	times := math.Inf(1)
	if a.opts.LoopIterations > 0 {
		times = float64(a.opts.LoopIterations)
	}
	if !math.IsInf(a.limit, 1) {
		if least := g.shortest(part, head); least > 0 {
			times = min(times, math.Floor(a.limit/least)+1)
		}
	}
	if math.IsInf(times, 1) {
		most := 20 // states that are told
		var names []string
		for _, s := range stepsOf(back.trail, &most) {
			if s.State != "" {
				names = append(names, s.State)
			}
		}
		first := g.sc.nodes[head].name
		a.reasons = append(a.reasons, Reason{
			State: first, Loop: names, Why: fmt.Sprintf("nothing bounds the loop %s → %s", strings.Join(names, " → "), first),
			Cure: "give the machine TimeoutSeconds, or assume a number: --loop-iterations",
		})
	}
	return times
}

// shortest is the least time that a way around a loop takes: the known Waits on it.
func (g *graph) shortest(part []int, head int) float64 {
	in := make(map[int]bool, len(part))
	for _, s := range part {
		in[s] = true
	}
	least := map[int]float64{}
	queue := &nearest{{head, 0}}
	first := true
	for queue.Len() > 0 {
		at := heap.Pop(queue).(arrived)
		if known, ok := least[at.state]; ok && known <= at.seconds {
			if at.state == head && !first {
				return at.seconds
			}
			continue
		}
		if at.state == head && !first {
			return at.seconds
		}
		if !first {
			least[at.state] = at.seconds
		}
		first = false
		seconds := 0.0
		if s, ok := g.sc.nodes[at.state].state.(*asl.WaitState); ok {
			seconds, _ = s.Seconds.Float()
		}
		for _, e := range g.exits[at.state].edges {
			if in[e.to] {
				heap.Push(queue, arrived{e.to, at.seconds + max(seconds, 0)})
			}
		}
	}
	return 0
}

type arrived struct {
	state   int
	seconds float64
}

// nearest is a queue of arrivals, the earliest first.
type nearest []arrived

func (q nearest) Len() int           { return len(q) }
func (q nearest) Less(i, j int) bool { return q[i].seconds < q[j].seconds }
func (q nearest) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *nearest) Push(x any)        { *q = append(*q, x.(arrived)) }
func (q *nearest) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
