package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/spend"
	"golang.org/x/sync/errgroup"
)

// plan says what to do next. It begins with what the cursor says has been done.
func (h *Handler) plan(ctx context.Context, request Request) (Planned, error) {
	cursor := request.Cursor
	if cursor.Round < 0 || cursor.Round > 1+prompt.MaxLevel+1 || cursor.Pass < 0 {
		return Planned{}, failure.New(failure.InvalidRequest, "the cursor is round %d, pass %d; it should be the one that the step before returned", cursor.Round, cursor.Pass)
	}
	switch cursor.Stage {
	case Prepared, Calls, Invoked:
	case Combined:
		return h.ended(ctx, request)
	case Ended:
		return Planned{Action: Done, Cursor: cursor}, nil
	default:
		return Planned{}, failure.New(failure.InvalidRequest, "the cursor's stage is %q; it should be the one that the step before returned", cursor.Stage)
	}
	documents, err := h.documents(ctx, request.Output, cursor.Round)
	if err != nil {
		return Planned{}, err
	}
	found, err := h.surveys(ctx, documents)
	if err != nil {
		return Planned{}, err
	}
	p := planning{Handler: h, request: request, documents: documents, found: found}
	if cursor.Stage == Prepared {
		planned, ok, err := p.faults(ctx)
		if err != nil || ok {
			return planned, err
		}
	}
	if cursor.Stage != Invoked {
		planned, ok, err := p.calls(ctx)
		if err != nil || ok {
			return planned, err
		}
	}
	return p.nextRound(ctx)
}

// planning is one call of the step Plan.
type planning struct {
	*Handler
	request   Request
	documents []Document
	found     []survey
}

// documents reads the list of the documents of a round.
func (h *Handler) documents(ctx context.Context, output claim.Output, round int) ([]Document, error) {
	var documents []Document
	return documents, h.read(ctx, documentsOf(output, round), &documents)
}

// askedIn tells whether the requests of a round were written for a document.
func askedIn(round int, s survey) bool {
	if round == 0 {
		return s.asked(string(bedrock.StepAnalysis))
	}
	return s.asked(string(bedrock.StepSummary)) || s.asked(fmt.Sprintf("%s%d", bedrock.StepMerge, round))
}

// faults lets the documents end of which the preparation failed. One of which nothing is there, not even why, is told so:
// none is lost without a word.
func (p *planning) faults(ctx context.Context) (Planned, bool, error) {
	var faulty []Document
	for i, s := range p.found {
		if !s.faulty && !askedIn(p.request.Cursor.Round, s) {
			fault := Fault{State: "PrepareDocument", Error: NotPrepared, Cause: "nothing says why its requests are not there"}
			if err := claim.PutJSON(ctx, p.S3, faultOf(p.documents[i].Output), fault); err != nil {
				return Planned{}, false, claim.Failure(err, failure.InvalidRequest)
			}
			p.found[i].faulty = true
		}
		if p.found[i].faulty {
			faulty = append(faulty, p.documents[i])
		}
	}
	if len(faulty) == 0 {
		return Planned{}, false, nil
	}
	next := Cursor{Stage: Calls, Round: p.request.Cursor.Round}
	planned, err := p.end(ctx, p.request.Output, fmt.Sprintf("round-%d", next.Round), next, faulty)
	return planned, true, err
}

// NotPrepared is the error of a document of which nothing is known.
const NotPrepared = "NotPrepared"

// end lists documents with their faults.
func (h *Handler) end(ctx context.Context, output claim.Output, folder string, next Cursor, documents []Document) (Planned, error) {
	items := make([]Faulty, len(documents))
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i, d := range documents {
		group.Go(function.Guarded(func() error {
			items[i].Document = d
			if err := h.read(groupContext, faultOf(d.Output), &items[i].Fault); err != nil {
				return err
			}
			items[i].Cause = clip(items[i].Cause, maxCause)
			return nil
		}))
	}
	if err := group.Wait(); err != nil {
		return Planned{}, err
	}
	return h.planned(ctx, End, next, object(output, "%s/faulty.json", folder), items, len(items))
}

// calls plans jobs for what is to be asked, and after the last pass calls on demand for the rest. It is false when nothing
// is left to be asked.
func (p *planning) calls(ctx context.Context) (Planned, bool, error) {
	cursor := p.request.Cursor
	byModel, repairs := map[string][]pending{}, []pending(nil)
	for _, s := range p.found {
		for _, call := range s.pending {
			switch {
			case s.faulty:
			case call.attempt > 0:
				repairs = append(repairs, call)
			default:
				model := p.request.Models.Of(stepOf(call.folder))
				byModel[model] = append(byModel[model], call)
			}
		}
	}
	models := make([]string, 0, len(byModel))
	for model := range byModel {
		models = append(models, model)
	}
	slices.Sort(models)
	passes, last := MaxPasses, Outcome{}
	if cursor.Pass > 0 {
		before, err := p.judge(ctx, len(models) > 0)
		if err != nil {
			return Planned{}, false, err
		}
		if before.unfinished != nil {
			where := p.inPass(cursor.Pass-1, "jobs-again.json")
			planned, err := p.planned(ctx, RunJobs, cursor, where, before.unfinished, len(before.unfinished))
			return planned, true, err
		}
		last = before.last
		if before.redriven {
			passes = cursor.Pass + 1
		}
	}
	var jobs []Job
	onDemand := repairs
	for _, model := range models {
		calls := byModel[model]
		switch {
		case len(calls) < p.quotas().MinRecords:
			onDemand = append(onDemand, calls...)
		case cursor.Pass < passes:
			for _, part := range split(calls, p.quotas()) {
				job, err := p.job(ctx, len(jobs), model, part)
				if err != nil {
					return Planned{}, false, err
				}
				jobs = append(jobs, job)
			}
		default:
			if err := p.unanswered(ctx, calls, last); err != nil {
				return Planned{}, false, err
			}
		}
	}
	if len(jobs) > 0 {
		next := Cursor{Stage: Calls, Round: cursor.Round, Pass: cursor.Pass + 1}
		planned, err := p.planned(ctx, RunJobs, next, p.inPass(cursor.Pass, "jobs.json"), jobs, len(jobs))
		return planned, true, err
	}
	if len(onDemand) == 0 {
		return Planned{}, false, nil
	}
	items := make([]Call, len(onDemand))
	for i, call := range onDemand {
		items[i] = Call{Call: p.call(call), Model: p.request.Models.Of(stepOf(call.folder))}
	}
	planned, err := p.planned(ctx, Invoke, Cursor{Stage: Invoked, Round: cursor.Round}, object(p.request.Output, "round-%d/calls.json", cursor.Round), items, len(items))
	return planned, true, err
}

func (p *planning) inPass(pass int, name string) claim.Object {
	return object(p.request.Output, "round-%d/pass-%d/%s", p.request.Cursor.Round, pass, name)
}

// call is how package prompt names the call.
func (p *planning) call(c pending) prompt.Call {
	output := p.documents[c.document].Output
	return prompt.Call{
		Index:    c.index,
		Request:  output.Request(c.folder, c.index, c.attempt).URI(),
		Response: output.Response(c.folder, c.index, c.attempt).URI(),
		Error:    strings.TrimPrefix(output.Fault(c.folder, c.index).Key, claim.WorkPrefix),
	}
}

// job writes the list of the calls of a job.
func (p *planning) job(ctx context.Context, number int, model string, calls []pending) (Job, error) {
	cursor := p.request.Cursor
	folder := fmt.Sprintf("job-%03d", number)
	list := make([]prompt.Call, len(calls))
	for i, c := range calls {
		list[i] = p.call(c)
	}
	where := p.inPass(cursor.Pass, folder+"/calls.json")
	planned, err := p.planned(ctx, RunJobs, Cursor{}, where, list, len(list))
	if err != nil {
		return Job{}, err
	}
	// Names of jobs have letters, digits and hyphens, 63 at most, and tell nothing: that of the batch is hashed.
	const digits = 32
	sum := claim.SHA256([]byte(p.request.Output.Bucket + "/" + p.request.Output.Prefix))[:digits]
	return Job{
		Name:    fmt.Sprintf("docflow-%s-%d-%d-%d", sum, cursor.Round, cursor.Pass, number),
		Batch:   p.request.Output,
		Model:   model,
		Calls:   planned.Items.Key,
		Input:   p.inPass(cursor.Pass, folder+"/input.jsonl").URI(),
		Output:  p.inPass(cursor.Pass, folder+"/output/").URI(),
		Records: len(list),
		Outcome: strings.TrimPrefix(p.inPass(cursor.Pass, folder+"/outcome.json").Key, claim.WorkPrefix),
	}, nil
}

// split parts calls so that each part is within the quotas of a job. Where there is more than one part, each has its share
// of the records: none is below the least that a job takes.
func split(calls []pending, quotas Quotas) [][]pending {
	// What stands around a request in its line.
	const around = 64
	var parts [][]pending
	for n := (len(calls) + quotas.MaxRecords - 1) / quotas.MaxRecords; ; n++ {
		parts = parts[:0]
		fits := true
		for i := range n {
			part := calls[i*len(calls)/n : (i+1)*len(calls)/n]
			size := int64(0)
			for _, c := range part {
				size += c.bytes + around
			}
			fits = fits && size <= quotas.MaxBytes
			parts = append(parts, part)
		}
		// A part that is still too large and could not be less is Bedrock's to refuse.
		if fits || len(calls)/(n+1) < quotas.MinRecords {
			return parts
		}
	}
}

// verdict is what became of the jobs of a pass.
type verdict struct {
	unfinished []Job   // that the state machine did not see end
	last       Outcome // of a job that left calls unanswered
	redriven   bool    // somebody wants more jobs to be tried
}

// judge reads how the jobs of the last pass ended. Jobs that Bedrock could not run are tried once more, as others. When they
// fail again, or when somebody stopped one, or when the state machine could not wait for the end, the step fails: its cause
// is none of the documents'. When it fails once more at once (Again) the execution ends in it, and a redrive goes on.
func (p *planning) judge(ctx context.Context, left bool) (verdict, error) {
	cursor := p.request.Cursor
	var v verdict
	var jobs []Job
	if err := p.read(ctx, p.inPass(cursor.Pass-1, "jobs.json"), &jobs); err != nil {
		return v, err
	}
	var fault error
	blame := func(name, format string, args ...any) {
		if fault == nil {
			fault = failure.New(name, format, args...)
		}
	}
	for _, job := range jobs {
		var outcome Outcome
		err := claim.GetJSON(ctx, p.S3, claim.Object{Bucket: p.request.Output.Bucket, Key: claim.WorkPrefix + job.Outcome}, maxCause*16, &outcome)
		var storage *claim.StorageError
		missing := errors.As(err, &storage) && storage.Kind == claim.NotFound
		if err != nil && !missing {
			return v, claim.Failure(err, failure.ManifestNotFound)
		}
		switch {
		case missing:
			v.unfinished = append(v.unfinished, job)
			blame(failure.BatchUnfinished, "nothing says how the job %s ended", job.Name)
		case outcome.Error != "":
			v.unfinished = append(v.unfinished, job)
			blame(failure.BatchUnfinished, "the job %s: %s: %s", job.Name, outcome.Error, clip(outcome.Cause, maxCause/4))
		case outcome.Status == Stopped && left:
			blame(failure.BatchJobStopped, "the job %s was stopped (%s)", job.Name, outcome.JobArn)
		case outcome.Status == Failed && left && cursor.Pass >= MaxPasses:
			blame(failure.BatchJobFailed, "the job %s failed, and so did one before it: %s (%s)", job.Name, clip(outcome.Message, maxCause/4), outcome.JobArn)
		}
		if outcome.Status != Completed {
			v.last = outcome
		}
	}
	if fault == nil {
		return v, nil
	}
	ok, err := p.told(ctx, fault)
	v.redriven = ok
	return v, err
}

// told returns the fault, or true when a redrive comes after an execution that ended with it.
func (p *planning) told(ctx context.Context, fault error) (bool, error) {
	if !p.request.Again {
		return false, fault
	}
	where := p.inPass(p.request.Cursor.Pass-1, "told.json")
	var mark struct {
		Told bool `json:"told"`
	}
	err := claim.GetJSON(ctx, p.S3, where, maxCause, &mark)
	var storage *claim.StorageError
	if err != nil && !(errors.As(err, &storage) && storage.Kind == claim.NotFound) {
		return false, claim.Failure(err, failure.ManifestNotFound)
	}
	again := mark.Told
	mark.Told = !again
	if err := claim.PutJSON(ctx, p.S3, where, mark); err != nil {
		return false, claim.Failure(err, failure.InvalidRequest)
	}
	if again {
		return true, nil
	}
	return false, fault
}

// NotAnswered is the error of a call that was in jobs and has no answer.
const NotAnswered = "BatchNotAnswered"

// unanswered records of calls that jobs did not answer them.
func (p *planning) unanswered(ctx context.Context, calls []pending, last Outcome) error {
	record := answer.Record{Error: NotAnswered, Cause: fmt.Sprintf("%d batch inference jobs did not answer", MaxPasses)}
	if last.Status != "" {
		record.Cause += fmt.Sprintf("; the last one ended as %s %s", last.Status, clip(last.Message, maxCause/8))
	}
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, c := range calls {
		group.Go(function.Guarded(func() error {
			where := p.documents[c.document].Output.Fault(c.folder, c.index)
			return claim.Failure(claim.PutJSON(groupContext, p.S3, where, record), failure.InvalidRequest)
		}))
	}
	return group.Wait()
}

// nextRound prepares what follows from the answers: the synthesis of those documents that have none yet, or the results.
func (p *planning) nextRound(ctx context.Context) (Planned, error) {
	round := p.request.Cursor.Round
	var next []Extracted
	if round == 0 {
		var err error
		if next, err = p.extracted(ctx); err != nil {
			return Planned{}, err
		}
	} else {
		var listed []Extracted
		if err := p.read(ctx, documentsOf(p.request.Output, round), &listed); err != nil {
			return Planned{}, err
		}
		for i, d := range listed {
			if !p.found[i].faulty && !p.found[i].asked(string(bedrock.StepSummary)) {
				d.Level = round
				next = append(next, d)
			}
		}
	}
	if len(next) > 0 {
		return p.planned(ctx, Prepare, Cursor{Stage: Prepared, Round: round + 1}, documentsOf(p.request.Output, round+1), next, len(next))
	}
	// Those that had analyses are the documents of the round after the first.
	var all []Extracted
	if round > 0 {
		if err := p.read(ctx, documentsOf(p.request.Output, 1), &all); err != nil {
			return Planned{}, err
		}
	}
	done := Cursor{Stage: Combined, Round: round}
	combine, err := p.sound(ctx, all)
	if err != nil {
		return Planned{}, err
	}
	if len(combine) == 0 {
		return Planned{Action: Done, Cursor: Cursor{Stage: Ended, Round: round}}, nil
	}
	return p.planned(ctx, Combine, done, object(p.request.Output, "combine/documents.json"), combine, len(combine))
}

// extracted reads what is known of the documents whose text was extracted.
func (p *planning) extracted(ctx context.Context) ([]Extracted, error) {
	out := make([]Extracted, len(p.documents))
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i, d := range p.documents {
		if p.found[i].faulty {
			continue
		}
		group.Go(function.Guarded(func() error {
			where := d.Output.Manifest()
			var manifest claim.Manifest
			if err := claim.GetJSON(groupContext, p.S3, where, claim.MaxManifest, &manifest); err != nil {
				return claim.Failure(err, failure.ManifestNotFound)
			}
			out[i] = Extracted{Document: d, Text: manifest.Document, Manifest: where}
			return nil
		}))
	}
	err := group.Wait()
	return slices.DeleteFunc(out, func(e Extracted) bool { return e.Name == "" }), err
}

// sound leaves out documents with a fault.
func (p *planning) sound(ctx context.Context, all []Extracted) ([]Extracted, error) {
	faulty, err := p.faulty(ctx, all)
	var out []Extracted
	for i, d := range all {
		if !faulty[i] {
			out = append(out, d)
		}
	}
	return out, err
}

// faulty tells which documents have a fault.
func (h *Handler) faulty(ctx context.Context, all []Extracted) ([]bool, error) {
	out := make([]bool, len(all))
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i, d := range all {
		group.Go(function.Guarded(func() error {
			var fault Fault
			err := claim.GetJSON(groupContext, h.S3, faultOf(d.Output), maxList, &fault)
			var storage *claim.StorageError
			if errors.As(err, &storage) && storage.Kind == claim.NotFound {
				return nil
			}
			out[i] = true
			return claim.Failure(err, failure.ManifestNotFound)
		}))
	}
	return out, group.Wait()
}

// ended lets the documents end of which the results could not be made.
func (h *Handler) ended(ctx context.Context, request Request) (Planned, error) {
	var all []Extracted
	if err := h.read(ctx, object(request.Output, "combine/documents.json"), &all); err != nil {
		return Planned{}, err
	}
	faulty, err := h.faulty(ctx, all)
	if err != nil {
		return Planned{}, err
	}
	var documents []Document
	for i, d := range all {
		if faulty[i] {
			documents = append(documents, d.Document)
			continue
		}
		if there, err := h.there(ctx, resultOf(d)); err != nil {
			return Planned{}, err
		} else if !there {
			fault := Fault{State: "CombineDocument", Error: NotPrepared, Cause: "nothing says why its result is not there"}
			if err := claim.PutJSON(ctx, h.S3, faultOf(d.Output), fault); err != nil {
				return Planned{}, claim.Failure(err, failure.InvalidRequest)
			}
			documents = append(documents, d.Document)
		}
	}
	next := Cursor{Stage: Ended, Round: request.Cursor.Round}
	if len(documents) == 0 {
		return Planned{Action: Done, Cursor: next}, nil
	}
	return h.end(ctx, request.Output, "combine", next, documents)
}

func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// billed adds up what responses cost.
func billed(cost *spend.Cost, models []spend.ModelCost) {
	for _, m := range models {
		at := slices.IndexFunc(cost.Models, func(c spend.ModelCost) bool { return c.Model == m.Model })
		if at < 0 {
			cost.Models = append(cost.Models, spend.ModelCost{Model: m.Model, Dollars: new(float64)})
			at = len(cost.Models) - 1
		}
		c := &cost.Models[at]
		c.Calls += m.Calls
		c.BatchCalls += m.BatchCalls
		c.InputTokens += m.InputTokens
		c.OutputTokens += m.OutputTokens
		if m.Dollars == nil || c.Dollars == nil {
			c.Dollars = nil
			continue
		}
		*c.Dollars += *m.Dollars
	}
}
