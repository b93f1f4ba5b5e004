package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/watch"
	"github.com/spf13/cobra"
)

type watchOptions struct {
	poll   time.Duration
	follow bool
	output string
	aws    awsOptions
}

func newWatch(s *streams) *cobra.Command {
	o := &watchOptions{}
	c := &cobra.Command{
		Use:   "watch EXECUTION_ARN",
		Short: "Follow an execution on AWS",
		Long: `Follow an execution on AWS by its history: the states that it enters and leaves, what fails and is tried again, and at the end
how long each state took. On a terminal the states are drawn as they stand, those within others below them; elsewhere lines go to
stderr as things happen. The table of states goes to stdout at the end.

Standard executions only: Express executions have no history but their logs. The exit code is 1 unless the execution
succeeded.`,
		Example: `  docflow watch arn:aws:states:us-east-1:111122223333:execution:document-pipeline:report-pdf-0a1b
  docflow watch --follow=false --output json $ARN | jq '.states[] | select(.failures > 0)'`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(args[0]); err != nil {
				return err
			}
			return o.run(c.Context(), s, args[0])
		},
	}
	f := c.Flags()
	f.BoolVar(&o.follow, "follow", true, "stay until the execution ends")
	f.DurationVar(&o.poll, "poll", 2*time.Second, "how often to ask")
	f.StringVar(&o.output, "output", "text", "text or json")
	o.aws.flags(f, "AWS region; default: the execution's")
	return c
}

func (o *watchOptions) check(execution string) error {
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return err
	}
	if o.poll <= 0 {
		return usagef("--poll is %v; it takes a time above zero", o.poll)
	}
	parsed, err := arn.Parse(execution)
	if err != nil || parsed.Service != "states" {
		return usagef("%q is no ARN of an execution such as arn:aws:states:us-east-1:111122223333:execution:document-pipeline:NAME", execution)
	}
	if o.aws.region == "" {
		o.aws.region = parsed.Region
	}
	return nil
}

// watchReport is what --output json prints.
type watchReport struct {
	ExecutionArn string         `json:"executionArn"`
	Status       string         `json:"status"`
	Error        string         `json:"error,omitempty"`
	Cause        string         `json:"cause,omitempty"`
	States       []*watch.State `json:"states"`
}

func (o *watchOptions) run(ctx context.Context, s *streams, execution string) error {
	cfg, err := o.aws.load(ctx)
	if err != nil {
		return err
	}
	client := sfn.NewFromConfig(cfg)
	follower := watch.New()
	var screen *screen
	if terminal(s.err) && o.follow && o.output == "text" {
		screen = newScreen(ctx, s, client, execution)
	}
	ticker := time.NewTicker(o.poll)
	defer ticker.Stop()
	var described *sfn.DescribeExecutionOutput
	for {
		// The status first: what the history has after it is complete once the execution has ended.
		if described, err = client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution}); err != nil {
			if ctx.Err() != nil {
				return stoppedWatching(ctx)
			}
			return fmt.Errorf("DescribeExecution of %s: %w", execution, err)
		}
		lines, err := o.read(ctx, client, execution, follower)
		if err != nil {
			if ctx.Err() != nil {
				return stoppedWatching(ctx)
			}
			return err
		}
		ended := described.Status != types.ExecutionStatusRunning && described.Status != types.ExecutionStatusPendingRedrive
		if screen != nil {
			if err := screen.draw(follower, lines, ended); err != nil {
				return err
			}
		} else {
			for _, line := range lines {
				o.tell(s, line)
			}
		}
		if !o.follow || ended {
			break
		}
		select {
		case <-ctx.Done():
			return stoppedWatching(ctx)
		case <-ticker.C:
		}
	}
	return o.print(s, &watchReport{
		ExecutionArn: execution, Status: string(described.Status), Error: aws.ToString(described.Error), Cause: aws.ToString(described.Cause),
		States: follower.States(),
	})
}

// stoppedWatching is the error of who is interrupted, in a call or between two.
func stoppedWatching(ctx context.Context) error {
	return fmt.Errorf("stopped watching; the execution goes on: %w", ctx.Err())
}

// read takes the events that are new, and returns what there is to tell of them. The history is read from its end backwards, page by page, until an event that is
// known: long executions have many pages.
func (o *watchOptions) read(ctx context.Context, client *sfn.Client, execution string, follower *watch.Follower) ([]watch.Line, error) {
	var news []types.HistoryEvent
	pages := sfn.NewGetExecutionHistoryPaginator(client, &sfn.GetExecutionHistoryInput{ExecutionArn: &execution, ReverseOrder: true, MaxResults: 1000})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("GetExecutionHistory of %s: %w", execution, err)
		}
		known := false
		for _, e := range page.Events {
			if known = e.Id <= follower.Last(); known {
				break
			}
			news = append(news, e)
		}
		if known {
			break
		}
	}
	var lines []watch.Line
	for i := len(news) - 1; i >= 0; i-- {
		lines = append(lines, follower.Event(news[i])...)
	}
	return lines, nil
}

func (o *watchOptions) tell(s *streams, line watch.Line) {
	mark, colour := map[watch.Kind]string{watch.Entered: "→", watch.Exited: "✓", watch.Failed: "✗", watch.Ended: "■"}[line.Kind], ""
	if line.Kind == watch.Failed && coloured(s.err) {
		colour = "\x1b[31m"
	}
	text := fmt.Sprintf("%9.3fs  %s %s", line.At.Seconds(), mark, report.Clean(line.Text))
	if line.State != "" {
		text = fmt.Sprintf("%9.3fs  %s %s  %s", line.At.Seconds(), mark, report.Clean(line.State), report.Clean(line.Text))
	}
	if colour != "" {
		text = colour + text + "\x1b[0m"
	}
	fmt.Fprintln(s.err, text)
}

func (o *watchOptions) print(s *streams, r *watchReport) error {
	var err error
	if o.output == "json" {
		err = writeJSON(s.out, r)
	} else {
		for _, state := range r.States {
			if _, err = fmt.Fprintln(s.out, report.Clean(state.Summary())); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintln(s.out, report.Clean(r.Status))
	}
	if err == nil && r.Status != string(types.ExecutionStatusSucceeded) && (o.follow || r.Status != string(types.ExecutionStatusRunning)) {
		return errFailed
	}
	return err
}
