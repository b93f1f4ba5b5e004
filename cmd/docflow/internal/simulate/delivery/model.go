package delivery

import (
	"container/heap"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/docflow-asl/docflow/tasks/trigger"
)

// Start is an execution that was started.
type Start struct {
	At     time.Duration // after the start of the model
	Name   string
	Input  string // JSON
	Upload int    // the number of the upload that it is for, from 0
	Stored time.Duration
}

// Report is what came of the uploads.
type Report struct {
	Uploads    int `json:"uploads"`
	Started    int `json:"started"`
	Events     int `json:"events"` // as S3 sent them
	Duplicates int `json:"duplicates"`
	Messages   int `json:"messages"`
	Received   int `json:"received"` // messages, with those that came again
	Crashes    int `json:"crashes"`
	Throttled  int `json:"throttled"`
	DeadLetter int `json:"deadLetter"` // messages that were moved there
	Discarded  int `json:"discarded"`  // broken messages, which somebody took out of the dead-letter queue

	// What executions found at the place of their upload.
	Processed int `json:"processed"` // its content
	Replaced  int `json:"replaced"`  // that of another upload, which has an execution of its own
	Deleted   int `json:"deleted"`   // nothing

	// Lost counts what was not done, Twice what was done twice or for the wrong upload; Violations says what, of the first
	// MaxViolations.
	Lost       int      `json:"lost"`
	Twice      int      `json:"twice"`
	Violations []string `json:"violations"`
}

// MaxViolations bounds Report.Violations.
const MaxViolations = 20

// Model is one run.
type Model struct {
	o       Options
	rng     *rand.Rand
	sources []source
	now     time.Duration
	seq     uint64
	agenda  agenda
	visible []*message
	busy    int
	dead    []*message
	redrive bool // is planned

	groups map[place]*group
	// executions are those that run, by name.
	executions map[string]*execution
	objects    map[key]*object
	names      map[string]bool // all, with KeepNames
	recent     []place         // keys to overwrite
	uploads    int
	versions   uint64
	pending    []*message // whose messages may take another event
	tokens     float64
	tokensAt   time.Duration

	handler *trigger.Handler
	yield   func(Start) bool
	stopped bool
	local   time.Duration // within an invocation
	arn     string
	Report  Report
}

// place is what an execution is for, as far as its input tells: without a version there may be several uploads.
type place struct{ bucket, key, version string }

// group is the uploads to a place that still have events or executions under way.
type group struct {
	flight  int // copies of their events
	open    int // executions
	uploads []upload
	names   map[string]bool
	ended   []ended
}

type upload struct {
	number  int
	stored  time.Duration
	etag    string
	started bool
}

// start takes the upload that an execution is for: where the input does not tell, the oldest that has none.
func (g *group) start(etag string) upload {
	found := -1
	for i := range g.uploads {
		if u := &g.uploads[i]; !u.started && (found < 0 || u.etag == etag && g.uploads[found].etag != etag) {
			found = i
		}
	}
	if found < 0 { // one execution too many
		return g.uploads[len(g.uploads)-1]
	}
	g.uploads[found].started = true
	return g.uploads[found]
}

// New makes a model. handler is the function to try; its SFN is replaced by the model's.
func New(o Options, handler trigger.Handler) *Model {
	m := &Model{
		o: o.withDefaults(), rng: rand.New(rand.NewPCG(o.Seed, 0x5dee7)), groups: map[place]*group{}, objects: map[key]*object{},
		executions: map[string]*execution{}, sources: o.Path.sources(),
		tokens: o.StartBurst, arn: handler.StateMachineARN,
	}
	if o.KeepNames {
		m.names = map[string]bool{}
	}
	handler.SFN = stepFunctions{m}
	if o.Wrap != nil {
		handler.SFN = o.Wrap(handler.SFN)
	}
	if handler.Log == nil {
		handler.Log = slog.New(slog.DiscardHandler)
	}
	m.handler = &handler
	return m
}

// Starts runs the model, and gives the executions as they start. It can be called once.
func (m *Model) Starts() iter.Seq[Start] {
	return func(yield func(Start) bool) {
		m.yield = yield
		m.nextUpload()
		for len(m.agenda) > 0 && !m.stopped {
			item := heap.Pop(&m.agenda).(appointment)
			m.now = max(m.now, item.at)
			item.do()
		}
		if !m.stopped {
			m.close()
		}
	}
}

// Run runs the model to its end.
func (m *Model) Run() Report {
	for range m.Starts() { // all are counted
	}
	return m.Report
}

func (m *Model) chance(p float64) bool { return p > 0 && m.rng.Float64() < p }

func (m *Model) after(d time.Duration, do func()) {
	m.seq++
	heap.Push(&m.agenda, appointment{m.now + max(0, d), m.seq, do})
}

// appointment is something that happens at a time.
type appointment struct {
	at  time.Duration
	seq uint64
	do  func()
}

type agenda []appointment

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].seq < a[j].seq
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(appointment)) }
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = appointment{}
	*a = old[:len(old)-1]
	return last
}

// nextUpload plans the next upload.
func (m *Model) nextUpload() {
	i := m.uploads
	if i == m.o.Uploads {
		return
	}
	m.uploads++
	var at time.Duration
	if m.o.Arrivals != nil {
		at = m.o.Arrivals(i)
	} else {
		at = m.now + time.Duration(m.rng.ExpFloat64()*float64(m.o.Mean))
	}
	m.after(at-m.now, func() {
		m.store(i)
		m.nextUpload()
	})
}

// close is the end: what is still under way is lost.
func (m *Model) close() {
	for p, g := range m.groups {
		if g.flight > 0 {
			m.check(p, g)
			m.lost("%d events of %v never left the queues", g.flight, p)
		}
	}
}

func sorted(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }

// check compares a place that no events are left of with what was started for it.
func (m *Model) check(p place, g *group) {
	const what = "%d uploads to s3://%s/%s (version %q), but %d executions"
	switch n := len(g.uploads); {
	case n > len(g.names):
		m.lost(what, n, p.bucket, p.key, p.version, len(g.names))
	case n < len(g.names):
		m.twice(what, n, p.bucket, p.key, p.version, len(g.names))
	}
}

func (m *Model) lost(format string, args ...any) {
	m.Report.Lost++
	m.violation(format, args...)
}

func (m *Model) twice(format string, args ...any) {
	m.Report.Twice++
	m.violation(format, args...)
}

func (m *Model) violation(format string, args ...any) {
	if len(m.Report.Violations) < MaxViolations {
		m.Report.Violations = append(m.Report.Violations, fmt.Sprintf(format, args...))
	}
}

// invoke gives a batch to the function. It returns the messages that failed, or false when all did.
func (m *Model) invoke(batch []*message) (failed map[string]bool, ok bool) {
	result, ok := m.call(m.payload(batch))
	failed = map[string]bool{}
	for _, f := range result.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	return failed, ok
}

// call calls the function. It returns false when that failed, or its process died.
func (m *Model) call(payload json.RawMessage) (result trigger.Result, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, died := p.(crash); !died {
				panic(p)
			}
			m.Report.Crashes++
			ok = false
		}
	}()
	m.local = m.now
	result, err := m.handler.Handle(context.Background(), payload)
	return result, err == nil
}

func (m *Model) payload(batch []*message) json.RawMessage {
	type record struct {
		MessageID     string `json:"messageId"`
		ReceiptHandle string `json:"receiptHandle"`
		Body          string `json:"body"`
		EventSource   string `json:"eventSource"`
	}
	var in struct{ Records []record }
	for _, msg := range batch {
		in.Records = append(in.Records, record{msg.id, fmt.Sprint(msg.id, "/", msg.receives), msg.body(), "aws:sqs"})
	}
	text, err := json.Marshal(in)
	if err != nil {
		panic(err) // strings only
	}
	return text
}
