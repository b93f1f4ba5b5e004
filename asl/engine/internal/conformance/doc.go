// Package conformance compares what the engine does with executions that were recorded on AWS. The recordings are JSON files, one
// an execution, in a folder outside the repository; the tests read it from the environment variable DOCFLOW_CONFORMANCE.
//
// A recording hides what differs from run to run behind placeholders: <name> stands for any text, <name:2> for a text that is
// the same wherever <name:2> stands, and a few bare words (date, RequestId) for any text too. JSON text within the recording
// may have been decoded; both sides are compared as JSON then.
//
// There are three levels:
//
//   - L1: status, output (as a JSON value: 1 is 1.0), error and cause.
//   - L2: also the sequence of event types and state names. Events within a Parallel or Map run concurrently on AWS, so that
//     they are compared as a multiset.
//   - L3: also all details, ids and previous ids; within a Parallel or Map the details and the predecessor of each event.
package conformance
