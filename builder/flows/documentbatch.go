package flows

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/tasks/batch"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

// DocumentBatchName is the name of the flow that DocumentBatch describes.
const DocumentBatchName = "document-batch"

// DocumentBatch does what DocumentPipeline does, for many documents and at half the price of the models: Amazon Bedrock answers
// batch inference jobs within a day. The documents are those below a prefix, or those that a file lists; the execution's name is
// that of the batch.
//
// It goes round by round: what is asked of all documents at once (their analyses; then summary, sentiment and keywords, before
// which the analyses of long documents are merged) is written into the files of jobs, which are created, waited for and read. After
// each step the batch function looks at what lies in S3 and says what is next. What is too little for a job, and answers that are
// asked for again, are called on demand, as DocumentPipeline does. In the end each document has the same result, or the same record
// of why it has none, as from there.
//
// A guardrail cannot watch over batch inference (CreateModelInvocationJob has no member for one), so that none watches over this
// flow's calls on demand either, and there is none of this flow in ProfileGuardrail.
func DocumentBatch(o Options) (*asl.Machine, error) {
	o.Guardrail = Guardrail{}
	p := &pipeline{options: o}
	output := builder.Object{"bucket": o.ResultsBucket, "prefix": builder.Format(claim.WorkPrefix+"{}", builder.ExecutionName)}
	models := builder.Object{"analysis": o.Analysis.ID, "summary": o.Summary.ID, "sentiment": o.Sentiment.ID, "keywords": o.Keywords.ID}
	b := &batching{pipeline: p, output: output, models: models}
	p.broken = b.batchFailure()

	in := builder.InputOf[batch.Source]()
	list := batchTask[batch.Planned](b, "ListDocuments", batch.List, output, builder.Object{"source": in.Ref("")}).ResultPath("$."+planMember).Assign(steps, 0)
	b.guardBatch(list)
	plan := b.plan("PlanNext", builder.Object{})
	planAgain := b.plan("PlanNextAgain", builder.Object{"again": true})
	b.guardStep(plan, planAgain, "PlanNext")
	finish := func(name string) *builder.TaskState {
		return batchTask[batch.Report](b, name, batch.Finish, output, builder.Object{})
	}
	finishBatch, finishAgain := finish("FinishBatch"), finish("FinishBatchAgain")
	b.guardStep(finishBatch, finishAgain, "FinishBatch")

	// A batch takes some 20 steps, and a few more for each redrive: it must not go round for ever.
	endless := builder.Chain(builder.Pass("TooManySteps").Assign(failedState, "WhatIsNext").Assign(failedError, tooManySteps).
		Assign(failedCause, builder.Format("the batch has taken {} steps", builder.Var(steps))), b.broken)
	next := builder.Choice("WhatIsNext").When(builder.Var(steps).GreaterThan(maxSteps), endless)
	for _, step := range []struct {
		action batch.Action
		state  *builder.MapState
	}{
		{batch.Extract, b.extract()},
		{batch.RunJobs, b.runJobs()},
		{batch.Invoke, b.invoke()},
		{batch.Prepare, b.prepare()},
		{batch.Combine, b.combine()},
		{batch.End, b.end()},
	} {
		next.When(planned("action").Equals(string(step.action)), step.state)
		builder.Chain(step.state, plan)
	}
	next.Otherwise(finishBatch)
	builder.Chain(plan, next)
	builder.Chain(planAgain, next)
	machine, err := builder.Machine{
		Comment: o.Comments[DocumentBatchName],
		Input:   in,
		Timeout: o.BatchTimeout,
		Start:   builder.Chain(list, next),
	}.Build()
	if err != nil {
		return nil, err
	}
	b.items(machine)
	nameDocuments(machine)
	return machine, nil
}

// steps is the variable that counts what was planned.
const (
	steps        = "steps"
	maxSteps     = 100
	tooManySteps = "BatchTooManySteps"
)

// planMember is where in the state's data lies what the batch function has planned last.
const planMember = "plan"

func planned(path string) builder.Ref { return builder.StateInput(planMember + ".Payload." + path) }

// batching holds what the states of DocumentBatch share.
type batching struct {
	*pipeline
	output, models builder.Object
}

// batchTask is a task of the batch function. output is that of the batch.
func batchTask[Res any](b *batching, name string, step batch.Step, output any, request builder.Object) *builder.TaskState {
	request["step"], request["output"], request["models"] = step, output, b.models
	return function[batch.Request, Res](b.options, name, b.options.BatchFunction, request, b.options.BatchFunctionTimeout, batch.Errors())
}

func (b *batching) plan(name string, request builder.Object) *builder.TaskState {
	request["cursor"] = planned("cursor")
	return batchTask[batch.Planned](b, name, batch.Plan, b.output, request).ResultPath("$."+planMember).
		Assign(steps, builder.Intrinsic("States.MathAdd", builder.Var(steps), 1))
}

// batchFailure records that a batch failed, and ends it.
func (b *batching) batchFailure() builder.Flow {
	end := b.pipeline.end("BatchFailed")
	notify := b.notify("NotifyBatchFailure", "FAILED", end)
	return builder.Chain(b.record("RecordBatchFailure", "FAILED", notify), notify, end)
}

func (b *batching) guardBatch(task *builder.TaskState) {
	if !b.options.Unguarded {
		task.Catch(caught(b.broken, "ListDocuments"))
	}
}

// guardStep guards a step of the whole batch: what is wrong is recorded and told, then the step is tried again as the state in
// which the execution fails, so that a redrive goes on there (guardWork says why).
func (b *batching) guardStep(task, again *builder.TaskState, name string) {
	if b.options.Unguarded {
		return
	}
	const status = "UNFINISHED"
	notify := b.notify("Notify"+name+"Unfinished", status, again)
	task.Catch(caught(builder.Chain(b.record("Record"+name+"Unfinished", status, notify), notify, again), name))
}

// each runs a flow for every item of the list that was planned, each in an execution of its own. One that fails, which none
// should, fails nothing else: what became of an item is read from S3 afterwards.
func each[T any](b *batching, name, label string, most, concurrency int) *builder.MapState {
	all := 100.0
	reader := asl.ItemReader{
		Resource:     "arn:aws:states:::s3:getObject",
		ReaderConfig: &asl.ReaderConfig{InputType: "JSON", MaxItems: asl.NumberOf(int64(most))},
	}
	m := builder.MapFrom[T](name, reader, builder.Object{"Bucket": b.options.ResultsBucket, "Key": builder.Format(claim.WorkPrefix+"{}", planned("key"))}, builder.Distributed{
		Label:                      label,
		ToleratedFailurePercentage: &all,
		ResultBucket:               b.options.ResultsBucket,
		ResultPrefix:               builder.Format(claim.WorkPrefix+"{}/maps/"+label, builder.ExecutionName),
	})
	if !b.options.Unguarded {
		m.Catch(caught(b.broken, name)) // items cannot be read, results not be written
	}
	return m.MaxConcurrency(concurrency).DiscardResult()
}

// poison is the variable that tells whether an error that was caught is one that no retry helps.
const poison = "poison"

// document guards the tasks of a document, in the iteration of a Map: what fails is written to its folder, and done follows.
func (b *batching) document(document *builder.MapState, name string, done builder.Flow) func(*builder.TaskState, string, ...string) {
	record := b.put(name, builder.Format(claim.WorkPrefix+"{}/fault.json", document.Item("name")), builder.Object{
		"state": builder.Var(failedState), "error": builder.Var(failedError), "cause": builder.Var(failedCause), "poison": builder.Var(poison),
	}, done)
	failed := builder.Chain(record, done)
	return func(task *builder.TaskState, state string, errors ...string) {
		if !b.options.Unguarded {
			task.Catch(caught(failed, state, errors...).Assign(poison, true), caught(failed, state).Assign(poison, false))
		}
	}
}

// extract extracts the text of each document, and writes the requests for its analyses.
func (b *batching) extract() *builder.MapState {
	m := each[batch.Document](b, "ExtractDocuments", "ExtractDocument", batch.MaxDocuments, b.options.BatchDocuments)
	done := builder.Succeed("DocumentExtracted").OutputPath(builder.Nothing())
	guard := b.document(m, "RecordExtractionFault", done)
	text := function[extract.Request, extract.Result](b.options, "ExtractText", b.options.ExtractFunction,
		builder.Object{"source": m.Item(""), "output": m.Item("output")}, b.options.ExtractTimeout, extract.Errors()).ResultPath("$.text")
	guard(text, "ExtractText", extract.Errors().Poison()...)
	analysis := function[prompt.Request, prompt.Result](b.options, "PrepareAnalysis", b.options.PromptFunction, builder.Object{
		"step": prompt.Analysis, "batch": true, "document": text.Result("document"), "manifest": text.Result("manifest"), "output": m.Item("output"), "models": b.models,
	}, b.options.FunctionTimeout, prompt.Errors()).DiscardResult()
	guard(analysis, "PrepareAnalysis", prompt.Errors().Poison()...)
	return m.Each(builder.Chain(text, analysis, done))
}

// prepare writes the requests for the synthesis of each document, or for merges before it.
func (b *batching) prepare() *builder.MapState {
	m := each[batch.Extracted](b, "PrepareDocuments", "PrepareDocument", batch.MaxDocuments, b.options.BatchDocuments)
	done := builder.Succeed("DocumentPrepared").OutputPath(builder.Nothing())
	guard := b.document(m, "RecordPreparationFault", done)
	synthesis := function[prompt.Request, prompt.Result](b.options, "PrepareSynthesis", b.options.PromptFunction, builder.Object{
		"step": prompt.Synthesis, "batch": true, "level": m.Item("level"), "document": m.Item("document"), "manifest": m.Item("manifest"), "output": m.Item("output"), "models": b.models,
	}, b.options.FunctionTimeout, prompt.Errors()).DiscardResult()
	guard(synthesis, "PrepareSynthesis", prompt.Errors().Poison()...)
	return m.Each(builder.Chain(synthesis, done))
}

// combine makes the result of each document.
func (b *batching) combine() *builder.MapState {
	m := each[batch.Extracted](b, "CombineDocuments", "CombineDocument", batch.MaxDocuments, b.options.BatchDocuments)
	done := builder.Succeed("DocumentCombined").OutputPath(builder.Nothing())
	guard := b.document(m, "RecordCombinationFault", done)
	result := function[combine.Request, combine.Result](b.options, "CombineResults", b.options.CombineFunction, builder.Object{
		"document": m.Item("document"), "manifest": m.Item("manifest"), "output": m.Item("output"), "models": b.models,
		"startTime": builder.ExecutionStartTime,
	}, b.options.FunctionTimeout, combine.Errors()).DiscardResult()
	// Only that there is nothing to combine is the document's fault.
	guard(result, "CombineResults", failure.NoUsableAnswer)
	return m.Each(builder.Chain(result, done))
}

// invoke makes the calls that are no matter for a job.
func (b *batching) invoke() *builder.MapState {
	m := each[batch.Call](b, "InvokeModels", "InvokeModel", batch.MaxDocuments*prompt.MaxItems, b.options.BatchCalls)
	return m.Each(b.call("AskModel", m.Item("model"), m.Item))
}

// end records why a document has no result, as DocumentPipeline does: one that no retry helps goes into quarantine.
func (b *batching) end() *builder.MapState {
	m := each[batch.Faulty](b, "EndDocuments", "EndDocument", batch.MaxDocuments, b.options.BatchDocuments)
	choice := builder.Choice("IsDocumentPoison").When(m.Item("poison").Equals(true), b.quarantine()).
		Otherwise(b.recordFailure(builder.Object{"step": prompt.SettleSpend, "output": m.Item("output"), "models": b.models}))
	fault := builder.Pass("WhatFailed").Assign(failedState, m.Item("state")).Assign(failedError, m.Item("error")).Assign(failedCause, m.Item("cause"))
	return m.Each(builder.Chain(fault, choice))
}

// nameDocuments puts the document's name in the place of the execution's in what ends a document: quarantine and recordFailure
// are about the execution of a document, and an execution of a Map has a name that tells nothing.
func nameDocuments(machine *asl.Machine) {
	names := strings.NewReplacer("$$.Execution.Name", "$$.Execution.Input.name", "$states.context.Execution.Name", "$states.context.Execution.Input.name")
	var renamed func(value.Value) value.Value
	renamed = func(v value.Value) value.Value {
		switch v := v.(type) {
		case value.String:
			return value.String(names.Replace(string(v)))
		case *value.Object:
			members := make([]value.Member, v.Len())
			for i, m := range v.Members() {
				members[i] = value.Member{Name: m.Name, Value: renamed(m.Value)}
			}
			return value.NewObject(members...)
		case *value.Array:
			items := make([]value.Value, v.Len())
			for i, item := range v.Items() {
				items[i] = renamed(item)
			}
			return value.NewArray(items...)
		}
		return v
	}
	for _, s := range machine.States {
		m, ok := s.(*asl.MapState)
		if !ok || m.Name != "EndDocuments" {
			continue
		}
		for _, inner := range m.IterationProcessor().States {
			task, ok := inner.(*asl.TaskState)
			if !ok {
				continue
			}
			for _, v := range []*value.Value{&task.Parameters, &task.Arguments} {
				if *v != nil {
					*v = renamed(*v)
				}
			}
		}
	}
}
