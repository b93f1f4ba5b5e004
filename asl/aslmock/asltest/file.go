package asltest

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock"
	"github.com/docflow-asl/docflow/asl/aslmock/internal/fields"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

// Suffixes are what the names of test files end with.
var Suffixes = []string{".asltest.yaml", ".asltest.yml", ".asltest.json"}

// File is a file of tests.
type File struct {
	Filename   string
	Definition *aslmock.Definition
	Cases      []*Case
	options    []aslmock.Option // of all cases
}

// Case is one test.
type Case struct {
	Name   string
	Line   int
	Column int

	file    *File
	options []aslmock.Option
	expect  expectation
}

// FullName is the file's name without its folder and suffix, and the case's: what a pattern of cases to run is matched with.
func (c *Case) FullName() string { return c.file.Name() + "/" + c.Name }

// Place is where the case stands: file:line:column.
func (c *Case) Place() string { return fmt.Sprintf("%s:%d:%d", c.file.Filename, c.Line, c.Column) }

// Name is the file's name without its folder and suffix.
func (f *File) Name() string {
	name := filepath.Base(f.Filename)
	return strings.TrimSuffix(strings.TrimSuffix(name, filepath.Ext(name)), ".asltest")
}

// Read reads a file of tests, and the files that it names. The error names every fault with its place.
func Read(filename string) (*File, error) {
	text, err := fields.ReadFile(filename)
	if err != nil {
		return nil, err
	}
	return Parse(filename, text)
}

// Parse is Read for a text. Files that it names are beside the filename.
func Parse(filename string, text []byte) (*File, error) {
	return parse(filename, text, fields.ReadFile)
}

func parse(filename string, text []byte, readFile func(string) ([]byte, error)) (*File, error) {
	r := &reader{Reader: fields.Read(filename, text), file: &File{Filename: filename}, readFile: readFile, configs: map[string]*aslmock.Config{}}
	if r.Root != nil {
		r.read(r.Root)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if err := r.link(); err != nil {
		return nil, err
	}
	return r.file, r.Err()
}

// reader reads a file of tests.
type reader struct {
	*fields.Reader
	file          *File
	readFile      func(string) ([]byte, error) // of the files that it names
	definition    *asl.Node                    // names the file
	substitutions map[string]string
	mocks         []mockSource
	cases         []*caseSource
	configs       map[string]*aslmock.Config
}

// caseSource is a case whose mocks are not linked to the definition yet.
type caseSource struct {
	*Case
	mocks  []mockSource
	config configSource
}

// mockSource is the mock of what may be a state or a resource: that depends on the definition.
type mockSource struct {
	key asl.NodeMember
	add func(*aslmock.Mock) // its answers
}

type configSource struct {
	node                       *asl.Node
	file, stateMachine, called string
}

func (r *reader) read(n *asl.Node) {
	r.Object(n, "a test file", fields.Fields{
		"definition":          func(n *asl.Node) { r.definition = n; r.String("definition", new(string))(n) },
		"stateMachine":        r.text("stateMachine", func(s string) { r.option(aslmock.StateMachine(s)) }),
		"type":                r.machineType(&r.file.options),
		"substitutions":       r.readSubstitutions,
		"fieldValidationMode": r.mode(func(m aslmock.ValidationMode) { r.option(aslmock.Validation(m)) }),
		"mocks":               func(n *asl.Node) { r.mocks = r.readMocks(n) },
		"objects":             func(n *asl.Node) { r.option(r.readObjects(n)) },
		"cases":               func(n *asl.Node) { r.List(n, "cases", func(_ int, item *asl.Node) { r.readCase(item) }) },
	})
	switch {
	case n.Kind != value.KindObject:
	case r.definition == nil:
		r.Errorf(n, "a test file has the field \"definition\", the file to test")
	case len(r.cases) == 0 && n.Member("cases") == nil:
		r.Errorf(n, "a test file has the field \"cases\"")
	}
}

func (r *reader) option(o aslmock.Option) { r.file.options = append(r.file.options, o) }

// text reads a string and hands it on.
func (r *reader) text(what string, take func(string)) func(*asl.Node) {
	return func(n *asl.Node) {
		if _, ok := n.Value.(value.String); !ok {
			r.Errorf(n, "%s is a string, not %s", what, fields.Article(n.Kind))
			return
		}
		take(string(n.Value.(value.String)))
	}
}

// oneOf reads one of a few words.
func (r *reader) oneOf(what string, words []string, take func(string)) func(*asl.Node) {
	return func(n *asl.Node) {
		r.text(what, func(s string) {
			if !slices.Contains(words, s) {
				r.Errorf(n, "%s is %q; %s", what, s, fields.Instead(s, words))
				return
			}
			take(s)
		})(n)
	}
}

func (r *reader) mode(take func(aslmock.ValidationMode)) func(*asl.Node) {
	return r.oneOf("fieldValidationMode", aslmock.ValidationModes(), func(s string) { take(aslmock.ValidationMode(s)) })
}

func (r *reader) machineType(options *[]aslmock.Option) func(*asl.Node) {
	return r.oneOf("type", []string{"STANDARD", "EXPRESS"}, func(s string) {
		o := aslmock.Standard()
		if s == "EXPRESS" {
			o = aslmock.Express()
		}
		*options = append(*options, o)
	})
}

func (r *reader) readSubstitutions(n *asl.Node) {
	r.substitutions = map[string]string{}
	r.Each(n, "substitutions", func(m asl.NodeMember) {
		switch v := m.Value.Value.(type) {
		case value.String:
			r.substitutions[m.Name] = string(v)
		case value.Number, value.Bool: // which CloudFormation turns into text as well
			r.substitutions[m.Name] = value.Text(v)
		default:
			r.Errorf(m.Value, "a substitution is a string or a number, not %s", fields.Article(m.Value.Kind))
		}
	})
}

func (r *reader) readCase(n *asl.Node) {
	c := &caseSource{Case: &Case{file: r.file, Line: n.Span.Start.Line, Column: n.Span.Start.Column}}
	option := func(o aslmock.Option) { c.options = append(c.options, o) }
	r.Object(n, "a case", fields.Fields{
		"name":  r.text("name", func(s string) { c.Name = s }),
		"input": func(n *asl.Node) { option(aslmock.Input(n.ToValue())) },
		"inputFile": func(n *asl.Node) {
			r.text("inputFile", func(s string) {
				text, err := r.readFile(r.beside(s))
				if err != nil {
					r.Errorf(n, "%v", err)
					return
				}
				v, err := value.Parse(string(text))
				if err != nil {
					r.Errorf(n, "%s: %v", r.beside(s), err)
					return
				}
				option(aslmock.Input(v))
			})(n)
		},
		"type":          r.machineType(&c.options),
		"executionName": r.text("executionName", func(s string) { option(aslmock.Name(s)) }),
		"startTime": func(n *asl.Node) {
			r.text("startTime", func(s string) {
				at, err := time.Parse(time.RFC3339, s)
				if err != nil {
					r.Errorf(n, "startTime is %q; a time such as 2025-01-02T03:04:05Z would be right", s)
					return
				}
				option(aslmock.StartTime(at))
			})(n)
		},
		"seed": func(n *asl.Node) {
			var seed int64
			r.Count("seed", 1, &seed)(n)
			option(aslmock.Seed(uint64(max(1, seed))))
		},
		"objects":    func(n *asl.Node) { option(r.readObjects(n)) },
		"mocks":      func(n *asl.Node) { c.mocks = r.readMocks(n) },
		"mockConfig": func(n *asl.Node) { c.config = r.readConfig(n) },
		"expect":     func(n *asl.Node) { r.readExpectation(n, &c.expect) },
	})
	if n.Kind == value.KindObject {
		switch {
		case c.Name == "":
			r.Errorf(n, "a case has a name")
		case slices.ContainsFunc(r.cases, func(other *caseSource) bool { return other.Name == c.Name }):
			r.Errorf(n.Member("name"), "there is a case %q already", c.Name)
		}
		if n.Member("input") != nil && n.Member("inputFile") != nil {
			r.Errorf(n.Member("inputFile"), "the case has an input already; it has input or inputFile")
		}
	}
	c.expect.status = c.expect.defaultStatus()
	r.cases = append(r.cases, c)
}

// readObjects reads what is in S3: for each bucket/key its text, or the file that holds it. Every run has a storage of its own.
func (r *reader) readObjects(n *asl.Node) aslmock.Option {
	type stored struct {
		bucket, key string
		body        []byte
	}
	var all []stored
	r.Each(n, "objects", func(m asl.NodeMember) {
		bucket, key, ok := strings.Cut(m.Name, "/")
		if !ok || bucket == "" || key == "" {
			r.Errorf(m.Value, "the object %q; bucket/key would be right", m.Name)
			return
		}
		if s, ok := m.Value.Value.(value.String); ok {
			all = append(all, stored{bucket, key, []byte(s)})
			return
		}
		r.Object(m.Value, "an object in S3", fields.Fields{"file": r.text("file", func(s string) {
			body, err := r.readFile(r.beside(s))
			if err != nil {
				r.Errorf(m.Value, "%v", err)
				return
			}
			all = append(all, stored{bucket, key, body})
		})})
	})
	return aslmock.NewObjects(func() mapdata.Objects {
		objects := &mapdata.Memory{}
		for _, o := range all {
			objects.Store(o.bucket, o.key, o.body)
		}
		return objects
	})
}

// beside gives the name of a file that the test file names.
func (r *reader) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(r.Filename), filepath.FromSlash(name))
}

func (r *reader) readConfig(n *asl.Node) configSource {
	c := configSource{node: n}
	r.Object(n, "mockConfig", fields.Fields{
		"file": r.String("file", &c.file), "testCase": r.String("testCase", &c.called), "stateMachine": r.String("stateMachine", &c.stateMachine),
	})
	if n.Kind == value.KindObject && (c.file == "" || c.called == "") {
		r.Errorf(n, "mockConfig has the fields \"file\" and \"testCase\"")
	}
	return c
}

func (r *reader) readMocks(n *asl.Node) []mockSource {
	var mocks []mockSource
	r.Each(n, "mocks", func(m asl.NodeMember) {
		var answers []func(*aslmock.Mock)
		if m.Value.Kind == value.KindArray {
			r.List(m.Value, "answers", func(_ int, item *asl.Node) { answers = append(answers, r.readAnswer(item)) })
			if len(m.Value.Items) == 0 {
				r.Errorf(m.Value, "the mock of %q has no answer", m.Name)
			}
		} else {
			answers = append(answers, r.readAnswer(m.Value))
		}
		where := fmt.Sprintf("%s:%d:%d", r.Filename, m.NameSpan.Start.Line, m.NameSpan.Start.Column)
		mocks = append(mocks, mockSource{m, func(mock *aslmock.Mock) {
			for _, add := range answers {
				add(mock)
			}
			mock.At(where)
		}})
	})
	return mocks
}

// readAnswer reads an answer, and gives what adds it to a mock.
func (r *reader) readAnswer(n *asl.Node) func(*aslmock.Mock) {
	var gives, modifies []func(*aslmock.Mock)
	give := func(f func(*aslmock.Mock)) { gives = append(gives, f) }
	modify := func(f func(*aslmock.Mock)) { modifies = append(modifies, f) }
	r.Object(n, "an answer", fields.Fields{
		"return": func(n *asl.Node) { give(func(m *aslmock.Mock) { m.Returns(n.ToValue()) }) },
		"throw": func(n *asl.Node) {
			var errorName, cause string
			r.Object(n, "throw", fields.Fields{"error": r.String("error", &errorName), "cause": r.String("cause", &cause)})
			give(func(m *aslmock.Mock) { m.Throws(errorName, cause) })
		},
		"never": func(n *asl.Node) {
			if n.Value != value.Bool(true) {
				r.Errorf(n, "never is true, or left out")
			}
			give(func(m *aslmock.Mock) { m.Never() })
		},
		"evaluate": r.text("evaluate", func(s string) { give(func(m *aslmock.Mock) { m.Evaluates(s) }) }),
		"when":     func(n *asl.Node) { modify(func(m *aslmock.Mock) { m.When(n.ToValue()) }) },
		"times": func(n *asl.Node) {
			var times int64
			r.Count("times", 1, &times)(n)
			modify(func(m *aslmock.Mock) { m.Times(int(min(max(1, times), maxTimes))) })
		},
		"elapse": r.duration("elapse", func(d time.Duration) { modify(func(m *aslmock.Mock) { m.Elapse(d) }) }),
		"heartbeats": func(n *asl.Node) {
			var pauses []time.Duration
			r.List(n, "heartbeats", func(_ int, item *asl.Node) {
				r.duration("a pause", func(d time.Duration) { pauses = append(pauses, d) })(item)
			})
			modify(func(m *aslmock.Mock) { m.Heartbeats(pauses...) })
		},
		"submit":              func(n *asl.Node) { modify(func(m *aslmock.Mock) { m.Submits(n.ToValue()) }) },
		"fieldValidationMode": r.mode(func(mode aslmock.ValidationMode) { modify(func(m *aslmock.Mock) { m.Validation(mode) }) }),
	})
	if n.Kind == value.KindObject && len(gives) != 1 {
		r.Errorf(n, "an answer has one of \"return\", \"throw\", \"never\" and \"evaluate\"; this one has %s", []string{"none", "one", "two", "three", "all"}[len(gives)])
	}
	where := r.Where(n)
	return func(m *aslmock.Mock) {
		m.At(where)
		for _, f := range append(gives, modifies...) {
			f(m)
		}
	}
}

// maxTimes is more calls than an execution can make.
const maxTimes = 1_000_000_000

// duration reads a span of time.
func (r *reader) duration(what string, take func(time.Duration)) func(*asl.Node) {
	return func(n *asl.Node) {
		d, err := parseDuration(n.Value)
		if err != nil || d < 0 {
			r.Errorf(n, "%s is a span of time: 20s, 1h30m, 250ms, or a number of seconds", what)
			return
		}
		take(d)
	}
}

var errNoDuration = errors.New("no span of time")

func parseDuration(v value.Value) (time.Duration, error) {
	switch v := v.(type) {
	case value.String:
		return time.ParseDuration(string(v))
	case value.Number:
		const most = 292 * 365 * 24 * 3600 // seconds that a time.Duration holds
		seconds, err := strconv.ParseFloat(string(v), 64)
		if err != nil || seconds > most {
			return 0, errNoDuration
		}
		return time.Duration(seconds * float64(time.Second)), nil
	}
	return 0, errNoDuration
}

// link loads the definition and makes the mocks, which belong to its states or resources.
func (r *reader) link() error {
	name := r.beside(string(r.definition.Value.(value.String)))
	var definition *aslmock.Definition
	text, err := r.readFile(name)
	if err == nil {
		definition, err = aslmock.Parse(name, text, r.substitutions)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.Where(r.definition), err)
	}
	r.file.Definition = definition
	r.option(aslmock.Hint(func(call *engine.Call) string {
		return fmt.Sprintf("mock it in %s: put %q or %q under mocks", r.Filename, call.State, call.Resource)
	}))
	common := r.makeMocks(r.mocks)
	for _, c := range r.cases {
		c.options = append(slices.Clone(r.file.options), c.options...)
		mocks := r.makeMocks(c.mocks)
		if c.config.node != nil {
			more, err := r.testCase(c.config)
			if err != nil {
				r.Errorf(c.config.node, "%v", err)
				continue
			}
			mocks = mocks.Or(more)
		}
		c.options = append(c.options, mocks.Or(common))
		r.file.Cases = append(r.file.Cases, c.Case)
	}
	return nil
}

func (r *reader) testCase(c configSource) (*aslmock.Mocks, error) {
	name := r.beside(c.file)
	config := r.configs[name]
	if config == nil {
		text, err := r.readFile(name)
		if err != nil {
			return nil, err
		}
		if config, err = aslmock.ParseConfig(name, text); err != nil {
			return nil, err
		}
		r.configs[name] = config
	}
	return config.TestCase(config.StateMachineFor(c.stateMachine, r.file.Definition), c.called)
}

// makeMocks tells states from resources: a name that is no state's and looks like a resource is one.
func (r *reader) makeMocks(sources []mockSource) *aslmock.Mocks {
	var mocks []*aslmock.Mock
	for _, s := range sources {
		name := s.key.Name
		mock := aslmock.State(name)
		if resources, isState := r.file.Definition.Calls(name); !isState && strings.ContainsAny(name, ":*$") {
			mock = aslmock.Resource(name)
			if !slices.ContainsFunc(resources, mock.Fits) {
				r.Errorf(&asl.Node{Span: s.key.NameSpan}, "no task of %s has the resource %s; %s", r.file.Definition.Filename, name, fields.Instead(name, resources))
			}
		}
		s.add(mock)
		mocks = append(mocks, mock)
	}
	return aslmock.NewMocks(mocks...)
}

// pattern reads a regular expression.
func (r *reader) pattern(what string, take func(*regexp.Regexp)) func(*asl.Node) {
	return func(n *asl.Node) {
		r.text(what, func(s string) {
			x, err := regexp.Compile(s)
			if err != nil {
				r.Errorf(n, "%s: %v", what, err)
				return
			}
			take(x)
		})(n)
	}
}
