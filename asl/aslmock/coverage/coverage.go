// Package coverage tells which parts of a definition a run, or a set of runs, went through: states, transitions, choice rules,
// retriers and catchers. It is made of the definition, so that what was never reached is known too, with its place in the file.
//
//	profile := coverage.New("flow.asl.json", machine)
//	program.Run(ctx, input, engine.Options{OnDecision: profile.Record})
//	coverage.WriteText(os.Stdout, profile)
//
// A transition is a state's Next or End, a choice rule's Next, a Default, or a catcher's Next. Choice rules and catchers are
// counted as kinds of their own too, but only once in a total.
package coverage

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
)

// Kind is what is counted.
type Kind string

// The kinds.
const (
	States      Kind = "states"
	Transitions Kind = "transitions"
	Rules       Kind = "rules"
	Retriers    Kind = "retriers"
	Catchers    Kind = "catchers"
)

// Kinds lists the kinds in the order in which they are shown.
func Kinds() []Kind { return []Kind{States, Transitions, Rules, Retriers, Catchers} }

// Item is one part of a definition.
type Item struct {
	Kind     Kind
	State    string       // the state's name
	Location string       // where the state stands, as AWS writes it: /States/Each/ItemProcessor/States/Work
	Field    string       // what of the state: Next, End, Default, Choices[0], Retry[0], Catch[0]; empty for the state itself
	Errors   []string     // ErrorEquals of a retrier or catcher
	Target   string       // the state that a transition, rule or catcher leads to; empty for End
	Position asl.Position // in the file; zero when the definition was not parsed
	Hits     int64        // how often it was reached
}

// String describes the item: `catcher 0 of Extract (States.ALL) → Failed`.
func (i Item) String() string {
	var b strings.Builder
	switch {
	case i.Kind == States:
		fmt.Fprintf(&b, "state %s", i.State)
	case strings.HasPrefix(i.Field, "Choices["):
		fmt.Fprintf(&b, "rule %s of %s", index(i.Field), i.State)
	case strings.HasPrefix(i.Field, "Retry["):
		fmt.Fprintf(&b, "retrier %s of %s", index(i.Field), i.State)
	case strings.HasPrefix(i.Field, "Catch["):
		fmt.Fprintf(&b, "catcher %s of %s", index(i.Field), i.State)
	default:
		fmt.Fprintf(&b, "%s of %s", i.Field, i.State)
	}
	if len(i.Errors) > 0 {
		const most = 3
		names := i.Errors[:min(most, len(i.Errors))]
		fmt.Fprintf(&b, " (%s", strings.Join(names, ", "))
		if n := len(i.Errors) - len(names); n > 0 {
			fmt.Fprintf(&b, " and %d more", n)
		}
		b.WriteByte(')')
	}
	if i.Target != "" {
		b.WriteString(" → " + i.Target)
	}
	return b.String()
}

func index(field string) string {
	return field[strings.IndexByte(field, '[')+1 : len(field)-1]
}

// Profile holds what was reached of one definition. Its methods may be called from many goroutines.
type Profile struct {
	File  string // the definition's, for reports
	items []item
	hits  []atomic.Int64
	index map[engine.Decision]int // of hits
}

// item is an Item without its Hits, which are hits[point]: a choice rule and its transition have the same.
type item struct {
	Item
	point int
	twin  bool // a second item of the point, which totals leave out
}

// New makes a profile in which nothing is reached yet. The file is only named in reports.
func New(file string, m *asl.Machine) *Profile {
	p := &Profile{File: file, index: map[engine.Decision]int{}}
	asl.Walk(m, func(scope *asl.Scope, state asl.State) { p.state(scope.StateLocation(state), state) })
	p.hits = make([]atomic.Int64, len(p.index))
	return p
}

// state adds the parts of a state.
func (p *Profile) state(location string, state asl.State) {
	common := state.Common()
	base := Item{State: common.Name, Location: location}
	add := func(kind engine.DecisionKind, i int, it Item, source *asl.Node) {
		d := engine.Decision{Kind: kind, State: location, Index: i}
		point, twin := p.index[d]
		if !twin {
			point = len(p.index)
			p.index[d] = point
		}
		if source != nil {
			it.Position = source.Span.Start
			if it.Kind == States {
				it.Position = source.NameSpan().Start
			}
		}
		p.items = append(p.items, item{it, point, twin})
	}
	self := base
	self.Kind = States
	add(engine.EnteredState, 0, self, common.Source)

	part := func(kind engine.DecisionKind, as Kind, i int, field, target string, errors []string, source *asl.Node) {
		it := base
		it.Kind, it.Field, it.Target, it.Errors = as, field, target, errors
		add(kind, i, it, source)
	}
	if choice, ok := state.(*asl.ChoiceState); ok {
		for i := range choice.Choices {
			rule := &choice.Choices[i]
			field := fmt.Sprintf("Choices[%d]", i)
			part(engine.TookRule, Transitions, i, field, rule.Next, nil, rule.Source)
			part(engine.TookRule, Rules, i, field, rule.Next, nil, rule.Source)
		}
		if choice.Default != "" {
			part(engine.TookDefault, Transitions, 0, "Default", choice.Default, nil, choice.Source.Member("Default"))
		}
	}
	if t := asl.TransitionOf(state); t != nil {
		switch {
		case t.Next != "":
			part(engine.TookNext, Transitions, 0, "Next", t.Next, nil, common.Source.Member("Next"))
		case t.End:
			part(engine.TookNext, Transitions, 0, "End", "", nil, common.Source.Member("End"))
		}
	}
	if h := asl.ErrorHandlingOf(state); h != nil {
		for i := range h.Retry {
			part(engine.TookRetrier, Retriers, i, fmt.Sprintf("Retry[%d]", i), "", h.Retry[i].ErrorEquals, h.Retry[i].Source)
		}
		for i := range h.Catch {
			c := &h.Catch[i]
			field := fmt.Sprintf("Catch[%d]", i)
			part(engine.TookCatcher, Transitions, i, field, c.Next, c.ErrorEquals, c.Source)
			part(engine.TookCatcher, Catchers, i, field, c.Next, c.ErrorEquals, c.Source)
		}
	}
}

// Record takes a decision of a run; it is made for engine.Options.OnDecision.
func (p *Profile) Record(d engine.Decision) {
	if i, ok := p.index[d]; ok {
		p.hits[i].Add(1)
	}
}

// Merge adds what another profile of the same definition has reached.
func (p *Profile) Merge(other *Profile) error {
	for d := range other.index {
		if _, ok := p.index[d]; !ok {
			return fmt.Errorf("coverage of %s cannot be added to that of %s: they differ at %s", other.File, p.File, d.State)
		}
	}
	for d, i := range other.index {
		p.hits[p.index[d]].Add(other.hits[i].Load())
	}
	return nil
}

// Items lists all parts in the definition's order.
func (p *Profile) Items() []Item {
	items := make([]Item, len(p.items))
	for i, it := range p.items {
		items[i] = it.Item
		items[i].Hits = p.hits[it.point].Load()
	}
	return items
}

// Missing lists what was never reached, each part once, in the order of the text.
func (p *Profile) Missing() []Item {
	var missing []Item
	for _, it := range p.items {
		if !it.twin && p.hits[it.point].Load() == 0 {
			missing = append(missing, it.Item)
		}
	}
	slices.SortStableFunc(missing, func(a, b Item) int { return a.Position.Offset - b.Position.Offset })
	return missing
}

// Count is how many parts there are and how many of them were reached.
type Count struct {
	Covered int
	Of      int
}

// Percent is the covered part, 100 when there is nothing to cover. It is 100 only if all is covered.
func (c Count) Percent() float64 {
	if c.Of == 0 {
		return 100
	}
	return float64(c.Covered) * 100 / float64(c.Of)
}

// String shows the percentage: 66.6%.
func (c Count) String() string {
	// Cut to one decimal: only what is complete is 100.
	return strings.TrimSuffix(fmt.Sprintf("%.1f", math.Floor(c.Percent()*10)/10), ".0") + "%"
}

// Reaches tells whether at least so many percent are covered.
func (c Count) Reaches(percent float64) bool {
	return float64(c.Covered)*100 >= percent*float64(c.Of)
}

func (c Count) plus(other Count) Count { return Count{c.Covered + other.Covered, c.Of + other.Of} }

// Total counts all parts, each once.
func (p *Profile) Total() Count {
	return p.count(func(it *item) bool { return !it.twin })
}

// Of counts the parts of a kind.
func (p *Profile) Of(kind Kind) Count {
	return p.count(func(it *item) bool { return it.Kind == kind })
}

func (p *Profile) count(counts func(*item) bool) Count {
	var c Count
	for i := range p.items {
		if counts(&p.items[i]) {
			c.Of++
			if p.hits[p.items[i].point].Load() > 0 {
				c.Covered++
			}
		}
	}
	return c
}
