package jsonata

// The parent operator % is resolved when an expression is compiled: each % has a slot, and the step whose input it means is marked to
// store that input under the slot's label in the tuples that the path then carries.

// seekParent walks from a step towards the start of its path by the slot's level.
func (c *compiler) seekParent(e *expr, s *slot) *slot {
	switch e.op {
	case opName, opWildcard:
		s.level--
		if s.level == 0 {
			if e.ancestor != nil {
				c.relabel(s.label, e.ancestor.label)
			}
			e.own().ancestor = s
			e.tuple = true
		}
	case opParent:
		s.level++
	case opBlock:
		if len(e.list) > 0 {
			e.tuple = true
			s = c.seekParent(e.list[len(e.list)-1], s)
		}
	case opPath:
		e.tuple = true
		i := len(e.list) - 1
		s = c.seekParent(e.list[i], s)
		for i--; s.level > 0 && i >= 0; i-- {
			s = c.seekParent(e.list[i], s)
		}
		e.simplify()
	default:
		panic(&Error{Code: "S0217", Token: astType(e), pos: e.pos})
	}
	return s
}

// relabel lets a slot share the label of another one that means the same ancestor.
func (c *compiler) relabel(from, to string) {
	for _, s := range c.slots {
		if s.label == from {
			s.label = to
		}
	}
}

// pushAncestry hands the unresolved slots of a part to the whole.
func pushAncestry(whole, part *expr) {
	slots := part.seeking
	if part.op == opParent {
		slots = append(slots[:len(slots):len(slots)], part.slot)
	}
	if len(slots) > 0 {
		whole.own().seeking = append(whole.seeking, slots...)
	}
}

// resolveAncestry resolves the slots that the last step of a path seeks, as far as they lie within the path.
func (c *compiler) resolveAncestry(path *expr) {
	last := path.list[len(path.list)-1]
	slots := last.seeking
	if last.op == opParent {
		slots = append(slots[:len(slots):len(slots)], last.slot)
	}
	for _, s := range slots {
		i := len(path.list) - 2
		for s.level > 0 {
			if i < 0 {
				path.own().seeking = append(path.seeking, s)
				break
			}
			step := path.list[i]
			i--
			for i >= 0 && step.focus != "" && path.list[i].focus != "" { // these have the same input
				step = path.list[i]
				i--
			}
			s = c.seekParent(step, s)
		}
	}
}
