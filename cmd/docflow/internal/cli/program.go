package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// program is a definition that is ready to run.
type program struct {
	*engine.Program
	doc     *asl.Document
	machine *asl.Machine // with its substitutions filled
	options check.Options
}

// readProgram reads a definition.
func readProgram(s *streams, filename string, machineType engine.WorkflowType) (*program, error) {
	doc, err := readDefinition(s, filename)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usageError{err}
	}
	if err != nil {
		return nil, refuse(s, "%v", err)
	}
	return &program{doc: doc, machine: doc.Machine, options: check.Options{Type: check.MachineType(machineType)}}, nil
}

// compile makes the definition ready to run. Only what cannot run stops it: the diagnostics are printed then.
func (p *program) compile(s *streams, substitutions map[string]string) error {
	unreadable := func(problem asl.Problem) bool { return problem.Kind == asl.BrokenSyntax }
	if p.doc.Root == nil || p.doc.Root.Kind != value.KindObject || slices.ContainsFunc(p.doc.Problems, unreadable) {
		return p.refuse(s, check.Document(p.doc, p.options))
	}
	p.machine.Substitute(substitutions)
	compiled, err := engine.Compile(p.machine)
	var compile *engine.CompileError
	if errors.As(err, &compile) {
		return p.refuse(s, p.diagnostics(compile.Problems))
	}
	p.Program = compiled
	return err
}

// refuse prints why nothing is done.
func refuse(s *streams, format string, args ...any) error {
	fmt.Fprintf(s.err, "docflow: "+format+"\n", args...)
	return errRefused
}

// refuse prints why a definition cannot run.
func (p *program) refuse(s *streams, diagnostics []check.Diagnostic) error {
	results := []check.Result{{Document: p.doc, Diagnostics: diagnostics}}
	if err := check.WriteText(s.err, results, check.TextOptions{Colour: coloured(s.err)}); err != nil {
		return err
	}
	if holes := asl.Holes(value.Text(p.machine.Value())); len(holes) > 0 {
		slices.Sort(holes)
		fmt.Fprintf(s.err, "docflow: ${%s} without a value; --substitution NAME=VALUE gives one\n", strings.Join(slices.Compact(holes), "}, ${"))
	}
	errors, _ := check.Count(results)
	noun := "errors"
	if errors == 1 {
		noun = "error"
	}
	return refuse(s, "%s cannot run: %d %s", p.doc.Filename, errors, noun)
}

// diagnostics gives the engine's problems their places. Where the checker finds the same it says it better.
func (p *program) diagnostics(problems []engine.Problem) []check.Diagnostic {
	found := check.Document(p.doc, p.options)
	var list []check.Diagnostic
	for _, problem := range problems {
		field, _, _ := strings.Cut(problem.Field, ".")
		field, _, _ = strings.Cut(field, "[")
		told := false
		for _, d := range found {
			if d.Severity == check.Error && d.State == problem.State && d.Field == field {
				list = append(list, d)
				told = true
			}
		}
		if !told {
			span, pointer := p.place(problem)
			list = append(list, check.Diagnostic{
				Code: "cannot-run", Severity: check.Error, Message: problem.String(), Pointer: pointer, State: problem.State, Field: field, Span: span,
			})
		}
	}
	slices.SortStableFunc(list, func(a, b check.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Span.Start.Offset, b.Span.Start.Offset), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(list, func(a, b check.Diagnostic) bool {
		return a.Code == b.Code && a.Span == b.Span && a.Message == b.Message
	})
}

// place finds what a problem is about: the field's value, or else the name of the state.
func (p *program) place(problem engine.Problem) (asl.Span, string) {
	owners := []*asl.Node{p.machine.Source}
	if problem.State != "" {
		owners = nil
		asl.Walk(p.machine, func(_ *asl.Scope, state asl.State) {
			if common := state.Common(); common.Name == problem.State && common.Source != nil {
				owners = append(owners, common.Source)
			}
		})
	}
	for _, owner := range owners {
		if n := descend(owner, problem.Field); n != nil {
			return n.Span, n.Pointer()
		}
	}
	if len(owners) == 0 || owners[0] == nil {
		return asl.Span{}, ""
	}
	if problem.State == "" {
		start := owners[0].Span.Start
		return asl.Span{Start: start, End: start}, ""
	}
	return owners[0].NameSpan(), owners[0].Pointer()
}

// descend follows a field such as Parameters.x.$ or Choices[0].Next; nil when it is not there. Names may have dots in them.
func descend(n *asl.Node, field string) *asl.Node {
	if n == nil || field == "" {
		return n
	}
	if rest, ok := strings.CutPrefix(field, "["); ok {
		var i int
		number, after, _ := strings.Cut(rest, "]")
		if _, err := fmt.Sscanf(number, "%d", &i); err != nil {
			return nil
		}
		return descend(n.Item(i), strings.TrimPrefix(after, "."))
	}
	for _, m := range slices.Backward(n.Members) { // of duplicates the last one counts
		rest, ok := strings.CutPrefix(field, m.Name)
		if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
			continue
		}
		if found := descend(m.Value, strings.TrimPrefix(rest, ".")); found != nil {
			return found
		}
	}
	return nil
}

// mostWarnings is how many diagnostics are shown of a definition that runs here.
const mostWarnings = 3

// warn tells what AWS would not take of a definition that runs here.
func (p *program) warn(s *streams) error {
	var refused []check.Diagnostic
	for _, d := range check.Document(p.doc, p.options) {
		if d.Severity == check.Error && (d.AWSCode != "" || d.Code == "duplicate-key") {
			refused = append(refused, d)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	shown := refused[:min(len(refused), mostWarnings)]
	err := check.WriteText(s.err, []check.Result{{Document: p.doc, Diagnostics: shown}}, check.TextOptions{Colour: coloured(s.err)})
	more := ""
	if n := len(refused) - len(shown); n > 0 {
		more = fmt.Sprintf(" (%d more: docflow check %s)", n, p.doc.Filename)
	}
	fmt.Fprintf(s.err, "docflow: AWS would refuse this definition; it runs here all the same%s\n", more)
	return err
}

// name is what the state machine is called when nothing else is said: the file's name without its extensions.
func (p *program) name() string {
	name := filepath.Base(p.doc.Filename)
	if p.doc.Filename == stdinName {
		return "StateMachine"
	}
	for _, suffix := range []string{".json", ".yaml", ".yml", ".asl"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

var notInNames = regexp.MustCompile(`[^0-9A-Za-z_-]+`)

// maxNameLength is how long names of state machines and executions may be.
const maxNameLength = 80

// machineName is the name as one of a state machine on AWS.
func machineName(name string) string {
	name = notInNames.ReplaceAllString(name, "-")
	return cmp.Or(name[:min(len(name), maxNameLength)], "StateMachine")
}
