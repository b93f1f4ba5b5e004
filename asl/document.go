package asl

import "fmt"

// Format is the notation of a definition's text.
type Format string

// The notations. AWS takes JSON only; SAM and CloudFormation turn YAML into JSON.
const (
	FormatJSON Format = "JSON"
	FormatYAML Format = "YAML"
)

// Document is a parsed definition. Its Machine is as complete as the text allows; Problems tell what is wrong with the text.
type Document struct {
	Filename string
	Text     string // of the file
	Embedded string // the definition's own text, where it is a part of the file: see ParseEmbedded; else empty
	Format   Format
	Root     *Node    // nil when there is no value at all
	Machine  *Machine // nil after ParseData only
	Problems []Problem
}

// Problem is a fault of a text that parsing meets: broken syntax, a duplicate name, a field of a wrong type or unknown.
type Problem struct {
	Kind    ProblemKind
	Node    *Node // what is wrong, or nil for broken syntax
	Span    Span
	Message string // what is wrong, and what would be right
}

// ProblemKind sorts problems.
type ProblemKind string

// The kinds of problems.
const (
	BrokenSyntax  ProblemKind = "syntax"         // the text is not JSON or YAML
	DuplicateName ProblemKind = "duplicate-name" // an object has two members of one name
	UnknownField  ProblemKind = "unknown-field"  // the language has no such field there
	WrongType     ProblemKind = "wrong-type"     // the field cannot hold a value of that type
)

// Error gives the problem as file-less text, so that a Problem serves as an error.
func (p Problem) Error() string {
	return fmt.Sprintf("%d:%d: %s", p.Span.Start.Line, p.Span.Start.Column, p.Message)
}
