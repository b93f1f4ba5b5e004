package flows

import (
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

// DocumentPipelineName is the name of the flow that DocumentPipeline describes.
const DocumentPipelineName = "document-pipeline"

// DocumentPipeline is the flow to deploy. Text, requests and answers lie in S3, below work/<execution name>/, and the state
// carries where. A document is analyzed chunk by chunk; summary, sentiment and keywords are made of the whole, at the same
// time. What fails of that is left out of the result, which says so. A document that cannot be read ends in quarantine.
func DocumentPipeline(o Options) (*asl.Machine, error) {
	p := &pipeline{options: o}
	p.refused = p.record("Quarantine", "QUARANTINED", "DocumentQuarantined")
	p.broken = p.record("RecordFailure", "FAILED", "PipelineFailed")
	output := builder.Object{"bucket": o.ResultsBucket, "prefix": builder.Format(claim.WorkPrefix+"{}", builder.ExecutionName)}

	// Any of the forms that the function takes: the document's place, or an event of Amazon S3.
	in := builder.InputOf[any]()
	extractText := function[extract.Request, extract.Result](o, "ExtractText", o.ExtractFunction,
		builder.Object{"source": in.Ref(""), "output": output}, o.ExtractTimeout, extract.Errors())
	p.guard(extractText, "ExtractText", extract.Errors())
	document, manifest := extractText.Result("document"), extractText.Result("manifest")

	prepareAnalysis := function[prompt.Request, prompt.Result](o, "PrepareAnalysis", o.PromptFunction,
		builder.Object{"step": prompt.Analysis, "document": document, "manifest": manifest, "output": output},
		o.FunctionTimeout, prompt.Errors()).ResultPath("$.analysis")
	p.guard(prepareAnalysis, "PrepareAnalysis", prompt.Errors())

	analyzeChunks := p.analyzeChunks(prepareAnalysis.Result("analysis"))
	p.guardStates(analyzeChunks, "AnalyzeChunks")

	prepareSynthesis := function[prompt.Request, prompt.Result](o, "PrepareSynthesis", o.PromptFunction,
		builder.Object{"step": prompt.Synthesis, "document": document, "manifest": manifest, "output": output, "calls": analyzeChunks.Result("")},
		o.FunctionTimeout, prompt.Errors()).ResultPath("$.synthesis")
	p.guard(prepareSynthesis, "PrepareSynthesis", prompt.Errors())

	synthesize := builder.Parallel("Synthesize",
		p.branch("GenerateSummary", bedrock.StepSummary, o.Summary, prepareSynthesis),
		p.branch("SentimentAnalysis", bedrock.StepSentiment, o.Sentiment, prepareSynthesis),
		p.branch("KeywordExtraction", bedrock.StepKeywords, o.Keywords, prepareSynthesis),
	).ResultPath("$.synthesis")

	combineResults := function[combine.Request, combine.Result](o, "CombineResults", o.CombineFunction,
		builder.Object{
			"document": document, "manifest": manifest, "output": output,
			"calls": analyzeChunks.Result(""), "branches": synthesize.Result(""),
		},
		o.FunctionTimeout, combine.Errors())
	p.guard(combineResults, "CombineResults", combine.Errors())

	return builder.Machine{
		Comment: o.Comments[DocumentPipelineName],
		Input:   in,
		Timeout: o.Timeout,
		Start:   builder.Chain(extractText, prepareAnalysis, analyzeChunks, prepareSynthesis, synthesize, combineResults),
	}.Build()
}

// pipeline holds what the states of DocumentPipeline share.
type pipeline struct {
	options Options
	refused builder.Flow // for documents that no retry helps
	broken  builder.Flow // for everything else
}

// failedState is the variable that names the state whose error was caught.
const failedState = "failedState"

// record writes why an execution ends to quarantine/<execution name>.json, and ends it.
func (p *pipeline) record(name, status, errorName string) builder.Flow {
	end := builder.Fail(errorName, errorName, builder.Format("{} failed with {}: {}",
		builder.Var(failedState), builder.CaughtError("Error"), builder.CaughtError("Cause")))
	put := builder.SDKTask[putObject, any](name, "s3", "putObject", builder.Object{
		"Bucket":      p.options.ResultsBucket,
		"Key":         builder.Format(claim.QuarantinePrefix+"{}.json", builder.ExecutionName),
		"ContentType": claim.TypeJSON,
		"Body": builder.Object{
			"status":    status,
			"state":     builder.Var(failedState),
			"error":     builder.CaughtError("Error"),
			"cause":     builder.CaughtError("Cause"),
			"execution": builder.ExecutionID,
			"startTime": builder.ExecutionStartTime,
			"input":     builder.JSONPath("$$.Execution.Input"),
		},
	}).DiscardResult()
	if p.options.StorageTimeout > 0 {
		put.Timeout(p.options.StorageTimeout)
	}
	if !p.options.Unguarded {
		// The first error is the one to tell, also when its record cannot be written.
		put.Retry(builder.Retry("States.TaskFailed", "States.Timeout")).Catch(builder.Catch(end).DiscardError())
	}
	return builder.Chain(put, end)
}

// putObject is what the flow gives to aws-sdk:s3:putObject. A Body that is no string is sent as its JSON text.
type putObject struct {
	Bucket      string
	Key         string
	ContentType string
	Body        any
}

// guard lets errors that no retry helps lead to quarantine, and all others to a record of the failure.
func (p *pipeline) guard(task *builder.TaskState, name string, errors failure.Table) {
	if !p.options.Unguarded {
		task.Catch(
			builder.Catch(p.refused, errors.Poison()...).Assign(failedState, name),
			builder.Catch(p.broken).Assign(failedState, name),
		)
	}
}

// guardStates is guard for a state that declares no errors of its own.
func (p *pipeline) guardStates(m *builder.MapState, name string) {
	if !p.options.Unguarded {
		m.Catch(builder.Catch(p.broken).Assign(failedState, name))
	}
}

// analyzeChunks asks a model about every chunk. Its result, which takes the place of the calls in the state's data, says how
// each went: {index, status, error}. Causes are left out, since 500 of them would be more than the state can hold; the
// execution's history has them.
func (p *pipeline) analyzeChunks(calls builder.Ref) *builder.MapState {
	chunks := builder.Map("AnalyzeChunks", calls).MaxConcurrency(p.options.MaxConcurrency).ResultPath("$.analysis")
	analyze := guardModel(p.options, builder.InvokeModelS3("AnalyzeContent", p.options.Analysis.ID, chunks.Item("request"), chunks.Item("response"))).
		ResultSelector(builder.Object{"index": chunks.Index(), "status": prompt.Succeeded})
	if !p.options.Unguarded {
		analyze.Catch(builder.Catch(builder.Pass("ChunkFailed").Parameters(builder.Object{
			"index":  chunks.Item("index"),
			"status": prompt.Failed,
			"error":  builder.Object{"Error": builder.CaughtError("Error")},
		})))
	}
	return chunks.Each(analyze)
}

// branch asks a model about the whole document. Its output says how that went: {step, status, error}.
func (p *pipeline) branch(name string, step bedrock.Step, m Model, prepared *builder.TaskState) builder.Flow {
	call := guardModel(p.options, builder.InvokeModelS3(name, m.ID, prepared.Result(string(step)+".request"), prepared.Result(string(step)+".response"))).
		ResultSelector(builder.Object{"step": step, "status": prompt.Succeeded})
	if !p.options.Unguarded {
		call.Catch(builder.Catch(builder.Pass(name + "Failed").Parameters(builder.Object{
			"step":   step,
			"status": prompt.Failed,
			"error":  builder.Object{"Error": builder.CaughtError("Error"), "Cause": builder.CaughtError("Cause")},
		})))
	}
	return call
}
