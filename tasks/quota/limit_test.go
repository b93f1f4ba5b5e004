package quota

import (
	"testing"
	"time"
)

func TestParseLimits(t *testing.T) {
	for _, c := range []struct {
		requests, tokens string
		analysis, others Limit
		fails            bool
	}{
		{"", "", Limit{}, Limit{}, false},
		{"0", "0", Limit{}, Limit{}, false},
		{"200", "", Limit{200, 0}, Limit{200, 0}, false},
		{"200,1000", "1e6, 4e6", Limit{200, 1e6}, Limit{1000, 4e6}, false},
		{"0,50", "300000", Limit{0, 300000}, Limit{50, 300000}, false},
		{"x", "", Limit{}, Limit{}, true},
		{"-1", "", Limit{}, Limit{}, true},
		{"1,2,3", "", Limit{}, Limit{}, true},
		{"1,", "", Limit{}, Limit{}, true},
		{"NaN", "", Limit{}, Limit{}, true},
		{"", "Inf", Limit{}, Limit{}, true},
	} {
		analysis, others, err := ParseLimits(c.requests, c.tokens)
		if analysis != c.analysis || others != c.others || (err != nil) != c.fails {
			t.Errorf("%q and %q: %v, %v, %v", c.requests, c.tokens, analysis, others, err)
		}
	}
}

// A call takes the larger part of the two quotas, and Share of both is handed out.
func TestInterval(t *testing.T) {
	for _, c := range []struct {
		limit  Limit
		tokens int
		want   time.Duration
	}{
		{Limit{}, 5_000, 0},
		{Limit{Requests: 57 / Share}, 5_000, time.Minute / 57},
		{Limit{Tokens: 100_000 / Share}, 5_000, 3 * time.Second},
		{Limit{Requests: 30 / Share, Tokens: 100_000 / Share}, 5_000, 3 * time.Second},
		{Limit{Requests: 10 / Share, Tokens: 100_000 / Share}, 5_000, 6 * time.Second},
	} {
		if got := c.limit.interval(c.tokens); (got - c.want).Abs() > time.Microsecond {
			t.Errorf("%+v, %d tokens: %v, want %v", c.limit, c.tokens, got, c.want)
		}
	}
}

func TestTimestamp(t *testing.T) {
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	for in, want := range map[time.Time]string{
		{}: "", at: "2026-11-30T08:00:00Z", at.Add(1): "2026-11-30T08:00:01Z", at.Add(999 * time.Millisecond): "2026-11-30T08:00:01Z",
		at.In(time.FixedZone("JST", 9*3600)): "2026-11-30T08:00:00Z",
	} {
		if got := Timestamp(in); got != want {
			t.Errorf("%v: %q, want %q", in, got, want)
		}
	}
}
