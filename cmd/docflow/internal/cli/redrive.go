package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/spf13/cobra"
)

type redriveOptions struct {
	stateMachine string
	status       []string
	since        string
	failure      string
	limit        int
	deadLetters  string
	to           string
	rate         int32
	wait         bool
	poll         time.Duration
	dryRun       bool
	output       string
	aws          awsOptions
}

func newRedrive(s *streams) *cobra.Command {
	o := &redriveOptions{}
	c := &cobra.Command{
		Use:   "redrive EXECUTION_ARN... | --state-machine ARN | --dead-letters QUEUE_ARN",
		Short: "Let what failed on AWS go on where it failed",
		Long: `Redrive executions that failed, timed out or were stopped within the last 14 days: they go on at the state that failed, with the
work that is done. Executions are named, or with --state-machine all those of the given status are taken, the newest first.

With --dead-letters the events that started nothing are moved from the dead-letter queue to the queue that it is for (or --to
another), and are tried again. SQS does so by itself; with --wait the command stays until it has, and tells how it went.

An execution of document-pipeline that ends with DocumentQuarantined (the document is at fault) or PipelineFailed (nothing of the
work with models was begun, or its list could not be read) ends in a Fail state: a redrive of it fails again. --state-machine
leaves such executions out, unless --error names theirs, and says how many. Once what was wrong is mended, 'docflow start --again'
processes their documents; what models have answered by then is not paid again.`,
		Example: `  docflow redrive arn:aws:states:us-east-1:111122223333:execution:document-pipeline:report-pdf-0a1b
  docflow redrive --state-machine $ARN --since 24h --dry-run
  docflow redrive --state-machine $ARN --status timed_out,aborted
  docflow redrive --wait --dead-letters arn:aws:sqs:us-east-1:111122223333:docflow-TriggerDeadLetters`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return err
			}
			return o.run(c.Context(), s, args)
		},
	}
	f := c.Flags()
	f.StringVar(&o.stateMachine, "state-machine", "", "redrive the executions of this state machine, by its ARN")
	f.StringSliceVar(&o.status, "status", []string{"failed", "timed_out"}, "with --state-machine: only these: failed, timed_out, aborted")
	f.StringVar(&o.since, "since", "", "with --state-machine: only those that ended since: a duration (24h, 7d), a day or a time")
	f.StringVar(&o.failure, "error", "", "with --state-machine: only those that ended with this error")
	f.IntVar(&o.limit, "limit", 0, "with --state-machine: at most so many; 0 is all")
	f.StringVar(&o.deadLetters, "dead-letters", "", "move the messages of this dead-letter queue, by its ARN (an output of the stack)")
	f.StringVar(&o.to, "to", "", "with --dead-letters: ARN of the queue to move them to; default: the one that it is for")
	f.Int32Var(&o.rate, "rate", 0, "with --dead-letters: messages a second, at most 500; 0 is as fast as SQS likes")
	f.BoolVar(&o.wait, "wait", false, "with --dead-letters: wait until they are moved")
	f.DurationVar(&o.poll, "poll", 2*time.Second, "how often --wait asks")
	f.BoolVar(&o.dryRun, "dry-run", false, "only say what would be redriven")
	f.StringVar(&o.output, "output", "text", "text or json")
	o.aws.flags(f, "AWS region; default: that of the ARN")
	return c
}

func (o *redriveOptions) check(executions []string) error {
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return err
	}
	ways := 0
	for _, given := range []bool{len(executions) > 0, o.stateMachine != "", o.deadLetters != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return usagef("one of the three says what to redrive: the ARNs of executions, --state-machine or --dead-letters")
	}
	for i, status := range o.status {
		o.status[i] = strings.ToUpper(status)
		if err := oneOf("status", o.status[i], "FAILED", "TIMED_OUT", "ABORTED"); err != nil {
			return err
		}
	}
	if o.limit < 0 {
		return usagef("--limit is %d; it takes a number from zero, which is all", o.limit)
	}
	if o.poll <= 0 {
		return usagef("--poll is %v; it takes a time above zero", o.poll)
	}
	if o.wait && o.deadLetters == "" {
		return usagef("--wait is for --dead-letters only: 'docflow watch' follows an execution")
	}
	const mostARate = 500 // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
	if o.rate < 0 || o.rate > mostARate {
		return usagef("--rate is %d; it takes 1 to %d, or 0", o.rate, mostARate)
	}
	for _, want := range []struct{ flag, arn, service, resource string }{
		{"--state-machine", o.stateMachine, "states", "stateMachine:"}, {"--dead-letters", o.deadLetters, "sqs", ""}, {"--to", o.to, "sqs", ""},
	} {
		if want.arn == "" {
			continue
		}
		if err := o.region(want.flag, want.arn, want.service, want.resource); err != nil {
			return err
		}
	}
	for _, execution := range executions {
		if err := o.region("the argument", execution, "states", "execution:"); err != nil {
			return err
		}
	}
	return nil
}

// region checks an ARN and takes its region, unless one is known.
func (o *redriveOptions) region(what, text, service, resource string) error {
	parsed, err := arn.Parse(text)
	if err != nil || parsed.Service != service || !strings.HasPrefix(parsed.Resource, resource) {
		return usagef("%s is %q; it takes an ARN such as arn:aws:%s:us-east-1:111122223333:%sNAME", what, text, service, resource)
	}
	if o.aws.region == "" {
		o.aws.region = parsed.Region
	}
	return nil
}

// redriveReport is what --output json prints.
type redriveReport struct {
	DryRun     bool             `json:"dryRun,omitempty"`
	Executions []redriveOutcome `json:"executions,omitempty"`
	LeftOut    map[string]int   `json:"leftOut,omitempty"` // executions that would fail again, by their error
	Moved      *moveReport      `json:"deadLetters,omitempty"`
}

// redriveOutcome is what became of the wish to redrive one execution.
type redriveOutcome struct {
	ExecutionArn string `json:"executionArn"`
	Status       string `json:"status,omitempty"` // that it ended with
	Error        string `json:"error,omitempty"`  // the same
	Redriven     bool   `json:"redriven"`
	Reason       string `json:"reason,omitempty"` // why it was not
}

// moveReport is a message move task of Amazon SQS.
type moveReport struct {
	Messages    int64  `json:"messages"` // approximately, in the queue before
	Destination string `json:"destination,omitempty"`
	TaskHandle  string `json:"taskHandle,omitempty"`
	// With --wait: COMPLETED, FAILED, CANCELLED; how many were moved, and why not all.
	Status string `json:"status,omitempty"`
	Moved  int64  `json:"moved,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func (o *redriveOptions) run(ctx context.Context, s *streams, executions []string) error {
	cfg, err := o.aws.load(ctx)
	if err != nil {
		return err
	}
	r := &redriveReport{DryRun: o.dryRun}
	if o.deadLetters != "" {
		r.Moved, err = o.move(ctx, sqs.NewFromConfig(cfg))
	} else {
		err = o.redrive(ctx, s, sfn.NewFromConfig(cfg), executions, r)
	}
	// What was done before an error is told as well.
	failed := err
	if failed != nil && r.Moved == nil && !r.anyDone() {
		return failed
	}
	if o.output == "json" {
		err = writeJSON(s.out, r)
	} else {
		err = r.print(s)
	}
	if failed != nil || err != nil {
		return cmp.Or(failed, err)
	}
	if r.Moved != nil && r.Moved.Reason != "" {
		return errFailed
	}
	for _, outcome := range r.Executions {
		if outcome.Reason != "" {
			return errFailed
		}
	}
	return nil
}

func (r *redriveReport) anyDone() bool {
	return slices.ContainsFunc(r.Executions, func(o redriveOutcome) bool { return o.Redriven || o.Reason != "" })
}

// redrive redrives the executions that are named, or those that it finds.
func (o *redriveOptions) redrive(ctx context.Context, s *streams, client *sfn.Client, executions []string, r *redriveReport) error {
	if o.stateMachine != "" {
		if err := o.find(ctx, client, r); err != nil {
			return err
		}
	} else {
		for _, execution := range executions {
			r.Executions = append(r.Executions, redriveOutcome{ExecutionArn: execution})
		}
	}
	if o.dryRun {
		return nil
	}
	for i := range r.Executions {
		outcome := &r.Executions[i]
		_, err := client.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &outcome.ExecutionArn}, patient(i))
		var notRedrivable *types.ExecutionNotRedrivable
		var none *types.ExecutionDoesNotExist
		switch {
		case err == nil:
			outcome.Redriven = true
		case errors.As(err, &notRedrivable):
			outcome.Reason = notRedrivable.ErrorMessage()
		case errors.As(err, &none):
			outcome.Reason = none.ErrorMessage()
		default: // denied, throttled, off line: the others would fare no better
			return fmt.Errorf("RedriveExecution of %s, after %d of %d: %w", outcome.ExecutionArn, i, len(r.Executions), err)
		}
		if terminal(s.err) && len(r.Executions) > 1 {
			fmt.Fprintf(s.err, "\r%d of %d", i+1, len(r.Executions))
			if i+1 == len(r.Executions) {
				fmt.Fprintln(s.err)
			}
		}
	}
	return nil
}

// patient lets a call that is one of many, of which some were answered before, be tried more often than the SDK does: Step Functions
// takes some 10 or 15 DescribeExecution a second in the long run. Whoever has set the number of attempts is asked no more.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
func patient(before int) func(*sfn.Options) {
	const attempts = 10
	return func(o *sfn.Options) {
		if before > 0 && o.RetryMaxAttempts == 0 {
			o.RetryMaxAttempts = attempts
		}
	}
}

// redrivablePeriod is for how long after its end an execution can be redriven. Step Functions keeps one for 90 days: to ask about each
// that is too old would take most of the time.
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
const redrivablePeriod = 14 * 24 * time.Hour

// find lists the executions of the state machine to redrive. ListExecutions does not tell their errors, which is asked for each.
func (o *redriveOptions) find(ctx context.Context, client *sfn.Client, r *redriveReport) error {
	since, err := readSince(o.since, time.Now())
	if err != nil {
		return err
	}
	redrivable := time.Now().Add(-redrivablePeriod)
	for _, status := range o.status {
		pages := sfn.NewListExecutionsPaginator(client, &sfn.ListExecutionsInput{StateMachineArn: &o.stateMachine, StatusFilter: types.ExecutionStatus(status), MaxResults: 1000})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("ListExecutions of %s: %w", o.stateMachine, err)
			}
			for _, x := range page.Executions {
				if o.limit > 0 && len(r.Executions) == o.limit {
					return nil
				}
				if stopped := aws.ToTime(x.StopDate); stopped.Before(since) || stopped.Before(redrivable) {
					continue
				}
				d, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: x.ExecutionArn}, patient(1))
				if err != nil {
					return fmt.Errorf("DescribeExecution of %s: %w", aws.ToString(x.ExecutionArn), err)
				}
				failure := aws.ToString(d.Error)
				switch {
				case d.RedriveStatus == types.ExecutionRedriveStatusNotRedrivable, o.failure != "" && failure != o.failure:
					continue
				case o.failure == "" && slices.Contains(finalErrors, failure):
					if r.LeftOut == nil {
						r.LeftOut = map[string]int{}
					}
					r.LeftOut[failure]++
					continue
				}
				r.Executions = append(r.Executions, redriveOutcome{ExecutionArn: aws.ToString(x.ExecutionArn), Status: status, Error: failure})
			}
		}
	}
	return nil
}

// finalErrors are those of executions of docflow's flows that end in a Fail state, where a redrive begins.
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
var finalErrors = []string{"AnalysisFailed", "BatchFailed", "DocumentQuarantined", "DocumentRefused", "PipelineFailed", "ProcessingFailed"}

// move starts a task of Amazon SQS that moves the messages.
func (o *redriveOptions) move(ctx context.Context, client *sqs.Client) (*moveReport, error) {
	parsed, err := arn.Parse(o.deadLetters)
	if err != nil {
		return nil, err
	}
	queue, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &parsed.Resource, QueueOwnerAWSAccountId: &parsed.AccountID})
	if err != nil {
		return nil, fmt.Errorf("queue %s: %w", o.deadLetters, err)
	}
	attributes, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: queue.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		return nil, fmt.Errorf("queue %s: %w", o.deadLetters, err)
	}
	report := &moveReport{}
	number := attributes.Attributes[string(sqstypes.QueueAttributeNameApproximateNumberOfMessages)]
	if report.Messages, err = strconv.ParseInt(number, 10, 64); err != nil {
		return nil, fmt.Errorf("queue %s: its number of messages: %w", o.deadLetters, err)
	}
	if report.Destination = o.to; o.to == "" {
		if report.Destination, err = sourceOf(ctx, client, parsed, aws.ToString(queue.QueueUrl)); err != nil {
			return nil, err
		}
	}
	if o.dryRun || report.Messages == 0 {
		return report, nil
	}
	in := &sqs.StartMessageMoveTaskInput{SourceArn: &o.deadLetters, DestinationArn: &report.Destination}
	if o.rate > 0 {
		in.MaxNumberOfMessagesPerSecond = &o.rate
	}
	started, err := client.StartMessageMoveTask(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("StartMessageMoveTask of %s: %w", o.deadLetters, err)
	}
	report.TaskHandle = aws.ToString(started.TaskHandle)
	if !o.wait {
		return report, nil
	}
	return report, o.follow(ctx, client, report)
}

// sourceOf returns the ARN of the one queue that a dead-letter queue is for. SQS can find out for a message where it came from,
// but not for one that Amazon EventBridge has put there because the queue did not take it: such messages know no queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
func sourceOf(ctx context.Context, client *sqs.Client, letters arn.ARN, url string) (string, error) {
	var sources []string
	pages := sqs.NewListDeadLetterSourceQueuesPaginator(client, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &url})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("the queues that %s is for: %w", letters, err)
		}
		for _, source := range page.QueueUrls {
			letters.Resource = source[strings.LastIndex(source, "/")+1:]
			sources = append(sources, letters.String())
		}
	}
	switch len(sources) {
	case 0:
		return "", fmt.Errorf("%s is the dead-letter queue of no queue; SQS moves messages only from one that is", letters)
	case 1:
		return sources[0], nil
	}
	return "", usagef("--to is needed: the queue has the dead letters of %s", strings.Join(sources, ", "))
}

// follow waits until the messages are moved, and says how that went. SQS lists the latest task first, and gives a handle only of
// one that runs.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html
func (o *redriveOptions) follow(ctx context.Context, client *sqs.Client, report *moveReport) error {
	ticker := time.NewTicker(o.poll)
	defer ticker.Stop()
	for {
		listed, err := client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &o.deadLetters})
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("stopped waiting; SQS goes on: %w", ctx.Err())
		case err != nil:
			return fmt.Errorf("ListMessageMoveTasks of %s: %w", o.deadLetters, err)
		}
		if len(listed.Results) > 0 {
			task := listed.Results[0]
			report.Status, report.Moved, report.Reason = aws.ToString(task.Status), task.ApproximateNumberOfMessagesMoved, aws.ToString(task.FailureReason)
		}
		if report.Status != "" && report.Status != "RUNNING" && report.Status != "CANCELLING" {
			if report.Status != "COMPLETED" {
				report.Reason = cmp.Or(report.Reason, report.Status)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped waiting; SQS goes on: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

func (r *redriveReport) print(s *streams) error {
	if r.Moved != nil {
		verb := "moving"
		switch {
		case r.DryRun:
			verb = "would move"
		case r.Moved.Messages == 0:
			verb = "nothing to move:"
		}
		text := fmt.Sprintf("%s about %d messages to %s", verb, r.Moved.Messages, r.Moved.Destination)
		if r.Moved.Status != "" {
			text = fmt.Sprintf("%s: moved about %d messages to %s", r.Moved.Status, r.Moved.Moved, r.Moved.Destination)
		}
		if r.Moved.Reason != "" {
			text += ": " + r.Moved.Reason
		}
		_, err := fmt.Fprintln(s.out, text)
		return err
	}
	redriven := 0
	for _, outcome := range r.Executions {
		what := "would redrive"
		switch {
		case !r.DryRun && !outcome.Redriven && outcome.Reason == "":
			continue // an error came before
		case outcome.Redriven:
			redriven++
			what = "redriven"
		case outcome.Reason != "":
			what = "not redriven"
		}
		line := what + "  " + outcome.ExecutionArn
		if outcome.Status != "" {
			line += "  " + outcome.Status + " " + outcome.Error
		}
		if outcome.Reason != "" {
			line += "  " + outcome.Reason
		}
		if _, err := fmt.Fprintln(s.out, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.LeftOut)) {
		fmt.Fprintf(s.err, "%d with %s left out, which would fail again: 'docflow start --again' processes their documents\n", r.LeftOut[name], name)
	}
	if !r.DryRun {
		fmt.Fprintf(s.err, "%d of %d redriven\n", redriven, len(r.Executions))
	} else {
		fmt.Fprintf(s.err, "%d executions\n", len(r.Executions))
	}
	return nil
}
