package packaging

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// The parts of template.yaml that a package changes: they are changed in the text, so that comments and order stay.
var (
	codeURI       = regexp.MustCompile(`(?m)^(\s*CodeUri: )cmd/lambda/([\w-]+)/?$`)
	definitionURI = regexp.MustCompile(`(?m)^(\s*DefinitionUri: )(\S+)$`)
	buildMethod   = regexp.MustCompile(`(?m)^\s*Metadata: \{BuildMethod: go1\.x\}\n`)
	architectures = regexp.MustCompile(`(?m)^(\s*Architectures: )\[\w+\]$`)
	cacheFolder   = regexp.MustCompile(`(?m)^(\s*DOCFLOW_CACHE_DIR: ).*$`)
)

// CacheFolder is where a function finds the compiled PDF engine that its package carries.
const CacheFolder = "pdf-engine"

// template is template.yaml as a package has it, and what it names.
type template struct {
	text        string
	functions   []string // names of folders in cmd/lambda, in the order of the template
	definitions []string // paths of state machine definitions
}

// rewrite makes the template name the ZIP files of the functions and the definitions beside it. withCache says that the
// extract function carries the compiled PDF engine.
func rewrite(source, processor string, withCache bool) (*template, error) {
	t := &template{}
	text := codeURI.ReplaceAllStringFunc(source, func(line string) string {
		m := codeURI.FindStringSubmatch(line)
		t.functions = append(t.functions, m[2])
		return m[1] + m[2] + ".zip"
	})
	text = definitionURI.ReplaceAllStringFunc(text, func(line string) string {
		m := definitionURI.FindStringSubmatch(line)
		t.definitions = append(t.definitions, m[2])
		return m[1] + path.Base(m[2])
	})
	switch {
	case len(t.functions) == 0:
		return nil, fmt.Errorf("template.yaml has no CodeUri: cmd/lambda/NAME/")
	case !architectures.MatchString(text):
		return nil, fmt.Errorf("template.yaml has no Architectures: […]")
	case withCache && !cacheFolder.MatchString(text):
		return nil, fmt.Errorf("template.yaml has no DOCFLOW_CACHE_DIR")
	}
	text = buildMethod.ReplaceAllString(text, "")
	text = architectures.ReplaceAllString(text, "${1}["+lambdaArchitecture(processor)+"]")
	if withCache {
		text = cacheFolder.ReplaceAllString(text, "${1}/var/task/"+CacheFolder+" # compiled WebAssembly of the PDF reader, in the package")
	}
	t.text = text
	return t, nil
}

// lambdaArchitecture names a processor as Lambda does.
func lambdaArchitecture(processor string) string {
	if processor == "amd64" {
		return "x86_64"
	}
	return strings.ToLower(processor)
}
