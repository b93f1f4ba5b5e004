package graph

import "slices"

// vertex is what takes up a place in a row: a node, a label, or an edge that passes.
type vertex struct {
	node        int      // index of the node, or -1
	label       []string // as it is drawn
	fullLabel   []string
	look        look
	left, right int // extents from x
	height      int
	row         int
	column      int // place within the row
	x           float64
	up, down    []int // neighbours in the rows above and below
	component   int   // number of the part of the graph that edges hold together
}

// chain is an edge as the vertices that it passes, from its upper to its lower node.
type chain struct {
	vertices []int
	look     look
	back     bool // the arrow is at the upper end
}

// grid arranges a scope's nodes in rows from top to bottom (the method of Sugiyama, Tagawa and Toda, 1981): edges that lead
// back are turned, each row takes what the longest way to it needs, long edges pass every row between, the order within rows
// avoids crossings, and then everything moves to where its edges are straight.
type grid struct {
	vertices []vertex
	rows     [][]int
	chains   []chain
	loops    []edge // from a node to itself
	direct   []edge // beyond maxSegments
	segments map[[2]int]bool

	components int
}

// trunkKey names the vertex that all edges of a kind to one target share within a row: they run as one line from where they meet.
type trunkKey struct {
	target, row int
	look        look
}

func newGrid(s *scope, nodes []placedNode) *grid {
	g := &grid{segments: map[[2]int]bool{}}
	back := backEdges(s)
	rank := ranks(s, back)
	for i := range nodes {
		half := nodes[i].width / 2
		g.add(vertex{node: i, left: half, right: nodes[i].width - half, height: nodes[i].height, row: rank[i]})
	}
	trunks := map[trunkKey]int{}
	for i, e := range s.edges {
		lines := labelLinesOf(e.labels)
		if e.from == e.to {
			g.loops = append(g.loops, e)
			v := &g.vertices[e.from]
			v.right = max(v.right, nodes[e.from].width-nodes[e.from].width/2+loopWidth+widest(lines, edgeFont)+8)
			v.height = max(v.height, len(lines)*edgeLine+8)
			continue
		}
		top, bottom := e.from, e.to
		if back[i] {
			top, bottom = bottom, top
		}
		if len(g.vertices)+rank[bottom]-rank[top] > maxSegments {
			g.direct = append(g.direct, e)
			continue
		}
		c := chain{vertices: []int{top}, look: e.look, back: back[i]}
		for row := rank[top] + 1; row < rank[bottom]; row++ {
			labelled := len(lines) > 0 && (row == rank[top]+1 && !back[i] || row == rank[bottom]-1 && back[i])
			switch {
			case labelled:
				half := widest(lines, edgeFont)/2 + 6
				c.vertices = append(c.vertices, g.add(vertex{node: -1, label: lines, fullLabel: e.labels, look: e.look, left: half, right: half, height: len(lines)*edgeLine + 4, row: row}))
			case back[i]:
				c.vertices = append(c.vertices, g.add(vertex{node: -1, row: row}))
			default:
				key := trunkKey{target: bottom, row: row, look: e.look}
				v, ok := trunks[key]
				if !ok {
					v = g.add(vertex{node: -1, row: row})
					trunks[key] = v
				}
				c.vertices = append(c.vertices, v)
			}
		}
		c.vertices = append(c.vertices, bottom)
		g.chains = append(g.chains, c)
		for j := 1; j < len(c.vertices); j++ {
			g.join(c.vertices[j-1], c.vertices[j])
		}
	}
	g.order()
	return g
}

func (g *grid) add(v vertex) int {
	for len(g.rows) <= v.row {
		g.rows = append(g.rows, nil)
	}
	v.column = len(g.rows[v.row])
	g.rows[v.row] = append(g.rows[v.row], len(g.vertices))
	g.vertices = append(g.vertices, v)
	return len(g.vertices) - 1
}

func (g *grid) join(upper, lower int) {
	key := [2]int{upper, lower}
	if g.segments[key] {
		return
	}
	g.segments[key] = true
	g.vertices[upper].down = append(g.vertices[upper].down, lower)
	g.vertices[lower].up = append(g.vertices[lower].up, upper)
}

// order finds an order within the rows with few crossings: each vertex moves to the mean place of its neighbours, going down
// and up in turns, and neighbours change places where that helps. The best order met is kept.
func (g *grid) order() {
	g.firstOrder()
	best, bestCrossings := g.columns(), g.crossings()
	const sweeps = 24
	for sweep := 0; sweep < sweeps && bestCrossings > 0; sweep++ {
		if sweep%2 == 0 {
			for row := 1; row < len(g.rows); row++ {
				g.sortRow(row, func(v *vertex) []int { return v.up })
			}
		} else {
			for row := len(g.rows) - 2; row >= 0; row-- {
				g.sortRow(row, func(v *vertex) []int { return v.down })
			}
		}
		g.swapNeighbours()
		if n := g.crossings(); n < bestCrossings {
			best, bestCrossings = g.columns(), n
		}
	}
	g.setColumns(best)
}

// firstOrder sorts the rows by a walk along the edges from the start.
func (g *grid) firstOrder() {
	seen := make([]bool, len(g.vertices))
	rows := make([][]int, len(g.rows))
	for root := range g.vertices {
		stack := []int{root}
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[v] {
				continue
			}
			seen[v] = true
			rows[g.vertices[v].row] = append(rows[g.vertices[v].row], v)
			for i := len(g.vertices[v].down) - 1; i >= 0; i-- {
				stack = append(stack, g.vertices[v].down[i])
			}
		}
	}
	g.rows = rows
	for row := range g.rows {
		g.renumber(row)
	}
	g.findComponents()
}

// findComponents numbers the parts of the graph that no edge joins, in the order of their first vertices.
func (g *grid) findComponents() {
	const none = -1
	for i := range g.vertices {
		g.vertices[i].component = none
	}
	for root := range g.vertices {
		if g.vertices[root].component != none {
			continue
		}
		stack := []int{root}
		for len(stack) > 0 {
			v := &g.vertices[stack[len(stack)-1]]
			stack = stack[:len(stack)-1]
			if v.component != none {
				continue
			}
			v.component = g.components
			stack = append(append(stack, v.up...), v.down...)
		}
		g.components++
	}
	for row := range g.rows {
		slices.SortStableFunc(g.rows[row], func(a, b int) int { return g.vertices[a].component - g.vertices[b].component })
		g.renumber(row)
	}
}

func (g *grid) renumber(row int) {
	for column, v := range g.rows[row] {
		g.vertices[v].column = column
	}
}

func (g *grid) columns() [][]int {
	copied := make([][]int, len(g.rows))
	for i, row := range g.rows {
		copied[i] = slices.Clone(row)
	}
	return copied
}

func (g *grid) setColumns(rows [][]int) {
	g.rows = rows
	for row := range rows {
		g.renumber(row)
	}
}

// sortRow sorts a row by the mean column of each vertex's neighbours. Those without neighbours stay where they are, and the
// components side by side.
func (g *grid) sortRow(row int, neighbours func(*vertex) []int) {
	list := g.rows[row]
	type entry struct {
		v    int
		mean float64
	}
	var moving []entry
	var places []int
	for i, v := range list {
		near := neighbours(&g.vertices[v])
		if len(near) == 0 {
			continue
		}
		sum := 0
		for _, n := range near {
			sum += g.vertices[n].column
		}
		moving = append(moving, entry{v, float64(sum) / float64(len(near))})
		places = append(places, i)
	}
	slices.SortStableFunc(moving, func(a, b entry) int {
		switch c := g.vertices[a.v].component - g.vertices[b.v].component; {
		case c != 0:
			return c
		case a.mean < b.mean:
			return -1
		case a.mean > b.mean:
			return 1
		}
		return 0
	})
	for i, e := range moving {
		list[places[i]] = e.v
	}
	g.renumber(row)
}

// swapNeighbours changes the places of two vertices side by side wherever that takes crossings away.
func (g *grid) swapNeighbours() {
	const maxPairs = 64 // of edges of two vertices that are compared
	for row := range g.rows {
		list := g.rows[row]
		for i := 0; i+1 < len(list); i++ {
			a, b := &g.vertices[list[i]], &g.vertices[list[i+1]]
			if a.component != b.component || len(a.up)*len(b.up)+len(a.down)*len(b.down) > maxPairs {
				continue
			}
			if g.pairCrossings(b, a) < g.pairCrossings(a, b) {
				list[i], list[i+1] = list[i+1], list[i]
				a.column, b.column = i+1, i
			}
		}
	}
}

// pairCrossings counts the crossings of the edges of two vertices when a stands left of b.
func (g *grid) pairCrossings(a, b *vertex) int {
	n := 0
	count := func(as, bs []int) {
		for _, i := range as {
			for _, j := range bs {
				if g.vertices[i].column > g.vertices[j].column {
					n++
				}
			}
		}
	}
	count(a.up, b.up)
	count(a.down, b.down)
	return n
}

// crossings counts the crossings between all rows.
func (g *grid) crossings() int {
	total := 0
	for row := 1; row < len(g.rows); row++ {
		// Count the pairs in wrong order with a tree of partial sums over the upper row.
		size := 1
		for size < len(g.rows[row-1]) {
			size *= 2
		}
		tree := make([]int, 2*size)
		var columns []int
		for _, v := range g.rows[row] {
			columns = columns[:0]
			for _, u := range g.vertices[v].up {
				columns = append(columns, g.vertices[u].column)
			}
			for _, c := range columns { // those right of c belong to vertices left of v
				for i := c + size; i > 1; i /= 2 {
					if i%2 == 0 {
						total += tree[i+1]
					}
				}
			}
			for _, c := range columns {
				for i := c + size; i > 0; i /= 2 {
					tree[i]++
				}
			}
		}
	}
	return total
}
