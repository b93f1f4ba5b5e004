// Package local runs a flow on a laptop: the flow's real definition on the embedded engine, the real Lambda handlers in this
// process, and the real SDK clients against embedded S3 and Bedrock endpoints on loopback.
package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/dynamodb"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/embeddeds3"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/integration"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
	"github.com/docflow-asl/docflow/tasks/batch"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/index"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/quota"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/docflow-asl/docflow/tasks/text"
	"github.com/docflow-asl/docflow/tasks/trigger"
)

// The buckets of the embedded S3.
const (
	DocumentsBucket = "docflow-documents"
	ResultsBucket   = "docflow-results"
)

const (
	spendTable = "docflow-spend"
	indexTable = "docflow-index"
)

// topicArn is the topic that the pipeline tells of what failed.
const topicArn = "arn:aws:sns:us-east-1:123456789012:docflow-notifications"

// The functions' ARNs are made up, in the account that AWS's documentation uses for examples.
const functionArnPrefix = "arn:aws:lambda:us-east-1:123456789012:function:docflow-"

// Options say how a stack runs.
type Options struct {
	Model Model
	Log   *slog.Logger // of the Lambda handlers
	Text  text.Options // of the extraction: limits, cache, password
	// Chunks say how a text is cut.
	Chunks text.ChunkOptions
	// Caps are on what calls to models may cost, as deployed. Without any, nothing is kept.
	Caps spend.Caps
	// Cache lets answers that models gave before be used again.
	Cache bool
	// Analysis and Others are the quotas of the model of the analysis and of the others; with them calls begin at that rate, as deployed.
	Analysis, Others quota.Limit
	// Guardrail is the one, as ID:VERSION, that watches over every call. Empty: none.
	Guardrail string
	// CacheDir is a folder in which they are kept beyond the life of the stack. Empty: none.
	CacheDir string
	// quotas are those of batch inference; tests lower them.
	quotas batch.Quotas
}

// Stack is a running local stack. It may run many documents at once.
type Stack struct {
	objects  *embeddeds3.Server
	client   *s3.Client
	handlers engine.Handlers
	topics   *integration.Topics
	jobs     *integration.BatchJobs
	closers  []func() error
	clock    engine.Clock
	text     text.Options
	ledger   *spend.Ledger
	tables   *awsdynamodb.Client
	answers  *answerFiles // nil: not kept

	guardrail string
}

// Start starts the embedded endpoints.
func Start(ctx context.Context, o Options) (*Stack, error) {
	objects, err := embeddeds3.Start(ctx, DocumentsBucket, ResultsBucket)
	if err != nil {
		return nil, err
	}
	s := &Stack{objects: objects, client: objects.Client(), closers: []func() error{objects.Close}, text: o.Text, topics: &integration.Topics{}, guardrail: o.Guardrail}
	runtime, closeModel, err := o.Model.client(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.closers = append(s.closers, closeModel)
	if o.Model.remote() {
		s.clock = engine.RealClock
	}
	items, err := dynamodb.Listen(dynamodb.Schema{Name: spendTable, Key: dynamodb.Key{Hash: "id"}}, dynamodb.IndexSchema(indexTable))
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.closers = append(s.closers, items.Close)
	s.tables = awsdynamodb.New(awsdynamodb.Options{
		HTTPClient:   loopback.Client(nil),
		Region:       embeddeds3.Region,
		BaseEndpoint: aws.String(items.URL),
		Credentials:  credentials.NewStaticCredentialsProvider("docflow", "embedded", ""),
		Retryer:      aws.NopRetryer{}, // the state machine is the one that retries
	})
	prompts := &prompt.Handler{S3: s.client, Log: o.Log, Cache: o.Cache, Guardrail: o.Guardrail}
	if o.Caps != (spend.Caps{}) {
		s.ledger = &spend.Ledger{API: s.tables, Table: spendTable, Caps: o.Caps, Now: time.Now}
		prompts.Spend = s.ledger
	}
	if o.Analysis != (quota.Limit{}) || o.Others != (quota.Limit{}) {
		prompts.Gate = &quota.Gate{API: s.tables, Table: spendTable, Analysis: o.Analysis, Others: o.Others, Now: time.Now, Log: o.Log}
	}
	if o.CacheDir != "" {
		if s.answers, err = openAnswers(ctx, s.client, o.CacheDir, o.Model); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	listing := &index.Writer{API: s.tables, Table: indexTable}
	s.jobs = &integration.BatchJobs{Runtime: runtime, S3: s.client, MinRecords: o.quotas.MinRecords}
	functions := integration.Functions{
		functionArnPrefix + "extract": integration.NewFunction((&extract.Handler{S3: s.client, Log: o.Log, Text: o.Text, Chunks: o.Chunks}).Function()),
		functionArnPrefix + "prompt":  integration.NewFunction(prompts.Function()),
		functionArnPrefix + "batch":   integration.NewFunction((&batch.Handler{S3: s.client, Log: o.Log, Check: prompts, Quotas: o.quotas}).Function()),
		functionArnPrefix + "combine": integration.NewFunction((&combine.Handler{S3: s.client, Log: o.Log, Spend: s.ledger, Index: listing}).Function()),
	}
	s.handlers = engine.Handlers{
		integration.LambdaInvoke:       functions,
		integration.LambdaFunctions:    functions,
		integration.BedrockInvokeModel: &integration.Bedrock{Runtime: runtime, S3: s.client},
		integration.BedrockJobs:        s.jobs,
		integration.S3Actions:          &integration.S3{Client: s.client},
		integration.SNSPublish:         s.topics,
	}
	for _, pattern := range dynamodb.Patterns() {
		s.handlers[pattern] = items
	}
	return s, nil
}

// Close stops the endpoints. What they hold is gone.
func (s *Stack) Close() error {
	var errs []error
	for _, closer := range s.closers {
		errs = append(errs, closer())
	}
	return errors.Join(errs...)
}

// Substitutions are the values of the flows' `${Name}` holes on this stack.
func (s *Stack) Substitutions() (map[string]string, error) {
	models := map[string]string{}
	for name, id := range map[string]string{
		"AnalysisModelId":  bedrock.DefaultAnalysisModel,
		"SummaryModelId":   bedrock.DefaultSummaryModel,
		"SentimentModelId": bedrock.DefaultSummaryModel,
		"KeywordsModelId":  bedrock.DefaultSummaryModel,
	} {
		model, _, err := bedrock.Lookup(id)
		if err != nil {
			return nil, err
		}
		if models[name], err = bedrock.ProfileID(model, bedrock.DefaultGeography); err != nil {
			return nil, err
		}
	}
	models["ExtractTextFunctionArn"] = functionArnPrefix + "extract"
	models["PromptFunctionArn"] = functionArnPrefix + "prompt"
	models["CombineResultsFunctionArn"] = functionArnPrefix + "combine"
	models["BatchFunctionArn"] = functionArnPrefix + "batch"
	models["BatchRoleArn"] = "arn:aws:iam::123456789012:role/docflow-batch"
	models["ResultsBucket"] = ResultsBucket
	models["NotificationTopicArn"] = topicArn
	models["IndexTable"] = indexTable
	models["GuardrailIdentifier"], models["GuardrailVersion"] = "none", "DRAFT" // nothing asks for it
	if id, version, given := strings.Cut(s.guardrail, ":"); given {
		models["GuardrailIdentifier"], models["GuardrailVersion"] = id, version
	}
	return models, nil
}

// Document is one document to run a flow on.
type Document struct {
	Name string // becomes the object's key
	Data []byte
}

// Outcome is what became of a document.
type Outcome struct {
	Execution *engine.Execution
	// Report is what the pipeline wrote for the document: the result and the manifest. Nil when the flow writes none, or failed.
	Report json.RawMessage
	// Index is what the index says of the execution; nil: nothing, as after a flow that does not write to it.
	Index *index.Entry
}

// Execution is what an execution of a flow runs with on this stack. It has no name and no start yet.
func (s *Stack) Execution(flow *Flow) engine.Options {
	return engine.Options{StateMachineName: flow.Name, Tasks: s.handlers, Objects: integration.Objects{Client: s.client}, Clock: s.clock}
}

// S3URL is the endpoint of the embedded S3, which has DocumentsBucket and ResultsBucket.
func (s *Stack) S3URL() string { return s.objects.URL }

// Run runs a flow on a document, as if it had been uploaded: the object is put into the documents bucket and an execution is
// started for it. The error is one of docflow itself; that an execution failed is in the outcome.
func (s *Stack) Run(ctx context.Context, flow *Flow, doc Document, onEvent func(engine.Event)) (*Outcome, error) {
	input, identity, err := s.upload(ctx, flow, doc)
	if err != nil {
		return nil, err
	}
	options := s.Execution(flow)
	options.Name = trigger.Name(DocumentsBucket, doc.Name, identity, "local")
	options.StartTime, options.OnEvent = time.Now(), onEvent
	execution, err := flow.Program.Run(ctx, input, options)
	if err != nil {
		return nil, err
	}
	outcome := &Outcome{Execution: execution}
	if execution.Status == engine.Succeeded {
		if outcome.Report, err = s.report(ctx, execution.Output); err != nil {
			return nil, err
		}
	}
	if entry, found, err := (&index.Reader{API: s.tables, Table: indexTable}).Execution(ctx, execution.Name); err != nil {
		return nil, err
	} else if found {
		outcome.Index = &entry
	}
	return outcome, s.cleanUp(ctx, execution.Name, doc.Name)
}

// upload puts the document into S3 and makes the input of the flow: where the object is, or, for the article's second flow,
// the text itself.
func (s *Stack) upload(ctx context.Context, flow *Flow, doc Document) (input value.Value, identity string, err error) {
	put, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(DocumentsBucket), Key: &doc.Name, Body: bytes.NewReader(doc.Data),
	})
	if err != nil {
		return nil, "", fmt.Errorf("upload of %s: %w", doc.Name, err)
	}
	identity = trigger.Identity(aws.ToString(put.VersionId), "", aws.ToString(put.ETag))
	if flow.Name == "parallel-analysis" {
		extracted, err := text.Extract(ctx, doc.Data, doc.Name, s.text)
		if err != nil {
			return nil, "", err
		}
		content := extracted.Flat().Text()
		input, err = value.FromGo(map[string]string{"text": content, "fence": bedrock.Fence(content)})
		return input, identity, err
	}
	input, err = value.FromGo(trigger.InputOf(DocumentsBucket, doc.Name, aws.ToString(put.VersionId), aws.ToString(put.ETag)))
	return input, identity, err
}

// report reads the object that a result names.
func (s *Stack) report(ctx context.Context, output value.Value) (json.RawMessage, error) {
	var result combine.Result
	if err := value.ToGo(output, &result); err != nil || result.Result == nil {
		return nil, nil // an output of another shape is that of a flow that writes no report
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &result.Result.Bucket, Key: &result.Result.Key})
	if err != nil {
		return nil, fmt.Errorf("result s3://%s/%s: %w", result.Result.Bucket, result.Result.Key, err)
	}
	defer out.Body.Close() // only read
	var report json.RawMessage
	if err := json.NewDecoder(out.Body).Decode(&report); err != nil {
		return nil, fmt.Errorf("result s3://%s/%s: %w", result.Result.Bucket, result.Result.Key, err)
	}
	return report, nil
}

// cleanUp deletes everything that a document has left in the embedded S3 and the index: it is kept in memory, and a run may have
// thousands of documents.
func (s *Stack) cleanUp(ctx context.Context, execution, key string) error {
	if _, err := s.tables.DeleteItem(ctx, &awsdynamodb.DeleteItemInput{
		TableName: aws.String(indexTable), Key: map[string]types.AttributeValue{index.ID: &types.AttributeValueMemberS{Value: execution}},
	}); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	for bucket, ours := range map[string]func(string) bool{
		DocumentsBucket: func(k string) bool { return k == key },
		ResultsBucket:   func(k string) bool { return strings.Contains(k, execution) },
	} {
		keys, err := s.keys(ctx, bucket)
		if err != nil {
			return fmt.Errorf("clean up: %w", err)
		}
		for _, k := range keys {
			if bucket == ResultsBucket {
				if err := s.answers.keep(ctx, k); err != nil {
					return err
				}
			}
			if !ours(k) {
				continue
			}
			if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(k)}); err != nil {
				return fmt.Errorf("clean up: %w", err)
			}
		}
	}
	return nil
}

// keys lists the keys of a bucket.
func (s *Stack) keys(ctx context.Context, bucket string) ([]string, error) {
	var keys []string
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, object := range page.Contents {
			keys = append(keys, aws.ToString(object.Key))
		}
	}
	return keys, nil
}
