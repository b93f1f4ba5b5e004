package graph

import (
	"math"
	"slices"
)

// place gives everything its coordinates and adds what is drawn to d.
func (g *grid) place(d *drawing) {
	g.placeColumns()
	left, right := math.Inf(1), math.Inf(-1)
	for i := range g.vertices {
		v := &g.vertices[i]
		v.x = math.Round(v.x)
		left = min(left, v.x-float64(v.left))
		right = max(right, v.x+float64(v.right))
	}
	titleHeight := 0
	if d.title != "" {
		titleHeight = edgeLine + 2
		right = max(right, left+float64(textWidth(d.title, edgeFont)))
	}
	for i := range g.vertices {
		g.vertices[i].x += padding - left
	}
	d.width = int(right-left) + 2*padding

	tops, bottoms := g.placeRows(padding + titleHeight)
	d.height = bottoms[len(bottoms)-1] + padding
	for i := range g.vertices {
		v := &g.vertices[i]
		if v.node >= 0 {
			n := &d.nodes[v.node]
			n.x, n.y = int(v.x)-n.width/2, tops[v.row]
			for j := range n.inner {
				n.inner[j].x += n.x
				n.inner[j].y += n.y
			}
		} else if len(v.label) > 0 {
			y := tops[v.row] + (bottoms[v.row]-tops[v.row]-v.height)/2
			d.labels = append(d.labels, placedLabel{lines: v.label, full: v.fullLabel, x: int(v.x), y: y + 2, width: v.left + v.right, look: v.look})
		}
	}
	g.drawChains(d, tops, bottoms)
	for _, e := range g.loops {
		g.drawLoop(d, e)
	}
	for _, e := range g.direct {
		from, to := d.nodes[e.from], d.nodes[e.to]
		d.paths = append(d.paths, path{
			look: e.look, arrow: true,
			points: []point{{from.x + from.width/2, from.y + from.height}, {to.x + to.width/2, to.y}},
		})
	}
}

// placeColumns finds the x of every vertex: within the order of the rows, each as near as may be to its neighbours above and
// below.
func (g *grid) placeColumns() {
	for _, row := range g.rows {
		x := 0.0
		for i, v := range row {
			if i > 0 {
				x += g.gap(row[i-1], v)
			}
			g.vertices[v].x = x
		}
	}
	const work, fewest, most = 4_000_000, 12, 240 // vertices to move; sweeps over all of them
	sweeps := max(fewest, min(most, work/len(g.vertices)))
	for sweep := range sweeps {
		for i := range g.rows {
			row := i
			if sweep%2 == 1 {
				row = len(g.rows) - 1 - i
			}
			useUp := sweep%2 == 0 || sweep > sweeps*2/3
			useDown := sweep%2 == 1 || sweep > sweeps*2/3
			g.alignRow(g.rows[row], useUp, useDown)
		}
	}
	g.straighten()
	g.packComponents()
}

// straighten moves the vertices of long edges to one x, as far down as their neighbours in the rows leave room: the sweeps leave
// stairs, one bend reads better than many.
func (g *grid) straighten() {
	done := make([]bool, len(g.vertices))
	for _, row := range g.rows {
		for _, first := range row {
			if g.vertices[first].node >= 0 || done[first] {
				continue
			}
			for next := first; next >= 0; {
				next = g.straightenRun(next, done)
			}
		}
	}
}

// straightenRun aligns as many vertices of an edge as can have one x, from a vertex that is no node downwards. It gives the next
// one that is no node, or -1.
func (g *grid) straightenRun(first int, done []bool) (next int) {
	low, high := g.room(first)
	run := []int{first}
	done[first] = true
	next = -1
	for at := first; len(g.vertices[at].down) == 1; {
		below := g.vertices[at].down[0]
		if g.vertices[below].node >= 0 || done[below] {
			break
		}
		l, h := g.room(below)
		if max(l, low) > min(h, high) {
			next = below
			break
		}
		low, high = max(l, low), min(h, high)
		run = append(run, below)
		done[below] = true
		at = below
	}
	last := &g.vertices[run[len(run)-1]]
	x := g.vertices[first].x
	if len(last.down) > 0 {
		x = g.vertices[last.down[0]].x
	}
	if up := g.vertices[first].up; len(up) > 0 {
		switch above := g.vertices[up[0]].x; {
		case math.Abs(above-x) <= 2*portReach:
			x = (above + x) / 2
		case x < low || x > high:
			x = above
		}
	}
	x = max(low, min(high, x))
	for _, v := range run {
		g.vertices[v].x = x
	}
	return next
}

// room gives the least and greatest x that a vertex may have while its neighbours in the row stay.
func (g *grid) room(at int) (low, high float64) {
	v := &g.vertices[at]
	row := g.rows[v.row]
	low, high = math.Inf(-1), math.Inf(1)
	if v.column > 0 {
		low = g.vertices[row[v.column-1]].x + g.gap(row[v.column-1], at)
	}
	if v.column+1 < len(row) {
		high = g.vertices[row[v.column+1]].x - g.gap(at, row[v.column+1])
	}
	return min(low, v.x), max(high, v.x) // rounding may leave less than nothing
}

// packComponents moves the components, which the sweeps leave anywhere, next to each other.
func (g *grid) packComponents() {
	if g.components < 2 {
		return
	}
	members := make([][]int, g.components)
	for _, row := range g.rows {
		for _, v := range row {
			c := g.vertices[v].component
			members[c] = append(members[c], v)
		}
	}
	edge := make([]float64, len(g.rows)) // right end of what is placed in each row
	for i := range edge {
		edge[i] = math.Inf(-1)
	}
	for _, component := range members {
		shift := math.Inf(-1)
		for _, i := range component {
			v := &g.vertices[i]
			shift = max(shift, edge[v.row]+columnGap-(v.x-float64(v.left)))
		}
		if math.IsInf(shift, -1) {
			shift = 0
		}
		for _, i := range component {
			v := &g.vertices[i]
			v.x += shift
			edge[v.row] = max(edge[v.row], v.x+float64(v.right))
		}
	}
}

// gap is the least distance of the centres of two neighbours in a row.
func (g *grid) gap(left, right int) float64 {
	a, b := &g.vertices[left], &g.vertices[right]
	between := columnGap
	if a.node < 0 && b.node < 0 {
		between = columnGap * 2 / 3
	}
	return float64(a.right + b.left + between)
}

// alignRow moves the vertices of a row to the weighted mean of their neighbours, as far as their order and distances allow. The
// places found have the least sum of squared distances to those means: runs of vertices that would overlap move as one block
// (the pool-adjacent-violators method).
func (g *grid) alignRow(row []int, useUp, useDown bool) {
	type block struct {
		sum, weight float64 // of what its vertices wish for, less their offsets
		count       int
	}
	var blocks []block
	offset := 0.0
	offsets := make([]float64, len(row))
	for i, v := range row {
		if i > 0 {
			offset += g.gap(row[i-1], v)
		}
		offsets[i] = offset
		wish, weight := g.wish(v, useUp, useDown)
		blocks = append(blocks, block{sum: float64(weight * (wish - offset)), weight: weight, count: 1})
		for n := len(blocks); n > 1; n = len(blocks) {
			a, b := blocks[n-2], blocks[n-1]
			if float64(a.sum*b.weight) <= float64(b.sum*a.weight) {
				break
			}
			blocks = append(blocks[:n-2], block{a.sum + b.sum, a.weight + b.weight, a.count + b.count})
		}
	}
	i := 0
	for _, b := range blocks {
		x := b.sum / b.weight
		for range b.count {
			g.vertices[row[i]].x = x + offsets[i]
			i++
		}
	}
}

// wish is where a vertex would be without others in its row, and how strongly. Long edges pull hardest, so that they get straight.
func (g *grid) wish(v int, useUp, useDown bool) (x, weight float64) {
	this := &g.vertices[v]
	pull := func(neighbours []int) {
		for _, n := range neighbours {
			w := 1.0
			if other := &g.vertices[n]; this.node < 0 && other.node < 0 {
				w = 8
			} else if this.node < 0 || other.node < 0 {
				w = 2
			}
			x += float64(w * g.vertices[n].x)
			weight += w
		}
	}
	if useUp {
		pull(this.up)
	}
	if useDown {
		pull(this.down)
	}
	if weight == 0 {
		return this.x, 0.01
	}
	return x / weight, weight
}

// placeRows gives the top and bottom of every row. The space between two rows grows with the distance that edges move sideways
// in it.
func (g *grid) placeRows(y int) (tops, bottoms []int) {
	for i, row := range g.rows {
		if i > 0 {
			bend := 0.0
			for _, v := range row {
				for _, u := range g.vertices[v].up {
					bend = max(bend, math.Abs(g.vertices[v].x-g.vertices[u].x))
				}
			}
			y += max(bendGap, min(maxBend, int(bend/6)))
		}
		height := 0
		for _, v := range row {
			height = max(height, g.vertices[v].height)
		}
		tops = append(tops, y)
		y += height
		bottoms = append(bottoms, y)
	}
	return tops, bottoms
}

// drawChains draws the edges. Where an edge joins one that is drawn already, it ends.
func (g *grid) drawChains(d *drawing, tops, bottoms []int) {
	outPorts, inPorts := g.ports(d)
	drawn := map[[2]int]bool{}
	for _, c := range g.chains {
		p := path{look: c.look, arrow: true}
		last := len(c.vertices) - 1
		for i, at := range c.vertices {
			v := &g.vertices[at]
			x := int(v.x)
			if i == 0 {
				port := outPorts[[2]int{at, c.vertices[1]}]
				p.points = append(p.points, point{port, tops[v.row] + d.nodes[v.node].height}, point{port, bottoms[v.row]})
				continue
			}
			if i == last {
				port := inPorts[[2]int{at, c.vertices[i-1]}]
				p.points = append(p.points, point{port, tops[v.row]})
				break
			}
			p.points = append(p.points, point{x, tops[v.row]})
			if key := [2]int{at, c.vertices[i+1]}; !c.back && drawn[key] {
				p.arrow = false
				break
			}
			drawn[[2]int{at, c.vertices[i+1]}] = true
			p.points = append(p.points, point{x, bottoms[v.row]})
		}
		if c.back {
			slices.Reverse(p.points)
		}
		d.paths = append(d.paths, p)
	}
}

// portReach is how far from its middle the only edge on a side of a node may begin or end.
const portReach = 12

// ports spreads the edges that leave a node below, and those that come in above, over its width. The keys are a node's vertex
// and the next vertex of the edge.
func (g *grid) ports(d *drawing) (out, in map[[2]int]int) {
	out, in = map[[2]int]int{}, map[[2]int]int{}
	spread := func(at int, neighbours []int, ports map[[2]int]int) {
		v := &g.vertices[at]
		near := slices.Clone(neighbours)
		slices.SortStableFunc(near, func(a, b int) int { return g.vertices[a].column - g.vertices[b].column })
		n := &d.nodes[v.node]
		room := max(0, n.width-2*tip-8)
		step := 0
		if len(near) > 1 {
			step = min(34, room/(len(near)-1))
		}
		reach := step / 3 // how far an edge may be from its place, to be straight
		if len(near) == 1 {
			reach = portReach
			if len(n.inner) > 0 { // a wide box
				reach = room / 2
			}
		}
		if n.kind == startNode || n.kind == endNode {
			step, reach = 3, 0
		}
		for i, other := range near {
			x := int(v.x) + step*i - step*(len(near)-1)/2
			if there := g.vertices[other]; there.node < 0 {
				x = max(x-reach, min(x+reach, int(there.x)))
			}
			ports[[2]int{at, other}] = x
		}
	}
	for i := range g.vertices {
		if g.vertices[i].node >= 0 {
			spread(i, g.vertices[i].down, out)
			spread(i, g.vertices[i].up, in)
		}
	}
	return out, in
}

// drawLoop draws an edge from a node to itself, at the node's right side.
func (g *grid) drawLoop(d *drawing, e edge) {
	n := &d.nodes[e.from]
	right, y := n.x+n.width, n.y+min(n.height, 60)/2
	d.paths = append(d.paths, path{look: e.look, arrow: true, points: []point{
		{right, y - 9}, {right + loopWidth - 6, y - 9}, {right + loopWidth - 6, y + 9}, {right, y + 9},
	}})
	if lines := labelLinesOf(e.labels); len(lines) > 0 {
		w := widest(lines, edgeFont)
		d.labels = append(d.labels, placedLabel{lines: lines, full: e.labels, x: right + loopWidth + w/2, y: max(n.y, y-len(lines)*edgeLine/2), width: w, look: e.look})
	}
}
