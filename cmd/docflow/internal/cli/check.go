package cli

import (
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/spf13/cobra"
)

// checkFlags are the flags of docflow check.
type checkFlags struct {
	output      string
	machineType string
	profile     string
	config      string
	disable     []string
	strict      bool
	asOf        string
	input       inputFlags
}

func newCheck(s *streams) *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Find the faults of definitions",
		Long: `Find the faults of Amazon States Language definitions, wherever they stand: .asl.json and .asl.yaml files, SAM and
CloudFormation templates (the CDK's cdk.out too), serverless.yml and Terraform. FILE is a file, a folder (all that is below
it, but not in .git, node_modules, vendor and the like), or "-" for standard input. Every finding tells where it is in that
file and what would be right; "docflow explain CODE" tells more.

What can be known of the data is followed from state to state. Of the input nothing is known, unless one of the --input flags
tells of it; then more is found.

A template's Type decides whether a machine is judged as an Express one, unless --type does.

The file .docflow.yaml in the folder of a checked file, or the nearest above, sets what is judged how:

  severity: {unreachable-state: note, retry-delay: off}   # error, warning, note or off
  exclude: [testdata, "**/old/*.asl.json"]
  strict: true
  type: EXPRESS           # of definitions for which no template gives one
  as-of: 2026-01-31       # the day as of which models are judged

A finding is suppressed in the file by "docflow:ignore CODE REASON": in the Comment of a state, a machine or any other object
of a definition, or in a comment of YAML or Terraform.

The exit code is 1 when there is an error, with --strict also when there is a warning.`,
		Example: `  docflow check asl/definitions template.yaml
  docflow check --output sarif . > docflow.sarif
  docflow check --input-schema order.schema.json machine.asl.json
  docflow check --profile aws --output json machine.asl.json
  docflow check --type EXPRESS --disable unreachable-state machine.asl.yaml`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return runCheck(s, &f, args) },
	}
	c.Flags().StringVar(&f.output, "output", "text", "text, json, sarif, github (annotations) or junit")
	c.Flags().StringVar(&f.machineType, "type", "", "STANDARD or EXPRESS (default: what the file says, else STANDARD)")
	c.Flags().StringVar(&f.profile, "profile", "all", "all, or aws: only what AWS itself rejects, with AWS's code and place")
	c.Flags().StringVar(&f.config, "config", "", "the configuration file (default: the nearest "+check.ConfigName+")")
	c.Flags().StringSliceVar(&f.disable, "disable", nil, "codes of rules that are not to report")
	c.Flags().BoolVar(&f.strict, "strict", false, "exit with 1 on warnings too")
	c.Flags().StringVar(&f.asOf, "as-of", "", "`DATE` (YYYY-MM-DD) for which the ends of life of models are judged (default today)")
	f.input.add(c)
	return c
}

// dayOf reads the value of a flag that takes a date; none is the zero time.
func dayOf(flag, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return day, usagef("--%s is %q; it takes a date such as 2026-11-25", flag, value)
	}
	return day, nil
}

func (f *checkFlags) validate() error {
	if err := oneOf("output", f.output, "text", "json", "sarif", "github", "junit"); err != nil {
		return err
	}
	if err := oneOf("profile", f.profile, "all", "aws"); err != nil {
		return err
	}
	if f.machineType != "" {
		if err := oneOf("type", f.machineType, string(check.Standard), string(check.Express)); err != nil {
			return err
		}
	}
	for _, code := range f.disable {
		if check.RuleOf(code) == nil {
			return usagef("--disable: %s", unknownCode(code))
		}
	}
	return nil
}

// unknownCode says that there is no such code, and which may be meant.
func unknownCode(code string) string {
	if best := nearest.Name(code, check.Codes()); best != "" {
		return fmt.Sprintf("there is no code %q; did you mean %q?", code, best)
	}
	return fmt.Sprintf("there is no code %q; `docflow explain` lists all", code)
}

func runCheck(s *streams, f *checkFlags, args []string) error {
	if err := f.validate(); err != nil {
		return err
	}
	// What is read lives until the end: collecting garbage early would only cost time.
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	configs := &configs{named: f.config}
	files, err := findInputs(s, args, configs)
	if err != nil {
		return err
	}
	day, err := dayOf("as-of", f.asOf)
	if err != nil {
		return err
	}
	known, err := f.input.shape()
	if err != nil {
		return err
	}
	opts := check.Options{Type: check.MachineType(f.machineType), Disable: f.disable, AsOf: day, Input: known}
	checked, err := checkInputs(files, opts)
	if err != nil {
		return err
	}
	var results []check.Result
	strict := false // of any file that has a warning
	for _, file := range checked {
		found := file.results
		if f.profile == "aws" {
			found = check.AWSOnly(found)
		}
		results = append(results, found...)
		_, warnings := check.Count(found)
		strict = strict || warnings > 0 && (f.strict || file.config.Strict)
	}
	results = slices.DeleteFunc(results, func(r check.Result) bool { return r.Definitions == 0 && len(r.Diagnostics)+len(r.Suppressed) == 0 })
	if err := writeResults(s, f, results, strict); err != nil {
		return err
	}
	if errors, _ := check.Count(results); errors > 0 || strict {
		return errFailed
	}
	return nil
}

func writeResults(s *streams, f *checkFlags, results []check.Result, strict bool) error {
	switch f.output {
	case "json":
		return check.WriteJSON(s.out, results)
	case "sarif":
		return check.WriteSARIF(s.out, results, "")
	case "github":
		return check.WriteGitHub(s.out, results)
	case "junit":
		return check.WriteJUnit(s.out, results, strict)
	}
	err := check.WriteText(s.out, results, check.TextOptions{Colour: coloured(s.out), AWS: f.profile == "aws"})
	fmt.Fprintln(s.err, check.Summary(results))
	return err
}
