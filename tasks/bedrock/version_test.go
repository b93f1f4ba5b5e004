package bedrock

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Each text of a request counts: a changed prompt has another version.
func TestPromptVersion(t *testing.T) {
	version := PromptVersion()
	if len(version) != versionDigits || versionOf(specimens()) != version {
		t.Fatalf("the version is %q, and again %q", version, versionOf(specimens()))
	}
	seen := map[string]bool{version: true}
	changes := 0
	try := func(change func([]Request)) {
		changed := specimens()
		change(changed)
		changes++
		seen[versionOf(changed)] = true
	}
	for i, r := range specimens() {
		try(func(all []Request) { all[i].MaxTokens++ })
		try(func(all []Request) { all[i].System = TextContent(all[i].System.String() + ".") })
		for m := range r.Messages {
			try(func(all []Request) {
				all[i].Messages[m].Content = TextContent("x" + all[i].Messages[m].Content.String())
			})
		}
	}
	if len(seen) != changes+1 {
		t.Errorf("%d changes give %d versions", changes, len(seen)-1)
	}
}

// Every literal of the files that prompts are made in is in what the version is made of: one that is not could change, and the version
// would stay.
func TestPromptVersionKnowsAllTexts(t *testing.T) {
	var all strings.Builder
	for _, r := range specimens() {
		all.WriteString(strings.Join(textsOf(r), "\n") + "\n")
	}
	material := all.String()
	elsewhere := map[string]bool{"analysis": true, "merge": true, "0123456789abcdef": true, "\uFFFD": true} // no prompt
	verb := regexp.MustCompile(`%[sd]`)
	for _, file := range []string{"prompt.go", "repair.go"} {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		literals := 0
		ast.Inspect(tree, func(n ast.Node) bool {
			if _, isImport := n.(*ast.ImportSpec); isImport {
				return false
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			literals++
			for _, piece := range verb.Split(text, -1) {
				if !elsewhere[piece] && !strings.Contains(material, piece) {
					t.Errorf("%s: %q is in no specimen", file, piece)
				}
			}
			return true
		})
		if literals < 10 {
			t.Errorf("%s has %d literals", file, literals)
		}
	}
}
