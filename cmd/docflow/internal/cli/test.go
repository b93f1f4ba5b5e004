package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/aslmock/asltest"
	"github.com/docflow-asl/docflow/asl/aslmock/coverage"
	"github.com/docflow-asl/docflow/asl/graph"
	"github.com/spf13/cobra"
)

type testOptions struct {
	run           string
	coverage      bool
	coverageOut   string
	coverageGraph string
	threshold     float64
	junit         string
	output        string
	parallel      int
	verbose       bool
}

// noThreshold is the value of --threshold when it is not given.
const noThreshold = -1

func newTest(s *streams) *cobra.Command {
	o := &testOptions{}
	c := &cobra.Command{
		Use:   "test [DIR|FILE…]",
		Short: "Run test files: definitions with mocked tasks",
		Long: `Run the cases of test files: *.asltest.yaml, *.asltest.yml and *.asltest.json, those named and those in the folders named
or below them; by default those below the current folder.

A test file names a definition, mocks what its tasks answer, and says for each case what the execution should come to:

  definition: flow.asl.json
  mocks:
    Extract: {return: {Payload: {text: Hello}}}
  cases:
    - name: throttled once
      input: {key: a.pdf}
      mocks:
        Extract:
          - throw: {error: Lambda.TooManyRequestsException}
          - return: {Payload: {text: Hello}}
      expect:
        output: {text: Hello}
        visited: [Extract, Done]
        calls: {Extract: 2}

Executions run on a virtual clock: waits, pauses before retries and time-outs take no time. The whole format:
go doc github.com/docflow-asl/docflow/asl/aslmock/asltest

Coverage counts the states, transitions, choice rules, retriers and catchers of each definition that its cases went through.

The exit code is 1 when a case fails, a test file is wrong, or a definition is covered less than --threshold asks.`,
		Example: `  docflow test
  docflow test flows/ --coverage --threshold 100
  docflow test flow.asltest.yaml --run 'throttled' -v
  docflow test --junit report.xml --coverage-out coverage.json --coverage-graph coverage.svg`,
		RunE: func(c *cobra.Command, args []string) error {
			only, err := o.check()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				args = []string{"."}
			}
			files, err := testFiles(args)
			if err != nil {
				return err
			}
			return o.test(c.Context(), s, files, only)
		},
	}
	f := c.Flags()
	f.StringVar(&o.run, "run", "", "run only the cases whose name (FILE/CASE, without the folder and .asltest.yaml) this regular expression matches")
	f.BoolVar(&o.coverage, "coverage", false, "print what the cases cover, and what they do not")
	f.StringVar(&o.coverageOut, "coverage-out", "", "write the coverage to this file, as JSON")
	f.StringVar(&o.coverageGraph, "coverage-graph", "", "draw the coverage into this .svg, .mmd or .dot file; of several definitions each into one with its name before the extension")
	f.Float64Var(&o.threshold, "threshold", noThreshold, "the percentage of each definition that has to be covered")
	f.StringVar(&o.junit, "junit", "", "write the results to this file, as JUnit XML")
	f.StringVar(&o.output, "output", "text", "text or json")
	f.IntVar(&o.parallel, "parallel", 0, "cases at the same time (default: as many as there are processors)")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "print the cases that passed too")
	return c
}

// drawings are the formats of --coverage-graph by the file's extension.
var drawings = map[string]func(graph.Options, *asl.Machine) string{".svg": graph.Options.SVG, ".mmd": graph.Options.Mermaid, ".dot": graph.Options.DOT}

func (o *testOptions) check() (only *regexp.Regexp, err error) {
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return nil, err
	}
	if o.parallel < 0 {
		return nil, usagef("--parallel is %d; it takes a number from 1 on", o.parallel)
	}
	if o.threshold != noThreshold && !(o.threshold >= 0 && o.threshold <= 100) {
		return nil, usagef("--threshold is %v; it takes a percentage, 0 to 100", o.threshold)
	}
	if extension := filepath.Ext(o.coverageGraph); o.coverageGraph != "" && drawings[extension] == nil {
		return nil, usagef("--coverage-graph is %q; it takes a file that ends in .svg, .mmd or .dot", o.coverageGraph)
	}
	if o.run != "" {
		if only, err = regexp.Compile(o.run); err != nil {
			return nil, usagef("--run: %v", err)
		}
	}
	return only, nil
}

// testFiles lists the test files that the arguments name.
func testFiles(args []string) ([]string, error) {
	var names []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usageError{err}
		}
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			names = append(names, arg)
			continue
		}
		found := len(names)
		err = filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && path != arg && strings.HasPrefix(entry.Name(), "."):
				return fs.SkipDir
			case entry.Type().IsRegular() && slices.ContainsFunc(asltest.Suffixes, func(suffix string) bool { return strings.HasSuffix(path, suffix) }):
				names = append(names, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(names) == found {
			return nil, usagef("%s: no test file in this folder; test files are called *.asltest.yaml or *.asltest.json", arg)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (o *testOptions) test(ctx context.Context, s *streams, files []string, only *regexp.Regexp) error {
	report := asltest.RunFiles(ctx, files, asltest.Options{Only: only, Parallel: o.parallel})
	profiles := report.Coverage()
	if err := o.print(s.out, report, profiles); err != nil {
		return err
	}
	fmt.Fprintln(s.err, report.Summary())
	if o.junit != "" {
		if err := writeTo(o.junit, report.WriteJUnit); err != nil {
			return err
		}
	}
	if o.coverageOut != "" {
		if err := writeTo(o.coverageOut, func(w io.Writer) error { return coverage.WriteJSON(w, profiles...) }); err != nil {
			return err
		}
	}
	if o.coverageGraph != "" {
		if err := o.draw(report, profiles); err != nil {
			return err
		}
	}
	reached := o.reached(s.err, profiles)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case !report.Passed() || !reached:
		return errFailed
	}
	return nil
}

func (o *testOptions) print(w io.Writer, report *asltest.Report, profiles []*coverage.Profile) error {
	if o.output == "json" {
		if !o.coverage {
			profiles = nil
		}
		return report.WriteJSON(w, profiles...)
	}
	if err := report.WriteText(w, o.verbose); err != nil {
		return err
	}
	if o.coverage && len(profiles) > 0 {
		return coverage.WriteText(w, profiles...)
	}
	return nil
}

// reached tells whether every definition is covered as far as the threshold asks, and says what is missing where it is not.
func (o *testOptions) reached(w io.Writer, profiles []*coverage.Profile) bool {
	reached := true
	for _, p := range profiles {
		if total := p.Total(); o.threshold != noThreshold && !total.Reaches(o.threshold) {
			reached = false
			fmt.Fprintf(w, "%s is covered to %d/%d, %s; --threshold asks for %v%%\n", p.File, total.Covered, total.Of, total, o.threshold)
			if !o.coverage { // else it is on stdout already
				fmt.Fprint(w, p.MissingText())
			}
		}
	}
	return reached
}

// draw draws each definition: into the file itself when there is one, else into files with the definitions' names.
func (o *testOptions) draw(report *asltest.Report, profiles []*coverage.Profile) error {
	extension := filepath.Ext(o.coverageGraph)
	for _, p := range profiles {
		definition := report.Definition(p)
		name := o.coverageGraph
		if len(profiles) > 1 {
			name = strings.TrimSuffix(name, extension) + "." + definition.Name() + extension
		}
		picture := drawings[extension](graph.Options{Marks: p.Marks()}, definition.Machine)
		if err := os.WriteFile(name, []byte(picture), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeTo writes a file.
func writeTo(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
