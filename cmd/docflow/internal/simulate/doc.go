// Package simulate runs a state machine for many documents on one virtual clock, with the quotas and the faults of AWS, and says what
// comes of it: how long it takes, what it costs, what is lost or done twice. It answers "what happens on Monday with 100,000
// documents and this quota", in seconds and without an account.
//
// What is real: the definition, on the engine of asl/engine, with its retries, time-outs and catchers; the function that starts
// executions (tasks/trigger), to which package delivery brings the uploads with all that S3 and SQS allow themselves; and, with Gate, what
// hands out the times of calls (tasks/quota), on a table in memory. What is a model:
// the other functions and the language models, of which there are the latency, the quotas and the faults, but no work. Their
// answers have the members that our definitions read (answers.go).
//
// All executions run in one engine.RunFleet: their tasks come to the World in the order of time, which is what makes a shared quota
// mean anything. The World keeps what it needs of the documents that are under way and nothing of those that are done, but sums
// and a histogram: a million documents take the memory of those that run at the same time.
//
// What is counted:
//
//   - calls of a model: attempts, and the least possible, which is one for each request that a document makes (its key is the place of
//     the response, else the request itself);
//   - the best possible makespan: no schedule is faster than the quota, given when the documents came, nor than the fastest document
//     after the last upload;
//   - lost: an upload without an execution; or, where the definition records failures by s3:putObject, an execution that ended
//     without success and without a record;
//   - done twice: two executions for an upload, or a model asked again for what it had answered, when the answer had arrived;
//   - repeated: side effects that happened again because the answer to the first was lost. Nobody can avoid these, but they cost.
//
// Lost and done twice are violations. Shrink looks for the fewest documents and faults that still show one.
package simulate
