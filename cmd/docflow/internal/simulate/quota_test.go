package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestTokenBucket(t *testing.T) {
	b := newBucket(60, 2*time.Second) // one a second, two at once
	now := monday
	for i, want := range []bool{true, true, false} {
		if got := b.has(now, 1); got != want {
			t.Errorf("call %d: %v", i, got)
		} else if got {
			b.take(1)
		}
	}
	if b.has(now.Add(900*time.Millisecond), 1) || !b.has(now.Add(time.Second), 1) {
		t.Error("the next call should be let through after a second")
	}
	if !b.has(now.Add(time.Hour), 100) { // more than it can hold, when it is full
		t.Error("a large call is never let through")
	}
	var none *tokenBucket
	none.take(1)
	if newBucket(0, time.Second) != nil || !none.has(now, 1e9) {
		t.Error("no quota is a quota")
	}
}

func TestDistribution(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	d := Distribution{6, 30}
	var all []float64
	sum := 0.0
	for range 100_000 {
		x := d.draw(r)
		all = append(all, x)
		sum += x
	}
	slices.Sort(all)
	near := func(got, want float64) bool { return math.Abs(got-want) < want/20 }
	if !near(all[50_000], 6) || !near(all[99_000], 30) || !near(sum/100_000, d.Mean()) {
		t.Errorf("median %v, p99 %v, mean %v (%v)", all[50_000], all[99_000], sum/100_000, d.Mean())
	}
	if got := (Distribution{6, 6}).draw(r); got != 6 {
		t.Errorf("a constant is %v", got)
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	for i := range 1_000 {
		h.add(time.Duration(i+1) * time.Second)
	}
	for q, want := range map[float64]float64{0.5: 500, 0.99: 990, 1: 1000} {
		if got := h.quantile(q).Seconds(); got < want*0.999 || got > want*1.03 {
			t.Errorf("quantile %v is %v", q, got)
		}
	}
	if (&histogram{}).quantile(0.5) != 0 {
		t.Error("a quantile of nothing")
	}
}

func TestBestMakespan(t *testing.T) {
	l := &load{width: time.Second}
	l.add(0, 10)
	if got := l.best(1, 0); got != 10*time.Second {
		t.Errorf("ten at once take %v", got)
	}
	if got := l.best(1, 4); got != 6*time.Second {
		t.Errorf("with a burst of four %v", got)
	}
	l.add(100*time.Second, 20) // after a pause
	if got := l.best(1, 0); got != 120*time.Second {
		t.Errorf("with twenty more after a pause %v", got)
	}
}

func TestArrivals(t *testing.T) {
	for _, a := range []Arrivals{{"once", 0}, {"even", time.Hour}, {"poisson", time.Hour}, {"monday", 10 * time.Hour}} {
		at := a.times(10_000, 1)
		var all []time.Duration
		for i := range 10_000 {
			all = append(all, at(i))
		}
		if !slices.IsSorted(all) {
			t.Errorf("%v: not in order", a)
		}
		if last := all[9_999]; math.Abs(last.Hours()-a.Span.Hours()) > a.Span.Hours()/10 {
			t.Errorf("%v: the last comes after %v", a, last)
		}
		if half := all[5_000]; a.Kind == "monday" && (half < 50*time.Minute || half > 70*time.Minute) {
			t.Errorf("%v: half of the day's documents come in %v", a, half)
		}
	}
}

func TestRunning(t *testing.T) {
	var r running
	r.add(monday.Add(2 * time.Second))
	r.add(monday.Add(time.Second))
	for after, want := range []int{2, 1, 0} {
		if got := r.at(monday.Add(time.Duration(after) * time.Second)); got != want {
			t.Errorf("after %d seconds %d run", after, got)
		}
	}
}
