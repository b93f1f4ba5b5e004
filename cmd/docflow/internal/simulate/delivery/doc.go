// Package delivery is a model of how an upload becomes an execution: S3 tells of it, by an EventBridge event or a notification,
// to an SQS queue (one bucket's through an SNS topic), of which Lambda gives batches to the function of tasks/trigger, which calls
// StartExecution. For one bucket EventBridge calls the function itself, three times at most; then the record of the call goes to the
// dead-letter queue, and from there to the queue. The function is
// the real one; all else is a model on a clock of its own, seeded, with what AWS allows itself and what goes wrong:
//
//   - events come twice or more often, late and in any order, several in a message, with keys of all sorts, of buckets with versions
//     and without; some tell of objects that were deleted or overwritten since, some are S3's test events;
//   - SQS delivers a message again when nothing deleted it within the visibility time-out, now and then although it was deleted,
//     and moves it to the dead-letter queue after so many receives, from where it is redriven;
//   - the function's process dies before or after any StartExecution of a batch, and nothing is answered; StartExecution is throttled,
//     fails, or starts the execution and its answer is lost; a batch is answered in part.
//
// An execution reads its document some time after it has started, with the code of tasks/extract, from S3 as it stands then: there
// may lie what a later upload has put in its place, a delete marker, or nothing.
//
// What should come of it: one execution for each upload, whatever happens; each content processed as often as it was uploaded
// at most, by an execution that is for it; and each content that is still there processed. An execution whose upload was replaced or
// deleted before it was read ends with DocumentReplaced or DocumentNotFound, and only such a one. Model.Starts gives the executions
// as they start, and Model.Report says afterwards what was lost and what was done twice. An upload is one creation of an object: a
// version, or in a bucket without versions what one sequencer names. The model asks neither trigger.Name nor the entity tag in an
// input which upload an execution is for: it counts names against uploads, and what was read against what was stored. Two uploads of
// the same bytes to a key are two uploads, and nobody can tell them apart.
//
// Memory: what the model keeps of an upload goes when the last of its events is out of the queues and its execution has ended, so it
// depends on what is under way. With Options.KeepNames the names of all executions are kept, as AWS does for 90 days: then a name
// that collides with one of long ago is found as well.
package delivery
