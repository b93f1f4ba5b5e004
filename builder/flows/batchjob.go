package flows

import (
	"time"

	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/tasks/batch"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
)

// createJob is what the flow gives to aws-sdk:bedrock:createModelInvocationJob.
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html
type createJob struct {
	JobName, ClientRequestToken, ModelId, RoleArn string //nolint:revive // AWS's names
	TimeoutDurationInHours                        int
	InputDataConfig                               struct {
		S3InputDataConfig struct{ S3Uri, S3InputFormat string }
	}
	OutputDataConfig struct {
		S3OutputDataConfig struct{ S3Uri string }
	}
}

type createdJob struct{ JobArn string }

// jobOf is what the flow gives to getModelInvocationJob and stopModelInvocationJob.
type jobOf struct{ JobIdentifier string }

// The variables of a job: how often it was asked how it does, and how far what it wrote was read.
const (
	polls = "polls"
	from  = "from"
)

// jobMargin is how long after its time a job may take to end.
const jobMargin = 2 * time.Hour

// runJobs creates jobs, waits for each to end, and has read what it wrote. How it ended lies in S3.
func (b *batching) runJobs() *builder.MapState {
	o := b.options
	m := each[batch.Job](b, "RunJobs", "RunJob", batch.MaxDocuments, o.BatchJobs)
	done := builder.Succeed("JobDone").OutputPath(builder.Nothing())
	record := b.put("RecordJobFault", builder.Format(claim.WorkPrefix+"{}", m.Item("outcome")),
		builder.Object{"Error": builder.Var(failedError), "Cause": builder.Var(failedCause)}, done)
	failed := builder.Chain(record, done)
	guard := func(task *builder.TaskState, name string) *builder.TaskState {
		if !o.Unguarded {
			task.Catch(caught(failed, name))
		}
		return task
	}
	control := func(task *builder.TaskState, name string) *builder.TaskState {
		if o.StorageTimeout > 0 {
			task.Timeout(o.StorageTimeout)
		}
		if !o.Unguarded {
			task.Retry(builder.RetryThrottled(bedrock.RetryableJobErrors()...), builder.Retry("States.Timeout"))
		}
		return guard(task, name)
	}
	job := func() builder.Object {
		whole := builder.Object{}
		for _, member := range []string{"name", "batch", "model", "calls", "input", "output", "records", "outcome"} {
			whole[member] = m.Item(member)
		}
		return whole
	}

	write := guard(batchTask[batch.Written](b, "WriteJobInput", batch.WriteInput, m.Item("batch"), builder.Object{"job": job()}).DiscardResult(), "WriteJobInput")
	create := builder.SDKTask[createJob, createdJob]("CreateJob", "bedrock", "createModelInvocationJob", builder.Object{
		// The same name and token whenever this job is asked for: it is created, and paid for, once.
		"JobName": m.Item("name"), "ClientRequestToken": m.Item("name"), "ModelId": m.Item("model"), "RoleArn": o.BatchRole,
		"TimeoutDurationInHours": o.BatchHours,
		"InputDataConfig":        builder.Object{"S3InputDataConfig": builder.Object{"S3InputFormat": "JSONL", "S3Uri": m.Item("input")}},
		"OutputDataConfig":       builder.Object{"S3OutputDataConfig": builder.Object{"S3Uri": m.Item("output")}},
	}).ResultPath("$.created").Assign(polls, 0).Assign(from, 0)
	if !o.Unguarded {
		// As many jobs run as may: other batches, of which one ends within hours.
		quota := builder.Retry(bedrock.JobQuotaExceeded)
		quota.Interval, quota.Backoff, quota.MaxDelay, quota.MaxAttempts = 10*time.Minute, 1.5, time.Hour, 48
		create.Retry(quota)
	}
	control(create, "CreateJob")

	identifier := func() builder.Object { return builder.Object{"JobIdentifier": create.Result("JobArn")} }
	wait := builder.Wait("WaitForJob", o.BatchPoll).Assign(polls, builder.Intrinsic("States.MathAdd", builder.Var(polls), 1))
	get := control(builder.SDKTask[jobOf, batch.JobState]("GetJob", "bedrock", "getModelInvocationJob", identifier()).ResultPath("$.state"), "GetJob")
	stop := control(builder.SDKTask[jobOf, any]("StopJob", "bedrock", "stopModelInvocationJob", identifier()).DiscardResult(), "StopJob")
	read := guard(batchTask[batch.Read](b, "ReadJobOutput", batch.ReadOutput, m.Item("batch"), builder.Object{
		"job": job(), "state": get.Result(""), "from": builder.Var(from),
	}).ResultPath("$.read").Assign(from, builder.JSONPath("$.Payload.next")), "ReadJobOutput")
	overdue := builder.Chain(builder.Pass("JobOverdue").Assign(failedError, batch.JobOverdue).
		Assign(failedCause, builder.Format("the job {} was stopped after its time, and has not ended", create.Result("JobArn"))), failed)

	var final []builder.Condition
	for _, status := range batch.FinalStatuses() {
		final = append(final, get.Result("Status").Equals(string(status)))
	}
	// Bedrock ends a job after its hours. One that goes on is stopped, and not waited for for ever.
	most := int((time.Duration(o.BatchHours)*time.Hour + jobMargin) / o.BatchPoll)
	ended := builder.Choice("HasJobEnded").
		When(builder.Or(final...), read).
		When(builder.Var(polls).Equals(most), stop).
		When(builder.Var(polls).GreaterThan(most+int(jobMargin/o.BatchPoll)), overdue).
		Otherwise(wait)
	isRead := builder.Choice("IsJobOutputRead").When(read.Result("done").Equals(true), done).Otherwise(read)
	builder.Chain(stop, wait)
	builder.Chain(read, isRead)
	return m.Each(builder.Chain(write, create, wait, get, ended))
}
