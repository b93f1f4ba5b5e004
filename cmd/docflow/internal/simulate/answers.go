package simulate

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/tasks/quota"
)

// The answers of the functions. Their members are those that our definitions read; a definition that is not ours finds them by the
// same names or fails. They are no Go types of tasks/…, so that definitions of several versions run.

const bucket = "results"

// role is what a function is for, told by what it gets.
type role uint8

const (
	extracting role = iota
	preparing       // of calls
	checking        // of an answer
	combining
)

func roleOf(payload value.Value) role {
	o, ok := payload.(*value.Object)
	if !ok {
		return combining // the output of a Parallel
	}
	if step, ok := o.Get("step"); ok {
		if step == value.String("check") {
			return checking
		}
		return preparing
	}
	if o.Has("manifest") {
		return combining
	}
	return extracting
}

var (
	okStatus  = value.Member{Name: "StatusCode", Value: value.Int(200)}
	noMembers = value.NewObject()
	noItems   = value.NewArray()
)

// invoked is the result of lambda:invoke.
func invoked(payload value.Value) value.Value {
	return value.NewObject(value.Member{Name: "ExecutedVersion", Value: value.String("$LATEST")}, value.Member{Name: "Payload", Value: payload}, okStatus)
}

func members(pairs ...any) *value.Object {
	list := make([]value.Member, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		m := value.Member{Name: pairs[i].(string)}
		switch v := pairs[i+1].(type) {
		case string:
			m.Value = value.String(v)
		case int:
			m.Value = value.Int(v)
		case value.Value:
			m.Value = v
		}
		list = append(list, m)
	}
	return value.NewObject(list...)
}

// answer is what a function says of a document. usable is what one says that checks an answer of a model.
func (d *document) answer(r role, payload value.Value, usable bool) value.Value {
	place := func(name string) value.Value { return members("bucket", bucket, "key", "work/"+d.name+"/"+name) }
	switch r {
	case extracting:
		return members(
			"extractedText", "text", "fence", "document", "chunkCount", d.chunks, "warnings", noItems, "manifest", place("manifest.json"),
			"document", members(
				"bucket", "uploads", "key", "in/document.pdf", "name", "document.pdf", "format", "pdf", "pages", d.pages,
				"characters", 2_000*d.pages, "bytes", 50_000*d.pages, "sha256", strings.Repeat("0", 64),
			),
		)
	case preparing:
		o := payload.(*value.Object)
		if step, _ := o.Get("step"); step == value.String("analysis") {
			if d.admitted != "" {
				return members("notBefore", d.admitted)
			}
			items := noItems
			if d.chunks <= mostInline {
				items = value.NewArray(d.calls()...)
			}
			answer := members("analysis", value.NewArray(d.calls()...), "calls", place("calls/analysis.json"), "count", d.chunks, "concurrency", d.concurrency)
			if items.Len() > 0 {
				answer = answer.With("items", items)
			}
			return answer
		}
		if level := levelOf(payload); d.merged(level) {
			return members("calls", place(mergeStep(level+1)+"/calls.json"), "count", d.parts(level+1), "concurrency", d.concurrency)
		}
		return members("summary", d.call("summary", 0), "sentiment", d.call("sentiment", 0), "keywords", d.call("keywords", 0))
	case checking:
		request := text(member(payload, "request"))
		if !usable {
			return members("status", "REPAIR", "request", request+".again", "response", request+".again.response")
		}
		return members("status", "USABLE", "request", request, "response", request)
	}
	return members(
		"status", "COMPLETE", "missing", noItems, "usage", members("inputTokens", 0, "outputTokens", 0), "models", noItems,
		"result", members("bucket", bucket, "key", "results/in/document.pdf/"+d.name+".json"),
	)
}

// mostInline is how many calls a preparing function lists in its answer.
const mostInline = 40

// How analyses are merged that are too many to be read at once: in groups, and these again.
const (
	fitting    = 40
	group      = 20
	mostLevels = 2
)

func mergeStep(level int) string { return fmt.Sprint("merge", level) }

func levelOf(payload value.Value) int {
	n, _ := member(payload, "level").(value.Number)
	level, _ := n.Int()
	return int(level)
}

// parts are the answers of a level: 0 is that of the chunks.
func (d *document) parts(level int) int {
	n := d.chunks
	for range level {
		n = (n + group - 1) / group
	}
	return n
}

// merged tells whether the answers of a level are too many to be read at once.
func (d *document) merged(level int) bool {
	return d.merges && level < mostLevels && d.parts(level) > fitting
}

// calls are the calls about the chunks.
func (d *document) calls() []value.Value { return d.list("analysis", d.chunks) }

// listAt is the list of calls of a place such as work/…/merge1/calls.json.
func (d *document) listAt(key string) []value.Value {
	for level := 1; level <= mostLevels; level++ {
		if step := mergeStep(level); strings.Contains(key, "/"+step+"/") {
			return d.list(step, d.parts(level))
		}
	}
	return d.calls()
}

func (d *document) list(step string, n int) []value.Value {
	all := make([]value.Value, n)
	for i := range all {
		all[i] = d.call(step, i)
	}
	return all
}

func (d *document) call(step string, i int) value.Value {
	place := d.place(step, i)
	call := members("index", i, "request", "s3://"+bucket+"/"+place+".request.json", "response", "s3://"+bucket+"/"+place+".response.json", "error", place+".error.json")
	if turns := d.turns[step]; i < len(turns) {
		if at := quota.Timestamp(turns[i]); at != "" {
			return call.With("notBefore", value.String(at))
		}
	}
	return call
}

func (d *document) place(step string, i int) string {
	return fmt.Sprintf("work/%s/%s/%04d", d.name, step, i)
}

// modelAnswer is the result of a call of a model whose answer stands in the state.
var modelAnswer = members("ContentType", "application/json", "Body", members(
	"id", "msg_simulated", "type", "message", "role", "assistant", "stop_reason", "end_turn",
	"content", value.NewArray(members("type", "text", "text", "simulated")), "usage", members("input_tokens", 0, "output_tokens", 0),
))
