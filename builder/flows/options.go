package flows

import (
	"time"

	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// Options are what the flows leave open. The zero value is of no use: start from DefaultOptions or ArticleOptions.
type Options struct {
	// Comments of the machines, by flow name.
	Comments map[string]string

	// Functions: their ARNs, or substitutions for them. With ByARN the ARN itself is a task's resource, else the functions are
	// called through lambda:invoke.
	ExtractFunction string
	PromptFunction  string
	CombineFunction string
	BatchFunction   string // of DocumentBatch
	ByARN           bool

	// Models: what is asked of them and which one is.
	Analysis, Summary, Sentiment, Keywords Model

	// ResultsBucket is the bucket, or a substitution for it, that the pipeline writes to.
	ResultsBucket string

	// Guardrail, if it has an ID, watches over those calls of the document pipeline for which the prompt function asks for it.
	Guardrail Guardrail

	// NotificationTopic is the ARN of the Amazon SNS topic, or a substitution for it, that is told of what fails.
	NotificationTopic string

	// IndexTable is the name of the DynamoDB table, or a substitution for it, that lists what became of documents (tasks/index).
	IndexTable string

	// Timeouts of one attempt, and of an execution, without the time for which it waits for its turn. 0 is none.
	ExtractTimeout  time.Duration
	FunctionTimeout time.Duration // of the other functions
	ModelTimeout    time.Duration
	StorageTimeout  time.Duration
	Timeout         time.Duration

	// Of DocumentBatch: the role with which Amazon Bedrock reads and writes the files of jobs, the hours that it gives a job (24 to
	// 168), how often it is asked how a job does, and bounds on what runs at the same time.
	BatchRole            string
	BatchHours           int
	BatchPoll            time.Duration
	BatchFunctionTimeout time.Duration // of the batch function
	BatchTimeout         time.Duration // of an execution
	BatchJobs            int           // 20 jobs of a model are what an account may have at a time
	BatchCalls           int           // calls on demand
	BatchDocuments       int           // whose text is extracted, whose requests are written or whose answers are joined

	// Unguarded leaves out retriers and catchers, and the states that catchers lead to.
	Unguarded bool
}

// Model is what a flow needs to know to ask a model something.
type Model struct {
	ID        string // a model id, an inference profile, or a substitution for one
	MaxTokens int    // of the answer
	// Prompt is the user's message in which {} is the text. Empty: the prompts of tasks/bedrock, with their fence.
	Prompt string
}

// Guardrail is one of Amazon Bedrock. What it withholds is a missing part of the result (bedrock.FilteredAnswer).
type Guardrail struct {
	ID      string // its id or ARN, or a substitution for one
	Version string // a number, or DRAFT, or a substitution for one
}

// The substitutions of the definitions.
const (
	SubExtractFunction  = "ExtractTextFunctionArn"
	SubPromptFunction   = "PromptFunctionArn"
	SubCombineFunction  = "CombineResultsFunctionArn"
	SubBatchFunction    = "BatchFunctionArn"
	SubBatchRole        = "BatchRoleArn"
	SubResultsBucket    = "ResultsBucket"
	SubAnalysisModel    = "AnalysisModelId"
	SubSummaryModel     = "SummaryModelId"
	SubSentimentModel   = "SentimentModelId"
	SubKeywordsModel    = "KeywordsModelId"
	SubTopic            = "NotificationTopicArn"
	SubIndexTable       = "IndexTable"
	SubGuardrail        = "GuardrailIdentifier" // of any form that is one, where there is no guardrail
	SubGuardrailVersion = "GuardrailVersion"
)

// DefaultOptions are those of the definitions in asl/definitions.
func DefaultOptions() Options {
	model := func(substitution string, step bedrock.Step) Model {
		return Model{ID: builder.Sub(substitution), MaxTokens: bedrock.DefaultMaxTokens(step)}
	}
	return Options{
		Comments: map[string]string{
			DocumentProcessingName: "Text of a document in S3, its analysis and its summary",
			ParallelAnalysisName:   "Sentiment and keywords of a text, found at the same time",
			DocumentPipelineName:   "Analysis, summary, sentiment and keywords of a document in S3, whatever its length; what is large lies in S3",
			DocumentBatchName:      "The same of many documents, by batch inference at half the price: within a day for each of one to four rounds",
		},
		ExtractFunction:   builder.Sub(SubExtractFunction),
		PromptFunction:    builder.Sub(SubPromptFunction),
		CombineFunction:   builder.Sub(SubCombineFunction),
		BatchFunction:     builder.Sub(SubBatchFunction),
		Analysis:          model(SubAnalysisModel, bedrock.StepAnalysis),
		Summary:           model(SubSummaryModel, bedrock.StepSummary),
		Sentiment:         model(SubSentimentModel, bedrock.StepSentiment),
		Keywords:          model(SubKeywordsModel, bedrock.StepKeywords),
		ResultsBucket:     builder.Sub(SubResultsBucket),
		NotificationTopic: builder.Sub(SubTopic),
		IndexTable:        builder.Sub(SubIndexTable),
		Guardrail:         Guardrail{ID: builder.Sub(SubGuardrail), Version: builder.Sub(SubGuardrailVersion)},
		ExtractTimeout:    15 * time.Minute, // as long as a Lambda function can run
		FunctionTimeout:   5 * time.Minute,
		ModelTimeout:      5 * time.Minute,
		StorageTimeout:    time.Minute,
		Timeout:           24 * time.Hour, // 2,000 chunks, 5 at a time: 3.6 minutes each, several times what a model takes for one

		BatchRole:            builder.Sub(SubBatchRole),
		BatchHours:           24,
		BatchPoll:            5 * time.Minute,
		BatchFunctionTimeout: 15 * time.Minute,    // as long as a Lambda function can run
		BatchTimeout:         14 * 24 * time.Hour, // four rounds with two jobs after each other, and the rest on demand
		BatchJobs:            10,
		BatchCalls:           5,
		BatchDocuments:       100,
	}
}

// ArticleOptions are those with which DocumentProcessing and ParallelAnalysis are what the article has.
func ArticleOptions() Options {
	const function = "arn:aws:lambda:REGION:ACCOUNT:function:"
	return Options{
		Comments:        map[string]string{DocumentProcessingName: "生成AIによるドキュメント処理"},
		ExtractFunction: function + "ExtractText",
		CombineFunction: function + "CombineResults",
		ByARN:           true,
		Analysis:        Model{ID: bedrock.ArticleAnalysisModel, MaxTokens: 2048, Prompt: "このドキュメントを分析してください: {}"},
		Summary:         Model{ID: bedrock.ArticleSummaryModel, MaxTokens: 512, Prompt: "要約してください: {}"},
		Sentiment:       Model{ID: bedrock.ArticleSummaryModel, MaxTokens: 100, Prompt: "感情分析: {}"},
		Keywords:        Model{ID: bedrock.ArticleSummaryModel, MaxTokens: 200, Prompt: "キーワード抽出: {}"},
		Unguarded:       true,
	}
}
