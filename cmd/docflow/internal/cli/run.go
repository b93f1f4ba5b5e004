package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/documents"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/local"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/openai"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/progress"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/quota"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/docflow-asl/docflow/tasks/text"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"
)

type runOptions struct {
	out       string
	flow      string
	output    string
	jobs      int
	password  string
	history   bool
	batch     bool
	verbose   bool
	model     local.Model
	cache     string
	requests  string // a minute
	tokens    string
	document  string // dollars that a document may cost
	day       string // … and a run of the command, the day
	guardrail string
}

func newRun(s *streams) *cobra.Command {
	o := &runOptions{}
	c := &cobra.Command{
		Use:   "run FILE|DIR…",
		Short: "Run the pipeline on documents, on this machine",
		Long: `Run a flow on documents, on this machine: no AWS account, no Docker, no network.

The state machine is the one that is deployed, on the embedded engine; the Lambda handlers are the ones that ship; S3 and
Bedrock are embedded endpoints that the real AWS SDK clients talk to. The models are answered by the offline model, which
extracts and counts; --model asks a real one instead.

As deployed, --max-document-dollars and --max-daily-dollars stop a document before the first call when it may cost more, by the prices of
Amazon Bedrock, or all documents of this run together. With --cache answers are kept, and used again for the very same request. With
--requests-per-minute and --tokens-per-minute calls begin at the rate of those quotas.

--batch runs all documents in one execution of document-batch, which has them answered by batch inference jobs, at half the price;
a job takes an hour of the execution's own time, and no time here. Fewer than 100 calls are no job, and are made one by one.

A folder stands for every file below it. One document that fails does not stop the others; the exit code is 1 when any failed.`,
		Example: `  docflow run report.pdf
  docflow run --out results contracts/
  docflow run --batch --out results contracts/
  docflow run --output json report.pdf | jq '.documents[0].result.summary'
  docflow run --model http://localhost:11434/v1 --model-name llama3.1 report.pdf
  docflow run --model bedrock --profile dev --region us-east-1 report.pdf`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("output", o.output, "text", "json"); err != nil {
				return err
			}
			if o.jobs < 1 {
				return usagef("--jobs is %d; it takes a number above zero", o.jobs)
			}
			if o.history && o.out == "" {
				return usagef("--history writes beside the results: --out says where")
			}
			if o.batch && c.Flags().Changed("flow") && o.flow != flows.DocumentBatchName {
				return usagef("--batch is --flow %s; it does not go with --flow %s", flows.DocumentBatchName, o.flow)
			}
			if o.batch {
				o.flow = flows.DocumentBatchName
			}
			if o.flow == flows.DocumentBatchName {
				if err := o.checkBatch(); err != nil {
					return err
				}
			}
			options, err := o.stack()
			if err != nil {
				return err
			}
			return o.run(c.Context(), s, args, options)
		},
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "folder for two files a document: FILE.json, the result and the manifest, and FILE.md, the report for people")
	f.StringVar(&o.flow, "flow", "document-pipeline", "document-pipeline, document-batch, document-processing or parallel-analysis")
	f.BoolVar(&o.batch, "batch", false, "all documents in one execution, by batch inference jobs: --flow document-batch")
	f.StringVar(&o.output, "output", "text", "text or json")
	f.IntVar(&o.jobs, "jobs", runtime.GOMAXPROCS(0), "how many documents run at the same time")
	f.StringVar(&o.password, "password", "", "opens encrypted documents")
	f.BoolVar(&o.history, "history", false, "also write FILE.history.json: the execution's events as GetExecutionHistory gives them")
	f.BoolVar(&o.verbose, "verbose", false, "print the Lambda functions' logs")
	f.StringVar(&o.model.Name, "model", local.ModelOffline, "offline, bedrock, or the URL of an OpenAI-compatible server (Ollama, llama.cpp, vLLM)")
	f.StringVar(&o.model.Served, "model-name", os.Getenv(openai.EnvModel), "the model's name on that server; default: $"+openai.EnvModel)
	f.StringVar(&o.document, "max-document-dollars", "0", "what the calls to models for one document may cost at most, in US dollars; 0 is no cap")
	f.StringVar(&o.day, "max-daily-dollars", "0", "what those for all documents may cost; 0 is no cap")
	f.StringVar(&o.requests, "requests-per-minute", "0", "quota of requests of each model, or, with a comma, of that of the analysis and of the others; 0 is none")
	f.StringVar(&o.tokens, "tokens-per-minute", "0", "quota of tokens, likewise")
	f.StringVar(&o.guardrail, "guardrail", "", "ID:VERSION of a guardrail over every call, with --model bedrock")
	f.StringVar(&o.cache, "cache", "", "folder for answers of models, which are used again for the same request to the same model")
	f.StringVar(&o.model.Region, "region", "", "AWS region, with --model bedrock")
	f.StringVar(&o.model.Profile, "profile", "", "profile of the AWS configuration files, with --model bedrock")
	return c
}

// runReport is what --output json prints.
type runReport struct {
	Documents []*documentReport `json:"documents"`
	Succeeded int               `json:"succeeded"`
	Failed    int               `json:"failed"`
}

// documentReport tells what became of one document.
type documentReport struct {
	File      string          `json:"file"`
	Status    string          `json:"status"` // of the execution, or FAILED when there was none
	Execution string          `json:"execution,omitempty"`
	Flow      string          `json:"flow"`
	Error     string          `json:"error,omitempty"`
	Cause     string          `json:"cause,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"` // the report that the pipeline wrote, else the execution's output
	Seconds   float64         `json:"seconds"`
	WrittenTo string          `json:"writtenTo,omitempty"`
}

// stack returns what the flags say of the stack.
func (o *runOptions) stack() (local.Options, error) {
	options := local.Options{Model: o.model, Text: text.Options{Password: o.password}, Cache: o.cache != "", CacheDir: o.cache, Guardrail: o.guardrail}
	for flag, amount := range map[string]struct {
		text string
		to   *spend.Micros
	}{"max-document-dollars": {o.document, &options.Caps.Document}, "max-daily-dollars": {o.day, &options.Caps.Day}} {
		var err error
		if *amount.to, err = spend.ParseDollars(amount.text); err != nil {
			return options, usagef("--%s: %w", flag, err)
		}
	}
	var err error
	if options.Analysis, options.Others, err = quota.ParseLimits(o.requests, o.tokens); err != nil {
		return options, usagef("--requests-per-minute, --tokens-per-minute: %w", err)
	}
	id, version, given := strings.Cut(o.guardrail, ":")
	switch {
	case o.guardrail != "" && (!given || id == "" || version == ""):
		return options, usagef("--guardrail is %q; it takes ID:VERSION, such as abc123def456:1 or abc123def456:DRAFT", o.guardrail)
	case o.flow != flows.DocumentPipelineName && (options.Caps != (spend.Caps{}) || options.Cache || options.Analysis != (quota.Limit{}) || options.Others != (quota.Limit{}) || o.guardrail != ""):
		return options, usagef("caps, quotas, --cache and --guardrail are the document-pipeline's; the flow %s has none", o.flow)
	case o.guardrail != "" && o.model.Name != local.ModelBedrock:
		return options, usagef("--guardrail needs --model bedrock: nobody else has guardrails")
	}
	return options, nil
}

func (o *runOptions) run(ctx context.Context, s *streams, args []string, options local.Options) error {
	files, err := documents.Find(args)
	if err != nil {
		return usageError{err}
	}
	if o.out != "" {
		if err := os.MkdirAll(o.out, 0o755); err != nil {
			return err
		}
	}
	log := slog.New(slog.DiscardHandler)
	if o.verbose {
		log = slog.New(function.Reveal(slog.NewJSONHandler(s.err, nil))) // it is the user's own document
	}
	options.Log = log
	options.Model.APIKey = os.Getenv(openai.EnvAPIKey)
	stack, err := local.Start(ctx, options)
	if err != nil {
		return err
	}
	reports, err := o.runAll(ctx, s, stack, files)
	if err = errors.Join(err, stack.Close()); err != nil {
		return err
	}
	total := runReport{Documents: reports}
	for _, r := range reports {
		if r.Status == string(engine.Succeeded) {
			total.Succeeded++
		} else {
			total.Failed++
		}
	}
	if o.output == "json" {
		if err := writeJSON(s.out, total); err != nil {
			return err
		}
	} else if err := printReports(s, reports); err != nil {
		return err
	}
	if len(reports) > 1 {
		fmt.Fprintf(s.err, "%d documents: %d succeeded, %d failed\n", len(reports), total.Succeeded, total.Failed)
	}
	if total.Failed > 0 {
		return errFailed
	}
	return nil
}

// runAll runs all documents, o.jobs at a time, and returns their reports in the order of the files.
func (o *runOptions) runAll(ctx context.Context, s *streams, stack *local.Stack, files []documents.File) ([]*documentReport, error) {
	substitutions, err := stack.Substitutions()
	if err != nil {
		return nil, err
	}
	names, err := local.FlowNames()
	if err != nil {
		return nil, err
	}
	if err := oneOf("flow", o.flow, names...); err != nil {
		return nil, err
	}
	flow, err := local.NewFlow(o.flow, substitutions)
	if err != nil {
		return nil, err
	}
	if flow.Name == flows.DocumentBatchName {
		return o.runBatch(ctx, s, stack, flow, files)
	}
	board := progress.NewBoard(s.err, terminal(s.err) && !o.verbose)
	reports := make([]*documentReport, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(o.jobs)
	for i, file := range files {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			line := board.Add(report.Clean(file.Name))
			r, err := o.runOne(ctx, stack, flow, file, line)
			if err != nil {
				line.Finish("stopped")
				return err
			}
			line.Finish(r.Status)
			reports[i] = r
			return nil
		})
	}
	err = group.Wait()
	board.Wait()
	return reports, err
}

// runOne runs one document. What is wrong with the document is in the report; the error is one that ends the whole run.
func (o *runOptions) runOne(ctx context.Context, stack *local.Stack, flow *local.Flow, file documents.File, line *progress.Line) (*documentReport, error) {
	started := time.Now()
	r := &documentReport{File: file.Path, Flow: flow.Name, Status: string(engine.Failed)}
	outcome, err := o.execute(ctx, stack, flow, file, line)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		r.Error, r.Cause = "docflow", err.Error()
		return r, nil
	}
	execution := outcome.Execution
	r.Status, r.Execution = string(execution.Status), execution.Name
	r.Error, r.Cause = execution.Error, execution.Cause
	r.Result = outcome.Report
	if r.Result == nil && execution.Output != nil {
		r.Result = json.RawMessage(value.Text(execution.Output))
	}
	r.Seconds = time.Since(started).Round(time.Millisecond).Seconds()
	return r, o.write(file, r, execution)
}

func (o *runOptions) execute(ctx context.Context, stack *local.Stack, flow *local.Flow, file documents.File, line *progress.Line) (*local.Outcome, error) {
	data, err := readDocument(file.Path)
	if err != nil {
		return nil, err
	}
	return stack.Run(ctx, flow, local.Document{Name: file.Name, Data: data}, func(e engine.Event) { follow(line, e) })
}

// readDocument reads a file, unless it is larger than what the pipeline takes: the extraction then says so by the size alone.
func readDocument(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	limit := text.DefaultLimits().InputBytes
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes (limit InputBytes)", path, limit)
	}
	return data, nil
}

// follow shows an event of the history on the document's line.
func follow(line *progress.Line, e engine.Event) {
	switch d := e.Details.(type) {
	case *engine.EnteredDetails:
		line.Entered(d.Name)
	case *engine.ExitedDetails:
		line.Exited(d.Name)
	default:
		if e.Type == engine.TaskFailed || e.Type == engine.LambdaFunctionFailed || e.Type == engine.TaskTimedOut {
			line.Retried()
		}
	}
}

// write writes a document's files into the --out folder.
func (o *runOptions) write(file documents.File, r *documentReport, execution *engine.Execution) error {
	if o.out == "" {
		return nil
	}
	path := filepath.Join(o.out, filepath.FromSlash(file.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	r.WrittenTo = path + ".json"
	if o.history {
		if err := writeFile(path+".history.json", map[string]any{"events": execution.History}); err != nil {
			return err
		}
	}
	var full combine.Report
	if json.Unmarshal(r.Result, &full) == nil && full.SchemaVersion > 0 {
		if err := os.WriteFile(path+".md", combine.Markdown(&full), 0o644); err != nil {
			return err
		}
	}
	return writeFile(r.WrittenTo, r)
}

func writeFile(path string, x any) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(writeJSON(f, x), f.Close())
}

// textStyle is how reports are written to the output: as wide as the terminal, in colour where it has any.
func textStyle(s *streams) report.Style {
	style := report.Style{Colour: coloured(s.out)}
	if f, ok := s.out.(*os.File); ok && terminal(s.out) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			style.Width = min(width, 120)
		}
	}
	return style
}

func printReports(s *streams, reports []*documentReport) error {
	style := textStyle(s)
	// Failures last, where they are seen.
	ordered := slices.Clone(reports)
	slices.SortStableFunc(ordered, func(a, b *documentReport) int {
		return boolOrder(a.Status != string(engine.Succeeded)) - boolOrder(b.Status != string(engine.Succeeded))
	})
	for i, r := range ordered {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if err := printReport(s, r, style); err != nil {
			return err
		}
	}
	return nil
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

func printReport(s *streams, r *documentReport, style report.Style) error {
	name := filepath.Base(r.File)
	if r.Status != string(engine.Succeeded) {
		_, err := fmt.Fprintf(s.out, "%s  %s  %s: %s\n", report.Clean(name), r.Status, r.Error, report.Clean(readableCause(r.Cause)))
		return err
	}
	var result combine.Result
	if err := json.Unmarshal(r.Result, &result); err == nil && result.Status != "" {
		return report.Text(s.out, name, &result, style)
	}
	_, err := fmt.Fprintf(s.out, "%s  %s\n%s\n", report.Clean(name), r.Status, r.Result)
	return err
}

// readableCause puts the message of a Lambda function's error payload, with which a cause may end, in the payload's place.
func readableCause(cause string) string {
	start := strings.IndexByte(cause, '{')
	if start < 0 {
		return cause
	}
	var payload struct {
		ErrorMessage string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(cause[start:]), &payload) != nil || payload.ErrorMessage == "" {
		return cause
	}
	return cause[:start] + payload.ErrorMessage
}
