package check

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/source"
	"github.com/docflow-asl/docflow/asl/value"
)

// The fault corpus: definitions of a realistic size. Each of those in faults/ has one defect that stood in somebody's definition, and
// each of those in good/ looks as if it had one. index.json tells of each what the defect is, where it is on record and what is
// to be found: all errors and warnings, by code and position. It was written from the defects, before the rules were run.
const (
	corpusDir   = "testdata/corpus"
	corpusIndex = corpusDir + "/index.json"
	corpusDay   = "2026-09-30" // as of which models are judged where an entry says nothing: the corpus does not change with the calendar
)

// corpusEntry is one definition, or one template with what it names.
type corpusEntry struct {
	File     string          `json:"file"`
	Kind     string          `json:"kind"`
	Defect   string          `json:"defect,omitempty"` // what is wrong
	Right    string          `json:"right,omitempty"`  // of a good one: what looks wrong and is not
	Source   string          `json:"source"`           // where the defect, or the rule that allows it, is on record
	Type     MachineType     `json:"type,omitempty"`
	AsOf     string          `json:"asOf,omitempty"`
	Input    json.RawMessage `json:"input,omitempty"` // an example of what executions get
	Findings []corpusFinding `json:"findings,omitempty"`
	Missed   string          `json:"missed,omitempty"` // why the checker does not judge it right yet
	Alarms   []corpusFinding `json:"alarms,omitempty"` // what it reports without cause, of a missed one
}

// corpusFinding is an error or a warning.
type corpusFinding struct {
	Code   string `json:"code"`
	File   string `json:"file,omitempty"` // where it is not the entry's
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

func (f corpusFinding) String() string {
	if f.File != "" {
		return fmt.Sprintf("%s:%d:%d %s", f.File, f.Line, f.Column, f.Code)
	}
	return fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Code)
}

func readCorpus(t *testing.T) []*corpusEntry {
	t.Helper()
	text, err := os.ReadFile(corpusIndex)
	if err != nil {
		t.Fatal(err)
	}
	var entries []*corpusEntry
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&entries); err != nil {
		t.Fatalf("%s: %v", corpusIndex, err)
	}
	return entries
}

// findings are the errors and warnings that the checker reports.
func (e *corpusEntry) findings(t *testing.T) []corpusFinding {
	t.Helper()
	name := corpusDir + "/" + e.File
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{Type: e.Type}
	if opts.AsOf, err = time.Parse(time.DateOnly, cmp.Or(e.AsOf, corpusDay)); err != nil {
		t.Fatal(err)
	}
	if e.Input != nil {
		example, err := value.Parse(string(e.Input))
		if err != nil {
			t.Fatal(err)
		}
		opts.Input = exampleShape(example)
	}
	var found []corpusFinding
	for i, r := range File(source.Find(name, text, os.ReadFile), opts) {
		for _, d := range r.Diagnostics {
			if d.Severity == Note && !slices.ContainsFunc(e.Findings, func(f corpusFinding) bool { return f.Code == d.Code }) {
				continue
			}
			f := corpusFinding{Code: d.Code, Line: d.Span.Start.Line, Column: d.Span.Start.Column}
			if i > 0 {
				f.File = strings.TrimPrefix(path.Clean(r.Document.Filename), corpusDir+"/")
			}
			found = append(found, f)
		}
	}
	slices.SortFunc(found, compareFindings)
	return found
}

func compareFindings(a, b corpusFinding) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Code, b.Code))
}

// exampleShape is what an example tells of all inputs: their members, and the types of what is in them, but no values.
func exampleShape(v value.Value) *shape.Shape {
	switch v := v.(type) {
	case *value.Object:
		var members []shape.Member
		for _, m := range v.Members() {
			members = append(members, shape.Member{Name: m.Name, Shape: exampleShape(m.Value)})
		}
		return shape.Object(members...)
	case *value.Array:
		var items []*shape.Shape
		for _, item := range v.Items() {
			items = append(items, exampleShape(item))
		}
		return shape.Array(shape.JoinAll(items))
	default:
		return shape.Of(shape.KindsOf(v.Kind()))
	}
}

// TestCorpus runs the checker over the corpus, and prints how many definitions of each kind are judged right. -update writes
// positions into the index where the codes are as expected; it never writes codes. What the checker does not judge right yet is marked in
// the index and counted as missed.
func TestCorpus(t *testing.T) {
	entries := readCorpus(t)
	type tally struct{ right, wrong, missed int }
	kinds := map[string]*tally{}
	seen := map[string]bool{corpusIndex: true}
	var faults, good int
	for _, e := range entries {
		seen[corpusDir+"/"+e.File] = true
		kind := "faults: " + e.Kind
		if e.Defect == "" {
			kind = "good: " + e.Kind
			good++
		} else {
			faults++
		}
		if len(e.Alarms) > 0 && e.Missed == "" {
			t.Errorf("%s: alarms without cause are told of in missed", e.File)
		}
		if (e.Defect == "") == (e.Right == "") || (e.Defect == "") != (len(e.Findings) == 0) || !strings.HasPrefix(e.Source, "https://") {
			t.Errorf("%s: an entry tells of a defect and its findings, or what is right, and of the source", e.File)
		}
		k := kinds[kind]
		if k == nil {
			k = &tally{}
			kinds[kind] = k
		}
		got := e.findings(t)
		for _, f := range append(slices.Clone(e.Findings), got...) {
			if f.File != "" {
				seen[corpusDir+"/"+f.File] = true
			}
		}
		if *update && slices.EqualFunc(e.Findings, got, func(a, b corpusFinding) bool { return a.Code == b.Code && a.File == b.File }) {
			e.Findings = got
		}
		unexpected := slices.DeleteFunc(slices.Clone(got), func(f corpusFinding) bool { return slices.Contains(e.Findings, f) })
		switch {
		case slices.Equal(e.Findings, got) && e.Missed == "":
			k.right++
		case slices.Equal(e.Findings, got):
			k.wrong++
			t.Errorf("%s is no longer missed (%s): drop the mark", e.File, e.Missed)
		case e.Missed != "" && slices.Equal(unexpected, e.Alarms):
			k.missed++
		default:
			k.wrong++
			t.Errorf("%s\n%s%s\nfound    %v\nexpected %v", e.File, e.Defect, e.Right, got, e.Findings)
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-36s %5s %5s %6s\n", "", "right", "wrong", "missed")
	var all tally
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		k := kinds[name]
		fmt.Fprintf(&table, "%-36s %5d %5d %6d\n", name, k.right, k.wrong, k.missed)
		all.right, all.wrong, all.missed = all.right+k.right, all.wrong+k.wrong, all.missed+k.missed
	}
	fmt.Fprintf(&table, "%-36s %5d %5d %6d", fmt.Sprintf("all %d faults and %d good", faults, good), all.right, all.wrong, all.missed)
	t.Logf("\n%s", table.String())
	if faults < 90 || good < 45 {
		t.Errorf("%d faults and %d good definitions are too few", faults, good)
	}
	for _, pattern := range []string{"*/*.*", "*/*/*.*"} {
		for _, file := range files(t, corpusDir+"/"+pattern) {
			if info, err := os.Stat(file); err == nil && !info.IsDir() && !seen[file] {
				t.Errorf("%s is not in the index", file)
			}
		}
	}
	if *update {
		writeCorpus(t, entries)
	}
}

// writeCorpus writes the index: a member a line, and a finding a line.
func writeCorpus(t *testing.T, entries []*corpusEntry) {
	t.Helper()
	one := func(v any) string {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(b.String())
	}
	var b strings.Builder
	b.WriteString("[\n")
	for i, e := range entries {
		var lines []string
		add := func(name string, v any, is bool) {
			if list, ok := v.([]corpusFinding); ok && is {
				var each []string
				for _, f := range list {
					each = append(each, "      "+one(f))
				}
				lines = append(lines, fmt.Sprintf("    %q: [\n%s\n    ]", name, strings.Join(each, ",\n")))
			} else if is {
				lines = append(lines, fmt.Sprintf("    %q: %s", name, one(v)))
			}
		}
		add("file", e.File, true)
		add("kind", e.Kind, true)
		add("defect", e.Defect, e.Defect != "")
		add("right", e.Right, e.Right != "")
		add("source", e.Source, true)
		add("type", e.Type, e.Type != "")
		add("asOf", e.AsOf, e.AsOf != "")
		add("input", e.Input, e.Input != nil)
		add("findings", e.Findings, len(e.Findings) > 0)
		add("missed", e.Missed, e.Missed != "")
		add("alarms", e.Alarms, len(e.Alarms) > 0)
		fmt.Fprintf(&b, "  {\n%s\n  }", strings.Join(lines, ",\n"))
		if i < len(entries)-1 {
			b.WriteString(",")
		}
		b.WriteString("\n")
	}
	b.WriteString("]\n")
	if err := os.WriteFile(corpusIndex, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
