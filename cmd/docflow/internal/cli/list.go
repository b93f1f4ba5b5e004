package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/results"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/index"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// envIndexTable is the environment variable of the index that docflow list and docflow show read unless a flag says otherwise.
const envIndexTable = "DOCFLOW_INDEX_TABLE"

// resultsOptions are the flags that say where results lie.
type resultsOptions struct {
	table  string
	bucket string
	dir    string
	aws    awsOptions
}

func (o *resultsOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.table, "table", "", "index of results in DynamoDB (the output IndexTableName of the stack); default: $"+envIndexTable)
	f.StringVar(&o.bucket, "bucket", "", "results bucket on S3 (the output ResultsBucketName), in place of the index")
	f.StringVar(&o.dir, "dir", "", "folder that docflow run --out has made, in place of the index")
	o.aws.flags(f, "AWS region")
}

func (o *resultsOptions) catalog(ctx context.Context) (results.Catalog, error) {
	table := o.table
	if o.table == "" && o.bucket == "" && o.dir == "" {
		table = os.Getenv(envIndexTable)
	}
	given := 0
	for _, where := range []string{table, o.bucket, o.dir} {
		if where != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, usagef("one of --table, --bucket and --dir says where the results are")
	case o.dir != "":
		return results.Objects{Source: results.Folder(o.dir)}, nil
	}
	cfg, err := o.aws.load(ctx)
	if err != nil {
		return nil, err
	}
	client := s3.NewFromConfig(cfg, func(so *s3.Options) {
		so.UsePathStyle = so.BaseEndpoint != nil            // an endpoint of one's own has no host name for each bucket
		so.DisableLogOutputChecksumValidationSkipped = true // S3 does not keep one for every object
	})
	if o.bucket != "" {
		return results.Objects{Source: results.Bucket{Name: o.bucket, Client: client}}, nil
	}
	return results.Table{S3: client, Region: cfg.Region, Index: &index.Reader{API: dynamodb.NewFromConfig(cfg), Table: table, Now: time.Now}}, nil
}

func newList(s *streams) *cobra.Command {
	var (
		o      resultsOptions
		filter results.Filter
		since  string
		output string
	)
	c := &cobra.Command{
		Use:   "list --table TABLE|--bucket BUCKET|--dir DIR",
		Short: "List the documents that were processed, the newest first",
		Long: `List the documents that were processed, the newest first: when, with what status, how many pages, how many tokens, and which
parts of the result are missing. Documents in quarantine, and those that failed, are in the list too; of an execution that ran out of
time or was stopped nothing is. A document that was processed again has a line for each time.

--table reads the index, from now back month by month, until there are as many as --limit. It takes dynamodb:Query on its indexes.
What --status and --prefix leave out is read, too; --since bounds that.

With --bucket the results bucket itself is the index: all its objects are listed, and the newest are read, until there are as many.`,
		Example: `  docflow list --table my-index
  docflow list --table my-index --status partial,quarantined --since 24h
  docflow list --table my-index --prefix invoices/ --output json | jq -r '.documents[].key'
  docflow list --bucket my-results
  docflow list --dir results`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := oneOf("output", output, "text", "json"); err != nil {
				return err
			}
			for i, status := range filter.Status {
				filter.Status[i] = strings.ToUpper(status)
				if err := oneOf("status", filter.Status[i], results.Statuses()...); err != nil {
					return err
				}
			}
			if filter.Limit < 0 {
				return usagef("--limit is %d; it takes a number from zero, which is all", filter.Limit)
			}
			var err error
			if filter.Since, err = readSince(since, time.Now()); err != nil {
				return err
			}
			catalog, err := o.catalog(c.Context())
			if err != nil {
				return err
			}
			entries, more, err := catalog.List(c.Context(), filter)
			if err != nil {
				return err
			}
			if more {
				fmt.Fprintf(s.err, "there are more than %d; --limit shows more\n", filter.Limit)
			}
			if output == "json" {
				return writeJSON(s.out, map[string]any{"documents": entries, "more": more})
			}
			return printEntries(s, entries)
		},
	}
	f := c.Flags()
	o.flags(f)
	const defaultLimit = 100
	f.StringVar(&filter.Prefix, "prefix", "", "only documents whose key begins so")
	f.StringSliceVar(&filter.Status, "status", nil, "only these: complete, partial, quarantined, failed, unfinished")
	f.StringVar(&since, "since", "", "only results not older: a duration (24h, 7d), a day (2026-07-01) or a time (RFC 3339)")
	f.IntVar(&filter.Limit, "limit", defaultLimit, "at most so many; 0 is all")
	f.StringVar(&output, "output", "text", "text or json")
	return c
}

// readSince reads a duration before now, a day or a time.
func readSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("--since is %q; it takes a duration such as 24h or 7d, a day such as 2026-07-01 or a time such as 2026-07-01T09:00:00Z", text)
}

func printEntries(s *streams, entries []results.Entry) error {
	var b strings.Builder
	const row = "%-20s  %-11s  %5s  %9s  %s\n"
	if len(entries) > 0 {
		fmt.Fprintf(&b, row, "TIME", "STATUS", "PAGES", "TOKENS", "DOCUMENT")
	}
	for _, e := range entries {
		line := report.Clean(e.Key)
		switch {
		case e.Error != "":
			line += "  " + report.Clean(e.Error)
		case len(e.Missing) > 0:
			const shown = 3
			line += "  without " + report.Clean(strings.Join(e.Missing[:min(len(e.Missing), shown)], ", "))
			if n := len(e.Missing) + e.MissingMore - shown; n > 0 {
				line += fmt.Sprintf(" and %d more", n)
			}
		}
		pages, tokens := "-", "-"
		if e.Error == "" {
			pages, tokens = strconv.Itoa(e.Pages), strconv.Itoa(e.InputTokens+e.OutputTokens)
		}
		fmt.Fprintf(&b, row, e.Time.UTC().Format(time.RFC3339), report.Clean(e.Status), pages, tokens, line)
	}
	_, err := fmt.Fprint(s.out, b.String())
	return err
}

func newShow(s *streams) *cobra.Command {
	var (
		o      resultsOptions
		output string
	)
	c := &cobra.Command{
		Use:   "show --table TABLE|--bucket BUCKET|--dir DIR KEY|EXECUTION",
		Short: "Show what the pipeline found in a document",
		Long: `Show the newest result of a document, by the document's key, or a certain result by the name of its execution. A document in
quarantine is shown with its reason. --table finds it in the index, with one request, and reads it where that says it lies.`,
		Example: `  docflow show --table my-index invoices/2026-07.pdf
  docflow show --table my-index --output markdown invoices/2026-07.pdf > report.md
  docflow show --bucket my-results invoices/2026-07.pdf
  docflow show --dir results --output json report.pdf | jq .summary.summary`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("output", output, "text", "markdown", "json"); err != nil {
				return err
			}
			catalog, err := o.catalog(c.Context())
			if err != nil {
				return err
			}
			d, err := catalog.Find(c.Context(), args[0])
			if err != nil {
				return err
			}
			return printDocument(s, d, output)
		},
	}
	o.flags(c.Flags())
	c.Flags().StringVar(&output, "output", "text", "text, markdown or json")
	return c
}

func printDocument(s *streams, d results.Document, output string) error {
	switch {
	case output == "json":
		_, err := fmt.Fprintln(s.out, strings.TrimSpace(string(d.Raw)))
		return err
	case d.Report == nil:
		_, err := fmt.Fprintf(s.out, "%s  %s  %s: %s\n", report.Clean(d.Key), report.Clean(d.Status), report.Clean(d.Error), report.Clean(readableCause(d.Cause)))
		return err
	case output == "markdown":
		_, err := s.out.Write(combine.Markdown(d.Report))
		return err
	}
	return report.Text(s.out, d.Report.Document.Name, &d.Report.Result, textStyle(s))
}
