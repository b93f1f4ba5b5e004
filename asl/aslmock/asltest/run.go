package asltest

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/aslmock"
	"github.com/docflow-asl/docflow/asl/aslmock/coverage"
)

// Options say how files are run.
type Options struct {
	Only     *regexp.Regexp // the full names of cases to run; nil for all
	Parallel int            // cases at the same time; 0 for as many as there are processors
}

// Report is what came of files of tests.
type Report struct {
	Files   []FileReport
	Elapsed time.Duration
}

// FileReport is what came of a file.
type FileReport struct {
	Filename string
	Err      error // why the file could not be read; nothing of it was run
	Results  []*Result
	Coverage *coverage.Profile // of the definition, by the cases of this file
	file     *File
}

// Result is what came of a case.
type Result struct {
	*Case
	Failures []string        // what was not as expected; empty when the case passed
	Story    string          // how the execution ended, its way and its last events; for a failure
	Run      *aslmock.Result // nil when the case could not be run
	Elapsed  time.Duration   // of real time
}

// Passed tells whether all was as expected.
func (r *Result) Passed() bool { return len(r.Failures) == 0 }

// faults collects what assertions report.
type faults struct{ result *Result }

func (f faults) Helper() {}

func (f faults) Errorf(format string, args ...any) {
	f.result.Failures = append(f.result.Failures, fmt.Sprintf(format, args...))
}

// Story keeps the story out of the faults.
func (f faults) Story(string) {}

// Execute runs the case. What it goes through is added to the profile.
func (c *Case) Execute(ctx context.Context, profile *coverage.Profile) *Result {
	result := &Result{Case: c}
	begin := time.Now()
	defer func() { result.Elapsed = time.Since(begin) }()
	r, err := c.file.Definition.Run(ctx, append(c.options[:len(c.options):len(c.options)], aslmock.Cover(profile))...)
	if err != nil {
		result.Failures = []string{err.Error()}
		return result
	}
	result.Run = r
	for _, unmocked := range r.Unmocked {
		result.Failures = append(result.Failures, unmocked.Error())
	}
	c.expect.check(faults{result}, r)
	if len(result.Failures) > 0 {
		result.Story = r.String()
	}
	return result
}

// RunFiles reads the files and runs their cases, many at the same time. Each case has a seed of its own, so that its result does not
// depend on the others. The report has everything in the order of the files.
func RunFiles(ctx context.Context, filenames []string, o Options) *Report {
	begin := time.Now()
	report := &Report{Files: make([]FileReport, len(filenames))}
	if o.Parallel <= 0 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	var wait sync.WaitGroup
	places := make(chan struct{}, o.Parallel)
	for i, name := range filenames {
		f := &report.Files[i]
		f.Filename = name
		if f.file, f.Err = Read(name); f.Err != nil {
			continue
		}
		f.Coverage = f.file.Definition.Coverage()
		cases := slices.DeleteFunc(slices.Clone(f.file.Cases), func(c *Case) bool { return o.Only != nil && !o.Only.MatchString(c.FullName()) })
		f.Results = make([]*Result, len(cases))
		for i, c := range cases {
			places <- struct{}{}
			wait.Go(func() {
				f.Results[i] = c.Execute(ctx, f.Coverage)
				<-places
			})
		}
	}
	wait.Wait()
	report.Elapsed = time.Since(begin)
	return report
}

// Counts tells how many cases passed and failed, and how many files could not be read.
func (r *Report) Counts() (passed, failed, broken int) {
	for _, f := range r.Files {
		if f.Err != nil {
			broken++
		}
		for _, result := range f.Results {
			if result.Passed() {
				passed++
			} else {
				failed++
			}
		}
	}
	return passed, failed, broken
}

// Passed tells whether every file could be read and every case passed.
func (r *Report) Passed() bool {
	_, failed, broken := r.Counts()
	return failed == 0 && broken == 0
}

// Coverage joins the coverage of files that test the same definition, in the order in which the definitions come first.
func (r *Report) Coverage() []*coverage.Profile {
	var profiles []*coverage.Profile
	byName := map[string]*coverage.Profile{}
	for _, f := range r.Files {
		if f.Err != nil {
			continue
		}
		p := byName[f.Coverage.File]
		if p == nil || p.Merge(f.Coverage) != nil { // substitutions may rename states: then the two are no longer one
			p = f.file.Definition.Coverage()
			byName[p.File] = p
			profiles = append(profiles, p)
			_ = p.Merge(f.Coverage) // made of the same machine
		}
	}
	return profiles
}

// Definition gives the definition that a profile of Coverage is about.
func (r *Report) Definition(p *coverage.Profile) *aslmock.Definition {
	for _, f := range r.Files {
		if f.Err == nil && f.Coverage.File == p.File {
			return f.file.Definition
		}
	}
	return nil
}

// Run runs files of tests within `go test`: each case is a test of its own. The patterns are file names in which * stands for any
// text.
func Run(t *testing.T, patterns ...string) {
	t.Helper()
	found := false
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			found = true
			file, err := Read(name)
			if err != nil {
				t.Error(err)
				continue
			}
			profile := file.Definition.Coverage()
			for _, c := range file.Cases {
				t.Run(c.FullName(), func(t *testing.T) {
					t.Parallel()
					if result := c.Execute(t.Context(), profile); !result.Passed() {
						t.Errorf("%s: %s\n%s", c.Place(), strings.Join(result.Failures, "\n"), result.Story)
					}
				})
			}
		}
	}
	if !found {
		t.Errorf("no test file is named %q", patterns)
	}
}
