package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/iam"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/spf13/cobra"
)

type iamOptions struct {
	output        string
	substitutions []string
	options       iam.Options
	template      string
	stateMachine  string
}

func newIAM(s *streams) *cobra.Command {
	o := &iamOptions{}
	c := &cobra.Command{
		Use:   "iam FILE",
		Short: "Derive the least-privilege policy that a definition's role needs",
		Long: `Derive the least-privilege policy that the role of a state machine needs for its definition: JSON, YAML, or "-" for
standard input. The text output is the policy as YAML, with comments: which states need a statement, and why a resource
is "*" where only the execution knows it. What is not given stays open: regions and accounts are "*", and a
${Substitution} without a value stays.

With --check the policy is compared with the role in a SAM or CloudFormation template, and what the role lacks or has
too much of is printed; the template gives the substitutions. The exit code is 1 when the role lacks something.`,
		Example: `  docflow iam my-machine.asl.json --region eu-central-1 --account 123456789012
  docflow iam my-machine.asl.json --substitution ModelId=us.anthropic.claude-sonnet-4-6 --output json
  docflow iam asl/definitions/document-pipeline.asl.json --check template.yaml`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return o.run(s, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.output, "output", "text", "text, json or yaml")
	f.StringArrayVar(&o.substitutions, "substitution", nil, "NAME=VALUE: what to put in the place of ${NAME} in the definition; repeatable")
	f.StringVar(&o.options.Partition, "partition", "aws", "partition of the ARNs: aws, aws-cn or aws-us-gov")
	f.StringVar(&o.options.Region, "region", "", "`REGION` of the state machine (default any)")
	f.StringVar(&o.options.Account, "account", "", "`ACCOUNT` of the state machine (default any)")
	f.StringVar(&o.options.Name, "name", "", "`NAME` of the state machine, which a distributed Map and HTTP tasks need (default any)")
	f.BoolVar(&o.options.Logging, "logging", false, "add what logging to CloudWatch Logs needs")
	f.BoolVar(&o.options.Tracing, "tracing", false, "add what tracing with X-Ray needs")
	f.StringVar(&o.options.KMSKey, "kms-key", "", "add what encryption with the key of this `ARN` needs")
	f.StringVar(&o.template, "check", "", "compare with the role in a SAM or CloudFormation `TEMPLATE`")
	f.StringVar(&o.stateMachine, "state-machine", "", "logical `ID` of the state machine in the template (default: the one with this definition)")
	return c
}

func (o *iamOptions) run(s *streams, file string) error {
	if err := oneOf("output", o.output, "text", "json", "yaml"); err != nil {
		return err
	}
	if o.output == "yaml" && o.template != "" {
		return usagef("--output yaml is for the policy; a comparison is text or json")
	}
	substitutions, err := pairs("substitution", "NAME=VALUE", o.substitutions)
	if err != nil {
		return err
	}
	doc, err := readDefinition(s, file)
	if errors.Is(err, fs.ErrNotExist) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	unreadable := func(problem asl.Problem) bool { return problem.Kind == asl.BrokenSyntax }
	if doc.Root == nil || doc.Root.Kind != value.KindObject || slices.ContainsFunc(doc.Problems, unreadable) {
		if err := check.WriteText(s.err, []check.Result{{Document: doc, Diagnostics: check.Document(doc, check.Options{})}}, check.TextOptions{Colour: coloured(s.err)}); err != nil {
			return err
		}
		return refuse(s, "%s cannot be read", doc.Filename)
	}
	doc.Machine.Substitute(substitutions)
	if o.template != "" {
		return o.compare(s, doc.Machine, file)
	}
	return o.print(s, iam.Derive(doc.Machine, o.options))
}

func (o *iamOptions) print(s *streams, p *iam.Policy) error {
	text := []byte(p.Text())
	var err error
	switch o.output {
	case "json":
		text, err = p.JSON()
	case "yaml":
		text, err = p.YAML()
	}
	if err != nil {
		return err
	}
	if o.output != "text" {
		for _, n := range p.Notes {
			fmt.Fprintf(s.err, "docflow: %s\n", n)
		}
	}
	_, err = s.out.Write(text)
	return err
}

// maxTemplate is far above the 1 MB that CloudFormation takes.
const maxTemplate = 8 << 20

func (o *iamOptions) compare(s *streams, m *asl.Machine, file string) error {
	info, err := os.Stat(o.template)
	if errors.Is(err, fs.ErrNotExist) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	if info.Size() > maxTemplate {
		return refuse(s, "%s: larger than %d bytes", o.template, maxTemplate)
	}
	text, err := os.ReadFile(o.template)
	if err != nil {
		return err
	}
	t, err := iam.ReadTemplate(text)
	if err != nil {
		return refuse(s, "%s: %v", o.template, err)
	}
	id := o.stateMachine
	switch {
	case id == "":
		if id, err = t.StateMachineOf(file, filepath.Dir(o.template)); err != nil {
			return refuse(s, "%s: %v", o.template, err)
		}
	case !slices.Contains(t.StateMachines(), id):
		return usagef("--state-machine: %s has no state machine %s; it has %s", o.template, id, strings.Join(t.StateMachines(), ", "))
	}
	c := t.Compare(m, id)
	if o.output == "json" {
		err = writeComparison(s, c)
	} else {
		printComparison(s, c)
	}
	if err == nil && len(c.Lacks) > 0 {
		return errFailed
	}
	return err
}

func printComparison(s *streams, c *iam.Comparison) {
	for _, g := range c.Lacks {
		fmt.Fprintf(s.out, "lacks: %s on %s", g.Action, g.Resource)
		for _, operator := range sortedKeys(g.Condition) {
			for _, key := range sortedKeys(g.Condition[operator]) {
				fmt.Fprintf(s.out, " (%s is %s)", key, strings.Join(g.Condition[operator][key], " or "))
			}
		}
		if len(g.States) > 0 {
			fmt.Fprintf(s.out, ", which %s needs", strings.Join(g.States, ", "))
		}
		if g.Note != "" {
			fmt.Fprintf(s.out, ": %s", g.Note)
		}
		fmt.Fprintln(s.out)
	}
	for _, e := range c.TooMuch {
		fmt.Fprintf(s.out, "too much: %s on %s", e.Action, e.Resource)
		if e.Statement != "" {
			fmt.Fprintf(s.out, " (%s)", e.Statement)
		}
		fmt.Fprintf(s.out, ": %s\n", e.Note)
	}
	for _, n := range c.Notes {
		fmt.Fprintf(s.err, "docflow: %s\n", n)
	}
	if len(c.Lacks)+len(c.TooMuch) == 0 {
		fmt.Fprintf(s.err, "The role of %s grants what its definition needs, and no more.\n", c.StateMachine)
	}
}

func writeComparison(s *streams, c *iam.Comparison) error {
	type gap struct {
		Action    string        `json:"action"`
		Resource  string        `json:"resource"`
		Condition iam.Condition `json:"condition,omitempty"`
		States    []string      `json:"states,omitempty"`
		Note      string        `json:"note,omitempty"`
	}
	type excess struct {
		Action    string `json:"action"`
		Resource  string `json:"resource"`
		Statement string `json:"statement,omitempty"`
		Note      string `json:"note"`
	}
	out := struct {
		StateMachine string   `json:"stateMachine"`
		Lacks        []gap    `json:"lacks"`
		TooMuch      []excess `json:"tooMuch"`
		Notes        []string `json:"notes"`
	}{c.StateMachine, []gap{}, []excess{}, append([]string{}, c.Notes...)}
	for _, g := range c.Lacks {
		out.Lacks = append(out.Lacks, gap(g))
	}
	for _, e := range c.TooMuch {
		out.TooMuch = append(out.TooMuch, excess(e))
	}
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
