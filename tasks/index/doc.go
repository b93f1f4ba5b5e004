// Package index is the table of what became of documents: one item of Amazon DynamoDB for
// each execution of the pipeline, which docflow list and docflow show read.
//
// The key of an item is the name of its execution, so that an execution that writes twice,
// is retried or is redriven has one item. Two global secondary indexes hold the same items
// in the order of the time at which they ended:
//
//   - times, by month and shard: what ended in a month. All that ends at the same time
//     would be written to the same place of one index, and a partition of it takes 1,000
//     write units a second ("Best practices for designing and using partition keys
//     effectively", DynamoDB developer guide); a day in the place of the month would
//     change nothing of that. What an index does not take throttles the table ("Global
//     secondary index (GSI) write throttling and back pressure", there). An account starts
//     300 executions a second by default, after a burst of 1,300 ("Step Functions service
//     quotas"), and a bulk that cannot be read ends as fast as it is started. So a month
//     has Shards partitions, by a hash of the execution's name.
//   - documents, by the document's key: its newest result is one request away.
//
// A result is never replaced by the news that an execution has none, nor anything by
// what was before it. What an item says is bounded: it has some 700 bytes, and less than
// 4 KB with the longest key.
//
// An item is written by the function combine, when it has written the result, and by the
// state machine, which has recorded why there is none. An execution that runs out of time
// or is stopped writes nothing.
package index

// The attributes. The flow document-pipeline writes them, too.
const (
	ID            = "id"           // the execution's name
	Shard         = "shard"        // 2026-11#3
	Sort          = "sort"         // 2026-11-26T09:30:00.000Z#<execution's name>
	Key           = "key"          // of the document
	Bucket        = "bucket"       // where it lies
	Version       = "version"      // its version in the bucket
	Status        = "status"       // COMPLETE, PARTIAL, QUARANTINED, FAILED or UNFINISHED
	Error         = "error"        // why there is no result: its name
	Record        = "record"       // where that is recorded, as S3 URI
	Result        = "result"       // where the result lies, as S3 URI
	Missing       = "missing"      // parts of a result that are not there, at most MaxMissing
	MissingCount  = "missingCount" // how many there are
	Started       = "started"      // the execution
	Pages         = "pages"        // of the document
	Chunks        = "chunks"       // of its text
	InputTokens   = "inputTokens"  // of models
	OutputTokens  = "outputTokens" //
	MicroDollars  = "microDollars" // what the models cost; absent when that is not known
	TimesIndex    = "times"        // Shard, Sort
	DocumentIndex = "documents"    // Key, Sort
)

// Shards is how many partitions a month has.
const Shards = 4

// MaxMissing is how many parts that are missing an item names.
const MaxMissing = 16
