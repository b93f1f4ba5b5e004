package text

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJSON(t *testing.T) {
	long := strings.Repeat("word ", 20)
	tests := []struct{ name, data, want, warnings string }{
		{"short values stay on a line", `{"a":1,"b":[1,2,3],"c":{"d":null}}`, "{\n  \"a\": 1,\n  \"b\": [1, 2, 3],\n  \"c\": {\"d\": null}\n}", ""},
		{"long ones do not", `["` + long + `","x"]`, "[\n  \"" + long + "\",\n  \"x\"\n]", ""},
		{"escapes", `{"k":"\u6771\u4eac \ud83d\ude00 \u0041\/ \u0022 \n \\u0041 \ud83d"}`, "{\"k\": \"東京 😀 A/ \\u0022 \\n \\\\u0041 \\ud83d\"}", ""},
		{"byte order mark", "\uFEFF{\"a\": \"é\"}\n", `{"a": "é"}`, ""},
		{"lines", "{\"a\":1}\n\n{\"a\":\"\\u3042\"}\n", "{\"a\":1}\n{\"a\":\"あ\"}", ""},
		{"a bad line", "{\"a\":1}\n{\"a\":2}\n{\"a\":\n", "{\"a\":1}\n{\"a\":2}\n{\"a\":", "0 malformed-row"},
		{"deep", strings.Repeat("[", 500) + strings.Repeat("]", 500), strings.Repeat("[", 500) + strings.Repeat("]", 500), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), []byte(test.data), "a.json", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Text(); got != test.want {
				t.Errorf("text = %q\nwant   %q", got, test.want)
			}
			if doc.Format != FormatJSON || kindsOf(doc) != "code" {
				t.Errorf("format %s, kinds %s", doc.Format, kindsOf(doc))
			}
			if got := strings.Join(warningCodes(doc), " "); got != test.warnings {
				t.Errorf("warnings = %q, want %q", got, test.warnings)
			}
		})
	}
}

// FuzzJSON holds that what is written is JSON again, with the same value.
func FuzzJSON(f *testing.F) {
	f.Add(`{"a": [1, {"b": "\u3042\ud83d\ude00\u0000\u007f\\"}, true, -1e5]}`)
	f.Add(`["\ud83d", "\\u0041\\", {}, [], [[]]]`)
	f.Fuzz(func(t *testing.T, data string) {
		var want, got any
		if json.Unmarshal([]byte(data), &want) != nil {
			return
		}
		pretty, ok := prettyJSON(data, 1<<20)
		if !ok {
			return
		}
		if err := json.Unmarshal([]byte(pretty), &got); err != nil {
			t.Fatalf("%v in %q", err, pretty)
		}
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if string(a) != string(b) {
			t.Errorf("%s became %s", a, b)
		}
	})
}
