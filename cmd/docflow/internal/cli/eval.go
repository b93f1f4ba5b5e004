package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/evaluate"
	"github.com/spf13/cobra"
)

// maxBatchLine is the longest line of a --batch file, in bytes.
const maxBatchLine = 16 << 20

type evalOptions struct {
	language string
	dialect  string
	input    string
	bindings string
	output   string
	batch    string
}

func newEval(s *streams) *cobra.Command {
	o := &evalOptions{}
	c := &cobra.Command{
		Use:   "eval EXPR",
		Short: "Evaluate an expression of one of the expression languages",
		Long: `Evaluate a JSONata expression, a JSONPath or an intrinsic function, as Step Functions reads it.

The input is what paths and expressions start from: $ of a JSONPath or an intrinsic function, the input of a plain JSONata
expression, $states.input in the dialect of Step Functions. Bindings are a JSON object: each member is a variable.

With --batch, every line of a file is a JSON object with the members expr, data and bindings, and is answered by one line, in
order: {"result":…}, {"undefined":true} or {"error":{"code","message","position"}}. --output json gives the same for one
expression.

The exit code is 1 when the expression fails; with --batch failures are answers.`,
		Example: `  docflow eval '$sum($states.input.items.(price * qty))' --input order.json
  docflow eval --dialect plain 'items[price > 3].name' --input order.json
  docflow eval --language jsonpath '$.items[?(@.price > 3)].name' --input order.json
  docflow eval --language intrinsic "States.Format('Hello {}', \$.name)" --input -
  docflow eval --dialect plain --batch cases.ndjson`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return err
			}
			if o.batch != "" {
				return o.runBatch(c.Context(), s)
			}
			return o.runOne(c.Context(), s, args[0])
		},
	}
	f := c.Flags()
	f.StringVar(&o.language, "language", "jsonata", "jsonata, jsonpath or intrinsic")
	f.StringVar(&o.dialect, "dialect", "states", "states: as Step Functions reads it; plain: as the original does")
	f.StringVar(&o.input, "input", "", `file with the input, "-" for standard input; default: none`)
	f.StringVar(&o.bindings, "bindings", "", "file with an object of variables")
	f.StringVar(&o.output, "output", "text", "text or json")
	f.StringVar(&o.batch, "batch", "", `file with one case a line, "-" for standard input`)
	return c
}

func (o *evalOptions) check(args []string) error {
	if err := oneOf("language", o.language, evaluate.Languages()...); err != nil {
		return err
	}
	if err := oneOf("dialect", o.dialect, "states", "plain"); err != nil {
		return err
	}
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return err
	}
	switch {
	case o.batch == "" && len(args) == 0:
		return usagef("an expression is missing; or give a file of them with --batch")
	case o.batch != "" && (len(args) > 0 || o.input != "" || o.bindings != ""):
		return usagef("--batch takes expressions, data and bindings from its file, not from the command line")
	}
	return nil
}

func (o *evalOptions) runOne(ctx context.Context, s *streams, expression string) error {
	data, err := readValue(s, o.input)
	if err != nil {
		return err
	}
	bindings, err := readValue(s, o.bindings)
	if err != nil {
		return err
	}
	variables, ok := bindings.(*value.Object)
	if bindings != nil && !ok {
		return usagef("--bindings %s holds a JSON %s; it takes an object", o.bindings, bindings.Kind())
	}
	answer := evaluate.Evaluate(ctx, evaluate.Case{Language: o.language, Plain: o.dialect == "plain", Expression: expression, Data: data, Bindings: variables})
	switch {
	case o.output == "json":
		_, err = fmt.Fprintln(s.out, value.Text(answer.Value()))
	case answer.Error != nil:
		fmt.Fprintf(s.err, "%s\n", answer.Error)
	case answer.Result == nil:
		fmt.Fprintln(s.err, "undefined")
	default:
		_, err = fmt.Fprintln(s.out, value.Text(answer.Result))
	}
	if err == nil && answer.Error != nil {
		return errFailed
	}
	return err
}

// readValue reads a JSON value from a file; no name gives no value.
func readValue(s *streams, name string) (value.Value, error) {
	if name == "" {
		return nil, nil
	}
	var (
		text []byte
		err  error
	)
	if name == "-" {
		text, err = io.ReadAll(s.in)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, err
	}
	v, err := value.Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}

func (o *evalOptions) runBatch(ctx context.Context, s *streams) error {
	in := s.in
	if o.batch != "-" {
		f, err := os.Open(o.batch)
		if err != nil {
			return err
		}
		defer f.Close() // only read
		in = f
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<16), maxBatchLine)
	out := bufio.NewWriter(s.out)
	for number := 1; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		c, err := evaluate.ParseCase(string(line))
		if err != nil {
			return errors.Join(fmt.Errorf("%s:%d: %w", o.batch, number, err), out.Flush())
		}
		c.Language, c.Plain = o.language, o.dialect == "plain"
		if _, err := out.WriteString(value.Text(evaluate.Evaluate(ctx, c).Value()) + "\n"); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", o.batch, err), out.Flush())
	}
	return out.Flush()
}
