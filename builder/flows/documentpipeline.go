package flows

import (
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/quota"
)

// DocumentPipelineName is the name of the flow that DocumentPipeline describes.
const DocumentPipelineName = "document-pipeline"

// DocumentPipeline is the flow to deploy. Text, requests, answers and even the list of calls lie in S3, below work/<execution
// name>/; the state carries where, and stays below 32 KiB whatever the document. A document is analyzed chunk by chunk: few
// chunks in an inline Map, many in a distributed one. When the analyses are too long to be read at once they are merged, twice
// at most. Summary, sentiment and keywords are made of the whole, at the same time.
//
// Every answer is checked; one that cannot be used is asked for again, twice at most. What fails of all that is left out of the
// result, which says so. A document that cannot be read ends in quarantine.
func DocumentPipeline(o Options) (*asl.Machine, error) {
	p := &pipeline{options: o}
	p.refused = p.quarantine()
	output := builder.Object{"bucket": o.ResultsBucket, "prefix": builder.Format(claim.WorkPrefix+"{}", builder.ExecutionName)}
	// What the models cost is counted, and kept below a cap, by those who know which they are.
	models := builder.Object{"analysis": o.Analysis.ID, "summary": o.Summary.ID, "sentiment": o.Sentiment.ID, "keywords": o.Keywords.ID}
	p.broken = p.recordFailure(builder.Object{"step": prompt.SettleSpend, "output": output, "models": models})

	// Any of the forms that the function takes: the document's place, or an event of Amazon S3.
	in := builder.InputOf[any]()
	extractText := function[extract.Request, extract.Result](o, "ExtractText", o.ExtractFunction,
		builder.Object{"source": in.Ref(""), "output": output}, o.ExtractTimeout, extract.Errors())
	p.guard(extractText, "ExtractText", extract.Errors())
	document, manifest := extractText.Result("document"), extractText.Result("manifest")

	// prepare asks the prompt function for calls. What it said before is no longer needed, and makes room.
	prepare := func(name string, request builder.Object) *builder.TaskState {
		request["document"], request["manifest"], request["output"], request["models"] = document, manifest, output, models
		return function[prompt.Request, prompt.Result](o, name, o.PromptFunction, request, o.FunctionTimeout, prompt.Errors()).ResultPath("$." + callsMember)
	}
	// Where there is a backlog of calls the function says when to ask it again.
	prepareAnalysis := prepare("PrepareAnalysis", builder.Object{"step": prompt.Analysis})
	p.guard(prepareAnalysis, "PrepareAnalysis", prompt.Errors())
	prepareInTurn := prepare("PrepareAnalysisInTurn", builder.Object{"step": prompt.Analysis, "admitted": true})
	p.guard(prepareInTurn, "PrepareAnalysisInTurn", prompt.Errors())
	// synthesis prepares the synthesis at a level of merges, after which next chooses.
	synthesis := func(name string, level int, next builder.Flow) *builder.TaskState {
		request := func() builder.Object {
			r := builder.Object{"step": prompt.Synthesis}
			if level > 0 {
				r["level"] = level
			}
			return r
		}
		task, again := prepare(name, request()), prepare(name+"Again", request())
		p.guardWork(task, again, name, next, prompt.Errors().Poison()...)
		builder.Chain(task, next)
		return task
	}

	few := p.inlineCalls("AnalyzeChunks", "AnalyzeContent", prepared("items"))
	many := p.distributedCalls("AnalyzeManyChunks", "AnalyzeChunk", string(bedrock.StepAnalysis), prompt.MaxChunks)
	mergeAnalyses := p.distributedCalls("MergeAnalyses", "MergeGroup", "merge1", prompt.MaxMerges(1))
	mergeMerges := p.distributedCalls("MergeMerges", "MergeGroupOfMerges", "merge2", prompt.MaxMerges(prompt.MaxLevel))

	synthesize := builder.Parallel("Synthesize",
		p.branch("GenerateSummary", bedrock.StepSummary, o.Summary),
		p.branch("SentimentAnalysis", bedrock.StepSentiment, o.Sentiment),
		p.branch("KeywordExtraction", bedrock.StepKeywords, o.Keywords),
	).DiscardResult()

	combined := func(name string) *builder.TaskState {
		return function[combine.Request, combine.Result](o, name, o.CombineFunction,
			builder.Object{"document": document, "manifest": manifest, "output": output, "models": models, "startTime": builder.ExecutionStartTime}, o.FunctionTimeout, combine.Errors())
	}
	combineResults := combined("CombineResults")
	// Only that there is nothing to combine is the document's fault.
	p.guardWork(combineResults, combined("CombineResultsAgain"), "CombineResults", nil, failure.NoUsableAnswer)

	builder.Chain(synthesize, combineResults)
	builder.Chain(mergeMerges, synthesis("PrepareSynthesisOfAll", prompt.MaxLevel, synthesize))
	builder.Chain(mergeAnalyses, synthesis("PrepareSynthesisOfMerges", 1, choose("DoMergesFit", "summary", synthesize, mergeMerges)))
	prepareSynthesis := synthesis("PrepareSynthesis", 0, choose("DoAnalysesFit", "summary", synthesize, mergeAnalyses))
	builder.Chain(few, prepareSynthesis)
	builder.Chain(many, prepareSynthesis)
	machine, err := builder.Machine{
		Comment: o.Comments[DocumentPipelineName],
		Input:   in,
		Timeout: p.timeout(),
		Start: builder.Chain(extractText, prepareAnalysis, builder.Choice("AreChunksFew").
			When(prepared("items").IsPresent(), few).
			When(prepared("notBefore").IsPresent(), builder.Chain(
				builder.WaitUntilTimestamp("AwaitTurn", prepared("notBefore")), prepareInTurn, choose("AreChunksFewInTurn", "items", few, many),
			)).
			Otherwise(many)),
	}.Build()
	if err != nil {
		return nil, err
	}
	p.items(machine)
	return machine, nil
}

// timeout is that of an execution, which may wait for its turn before it works. Nothing hangs for so long where there is no backlog:
// every task has a time-out of its own. What would have to wait for longer is refused by the prompt function, and recorded, which
// an execution that runs out of time cannot do.
func (p *pipeline) timeout() time.Duration {
	if p.options.Timeout == 0 {
		return 0
	}
	return quota.MaxWait + p.options.Timeout
}

// callsMember is where in the state's data lies what the prompt function has prepared last.
const callsMember = "calls"

// prepared refers to a part of what the prompt function has prepared last, whichever state asked it.
func prepared(path string) builder.Ref {
	return builder.StateInput(callsMember + ".Payload." + path)
}

// choose goes on with then when the prompt function has given that member, else with otherwise.
func choose(name, member string, then, otherwise builder.Flow) *builder.ChoiceState {
	return builder.Choice(name).When(prepared(member).IsPresent(), then).Otherwise(otherwise)
}

// pipeline holds what the states of DocumentPipeline share.
type pipeline struct {
	options Options
	refused builder.Flow // for documents that no retry helps
	broken  builder.Flow // for everything else
}

// The variables that tell what was caught, and where. The error is in variables and not in the state's data, since its cause
// may be as long as a state may be.
const (
	failedState = "failedState"
	failedError = "failedError"
	failedCause = "failedCause"
)

// The same of a call to a model. They are of the iteration or branch that makes it.
const (
	modelError = "modelError"
	modelCause = "modelCause"
)

// caught is a catcher that keeps the error in the variables.
func caught(next builder.Flow, state string, errors ...string) *builder.Catcher {
	return builder.Catch(next, errors...).DiscardError().
		Assign(failedState, state).Assign(failedError, builder.CaughtError("Error")).Assign(failedCause, builder.CaughtError("Cause"))
}

// guard lets errors that no retry helps lead to quarantine, and all others to a record of the failure.
func (p *pipeline) guard(task *builder.TaskState, name string, errors failure.Table) {
	if !p.options.Unguarded {
		task.Catch(caught(p.refused, name, errors.Poison()...), caught(p.broken, name))
	}
}

// guardWork guards a step behind which work of models lies. Errors of the given names are the document's fault. After all
// others what is wrong is recorded and told, and then the step is tried again, as the state in which the execution fails, so that
// a redrive of it goes on there, with the work that lies in S3. An execution that ends in a Fail state would not: a redrive
// begins at the state that failed.
func (p *pipeline) guardWork(task, again *builder.TaskState, name string, next builder.Flow, poison ...string) {
	if p.options.Unguarded {
		return
	}
	// Each step has states of its own: with shared ones a step would, as far as the definition tells, come again and again, and
	// nothing could be said of what an execution costs at worst.
	const status = "UNFINISHED"
	notify := p.notify("Notify"+name+"Unfinished", status, again)
	list := p.index("Index"+name+"Unfinished", status, notify)
	unfinished := builder.Chain(p.record("Record"+name+"Unfinished", status, list), list, notify, again)
	if next != nil {
		unfinished.Then(next)
	}
	task.Catch(caught(p.refused, name, poison...), caught(unfinished, name))
}

// quarantine records a document that cannot be processed, tags it, tells of it and ends the execution.
func (p *pipeline) quarantine() builder.Flow {
	end := p.end("DocumentQuarantined")
	notify := p.notify("NotifyQuarantine", "QUARANTINED", end)
	// A document that is named in another way than {bucket, key}, as by an event of Amazon S3, has no tag.
	input := func(member string) builder.Ref { return builder.JSONPath("$$.Execution.Input." + member) }
	tag := func(name string, place builder.Object) *builder.TaskState {
		place["Bucket"], place["Key"] = input("bucket"), input("key")
		place["Tagging"] = builder.Object{"TagSet": []builder.Object{
			{"Key": "docflow-status", "Value": "quarantined"},
			{"Key": "docflow-reason", "Value": builder.Var(failedError)},
		}}
		return p.aside(builder.SDKTask[putObjectTagging, any](name, "s3", "putObjectTagging", place), notify)
	}
	version := tag("TagVersion", builder.Object{"VersionId": input("versionId")})
	object := tag("TagObject", builder.Object{})
	builder.Chain(version, notify)
	builder.Chain(object, notify)
	// Without a version a tag is for what lies at the key by then: S3 has no condition for it (API reference, PutObjectTagging).
	// At the key of one that was replaced lies another document, and at that of one that was deleted nothing, or by now another.
	gone := builder.Or(builder.Var(failedError).Equals(failure.DocumentReplaced), builder.Var(failedError).Equals(failure.DocumentNotFound))
	// Whoever starts an execution by hand may give anything; a call that cannot even be made would fail as States.Runtime, which
	// nobody catches.
	text := func(member string) builder.Condition {
		return builder.And(input(member).IsPresent(), input(member).IsString())
	}
	named := builder.And(text("bucket"), text("key"))
	choice := builder.Choice("IsDocumentNamed").
		When(gone, notify).
		When(builder.And(named, text("versionId")), version).
		When(named, object).
		Otherwise(notify)
	builder.Chain(notify, end)
	list := p.index("IndexQuarantine", "QUARANTINED", choice)
	return builder.Chain(p.record("Quarantine", "QUARANTINED", list), list, choice)
}

// recordFailure records what went wrong, tells of it, frees what was reserved for calls that were not made, and ends the
// execution. Where a document ends in quarantine the function does so that found the reason.
func (p *pipeline) recordFailure(settlement builder.Object) builder.Flow {
	end := p.end("PipelineFailed")
	settle := function[prompt.SettleRequest, prompt.Settled](p.options, "SettleSpend", p.options.PromptFunction, settlement, p.options.FunctionTimeout, prompt.Errors()).DiscardResult()
	if !p.options.Unguarded {
		settle.Catch(builder.Catch(end).DiscardError())
	}
	notify := p.notify("NotifyFailure", "FAILED", settle)
	list := p.index("IndexFailure", "FAILED", notify)
	return builder.Chain(p.record("RecordFailure", "FAILED", list), list, notify, settle, end)
}

func (p *pipeline) end(errorName string) *builder.FailState {
	return builder.Fail(errorName, errorName, builder.Format("{} failed with {}: {}",
		builder.Var(failedState), builder.Var(failedError), builder.Var(failedCause)))
}

// aside guards a task by the way: the first error is the one to tell, also when this one fails.
func (p *pipeline) aside(task *builder.TaskState, next builder.Flow) *builder.TaskState {
	task.DiscardResult()
	if p.options.StorageTimeout > 0 {
		task.Timeout(p.options.StorageTimeout)
	}
	if !p.options.Unguarded {
		task.Retry(builder.Retry("States.TaskFailed", "States.Timeout")).Catch(builder.Catch(next).DiscardError())
	}
	return task
}

// record writes why an execution ends to quarantine/<execution name>.json, and where the work lies that was done until then.
func (p *pipeline) record(name, status string, next builder.Flow) *builder.TaskState {
	return p.put(name, builder.Format(claim.QuarantinePrefix+"{}.json", builder.ExecutionName), builder.Object{
		"status":    status,
		"state":     builder.Var(failedState),
		"error":     builder.Var(failedError),
		"cause":     builder.Var(failedCause),
		"execution": builder.ExecutionID,
		"startTime": builder.ExecutionStartTime,
		"work":      builder.Format("s3://{}/"+claim.WorkPrefix+"{}/", p.options.ResultsBucket, builder.ExecutionName),
		"input":     builder.JSONPath("$$.Execution.Input"),
	}, next)
}

// put writes JSON to the results bucket. What follows does so also when it cannot be written.
func (p *pipeline) put(name string, key builder.Expr, body builder.Object, next builder.Flow) *builder.TaskState {
	return p.aside(builder.SDKTask[putObject, any](name, "s3", "putObject", builder.Object{
		"Bucket": p.options.ResultsBucket, "Key": key, "ContentType": claim.TypeJSON, "Body": body,
	}), next)
}

// notify tells a topic. The message has names and codes alone: nothing of what a document says, and no cause.
func (p *pipeline) notify(name, status string, next builder.Flow) *builder.TaskState {
	return p.aside(builder.Task[publish, any](name, snsPublish, builder.Object{
		"TopicArn": p.options.NotificationTopic,
		"Message": builder.Object{
			"status":    status,
			"state":     builder.Var(failedState),
			"error":     builder.Var(failedError),
			"execution": builder.ExecutionID,
			"record":    builder.Format("s3://{}/"+claim.QuarantinePrefix+"{}.json", p.options.ResultsBucket, builder.ExecutionName),
		},
	}), next)
}

const snsPublish = "arn:aws:states:::sns:publish"

// putObject is what the flow gives to aws-sdk:s3:putObject. A Body that is no string is sent as its JSON text.
type putObject struct {
	Bucket      string
	Key         string
	ContentType string
	Body        any
}

// putObjectTagging is what the flow gives to aws-sdk:s3:putObjectTagging. It replaces all tags of an object.
type putObjectTagging struct {
	Bucket    string
	Key       string
	VersionId string `json:",omitempty"` //nolint:revive // AWS's name
	Tagging   struct {
		TagSet []struct{ Key, Value string }
	}
}

// publish is what the flow gives to sns:publish.
type publish struct {
	TopicArn string
	Message  any
}

// inlineCalls makes the calls of a list that the state carries. The Map has no catcher: whatever fails in an iteration is caught
// there.
func (p *pipeline) inlineCalls(name, call string, items builder.Ref) *builder.MapState {
	return p.eachCall(builder.Map(name, items), call)
}

// distributedCalls makes the calls of a list that lies in S3, each in an execution of its own. One that fails, which none
// should, fails nothing else: what became of a call is read from S3 afterwards.
//
// The Map itself fails when its items cannot be read, or its results not be written. Then the execution ends in a Fail state, unlike
// behind the steps of guardWork: a redrive goes nowhere, and the document is started again. The same Map once more behind the record
// would need 57 states (there are 150), and pay twice: a new Map Run knows nothing of the children of the first, whose items were
// listed before there were answers. An execution that is started again asks PrepareAnalysis, which finds them in the cache
// (TestAfterAFailedMapNothingIsPaidTwice in cmd/docflow/internal/local).
func (p *pipeline) distributedCalls(name, call, folder string, most int) *builder.MapState {
	all := 100.0
	in := func(rest string) builder.Expr {
		return builder.Format(claim.WorkPrefix+"{}/"+folder+rest, builder.ExecutionName)
	}
	reader := asl.ItemReader{
		Resource:     "arn:aws:states:::s3:getObject",
		ReaderConfig: &asl.ReaderConfig{InputType: "JSON", MaxItems: asl.NumberOf(int64(most))},
	}
	calls := builder.MapFrom[prompt.Call](name, reader, builder.Object{"Bucket": p.options.ResultsBucket, "Key": in("/calls.json")}, builder.Distributed{
		Label:                      call,
		ToleratedFailurePercentage: &all,
		ResultBucket:               p.options.ResultsBucket,
		ResultPrefix:               in(""),
	})
	if !p.options.Unguarded {
		calls.Catch(caught(p.broken, name)) // items cannot be read, results not be written
	}
	return p.eachCall(calls, call)
}

func (p *pipeline) eachCall(calls *builder.MapState, call string) *builder.MapState {
	calls.MaxConcurrencyFrom(prepared("concurrency")).DiscardResult()
	return calls.Each(p.call(call, p.options.Analysis.ID, calls.Item))
}

// branch makes one call about the whole document.
func (p *pipeline) branch(name string, step bedrock.Step, m Model) builder.Flow {
	return p.call(name, m.ID, func(path string) builder.Ref { return prepared(string(step) + "." + path) })
}

// call asks a model and checks the answer; after one that cannot be used it asks again, twice at most. part refers to a member
// of the prompt.Call; model is an id or a reference to one. The output is empty: what became of the call lies in S3.
//
// What differs between deployments is not in the definition but in the data, where the prompt function has put it: whether the call
// has to wait for its turn, and whether a guardrail watches over it. The latter is a task of its own, since a member of Parameters
// cannot be left out, and that an empty GuardrailIdentifier is none is not documented. The Choice before a task chooses, so a call
// takes no more transitions than one of a definition that has only what it needs.
func (p *pipeline) call(name string, model any, part func(string) builder.Ref) builder.Flow {
	done := builder.Succeed(name + "Done").OutputPath(builder.Nothing())
	failed := builder.Chain(p.put(name+"Failed", builder.Format(claim.WorkPrefix+"{}", part("error")),
		builder.Object{"Error": builder.Var(modelError), "Cause": builder.Var(modelCause)}, done), done)
	// ask gives the task without and with the guardrail, if there is one, before next.
	ask := func(name string, request, response builder.Ref, next builder.Flow) asking {
		task := func(name string) *builder.TaskState {
			task := guardModel(p.options, builder.InvokeModelS3(name, model, request, response)).DiscardResult()
			if !p.options.Unguarded {
				task.Catch(builder.Catch(failed).DiscardError().
					Assign(modelError, builder.CaughtError("Error")).Assign(modelCause, builder.CaughtError("Cause")))
			}
			builder.Chain(task, next)
			return task
		}
		a := asking{plain: task(name)}
		if g := p.options.Guardrail; g.ID != "" {
			a.guarded = task(name+"Guarded").Guardrail(g.ID, g.Version)
		}
		return a
	}
	// A check that fails does no harm: who reads the answer checks it again.
	check := func(name string, request builder.Ref) *builder.TaskState {
		task := function[prompt.CheckRequest, prompt.Checked](p.options, name, p.options.PromptFunction,
			builder.Object{"step": prompt.Check, "request": request, "model": model}, p.options.FunctionTimeout, prompt.Errors()).ResultPath("$.check")
		if !p.options.Unguarded {
			task.Catch(builder.Catch(done).DiscardError())
		}
		return task
	}
	repairing := func(name string, checked *builder.TaskState, repair asking) builder.Flow {
		again := checked.Result("status").Equals(string(prompt.Repair))
		choice := builder.Choice(name)
		if repair.guarded != nil {
			choice.When(builder.And(again, checked.Result("guarded").IsPresent()), repair.guarded)
		}
		return choice.When(again, repair.plain).Otherwise(done)
	}
	checkFirst := check("Check"+name, part("request"))
	checkSecond := check("Check"+name+"Repair", checkFirst.Result("request"))
	third := ask("Repair"+name+"Again", checkSecond.Result("request"), checkSecond.Result("response"), done)
	second := ask("Repair"+name, checkFirst.Result("request"), checkFirst.Result("response"), checkSecond)
	first := ask(name, part("request"), part("response"), checkFirst)
	builder.Chain(checkSecond, repairing("Is"+name+"Repaired", checkSecond, third))
	builder.Chain(checkFirst, repairing("Is"+name+"Usable", checkFirst, second))

	// The answer to the same request of before lies where this one's would.
	begin := builder.Choice("Is"+name+"Cached").When(part("cached").IsPresent(), done)
	turn := func(name string, task builder.Flow) builder.Flow {
		return builder.Chain(builder.WaitUntilTimestamp(name+"Turn", part("notBefore")), task)
	}
	if first.guarded != nil {
		guarded := part("guarded").IsPresent()
		begin.When(builder.And(guarded, part("notBefore").IsPresent()), turn(name+"Guarded", first.guarded)).When(guarded, first.guarded)
	}
	return begin.When(part("notBefore").IsPresent(), turn(name, first.plain)).Otherwise(first.plain)
}

// asking is a call to a model, without and with the guardrail; without one there is no second task.
type asking struct{ plain, guarded *builder.TaskState }
