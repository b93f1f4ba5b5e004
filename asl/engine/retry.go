package engine

import (
	"math"
	"time"
)

// retry takes the first retrier that matches, and tells whether it has attempts left. Every retrier counts for itself.
func (t *thread) retry(f *failure) bool {
	retriers := t.state.errors.retriers
	for i := range retriers {
		r := &retriers[i]
		if !f.matches(r.errorEquals) {
			continue
		}
		if t.retries == 0 || len(t.attempts) != len(retriers) {
			t.attempts = make([]int64, len(retriers))
		}
		t.x.probe.retrier(i, r, t.attempts[i])
		if t.attempts[i] >= r.maxAttempts {
			return false
		}
		delay := r.delay(t.attempts[i], t.x.s.rand.Float64)
		t.attempts[i]++
		t.decided(TookRetrier, i)
		t.retries++
		t.x.s.transitions++
		t.context, t.group, t.failed = nil, nil, nil
		t.x.s.at(t.x.s.time().Add(delay), t, t.state.attempt())
		return true
	}
	return false
}

// delay is how long to wait before the next attempt, after n earlier ones of this retrier:
// IntervalSeconds × BackoffRate^n, at most MaxDelaySeconds; FULL jitter takes a random part of that.
func (r *retrier) delay(n int64, random func() float64) time.Duration {
	delay := r.interval * math.Pow(r.backoff, float64(n))
	if r.maxDelay > 0 {
		delay = min(delay, r.maxDelay)
	}
	if r.jitter {
		delay *= random()
	}
	if math.IsNaN(delay) { // 0 × ∞: no interval, however often it is doubled
		delay = 0
	}
	return seconds(delay)
}

// attempt is what a retry does again. It emits no second …StateEntered (recorded).
func (s *state) attempt() func(t *thread) {
	if s.task != nil {
		return scheduleTask
	}
	return startGroup
}
