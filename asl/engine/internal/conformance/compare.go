package conformance

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// Produced is the execution that is compared with a recorded one. Values are nil where it has none.
type Produced struct {
	Status        string
	Output        value.Value // a JSON text, as AWS gives it, or the value itself
	Error, Cause  value.Value
	History       []*value.Object // in the shape of GetExecutionHistory
	HistoryLoaded bool            // false when there is no history at all
}

// FromExecution makes a Produced of what the engine gives.
func FromExecution(x *engine.Execution) (*Produced, error) {
	p := &Produced{Status: string(x.Status), HistoryLoaded: true}
	if x.Output != nil {
		p.Output = value.String(value.Text(x.Output))
	}
	if x.Error != "" {
		p.Error = value.String(x.Error)
	}
	if x.Cause != "" {
		p.Cause = value.String(x.Cause)
	}
	for _, event := range x.History {
		data, err := json.Marshal(event)
		if err != nil {
			return nil, err
		}
		v, err := value.Parse(string(data))
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", event.ID, err)
		}
		p.History = append(p.History, v.(*value.Object))
	}
	return p, nil
}

// ParseProduced reads {"status", "output", "error", "cause", "history"}.
func ParseProduced(text string) (*Produced, error) {
	v, err := value.Parse(text)
	if err != nil {
		return nil, err
	}
	p := &Produced{Status: str(v, "status"), Output: present(v, "output"), Error: present(v, "error"), Cause: present(v, "cause")}
	if history := present(v, "history"); history != nil {
		p.History, p.HistoryLoaded = objects(history), true
	}
	return p, nil
}

// present is get for members of which null says that there is none.
func present(v value.Value, name string) value.Value {
	if m := get(v, name); m != (value.Null{}) {
		return m
	}
	return nil
}

// JSON is the produced execution in the form that ParseProduced reads.
func (p *Produced) JSON() string {
	list := []value.Member{{Name: "status", Value: value.String(p.Status)}}
	for _, m := range []value.Member{{Name: "output", Value: p.Output}, {Name: "error", Value: p.Error}, {Name: "cause", Value: p.Cause}} {
		if m.Value != nil {
			list = append(list, m)
		}
	}
	if p.HistoryLoaded {
		events := make([]value.Value, len(p.History))
		for i, e := range p.History {
			events[i] = e
		}
		list = append(list, value.Member{Name: "history", Value: value.NewArray(events...)})
	}
	return value.Indent(value.NewObject(list...))
}

// Verdict is the outcome of a comparison at one level.
type Verdict uint8

// The verdicts.
const (
	NotRecorded Verdict = iota
	Pass
	Fail
)

// Level is a verdict, and the reason of a Fail.
type Level struct {
	Verdict Verdict
	Reason  string
}

// Result is what a comparison gives.
type Result struct {
	Levels [3]Level // L1, L2, L3
	Exact  bool     // even the order within Parallel and Map is the recorded one
}

// Reason is the reason of the first level that failed, or empty.
func (r Result) Reason() string {
	for i, level := range r.Levels {
		if level.Verdict == Fail {
			return fmt.Sprintf("L%d: %s", i+1, level.Reason)
		}
	}
	return ""
}

// Missed is the result of a case that cannot even be compared.
func Missed(c *Case, reason string) Result {
	var r Result
	if c.Status != "" {
		r.Levels[0] = Level{Fail, reason}
	}
	if c.History != nil {
		r.Levels[1], r.Levels[2] = Level{Fail, reason}, Level{Fail, reason}
	}
	return r
}

// Options say how to compare.
type Options struct {
	SkipPaths bool // leave out what Case.SkipPaths names
}

// Compare compares an execution with the recorded one.
func Compare(c *Case, p *Produced, opts Options) Result {
	var r Result
	r.Levels[0] = compareEnd(c, p)
	if len(c.History) == 0 {
		return r
	}
	if !p.HistoryLoaded {
		r.Levels[1], r.Levels[2] = Level{Fail, "no history"}, Level{Fail, "no history"}
		return r
	}
	want, got := c.History, p.History
	if opts.SkipPaths && len(c.SkipPaths) > 0 {
		want, got = skip(want, c.SkipPaths), skip(got, c.SkipPaths)
	}
	judge := func(reason string) Level {
		switch {
		case reason != "":
			return Level{Fail, reason}
		case r.Levels[0].Verdict == Fail:
			return Level{Fail, "L1 failed"}
		}
		return Level{Pass, ""}
	}
	reason := compareSequence(want, got)
	r.Levels[1] = judge(reason)
	if reason != "" {
		r.Levels[2] = Level{Fail, "L2 failed"}
		return r
	}
	reason, r.Exact = compareDetails(want, got)
	r.Levels[2] = judge(reason)
	return r
}

// compareEnd is L1.
func compareEnd(c *Case, p *Produced) Level {
	if c.Status == "" {
		return Level{}
	}
	if p.Status != c.Status {
		return Level{Fail, fmt.Sprintf("status: want %s, got %s (%s: %s)", c.Status, p.Status, text(p.Error), clip(text(p.Cause)))}
	}
	b := bindings{}
	var reasons []string
	add := func(reason string) {
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	switch {
	case c.Output != nil:
		got := p.Output
		if s, ok := got.(value.String); ok {
			if v, err := value.Parse(string(s)); err == nil {
				got = v
			}
		}
		reason := b.diff(c.Output, got, "output", false)
		if reason != "" && b.clone().diff(c.OutputRecorded, p.Output, "output", false) != "" {
			add(reason)
		}
	case !empty(p.Output):
		add("output: want none")
	}
	for _, m := range []struct {
		name      string
		want, got value.Value
	}{{"error", c.Error, p.Error}, {"cause", c.Cause, p.Cause}} {
		switch {
		case m.want != nil && m.got == nil:
			add(fmt.Sprintf("%s: missing, want %s", m.name, clip(value.Text(m.want))))
		case m.want != nil:
			add(b.diff(m.want, m.got, m.name, true))
		case !empty(m.got):
			add(fmt.Sprintf("%s: want none, got %s", m.name, clip(value.Text(m.got))))
		}
	}
	if len(reasons) > 0 {
		return Level{Fail, strings.Join(reasons, "; ")}
	}
	return Level{Pass, ""}
}

func empty(v value.Value) bool { return v == nil || v == value.String("") }

// diff tells how a value differs from the recorded one, or nothing. Strings that hold JSON are compared as JSON. When strict, an
// integer differs from a number with a fraction or an exponent.
func (b bindings) diff(want, got value.Value, path string, strict bool) string {
	if got == nil {
		got = value.Null{}
	}
	differs := func() string {
		return fmt.Sprintf("%s: want %s, got %s", path, clip(value.Text(want)), clip(value.Text(got)))
	}
	wantText, wantIsText := want.(value.String)
	gotText, gotIsText := got.(value.String)
	switch {
	case wantIsText && gotIsText:
		if b.match(string(wantText), string(gotText)) {
			return ""
		}
		w, g := decode(want), decode(got)
		if w.Kind() != value.KindString && g.Kind() != value.KindString {
			return b.diff(w, g, path, strict)
		}
		return differs()
	case wantIsText:
		if anyText[string(wantText)] || onlyOne.MatchString(string(wantText)) {
			return ""
		}
		if w := decodeScalar(wantText); w.Kind() != value.KindString {
			return b.diff(w, got, path, strict)
		}
		return differs()
	case gotIsText:
		g := decode(got)
		if s, ok := g.(value.String); ok {
			g = decodeScalar(s)
		}
		if g.Kind() == value.KindString {
			return differs()
		}
		return b.diff(want, g, path, strict)
	}
	switch want := want.(type) {
	case *value.Object:
		if got, ok := got.(*value.Object); ok {
			return b.diffObjects(want, got, path, strict)
		}
	case *value.Array:
		got, ok := got.(*value.Array)
		if !ok {
			break
		}
		if want.Len() != got.Len() {
			return fmt.Sprintf("%s: want %d items, got %d", path, want.Len(), got.Len())
		}
		for i := range want.Items() {
			if reason := b.diff(want.At(i), got.At(i), fmt.Sprintf("%s[%d]", path, i), strict); reason != "" {
				return reason
			}
		}
		return ""
	case value.Number:
		if got, ok := got.(value.Number); ok && value.Equal(want, got) && (!strict || isInteger(want) == isInteger(got)) {
			return ""
		}
	default:
		if want == got {
			return ""
		}
	}
	return differs()
}

func (b bindings) diffObjects(want, got *value.Object, path string, strict bool) string {
	used := map[string]bool{}
	for _, m := range want.Members() {
		name := m.Name
		if !got.Has(name) {
			name = b.counterpart(name, got, used)
			if name == "" {
				return fmt.Sprintf("%s.%s: missing, want %s", path, m.Name, clip(value.Text(m.Value)))
			}
		}
		used[name] = true
		if m.Name == "timestamp" || m.Value == value.String("timestamp") && strings.Contains(strings.ToLower(m.Name), "timestamp") {
			continue
		}
		v, _ := got.Get(name)
		if reason := b.diff(m.Value, v, path+"."+m.Name, strict); reason != "" {
			return reason
		}
	}
	for _, name := range got.Names() {
		if !used[name] {
			return fmt.Sprintf("%s.%s: unexpected", path, name)
		}
	}
	return ""
}

// counterpart finds the member that a name with placeholders stands for.
func (b bindings) counterpart(name string, got *value.Object, used map[string]bool) string {
	if !placeholder.MatchString(name) {
		return ""
	}
	names := got.Names()
	i := slices.IndexFunc(names, func(n string) bool { return !used[n] && b.match(name, n) })
	if i < 0 {
		return ""
	}
	return names[i]
}

func isInteger(n value.Number) bool { return !strings.ContainsAny(string(n), ".eE") }

// decode replaces strings that hold a JSON object or array by what they hold, at every depth.
func decode(v value.Value) value.Value {
	switch v := v.(type) {
	case value.String:
		if t := strings.TrimSpace(string(v)); t != "" && (t[0] == '{' || t[0] == '[') {
			if parsed, err := value.Parse(string(v)); err == nil {
				return decode(parsed)
			}
		}
		return v
	case *value.Array:
		list := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			list[i] = decode(item)
		}
		return value.NewArray(list...)
	case *value.Object:
		list := make([]value.Member, v.Len())
		for i, m := range v.Members() {
			list[i] = value.Member{Name: m.Name, Value: decode(m.Value)}
		}
		return value.NewObject(list...)
	}
	return v
}

var scalar = regexp.MustCompile(`^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$`)

// decodeScalar replaces a string that holds any JSON by what it holds.
func decodeScalar(s value.String) value.Value {
	t := strings.TrimSpace(string(s))
	if t == "" || !strings.ContainsRune(`{["`, rune(t[0])) && !scalar.MatchString(t) {
		return s
	}
	if v, err := value.Parse(string(s)); err == nil {
		return v
	}
	return s
}

// clip shortens a text for a message.
func clip(text string) string {
	const most = 240
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
