package packaging

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// source writes the smallest tree that can be packaged: one function and a definition.
func source(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                   "module example.com/small\n\ngo 1.26\n",
		"cmd/lambda/hello/main.go": "package main\n\nfunc main() { println(\"hello\") }\n",
		"asl/flow.asl.json":        `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`,
		"template.yaml": "Globals:\n  Function:\n    Architectures: [arm64]\nResources:\n  # kept\n  Flow:\n    Properties:\n      DefinitionUri: asl/flow.asl.json\n" +
			"  Hello:\n    Metadata: {BuildMethod: go1.x}\n    Properties:\n      CodeUri: cmd/lambda/hello/\n      Environment:\n        Variables:\n          DOCFLOW_CACHE_DIR: /tmp/docflow # cache\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMakeTwiceGivesTheSameBytes(t *testing.T) {
	dir := source(t)
	var packages []map[string][]byte
	for range 2 {
		out := t.TempDir()
		artifacts, _, err := Make(t.Context(), Options{Source: dir, Out: out, Processor: "arm64"})
		if err != nil {
			t.Fatal(err)
		}
		made := map[string][]byte{}
		for _, a := range artifacts {
			data, err := os.ReadFile(a.Path)
			if err != nil || int64(len(data)) != a.Bytes || len(a.SHA256) != 64 {
				t.Errorf("%+v: %d bytes, %v", a, len(data), err)
			}
			made[filepath.Base(a.Path)] = data
		}
		packages = append(packages, made)
	}
	for _, name := range []string{"hello.zip", "flow.asl.json", "template.yaml"} {
		if first, second := packages[0][name], packages[1][name]; len(first) == 0 || !bytes.Equal(first, second) {
			t.Errorf("%s: %d and %d bytes, which differ or are none", name, len(first), len(second))
		}
	}
	reader, err := zip.NewReader(bytes.NewReader(packages[0]["hello.zip"]), int64(len(packages[0]["hello.zip"])))
	if err != nil {
		t.Fatal(err)
	}
	if len(reader.File) != 1 || reader.File[0].Name != "bootstrap" || reader.File[0].Mode().Perm() != 0o755 {
		t.Errorf("the package holds %v", reader.File)
	}
	binary, err := reader.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 20)
	if _, err := binary.Read(head); err != nil || !bytes.HasPrefix(head, []byte("\x7fELF\x02")) || head[18] != 0xB7 {
		t.Errorf("bootstrap begins with % x, which is no ELF program for arm64 (%v)", head, err)
	}
}

func TestMakeFaults(t *testing.T) {
	broken := source(t)
	if err := os.WriteFile(filepath.Join(broken, "cmd", "lambda", "hello", "main.go"), []byte("package main\n\nfunc main() { nothing() }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, source, processor, want string }{
		{"no clone", t.TempDir(), "arm64", "give the root of a clone of docflow"},
		{"processor", source(t), "riscv64", `the processor is "riscv64"`},
		{"does not compile", broken, "arm64", "undefined: nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := Make(t.Context(), Options{Source: test.source, Out: t.TempDir(), Processor: test.processor})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// The template of the repository is one that can be packaged: nothing in it goes on to name the source.
func TestRewriteTheTemplate(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	made, err := rewrite(string(text), "amd64", true)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(made.functions)
	if got := strings.Join(made.functions, " "); got != "batch combine extract prompt trigger" {
		t.Errorf("functions: %s", got)
	}
	if left := regexp.MustCompile(`(?m)^[^#]*(?:cmd/lambda|go1\.x|arm64|asl/definitions|/tmp/docflow).*$`).FindAllString(made.text, -1); len(left) > 0 {
		t.Errorf("the template still says %q", left)
	}
	for _, want := range []string{"CodeUri: extract.zip", "Architectures: [x86_64]", "DOCFLOW_CACHE_DIR: /var/task/pdf-engine", "DefinitionUri: document-pipeline.asl.json"} {
		if !strings.Contains(made.text, want) {
			t.Errorf("the template does not say %q", want)
		}
	}
}
