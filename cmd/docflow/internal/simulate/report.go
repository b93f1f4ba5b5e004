package simulate

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/simulate/delivery"
)

// Report is what came of one simulation. Times are in seconds, money in US dollars.
type Report struct {
	Seed      uint64 `json:"seed"`
	Documents int    `json:"documents"`
	Arrivals  string `json:"arrivals"`

	Executions  int            `json:"executions"`
	Ended       int            `json:"ended"`
	Complete    int            `json:"complete"`
	Partial     int            `json:"partial"` // succeeded, but a model's answer is missing
	Quarantined int            `json:"quarantined"`
	Failed      int            `json:"failed"`
	Failures    map[string]int `json:"failures,omitempty"` // by error and cause, # for what differs
	Both        int            `json:"both"`               // documents with a result and with a record of a failure
	Unlisted    int            `json:"unlisted"`           // documents without a result that are not in the index

	Lost       int            `json:"lost"`
	Twice      int            `json:"twice"`
	Repeated   map[string]int `json:"repeated"` // side effects whose first answer was lost
	Violations []string       `json:"violations,omitempty"`

	Makespan     float64 `json:"makespan"`
	BestMakespan float64 `json:"bestMakespan"`
	PerHour      float64 `json:"documentsPerHour"`
	P50          float64 `json:"p50"`
	P99          float64 `json:"p99"`
	Slowest      float64 `json:"slowest"`
	MostOpen     int     `json:"mostOpen"` // executions at the same time

	Models    Calls           `json:"modelCalls"`
	ByModel   []ModelCalls    `json:"models"`
	Functions Calls           `json:"functionCalls"`
	Gate      map[string]int  `json:"dynamodb,omitempty"`
	Events    int64           `json:"events"`
	Cost      Cost            `json:"cost"`
	Delivery  delivery.Report `json:"delivery"`
	Shrunk    *Shrunk         `json:"shrunk,omitempty"`
}

// Calls are calls of models or functions.
type Calls struct {
	Calls        int     `json:"calls"`
	Least        int     `json:"least,omitempty"` // of models: requests that had to be made
	Throttled    int     `json:"throttled"`
	Failed       int     `json:"failed"`
	InputTokens  float64 `json:"inputTokens,omitempty"`
	OutputTokens float64 `json:"outputTokens,omitempty"`
}

// ModelCalls are the calls of one model.
type ModelCalls struct {
	Model string `json:"model"`
	Calls
	Dollars *float64 `json:"dollars"` // nil: its price is not known
}

// Cost is what it costs. Models whose price is not known are not in it.
type Cost struct {
	Transitions float64 `json:"transitions"`
	Functions   float64 `json:"functions"`
	Models      float64 `json:"models"`
	Total       float64 `json:"total"`
	PerDocument float64 `json:"perDocument"`
	PriceDate   string  `json:"priceDate"`
}

// Shrunk is a smaller simulation that shows a violation.
type Shrunk struct {
	Seed      uint64 `json:"seed"`
	Documents int    `json:"documents"`
	Faults    string `json:"faults"`
	Violation string `json:"violation"`
}

// Violated tells whether something was lost or done twice.
func (r *Report) Violated() bool { return r.Lost > 0 || r.Twice > 0 }

// varying is what differs between causes of the same kind.
var varying = regexp.MustCompile(`[0-9a-f]{16,}|[0-9]+`)

// mostFailures is how many kinds of failures are kept.
const mostFailures = 30

func (r *Report) fail(x *engine.Execution) {
	what := string(x.Status)
	if x.Error != "" {
		what = x.Error
	}
	if x.Cause != "" {
		cause := strings.Join(strings.Fields(strings.ToValidUTF8(x.Cause[:min(len(x.Cause), 300)], "")), " ")
		what += ": " + varying.ReplaceAllString(cause, "#")
	}
	if _, known := r.Failures[what]; !known && len(r.Failures) == mostFailures {
		what = "others"
	}
	r.Failures[what]++
}

// WriteText writes the report for people.
func (r *Report) WriteText(out io.Writer) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-18s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("documents", "%d (%s), seed %d", r.Documents, r.Arrivals, r.Seed)
	line("outcome", "%d complete, %d partial, %d quarantined, %d failed", r.Complete, r.Partial, r.Quarantined, r.Failed)
	for _, what := range sortedKeys(r.Failures) {
		line("", "%d × %s", r.Failures[what], what)
	}
	if replaced, deleted := r.Delivery.Replaced, r.Delivery.Deleted; replaced+deleted > 0 {
		line("", "%d uploads had been replaced when they were to be read, %d deleted", replaced, deleted)
	}
	line("lost", "%d", r.Lost)
	line("done twice", "%d", r.Twice)
	if len(r.Repeated) > 0 {
		var parts []string
		for _, what := range sortedKeys(r.Repeated) {
			parts = append(parts, fmt.Sprintf("%d × %s", r.Repeated[what], cmp.Or(effects[what], what)))
		}
		line("repeated", "%s, since an answer was lost", strings.Join(parts, ", "))
	}
	if r.Both > 0 {
		line("result and failure", "%d documents have both", r.Both)
	}
	if r.Unlisted > 0 {
		line("not in the index", "%d documents without a result", r.Unlisted)
	}
	if r.Partial+r.Failed > 0 {
		line("makespan", "%s; the best possible with all answers of models is %s", span(r.Makespan), span(r.BestMakespan))
	} else {
		line("makespan", "%s; the best possible is %s (× %.2f)", span(r.Makespan), span(r.BestMakespan), ratio(r.Makespan, r.BestMakespan))
	}
	line("throughput", "%.0f documents an hour; at most %d executions at the same time", r.PerHour, r.MostOpen)
	line("latency", "from upload to end: p50 %s, p99 %s, slowest %s", span(r.P50), span(r.P99), span(r.Slowest))
	line("model calls", "%d; the least possible is %d (× %.2f); %d throttled, %d failed", r.Models.Calls, r.Models.Least, ratio(float64(r.Models.Calls), float64(r.Models.Least)), r.Models.Throttled, r.Models.Failed)
	for _, m := range r.ByModel {
		cost := "price not known, so not in the cost"
		if m.Dollars != nil {
			cost = fmt.Sprintf("$%.2f", *m.Dollars)
		}
		line("", "%s: %d, %s million tokens in, %s million out, %s", m.Model, m.Calls.Calls, millions(m.InputTokens), millions(m.OutputTokens), cost)
	}
	line("function calls", "%d; %d throttled, %d failed", r.Functions.Calls, r.Functions.Throttled, r.Functions.Failed)
	line("uploads", "%d events, %d of them again; %d messages received, %d crashes, %d throttled, %d to the dead-letter queue",
		r.Delivery.Events, r.Delivery.Duplicates, r.Delivery.Received, r.Delivery.Crashes, r.Delivery.Throttled, r.Delivery.DeadLetter)
	line("cost", "$%.2f: models $%.2f, transitions $%.2f, functions $%.2f; $%.4f a document (prices of %s)",
		r.Cost.Total, r.Cost.Models, r.Cost.Transitions, r.Cost.Functions, r.Cost.PerDocument, r.Cost.PriceDate)
	for _, v := range r.Violations {
		line("VIOLATION", "%s", v)
	}
	if s := r.Shrunk; s != nil {
		line("shrunk to", "--seed %d --documents %d --faults %s", s.Seed, s.Documents, s.Faults)
		line("", "%s", s.Violation)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func millions(n float64) string {
	const few = 100e6
	if n < few {
		return fmt.Sprintf("%.2f", n/1e6)
	}
	return fmt.Sprintf("%.0f", n/1e6)
}

// effects are what is repeated, in words.
var effects = map[string]string{"modelCall": "call of a model", "result": "result", "record": "record of a failure", "notification": "message to the topic"}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 1
	}
	return a / b
}

func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d > time.Minute {
		return d.Round(time.Second).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

func sortedKeys(m map[string]int) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
