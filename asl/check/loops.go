package check

// loops gives for each state that comes again after itself all states that are in a loop with it, itself among them: the
// strongly connected components of the graph that next makes (R. Tarjan, "Depth-first search and linear graph algorithms",
// 1972), without recursion, since a definition may be a chain of ten thousand states.
func (sc *scope) loops(next func(*state) []*state) map[*state][]*state {
	type visit struct {
		s       *state
		onward  []*state
		order   int // when it was first seen, from 1
		lowest  int // the first seen of all states on the stack that it leads to
		onStack bool
	}
	loops := map[*state][]*state{}
	visits := make(map[*state]*visit, len(sc.states))
	var path, stack []*visit
	begin := func(s *state) {
		v := &visit{s: s, onward: next(s), order: len(visits) + 1, lowest: len(visits) + 1, onStack: true}
		visits[s] = v
		path, stack = append(path, v), append(stack, v)
	}
	for _, s := range sc.states {
		if visits[s] != nil {
			continue
		}
		begin(s)
		for len(path) > 0 {
			v := path[len(path)-1]
			if len(v.onward) > 0 {
				to := v.onward[0]
				v.onward = v.onward[1:]
				switch seen := visits[to]; {
				case to == v.s:
					loops[to] = []*state{to} // replaced when it is in a larger loop
				case seen == nil:
					begin(to)
				case seen.onStack:
					v.lowest = min(v.lowest, seen.order)
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				path[len(path)-1].lowest = min(path[len(path)-1].lowest, v.lowest)
			}
			if v.lowest < v.order {
				continue
			}
			first := len(stack) - 1
			for stack[first] != v {
				first--
			}
			var loop []*state
			for _, member := range stack[first:] {
				member.onStack = false
				loop = append(loop, member.s)
			}
			stack = stack[:first]
			if len(loop) > 1 {
				for _, member := range loop {
					loops[member] = loop
				}
			}
		}
	}
	return loops
}
