package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/bound"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/spf13/cobra"
)

// boundFlags are the flags of docflow bound.
type boundFlags struct {
	output         string
	machineType    string
	taskDuration   time.Duration
	waitDuration   time.Duration
	loopIterations int64
	mapItems       []string
	substitutions  []string
	machines       []string
	prices         string
	inputTokens    float64
	outputTokens   float64
	transition     float64
	maxDuration    time.Duration
	maxima         map[bound.Metric]*float64
}

// boundMaxima are the gates of docflow bound that are numbers.
var boundMaxima = []struct {
	metric bound.Metric
	flag   string
	usage  string
}{
	{bound.Attempts, "max-attempts", "fail when there can be more task attempts"},
	{bound.ModelCalls, "max-model-calls", "fail when there can be more model calls"},
	{bound.Transitions, "max-transitions", "fail when there can be more state transitions"},
	{bound.Cost, "max-cost", "fail when an execution can cost more US dollars"},
}

func newBound(s *streams) *cobra.Command {
	o := &boundFlags{maxima: map[bound.Metric]*float64{}}
	c := &cobra.Command{
		Use:   "bound FILE",
		Short: "Find the worst case of a definition: time, attempts, model calls, cost",
		Long: `Find the longest time, the most task attempts, model calls and state transitions that a definition (JSON or YAML; "-" is
standard input) can take, what that can cost, and the path that causes it.

Tasks are reckoned to use up every time-out and every retry, Choices to go any way. What the definition does not bound is
unbounded: a task without TimeoutSeconds, a loop, a Map over a number of items that nobody knows. --task-duration, --wait-duration,
--loop-iterations and --map-items assume something in their place; --machine gives the definition of a state machine that tasks
start executions of. A lower bound of the machine's own (TimeoutSeconds, the five minutes of an EXPRESS one) ends the time.

The cost is that of transitions, of model calls (--input-tokens each, and --output-tokens unless the request limits them) and of Lambda
functions (for as long as they may run, 900 seconds at most). The prices have a date; --prices FILE sets others, as JSON with
the members transition, expressRequest, expressGBSecond, lambdaRequest, lambdaGBSecond, lambdaMemoryGB, geographic, inputTokens, outputTokens,
"models": {"PART OF A MODEL'S ID": {"input": 3, "output": 15}} for a million tokens, and "resources": {"PART OF A RESOURCE": 0.01} for an
attempt at a task. What is left out is as it was.

The exit code is 1 when a --max-… is exceeded; what is unbounded exceeds every one.`,
		Example: `  docflow bound machine.asl.json
  docflow bound --max-duration 30m --max-model-calls 200 --map-items 50 machine.asl.json
  docflow bound --map-items Chunks=100 --map-items 20 --loop-iterations 10 --output json machine.asl.json
  docflow bound parent.asl.json --machine arn:aws:states:us-east-1:123456789012:stateMachine:child=child.asl.json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return runBound(s, c, o, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.output, "output", "text", "text or json")
	f.StringVar(&o.machineType, "type", string(check.Standard), "STANDARD or EXPRESS")
	f.DurationVar(&o.taskDuration, "task-duration", 0, "assume that an attempt at a task without TimeoutSeconds takes that long; default: unbounded")
	f.DurationVar(&o.waitDuration, "wait-duration", 0, "assume that a Wait whose time is computed takes that long; default: unbounded")
	f.Int64Var(&o.loopIterations, "loop-iterations", 0, "assume that a loop is passed at most so often; default: unbounded")
	f.StringArrayVar(&o.mapItems, "map-items", nil, "N or STATE=N: assume so many items of a Map (of that name); repeatable; default: unbounded")
	f.StringArrayVar(&o.substitutions, "substitution", nil, "NAME=VALUE: what to put in the place of ${NAME} in the definitions; repeatable")
	f.StringArrayVar(&o.machines, "machine", nil, "ARN=FILE: the definition of a state machine that tasks start executions of; repeatable")
	f.StringVar(&o.prices, "prices", "", "JSON file of prices; default: those of "+bound.DefaultPrices().Date+", us-east-1")
	f.Float64Var(&o.inputTokens, "input-tokens", bound.DefaultPrices().InputTokens, "tokens that go into a model call")
	f.Float64Var(&o.outputTokens, "output-tokens", bound.DefaultPrices().OutputTokens, "tokens that come out of a model call that sets no limit")
	f.Float64Var(&o.transition, "price-transition", bound.DefaultPrices().Transition, "US dollars for a state transition")
	f.DurationVar(&o.maxDuration, "max-duration", 0, "fail when an execution can take longer, such as 30m")
	for _, m := range boundMaxima {
		o.maxima[m.metric] = f.Float64(m.flag, 0, m.usage)
	}
	return c
}

func runBound(s *streams, c *cobra.Command, o *boundFlags, file string) error {
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return err
	}
	if err := oneOf("type", o.machineType, string(check.Standard), string(check.Express)); err != nil {
		return err
	}
	substitutions, err := pairs("substitution", "NAME=VALUE", o.substitutions)
	if err != nil {
		return err
	}
	opts, err := o.options(c)
	if err != nil {
		return err
	}
	p, err := readBounded(s, file, engine.WorkflowType(o.machineType), substitutions)
	if err != nil {
		return err
	}
	machines, err := pairs("machine", "ARN=FILE", o.machines)
	if err != nil {
		return err
	}
	for _, arn := range sortedKeys(machines) {
		child, err := readBounded(s, machines[arn], engine.Standard, substitutions)
		if err != nil {
			return err
		}
		opts.Machines[arn] = child.machine
	}
	report, err := bound.Of(p.machine, opts)
	if err != nil {
		return fmt.Errorf("%s: %w", p.doc.Filename, err)
	}
	var exceeded []string
	for i := range report.Figures {
		f := &report.Figures[i]
		limit, ok := o.limit(c, f.Metric)
		if text := f.Exceeds(limit); ok && text != "" {
			exceeded = append(exceeded, text)
		}
	}
	if err := writeBound(s, o.output, p.doc.Filename, report, exceeded); err != nil {
		return err
	}
	if len(exceeded) > 0 {
		return errFailed
	}
	return nil
}

// limit is the most that a --max-… allows, if there is one.
func (o *boundFlags) limit(c *cobra.Command, metric bound.Metric) (float64, bool) {
	if metric == bound.Duration {
		return o.maxDuration.Seconds(), c.Flags().Changed("max-duration")
	}
	for _, m := range boundMaxima {
		if m.metric == metric {
			return *o.maxima[metric], c.Flags().Changed(m.flag)
		}
	}
	return 0, false
}

func (o *boundFlags) options(c *cobra.Command) (bound.Options, error) {
	opts := bound.Options{
		Express: o.machineType == string(check.Express), TaskDuration: o.taskDuration, WaitDuration: o.waitDuration, LoopIterations: o.loopIterations,
		MapItemsOf: map[string]int64{}, Machines: map[string]*asl.Machine{}, Prices: bound.DefaultPrices(),
	}
	for flag, negative := range map[string]bool{
		"task-duration": o.taskDuration < 0, "wait-duration": o.waitDuration < 0, "loop-iterations": o.loopIterations < 0, "input-tokens": o.inputTokens < 0,
		"output-tokens": o.outputTokens < 0, "price-transition": o.transition < 0,
	} {
		if negative {
			return opts, usagef("--%s is below 0", flag)
		}
	}
	for _, text := range o.mapItems {
		i := strings.LastIndexByte(text, '=')
		n, err := strconv.ParseInt(text[i+1:], 10, 64)
		if err != nil || n < 0 || i == 0 || i < 0 && n == 0 {
			return opts, usagef("--map-items is %q; it takes a number of items, or STATE=N for the Map of that name", text)
		}
		if i < 0 {
			opts.MapItems = n
		} else {
			opts.MapItemsOf[text[:i]] = n
		}
	}
	if o.prices != "" {
		text, err := os.ReadFile(o.prices)
		if errors.Is(err, fs.ErrNotExist) {
			return opts, usageError{err}
		}
		if err != nil {
			return opts, err
		}
		if opts.Prices, err = bound.ReadPrices(text); err != nil {
			return opts, usagef("--prices %s: %w", o.prices, err)
		}
	}
	for flag, set := range map[string]struct {
		to   *float64
		from float64
	}{
		"input-tokens": {&opts.Prices.InputTokens, o.inputTokens}, "output-tokens": {&opts.Prices.OutputTokens, o.outputTokens},
		"price-transition": {&opts.Prices.Transition, o.transition},
	} {
		if c.Flags().Changed(flag) {
			*set.to = set.from
		}
	}
	return opts, nil
}

// readBounded reads a definition. One that cannot be read as a whole has no bound.
func readBounded(s *streams, file string, machineType engine.WorkflowType, substitutions map[string]string) (*program, error) {
	p, err := readProgram(s, file, machineType)
	if err != nil {
		return nil, err
	}
	broken := func(problem asl.Problem) bool { return problem.Kind == asl.BrokenSyntax }
	if p.doc.Root == nil || p.doc.Root.Kind != value.KindObject || slices.ContainsFunc(p.doc.Problems, broken) {
		return nil, p.refuse(s, check.Document(p.doc, p.options))
	}
	if len(p.machine.States) == 0 {
		return nil, refuse(s, "%s: no states to bound", p.doc.Filename)
	}
	p.machine.Substitute(substitutions)
	return p, nil
}

func writeBound(s *streams, output, file string, report *bound.Report, exceeded []string) error {
	if output == "json" {
		record := struct {
			File     string         `json:"file"`
			Figures  []bound.Figure `json:"figures"`
			Exceeded []string       `json:"exceeded"`
			Prices   *bound.Prices  `json:"prices"`
		}{file, report.Figures, append([]string{}, exceeded...), report.Prices}
		encoder := json.NewEncoder(s.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(record)
	}
	if err := bound.WriteText(s.out, report); err != nil {
		return err
	}
	for _, text := range exceeded {
		fmt.Fprintf(s.err, "docflow: %s: %s\n", file, text)
	}
	return nil
}
