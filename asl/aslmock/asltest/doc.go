// Package asltest reads and runs files of tests of a definition: what docflow test does. Run does it in `go test`.
//
// A file, *.asltest.yaml or *.asltest.json, has one definition and any number of cases:
//
//	definition: flow.asl.json            # beside this file
//	substitutions: {ExtractFunctionArn: extract}
//	mocks:                               # of all cases, by the name of a state or by a resource (an ARN, * for any text)
//	  Extract: {return: {Payload: {text: Hello}}}
//	  "arn:aws:states:::bedrock:*": {return: {Body: {}, ContentType: application/json}, elapse: 20s}
//	cases:
//	  - name: throttled once
//	    input: {key: a.pdf}
//	    mocks:                           # before those of the file
//	      Extract:                       # one answer, or a list
//	        - throw: {error: Lambda.TooManyRequestsException, cause: slow down}
//	          times: 2
//	        - return: {Payload: {text: Hello}}
//	    expect:
//	      outputContains: {text: Hello}
//	      visited: [Extract, Analyze]
//	      calls: {Extract: 3}
//
// # The file
//
//   - definition: the definition's file, JSON or YAML.
//   - stateMachine: the state machine's name; the default is the name of the definition's file without its extensions.
//   - type: STANDARD (the default) or EXPRESS.
//   - substitutions: values for the definition's `${Name}`.
//   - fieldValidationMode: how strictly results of mocks are held against the service's API: STRICT, PRESENT (the default) or
//     NONE, as in TestState.
//   - mocks: for each state or resource an answer, or a list of answers.
//   - objects: what is in S3, by bucket/key: the object's text, or {file: …} with the file that holds it. Each case begins with them.
//   - cases: the tests.
//
// # An answer
//
// One of
//
//   - return: the task's whole result, as the service gives it.
//   - throw: a failure, with the members error and cause.
//   - never: true for a task that never answers.
//   - evaluate: a JSONata expression for the result, with the task's input as $states.input.
//
// and beside it
//
//   - when: the answer is for calls whose input holds this, as outputContains compares.
//   - times: how often it is given. Without it, and without when, the last answer of a list is for all further calls, and each
//     other one for one call. Calls are counted over the whole execution, retries included. A call for which no answer is left
//     goes to the next mock: of a case to that of the file, of a state to that of its resource.
//   - elapse: how much of the execution's time the task takes.
//   - heartbeats: a list of pauses; after each the task sends a heartbeat.
//   - submit: the service's answer to the request that a .sync or .waitForTaskToken task begins with.
//   - fieldValidationMode: for this answer.
//
// # A case
//
//   - name: unique in the file.
//   - input, or inputFile: the execution's input; {} without.
//   - objects: as above, in place of the file's.
//   - mocks: as above. Where they do not answer, mockConfig does, and then the file's mocks.
//   - mockConfig: a test case of a mock configuration file of Step Functions Local, with the members file and testCase, and
//     stateMachine where that is not the definition's name.
//   - type, executionName, startTime (RFC 3339), seed (of jitter, UUIDs and random numbers; the default is 1).
//   - expect: below.
//
// # What is expected
//
//   - status: SUCCEEDED, FAILED, TIMED_OUT or ABORTED. The default is FAILED beside error or cause, else SUCCEEDED.
//   - output: equal as JSON. outputContains: objects may have more members, arrays are as long. outputAt: JSONPath to value.
//   - error; cause, or causeMatches with a regular expression.
//   - path: the states entered, all of them, in order, those within Map and Parallel included. visited: these in order, with
//     others between. notVisited.
//   - calls: state to number, retries included. retries: state to number. caught: state to the number of errors that its
//     catchers took.
//   - inputs, inputsContain: state to the list of its task's inputs, one for each call.
//   - duration, minDuration, maxDuration: on the virtual clock.
//
// Durations are written 20s, 1h30m, 250ms; a plain number is of seconds.
package asltest
