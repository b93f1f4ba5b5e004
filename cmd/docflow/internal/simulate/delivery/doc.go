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
// What should come of it: one execution for each upload, whatever happens. Model.Starts gives the executions as they start, and
// Model.Report says afterwards what was lost and what was started twice. An upload is one creation of an object: a version, or in a
// bucket without versions what one sequencer names. The model does not ask trigger.Name for that: it counts the names of executions
// that were started for a bucket, key and version against the uploads that there were.
//
// Memory: what the model keeps of an upload goes when the last of its events is out of the queues, so it depends on what is under
// way. With Options.KeepNames the names of all executions are kept, as AWS does for 90 days: then a name that collides with one of
// long ago is found as well.
package delivery
