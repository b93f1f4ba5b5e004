package mapdata

import (
	"errors"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

// fuzzRead reads one object in small buffers and with small limits. Whatever it holds, there are items or an *Error, no more
// items than bytes, and none that is larger than its limit allows.
func fuzzRead(t *testing.T, key string, body []byte, config Config) []Item {
	t.Helper()
	m := &Memory{}
	m.Store("b", key, body)
	items, err := ReadAll(t.Context(), m, Source{
		Resource: getObject, Parameters: value.NewObject(
			value.Member{Name: "Bucket", Value: value.String("b")}, value.Member{Name: "Key", Value: value.String(key)},
		),
		Config: config, Limits: Limits{File: 1 << 20, Item: 1 << 10, Header: 200, Manifest: 1 << 10, Held: 1 << 22},
	})
	var failure *Error
	if err != nil && (!errors.As(err, &failure) || failure.Name != ErrorItemReaderFailed || failure.Cause == "") {
		t.Fatalf("%T %v", err, err)
	}
	for _, item := range items {
		if item.Value == nil || item.Source == "" {
			t.Fatalf("%+v", item)
		}
		if _, err := value.Parse(value.Text(item.Value)); err != nil {
			t.Fatal(err)
		}
	}
	return items
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a\n\"x\ny\"\n", `a,bc"d"ef,g`, "a\n\\\"x\\\"\n", "\"", "a,a\n", "\r\n\r\n\n", "\ufeffa\n1", "h\n\xff\xfe\n", "{\"\"a\"\":1}\n,,,",
	} {
		f.Add([]byte(seed), uint8(0))
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		names := []string{"COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"}
		config := Config{InputType: "CSV", CSVDelimiter: names[int(which)%len(names)]}
		if which > 128 {
			config.CSVHeaderLocation, config.CSVHeaders = "GIVEN", value.MustParse(`["a", "b"]`)
		}
		items := fuzzRead(t, "k", body, config)
		if len(items) > len(body) {
			t.Fatal("more rows than bytes")
		}
		for _, item := range items {
			for _, m := range item.Value.(*value.Object).Members() {
				if m.Value.Kind() != value.KindString {
					t.Fatal("a cell that is no string")
				}
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`[1, "a", {"b": []}]`, `{"a": {"b": [1]}}`, `[`, `[1,]`, `[[[[]]]]`, `"\ud800"`, `{"a":1,"a":[2]}`, "\ufeff[]", `[1]x`, `["\\\"]"]`,
	} {
		f.Add([]byte(seed), "")
		f.Add([]byte(seed), "/a")
		f.Add([]byte(seed), "/0")
	}
	f.Fuzz(func(t *testing.T, body []byte, pointer string) {
		items := fuzzRead(t, "k", body, Config{InputType: "JSON", ItemsPointer: pointer})
		// What the stream takes for an array, the parser takes for the same.
		whole, err := value.Parse(strings.TrimPrefix(string(body), "\ufeff"))
		if pointer != "" || err != nil {
			return
		}
		if array, ok := whole.(*value.Array); ok && len(items) > 0 {
			if array.Len() != len(items) {
				t.Fatalf("%d items, want %d", len(items), array.Len())
			}
			for i, item := range items {
				if !value.Identical(item.Value, array.At(i)) {
					t.Fatalf("item %d: %s", i, value.Text(item.Value))
				}
			}
		}
	})
}

func FuzzJSONL(f *testing.F) {
	for _, seed := range []string{"1\n2\n", "{\"a\": 1}\r\n\r\n[]", "\ufeff1", "x", "\"\u2028\"\n", "1 2\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if items := fuzzRead(t, "k", body, Config{InputType: "JSONL"}); len(items) > len(body) {
			t.Fatal("more items than bytes")
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"fileFormat": "CSV", "fileSchema": "a, b", "files": [{"key": "k"}]}`))
	f.Add([]byte(`{"destinationBucket": "arn:aws:s3:::b", "fileSchema": ",", "files": [{"key": ""}, 1]}`))
	f.Add([]byte(`[]`))
	f.Add([]byte("s3://b/k\n\"s3://b/l\"\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		fuzzRead(t, "k", body, Config{InputType: "MANIFEST"})
		fuzzRead(t, "k", body, Config{ManifestType: "ATHENA_DATA", InputType: "JSONL"})
	})
}

// Compressed data may be anything, and of any size.
func FuzzGzip(f *testing.F) {
	f.Add(zipped("1\n2\n"))
	f.Add(zipped(strings.Repeat("\n", 1<<21)))
	f.Add(zipped(strings.Repeat("0\n", 1<<20)))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, body []byte) {
		fuzzRead(t, "k.gz", body, Config{InputType: "JSONL"})
		fuzzRead(t, "k.gz", body, Config{InputType: "CSV"})
	})
}
