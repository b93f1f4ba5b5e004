package engine

// Decision is one step of an execution that its history does not tell, or only indirectly: which rule of a Choice held, which
// retrier tried again, which catcher took an error. Coverage is made of them.
type Decision struct {
	Kind DecisionKind
	// State is where the state stands in the definition, as AWS writes locations: /States/Each/ItemProcessor/States/Work.
	State string
	Index int // of the rule, retrier or catcher in its list; 0 for the other kinds
}

// DecisionKind is what was decided.
type DecisionKind uint8

// The kinds of decisions.
const (
	EnteredState DecisionKind = iota // the state was entered
	TookNext                         // the state ended as it should and went on by its Next, or its End
	TookRule                         // rule Index of the Choice held
	TookDefault                      // no rule of the Choice held, and it has a Default
	TookRetrier                      // retrier Index of the state tries again
	TookCatcher                      // catcher Index of the state took an error
)

// String names the kind.
func (k DecisionKind) String() string {
	return [...]string{"state", "next", "rule", "default", "retrier", "catcher"}[k]
}

// decided tells about a decision in the thread's current state.
func (t *thread) decided(kind DecisionKind, index int) {
	if report := t.x.opts.OnDecision; report != nil {
		report(Decision{Kind: kind, State: t.state.location, Index: index})
	}
}
