package integration

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"golang.org/x/sync/errgroup"
)

// BedrockJobs is the pattern of the tasks of batch inference jobs, which are of the AWS SDK integration of Bedrock's control plane.
const BedrockJobs = "arn:aws:states:::aws-sdk:bedrock:*"

// BatchJobs stands for Amazon Bedrock's batch inference: it creates, tells of and stops jobs, whose records the runtime answers
// when their time has come on the execution's clock.
// https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html
type BatchJobs struct {
	Runtime *bedrockruntime.Client
	S3      *s3.Client
	// Takes is how long a job takes. Zero: an hour.
	Takes time.Duration
	// MinRecords is the least that a job takes. Zero: 100.
	MinRecords int
	// End, if it is given, says how the nth job (from 1) ends: its status, and how many of its records are answered before.
	// An empty status is Completed.
	End func(n, records int) (status string, answered int)
	// Record, if it is given, can give a record an error: its code, which is an HTTP status, or 0.
	Record func(recordID string, modelInput json.RawMessage) int

	mu   sync.Mutex
	jobs []*batchJob
}

// batchJob is a job.
type batchJob struct {
	parameters createJobParameters
	number     int // from 1
	arn        string
	submitted  time.Time
	stopped    bool

	mu      sync.Mutex
	status  string // when it has ended
	message string
	records int
}

type createJobParameters struct {
	JobName, ClientRequestToken, ModelId, RoleArn string //nolint:revive // AWS's names
	TimeoutDurationInHours                        int
	InputDataConfig                               struct {
		S3InputDataConfig struct{ S3Uri, S3InputFormat string }
	}
	OutputDataConfig struct {
		S3OutputDataConfig struct{ S3Uri string }
	}
}

// JobRecords tells of each job that was created how many records it was run with.
func (b *BatchJobs) JobRecords() []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]int, len(b.jobs))
	for i, j := range b.jobs {
		out[i] = j.records
	}
	return out
}

// Handle runs createModelInvocationJob, getModelInvocationJob and stopModelInvocationJob.
func (b *BatchJobs) Handle(ctx context.Context, call *engine.Call) (value.Value, error) {
	switch action := call.Resource[strings.LastIndexByte(call.Resource, ':')+1:]; action {
	case "createModelInvocationJob":
		return b.create(call)
	case "getModelInvocationJob":
		j, err := b.job(call)
		if err != nil {
			return nil, err
		}
		return b.get(ctx, j, call.Now)
	case "stopModelInvocationJob":
		j, err := b.job(call)
		if err != nil {
			return nil, err
		}
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.status != "" {
			return nil, &engine.TaskError{Name: "Bedrock.ConflictException", Cause: "the job has ended as " + j.status}
		}
		j.stopped = true
		return value.NewObject(), nil
	default:
		return nil, &engine.TaskError{
			Name:  "States.Runtime",
			Cause: fmt.Sprintf("docflow runs createModelInvocationJob, getModelInvocationJob and stopModelInvocationJob of aws-sdk:bedrock, not %s", action),
		}
	}
}

// jobName and token are the patterns of the API's reference.
var (
	jobName  = regexp.MustCompile(`^[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9+\-.]){0,63}$`)
	jobToken = regexp.MustCompile(`^[a-zA-Z0-9]{1,256}(-*[a-zA-Z0-9]){0,256}$`)
)

// create creates a job, or finds the one that was created with the same token.
func (b *BatchJobs) create(call *engine.Call) (value.Value, error) {
	var p createJobParameters
	if err := value.ToGo(call.Input, &p); err != nil {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: "createModelInvocationJob: " + err.Error()}
	}
	const maxName, leastHours, mostHours = 63, 24, 168
	invalid := ""
	switch {
	case len(p.JobName) > maxName || !jobName.MatchString(p.JobName):
		invalid = "jobName"
	case p.ClientRequestToken != "" && !jobToken.MatchString(p.ClientRequestToken):
		invalid = "clientRequestToken"
	case p.ModelId == "":
		invalid = "modelId"
	case !strings.HasPrefix(p.RoleArn, "arn:"):
		invalid = "roleArn"
	case p.TimeoutDurationInHours != 0 && (p.TimeoutDurationInHours < leastHours || p.TimeoutDurationInHours > mostHours):
		invalid = "timeoutDurationInHours"
	case !strings.HasPrefix(p.InputDataConfig.S3InputDataConfig.S3Uri, "s3://"):
		invalid = "inputDataConfig"
	case !strings.HasPrefix(p.OutputDataConfig.S3OutputDataConfig.S3Uri, "s3://"):
		invalid = "outputDataConfig"
	}
	if invalid != "" {
		return nil, &engine.TaskError{Name: "Bedrock.ValidationException", Cause: "1 validation error detected: " + invalid}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range b.jobs {
		if p.ClientRequestToken != "" && j.parameters.ClientRequestToken == p.ClientRequestToken {
			return value.NewObject(value.Member{Name: "JobArn", Value: value.String(j.arn)}), nil
		}
	}
	sum := sha256.Sum256(fmt.Append(nil, len(b.jobs), p.JobName))
	j := &batchJob{
		parameters: p, number: len(b.jobs) + 1, submitted: call.Now,
		arn: "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/" + hex.EncodeToString(sum[:6]),
	}
	b.jobs = append(b.jobs, j)
	return value.NewObject(value.Member{Name: "JobArn", Value: value.String(j.arn)}), nil
}

func (b *BatchJobs) job(call *engine.Call) (*batchJob, error) {
	var p struct{ JobIdentifier string }
	if err := value.ToGo(call.Input, &p); err != nil {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: "a task of a batch inference job takes a JobIdentifier: " + err.Error()}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range b.jobs {
		if j.arn == p.JobIdentifier || path.Base(j.arn) == p.JobIdentifier {
			return j, nil
		}
	}
	return nil, &engine.TaskError{Name: "Bedrock.ResourceNotFoundException", Cause: "there is no job " + p.JobIdentifier}
}

// get tells how a job does. One whose time has come is run now.
func (b *BatchJobs) get(ctx context.Context, j *batchJob, now time.Time) (value.Value, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	takes := b.Takes
	if takes == 0 {
		takes = time.Hour
	}
	status := j.status
	switch age := now.Sub(j.submitted); {
	case status != "":
	case j.stopped:
		j.status = "Stopped"
		status = j.status
	case age < takes/4:
		status = "Validating"
	case age < takes:
		status = "InProgress"
	default:
		if err := b.run(ctx, j); err != nil {
			return nil, serviceError("Bedrock", err)
		}
		status = j.status
	}
	members := []value.Member{
		{Name: "JobArn", Value: value.String(j.arn)},
		{Name: "JobName", Value: value.String(j.parameters.JobName)},
		{Name: "ModelId", Value: value.String(j.parameters.ModelId)},
		{Name: "RoleArn", Value: value.String(j.parameters.RoleArn)},
		{Name: "Status", Value: value.String(status)},
		{Name: "SubmitTime", Value: value.String(j.submitted.UTC().Format(time.RFC3339))},
	}
	if j.message != "" {
		members = append(members, value.Member{Name: "Message", Value: value.String(j.message)})
	}
	return value.NewObject(members...), nil
}

// batchRecord is a line of a job's input and of its output.
type batchRecord struct {
	RecordID    string          `json:"recordId"`
	ModelInput  json.RawMessage `json:"modelInput"`
	ModelOutput json.RawMessage `json:"modelOutput,omitempty"`
	Error       *batchError     `json:"error,omitempty"`
}

type batchError struct {
	ErrorCode    int    `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
}

// recordsAtOnce is how many records are answered at once.
const recordsAtOnce = 8

// run answers the records of a job and writes its output: a line for each record that was answered, in another order, and
// manifest.json.out.
func (b *BatchJobs) run(ctx context.Context, j *batchJob) error {
	records, err := b.input(ctx, j)
	if err != nil {
		j.status, j.message = "Failed", err.Error()
		return nil
	}
	least := b.MinRecords
	if least == 0 {
		least = 100
	}
	if len(records) < least {
		j.status, j.message = "Failed", fmt.Sprintf("batch job %s contains less records (%d) than the required minimum of %d", j.arn, len(records), least)
		return nil
	}
	status, answered := "Completed", len(records)
	if b.End != nil {
		var wanted string
		if wanted, answered = b.End(j.number, len(records)); wanted != "" {
			status = wanted
		}
	}
	records = records[:min(answered, len(records))]
	j.records = len(records)
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(recordsAtOnce)
	for i := range records {
		group.Go(func() error { return b.answer(groupContext, j, &records[i]) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if len(records) > 0 {
		if err := b.output(ctx, j, records); err != nil {
			return err
		}
	}
	j.status = status
	if status != "Completed" {
		j.message = "as the test asked for"
	}
	return nil
}

func (b *BatchJobs) input(ctx context.Context, j *batchJob) ([]batchRecord, error) {
	bucket, key, err := splitURI(j.parameters.InputDataConfig.S3InputDataConfig.S3Uri)
	if err != nil {
		return nil, err
	}
	out, err := b.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close() // nothing was written
	var records []batchRecord
	lines := bufio.NewReader(out.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if text := bytes.TrimSpace(line); len(text) > 0 {
			var r batchRecord
			if err := json.Unmarshal(text, &r); err != nil {
				return nil, fmt.Errorf("line %d is no record: %w", len(records)+1, err)
			}
			records = append(records, r)
		}
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (b *BatchJobs) answer(ctx context.Context, j *batchJob, r *batchRecord) error {
	if b.Record != nil {
		if code := b.Record(r.RecordID, r.ModelInput); code != 0 {
			r.Error = &batchError{code, "as the test asked for"}
			return nil
		}
	}
	out, err := b.Runtime.InvokeModel(ctx, &bedrockruntime.InvokeModelInput{
		ModelId: aws.String(j.parameters.ModelId), Body: r.ModelInput, ContentType: aws.String("application/json"), Accept: aws.String("application/json"),
	})
	if err == nil {
		r.ModelOutput = out.Body
		return nil
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	r.Error = &batchError{http.StatusInternalServerError, api.ErrorMessage()}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		r.Error.ErrorCode = response.HTTPStatusCode()
	}
	return nil
}

func (b *BatchJobs) output(ctx context.Context, j *batchJob, records []batchRecord) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	failed := 0
	for i := len(records) - 1; i >= 0; i-- { // the order is not guaranteed
		if err := encoder.Encode(records[i]); err != nil {
			return err
		}
		if records[i].Error != nil {
			failed++
		}
	}
	bucket, key, err := splitURI(j.parameters.OutputDataConfig.S3OutputDataConfig.S3Uri)
	if err != nil {
		return err
	}
	folder := strings.TrimSuffix(key, "/") + "/" + path.Base(j.arn) + "/"
	manifest := fmt.Sprintf(`{"totalRecordCount": %d, "processedRecordCount": %d, "successRecordCount": %d, "errorRecordCount": %d}`,
		len(records), len(records), len(records)-failed, failed)
	for name, body := range map[string][]byte{
		path.Base(j.parameters.InputDataConfig.S3InputDataConfig.S3Uri) + ".out": lines.Bytes(), "manifest.json.out": []byte(manifest),
	} {
		if _, err := b.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String(folder + name), Body: bytes.NewReader(body)}); err != nil {
			return err
		}
	}
	return nil
}
