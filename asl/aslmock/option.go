package aslmock

import (
	"errors"
	"fmt"
	"time"

	"github.com/docflow-asl/docflow/asl/aslmock/coverage"
	"github.com/docflow-asl/docflow/asl/aslmock/internal/fields"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

// Option is what a run takes besides its definition: input, mocks, and how it runs. A *Mock and *Mocks are options.
type Option interface{ apply(*setup) error }

// setup is a run as its options describe it.
type setup struct {
	input         value.Value
	inline        []*Mock
	mocks         []*Mocks // further layers
	configs       []configChoice
	substitutions map[string]string
	profiles      []*coverage.Profile
	mode          ValidationMode
	hint          func(*engine.Call) string
	engine        engine.Options
	adjust        []func(*engine.Options)
}

type configChoice struct {
	config         *Config
	machine, named string
}

type optionFunc func(*setup) error

func (f optionFunc) apply(s *setup) error { return f(s) }

func (m *Mock) apply(s *setup) error {
	s.inline = append(s.inline, m)
	return nil
}

func (m *Mocks) apply(s *setup) error {
	s.mocks = append(s.mocks, m)
	return nil
}

// Input is the execution's input: JSON text (a string or []byte), or anything that encoding/json can marshal. Without it the
// input is {}.
func Input(input any) Option {
	return optionFunc(func(s *setup) (err error) {
		if s.input, err = toValue(input); err != nil {
			return fmt.Errorf("input: %w", err)
		}
		return nil
	})
}

// InputFile reads the execution's input from a file.
func InputFile(filename string) Option {
	return optionFunc(func(s *setup) error {
		text, err := fields.ReadFile(filename)
		if err != nil {
			return err
		}
		if s.input, err = value.Parse(string(text)); err != nil {
			return fmt.Errorf("%s: %w", filename, err)
		}
		return nil
	})
}

// Substitute fills a substitution of the definition, `${Name}`.
func Substitute(name, with string) Option {
	return optionFunc(func(s *setup) error {
		if s.substitutions == nil {
			s.substitutions = map[string]string{}
		}
		s.substitutions[name] = with
		return nil
	})
}

// TestCase mocks as a test case of a mock configuration file of Step Functions Local says. An empty machine is the
// definition's name, or the only state machine in the file.
func TestCase(config *Config, machine, testCase string) Option {
	return optionFunc(func(s *setup) error {
		s.configs = append(s.configs, configChoice{config, machine, testCase})
		return nil
	})
}

// TestCaseFile is TestCase for a file.
func TestCaseFile(filename, testCase string) Option {
	return optionFunc(func(s *setup) error {
		config, err := ReadConfig(filename)
		s.configs = append(s.configs, configChoice{config, "", testCase})
		return err
	})
}

// Handlers do the work of the tasks that have no mock.
func Handlers(h engine.Handlers) Option {
	return optionFunc(func(s *setup) error {
		s.engine.Tasks = h
		return nil
	})
}

// Name names the execution; the default is "test".
func Name(name string) Option {
	return optionFunc(func(s *setup) error {
		s.engine.Name = name
		return nil
	})
}

// StateMachine names the state machine; the default is the name of the definition's file without its extensions.
func StateMachine(name string) Option {
	return optionFunc(func(s *setup) error {
		s.engine.StateMachineName = name
		return nil
	})
}

// StartTime is when the execution starts; the default is 2025-01-01T00:00:00Z.
func StartTime(t time.Time) Option {
	return optionFunc(func(s *setup) error {
		s.engine.StartTime = t
		return nil
	})
}

// Seed chooses the jitter, UUIDs and random numbers of the run; the default is 1. Two runs with one seed are the same; 0 makes
// every run another, and lets tasks run at the same time.
func Seed(seed uint64) Option {
	return optionFunc(func(s *setup) error {
		s.engine.Seed = seed
		return nil
	})
}

// Express runs the definition as an Express workflow, which ends after five minutes.
func Express() Option {
	return optionFunc(func(s *setup) error {
		s.engine.Type = engine.Express
		return nil
	})
}

// Standard runs the definition as a Standard workflow, which is the default.
func Standard() Option {
	return optionFunc(func(s *setup) error {
		s.engine.Type = engine.Standard
		return nil
	})
}

// Objects is the object storage that distributed Maps read items from and write results to.
func Objects(objects mapdata.Objects) Option {
	return optionFunc(func(s *setup) error {
		s.engine.Objects = objects
		return nil
	})
}

// NewObjects is Objects with a storage that is made for the run.
func NewObjects(make func() mapdata.Objects) Option {
	return optionFunc(func(s *setup) error {
		s.engine.Objects = make()
		return nil
	})
}

// Cover adds what the run goes through to a profile, which may be that of many runs at the same time.
func Cover(p *coverage.Profile) Option {
	return optionFunc(func(s *setup) error {
		s.profiles = append(s.profiles, p)
		return nil
	})
}

// Validation sets how strictly results that mocks return are held against the service's API; the default is Present.
func Validation(mode ValidationMode) Option {
	return optionFunc(func(s *setup) error {
		s.mode = mode
		return nil
	})
}

// Hint says how to mock a task, for messages about one that has no mock.
func Hint(hint func(*engine.Call) string) Option {
	return optionFunc(func(s *setup) error {
		s.hint = hint
		return nil
	})
}

// Engine changes any other of the engine's options. OnDecision and OnEvent are called beside what the run needs itself.
func Engine(adjust func(*engine.Options)) Option {
	return optionFunc(func(s *setup) error {
		s.adjust = append(s.adjust, adjust)
		return nil
	})
}

func newSetup(options []Option) (*setup, error) {
	s := &setup{mode: Present, hint: hintGo, engine: engine.Options{Name: "test", Seed: 1}}
	var errs []error
	for _, o := range options {
		errs = append(errs, o.apply(s))
	}
	return s, errors.Join(errs...)
}

// layers joins the mocks of a run: those given one by one, then test cases, then whole sets.
func (s *setup) layers(d *Definition) (*Mocks, error) {
	mocks := NewMocks(s.inline...)
	for _, c := range s.configs {
		more, err := c.config.TestCase(c.config.StateMachineFor(c.machine, d), c.named)
		if err != nil {
			return nil, err
		}
		mocks = mocks.Or(more)
	}
	for _, more := range s.mocks {
		mocks = mocks.Or(more)
	}
	return mocks, nil
}
