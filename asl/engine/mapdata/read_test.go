package mapdata

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
)

const (
	getObject     = "arn:aws:states:::s3:getObject"
	listObjectsV2 = "arn:aws:states:::s3:listObjectsV2"
)

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

// storage holds objects given as pairs of s3 URI and text; texts of keys that end in .gz are compressed.
func storage(objects map[string]string) *Memory {
	m := &Memory{Now: func() time.Time { return time.Unix(1_790_204_286, 999_000_000) }, Owner: "123456789012"}
	for uri, text := range objects {
		bucket, key, _ := ParseURI(uri)
		body := []byte(text)
		if strings.HasSuffix(key, ".gz") {
			body = zipped(text)
		}
		m.Store(bucket, key, body)
	}
	return m
}

// show writes the items as a JSON text each, after their key and the source when that is not that of all.
func show(items []Item) string {
	var b strings.Builder
	for _, item := range items {
		if item.HasKey {
			b.WriteString(item.Key + "=")
		}
		b.WriteString(value.Text(item.Value) + "\n")
	}
	return b.String()
}

func TestRead(t *testing.T) {
	parameters := value.MustParse(`{"Bucket": "b", "Key": "k"}`)
	for _, test := range []struct {
		name   string
		text   string // of s3://b/k
		config Config
		want   string
	}{
		// As recorded, with other data.
		{
			"csv, first row", "0,True,{}\nv1,v2,v3\n,,,\nn,m,\n   \n",
			Config{InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"},
			`{"0":"v1","{}":"v3","True":"v2"}
{"0":"","{}":"","True":""}
{"0":"n","{}":"","True":"m"}
{"0":"   ","{}":"","True":""}
`,
		},
		{
			"csv, given", "v1,v2\nv3\n",
			Config{InputType: "CSV", CSVHeaderLocation: "GIVEN", CSVHeaders: value.MustParse(`["a", ""]`)},
			"{\"\":\"v2\",\"a\":\"v1\"}\n{\"\":\"\",\"a\":\"v3\"}\n",
		},
		// The row of AWS's page on the ItemReader, whose members are in the order of a HashMap.
		{
			"csv, documented order", "userId,movieId,rating,timestamp\n1,307,3.5,1256677221\n",
			Config{InputType: "CSV"},
			`{"rating":"3.5","movieId":"307","userId":"1","timestamp":"1256677221"}` + "\n",
		},
		{"csv, surplus cells", "a\n1,2,3\n", Config{InputType: "CSV"}, "{\"a\":\"1\"}\n"},
		{"csv, pipe", "a|b\n1,5|2\n", Config{InputType: "CSV", CSVDelimiter: "PIPE"}, "{\"a\":\"1,5\",\"b\":\"2\"}\n"},
		{"csv, semicolon", "a;b\n1;2\n", Config{InputType: "CSV", CSVDelimiter: "SEMICOLON"}, "{\"a\":\"1\",\"b\":\"2\"}\n"},
		{"csv, space", "a b\n1 2\n", Config{InputType: "CSV", CSVDelimiter: "SPACE"}, "{\"a\":\"1\",\"b\":\"2\"}\n"},
		{"csv, tab", "a\tb\n1\t2\n", Config{InputType: "CSV", CSVDelimiter: "TAB"}, "{\"a\":\"1\",\"b\":\"2\"}\n"},
		{"csv, only a header", "a,b\n", Config{InputType: "CSV"}, ""},
		{"csv, nothing", "", Config{InputType: "CSV"}, ""},
		{"csv, MaxItems", "a\n1\n2\n3\n", Config{InputType: "CSV", MaxItems: 2}, "{\"a\":\"1\"}\n{\"a\":\"2\"}\n"},
		{"csv, MaxItems beyond the greatest", "a\n1\n", Config{InputType: "CSV", MaxItems: 100_000_001}, "{\"a\":\"1\"}\n"},

		{"json", `[{"b": 1.0, "a": [1, 2]}, "x", null]`, Config{InputType: "JSON"}, "{\"b\":1.0,\"a\":[1,2]}\n\"x\"\nnull\n"},
		{"json, empty array", " [ ] ", Config{InputType: "JSON"}, ""},
		{"json, byte order mark", "\ufeff[1]", Config{InputType: "JSON"}, "1\n"},
		{"json, MaxItems stops before what is wrong", `[1, 2, oh`, Config{InputType: "JSON", MaxItems: 2}, "1\n2\n"},
		{"json, brackets in strings", `["]", "\"]", "\\"]`, Config{InputType: "JSON"}, "\"]\"\n\"\\\"]\"\n\"\\\\\"\n"},
		{"json, pointer", `{"x": {"y": "]}"}, "a/b": {"~": [[0], [1, 2]]}}`, Config{InputType: "JSON", ItemsPointer: "/a~1b/~0/1"}, "1\n2\n"},
		{"json, pointer to an object", `{"o": {"k": {"a": 1}, "l": 2}}`, Config{InputType: "JSON", ItemsPointer: "/o"}, "k={\"a\":1}\nl=2\n"},
		{"json, pointer to an empty object", `{"o": {}}`, Config{InputType: "JSON", ItemsPointer: "/o"}, ""},
		{"json, what follows a pointer's value does not matter", `{"o": [1] oh`, Config{InputType: "JSON", ItemsPointer: "/o"}, "1\n"},

		{"jsonl", "{\"a\": 1}\n\n \r\n[1, 2]\n\"x\"", Config{InputType: "JSONL"}, "{\"a\":1}\n[1,2]\n\"x\"\n"},
		{"jsonl, byte order mark", "\ufeff1\n2", Config{InputType: "JSONL"}, "1\n2\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := storage(map[string]string{"s3://b/k": test.text})
			items, err := ReadAll(t.Context(), m, Source{Resource: getObject, Parameters: parameters, Config: test.config})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, show(items)); diff != "" {
				t.Error(diff)
			}
			for _, item := range items {
				if item.Source != "s3://b/k" {
					t.Errorf("source %s", item.Source)
				}
			}
		})
	}
}

func TestReadFailures(t *testing.T) {
	headers := func(text string) Config {
		return Config{InputType: "CSV", CSVHeaderLocation: "GIVEN", CSVHeaders: value.MustParse(text)}
	}
	for _, test := range []struct {
		name   string
		text   string
		config Config
		want   string
	}{
		// Recorded.
		{"negative MaxItems", "", Config{InputType: "CSV", MaxItems: -1}, "field MaxItems must be positive"},
		{"given headers twice", "1,2,3\n", headers(`["H1", "H1", "H3"]`), "CSV headers cannot contain duplicates."},
		{"headers twice", "a,b,a\n", Config{InputType: "CSV"}, "CSV headers cannot contain duplicates."},
		{"object", `{"a": "b"}`, Config{InputType: "JSON"}, "Attempting to map over non-iterable node."},
		{"string", `"a"`, Config{InputType: "JSON"}, "Attempting to map over non-iterable node."},
		{"null", `null`, Config{InputType: "JSON"}, "Attempting to map over non-iterable node."},
		{"nothing", ``, Config{InputType: "JSON"}, "Attempting to map over non-iterable node."},
		{"pointer to a number", `{"r": 1}`, Config{InputType: "JSON", ItemsPointer: "/r"}, "Attempting to map over non-iterable node."},
		{"pointer to nothing", `{"r": 1}`, Config{InputType: "JSON", ItemsPointer: "/s"}, causeNoPointer},
		{"pointer into a number", `{"r": 1}`, Config{InputType: "JSON", ItemsPointer: "/r/s"}, causeNoPointer},
		{"pointer beyond an array", `{"r": [1]}`, Config{InputType: "JSON", ItemsPointer: "/r/1"}, causeNoPointer},
		{"pointer with a leading zero", `[[1], [2]]`, Config{InputType: "JSON", ItemsPointer: "/01"}, causeNoPointer},
		{"pointer into an empty object", `{}`, Config{InputType: "JSON", ItemsPointer: "/r"}, causeNoPointer},
		// Our own texts.
		{"no JSON", `not-json`, Config{InputType: "JSON"}, `Invalid JSON at offset 0: 'n' where a value should be of s3://b/k`},
		{"cut off", `[{"a": 1}, {"b"`, Config{InputType: "JSON"}, `Invalid JSON at offset 15: end of text inside a value, or where a value should be of s3://b/k`},
		{"no comma", `[1 2]`, Config{InputType: "JSON"}, `Invalid JSON at offset 3: '2' where ',' or ']' should be of s3://b/k`},
		{"a comma too many", `[1,]`, Config{InputType: "JSON"}, `Invalid JSON at offset 3: ']' where a value should be of s3://b/k`},
		{"brackets crossed", `[[1}]`, Config{InputType: "JSON"}, `Invalid JSON at offset 3: '}' where ',' or ']' should be of s3://b/k`},
		{"more after the array", `[1] [2]`, Config{InputType: "JSON"}, `Invalid JSON at offset 4: '[' after the end of the value of s3://b/k`},
		{"a name that is none", `{1: 2}`, Config{InputType: "JSON", ItemsPointer: "/1"}, `Invalid JSON at offset 1: no member name in double quotes of s3://b/k`},
		{"a pointer that is none", `[]`, Config{InputType: "JSON", ItemsPointer: "$.a"}, "ReaderConfig.ItemsPointer must be a JSON Pointer, which begins with '/', but was: $.a"},
		{"a line that is no JSON", "1\r\n{\"a\": }\n", Config{InputType: "JSONL"}, `Invalid JSON at offset 9: '}' where a value should be, line 2 of s3://b/k`},
		{"PARQUET", "", Config{InputType: "PARQUET"}, "InputType PARQUET is not supported here: convert s3://b/k to JSONL or CSV, and set InputType accordingly"},
		{"input type", "", Config{InputType: "XML"}, `ReaderConfig.InputType must be CSV, JSON, JSONL, PARQUET or MANIFEST but was "XML"`},
		{"header location", "", Config{InputType: "CSV", CSVHeaderLocation: "LAST"}, "ReaderConfig.CSVHeaderLocation must be FIRST_ROW or GIVEN but was: LAST"},
		{"no headers", "", Config{InputType: "CSV", CSVHeaderLocation: "GIVEN"}, "ReaderConfig.CSVHeaders must name the columns when CSVHeaderLocation is GIVEN"},
		{"headers of numbers", "", headers(`["a", 1]`), "CSVHeaders must be an array of strings but item 1 was: 1"},
		{"headers not in an array", "", headers(`"a"`), `CSVHeaders must be an array of strings but was: "a"`},
		{"delimiter", "", Config{InputType: "CSV", CSVDelimiter: ","}, `CSVDelimiter must be COMMA, PIPE, SEMICOLON, SPACE or TAB but was ","`},
		{"manifest type", "", Config{ManifestType: "X"}, "ReaderConfig.ManifestType must be ATHENA_DATA or S3_INVENTORY but was: X"},
		{"inventory with an input type", "", Config{ManifestType: "S3_INVENTORY", InputType: "CSV"}, "ReaderConfig.InputType cannot be specified when ManifestType is S3_INVENTORY but was: CSV"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := storage(map[string]string{"s3://b/k": test.text})
			_, err := ReadAll(t.Context(), m, Source{Resource: getObject, Parameters: value.MustParse(`{"Bucket": "b", "Key": "k"}`), Config: test.config})
			checkError(t, err, ErrorItemReaderFailed, test.want)
			if test.config.InputType == "PARQUET" && !errors.Is(err, errors.ErrUnsupported) {
				t.Error("not marked as unsupported")
			}
		})
	}
}

func checkError(t *testing.T, err error, name, cause string) {
	t.Helper()
	var failure *Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v, want an *Error", err)
	}
	if diff := cmp.Diff(name+": "+cause, failure.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestMapObjects(t *testing.T) {
	m := storage(map[string]string{"s3://b/k": `{"x": {"n": 1}, "y": 2}`})
	items, err := ReadAll(t.Context(), m, Source{
		Resource: getObject, Parameters: value.MustParse(`{"Bucket": "b", "Key": "k"}`), Config: Config{InputType: "JSON"}, MapObjects: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("x={\"n\":1}\ny=2\n", show(items)); diff != "" {
		t.Error(diff)
	}
	if got := value.Text(items[0].Input()); got != `{"Key":"x","Value":{"n":1}}` {
		t.Error(got)
	}
}

func TestParameters(t *testing.T) {
	m := storage(map[string]string{"s3://b/k": "[1]"})
	m.Store("b", "k", []byte("[2]"))
	m.Store("b", "broken.json.gz", []byte("no gzip"))
	for _, test := range []struct{ parameters, want string }{
		{`{"Bucket": "b", "Key": "k"}`, "2\n"},
		{`{"Bucket": "b", "Key": "k", "VersionId": "1"}`, "1\n"},
		{`{"Bucket": "b", "Key": "k", "ExpectedBucketOwner": "123456789012"}`, "2\n"},
		{`{"Bucket": "b", "Key": "k", "VersionId": "3"}`, "The specified version does not exist. (Service: Amazon S3; Status Code: 404; Error Code: NoSuchVersion): s3://b/k"},
		{`{"Bucket": "b", "Key": "k", "ExpectedBucketOwner": "1"}`, "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied): s3://b/k"},
		{`{"Bucket": "b", "Key": "l"}`, "The specified key does not exist. (Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey): s3://b/l"},
		{`{"Bucket": "c", "Key": "l"}`, "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket): s3://c"},
		{`{"Bucket": "b"}`, "The field 'Key' is required but was missing"},
		{`{"Bucket": 1, "Key": "k"}`, "The field 'Bucket' must be a string that is not empty but was: 1"},
		{`[]`, "The parameters must be an object but were: []"},
		{`{"Bucket": "b", "Key": "broken.json.gz"}`, "Unable to read s3://b/broken.json.gz: unexpected EOF"},
	} {
		t.Run(test.parameters, func(t *testing.T) {
			items, err := ReadAll(t.Context(), m, Source{Resource: getObject, Parameters: value.MustParse(test.parameters), Config: Config{InputType: "JSON"}})
			if err != nil {
				checkError(t, err, ErrorItemReaderFailed, test.want)
				return
			}
			if diff := cmp.Diff(test.want, show(items)); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, err := ReadAll(t.Context(), m, Source{Resource: "arn:aws:states:::s3:headObject", Parameters: value.MustParse(`{"Bucket": "b"}`)})
	checkError(t, err, ErrorItemReaderFailed,
		"The ItemReader's Resource must be arn:aws:states:::s3:getObject or arn:aws:states:::s3:listObjectsV2 but was: arn:aws:states:::s3:headObject")
}

func TestCompressed(t *testing.T) {
	m := storage(map[string]string{"s3://b/a.csv.gz": "h\n1\n", "s3://b/a.csv.zstd": "h\n1\n"})
	read := func(key string) (string, error) {
		items, err := ReadAll(t.Context(), m, Source{
			Resource: getObject, Parameters: value.MustParse(fmt.Sprintf(`{"Bucket": "b", "Key": %q}`, key)), Config: Config{InputType: "CSV"},
		})
		return show(items), err
	}
	if got, err := read("a.csv.gz"); err != nil || got != "{\"h\":\"1\"}\n" {
		t.Error(got, err)
	}
	if _, err := read("a.csv.zstd"); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "ZSTD") {
		t.Error(err)
	}
}

func TestList(t *testing.T) {
	m := storage(map[string]string{
		"s3://b/d/a.jsonl": "1\n2\n", "s3://b/d/b.jsonl.gz": "3\n", "s3://b/d/": "", "s3://b/d0": "x", "s3://b/a": "y",
	})
	read := func(parameters string, config Config) ([]Item, error) {
		return ReadAll(t.Context(), m, Source{Resource: listObjectsV2, Parameters: value.MustParse(parameters), Config: config})
	}
	// The shape is that of a capture: LastModified of epoch seconds as a Java double, the ETag in quotation marks.
	items, err := read(`{"Bucket": "b", "Prefix": "d0"}`, Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Etag":"\"9dd4e461268c8034f5c8564e155c67a6\"","Key":"d0","LastModified":1.790204286E9,"Size":1,"StorageClass":"STANDARD"}` + "\n"
	if diff := cmp.Diff(want, show(items)); diff != "" {
		t.Error(diff)
	}
	if items[0].Source != "s3://b" {
		t.Error(items[0].Source)
	}

	items, err = read(`{"Bucket": "b"}`, Config{MaxItems: 4})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, item := range items {
		key, _ := item.Value.(*value.Object).Get("Key")
		keys = append(keys, string(key.(value.String)))
	}
	if diff := cmp.Diff([]string{"a", "d/", "d/a.jsonl", "d/b.jsonl.gz"}, keys); diff != "" {
		t.Error(diff)
	}

	items, err = read(`{"Bucket": "b", "Prefix": "d/"}`, Config{InputType: "JSONL", Transformation: "LOAD_AND_FLATTEN"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("1\n2\n3\n", show(items)); diff != "" {
		t.Error(diff)
	}
	if items[2].Source != "s3://b/d/b.jsonl.gz" {
		t.Error(items[2].Source)
	}
	if items, err = read(`{"Bucket": "b", "Prefix": "d/"}`, Config{InputType: "JSONL", Transformation: "LOAD_AND_FLATTEN", MaxItems: 2}); len(items) != 2 {
		t.Error(show(items), err)
	}
	if items, err = read(`{"Bucket": "b", "Prefix": "none"}`, Config{}); len(items) != 0 || err != nil {
		t.Error(show(items), err)
	}

	_, err = read(`{"Bucket": "none"}`, Config{})
	checkError(t, err, ErrorItemReaderFailed, "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket): s3://none")
	_, err = read(`{"Bucket": "b"}`, Config{Transformation: "LOAD_AND_FLATTEN"})
	checkError(t, err, ErrorItemReaderFailed, `ReaderConfig.InputType must be CSV, JSON, JSONL or PARQUET when Transformation is LOAD_AND_FLATTEN but was ""`)
	_, err = read(`{"Bucket": "b"}`, Config{Transformation: "FLATTEN"})
	checkError(t, err, ErrorItemReaderFailed, "ReaderConfig.Transformation must be NONE or LOAD_AND_FLATTEN but was: FLATTEN")
}

func TestManifests(t *testing.T) {
	inventory := func(files string) string {
		return `{"sourceBucket": "source", "destinationBucket": "arn:aws:s3:::dest", "version": "2016-11-30", "fileFormat": "CSV",
			"fileSchema": "Bucket, Key, Size, LastModifiedDate", "files": [` + files + `]}`
	}
	m := storage(map[string]string{
		"s3://dest/m/manifest.json": inventory(`{"key": "data/1.csv.gz", "size": 1, "MD5checksum": ""}, {"key": "data/2.csv"}`),
		"s3://dest/data/1.csv.gz":   "\"source\",\"csvDataset/titles.csv\",\"3399671\",\"2022-11-16T00:29:32.000Z\"\n",
		"s3://dest/data/2.csv":      "\"source\",\"a%20b\",\"0\",\"2022-11-16T00:29:32.000Z\"\n\"source\",\"c\"\n",
		"s3://dest/orc.json":        `{"fileFormat": "ORC", "fileSchema": "a", "files": []}`,
		"s3://dest/no.json":         `[]`,
		"s3://dest/lost.json":       inventory(`{"key": "data/3.csv"}`),
		"s3://dest/nokey.json":      inventory(`{}`),
		"s3://dest/q-manifest.csv":  "s3://dest/u/1.jsonl\n\"s3://dest/u/2.jsonl.gz\"\n\n",
		"s3://dest/bad-manifest":    "s3://dest/u/1.jsonl\nhttp://x\n",
		"s3://dest/u/1.jsonl":       "1\n2\n",
		"s3://dest/u/2.jsonl.gz":    "3\n4\n",
	})
	for _, test := range []struct {
		name, key string
		config    Config
		want      string
	}{
		{
			// The member order is that of AWS's page.
			"inventory", "m/manifest.json",
			Config{InputType: "MANIFEST"},
			`{"LastModifiedDate":"2022-11-16T00:29:32.000Z","Bucket":"source","Size":"3399671","Key":"csvDataset/titles.csv"}
{"LastModifiedDate":"2022-11-16T00:29:32.000Z","Bucket":"source","Size":"0","Key":"a%20b"}
{"LastModifiedDate":"","Bucket":"source","Size":"","Key":"c"}
`,
		},
		{
			"inventory, newer form, some", "m/manifest.json",
			Config{ManifestType: "S3_INVENTORY", MaxItems: 1},
			`{"LastModifiedDate":"2022-11-16T00:29:32.000Z","Bucket":"source","Size":"3399671","Key":"csvDataset/titles.csv"}` + "\n",
		},
		{
			"inventory, given names", "m/manifest.json",
			Config{InputType: "MANIFEST", CSVHeaderLocation: "GIVEN", CSVHeaders: value.MustParse(`["b", "k"]`), MaxItems: 1},
			`{"b":"source","k":"csvDataset/titles.csv"}` + "\n",
		},
		{"orc", "orc.json", Config{InputType: "MANIFEST"}, "s3://dest/orc.json is no manifest of an S3 inventory: its fileFormat is ORC, and Step Functions reads CSV only: set the inventory's output format to CSV"},
		{"no object", "no.json", Config{InputType: "MANIFEST"}, "s3://dest/no.json is no manifest of an S3 inventory: it is not an object"},
		{"no key", "nokey.json", Config{InputType: "MANIFEST"}, "s3://dest/nokey.json is no manifest of an S3 inventory: files[0] has no key"},
		{"lost file", "lost.json", Config{InputType: "MANIFEST"}, "The specified key does not exist. (Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey): s3://dest/data/3.csv"},
		{"athena", "q-manifest.csv", Config{ManifestType: "ATHENA_DATA", InputType: "JSONL"}, "1\n2\n3\n4\n"},
		{"athena, some", "q-manifest.csv", Config{ManifestType: "ATHENA_DATA", InputType: "JSONL", MaxItems: 3}, "1\n2\n3\n"},
		{"athena, json", "q-manifest.csv", Config{ManifestType: "ATHENA_DATA", InputType: "JSON"}, `ReaderConfig.InputType must be CSV, JSONL or PARQUET when ManifestType is ATHENA_DATA but was "JSON"`},
		{"athena, no URI", "bad-manifest", Config{ManifestType: "ATHENA_DATA", InputType: "JSONL"}, "Line 2 of s3://dest/bad-manifest is not the S3 URI of an object: http://x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			items, err := ReadAll(t.Context(), m, Source{
				Resource: getObject, Parameters: value.MustParse(`{"Bucket": "dest", "Key": "` + test.key + `"}`), Config: test.config,
			})
			if err != nil {
				checkError(t, err, ErrorItemReaderFailed, test.want)
				return
			}
			if diff := cmp.Diff(test.want, show(items)); diff != "" {
				t.Error(diff)
			}
			if test.name == "athena" && items[3].Source != "s3://dest/u/2.jsonl.gz" {
				t.Error(items[3].Source)
			}
		})
	}
}

func TestReadLimits(t *testing.T) {
	long := strings.Repeat("x", 100)
	zeros := strings.Repeat("0\n", 5000)
	m := storage(map[string]string{
		"s3://b/long.csv": "h\n" + long + "\n", "s3://b/header.csv": long + "\n1\n", "s3://b/open.csv": "h\n\"" + zeros,
		"s3://b/long.json": `["` + long + `"]`, "s3://b/far.json": `{"a": "` + long + `", "b": []}`, "s3://b/far2.json": `{"a": ["` + long + `"], "b": []}`,
		"s3://b/long.jsonl": "\n\"" + long + "\"", "s3://b/bomb.jsonl.gz": zeros, "s3://b/m.json": `{"x": "` + long + `"}`, "s3://b/zeros.jsonl": zeros,
	})
	for _, test := range []struct {
		key, limit string
		config     Config
		limits     Limits
		what       string
	}{
		{"long.csv", "Item", Config{InputType: "CSV"}, Limits{Item: 50}, "the row at line 2 of s3://b/long.csv"},
		{"open.csv", "Item", Config{InputType: "CSV"}, Limits{Item: 50}, "the row at line 2 of s3://b/open.csv"},
		{"header.csv", "Header", Config{InputType: "CSV"}, Limits{Header: 50}, "the header of s3://b/header.csv"},
		{"header.csv", "Header", Config{InputType: "CSV", CSVHeaderLocation: "GIVEN", CSVHeaders: value.MustParse(`["` + long + `"]`)}, Limits{Header: 50}, "the list CSVHeaders"},
		{"long.json", "Item", Config{InputType: "JSON"}, Limits{Item: 50}, "an item of s3://b/long.json"},
		{"far.json", "PointerStart", Config{InputType: "JSON", ItemsPointer: "/b"}, Limits{PointerStart: 50}, "the place in s3://b/far.json that ItemsPointer names"},
		{"far2.json", "PointerStart", Config{InputType: "JSON", ItemsPointer: "/a/1"}, Limits{PointerStart: 50}, "the place in s3://b/far2.json that ItemsPointer names"},
		{"long.jsonl", "Item", Config{InputType: "JSONL"}, Limits{Item: 50}, "line 2 of s3://b/long.jsonl"},
		{"bomb.jsonl.gz", "File", Config{InputType: "JSONL"}, Limits{File: 5000}, "s3://b/bomb.jsonl.gz, decompressed,"},
		{"zeros.jsonl", "File", Config{InputType: "JSONL"}, Limits{File: 5000}, "s3://b/zeros.jsonl"},
		{"zeros.jsonl", "Held", Config{InputType: "JSONL"}, Limits{Held: 100_000}, "the dataset"},
		{"m.json", "Manifest", Config{InputType: "MANIFEST"}, Limits{Manifest: 50}, "s3://b/m.json"},
	} {
		t.Run(test.key+" "+test.limit, func(t *testing.T) {
			_, err := ReadAll(t.Context(), m, Source{
				Resource: getObject, Parameters: value.MustParse(`{"Bucket": "b", "Key": "` + test.key + `"}`), Config: test.config, Limits: test.limits,
			})
			var limit *LimitError
			if !errors.As(err, &limit) || limit.Limit != test.limit || limit.What != test.what {
				t.Fatal(err)
			}
			var failure *Error
			if !errors.As(err, &failure) || failure.Name != ErrorItemReaderFailed {
				t.Error(err)
			}
		})
	}
	_, err := ReadAll(t.Context(), m, Source{
		Resource: getObject, Parameters: value.MustParse(`{"Bucket": "b", "Key": "m.json"}`),
		Config: Config{InputType: "JSON", ItemsPointer: "/" + strings.Repeat("a", 1999)},
	})
	checkError(t, err, ErrorItemReaderFailed, "ReaderConfig.ItemsPointer must have less than 2000 characters but has 2000")
}

func TestReadStops(t *testing.T) {
	m := storage(map[string]string{"s3://b/k": "[1, 2, oh"})
	src := Source{Resource: getObject, Parameters: value.MustParse(`{"Bucket": "b", "Key": "k"}`), Config: Config{InputType: "JSON"}}
	n := 0
	for _, err := range Read(t.Context(), m, src) {
		if err != nil {
			t.Error(err)
		}
		if n++; n == 2 {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	for item, err := range Read(ctx, m, src) {
		if item.Value != nil {
			cancel()
		} else if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	cancel()
}
