package value

import (
	"runtime"
	"strings"
	"testing"
)

// TestMeter compares what a Meter says with what the values were seen to take.
func TestMeter(t *testing.T) {
	list := strings.Repeat("1,", 9_999) + "1"
	for name, build := range map[string]func() Value{
		"a long string":  func() Value { return String(strings.Repeat("x", 1<<20)) },
		"parsed numbers": func() Value { return MustParse(strings.Clone("[" + list + "]")) },
		"numbers":        func() Value { return Detach(MustParse(strings.Clone("[" + list + "]"))) },
		"empty arrays":   func() Value { return MustParse("[" + strings.Repeat("[],", 9_999) + "[]]") },
		"empty objects":  func() Value { return MustParse("[" + strings.Repeat("{},", 9_999) + "{}]") },
		"objects":        func() Value { return MustParse("[" + strings.Repeat(`{"a":1,"b":"some text"},`, 9_999) + "{}]") },
		"objects, detached": func() Value {
			return Detach(MustParse("[" + strings.Repeat(`{"a":1,"b":"some text"},`, 9_999) + "{}]"))
		},
	} {
		v, took := allocated(build)
		m := NewMeter(1<<40, nil)
		m.Add(v)
		if got := m.Bytes(); got < took*8/10 || got > took*2 {
			t.Errorf("%s: the meter says %d, the allocator %d", name, got, took)
		}
		before := m.Bytes()
		m.Add(v)
		if m.Bytes() > before+scalarBytes {
			t.Errorf("%s: counted twice", name)
		}
		over := NewMeter(1<<40, m)
		over.Add(NewObject(Member{"a", v}, Member{"b", Int(1)}))
		if over.Bytes() > 2_000 && v.Kind() != KindString {
			t.Errorf("%s: what the lower meter knows counts: %d", name, over.Bytes())
		}
	}
}

func allocated(build func() Value) (Value, int) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	v := build()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return v, int(after.HeapAlloc) - int(before.HeapAlloc)
}

// TestMeterLimit wants a value that holds itself twice, sixty times over, to be seen once at each level, and a large one to be left at
// the limit.
func TestMeterLimit(t *testing.T) {
	var v Value = Int(1)
	for range 60 {
		v = NewArray(v, v)
	}
	m := NewMeter(1<<40, nil)
	if m.Add(v); m.Bytes() > 60*(arrayBytes+2*itemBytes+scalarBytes+1)+100 {
		t.Errorf("%d bytes", m.Bytes())
	}
	m = NewMeter(1000, nil)
	if m.Add(MustParse("[" + strings.Repeat("1,", 100_000) + "1]")); m.Bytes() < 1000 {
		t.Errorf("%d bytes", m.Bytes())
	}
}

// TestSize compares Size with the length of Text, for every byte at every place of a word, and for what is asked twice.
func TestSizeKnown(t *testing.T) {
	check := func(v Value) {
		t.Helper()
		for range 2 {
			if got, want := Size(v), len(Text(v)); got != want {
				t.Errorf("Size of %q is %d, want %d", Text(v), got, want)
			}
		}
	}
	for c := range 256 {
		for at := range 9 {
			text := []byte("abcdefghij")
			text[at] = byte(c)
			check(String(text))
			check(String(string(text) + "ü€𝄞\u2028"))
		}
	}
	list := Detach(MustParse("[" + strings.Repeat(`1,"a\n\"",[],`, 40) + `{"\t":null}]`))
	check(list)
	check(NewObject(Member{"a", list}, Member{"b", list}))
	if again := Rebuilt(list); !same(again, list) || !same(Rebuilt(list), list) {
		t.Error("Rebuilt gives another list")
	}
}
