package conformance

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Case is one recorded execution. Values are nil where nothing was recorded.
type Case struct {
	File          string // base name
	ID            string
	Category      string
	Tier          string // A: no AWS at all; B: tasks are replayed; C: needs Objects; D: cannot be repeated for sure
	TierWhy       string
	Type          string // STANDARD or EXPRESS
	QueryLanguage string // JSONPath, JSONata or mixed
	Unconfirmed   bool   // nothing proves that it ran on AWS
	Notes         []string

	Definition value.Value
	Input      value.Value
	Names      map[string]string // what stands in the file for a placeholder of the recording

	Status         string // empty when the end was not recorded
	Output         value.Value
	OutputRecorded value.Value // as in the recording, with its placeholders
	Error          value.Value
	Cause          value.Value
	History        []*value.Object // with the events that the recording lost
	SkipPaths      []string

	Calls   []TaskCall
	Mocks   map[string][]Answer // by state, for calls that are not in Calls
	Objects []Object
}

// TaskCall is one recorded attempt at a task and its answer.
type TaskCall struct {
	State     string
	Input     value.Value // what the task was called with
	Submitted value.Value
	Answer    Answer
}

// Answer is how a task ended.
type Answer struct {
	Never  bool // it did not: it timed out
	Return value.Value
	Throw  *Throw
}

// Throw is a recorded failure; a nil field was not recorded.
type Throw struct {
	Error, Cause value.Value
}

// Object is an object in S3.
type Object struct {
	Bucket, Key, Body string
}

// LoadCases reads the cases in a folder, in the order of their names.
func LoadCases(dir string) ([]*Case, error) {
	var cases []*Case
	err := eachFile(dir, func(name string, o *value.Object) error {
		c, err := newCase(name, o)
		cases = append(cases, c)
		return err
	})
	return cases, err
}

// eachFile parses the JSON files of a folder, each of which holds an object.
func eachFile(dir string, do func(name string, o *value.Object) error) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no recordings in %s", dir)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		v, err := value.Parse(string(data))
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		o, ok := v.(*value.Object)
		if !ok {
			return fmt.Errorf("%s: not an object", file)
		}
		if err := do(filepath.Base(file), o); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func newCase(file string, o *value.Object) (*Case, error) {
	c := &Case{
		File: file, ID: str(o, "id"), Category: str(o, "category"), Tier: str(o, "tier"), TierWhy: str(o, "tier_why"),
		Type: str(o, "type"), QueryLanguage: str(o, "query_language"), Unconfirmed: has(o, "unconfirmed"),
		Notes: texts(get(o, "notes")), Definition: get(o, "definition"), Input: get(o, "input"), Names: map[string]string{},
		Status: str(o, "status"), Output: get(o, "output"), OutputRecorded: get(o, "output_recorded"),
		Error: get(o, "error"), Cause: get(o, "cause"), SkipPaths: texts(get(o, "skip_paths")),
	}
	if c.Definition == nil || c.Input == nil {
		return c, errors.New("no definition or no input")
	}
	if c.OutputRecorded == nil {
		c.OutputRecorded = c.Output
	}
	for _, m := range members(get(o, "concrete_map")) {
		c.Names[m.Name] = text(m.Value)
	}
	c.History = objects(get(o, "history"))
	c.restore(objects(get(o, "history_missing")))
	for _, call := range objects(get(o, "task_calls")) {
		c.Calls = append(c.Calls, newCall(call))
	}
	c.Mocks = newMocks(get(o, "mocks"))
	for _, r := range objects(get(o, "resources")) {
		if str(r, "op") == "s3.put_object" {
			c.Objects = append(c.Objects, Object{Bucket: str(r, "Bucket"), Key: str(r, "Key"), Body: str(r, "Body")})
		}
	}
	c.hideTokens()
	c.fillIn()
	return c, nil
}

// hideTokens puts the placeholders of task tokens back: the engine makes tokens of its own.
func (c *Case) hideTokens() {
	var pairs []string
	for name, text := range c.Names {
		if strings.HasPrefix(name, "<task_token:") {
			pairs = append(pairs, text, name)
		}
	}
	if len(pairs) == 0 {
		return
	}
	hide := strings.NewReplacer(pairs...).Replace
	for _, v := range []*value.Value{&c.Output, &c.OutputRecorded, &c.Error, &c.Cause} {
		*v = mapText(*v, hide)
	}
	for i, e := range c.History {
		c.History[i] = mapText(e, hide).(*value.Object)
	}
	for i := range c.Calls {
		call := &c.Calls[i]
		call.Input, call.Submitted, call.Answer = mapText(call.Input, hide), mapText(call.Submitted, hide), call.Answer.mapText(hide)
	}
	for _, answers := range c.Mocks {
		for i := range answers {
			answers[i] = answers[i].mapText(hide)
		}
	}
}

// fillIn gives the input a time where the recording hides one. The executions waited for it and succeeded.
func (c *Case) fillIn() {
	if c.Names["<timestamp>"] != "" && c.Status == "SUCCEEDED" {
		c.Input = mapText(c.Input, func(s string) string {
			if s == "timestamp" {
				return "2016-03-14T01:59:00Z"
			}
			return s
		})
	}
}

func (a Answer) mapText(f func(string) string) Answer {
	a.Return = mapText(a.Return, f)
	if a.Throw != nil {
		a.Throw = &Throw{Error: mapText(a.Throw.Error, f), Cause: mapText(a.Throw.Cause, f)}
	}
	return a
}

// mapText returns v with f applied to all strings in it, names excepted.
func mapText(v value.Value, f func(string) string) value.Value {
	switch v := v.(type) {
	case value.String:
		return value.String(f(string(v)))
	case *value.Array:
		list := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			list[i] = mapText(item, f)
		}
		return value.NewArray(list...)
	case *value.Object:
		list := make([]value.Member, v.Len())
		for i, m := range v.Members() {
			list[i] = value.Member{Name: m.Name, Value: mapText(m.Value, f)}
		}
		return value.NewObject(list...)
	}
	return v
}

// restore puts lost events back: each is {"before_id": …, "event": …}.
func (c *Case) restore(missing []*value.Object) {
	for _, m := range missing {
		event, ok := get(m, "event").(*value.Object)
		if !ok {
			continue
		}
		before := get(m, "before_id")
		at := slices.IndexFunc(c.History, func(e *value.Object) bool { return value.Equal(get(e, "id"), before) })
		if at < 0 {
			id, _ := number(event, "id")
			at = slices.IndexFunc(c.History, func(e *value.Object) bool {
				n, ok := number(e, "id")
				return ok && n > id
			})
		}
		if at < 0 {
			at = len(c.History)
		}
		c.History = slices.Insert(c.History, at, event)
	}
}

func newCall(o *value.Object) TaskCall {
	call := TaskCall{State: str(o, "state"), Submitted: get(o, "submitted"), Answer: newAnswer(o)}
	for _, name := range []string{"parameters", "input"} {
		if v := get(o, name); v != nil {
			call.Input = v
		}
	}
	return call
}

func newAnswer(o *value.Object) Answer {
	a := Answer{Return: get(o, "Return"), Never: get(o, "timeout") == value.Bool(true)}
	if t, ok := get(o, "Throw").(*value.Object); ok {
		a.Throw = &Throw{Error: get(t, "Error"), Cause: get(t, "Cause")}
	}
	return a
}

// newMocks reads a MockConfigFile of Step Functions Local that has one machine and one test case. The invocations are 0, 1, …
func newMocks(v value.Value) map[string][]Answer {
	mocks := map[string][]Answer{}
	for _, machine := range members(get(v, "StateMachines")) {
		for _, test := range members(get(machine.Value, "TestCases")) {
			for _, state := range members(test.Value) {
				for _, answer := range members(get(get(v, "MockedResponses"), text(state.Value))) {
					if o, ok := answer.Value.(*value.Object); ok {
						mocks[state.Name] = append(mocks[state.Name], newAnswer(o))
					}
				}
			}
		}
	}
	return mocks
}

// get returns a member, or nil when v is no object or has none of that name.
func get(v value.Value, name string) value.Value {
	if o, ok := v.(*value.Object); ok && o != nil {
		m, _ := o.Get(name)
		return m
	}
	return nil
}

func has(o *value.Object, name string) bool { return o.Has(name) }

// str returns a member that is a string, or else the empty string.
func str(v value.Value, name string) string { return text(get(v, name)) }

func text(v value.Value) string {
	s, _ := v.(value.String)
	return string(s)
}

// number returns a member that is an integer.
func number(o *value.Object, name string) (int64, bool) {
	if n, ok := get(o, name).(value.Number); ok {
		return n.Int()
	}
	return 0, false
}

func members(v value.Value) []value.Member {
	if o, ok := v.(*value.Object); ok {
		return o.Members()
	}
	return nil
}

func items(v value.Value) []value.Value {
	if a, ok := v.(*value.Array); ok {
		return a.Items()
	}
	return nil
}

func objects(v value.Value) []*value.Object {
	var list []*value.Object
	for _, item := range items(v) {
		if o, ok := item.(*value.Object); ok {
			list = append(list, o)
		}
	}
	return list
}

func texts(v value.Value) []string {
	var list []string
	for _, item := range items(v) {
		list = append(list, text(item))
	}
	return list
}

// Source is the JSON text of v as the recordings were made from: in one line, with a blank after each comma and colon. AWS
// passes on what nobody touches as it was written.
func Source(v value.Value) string {
	var b strings.Builder
	writeSource(&b, v)
	return b.String()
}

func writeSource(b *strings.Builder, v value.Value) {
	switch v := v.(type) {
	case *value.Object:
		b.WriteByte('{')
		for i, m := range v.Members() {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(value.Text(value.String(m.Name)) + ": ")
			writeSource(b, m.Value)
		}
		b.WriteByte('}')
	case *value.Array:
		b.WriteByte('[')
		for i, item := range v.Items() {
			if i > 0 {
				b.WriteString(", ")
			}
			writeSource(b, item)
		}
		b.WriteByte(']')
	default:
		b.WriteString(value.Text(v))
	}
}
