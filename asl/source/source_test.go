package source

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/docflow-asl/docflow/asl"
)

var update = flag.Bool("update", false, "write what is found into the archives")

// archive is an Opener of an archive's files.
func archive(a *txtar.Archive) Opener {
	return func(name string) ([]byte, error) {
		for _, f := range a.Files {
			if f.Name == filepath.ToSlash(name) {
				return f.Data, nil
			}
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
}

// TestFind finds the definitions in the first file of each archive and compares with its file "want".
func TestFind(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			f := Find(a.Files[0].Name, a.Files[0].Data, archive(a))
			inside(t, f)
			got := describe(f)
			last := &a.Files[len(a.Files)-1]
			if *update {
				last.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if string(last.Data) != got {
				t.Errorf("got:\n%s", got)
			}
		})
	}
}

// describe lists what was found: every scalar with its place, and the text that stands there.
func describe(f *File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", f.Kind)
	for _, n := range f.Notes {
		fmt.Fprintf(&b, "note at %s: %s\n", place(n.Span), n.Message)
	}
	for _, p := range f.Document.Problems {
		fmt.Fprintf(&b, "problem at %s: %s\n", place(p.Span), p.Message)
	}
	for _, d := range f.Definitions {
		fmt.Fprintf(&b, "definition %s, type %q, in %s\n", d.Machine, d.Type, d.Document.Filename)
		if s := d.Substitutions; s != nil {
			for _, n := range s.Declared {
				fmt.Fprintf(&b, "  declares %s at %s\n", n.Name, place(n.Span))
			}
			for _, n := range s.Uses {
				fmt.Fprintf(&b, "  uses %s at %s\n", n.Name, place(n.Span))
			}
		}
		if d.Document != f.Document {
			for _, p := range d.Document.Problems {
				fmt.Fprintf(&b, "  problem at %s: %s\n", place(p.Span), p.Message)
			}
		}
		walk(d.Document.Root, func(n *asl.Node) {
			if n.Value != nil {
				fmt.Fprintf(&b, "  %s %s: %s\n", place(n.Span), n.Pointer(), strings.ReplaceAll(d.Document.Text[n.Span.Start.Offset:n.Span.End.Offset], "\n", "⏎"))
			}
		})
	}
	return b.String()
}

func place(s asl.Span) string {
	return fmt.Sprintf("%d:%d-%d:%d", s.Start.Line, s.Start.Column, s.End.Line, s.End.Column)
}

func walk(n *asl.Node, visit func(*asl.Node)) {
	if n == nil {
		return
	}
	visit(n)
	for _, item := range n.Items {
		walk(item, visit)
	}
	for _, m := range n.Members {
		walk(m.Value, visit)
	}
}

// inside fails when a position is outside of the file.
func inside(t *testing.T, f *File) {
	t.Helper()
	ok := func(doc *asl.Document, what string, s asl.Span) {
		if s.Start.Offset < 0 || s.Start.Offset > s.End.Offset || s.End.Offset > len(doc.Text) || s.Start.Line < 1 {
			t.Errorf("%s: the span %v is not within the text of %d bytes", what, s, len(doc.Text))
		}
	}
	for _, n := range f.Notes {
		if n.Span == (asl.Span{}) {
			continue // of the file as a whole
		}
		ok(f.Document, "note", n.Span)
	}
	for _, d := range f.Definitions {
		for _, p := range d.Document.Problems {
			ok(d.Document, p.Message, p.Span)
		}
		walk(d.Document.Root, func(n *asl.Node) {
			ok(d.Document, n.Pointer(), n.Span)
			for _, m := range n.Members {
				ok(d.Document, m.Name, m.NameSpan)
			}
		})
	}
}

// FuzzFind reads hostile files of every notation: nothing may panic, and every position is inside of its file.
func FuzzFind(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Ext(a.Files[0].Name), string(a.Files[0].Data))
	}
	f.Add(".json", `{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": {"Fn::Join": ["", ["{\"", {"Ref": "A"}, 1]]}}}}}`)
	f.Add(".yaml", "Resources:\n  M: {Type: AWS::StepFunctions::StateMachine, Properties: &p {DefinitionString: !Sub [*p]}}\n")
	f.Fuzz(func(t *testing.T, extension, content string) {
		late := time.AfterFunc(10*time.Second, func() { panic(fmt.Sprintf("%s takes too long: %.500q", extension, content)) })
		inside(t, Find("f"+extension, []byte(content), func(string) ([]byte, error) { return []byte(content), nil }))
		late.Stop()
	})
}

// A local that is named again and again does not make the object endless.
func TestLocalsThatMultiply(t *testing.T) {
	var b strings.Builder
	b.WriteString("locals {\n  l0 = [1]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "  l%d = [%s]\n", i+1, strings.Repeat(fmt.Sprintf("local.l%d, ", i), 30))
	}
	b.WriteString("}\nresource \"aws_sfn_state_machine\" \"m\" {\n  definition = jsonencode({ States = local.l9 })\n}\n")
	f := Find("main.tf", []byte(b.String()), nil)
	if len(f.Definitions) != 0 || len(f.Notes) != 1 || !strings.Contains(f.Notes[0].Message, "too large") {
		t.Errorf("found %v, noted %v", f.Definitions, f.Notes)
	}
}

// A template with more state machines than there may be is read to that number, and the file that all of them name once.
func TestMaxDefinitions(t *testing.T) {
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i := range MaxDefinitions + 10 {
		fmt.Fprintf(&b, "  M%d: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: d.asl.json}}\n", i)
	}
	f := Find("t.yaml", []byte(b.String()), func(string) ([]byte, error) { return []byte("{}"), nil })
	if len(f.Definitions) != MaxDefinitions || len(f.Notes) != 1 || f.Definitions[0].Document != f.Definitions[9].Document {
		t.Errorf("%d definitions, notes %v", len(f.Definitions), f.Notes)
	}
}
