package mapdata

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

const benchItems = 100_000

func benchRead(b *testing.B, resource string, m *Memory, config Config) {
	b.Helper()
	src := Source{Resource: resource, Parameters: value.MustParse(`{"Bucket": "b", "Key": "k"}`), Config: config}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range Read(b.Context(), m, src) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != benchItems {
			b.Fatal(n)
		}
	}
}

func BenchmarkReadCSV(b *testing.B) {
	var text strings.Builder
	text.WriteString("userId,movieId,rating,timestamp\n")
	for i := range benchItems {
		fmt.Fprintf(&text, "%d,%d,3.5,\"1256677221, or so\"\n", i, i*7)
	}
	m := &Memory{}
	m.Store("b", "k", []byte(text.String()))
	b.SetBytes(int64(text.Len()))
	benchRead(b, getObject, m, Config{InputType: "CSV"})
}

func benchJSON(open, between, end string) *Memory {
	var text strings.Builder
	text.WriteString(open)
	for i := range benchItems {
		if i > 0 {
			text.WriteString(between)
		}
		fmt.Fprintf(&text, `{"verdict": "mostly-true", "statement_date": "5/18/2016", "n": %d, "tags": ["a", "b"]}`, i)
	}
	text.WriteString(end)
	m := &Memory{}
	m.Store("b", "k", []byte(text.String()))
	return m
}

func BenchmarkReadJSON(b *testing.B) {
	benchRead(b, getObject, benchJSON("[", ", ", "]"), Config{InputType: "JSON"})
}

func BenchmarkReadJSONL(b *testing.B) {
	benchRead(b, getObject, benchJSON("", "\n", "\n"), Config{InputType: "JSONL"})
}

func BenchmarkList(b *testing.B) {
	m := &Memory{}
	for i := range benchItems {
		m.Store("b", fmt.Sprintf("prefix/%06d.json", i), nil)
	}
	benchRead(b, listObjectsV2, m, Config{})
}

func BenchmarkBatches(b *testing.B) {
	items := make([]value.Value, benchItems)
	for i := range items {
		items[i] = value.MustParse(fmt.Sprintf(`{"verdict":"true","n":%d}`, i))
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range (Batcher{MaxItems: 100}).Batches(slices.Values(items)) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	all := make([]Execution, benchItems)
	for i := range all {
		all[i] = execution(Succeeded, "n", `{"a":1}`, `{"b":2}`)
	}
	b.ReportAllocs()
	for b.Loop() {
		m := &Memory{}
		m.CreateBucket("b")
		w := Writer{Resource: putObject, Parameters: value.MustParse(`{"Bucket": "b"}`)}
		if _, err := w.Write(b.Context(), m, runArn, slices.Values(all)); err != nil {
			b.Fatal(err)
		}
	}
}
