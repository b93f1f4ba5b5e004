package lsp

import (
	"fmt"
	"path"
	"strings"
	"sync"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/assist"
	"github.com/docflow-asl/docflow/asl/check"
)

// document is one version of a text that a client has open. It does not change; what is computed of it is computed once.
type document struct {
	uri      uri.URI
	language protocol.LanguageKind
	version  int32
	text     string
	bytes    bool // positions count bytes
	opts     check.Options

	indexOnce sync.Once
	indexed   *index
	viewOnce  sync.Once
	viewed    *assist.View
}

func (d *document) index() *index {
	d.indexOnce.Do(func() { d.indexed = newIndex(d.text, d.bytes) })
	return d.indexed
}

func (d *document) view() *assist.View {
	d.viewOnce.Do(func() { d.viewed = assist.New(d.parse(), d.opts) })
	return d.viewed
}

// parse reads the text as what the client says that it is, else as what its name says.
func (d *document) parse() *asl.Document {
	name := path.Base(d.uri.Path())
	switch ext := strings.ToLower(path.Ext(name)); {
	case d.language == "asl-yaml", d.language == "yaml", ext == ".yaml", ext == ".yml":
		return asl.ParseYAML(name, []byte(d.text))
	case d.language == "json", d.language == "jsonc", ext == ".json", ext == ".asl":
		return asl.ParseJSON(name, []byte(d.text))
	}
	return asl.Parse(name, []byte(d.text))
}

// isDefinition tells whether a text is a definition: the name says so, or the client by the names that the AWS Toolkit gave the
// languages. Other JSON and YAML files are none of this server's business.
func isDefinition(u uri.URI, language protocol.LanguageKind) bool {
	switch language {
	case "asl", "asl-json", "asl-yaml":
		return true
	}
	name := strings.ToLower(path.Base(u.Path()))
	for _, suffix := range []string{".asl.json", ".asl.yaml", ".asl.yml", ".asl"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// maxWork is how many bytes of text one message may have read again: the text, for each of its changes.
const maxWork = 4 << 30

// changed gives the document after the changes of a message, which are made one after the other.
func (d *document) changed(version int32, changes []protocol.TextDocumentContentChangeEvent) (*document, error) {
	next := &document{uri: d.uri, language: d.language, version: version, text: d.text, bytes: d.bytes, opts: d.opts}
	work := 0
	for i, change := range changes {
		switch change := change.(type) {
		case *protocol.TextDocumentContentChangeWholeDocument:
			next.text = change.Text
		case *protocol.TextDocumentContentChangePartial:
			x := newIndex(next.text, d.bytes)
			if i == 0 {
				x = d.index()
			}
			if work += len(next.text); work > maxWork {
				return nil, fmt.Errorf("%d changes of a text of %d bytes in one message are too many", len(changes), len(next.text))
			}
			start, end := x.offset(change.Range.Start), x.offset(change.Range.End)
			if end < start {
				return nil, fmt.Errorf("a change whose range ends before it starts")
			}
			next.text = next.text[:start] + change.Text + next.text[end:]
		}
		if len(next.text) > maxMessage {
			return nil, fmt.Errorf("the text has more than %d bytes", maxMessage)
		}
	}
	return next, nil
}
