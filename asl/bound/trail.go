package bound

// result is the worst amount of something, and how it comes about.
type result struct {
	amount float64 // -Inf when it cannot be
	trail  *trail
}

// trail is a path in the making: one step, two trails one after the other, or a loop. Trails share their parts.
type trail struct {
	first, then *trail
	visit       *visit
	loop        float64 // how often body is passed; +Inf for no bound
	body        *trail
}

// visit is a state that was passed, and how.
type visit struct {
	state    *node
	amount   float64
	attempts float64
	delays   float64 // seconds of waiting before retries
	detail   string
	outcome  string // how it ended, where that is not its Next
	within   *trail
}

func join(a, b *trail) *trail {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	return &trail{first: a, then: b}
}

// plus is a followed by b.
func (a result) plus(b result) result {
	return result{a.amount + b.amount, join(a.trail, b.trail)}
}

// or is the worse of two.
func (a result) or(b result) result {
	if b.amount > a.amount {
		return b
	}
	return a
}

// Step is a part of a path: a state, or a loop.
type Step struct {
	State    string  `json:"state,omitempty"`
	Type     string  `json:"type,omitempty"`
	Amount   float64 `json:"-"` // what the state adds to the figure
	Attempts float64 `json:"-"` // at a Task, Parallel or Map
	Detail   string  `json:"detail,omitempty"`
	Outcome  string  `json:"outcome,omitempty"` // how it ends, where that is not by Next or End
	Within   []Step  `json:"within,omitempty"`  // the path within a Parallel or Map, of its last attempt
	Times    float64 `json:"-"`                 // of a loop: how often Loop is passed
	Loop     []Step  `json:"loop,omitempty"`
}

// maxSteps is how many steps a path tells.
const maxSteps = 10_000

// steps makes the steps of a trail.
func steps(t *trail) []Step {
	left := maxSteps
	return stepsOf(t, &left)
}

func stepsOf(t *trail, left *int) []Step {
	var list []Step
	stack := []*trail{t}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch {
		case *left == 0:
			return list
		case t == nil:
		case t.visit != nil:
			*left--
			v := t.visit
			list = append(list, Step{
				State: v.state.name, Type: string(v.state.typ), Amount: v.amount, Attempts: v.attempts, Detail: v.detail, Outcome: v.outcome,
				Within: stepsOf(v.within, left),
			})
		case t.body != nil:
			list = append(list, Step{Times: t.loop, Loop: stepsOf(t.body, left)})
		default:
			stack = append(stack, t.then, t.first)
		}
	}
	return list
}
