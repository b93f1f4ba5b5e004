package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/results"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// resultsOptions are the flags that say where results lie.
type resultsOptions struct {
	bucket string
	dir    string
	aws    awsOptions
}

func (o *resultsOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.bucket, "bucket", "", "results bucket on S3 (an output of the stack)")
	f.StringVar(&o.dir, "dir", "", "folder that docflow run --out has made, in place of a bucket")
	o.aws.flags(f, "AWS region")
}

func (o *resultsOptions) source(ctx context.Context) (results.Source, error) {
	switch {
	case (o.bucket == "") == (o.dir == ""):
		return nil, usagef("either --bucket or --dir says where the results are")
	case o.dir != "":
		return results.Folder(o.dir), nil
	}
	cfg, err := o.aws.load(ctx)
	if err != nil {
		return nil, err
	}
	return results.Bucket{Name: o.bucket, Client: s3.NewFromConfig(cfg, func(so *s3.Options) {
		so.UsePathStyle = o.aws.endpointURL != ""
		so.DisableLogOutputChecksumValidationSkipped = true // S3 does not keep one for every object
	})}, nil
}

func newList(s *streams) *cobra.Command {
	var (
		o      resultsOptions
		filter results.Filter
		since  string
		output string
	)
	c := &cobra.Command{
		Use:   "list --bucket BUCKET|--dir DIR",
		Short: "List the documents that were processed, the newest first",
		Long: `List the documents that were processed, the newest first: when, with what status, how many pages, how many tokens, and which
parts of the result are missing. Documents in quarantine, and those that failed, are in the list too.

The results bucket itself is the index: its objects are listed, and the newest are read, until there are as many as --limit.`,
		Example: `  docflow list --bucket my-results
  docflow list --bucket my-results --status partial,quarantined --since 24h
  docflow list --bucket my-results --prefix invoices/ --output json | jq -r '.documents[].key'
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
			source, err := o.source(c.Context())
			if err != nil {
				return err
			}
			entries, more, err := results.List(c.Context(), source, filter)
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
			if n := len(e.Missing) - shown; n > 0 {
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
		Use:   "show --bucket BUCKET|--dir DIR KEY",
		Short: "Show what the pipeline found in a document",
		Long: `Show the newest result of a document, by the document's key, or a certain result by the name of its execution. A document in
quarantine is shown with its reason.`,
		Example: `  docflow show --bucket my-results invoices/2026-07.pdf
  docflow show --bucket my-results --output markdown invoices/2026-07.pdf > report.md
  docflow show --dir results --output json report.pdf | jq .summary.summary`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("output", output, "text", "markdown", "json"); err != nil {
				return err
			}
			source, err := o.source(c.Context())
			if err != nil {
				return err
			}
			d, err := results.Find(c.Context(), source, args[0])
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
