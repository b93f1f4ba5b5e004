package lsp

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"go.lsp.dev/uri"

	"github.com/docflow-asl/docflow/asl/check"
)

// rulePages writes what there is to say of a rule to a file, once it is needed, so that an editor can open it from a finding's code. No
// page of the web needs to be reached, and none can tell of another version's rules.
type rulePages struct {
	folder string // empty: there are no pages
	mu     sync.Mutex
	known  map[string]uri.URI // empty where a page could not be written
}

// page gives the address of a rule's page; empty when there is none.
func (p *rulePages) page(code string) uri.URI {
	p.mu.Lock()
	defer p.mu.Unlock()
	if address, ok := p.known[code]; ok || p.folder == "" {
		return address
	}
	var address uri.URI
	if rule := check.RuleOf(code); rule != nil {
		file := filepath.Join(p.folder, code+".md")
		if err := writePage(file, pageOf(rule)); err == nil {
			address = uri.File(file)
		}
	}
	if p.known == nil {
		p.known = map[string]uri.URI{}
	}
	p.known[code] = address
	return address
}

// writePage writes a file whole or not at all, unless it is there already.
func writePage(file, text string) error {
	if old, err := os.ReadFile(file); err == nil && string(old) == text {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".page")
	if err != nil {
		return err
	}
	_, err = temporary.WriteString(text)
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		os.Remove(temporary.Name())
	}
	return err
}

func pageOf(r *check.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\nSeverity: %s.", r.Code, r.Doc, r.Severity)
	if r.AWSCode != "" {
		fmt.Fprintf(&b, " AWS's code: `%s`.", r.AWSCode)
	}
	b.WriteString("\n")
	if bad, good, err := r.Example(); err == nil {
		fmt.Fprintf(&b, "\n## Wrong\n\n```json\n%s\n```\n\n## Right\n\n```json\n%s\n```\n", strings.TrimSpace(bad), strings.TrimSpace(good))
	}
	return b.String()
}
