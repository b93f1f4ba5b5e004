// Package metrics writes what the functions count as lines of log in CloudWatch's embedded metric format, of which CloudWatch
// makes metrics (Amazon CloudWatch user guide, "Specification: Embedded metric format"). No call of an API is made for it.
//
// Every metric is in the namespace docflow, with the dimension Pipeline; some are there a second time, by a second dimension.
package metrics

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"time"
)

// Namespace of all metrics.
const Namespace = "docflow"

// Dimensions. Each has few values: every combination of values is a metric that costs.
const (
	Pipeline = "Pipeline" // the name of the stack: every metric has it
	Status   = "Status"   // of a document: COMPLETE or PARTIAL
	Reason   = "Reason"   // why a document is in quarantine: an error that a function declares
)

// Names of the metrics. Those of a document are written once, by the function that wrote its result; what is done again
// because an answer was lost is not counted again.
const (
	Documents        = "Documents"        // with a result; also by Status
	Pages            = "Pages"            // of documents with a result
	Tokens           = "Tokens"           // in and out, of all answers of models, also of those that were asked for again
	InputTokens      = "InputTokens"      // …
	OutputTokens     = "OutputTokens"     // …
	Dollars          = "Dollars"          // US dollars for models; of documents whose models all have a known price
	Retries          = "Retries"          // answers beyond the first of their call: what was asked for again. Not tries of the state machine
	TruncatedAnswers = "TruncatedAnswers" // answers that were cut at their maximum of tokens
	Quarantined      = "Quarantined"      // documents that a function refused for good; also by Reason
	ExtractMillis    = "ExtractMillis"    // milliseconds to read a document and write its text, for each time that was done
)

// Unit is a unit of CloudWatch (Amazon CloudWatch API reference, MetricDatum).
type Unit string

// The units.
const (
	Count        Unit = "Count"
	Milliseconds Unit = "Milliseconds"
	None         Unit = "None"
)

// Metric is one value.
type Metric struct {
	Name  string
	Unit  Unit
	Value float64
	// By and ByValue are a second dimension, under which the value is counted too. May be empty.
	By, ByValue string
}

// MaxMetrics is how many metrics a line may have (the specification, "MetricDirective object").
const MaxMetrics = 100

// Emitter writes metrics of one pipeline. It may be used by several goroutines. A nil Emitter writes nothing.
type Emitter struct {
	// Pipeline is the value of that dimension.
	Pipeline string
	// Level is given to the lines. Lambda drops lines below the level that the function is set to, and takes those without one
	// for INFO (AWS Lambda developer guide, "Log-level filtering"): metrics have the level that is set.
	Level string
	Now   func() time.Time

	mu sync.Mutex
	w  io.Writer
}

// NewEmitter returns an emitter that writes lines to w.
func NewEmitter(w io.Writer, pipeline, level string) *Emitter {
	return &Emitter{Pipeline: pipeline, Level: level, Now: time.Now, w: w}
}

type definition struct {
	Name string
	Unit Unit `json:",omitempty"`
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type metadata struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []directive
}

// Emit writes one line with the metrics, and with properties: members that tell where the line comes from and are no metrics,
// such as the request id. Without metrics it writes nothing.
func (e *Emitter) Emit(metrics []Metric, properties map[string]string) error {
	if e == nil || len(metrics) == 0 {
		return nil
	}
	now := e.Now()
	line := map[string]any{}
	for name, value := range properties {
		line[name] = value
	}
	line["timestamp"], line["level"], line[Pipeline] = now.UTC().Format(time.RFC3339Nano), e.Level, e.Pipeline
	meta := metadata{Timestamp: now.UnixMilli()}
	if len(metrics) > MaxMetrics {
		return fmt.Errorf("%d metrics are too many for a line; the limit is %d", len(metrics), MaxMetrics)
	}
	for _, m := range metrics {
		if _, taken := line[m.Name]; taken || m.Name == "" {
			return fmt.Errorf("the name of the metric %q is taken or empty", m.Name)
		}
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			return fmt.Errorf("the metric %s is %v, which is no number of JSON", m.Name, m.Value)
		}
		line[m.Name] = m.Value
		dimensions := [][]string{{Pipeline}}
		if m.By != "" {
			if other, taken := line[m.By]; taken && other != m.ByValue || m.ByValue == "" {
				return fmt.Errorf("the dimension %s of the metric %s is %q; the line has %v", m.By, m.Name, m.ByValue, other)
			}
			line[m.By] = m.ByValue
			dimensions = append(dimensions, []string{Pipeline, m.By})
		}
		meta.add(dimensions, definition{m.Name, m.Unit})
	}
	line["_aws"] = meta
	data, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("metrics as JSON: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	_, err = e.w.Write(append(data, '\n'))
	return err
}

// add puts metrics with the same dimensions together.
func (m *metadata) add(dimensions [][]string, d definition) {
	for i := range m.CloudWatchMetrics {
		if at := &m.CloudWatchMetrics[i]; slices.EqualFunc(at.Dimensions, dimensions, slices.Equal) {
			at.Metrics = append(at.Metrics, d)
			return
		}
	}
	m.CloudWatchMetrics = append(m.CloudWatchMetrics, directive{Namespace, dimensions, []definition{d}})
}
