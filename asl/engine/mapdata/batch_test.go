package mapdata

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
)

func batches(b Batcher, items ...value.Value) ([]Batch, error) {
	var all []Batch
	for batch, err := range b.Batches(slices.Values(items)) {
		if err != nil {
			return all, err
		}
		all = append(all, batch)
	}
	return all, nil
}

func TestBatches(t *testing.T) {
	items := []value.Value{value.String("aa"), value.String("bb"), value.Int(3), value.MustParse(`{"d": 4}`), value.Null{}}
	for _, test := range []struct {
		name    string
		batcher Batcher
		want    []string
	}{
		{"two each", Batcher{MaxItems: 2}, []string{`{"Items":["aa","bb"]}`, `{"Items":[3,{"d": 4}]}`, `{"Items":[null]}`}},
		{"all", Batcher{MaxItems: 100}, []string{`{"Items":["aa","bb",3,{"d": 4},null]}`}},
		{"no limit at all", Batcher{}, []string{`{"Items":["aa","bb",3,{"d": 4},null]}`}},
		{
			"with input",
			Batcher{MaxItems: 4, Input: value.MustParse(`{"x":1}`)},
			[]string{`{"BatchInput":{"x":1},"Items":["aa","bb",3,{"d": 4}]}`, `{"BatchInput":{"x":1},"Items":[null]}`},
		},
		{"bytes", Batcher{MaxInputBytes: 21}, []string{`{"Items":["aa","bb"]}`, `{"Items":[3]}`, `{"Items":[{"d": 4}]}`, `{"Items":[null]}`}},
		{"bytes and items", Batcher{MaxInputBytes: 30, MaxItems: 3}, []string{`{"Items":["aa","bb",3]}`, `{"Items":[{"d": 4},null]}`}},
		{"more bytes than there may be", Batcher{MaxInputBytes: 1 << 40}, []string{`{"Items":["aa","bb",3,{"d": 4},null]}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := batches(test.batcher, items...)
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			next := 0
			for _, batch := range got {
				texts = append(texts, value.Text(batch.Input))
				if batch.First != next {
					t.Errorf("batch begins with item %d, want %d", batch.First, next)
				}
				next += batch.Count
			}
			if diff := cmp.Diff(test.want, texts); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got, err := batches(Batcher{MaxItems: 1}); len(got) != 0 || err != nil {
		t.Error(got, err)
	}
}

func TestBatchFailures(t *testing.T) {
	_, err := batches(Batcher{MaxItems: -1}, value.Null{})
	checkError(t, err, ErrorRuntime, "MaxItemsPerBatch cannot be negative.")
	_, err = batches(Batcher{MaxInputBytes: -1}, value.Null{})
	checkError(t, err, ErrorRuntime, "MaxInputBytesPerBatch cannot be negative.")
	got, err := batches(Batcher{MaxInputBytes: 14}, value.Int(1), value.Int(2), value.String("long"))
	checkError(t, err, ErrorDataLimitExceeded, "The input of a child execution for item 2 would have 18 bytes, and the limit is 14 bytes.")
	if len(got) != 1 {
		t.Error(got)
	}
	big := value.String(strings.Repeat("x", MaxInputBytes-2))
	if err := CheckInput(0, big); err != nil {
		t.Error(err)
	}
	checkError(t, CheckInput(7, big+"x"), ErrorDataLimitExceeded, "The input of a child execution for item 7 would have 262145 bytes, and the limit is 262144 bytes.")
	_, err = batches(Batcher{MaxItems: 1}, big)
	checkError(t, err, ErrorDataLimitExceeded, "The input of a child execution for item 0 would have 262156 bytes, and the limit is 262144 bytes.")
}

// Batches hold every item once and in order, keep to the limits, and are as full as these allow.
func TestBatchesProperty(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 1))
		items := make([]value.Value, random.IntN(60))
		for i := range items {
			items[i] = value.String(fmt.Sprint(i, strings.Repeat("é\"x"[:random.IntN(4)], random.IntN(8))))
		}
		b := Batcher{MaxItems: random.Int64N(9), MaxInputBytes: 100 + random.Int64N(200)}
		if random.IntN(2) == 0 {
			b.Input = value.MustParse(`{"a": "b"}`)
		}
		got, err := batches(b, items...)
		if err != nil {
			t.Fatal(seed, err)
		}
		next := 0
		for i, batch := range got {
			held, _ := batch.Input.(*value.Object).Get("Items")
			list := held.(*value.Array).Items()
			if len(list) == 0 || len(list) != batch.Count || batch.First != next {
				t.Fatal(seed, i, batch.First, batch.Count)
			}
			if !slices.Equal(list, items[next:next+len(list)]) {
				t.Fatal(seed, i, "other items")
			}
			next += len(list)
			size := int64(len(value.Text(batch.Input)))
			if size > b.MaxInputBytes || b.MaxItems > 0 && int64(len(list)) > b.MaxItems {
				t.Fatal(seed, i, "beyond a limit")
			}
			if next < len(items) && (b.MaxItems == 0 || int64(len(list)) < b.MaxItems) && size+1+int64(value.Size(items[next])) <= b.MaxInputBytes {
				t.Fatal(seed, i, "had room for another")
			}
		}
		if next != len(items) {
			t.Fatal(seed, "lost items")
		}
	}
}
