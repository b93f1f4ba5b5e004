package simulate

import (
	"container/heap"
	"math"
	"time"
)

// bucket of tokens: rate a second, at most burst.
type tokenBucket struct {
	rate, burst, tokens float64
	at                  time.Time
}

// newBucket is a full bucket of a quota for a minute; nil for none.
func newBucket(perMinute float64, burst time.Duration) *tokenBucket {
	if perMinute <= 0 {
		return nil
	}
	rate := perMinute / 60
	most := max(1, rate*burst.Seconds())
	return &tokenBucket{rate: rate, burst: most, tokens: most}
}

func (b *tokenBucket) fill(now time.Time) {
	if !b.at.IsZero() {
		b.tokens = min(b.burst, b.tokens+now.Sub(b.at).Seconds()*b.rate)
	}
	b.at = now
}

// has tells whether there are n tokens. More than the bucket holds is there when it is full.
func (b *tokenBucket) has(now time.Time, n float64) bool {
	if b == nil {
		return true
	}
	b.fill(now)
	const rounding = 1e-9
	return b.tokens+rounding >= min(n, b.burst)
}

func (b *tokenBucket) take(n float64) {
	if b != nil {
		b.tokens -= n
	}
}

// running counts what runs at a time.
type running struct{ ends timeHeap }

// at is how many run.
func (r *running) at(now time.Time) int {
	for len(r.ends) > 0 && !r.ends[0].After(now) {
		heap.Pop(&r.ends)
	}
	return len(r.ends)
}

func (r *running) add(end time.Time) { heap.Push(&r.ends, end) }

type timeHeap []time.Time

func (h timeHeap) Len() int           { return len(h) }
func (h timeHeap) Less(i, j int) bool { return h[i].Before(h[j]) }
func (h timeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *timeHeap) Push(x any)        { *h = append(*h, x.(time.Time)) }
func (h *timeHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// histogram counts times in steps of 2 %, from a millisecond to years.
type histogram struct {
	counts [1_500]int
	n      int
	most   time.Duration
}

const step = 1.02

func (h *histogram) add(d time.Duration) {
	i := 0
	if ms := d.Seconds() * 1_000; ms > 1 {
		i = min(len(h.counts)-1, int(math.Ceil(math.Log(ms)/math.Log(step))))
	}
	h.counts[i]++
	h.n++
	h.most = max(h.most, d)
}

// quantile is the time that a share of them does not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	want, seen := int(math.Ceil(q*float64(h.n))), 0
	for i, n := range h.counts {
		if seen += n; seen >= want && n > 0 {
			return min(h.most, time.Duration(math.Pow(step, float64(i))*float64(time.Millisecond)))
		}
	}
	return h.most
}

// load is the work of one quota by the time at which it came.
type load struct {
	width time.Duration
	bins  [4_096]float64
}

func (l *load) add(at time.Duration, work float64) {
	l.bins[min(len(l.bins)-1, int(at/l.width))] += work
}

// best is the earliest time at which the work can be done at a rate a second, when burst of it takes no time.
func (l *load) best(rate, burst float64) time.Duration {
	best, work := 0.0, 0.0
	for i := len(l.bins) - 1; i >= 0; i-- {
		if l.bins[i] == 0 {
			continue
		}
		work += l.bins[i]
		best = max(best, float64(i)*l.width.Seconds()+max(0, work-burst)/rate)
	}
	return time.Duration(best * float64(time.Second))
}
