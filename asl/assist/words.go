package assist

import (
	"sync"

	"github.com/docflow-asl/docflow/asl"
)

// fieldRank is where a field stands in the order in which definitions are printed.
func fieldRank(name string) int {
	if rank, ok := fieldRanks()[name]; ok {
		return rank
	}
	return len(fieldRanks())
}

var fieldRanks = sync.OnceValue(func() map[string]int {
	ranks := map[string]int{}
	for i, name := range asl.FieldOrder() {
		ranks[name] = i
	}
	for i, name := range asl.ComparisonOperators() {
		ranks[name] = 100 + i
	}
	return ranks
})

// fieldDocs says what the fields of the language do. The facts are those of AWS's page "Amazon States Language" and the pages below it.
var fieldDocs = map[string]string{
	"Type":                           "What the state does: Task, Pass, Choice, Wait, Parallel, Map, Succeed or Fail.",
	"Comment":                        "Words for people. Step Functions does not read them.",
	"QueryLanguage":                  "JSONPath (the default) or JSONata. A state may choose JSONata in a JSONPath machine, but not JSONPath in a JSONata machine.",
	"Version":                        "The version of the language: \"1.0\" is the only one.",
	"TimeoutSeconds":                 "The longest time. Of a machine: after it the execution ends with States.Timeout. Of a Task: after it the task fails with States.Timeout; without it a task may run for 99,999,999 seconds.",
	"TimeoutSecondsPath":             "A reference path to the number of seconds after which the task fails with States.Timeout.",
	"HeartbeatSeconds":               "The longest time between two heartbeats of an activity or callback; after it the task fails with States.HeartbeatTimeout. It should be below TimeoutSeconds.",
	"HeartbeatSecondsPath":           "A reference path to the number of seconds between heartbeats.",
	"StartAt":                        "The name of the state to begin with, one of States beside it.",
	"States":                         "The states, by name. A name has at most 80 characters and is unique in the whole definition.",
	"Next":                           "The name of the state that follows, one of the same States object.",
	"End":                            "true: the execution, branch or iteration ends after this state.",
	"Default":                        "The state that follows when no rule of Choices holds. Without it the state then fails with States.NoChoiceMatched.",
	"Choices":                        "The rules, in order. The first one that holds decides which state follows.",
	"Variable":                       "A reference path to the value that the rule compares.",
	"Condition":                      "A JSONata expression that gives true or false.",
	"And":                            "Rules of which all must hold.",
	"Or":                             "Rules of which one must hold.",
	"Not":                            "A rule that must not hold.",
	"InputPath":                      "What of the raw input the state works on. The default is $, all of it; null gives {}.",
	"OutputPath":                     "What of the result goes on to the next state. The default is $, all of it; null gives {}.",
	"Parameters":                     "A payload template: what the task gets. Names that end with .$ take a path or an intrinsic function.",
	"Arguments":                      "What the task gets: any JSON value, with JSONata strings in it.",
	"Result":                         "The state's result, as it stands here. Paths in it are not read.",
	"ResultSelector":                 "A payload template that makes the result of what the task gave; $ is the task's raw result.",
	"ResultPath":                     "Where in the state's input the result is put. The default is $: the result takes the place of the input. null drops the result and keeps the input.",
	"Output":                         "What goes on to the next state: any JSON value, with JSONata strings in it. Without it, the result goes on.",
	"Assign":                         "Variables to set, by name without $. The state itself does not see the new values yet.",
	"Resource":                       "The ARN of what does the work: a service integration, a Lambda function or an activity. It is a constant.",
	"Credentials":                    "The role that the task is called with, for resources of other accounts: {\"RoleArn\": …}.",
	"Seconds":                        "How many seconds to wait, 0 to 99,999,999.",
	"SecondsPath":                    "A reference path to the number of seconds to wait.",
	"Timestamp":                      "When to go on, as RFC 3339 writes it: 2024-08-18T17:33:00Z.",
	"TimestampPath":                  "A reference path to the time to go on.",
	"Error":                          "The name of the error that the state ends with. Retry and Catch match it.",
	"ErrorPath":                      "A path, or an intrinsic function that gives a string: the name of the error.",
	"Cause":                          "What went wrong, for people.",
	"CausePath":                      "A path, or an intrinsic function that gives a string: the cause.",
	"Branches":                       "Machines that run at the same time, each on the same input. The result is the array of their outputs, in this order.",
	"Retry":                          "What to try again, and how often. The first retrier that names the error decides.",
	"Catch":                          "Where to go after an error, once no retry is left. The first catcher that names the error decides.",
	"ErrorEquals":                    "The names of the errors that this is for. States.ALL stands alone, in the last entry.",
	"IntervalSeconds":                "Seconds before the first retry. The default is 1.",
	"MaxAttempts":                    "How often to retry. The default is 3; 0 is never.",
	"BackoffRate":                    "By what the delay is multiplied after each retry. The default is 2.",
	"MaxDelaySeconds":                "The longest delay between two attempts. Without it, the delay grows on.",
	"JitterStrategy":                 "FULL takes a random delay between 0 and the computed one, so that retries do not come all at once. The default is NONE.",
	"ItemProcessor":                  "The machine that runs once for each item.",
	"Iterator":                       "The older name of ItemProcessor.",
	"ProcessorConfig":                "How the iterations run.",
	"Mode":                           "INLINE (the default): within this execution. DISTRIBUTED: each in a child execution.",
	"ExecutionType":                  "The type of the child executions of a DISTRIBUTED Map: STANDARD or EXPRESS.",
	"ItemsPath":                      "A reference path to the array of items. The default is $.",
	"Items":                          "The items: an array, an object, or a JSONata string that gives one.",
	"ItemSelector":                   "What each iteration gets. The item is $$.Map.Item.Value, in JSONata $states.context.Map.Item.Value.",
	"ItemReader":                     "Where a DISTRIBUTED Map reads its items from: objects of S3.",
	"ItemBatcher":                    "Groups the items of a DISTRIBUTED Map: an iteration gets {\"Items\": […]}.",
	"BatchInput":                     "What each batch gets besides its Items.",
	"MaxItemsPerBatch":               "The most items of a batch.",
	"MaxItemsPerBatchPath":           "A reference path to the most items of a batch.",
	"MaxInputBytesPerBatch":          "The most bytes of a batch, up to 262,144.",
	"MaxInputBytesPerBatchPath":      "A reference path to the most bytes of a batch.",
	"MaxConcurrency":                 "How many iterations may run at a time. 0, the default, sets no limit.",
	"MaxConcurrencyPath":             "A reference path to the number of iterations that may run at a time.",
	"ToleratedFailureCount":          "How many items of a DISTRIBUTED Map may fail before it does.",
	"ToleratedFailureCountPath":      "A reference path to the number of items that may fail.",
	"ToleratedFailurePercentage":     "How many percent of the items of a DISTRIBUTED Map may fail before it does.",
	"ToleratedFailurePercentagePath": "A reference path to the percentage of items that may fail.",
	"Label":                          "Names a DISTRIBUTED Map in the ARNs of its runs: at most 40 characters, unique in the definition.",
	"ResultWriter":                   "Where a DISTRIBUTED Map writes its results to, and how.",
	"ReaderConfig":                   "How an ItemReader reads.",
	"InputType":                      "What the object to read holds.",
	"Transformation":                 "How what is read or written is rearranged.",
	"ManifestType":                   "Who wrote the manifest.",
	"CSVDelimiter":                   "What stands between the values of a line. The default is COMMA.",
	"CSVHeaderLocation":              "Where the names of the columns come from: FIRST_ROW, or GIVEN by CSVHeaders.",
	"CSVHeaders":                     "The names of the columns.",
	"ItemsPointer":                   "A JSON Pointer to the items within the JSON object that is read.",
	"MaxItems":                       "The most items to read.",
	"MaxItemsPath":                   "A reference path to the most items to read.",
	"WriterConfig":                   "How a ResultWriter writes.",
	"OutputType":                     "JSON or JSONL.",
	"IsPresent":                      "true: the rule holds when Variable leads to a value.",
	"IsNull":                         "true: the rule holds when the value is null.",
	"IsNumeric":                      "true: the rule holds when the value is a number.",
	"IsString":                       "true: the rule holds when the value is a string.",
	"IsBoolean":                      "true: the rule holds when the value is true or false.",
	"IsTimestamp":                    "true: the rule holds when the value is a string with an RFC 3339 time.",
	"StringMatches":                  "A pattern; * stands for any characters, \\\\* for the star itself.",
}

func init() {
	relations := map[string]string{"Equals": "equals", "LessThan": "is less than", "GreaterThan": "is greater than", "LessThanEquals": "is at most", "GreaterThanEquals": "is at least"}
	for _, kind := range []string{"String", "Numeric", "Timestamp", "Boolean"} {
		for name, words := range relations {
			if kind == "Boolean" && name != "Equals" {
				continue
			}
			fieldDocs[kind+name] = "The rule holds when the value " + words + " this one."
			fieldDocs[kind+name+"Path"] = "The rule holds when the value " + words + " the one that this reference path leads to."
		}
	}
}

// typeDocs says what the state types do.
var typeDocs = map[asl.StateType]string{
	asl.TypeTask:     "Does one unit of work: calls a service, a Lambda function or an activity.",
	asl.TypePass:     "Passes its input on, or makes a value of it.",
	asl.TypeChoice:   "Goes to the state of the first rule that holds.",
	asl.TypeWait:     "Waits for a time span or until a time.",
	asl.TypeParallel: "Runs its branches at the same time; the result is the array of their outputs.",
	asl.TypeMap:      "Runs its processor once for each item; the result is the array of the outputs.",
	asl.TypeSucceed:  "Ends the execution, branch or iteration successfully.",
	asl.TypeFail:     "Ends the execution, branch or iteration with an error.",
}

// valueDocs says what the words of some fields mean.
var valueDocs = map[string]string{
	"QueryLanguage=JSONPath": "Paths, payload templates and intrinsic functions.",
	"QueryLanguage=JSONata":  "Expressions in {% %}; Arguments and Output take the place of the five path fields.",
	"Mode=INLINE":            "The iterations run within this execution, at most about 40 at a time.",
	"Mode=DISTRIBUTED":       "Each iteration runs in a child execution, up to 10,000 at a time.",
	"JitterStrategy=FULL":    "A random delay between 0 and the computed one.",
	"JitterStrategy=NONE":    "The computed delay.",
}

// lambdaErrors are the errors of the Lambda service itself that AWS's page on error handling recommends to retry.
var lambdaErrors = []string{"Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"}

// errorDocs says when Step Functions raises its errors (AWS's page "Handling errors in Step Functions workflows").
var errorDocs = map[string]string{
	"States.ALL":                             "Any known error. It stands alone, in the last entry.",
	"States.Timeout":                         "A task ran longer than TimeoutSeconds, or went without a heartbeat.",
	"States.HeartbeatTimeout":                "A task sent no heartbeat within HeartbeatSeconds.",
	"States.TaskFailed":                      "A task failed in any way but by States.Timeout.",
	"States.Permissions":                     "The machine's role may not do what the task does.",
	"States.ResultPathMatchFailure":          "ResultPath cannot be applied to the input.",
	"States.ParameterPathFailure":            "A path in a payload template leads nowhere.",
	"States.BranchFailed":                    "A branch of a Parallel failed.",
	"States.NoChoiceMatched":                 "No rule of a Choice held, and it has no Default.",
	"States.IntrinsicFailure":                "The call of an intrinsic function failed.",
	"States.ExceedToleratedFailureThreshold": "More items of a Map failed than it tolerates.",
	"States.ItemReaderFailed":                "A Map could not read its items.",
	"States.ResultWriterFailed":              "A Map could not write its results.",
	"States.QueryEvaluationError":            "A JSONata expression failed, gave nothing, or gave a value of a wrong type.",
	"States.DataLimitExceeded":               "Data were greater than 262,144 bytes.",
	"States.Runtime":                         "The state could not be run with its data. It cannot be retried, and States.ALL does not catch it.",
	"States.Http.Socket":                     "An HTTP task got no answer.",
}

// contextDocs says what the fields of the context object hold.
var contextDocs = map[string]string{
	"Execution": "The execution that runs.", "StateMachine": "The state machine that runs.", "State": "The state that runs.", "Task": "The task that runs: of a callback.", "Map": "The iteration that runs.",
	"Id": "The ARN.", "Input": "The execution's input.", "Name": "The name.", "RoleArn": "The ARN of the role that the execution has.", "StartTime": "When the execution started, as RFC 3339 writes it.",
	"RedriveCount": "How often the execution was redriven.", "RedriveTime": "When the execution was redriven last.", "EnteredTime": "When the state was entered, as RFC 3339 writes it.",
	"RetryCount": "How often the state was retried.", "Token": "The task's token, which a callback sends back. It is there with .waitForTaskToken only.",
	"Item": "The item that the iteration is for.", "Index": "The item's index, from 0.", "Value": "The item itself.", "Key": "The item's name, when the items are an object's members.", "Source": "Where the item was read from.",
}

// statesDocs says what the fields of $states hold.
var statesDocs = map[string]string{
	"input":       "The state's input.",
	"context":     "The context object: the execution, the state, the task and the Map's item.",
	"result":      "What the task, the branches or the iterations gave.",
	"errorOutput": "The error that was caught: {\"Error\", \"Cause\"}.",
}
