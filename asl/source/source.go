package source

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// Kind is the notation of a file that holds definitions.
type Kind string

// The kinds of files.
const (
	Plain          Kind = "definition"
	CloudFormation Kind = "CloudFormation template" // SAM and the CDK included
	Serverless     Kind = "Serverless Framework configuration"
	Terraform      Kind = "Terraform configuration"
	Other          Kind = "other" // no definition of a state machine
)

// File is a file that was read, with all definitions that it holds or names.
type File struct {
	Document    *asl.Document // the file as a whole; for Plain files the definition
	Kind        Kind
	Definitions []*Definition
	Notes       []Note
}

// Definition is the definition of one state machine.
type Definition struct {
	Document      *asl.Document // with the positions of the file that the definition stands in
	Machine       string        // the name of the state machine in File; empty in Plain files
	Type          string        // STANDARD or EXPRESS, as the file says; empty when it does not, or cannot be known
	Substitutions *Substitutions
}

// Substitutions are the values for `${Name}` that a definition is deployed with.
type Substitutions struct {
	Document *asl.Document // the file that declares them
	Declared []Name
	Complete bool   // all names are known: there is no other way in which a value comes
	Field    string // which declares them: DefinitionSubstitutions
	Uses     []Name // in the order of the text
	Mentions string // text in which a use may be that Uses does not list
}

// Name is a name with its place.
type Name struct {
	Name string
	Span asl.Span
	Node *asl.Node // that holds it; nil where none does
}

// Note says why a definition that the file has is not read.
type Note struct {
	Span    asl.Span
	Machine string
	Message string
}

// Opener reads a file that another file names.
type Opener func(name string) ([]byte, error)

// Find finds the definitions in a file. Its name tells the notation where the text leaves it open. Files that it names are read
// with open, which may be nil: then they are noted as not read.
func Find(name string, content []byte, open Opener) *File {
	if isTerraform(name, content) {
		return findTerraform(name, content, open)
	}
	if strings.HasSuffix(name, ".asl.json") || !mentionsTemplate(content) {
		return plain(asl.Parse(name, content))
	}
	data := asl.ParseData(name, content)
	f := &finder{file: &File{Document: data, Kind: kindOf(data.Root)}, open: open}
	switch f.file.Kind {
	case CloudFormation:
		f.template()
	case Serverless:
		f.serverless()
	default:
		return plain(asl.Parse(name, content))
	}
	return f.file
}

func plain(doc *asl.Document) *File {
	f := &File{Document: doc, Kind: Plain, Definitions: []*Definition{{Document: doc}}}
	if !looksLikeDefinition(doc.Root) {
		f.Kind = Other
	}
	return f
}

// looksLikeDefinition tells whether a value is meant as a definition, right or wrong.
func looksLikeDefinition(root *asl.Node) bool {
	states := root.Member("States")
	return states != nil && states.Kind == value.KindObject && root.Member("StartAt") != nil
}

// mentionsTemplate tells quickly whether a text may be a template or configuration.
func mentionsTemplate(content []byte) bool {
	text := string(content)
	return strings.Contains(text, "::StateMachine") || strings.Contains(text, "stepFunctions")
}

func kindOf(root *asl.Node) Kind {
	if resources := root.Member("Resources"); resources != nil && resources.Kind == value.KindObject && root.Member("StartAt") == nil {
		return CloudFormation
	}
	if root.Member("stepFunctions") != nil && root.Member("StartAt") == nil {
		return Serverless
	}
	return Other
}

// finder reads the definitions of one file.
type finder struct {
	file *File
	open Opener
	full bool                     // it has MaxDefinitions
	docs map[string]*asl.Document // files that were named as definitions before
}

func (f *finder) note(n *asl.Node, machine, format string, args ...any) {
	f.file.Notes = append(f.file.Notes, Note{Span: n.Span, Machine: machine, Message: fmt.Sprintf(format, args...)})
}

// MaxDefinitions is how many definitions of one file are read. CloudFormation takes 500 resources in a template.
const MaxDefinitions = 500

func (f *finder) add(d *Definition) {
	if len(f.file.Definitions) < MaxDefinitions {
		f.file.Definitions = append(f.file.Definitions, d)
		return
	}
	if !f.full {
		f.full = true
		f.file.Notes = append(f.file.Notes, Note{Machine: d.Machine, Message: fmt.Sprintf(
			"the definition of %s, and of all that follow, was not read: this file has more than %d (MaxDefinitions)", d.Machine, MaxDefinitions)})
	}
}

// read reads a file that the file names; what says how it does. It gives nil after a note.
func (f *finder) read(n *asl.Node, machine, what, name string) (string, []byte) {
	return f.readBeside(n.Span, machine, what, name)
}

func (f *finder) readBeside(span asl.Span, machine, what, name string) (string, []byte) {
	note := func(message string) {
		f.file.Notes = append(f.file.Notes, Note{Span: span, Machine: machine, Message: message})
	}
	if f.full {
		return "", nil
	}
	if f.open == nil {
		note(fmt.Sprintf("the definition of %s is in the file %q, which was not read", machine, name))
		return "", nil
	}
	// A template's paths have slashes on every system.
	full := filepath.FromSlash(name)
	if !filepath.IsAbs(full) {
		full = filepath.Join(filepath.Dir(f.file.Document.Filename), full)
	}
	content, err := f.open(full)
	if err != nil {
		note(fmt.Sprintf("the definition of %s was not read: %s names %q: %v", machine, what, name, cause(err)))
		return "", nil
	}
	return full, content
}

// cause is the reason of an error without the path that the message has anyway.
func cause(err error) error {
	for {
		inner, ok := err.(interface{ Unwrap() error })
		if !ok || inner.Unwrap() == nil {
			return err
		}
		err = inner.Unwrap()
	}
}

// addFile adds the definition that a file of its own holds.
func (f *finder) addFile(d *Definition, name string, content []byte) {
	if f.docs[name] == nil {
		if f.docs == nil {
			f.docs = map[string]*asl.Document{}
		}
		f.docs[name] = asl.Parse(name, content)
	}
	d.Document = f.docs[name]
	f.add(d)
}

// isLocal tells whether a location is one of a file, and not of an object in S3 or at another address.
func isLocal(location string) bool {
	return location != "" && !strings.Contains(location, "://") && !strings.HasPrefix(path.Base(location), "$")
}

// textOf gives the text of a string node.
func textOf(n *asl.Node) (string, bool) {
	if n == nil {
		return "", false
	}
	s, ok := n.Value.(value.String)
	return string(s), ok
}

// raw is the text of a node as the file has it.
func (f *finder) raw(n *asl.Node) string {
	text := f.file.Document.Text
	from := max(0, min(n.Span.Start.Offset, len(text)))
	return text[from:max(from, min(n.Span.End.Offset, len(text)))]
}

// addString adds the value of a string node to a definition's text.
func (f *finder) addString(t *text, n *asl.Node) {
	val, _ := textOf(n)
	raw := f.raw(n)
	switch {
	case f.file.Document.Format == asl.FormatJSON && strings.HasPrefix(raw, `"`):
		t.addJSON(raw, n.Span.Start.Offset)
	default:
		t.addYAML(raw, n.Span.Start.Offset, val)
	}
}

// embedded parses the definition whose text was put together.
func (f *finder) embedded(t *text) *asl.Document {
	return asl.ParseEmbedded(f.file.Document.Filename, f.file.Document.Text, t.b.String(), t.locate)
}
