package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/bound"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/simulate"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/simulate/delivery"
	"github.com/spf13/cobra"
)

// simulateFlags are the flags of docflow simulate.
type simulateFlags struct {
	options       simulate.Options
	definition    string
	input         string
	substitutions []string
	model         string
	arrivals      string
	faults        string
	trigger       string
	seeds         int
	shrink        int
	prices        string
	output        string
	distributions map[string]distributionFlag
}

// distributionFlag is a flag that takes MEDIAN/P99.
type distributionFlag struct {
	text *string
	to   *simulate.Distribution
}

func newSimulate(s *streams) *cobra.Command {
	o := &simulateFlags{options: simulate.Defaults(), distributions: map[string]distributionFlag{}}
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Simulate many documents with the quotas and faults of AWS, without AWS",
		Long: `Run the document pipeline, or any other definition, for many documents on a virtual clock, and tell how long that takes, what it
costs, and what is lost or done twice.

The definition is the real one, with its retries, time-outs and catchers, and so is the function that starts executions: uploads
come to it through EventBridge or SQS, late, repeated and in any order. The other functions and the models are figures: how long they
take, how often they fail, and the quotas of requests and tokens a minute that all documents share.

--arrivals says when the documents come: once, even:1h, poisson:1h, or monday:10h, a day of which half comes in the first tenth.
Times and sizes are lognormal: MEDIAN/P99. --faults is none, usual or rough, and NAME=CHANCE for single ones, with commas between:
--faults none,modelErrors=0.05,crashAfter=0.01. The names of faults are
` + simulate.WrappedFaultNames("  ", 110) + `
where delay, of an S3 event, is a time. With --gate the function that prepares calls knows --rpm and --tpm, as with
ModelRequestsPerMinute and ModelTokensPerMinute of template.yaml: it lets documents in at that rate, and says when calls begin.
Caps on what is spent (MaxDailyDollars) are not simulated: compare them with the cost. With faults as overwrites and deletes a document
may be gone when its execution comes to read it; then nothing is to be done for it.

The exit code is 1 when a document was lost or something was done twice. Then the fewest documents and faults are looked for that
still show it, and printed with their seed. The same seed gives the same simulation.`,
		Example: `  docflow simulate
  docflow simulate --documents 100000 --arrivals monday --rpm 1000 --tpm 4000000
  docflow simulate --documents 1000 --rpm 25 --gate
  docflow simulate --faults rough --seeds 100
  docflow simulate --definition my-machine.asl.json --faults none,modelErrors=0.1 --output json`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context(), s) },
	}
	d := o.options
	f := c.Flags()
	f.IntVar(&o.options.Documents, "documents", d.Documents, "how many documents are uploaded")
	f.StringVar(&o.definition, "definition", "", `definition to run (JSON or YAML; "-" is standard input); default: the document-pipeline`)
	f.StringVar(&o.input, "input", "", `input of every execution: a file, JSON text, or "-"; default: {"bucket", "key", "versionId"} of its document`)
	f.StringArrayVar(&o.substitutions, "substitution", nil, "NAME=VALUE: what to put in the place of ${NAME} in the definition; default: its name")
	f.StringVar(&o.model, "model", "", "the one model that all substitutions called …ModelId stand for; default: those of template.yaml; the quotas are each model's")
	f.StringVar(&o.arrivals, "arrivals", d.Arrivals.String(), "when the documents come: once, even:TIME, poisson:TIME or monday:TIME")
	f.Float64Var(&o.options.RPM, "rpm", d.RPM, "requests a minute that a model takes; 0 is no limit")
	f.Float64Var(&o.options.TPM, "tpm", d.TPM, "tokens a minute that a model takes; 0 is no limit")
	f.DurationVar(&o.options.QuotaBurst, "quota-burst", d.QuotaBurst, "how much of the quota can be used at once after a pause")
	f.BoolVar(&o.options.Gate, "gate", false, "let documents in, and calls begin, at the rate of --rpm and --tpm")
	f.Float64Var(&o.options.Poison, "poison", d.Poison, "share of the documents that cannot be read")
	f.Float64Var(&o.options.ChunkSize, "pages-per-chunk", d.ChunkSize, "pages that a model is asked about at once")
	f.IntVar(&o.options.Concurrency, "concurrency", d.Concurrency, "functions that run at the same time in the account; 0 is no limit")
	f.StringVar(&o.trigger, "trigger", string(d.Trigger), "how S3's events come to the trigger function: call (EventBridge calls it, as in template.yaml) or queue (through SQS)")
	f.IntVar(&o.options.Triggers, "trigger-concurrency", d.Triggers, "with a queue, batches of uploads at the same time: MaximumConcurrency of the queue's event source")
	f.StringVar(&o.faults, "faults", "usual", "none, usual or rough, and NAME=CHANCE with commas between")
	f.Uint64Var(&o.options.Seed, "seed", d.Seed, "of all that is random")
	f.IntVar(&o.seeds, "seeds", 1, "simulate with that many seeds, from --seed on")
	f.IntVar(&o.shrink, "shrink", 150, "simulations that the search for the smallest violation may take; 0 is no search")
	f.StringVar(&o.prices, "prices", "", "JSON file of prices, as docflow bound takes; default: those of "+bound.DefaultPrices().Date+", us-east-1")
	f.StringVar(&o.output, "output", "text", "text or json")
	for _, p := range []struct {
		name, usage string
		to          *simulate.Distribution
	}{
		{"pages", "pages of a document", &o.options.Pages},
		{"input-tokens", "tokens that go into a call of a model", &o.options.InputTokens},
		{"output-tokens", "tokens that come out of it", &o.options.OutputTokens},
		{"model-time", "seconds that it takes", &o.options.ModelTime},
		{"extract-time", "seconds that the function takes that reads a document", &o.options.ExtractTime},
		{"function-time", "seconds that other functions take", &o.options.FunctionTime},
		{"storage-time", "seconds that a request to S3 or DynamoDB takes", &o.options.StorageTime},
	} {
		o.distributions[p.name] = distributionFlag{f.String(p.name, p.to.String(), p.usage+": MEDIAN/P99"), p.to}
	}
	return c
}

func (o *simulateFlags) run(ctx context.Context, s *streams) error {
	if err := o.read(); err != nil {
		return err
	}
	machine, err := o.machine(s)
	if err != nil {
		return err
	}
	o.options.Machine = machine
	if terminal(s.err) {
		started := time.Now()
		o.options.Progress = func(done int, at time.Duration) {
			fmt.Fprintf(s.err, "\r\033[K%d of %d documents, %s simulated in %s", done, o.options.Documents, at.Round(time.Second), time.Since(started).Round(time.Second))
		}
	}
	record := struct {
		Violations int                `json:"violations"`
		Runs       []*simulate.Report `json:"runs"`
	}{}
	for i := range o.seeds {
		options := o.options
		options.Seed += uint64(i)
		r, err := simulate.Run(ctx, options)
		if o.options.Progress != nil {
			fmt.Fprint(s.err, "\r\033[K")
		}
		if err != nil {
			return err
		}
		if r.Violated() {
			if record.Violations++; o.shrink > 0 && record.Violations == 1 {
				if r.Shrunk, err = simulate.Shrink(ctx, options, r, o.shrink); err != nil {
					return err
				}
			}
		}
		record.Runs = append(record.Runs, r)
		if o.output == "text" {
			if i > 0 {
				fmt.Fprintln(s.out)
			}
			if err := r.WriteText(s.out); err != nil {
				return err
			}
		}
		runtime.GC() // of one seed nothing is left for the next
	}
	if o.output == "json" {
		if err := writeJSON(s.out, record); err != nil {
			return err
		}
	}
	if record.Violations > 0 {
		return errFailed
	}
	return nil
}

// read takes the flags that are text.
func (o *simulateFlags) read() error {
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return err
	}
	if err := oneOf("trigger", o.trigger, string(delivery.Called), string(delivery.Queued)); err != nil {
		return err
	}
	o.options.Trigger = delivery.Path(o.trigger)
	if o.definition == "-" && o.input == "-" {
		return usagef("--definition and --input cannot both be standard input")
	}
	for flag, wrong := range map[string]bool{
		"documents": o.options.Documents < 0, "rpm": o.options.RPM < 0, "tpm": o.options.TPM < 0, "quota-burst": o.options.QuotaBurst < 0,
		"poison": o.options.Poison < 0, "concurrency": o.options.Concurrency < 0, "shrink": o.shrink < 0,
	} {
		if wrong {
			return usagef("--%s is below 0", flag)
		}
	}
	switch {
	case o.options.Triggers < 1:
		return usagef("--trigger-concurrency is %d; it takes a number above 0", o.options.Triggers)
	case o.seeds < 1:
		return usagef("--seeds is %d; it takes a number above 0", o.seeds)
	case o.options.ChunkSize <= 0:
		return usagef("--pages-per-chunk is %g; it takes a number above 0", o.options.ChunkSize)
	case o.options.Poison > 1:
		return usagef("--poison is %g; it takes a share, from 0 to 1", o.options.Poison)
	case o.options.Gate && o.options.RPM == 0 && o.options.TPM == 0:
		return usagef("--gate needs a quota: --rpm or --tpm")
	}
	var err error
	if o.options.Arrivals, err = simulate.ParseArrivals(o.arrivals); err != nil {
		return usagef("--arrivals: %w", err)
	}
	if o.options.Faults, err = simulate.ParseFaults(o.faults); err != nil {
		return usagef("--faults: %w", err)
	}
	for _, name := range sortedKeys(o.distributions) {
		flag := o.distributions[name]
		if *flag.to, err = simulate.ParseDistribution(*flag.text); err != nil {
			return usagef("--%s: %w", name, err)
		}
	}
	if o.prices != "" {
		text, err := os.ReadFile(o.prices)
		if err != nil {
			return usageError{err}
		}
		if o.options.Prices, err = bound.ReadPrices(text); err != nil {
			return usagef("--prices %s: %w", o.prices, err)
		}
	}
	return nil
}

// machine is the definition, with its substitutions.
func (o *simulateFlags) machine(s *streams) (*asl.Machine, error) {
	var machine *asl.Machine
	if o.definition == "" {
		built, err := flows.DocumentPipeline(flows.DefaultOptions())
		if err != nil {
			return nil, err
		}
		machine = built
	} else {
		p, err := readProgram(s, o.definition, engine.Standard)
		if err != nil {
			return nil, err
		}
		if err := p.compile(s, nil); err != nil {
			return nil, err
		}
		machine, o.options.Name = p.machine, machineName(p.name())
	}
	if o.input != "" {
		input, err := readInput(s, o.input)
		if err != nil {
			return nil, err
		}
		o.options.Input = input
	}
	values, err := pairs("substitution", "NAME=VALUE", o.substitutions)
	if err != nil {
		return nil, err
	}
	simulate.Substitute(machine, values, o.model)
	return machine, nil
}
