package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/docflow-asl/docflow/tasks/trigger"
	"github.com/spf13/cobra"
)

// defaultPipelineVersion is the default of template.yaml's parameter PipelineVersion.
const defaultPipelineVersion = "1"

type startOptions struct {
	stateMachine    string
	bucket          string
	prefix          string
	versionID       string
	pipelineVersion string
	again           bool
	requestID       string
	wait            bool
	poll            time.Duration
	output          string
	aws             awsOptions
}

func newStart(s *streams) *cobra.Command {
	o := &startOptions{}
	c := &cobra.Command{
		Use:   "start --state-machine ARN FILE|s3://BUCKET/KEY",
		Short: "Start an execution on AWS for a document",
		Long: `Start an execution of a deployed document-pipeline for one document.

A local file is uploaded to --bucket first. The execution's name is derived from bucket, key and version, as the S3
trigger derives it: starting twice for the same version of an object runs once.

With --again a new execution is started for a version that was processed before. Its name is derived from a request id as well,
which is printed: the same command with that --request-id starts nothing a second time, so a script can repeat it after an error.
To process everything again, deploy the stack with another PipelineVersion and replay the events.

With --wait the command stays until the
execution ends, prints its output, and exits with 1 unless it succeeded.`,
		Example: `  docflow start --state-machine arn:aws:states:us-east-1:111122223333:stateMachine:document-pipeline s3://documents/report.pdf
  docflow start --state-machine $ARN --bucket documents --wait report.pdf
  docflow start --state-machine $ARN --again s3://documents/report.pdf
  docflow start --state-machine $ARN --again --request-id ticket-4711 s3://documents/report.pdf`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(args[0]); err != nil {
				return err
			}
			return o.run(c.Context(), s, args[0])
		},
	}
	f := c.Flags()
	f.StringVar(&o.stateMachine, "state-machine", "", "ARN of the state machine (required)")
	f.StringVar(&o.bucket, "bucket", "", "bucket that a local file is uploaded to")
	f.StringVar(&o.prefix, "prefix", "", "key prefix of an uploaded file")
	f.StringVar(&o.versionID, "version-id", "", "version of the s3:// object; default: the current one")
	f.StringVar(&o.pipelineVersion, "pipeline-version", defaultPipelineVersion, "as the deployed trigger has it; part of the execution's name")
	f.BoolVar(&o.again, "again", false, "start a new execution also when that version was processed before")
	f.StringVar(&o.requestID, "request-id", "", "with --again: what the request is called; the same id starts one execution; default: random")
	f.BoolVar(&o.wait, "wait", false, "wait until the execution ends")
	f.DurationVar(&o.poll, "poll", 2*time.Second, "how often --wait asks")
	f.StringVar(&o.output, "output", "text", "text or json")
	o.aws.flags(f, "AWS region; default: the state machine's")
	return c
}

func (o *startOptions) check(document string) error {
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return err
	}
	if o.stateMachine == "" {
		return usagef("--state-machine is required: the ARN of the deployed state machine (an output of the stack)")
	}
	parsed, err := arn.Parse(o.stateMachine)
	if err != nil || parsed.Service != "states" || !strings.HasPrefix(parsed.Resource, "stateMachine:") {
		return usagef("--state-machine is %q; it takes an ARN such as arn:aws:states:us-east-1:111122223333:stateMachine:document-pipeline", o.stateMachine)
	}
	if o.aws.region == "" {
		o.aws.region = parsed.Region
	}
	if o.requestID != "" && !o.again {
		return usagef("--request-id is for --again only: without that, the object's version decides whether an execution is new")
	}
	if o.poll <= 0 {
		return usagef("--poll is %v; it takes a time above zero", o.poll)
	}
	if !strings.HasPrefix(document, "s3://") && o.bucket == "" {
		return usagef("%s is a local file: --bucket says where to upload it", document)
	}
	return nil
}

// startReport is what --output json prints.
type startReport struct {
	ExecutionArn   string `json:"executionArn"`
	AlreadyStarted bool   `json:"alreadyStarted,omitempty"`
	RequestID      string `json:"requestId,omitempty"` // with --again
	Bucket         string `json:"bucket"`
	Key            string `json:"key"`
	VersionID      string `json:"versionId,omitempty"`
	eTag           string
	identity       string          // what tells this content of the key from others
	Status         string          `json:"status,omitempty"`
	Output         json.RawMessage `json:"output,omitempty"`
	Error          string          `json:"error,omitempty"`
	Cause          string          `json:"cause,omitempty"`
}

func (o *startOptions) run(ctx context.Context, s *streams, document string) error {
	cfg, err := o.aws.load(ctx)
	if err != nil {
		return err
	}
	r := &startReport{VersionID: o.versionID}
	objects := s3.NewFromConfig(cfg, func(so *s3.Options) { so.UsePathStyle = o.aws.endpointURL != "" })
	if err := o.locate(ctx, s, objects, document, r); err != nil {
		return err
	}
	states := sfn.NewFromConfig(cfg)
	if err := o.startExecution(ctx, states, r); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%s execution %s\n", map[bool]string{false: "started", true: "already started:"}[r.AlreadyStarted], r.ExecutionArn)
	if o.again {
		fmt.Fprintf(s.err, "request id %s\n", r.RequestID)
	}
	if o.wait {
		if err := o.waitFor(ctx, states, r); err != nil {
			return err
		}
	}
	if o.output == "json" {
		err = writeJSON(s.out, r)
	} else {
		err = r.print(s)
	}
	if err == nil && o.wait && r.Status != string(types.ExecutionStatusSucceeded) {
		return errFailed
	}
	return err
}

// locate finds the object of an s3:// document, or uploads a local file; it fills in bucket, key and version.
func (o *startOptions) locate(ctx context.Context, s *streams, client *s3.Client, document string, r *startReport) error {
	if rest, ok := strings.CutPrefix(document, "s3://"); ok {
		r.Bucket, r.Key, _ = strings.Cut(rest, "/")
		if r.Bucket == "" || r.Key == "" {
			return usagef("%q is not an S3 URI such as s3://bucket/key", document)
		}
		head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &r.Bucket, Key: &r.Key, VersionId: optional(o.versionID)})
		if err != nil {
			return fmt.Errorf("%s: %w", document, err)
		}
		r.VersionID, r.eTag = aws.ToString(head.VersionId), aws.ToString(head.ETag)
		r.identity = trigger.Identity(r.VersionID, "", r.eTag)
		return nil
	}
	f, err := os.Open(document)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	r.Bucket, r.Key = o.bucket, path.Join(o.prefix, filepath.Base(document))
	put, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &r.Bucket, Key: &r.Key, Body: f})
	if err != nil {
		return fmt.Errorf("upload of %s to s3://%s/%s: %w", document, r.Bucket, r.Key, err)
	}
	r.VersionID, r.eTag = aws.ToString(put.VersionId), aws.ToString(put.ETag)
	r.identity = trigger.Identity(r.VersionID, "", r.eTag)
	fmt.Fprintf(s.err, "uploaded %s to s3://%s/%s\n", document, r.Bucket, r.Key)
	return nil
}

func (o *startOptions) startExecution(ctx context.Context, client *sfn.Client, r *startReport) error {
	input, err := json.Marshal(trigger.InputOf(r.Bucket, r.Key, r.VersionID, r.eTag))
	if err != nil {
		return err
	}
	identity := r.identity
	if o.again {
		r.RequestID = cmp.Or(o.requestID, rand.Text())
		identity = trigger.Again(identity, r.RequestID)
	}
	name := trigger.Name(r.Bucket, r.Key, identity, o.pipelineVersion)
	started, err := client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &o.stateMachine, Name: &name, Input: aws.String(string(input)),
	})
	var exists *types.ExecutionAlreadyExists
	switch {
	case errors.As(err, &exists):
		r.AlreadyStarted = true
		r.ExecutionArn = strings.Replace(o.stateMachine, ":stateMachine:", ":execution:", 1) + ":" + name
	case err != nil && o.again:
		return fmt.Errorf("StartExecution of %s: %w; to try the same request again give --request-id %s", o.stateMachine, err, r.RequestID)
	case err != nil:
		return fmt.Errorf("StartExecution of %s: %w", o.stateMachine, err)
	default:
		r.ExecutionArn = aws.ToString(started.ExecutionArn)
	}
	return nil
}

func (o *startOptions) waitFor(ctx context.Context, client *sfn.Client, r *startReport) error {
	ticker := time.NewTicker(o.poll)
	defer ticker.Stop()
	for {
		d, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &r.ExecutionArn})
		switch {
		case ctx.Err() != nil:
			return stoppedWatching(ctx)
		case err != nil:
			return fmt.Errorf("DescribeExecution of %s: %w", r.ExecutionArn, err)
		}
		r.Status = string(d.Status)
		if d.Status != types.ExecutionStatusRunning && d.Status != types.ExecutionStatusPendingRedrive {
			r.Output, r.Error, r.Cause = json.RawMessage(aws.ToString(d.Output)), aws.ToString(d.Error), aws.ToString(d.Cause)
			return nil
		}
		select {
		case <-ctx.Done():
			return stoppedWatching(ctx)
		case <-ticker.C:
		}
	}
}

func (r *startReport) print(s *streams) error {
	if r.Status == "" {
		_, err := fmt.Fprintln(s.out, r.ExecutionArn)
		return err
	}
	fmt.Fprintf(s.err, "%s\n", r.Status)
	if r.Error != "" || r.Cause != "" {
		fmt.Fprintf(s.err, "%s: %s\n", r.Error, r.Cause)
	}
	if len(r.Output) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(s.out, string(r.Output))
	return err
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
