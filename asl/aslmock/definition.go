package aslmock

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock/coverage"
	"github.com/docflow-asl/docflow/asl/aslmock/internal/fields"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// Definition is a definition that is ready to run, any number of times, also at the same time.
type Definition struct {
	Filename string // empty for a machine that was not read from a file
	Machine  *asl.Machine
	program  *engine.Program
	states   map[string]asl.State // by location
	tasks    map[string]asl.State // the states that call something, by name
}

// Load reads a definition, JSON or YAML, from a file, and fills its substitutions, `${Name}`.
func Load(filename string, substitutions map[string]string) (*Definition, error) {
	text, err := fields.ReadFile(filename)
	if err != nil {
		return nil, err
	}
	return Parse(filename, text, substitutions)
}

// Parse is Load for a text. The filename is for messages, and tells JSON from YAML.
func Parse(filename string, text []byte, substitutions map[string]string) (*Definition, error) {
	doc := asl.Parse(filename, text)
	var errs []error
	for _, p := range doc.Problems {
		if p.Kind != asl.UnknownField { // which runs all the same; docflow check tells of it
			errs = append(errs, fmt.Errorf("%s:%w", cmp.Or(filename, noFile), p))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return prepare(filename, doc.Machine, substitutions)
}

// Of prepares a machine, such as the builder makes. The machine itself stays as it is.
func Of(m *asl.Machine, substitutions map[string]string) (*Definition, error) {
	copied := asl.ParseJSON("", asl.Marshal(m)).Machine
	forgetPositions(copied)
	return prepare("", copied, substitutions)
}

// forgetPositions drops what a copy knows of a text that nobody has seen.
func forgetPositions(m *asl.Machine) {
	m.Source = nil
	asl.Walk(m, func(_ *asl.Scope, state asl.State) {
		state.Common().Source = nil
		if h := asl.ErrorHandlingOf(state); h != nil {
			for i := range h.Retry {
				h.Retry[i].Source = nil
			}
			for i := range h.Catch {
				h.Catch[i].Source = nil
			}
		}
		if choice, ok := state.(*asl.ChoiceState); ok {
			for i := range choice.Choices {
				choice.Choices[i].Source = nil
			}
		}
	})
}

func prepare(filename string, m *asl.Machine, substitutions map[string]string) (*Definition, error) {
	d := &Definition{Filename: filename, Machine: m, states: map[string]asl.State{}, tasks: map[string]asl.State{}}
	if err := d.substitute(substitutions); err != nil {
		return nil, err
	}
	program, err := engine.Compile(m)
	if err != nil {
		return nil, d.compileError(err)
	}
	d.program = program
	asl.Walk(m, func(scope *asl.Scope, state asl.State) {
		d.states[scope.StateLocation(state)] = state
		if mayCall(state) {
			d.tasks[state.Common().Name] = state
		}
	})
	return d, nil
}

// Calls lists the resources that the definition calls, and tells whether a state of that name calls one of them.
func (d *Definition) Calls(state string) (resources []string, isState bool) {
	for _, s := range d.tasks {
		switch s := s.(type) {
		case *asl.TaskState:
			resources = append(resources, s.Resource)
		case *asl.MapState:
			if s.ItemReader != nil {
				resources = append(resources, s.ItemReader.Resource)
			}
			if s.ResultWriter != nil {
				resources = append(resources, s.ResultWriter.Resource)
			}
		}
	}
	slices.Sort(resources)
	return slices.Compact(resources), d.tasks[state] != nil
}

// mayCall tells whether a state calls what can be mocked: a Task, or a Map that reads its items or writes its results.
func mayCall(state asl.State) bool {
	switch s := state.(type) {
	case *asl.TaskState:
		return true
	case *asl.MapState:
		return s.ItemReader != nil || s.ResultWriter != nil
	}
	return false
}

func (d *Definition) substitute(values map[string]string) error {
	holes := asl.Holes(value.Text(d.Machine.Value()))
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(holes, name) {
			slices.Sort(holes)
			errs = append(errs, d.errorf("it has no substitution ${%s}; %s", name, fields.Instead(name, slices.Compact(holes))))
		}
	}
	d.Machine.Substitute(values)
	return errors.Join(errs...)
}

// noFile stands for the name of a definition that has none.
const noFile = "definition"

func (d *Definition) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", cmp.Or(d.Filename, noFile), fmt.Errorf(format, args...))
}

// compileError gives the problems that keep the definition from running their places.
func (d *Definition) compileError(err error) error {
	var compile *engine.CompileError
	if !errors.As(err, &compile) {
		return d.errorf("%w", err)
	}
	var errs []error
	for _, p := range compile.Problems {
		name, at := cmp.Or(d.Filename, noFile), d.Machine.Source
		asl.Walk(d.Machine, func(_ *asl.Scope, state asl.State) {
			if common := state.Common(); common.Name == p.State {
				at = common.Source
			}
		})
		if at != nil {
			start := at.NameSpan().Start
			name += fmt.Sprintf(":%d:%d", start.Line, start.Column)
		}
		errs = append(errs, fmt.Errorf("%s: %v", name, p))
	}
	return errors.Join(errs...)
}

// Name is what the state machine is called when nothing else is said: the file's name without its extensions.
func (d *Definition) Name() string {
	name := filepath.Base(d.Filename)
	for _, suffix := range []string{".json", ".yaml", ".yml", ".asl"} {
		name = strings.TrimSuffix(name, suffix)
	}
	if d.Filename == "" || name == "" {
		return "StateMachine"
	}
	return name
}

// Coverage makes a profile of the definition in which nothing is covered yet.
func (d *Definition) Coverage() *coverage.Profile {
	return coverage.New(cmp.Or(d.Filename, noFile), d.Machine)
}

// Check tells whether the mocks fit the definition: their states exist and call something, and what they return is what the
// service could return, as strictly as the mode asks where a mock does not say so itself.
func (d *Definition) Check(mocks *Mocks, mode ValidationMode) error {
	errs := []error{mocks.Err()}
	for _, m := range mocks.all() {
		where := ""
		if m.where != "" {
			where = m.where + ": "
		}
		if m.state != "" {
			if problem := d.noTask(m.state); problem != "" {
				errs = append(errs, fmt.Errorf("%s%s", where, problem))
				continue
			}
		}
		for _, a := range m.answers {
			if a.returns == nil {
				continue
			}
			resource := m.resource
			if task, ok := d.tasks[m.state].(*asl.TaskState); ok {
				resource = task.Resource
			}
			if err := Validate(resource, a.returns, cmp.Or(a.mode, mode)); err != nil {
				if a.where != "" {
					where = a.where + ": "
				}
				errs = append(errs, fmt.Errorf("%sthe mock of %s: %w", where, m, err))
			}
		}
	}
	return errors.Join(errs...)
}

// noTask says why a state cannot be mocked; empty when it can.
func (d *Definition) noTask(name string) string {
	if d.tasks[name] != nil {
		return ""
	}
	for _, state := range d.states {
		if state.Common().Name == name {
			return fmt.Sprintf("%q is a %s state of %s, which calls nothing; only Task states are mocked", name, state.Type(), d.describe())
		}
	}
	return fmt.Sprintf("%s has no state %q to mock; %s", d.describe(), name, fields.Instead(name, slices.Sorted(maps.Keys(d.tasks))))
}

func (d *Definition) describe() string {
	if d.Filename == "" {
		return "the definition"
	}
	return d.Filename
}
