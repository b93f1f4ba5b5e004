package check

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/shape"
)

// MachineType is the type with which a state machine is created. It is no part of the definition.
type MachineType string

// The machine types. Without one, a machine is a Standard one.
const (
	Standard MachineType = "STANDARD"
	Express  MachineType = "EXPRESS"
)

// Options say how to judge a definition. The zero Options are right for most.
type Options struct {
	Type        MachineType         // EXPRESS machines may do less; in File the type that the file gives comes first when this is empty
	DefaultType MachineType         // in File: of machines for which the file gives none
	Disable     []string            // codes of rules that are not to report
	AsOf        time.Time           // the day for which models are judged; today by default
	Severity    map[string]Severity // of codes whose findings weigh more or less than the rule says
	Input       *shape.Shape        // what is known of the execution's input; nil: nothing
}

// Severity tells what a diagnostic means for the definition.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // AWS rejects the definition, or a state that holds the fault cannot work
	Warning Severity = "warning" // the definition works, but hardly as its author means it
	Note    Severity = "note"    // advice, or something to know
)

// Diagnostic is one finding.
type Diagnostic struct {
	Code       string // the rule's, stable: missing-target
	AWSCode    string // AWS's, where AWS rejects this: MISSING_TRANSITION_TARGET; else empty
	AWSMessage string // AWS's words, where they were recorded or measured; else empty
	Severity   Severity
	Message    string   // what is wrong
	Cure       string   // what would be right
	Pointer    string   // JSON Pointer of the faulty value, or of the object that lacks something
	Location   string   // the place in AWS's notation, where AWS would report it: /States/A/Choices[0]/Next
	State      string   // the name of the state that holds the fault; empty outside of states
	Field      string   // the field of that state (of the machine, outside of states) that holds the fault; may be empty
	Span       asl.Span // the faulty text
	Related    []Related
	Machine    string // the name of the state machine in the file that has it; empty for a definition on its own
}

// Related is another place that belongs to a finding, such as the first of two states of one name.
type Related struct {
	Message string
	Span    asl.Span
}

// MaxDiagnostics is how many diagnostics there are at most for one definition; AWS gives up to 100.
const MaxDiagnostics = 1000

// Document checks a parsed definition. The diagnostics are in the order of the text; there are none when nothing is wrong.
func Document(doc *asl.Document, opts Options) []Diagnostic {
	p := newPass(doc, opts)
	for _, r := range rules {
		if p.stop {
			break
		}
		if r.check != nil && !slices.Contains(opts.Disable, r.Code) {
			r.check(p, r)
		}
	}
	return sorted(opts.adjust(p.out))
}

// adjust gives findings the severities that the options name.
func (o Options) adjust(list []Diagnostic) []Diagnostic {
	for i, d := range list {
		if s, ok := o.Severity[d.Code]; ok {
			list[i].Severity = s
		}
	}
	return list
}

// Machine checks a definition that was built and not parsed: what is checked is its printed form, so that Span and Pointer
// refer to the text that asl.Marshal gives.
func Machine(m *asl.Machine, opts Options) []Diagnostic {
	return Document(asl.ParseJSON("", asl.Marshal(m)), opts)
}

// sorted orders diagnostics by position and drops those that say the same of the same place.
func sorted(list []Diagnostic) []Diagnostic {
	slices.SortStableFunc(list, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Span.Start.Offset, b.Span.Start.Offset),
			cmp.Compare(a.Span.End.Offset, b.Span.End.Offset),
			strings.Compare(a.Code, b.Code),
			strings.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(list, func(a, b Diagnostic) bool {
		return a.Code == b.Code && a.Span == b.Span && a.Message == b.Message
	})
}
