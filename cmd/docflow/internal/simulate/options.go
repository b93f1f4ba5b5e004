package simulate

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/bound"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/simulate/delivery"
	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// Options say what is simulated. Start from Defaults.
type Options struct {
	Machine *asl.Machine // its substitutions filled
	Name    string       // of the machine
	Input   value.Value  // of each execution; nil: what the trigger gives

	Seed      uint64
	Documents int
	Arrivals  Arrivals
	Poison    float64      // share of the documents that cannot be read
	Pages     Distribution // of a document
	ChunkSize float64      // pages
	MaxChunks int

	// RPM and TPM are the quotas of each model, requests and tokens a minute; 0: none. QuotaBurst is what can be used at once
	// after a pause, as time of the quota.
	RPM, TPM   float64
	QuotaBurst time.Duration
	// Gate makes the prompt function hand out the times of calls, as it does when it knows the quotas.
	Gate         bool
	InputTokens  Distribution // of a call
	OutputTokens Distribution
	ModelTime    Distribution // seconds

	ExtractTime  Distribution
	FunctionTime Distribution // of the other functions
	StorageTime  Distribution // of a request to S3, DynamoDB or another service
	Concurrency  int          // of functions, in the account; 0: no limit

	// StartRate and StartBurst are the quota of StartExecution, a second.
	StartRate, StartBurst float64
	// Trigger is how events come to the function that starts executions.
	Trigger delivery.Path
	// Triggers is, for a queue, how many batches of uploads are worked on at the same time: MaximumConcurrency of the queue's event source. More
	// than the quota of StartExecution has room for ends in the dead-letter queue.
	Triggers int

	Faults Faults
	Prices *bound.Prices

	// Progress, if not nil, is called now and then with the number of documents that are done and the time of the simulation.
	Progress func(done int, at time.Duration)
}

// Defaults are documents of some eight pages with the quotas of a new account in us-east-1.
func Defaults() Options {
	return Options{
		Name: "document-pipeline", Seed: 1, Documents: 1_000, Arrivals: Arrivals{"poisson", time.Hour},
		Poison: 0.01, Pages: Distribution{8, 120}, ChunkSize: 8, MaxChunks: 500,
		RPM: 200, TPM: 0, QuotaBurst: 10 * time.Second,
		InputTokens: Distribution{5_000, 9_000}, OutputTokens: Distribution{500, 1_500}, ModelTime: Distribution{6, 30},
		ExtractTime: Distribution{2, 30}, FunctionTime: Distribution{0.3, 2}, StorageTime: Distribution{0.03, 0.3},
		Concurrency: 1_000, StartRate: 300, StartBurst: 1_300, Trigger: delivery.Called, Triggers: 8, // https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
		Faults: Usual(), Prices: bound.DefaultPrices(),
	}
}

// Distribution is a lognormal one, by its median and its 99th percentile.
type Distribution struct{ Median, P99 float64 }

// ParseDistribution reads MEDIAN or MEDIAN/P99.
func ParseDistribution(text string) (Distribution, error) {
	median, p99, both := strings.Cut(text, "/")
	m, err := strconv.ParseFloat(median, 64)
	p := m
	if err == nil && both {
		p, err = strconv.ParseFloat(p99, 64)
	}
	if err != nil || m <= 0 || p < m || math.IsInf(p, 1) {
		return Distribution{}, fmt.Errorf("%q is no distribution: MEDIAN or MEDIAN/P99, such as 6/30", text)
	}
	return Distribution{m, p}, nil
}

func (d Distribution) String() string { return fmt.Sprintf("%g/%g", d.Median, d.P99) }

// p99 is the 99th percentile of the standard normal distribution.
const p99 = 2.3263478740408408

func (d Distribution) draw(r *rand.Rand) float64 {
	if d.P99 <= d.Median {
		return d.Median
	}
	return d.Median * math.Exp(math.Log(d.P99/d.Median)/p99*r.NormFloat64())
}

func (d Distribution) time(r *rand.Rand) time.Duration {
	return time.Duration(d.draw(r) * float64(time.Second))
}

// Arrivals is when the documents come.
type Arrivals struct {
	Kind string // once, even, poisson or monday
	Span time.Duration
}

// ParseArrivals reads "once", "even:1h", "poisson:1h" or "monday[:10h]".
func ParseArrivals(text string) (Arrivals, error) {
	kind, span, given := strings.Cut(text, ":")
	a := Arrivals{Kind: kind}
	known := slices.Contains([]string{"once", "even", "poisson", "monday"}, kind)
	switch {
	case known && !given && kind == "monday":
		a.Span = 10 * time.Hour
	case known && !given && kind != "once":
		a.Span = time.Hour
	case known && given && kind != "once":
		d, err := time.ParseDuration(span)
		if err == nil && d > 0 {
			a.Span = d
			return a, nil
		}
		known = false
	case given:
		known = false
	}
	if !known {
		return a, fmt.Errorf("%q are no arrivals: once, even:1h, poisson:1h or monday:10h", text)
	}
	return a, nil
}

func (a Arrivals) String() string {
	if a.Kind == "once" {
		return a.Kind
	}
	return a.Kind + ":" + a.Span.String()
}

// times gives the time of each of n documents, asked for in order.
func (a Arrivals) times(n int, seed uint64) func(i int) time.Duration {
	r := rand.New(rand.NewPCG(seed, 0xa881))
	mean := float64(a.Span) / float64(max(1, n))
	at := 0.0
	return func(i int) time.Duration {
		switch a.Kind {
		case "once":
			return 0
		case "even":
			return time.Duration(float64(i) * mean)
		case "monday":
			// Half of the day's documents wait since Friday or come in the first tenth of the day.
			if i < n/2 {
				at += r.ExpFloat64() * mean / 5
			} else {
				at += r.ExpFloat64() * mean * 9 / 5
			}
		default:
			at += r.ExpFloat64() * mean
		}
		return time.Duration(at)
	}
}

// Faults are what goes wrong, by the chance at each occasion.
type Faults struct {
	delivery.Faults

	ModelErrors      float64 `json:"modelErrors"`   // Bedrock answers 500
	ModelTimeouts    float64 `json:"modelTimeouts"` // Bedrock does not answer
	Unusable         float64 `json:"unusable"`      // an answer of a model has to be asked for again, where a function checks it
	FunctionErrors   float64 `json:"functionErrors"`
	FunctionTimeouts float64 `json:"functionTimeouts"`
	ServiceErrors    float64 `json:"serviceErrors"` // of S3, SNS, DynamoDB
	EffectLost       float64 `json:"effectLost"`    // a task did its work, and its answer was lost
	TaskCrash        float64 `json:"taskCrash"`     // a function's process dies, before or after its work
}

// Usual is an ordinary day.
func Usual() Faults {
	return Faults{
		Faults:      delivery.Faults{Duplicates: 0.01, Delay: time.Second, Together: 0.05, Redelivery: 0.001, CrashBefore: 0.0001, CrashAfter: 0.0001, Throttle: 0.001, LostAnswer: 0.0001},
		ModelErrors: 0.002, ModelTimeouts: 0.0005, Unusable: 0.01, FunctionErrors: 0.001, ServiceErrors: 0.001, EffectLost: 0.0001,
	}
}

// Rough is a bad day.
func Rough() Faults {
	return Faults{
		Faults: delivery.Rough(), ModelErrors: 0.03, ModelTimeouts: 0.005, Unusable: 0.05, FunctionErrors: 0.02, FunctionTimeouts: 0.002, ServiceErrors: 0.02,
		EffectLost: 0.01, TaskCrash: 0.002,
	}
}

// ParseFaults reads "none", "usual" or "rough", followed by NAME=VALUE for single ones, with commas between.
func ParseFaults(text string) (Faults, error) {
	f := Usual()
	for i, part := range strings.Split(text, ",") {
		name, v, set := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case set:
			if err := f.set(name, v); err != nil {
				return f, err
			}
		case i > 0:
			return f, fmt.Errorf("%q is no NAME=VALUE", part)
		case name == "none":
			f = Faults{}
		case name == "usual":
		case name == "rough":
			f = Rough()
		default:
			return f, fmt.Errorf("%q is none of none, usual, rough and NAME=VALUE; the names are %s", name, strings.Join(FaultNames(), ", "))
		}
	}
	return f, nil
}

func (f *Faults) set(name, text string) error {
	field, ok := f.fields()[name]
	if !ok {
		return fmt.Errorf("there is no fault %q; there are %s", name, strings.Join(FaultNames(), ", "))
	}
	if d, ok := field.Addr().Interface().(*time.Duration); ok {
		v, err := time.ParseDuration(text)
		if err != nil || v < 0 {
			return fmt.Errorf("%s is %q; it takes a time such as 5s", name, text)
		}
		*d = v
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || v >= 1 {
		return fmt.Errorf("%s is %q; it takes a share from 0 to below 1", name, text)
	}
	field.SetFloat(v)
	return nil
}

// fields are the settable faults by name.
func (f *Faults) fields() map[string]reflect.Value {
	all := map[string]reflect.Value{}
	var add func(v reflect.Value)
	add = func(v reflect.Value) {
		for i := range v.NumField() {
			if tag := v.Type().Field(i).Tag.Get("json"); tag != "" {
				all[tag] = v.Field(i)
			} else {
				add(v.Field(i))
			}
		}
	}
	add(reflect.ValueOf(f).Elem())
	return all
}

// FaultNames lists the names that ParseFaults takes.
func FaultNames() []string {
	var names []string
	for name := range new(Faults).fields() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// WrappedFaultNames is FaultNames as indented lines of at most width bytes.
func WrappedFaultNames(indent string, width int) string {
	var lines []string
	line := indent
	for i, name := range FaultNames() {
		if i > 0 {
			line += ", "
		}
		if len(line)+len(name) > width {
			lines, line = append(lines, strings.TrimRight(line, " ")), indent
		}
		line += name
	}
	return strings.Join(append(lines, line), "\n")
}

// String is what ParseFaults reads.
func (f Faults) String() string {
	parts := []string{"none"}
	fields := f.fields()
	for _, name := range FaultNames() {
		if v := fields[name]; !v.IsZero() {
			parts = append(parts, fmt.Sprintf("%s=%v", name, v.Interface()))
		}
	}
	return strings.Join(parts, ",")
}

// Mean is the distribution's mean.
func (d Distribution) Mean() float64 {
	sigma := math.Log(d.P99/d.Median) / p99
	return d.Median * math.Exp(sigma*sigma/2)
}

// Substitute fills the substitutions of a machine: with values, the bucket of results, models, and all others with their own names.
// model is what all models are; "": those of the template.
func Substitute(m *asl.Machine, values map[string]string, model string) {
	all := map[string]string{}
	for _, name := range asl.Holes(value.Text(m.Value())) {
		all[name] = name
		switch {
		case strings.HasSuffix(name, "ModelId"):
			all[name] = cmp.Or(model, defaultModel(name))
		case strings.HasSuffix(name, "Bucket"):
			all[name] = bucket
		case strings.HasSuffix(name, "Arn"):
			all[name] = "arn:aws:lambda:us-east-1:123456789012:function:" + strings.TrimSuffix(name, "Arn")
		}
		if v, ok := values[name]; ok {
			all[name] = v
		}
	}
	m.Substitute(all)
}

// defaultModel is what template.yaml has for a parameter.
func defaultModel(name string) string {
	if name == flows.SubAnalysisModel {
		return bedrock.DefaultGeography + "." + bedrock.DefaultAnalysisModel
	}
	return bedrock.DefaultGeography + "." + bedrock.DefaultSummaryModel
}
