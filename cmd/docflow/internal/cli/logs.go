package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/logs"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
	"github.com/spf13/cobra"
)

type logsOptions struct {
	stack     string
	sources   []string
	execution string
	since     string
	level     string
	pattern   string
	limit     int
	follow    bool
	poll      time.Duration
	output    string
	aws       awsOptions
}

func newLogs(s *streams) *cobra.Command {
	o := &logsOptions{}
	c := &cobra.Command{
		Use:   "logs --stack NAME",
		Short: "Read the logs of a deployed stack as one",
		Long: `Read the logs of a deployed stack as one: those of its functions and of its state machine, in the order of time. With
--execution only what is about one execution: every function names it in each line.

The functions log no text of documents, no prompts and no answers of models. Metrics (embedded format) are left out, but for
--output json, which prints the records as they are, one JSON object a line.`,
		Example: `  docflow logs --stack docs --since 1h
  docflow logs --stack docs --execution arn:aws:states:us-east-1:111122223333:execution:docs-document-pipeline:report-pdf-0a1b
  docflow logs --stack docs --source extract,prompt --level error --since 7d
  docflow logs --stack docs --follow`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return o.run(c.Context(), s)
		},
	}
	f := c.Flags()
	f.StringVar(&o.stack, "stack", "", "name of the CloudFormation stack (required)")
	f.StringSliceVar(&o.sources, "source", nil, "only these: "+strings.Join(sourceNames(), ", "))
	f.StringVar(&o.execution, "execution", "", "only what names this execution: its ARN or its name")
	f.StringVar(&o.since, "since", "1h", "only records not older: a duration (30m, 24h, 7d), a day or a time")
	f.StringVar(&o.level, "level", "", "only records of this level or above: debug, info, warn, error")
	f.StringVar(&o.pattern, "filter", "", "a filter pattern of CloudWatch Logs, in place of --execution")
	f.IntVar(&o.limit, "limit", 10_000, "at most so many records of each log group; 0 is all")
	f.BoolVar(&o.follow, "follow", false, "stay and print what comes")
	f.DurationVar(&o.poll, "poll", 5*time.Second, "how often --follow asks")
	f.StringVar(&o.output, "output", "text", "text or json")
	o.aws.flags(f, "AWS region; default: that of the execution's ARN, or of the configuration")
	return c
}

func sourceNames() []string {
	var names []string
	for _, source := range logs.Sources("") {
		names = append(names, source.Name)
	}
	return names
}

// levels are those of log/slog, the lowest first.
var levels = []string{"DEBUG", "INFO", "WARN", "ERROR"}

func (o *logsOptions) check() error {
	if o.stack == "" {
		return usagef("--stack is required: the name of the deployed stack")
	}
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return err
	}
	for _, source := range o.sources {
		if err := oneOf("source", source, sourceNames()...); err != nil {
			return err
		}
	}
	if o.level != "" {
		if err := oneOf("level", strings.ToLower(o.level), "debug", "info", "warn", "error"); err != nil {
			return err
		}
	}
	if o.limit < 0 {
		return usagef("--limit is %d; it takes a number from zero, which is all", o.limit)
	}
	if o.poll <= 0 {
		return usagef("--poll is %v; it takes a time above zero", o.poll)
	}
	if o.execution != "" && o.pattern != "" {
		return usagef("--filter takes the place of --execution: give one of them")
	}
	if parsed, err := arn.Parse(o.execution); err == nil {
		if parsed.Service != "states" {
			return usagef("--execution is %q; it takes the ARN or the name of an execution", o.execution)
		}
		if o.aws.region == "" {
			o.aws.region = parsed.Region
		}
		o.execution = parsed.Resource[strings.LastIndex(parsed.Resource, ":")+1:]
	}
	if o.execution != "" {
		o.pattern = `"` + strings.ReplaceAll(o.execution, `"`, `\"`) + `"` // a term in quotes is found wherever it stands
	}
	return nil
}

// overlap is how far back --follow asks again: CloudWatch Logs shows records some seconds after they were written.
const overlap = 2 * time.Minute

func (o *logsOptions) run(ctx context.Context, s *streams) error {
	since, err := readSince(o.since, time.Now())
	if err != nil {
		return err
	}
	cfg, err := o.aws.load(ctx)
	if err != nil {
		return err
	}
	reader := &logs.Reader{Client: cloudwatchlogs.NewFromConfig(cfg)}
	for _, source := range logs.Sources(o.stack) {
		if len(o.sources) == 0 || slices.Contains(o.sources, source.Name) {
			reader.Sources = append(reader.Sources, source)
		}
	}
	ticker := time.NewTicker(o.poll)
	defer ticker.Stop()
	for {
		records, truncated, err := reader.Read(ctx, logs.Query{Since: since, Pattern: o.pattern, Limit: o.limit})
		if o.follow && ctx.Err() != nil {
			return nil // how one ends to follow
		}
		if err != nil {
			return err
		}
		for _, record := range records {
			if err := o.print(s, record); err != nil {
				return err
			}
		}
		if truncated {
			fmt.Fprintf(s.err, "there are more than %d records of a log group; --limit shows more\n", o.limit)
		}
		if !o.follow {
			return nil
		}
		if from := time.Now().Add(-overlap); from.After(since) {
			since = from
			reader.Forget(since)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (o *logsOptions) print(s *streams, record logs.Record) error {
	line, readable := record.Line()
	if o.level != "" && slices.Index(levels, line.Level) < slices.Index(levels, strings.ToUpper(o.level)) {
		return nil
	}
	if o.output == "json" {
		return json.NewEncoder(s.out).Encode(map[string]any{"time": record.Time, "source": record.Source, "message": raw(record.Message)})
	}
	if !readable {
		return nil
	}
	mark, end := "", ""
	if line.Level == "ERROR" && coloured(s.out) {
		mark, end = "\x1b[31m", "\x1b[0m"
	}
	text := fmt.Sprintf("%s  %-8s %-5s %s", record.Time.Format("2006-01-02T15:04:05.000Z"), record.Source, line.Level, line.Text)
	if line.Fields != "" {
		text += "  " + line.Fields
	}
	_, err := fmt.Fprintln(s.out, mark+report.Clean(text)+end)
	return err
}

// raw is a message as JSON: itself, when it is JSON, or a string.
func raw(message string) any {
	if json.Valid([]byte(message)) {
		return json.RawMessage(message)
	}
	return message
}
