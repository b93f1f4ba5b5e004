package simulate

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/dynamodb"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/simulate/delivery"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/index"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/quota"
)

// world is what stands around the executions.
type world struct {
	o       *Options
	rng     *rand.Rand
	start   time.Time
	open    map[string]*document // by the name of the execution
	models  map[string]*model
	uploads *delivery.Model
	tables  dynamodb.Tables
	gate    *quota.Gate // nil: none
	now     time.Time   // of the request that the gate gets
	busy    running     // functions

	report  Report
	latency histogram
	fastest time.Duration
	seconds float64 // of functions
	records bool    // the definition records failures
	merges  bool    // … and merges analyses
	indexes bool    // … and lists what has no result in an index
}

// document is a document that is under way.
type document struct {
	number   int
	name     string // of its execution
	stored   time.Duration
	pages    int
	chunks   int
	poison   bool
	asked    map[uint64]*ask
	results  int
	recorded int
	refused  int // records that say that the document failed
	notified int
	index    *dynamodb.Tables       // the document's item of the index, if it has no result
	merges   bool                   // the definition merges analyses
	turns    map[string][]time.Time // of calls, by step
	admitted string                 // when its calls are to be prepared; empty: now
	// concurrency is how many of its calls may be made at the same time.
	concurrency int
}

// ask is one request to a model, however often it is made.
type ask struct {
	done    bool // the model has answered
	arrived bool // and the state machine knows
}

// model is a model with its quotas.
type model struct {
	requests, tokens           *tokenBucket
	requestLoad, tokenLoad     *load
	inputTokens, outputTokens  float64
	attempts, least, throttled int
	failed                     int
}

func (w *world) chance(p float64) bool { return p > 0 && w.rng.Float64() < p }

// arrive makes the document of an upload.
func (w *world) arrive(number int, name string, stored time.Duration) {
	r := rand.New(rand.NewPCG(w.o.Seed^0xd0c, uint64(number)))
	d := &document{number: number, name: name, stored: stored, merges: w.merges, poison: r.Float64() < w.o.Poison, concurrency: prompt.DefaultConcurrency}
	if w.gate != nil {
		d.concurrency = prompt.GatedConcurrency
	}
	d.pages = max(1, int(math.Round(w.o.Pages.draw(r))))
	d.chunks = min(w.o.MaxChunks, max(1, int(math.Ceil(float64(d.pages)/w.o.ChunkSize))))
	w.open[name] = d
}

// of finds the document of a call: that of its execution, or, in a child execution, that of the places it works on.
func (w *world) of(call *engine.Call) *document {
	if d := w.open[call.ExecutionName]; d != nil {
		return d
	}
	return w.inside(call.Input)
}

func (w *world) inside(v value.Value) *document {
	switch v := v.(type) {
	case value.String:
		return w.at(string(v))
	case *value.Object:
		for _, m := range v.Members() {
			if d := w.inside(m.Value); d != nil {
				return d
			}
		}
	case *value.Array:
		for _, item := range v.Items() {
			if d := w.inside(item); d != nil {
				return d
			}
		}
	}
	return nil
}

// at is the document of a place work/<execution name>/….
func (w *world) at(place string) *document {
	_, rest, ok := strings.Cut(place, "work/")
	if !ok {
		return nil
	}
	name, _, _ := strings.Cut(rest, "/")
	return w.open[name]
}

// Handle does the work of a task.
func (w *world) Handle(ctx context.Context, call *engine.Call) (value.Value, error) {
	d := w.of(call)
	if d == nil {
		d = &document{name: call.ExecutionName, chunks: 1, pages: 1}
	}
	resource := call.Resource
	switch {
	case strings.Contains(resource, ":states:::bedrock:invokeModel"), strings.Contains(resource, ":aws-sdk:bedrockruntime:"):
		return w.askModel(call, d)
	case strings.Contains(resource, ":states:::lambda:"):
		payload := member(call.Input, "Payload")
		answer, err := w.invoke(call, d, payload)
		if err != nil {
			return nil, err
		}
		return invoked(answer), nil
	case strings.Contains(resource, ":lambda:"):
		return w.invoke(call, d, call.Input)
	case strings.Contains(resource, "dynamodb:"):
		w.tables.Latency = w.o.StorageTime.time(w.rng)
		if w.chance(w.o.Faults.ServiceErrors) {
			call.Elapse(w.tables.Latency)
			return nil, &engine.TaskError{Name: "DynamoDb.InternalServerError", Cause: "Internal server error"}
		}
		tables := &w.tables
		if isListing(call) {
			if d.results > 0 {
				return nil, &engine.TaskError{Name: "DynamoDb.ConditionalCheckFailedException", Cause: "The conditional request failed: there is a result"}
			}
			if d.index == nil {
				d.index = &dynamodb.Tables{Schemas: []dynamodb.Schema{dynamodb.IndexSchema(text(member(call.Input, "TableName")))}}
			}
			tables, d.index.Latency = d.index, w.tables.Latency
		}
		answer, err := tables.Handle(ctx, call)
		if err == nil && w.chance(w.o.Faults.EffectLost) {
			return nil, &engine.TaskError{Name: "DynamoDb.SdkClientException", Cause: "the answer was lost"}
		}
		return answer, err
	}
	return w.request(call, d)
}

// isListing tells whether a call lists what has no result in the index. Its item is kept as long as the document is under way: those
// of a million would not fit.
func isListing(call *engine.Call) bool {
	return strings.HasSuffix(call.Resource, ":putItem") && member(call.Input, "Item", index.Shard) != nil
}

func member(v value.Value, path ...string) value.Value {
	for _, name := range path {
		o, ok := v.(*value.Object)
		if !ok {
			return nil
		}
		v, _ = o.Get(name)
	}
	return v
}

func text(v value.Value) string {
	s, _ := v.(value.String)
	return string(s)
}

// askModel is a call of a model.
func (w *world) askModel(call *engine.Call, d *document) (value.Value, error) {
	prefix := "Bedrock."
	if strings.Contains(call.Resource, "aws-sdk") {
		prefix = "BedrockRuntime."
	}
	fail := func(after time.Duration, name string) (value.Value, error) {
		call.Elapse(after)
		return nil, &engine.TaskError{Name: prefix + name, Cause: "simulated (Service: BedrockRuntime)"}
	}
	m := w.model(text(member(call.Input, "ModelId")))
	place := text(member(call.Input, "Output", "S3Uri"))
	if place == "" {
		place = call.State + value.Compact(call.Input)
	}
	key, input, output := w.size(d, place)
	m.attempts++
	a := d.asked[key]
	if a == nil {
		if d.asked == nil {
			d.asked = map[uint64]*ask{}
		}
		a = &ask{}
		d.asked[key] = a
		m.least++
		m.requestLoad.add(d.stored, 1)
		m.tokenLoad.add(d.stored, input+output)
	}
	switch {
	case a.arrived:
		w.violation(&w.report.Twice, "document %d: %s asks a model again for what it had answered", d.number, call.State)
	case a.done:
		w.report.Repeated["modelCall"]++
	}
	if !m.requests.has(call.Now, 1) || !m.tokens.has(call.Now, input+output) {
		m.throttled++
		return fail(100*time.Millisecond, "ThrottlingException")
	}
	m.requests.take(1)
	m.tokens.take(input + output)
	f := &w.o.Faults
	if w.chance(f.ModelErrors) {
		m.failed++
		return fail(w.o.ModelTime.time(w.rng)/2, "InternalServerException")
	}
	if w.chance(f.ModelTimeouts) {
		m.failed++
		return w.silence(call, "ModelTimeoutException", prefix)
	}
	m.inputTokens += input
	m.outputTokens += output
	a.done = true
	took := w.o.ModelTime.time(w.rng)
	if w.chance(f.EffectLost) || call.TimeoutSeconds > 0 && took > time.Duration(call.TimeoutSeconds)*time.Second {
		return w.silence(call, "ModelTimeoutException", prefix)
	}
	a.arrived = true
	call.Elapse(took)
	if place := member(call.Input, "Output"); place != nil {
		return members("Body", text(member(place, "S3Uri")), "ContentType", "application/json"), nil
	}
	return modelAnswer, nil
}

// size is the key of the request for a response, and its tokens: the same request has the same size.
func (w *world) size(d *document, place string) (key uint64, input, output float64) {
	h := fnv.New64a()
	_, _ = io.WriteString(h, place) // takes everything
	key = h.Sum64()
	r := rand.New(rand.NewPCG(w.o.Seed, key^uint64(d.number)))
	return key, w.o.InputTokens.draw(r), w.o.OutputTokens.draw(r)
}

// silence is no answer until the task's time is up.
func (w *world) silence(call *engine.Call, name, prefix string) (value.Value, error) {
	if call.TimeoutSeconds > 0 {
		return nil, engine.ErrNoAnswer
	}
	call.Elapse(time.Hour)
	return nil, &engine.TaskError{Name: prefix + name, Cause: "simulated"}
}

func (w *world) model(id string) *model {
	m := w.models[id]
	if m == nil {
		width := max(time.Second, w.o.Arrivals.Span/2_048)
		m = &model{
			requests: newBucket(w.o.RPM, w.o.QuotaBurst), tokens: newBucket(w.o.TPM, w.o.QuotaBurst),
			requestLoad: &load{width: width}, tokenLoad: &load{width: width},
		}
		w.models[id] = m
	}
	return m
}

// invoke is a call of a function.
func (w *world) invoke(call *engine.Call, d *document, payload value.Value) (value.Value, error) {
	f := &w.o.Faults
	fail := func(name, cause string) (value.Value, error) {
		return nil, &engine.TaskError{Name: name, Cause: cause}
	}
	if w.o.Concurrency > 0 && w.busy.at(call.Now) >= w.o.Concurrency {
		w.report.Functions.Throttled++
		call.Elapse(50 * time.Millisecond)
		return fail("Lambda.TooManyRequestsException", "Rate Exceeded.")
	}
	w.report.Functions.Calls++
	r := roleOf(payload)
	took := w.o.FunctionTime.time(w.rng)
	if r == extracting {
		took = w.o.ExtractTime.time(w.rng)
	}
	const most = 15 * time.Minute
	slow := w.chance(f.FunctionTimeouts)
	if slow {
		took = most
	}
	if call.TimeoutSeconds > 0 {
		took = min(took, time.Duration(call.TimeoutSeconds)*time.Second)
	}
	took = min(took, most)
	call.Elapse(took)
	w.busy.add(call.Now.Add(took))
	w.seconds += took.Seconds()
	switch {
	case slow:
		w.report.Functions.Failed++
		return fail("Sandbox.Timedout", "Task timed out")
	case w.chance(f.FunctionErrors):
		w.report.Functions.Failed++
		return fail("Lambda.ServiceException", "simulated")
	case w.chance(f.TaskCrash / 2):
		w.report.Functions.Failed++
		return fail("Runtime.ExitError", "the process died before its work")
	}
	if r == extracting && w.o.Input == nil {
		if err := w.uploads.Read(call.Now.Sub(w.start), d.name, []byte(value.Compact(payload))); err != nil {
			return fail(failure.Name(err), failure.Message(err))
		}
	}
	if d.poison && r == extracting {
		return fail("CorruptDocument", "the document cannot be read (simulated)")
	}
	usable := r != checking || !w.chance(f.Unusable)
	if err := w.schedule(call, d, r, payload, usable); err != nil {
		return nil, err
	}
	if r == combining {
		if d.results > 0 {
			w.report.Repeated["result"]++
		}
		d.results++
	}
	switch {
	case w.chance(f.EffectLost):
		w.report.Functions.Failed++
		return fail("Lambda.ServiceException", "the answer was lost")
	case w.chance(f.TaskCrash / 2):
		w.report.Functions.Failed++
		return fail("Runtime.ExitError", "the process died after its work")
	}
	return d.answer(r, payload, usable), nil
}

// request is a call of any other service.
func (w *world) request(call *engine.Call, d *document) (value.Value, error) {
	call.Elapse(w.o.StorageTime.time(w.rng))
	service := strings.ToUpper(call.Resource[:strings.LastIndexByte(call.Resource, ':')])
	service = service[strings.LastIndexByte(service, ':')+1:]
	name := map[string]string{"S3": "S3.S3Exception", "SNS": "Sns.InternalErrorException"}[service]
	if name == "" {
		name = "States.TaskFailed"
	}
	if w.chance(w.o.Faults.ServiceErrors) {
		return nil, &engine.TaskError{Name: name, Cause: "simulated"}
	}
	switch {
	case strings.HasSuffix(call.Resource, ":putObject") && strings.HasPrefix(text(member(call.Input, "Key")), "quarantine/"):
		if d.recorded > 0 {
			w.report.Repeated["record"]++
		}
		d.recorded++
		if status := text(member(call.Input, "Body", "status")); status != "UNFINISHED" { // else the work goes on
			d.refused++
		}
	case service == "SNS":
		if d.notified > 0 {
			w.report.Repeated["notification"]++
		}
		d.notified++
	}
	if w.chance(w.o.Faults.EffectLost) {
		return nil, &engine.TaskError{Name: name, Cause: "the answer was lost"}
	}
	return noMembers, nil
}

// ended takes an execution that has ended.
func (w *world) ended(x *engine.Execution) {
	d := w.open[x.Name]
	if d == nil {
		return
	}
	delete(w.open, x.Name)
	w.uploads.End(x.Name)
	r := &w.report
	r.Ended++
	stored := w.start.Add(d.stored)
	w.latency.add(x.StopTime.Sub(stored))
	unanswered := 0
	for _, a := range d.asked {
		if !a.arrived {
			unanswered++
		}
	}
	switch {
	case x.Status == engine.Succeeded && unanswered > 0:
		r.Partial++
	case x.Status == engine.Succeeded:
		r.Complete++
	case x.Error == "DocumentQuarantined":
		r.Quarantined++
	default:
		r.Failed++
		r.fail(x)
	}
	if x.Status == engine.Succeeded {
		w.fastest = min(w.fastest, x.StopTime.Sub(stored))
	} else if w.records && d.recorded == 0 {
		w.violation(&r.Lost, "document %d: the execution %s is %s without a record (%s %.200s)", d.number, x.Name, x.Status, x.Error, x.Cause)
	}
	if d.results > 0 && d.refused > 0 {
		r.Both++
	}
	if w.indexes && d.results == 0 && d.index == nil {
		r.Unlisted++
	}
	if w.o.Progress != nil && r.Ended%1_000 == 0 {
		w.o.Progress(r.Ended, x.StopTime.Sub(w.start))
	}
}

func (w *world) violation(counter *int, format string, args ...any) {
	*counter++
	if len(w.report.Violations) < mostViolations {
		w.report.Violations = append(w.report.Violations, fmt.Sprintf(format, args...))
	}
}

// mostViolations bounds Report.Violations.
const mostViolations = 20

// lists are the lists of calls that distributed Maps read. What they write goes nowhere.
type lists struct{ w *world }

var _ mapdata.Objects = lists{}

func (l lists) Get(_ context.Context, ref mapdata.ObjectRef) (*mapdata.Object, error) {
	d := l.w.at(ref.Key)
	if d == nil {
		d = &document{name: "unknown", chunks: 1}
	}
	list := []byte(value.Compact(value.NewArray(d.listAt(ref.Key)...)))
	return &mapdata.Object{
		ObjectInfo: mapdata.ObjectInfo{Key: ref.Key, ETag: `"simulated"`, Size: int64(len(list))},
		Body:       io.NopCloser(bytes.NewReader(list)),
	}, nil
}

func (l lists) List(context.Context, mapdata.ListInput) iter.Seq2[mapdata.ObjectInfo, error] {
	return func(func(mapdata.ObjectInfo, error) bool) {}
}

func (l lists) Put(_ context.Context, _, _ string, body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	return err
}
