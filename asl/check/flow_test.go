package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// TestFlow holds the data flow to what it finds, and to what it must leave alone. A case is the states of a machine that starts at A, and the
// findings as code, state and a part of the message.
func TestFlow(t *testing.T) {
	const invoke = `"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$"}`
	const function = `"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"`
	distributedWith := func(processor string) string {
		return `"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, ` + processor[1:]
	}
	distributed := distributedWith(`{"StartAt": "Q", "States": {"Q": {"Type": "Pass", "Parameters": {"z": 1}, "End": true}}}`)
	for name, c := range map[string]struct {
		states string
		want   []string
	}{
		"nothing is known of the input":           {`"A": {"Type": "Pass", "Parameters": {"x.$": "$.a.b[0].c"}, "End": true}`, nil},
		"nothing is known of a function's result": {`"A": {` + function + `, "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.a"}, "End": true}`, nil},
		"the result took the place of what an earlier state read": {
			`"A": {"Type": "Pass", "Parameters": {"id.$": "$.id"}, "ResultPath": "$.kept", "Next": "B"}, "B": {` + invoke + `, "Next": "C"}, "C": {"Type": "Pass", "Parameters": {"x.$": "$.id"}, "End": true}`,
			[]string{`value-lost C $.id is not there any more: the answer of lambda:invoke took its place in the Task state "B"`},
		},
		"OutputPath dropped it": {
			`"A": {"Type": "Pass", "Parameters": {"a": {"b": 1}, "c": 2}, "OutputPath": "$.a", "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.c"}, "End": true}`,
			[]string{`value-lost B $.c is not there any more`},
		},
		"ResultPath keeps it": {
			`"A": {"Type": "Pass", "Parameters": {"id.$": "$.id"}, "Next": "B"}, "B": {` + invoke + `, "ResultPath": "$.r", "Next": "C"}, "C": {"Type": "Pass", "Parameters": {"x.$": "$.id", "y.$": "$.r.Payload.z"}, "End": true}`,
			nil,
		},
		"a payload through ResultSelector": {
			`"A": {` + invoke + `, "ResultSelector": {"text.$": "$.Payload.text"}, "ResultPath": "$.r", "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.r.text", "y.$": "$.r.Payload"}, "End": true}`,
			[]string{`value-lost B $.r.Payload is not there any more`},
		},
		"OutputPath to the payload": {`"A": {` + invoke + `, "OutputPath": "$.Payload", "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.text"}, "End": true}`, nil},
		"a payload missing in ResultSelector": {
			`"A": {` + invoke + `, "ResultSelector": {"text.$": "$.text"}, "End": true}`, []string{`missing-payload A $ is the answer of lambda:invoke`},
		},
		"a payload missing in a Choice": {
			`"A": {` + invoke + `, "ResultPath": "$.r", "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Variable": "$.r.ok", "BooleanEquals": true, "Next": "C"}], "Default": "C"}, "C": {"Type": "Succeed"}`,
			[]string{`missing-payload B $.r is the answer of lambda:invoke, which has no member "ok"`},
		},
		"a payload missing in JSONata": {
			`"A": {"QueryLanguage": "JSONata", "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"}, "Output": "{% $states.result.text %}", "End": true}`,
			[]string{`missing-payload A $states.result is the answer of lambda:invoke`},
		},
		"an item of a Parallel that is not there": {
			`"A": {"Type": "Parallel", "Branches": [{"StartAt": "L", "States": {"L": {"Type": "Pass", "End": true}}}], "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$[1]"}, "End": true}`,
			[]string{`path-not-found B $ has no item 1: it has 1 item`},
		},
		"a Parallel under ResultPath": {
			`"A": {"Type": "Parallel", "ResultPath": "$.r", "Branches": [{"StartAt": "L", "States": {"L": {"Type": "Pass", "End": true}}}], "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.r.name"}, "End": true}`,
			[]string{`array-as-object B $.r has no member "name": it is the array of the branches' results in the Parallel state "A"`},
		},
		"a Map's items": {
			`"A": {"Type": "Pass", "Result": {"pages": [{"n": 1}, {"n": 2}]}, "Next": "B"}, "B": {"Type": "Map", "ItemsPath": "$.pages", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"x.$": "$.n", "y.$": "$.number", "z.$": "$$.Map.Item.Value.m"}, "End": true}}}, "End": true}`,
			[]string{`path-not-found P $.number is not there`, `path-not-found P $$.Map.Item.Value.m is not there`},
		},
		"IsPresent asks": {
			`"A": {"Type": "Pass", "Result": {"a": 1}, "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"And": [{"Variable": "$.b", "IsPresent": true}, {"Variable": "$.b.c", "StringEquals": "x"}], "Next": "C"}], "Default": "D"}, "C": {"Type": "Pass", "Parameters": {"x.$": "$.b.d"}, "End": true}, "D": {"Type": "Succeed"}`, nil,
		},
		"where IsPresent told that it is not there": {
			`"A": {"Type": "Pass", "Parameters": {"k.$": "$.k"}, "ResultPath": "$.a", "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Variable": "$.b", "IsPresent": true, "Next": "C"}], "Default": "D"}, "C": {"Type": "Pass", "Parameters": {"x.$": "$.b"}, "End": true}, "D": {"Type": "Pass", "Parameters": {"x.$": "$.b"}, "End": true}`,
			[]string{`path-not-found D $.b is not there`},
		},
		"after a Choice, what hangs together with it is left alone": {
			`"A": {"Type": "Choice", "Choices": [{"Variable": "$.t", "StringEquals": "x", "Next": "X"}], "Default": "Y"}, "X": {"Type": "Pass", "Result": {"t": "x", "x": 1}, "Next": "B"}, "Y": {"Type": "Pass", "Result": {"t": "y"}, "Next": "B"},
			"B": {"Type": "Choice", "Choices": [{"Variable": "$.t", "StringEquals": "x", "Next": "C"}], "Default": "D"}, "C": {"Type": "Pass", "Parameters": {"v.$": "$.x"}, "End": true}, "D": {"Type": "Succeed"}`, nil,
		},
		"a way that leaves it out": {
			`"A": {"Type": "Choice", "Choices": [{"Variable": "$.t", "StringEquals": "x", "Next": "X"}], "Default": "Y"}, "X": {"Type": "Pass", "Result": {"x": 1}, "Next": "B"}, "Y": {"Type": "Pass", "Result": {}, "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"v.$": "$.x"}, "End": true}`,
			[]string{`maybe-absent B a way leads to the Pass state "B" on which $.x is not there`},
		},
		"a counter that the loop starts without": {
			`"A": {"Type": "Pass", "Result": {"id": 1}, "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "ResultPath": "$.n2", "Next": "C"}, "C": {"Type": "Pass", "Parameters": {"n": 1}, "Next": "B"}`,
			[]string{`maybe-absent B a way leads to the Pass state "B" on which $.n is not there`},
		},
		"a catcher's error output takes the place of the input": {
			`"A": {"Type": "Pass", "Parameters": {"id.$": "$.id"}, "Next": "B"}, "B": {` + function + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "End": true}, "C": {"Type": "Pass", "Parameters": {"x.$": "$.id", "e.$": "$.Error", "c.$": "$.Cause"}, "End": true}`,
			[]string{`value-lost C $.id is not there any more: the error of its Catch took its place`},
		},
		"a catcher with ResultPath": {
			`"A": {"Type": "Pass", "Parameters": {"id.$": "$.id"}, "Next": "B"}, "B": {` + function + `, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "C"}], "End": true}, "C": {"Type": "Pass", "Parameters": {"x.$": "$.id", "e.$": "$.error.Error", "c.$": "$.error.Code"}, "End": true}`,
			[]string{`path-not-found C $.error.Code is not there`},
		},
		"a variable of another branch": {
			`"A": {"Type": "Parallel", "Branches": [{"StartAt": "L", "States": {"L": {"Type": "Pass", "Assign": {"v": 1}, "End": true}}}], "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$v"}, "End": true}`,
			[]string{`unassigned-variable B no way to the Pass state "B" assigns the variable $v: the one that "L" assigns is gone`},
		},
		"a variable that the state itself assigns": {
			`"A": {"Type": "Pass", "Assign": {"v": 1, "w.$": "$v"}, "End": true}`, []string{`unassigned-variable A no way to the Pass state "A" assigns the variable $v: what a state assigns is there from the next state on`},
		},
		"variables go into branches, but not into a distributed Map": {
			`"A": {"Type": "Pass", "Assign": {"v": 1}, "Next": "B"}, "B": {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"x.$": "$v"}, "End": true}}}, "Next": "C"},
			"C": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Q", "States": {"Q": {"Type": "Pass", "Parameters": {"x.$": "$v"}, "End": true}}}, "End": true}`,
			[]string{`unassigned-variable Q no way to the Pass state "Q" assigns the variable $v: a distributed Map's states do not see`},
		},
		"a variable of one way": {
			`"A": {"Type": "Choice", "Choices": [{"Variable": "$.t", "StringEquals": "x", "Next": "X"}], "Default": "B"}, "X": {"Type": "Pass", "Assign": {"v": 1}, "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$v"}, "End": true}`,
			[]string{`maybe-absent B a way leads to the Pass state "B" on which nothing assigns the variable $v`},
		},
		"JSONata knows what a state gives": {
			`"A": {"QueryLanguage": "JSONata", "Type": "Pass", "Output": {"order": {"id": "{% $states.input.id %}"}}, "Next": "B"}, "B": {"QueryLanguage": "JSONata", "Type": "Pass", "Output": "{% $states.input.order.ID %}", "End": true}`,
			[]string{`path-not-found B $states.input.order.ID is not there`},
		},
		"JSONata may ask": {
			`"A": {"QueryLanguage": "JSONata", "Type": "Pass", "Output": {"a": 1}, "Next": "B"}, "B": {"QueryLanguage": "JSONata", "Type": "Choice", "Choices": [{"Condition": "{% $exists($states.input.b) and $states.input.b.c = 1 %}", "Next": "C"}], "Default": "C"}, "C": {"QueryLanguage": "JSONata", "Type": "Pass", "Output": "{% $exists($states.input.b) ? $states.input.b : 0 %}", "End": true}`, nil,
		},
		"what an API answers": {
			`"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2", "Parameters": {"Bucket": "b"}, "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.Contents[0].Key", "y.$": "$.contents", "z.$": "$.Contents[0].Name"}, "End": true}`,
			[]string{`unknown-response-member B the answer of aws-sdk:s3:listObjectsV2 has no member "contents"`, `unknown-response-member B the answer of aws-sdk:s3:listObjectsV2 has no member "Name"`},
		},
		"a nested execution": {
			`"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "m"}, "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.Output.y", "z.$": "$.y"}, "End": true}`,
			[]string{`unknown-response-member B the answer of states:startExecution.sync:2 has no member "y"`},
		},
		"a model's answer": {
			`"A": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "us.anthropic.claude-3-haiku-20240307-v1:0", "Body": {}}, "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.Body.content[0].text", "y.$": "$.Body.completion"}, "End": true}`,
			[]string{`unknown-response-member B the answer of the model us.anthropic.claude-3-haiku-20240307-v1:0 has no member "completion"`},
		},
		"who waits for a token gets anything": {`"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}, "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.y"}, "End": true}`, nil},
		"types": {
			`"A": {"Type": "Pass", "Result": {"n": 1, "s": "x", "o": {}, "l": []}, "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"a.$": "States.MathAdd($.s, 1)", "b.$": "States.ArrayLength($.o)", "c.$": "States.JsonMerge($.o, $.l, false)", "d.$": "States.MathAdd($.n, States.ArrayLength($.l))"}, "ResultPath": null, "Next": "C"},
			"C": {"Type": "Wait", "SecondsPath": "$.s", "Next": "D"}, "D": {"Type": "Map", "ItemsPath": "$.o", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Succeed"}}}, "ResultPath": "$.s.t", "Next": "E"}, "E": {"Type": "Succeed"}`,
			[]string{`argument-type B $.s is a string`, `argument-type B $.o is an object`, `argument-type B $.l is an array`, `field-type C SecondsPath of the Wait state "C" takes a number, but gets a string`, `field-type D the Map state "D" takes its items from an array, but gets an object`, `result-path-conflict D ResultPath cannot write to $.s.t`},
		},
		"a comparison of another type": {
			`"A": {"Type": "Pass", "Result": {"n": 1}, "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Variable": "$.n", "StringEquals": "1", "Next": "C"}, {"Or": [{"Variable": "$.n", "StringEquals": "2"}, {"Variable": "$.n", "NumericEquals": 2}], "Next": "C"}], "Default": "C"}, "C": {"Type": "Succeed"}`,
			[]string{`comparison-type B StringEquals never holds: $.n is a number`},
		},
		"a way that nothing takes is left alone": {
			`"A": {"Type": "Pass", "Result": {"n": "a"}, "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Variable": "$.n", "StringEquals": "b", "Next": "C"}], "Default": "D"}, "C": {"Type": "Pass", "Parameters": {"x.$": "$.nowhere"}, "End": true}, "D": {"Type": "Succeed"}`, nil,
		},
		"a substitution may lead anywhere": {
			`"A": {"Type": "Pass", "Result": {"n": 1}, "Next": "${Next}"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.y", "z.$": "$v"}, "End": true}`, nil,
		},
		"an ItemReader's items": {
			`"A": {"Type": "Map", "ItemsPath": "$.items", "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "b", "Key": "k"}}, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"x.$": "$.y"}, "End": true}}}, "ItemBatcher": {"MaxItemsPerBatch": 2}, "End": true}`,
			[]string{`path-not-found P $.y is not there`},
		},
		"what follows a state that fails is told of nothing that comes from it": {
			`"A": {"Type": "Pass", "Parameters": {"id": 1}, "Next": "B"}, "B": {` + invoke + `, "Next": "C"}, "C": {"Type": "Pass", "Parameters": {"x.$": "$.id"}, "Next": "D"}, "D": {"Type": "Pass", "Parameters": {"x.$": "$.id", "y.$": "$.x.z"}, "Next": "E"},
			"E": {"Type": "Pass", "Result": {"a": 1}, "Next": "F"}, "F": {"Type": "Pass", "Parameters": {"x.$": "$.b"}, "End": true}`,
			[]string{`value-lost C $.id is not there any more`, `path-not-found F $.b is not there`},
		},
		"its Catch leads on with what it got": {
			`"A": {"Type": "Pass", "Parameters": {"id": 1}, "Next": "B"}, "B": {` + invoke + `, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "H"}], "Next": "C"},
			"C": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Parameters": {"x.$": "$.id"}, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "H"}], "End": true}, "H": {"Type": "Pass", "Parameters": {"x.$": "$.id", "y.$": "$.e.Cause"}, "End": true}`,
			[]string{`value-lost C $.id is not there any more`, `maybe-absent H a way leads to the Pass state "H" on which $.id is not there`},
		},
		"a Choice that fails": {
			`"A": {"Type": "Pass", "Result": {"a": 1}, "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Variable": "$.b.c", "IsString": true, "Next": "C"}], "Default": "C"}, "C": {"Type": "Pass", "Parameters": {"x.$": "$.b.c"}, "Next": "D"}, "D": {"Type": "Pass", "Parameters": {"y.$": "$.z"}, "End": true}`,
			[]string{`path-not-found B $.b is not there`, `path-not-found D $.z is not there`},
		},
		"a counter in JSONata that the loop starts without": {
			`"A": {"QueryLanguage": "JSONata", "Type": "Pass", "Assign": {"n": "{% $n + 1 %}"}, "Next": "A2"}, "A2": {"Type": "Wait", "Seconds": 1, "Next": "A"}`,
			[]string{`maybe-absent A a way leads to the Pass state "A" on which the variable $n is not there`},
		},
		"an item that may not be there": {
			`"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {"TableName": "t", "Key": {"pk": {"S.$": "$.id"}}}, "ResultPath": "$.job", "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"a.$": "$.job.Item.a.S", "b.$": "$.job.Item.b.S"}, "End": true}`,
			[]string{`maybe-absent B $.job.Item is not always there: the answer of dynamodb:getItem may lack it`},
		},
		"an item that may not be there, in JSONata": {
			`"A": {"QueryLanguage": "JSONata", "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem", "Arguments": {"TableName": "t", "Key": {"pk": {"S": "x"}}}, "Output": {"a": "{% $states.result.Item.a.S %}"}, "End": true}`,
			[]string{`maybe-absent A "Item" is not always there`},
		},
		"an item that is asked for": {
			`"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {"TableName": "t", "Key": {"pk": {"S.$": "$.id"}}}, "ResultPath": "$.job", "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"And": [{"Variable": "$.job.Item", "IsPresent": true}, {"Variable": "$.job.Item.a.S", "StringEquals": "x"}], "Next": "C"}], "Default": "D"}, "C": {"Type": "Pass", "Parameters": {"a.$": "$.job.Item.a.S"}, "End": true}, "D": {"Type": "Succeed"}`, nil,
		},
		"an item that was put there": {
			`"P": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {"TableName": "t", "Item": {"pk": {"S.$": "$.id"}, "n": {"N": "1"}}}, "ResultPath": null, "Next": "G"},
			"G": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {"TableName": "t", "Key": {"pk": {"S.$": "$.id"}}}, "ResultPath": "$.job", "Next": "B"}, "A": {"Type": "Wait", "Seconds": 1, "Next": "P"}, "B": {"Type": "Pass", "Parameters": {"a.$": "$.job.Item.n.N"}, "End": true}`, nil,
		},
		"attributes that nobody asked for": {
			`"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "Parameters": {"TableName": "t", "Key": {"pk": {"S.$": "$.id"}}, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}, "ResultSelector": {"n.$": "$.Attributes.n.N"}, "End": true}`,
			[]string{`path-not-found A the answer of dynamodb:updateItem has no member "Attributes" without ReturnValues`},
		},
		"attributes": {
			`"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "Parameters": {"TableName": "t", "Key": {"pk": {"S.$": "$.id"}}, "UpdateExpression": "ADD n :one", "ReturnValues": "ALL_NEW", "ExpressionAttributeValues": {":one": {"N": "1"}}}, "ResultSelector": {"n.$": "$.Attributes.n.N"}, "End": true}`, nil,
		},
		"results in S3": {
			`"A": {` + distributed + `, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}, "ResultPath": "$.r", "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"at.$": "$.r.ResultWriterDetails.Key", "x.$": "$.r.results", "y.$": "$.r[0]"}, "End": true}`,
			[]string{`path-not-found B $.r.results is not there: with a ResultWriter`, `path-not-found B $.r[0] is not there: with a ResultWriter`},
		},
		"results that stay": {
			`"A": {` + distributed + `, "ResultWriter": {"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}}, "ResultPath": "$.r", "Next": "B"}, "B": {"Type": "Pass", "Parameters": {"x.$": "$.r[0].z", "y.$": "$.r.z"}, "End": true}`,
			[]string{`array-as-object B $.r has no member "z"`},
		},
		"a name in other case": {
			`"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:textract:startDocumentAnalysis", "Parameters": {"DocumentLocation": {}, "FeatureTypes": ["FORMS"]}, "ResultSelector": {"job.$": "$.JobID"}, "Next": "B"}, "B": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:rds:describeDBInstances", "Parameters": {}, "ResultSelector": {"a.$": "$.DbInstances", "b.$": "$.DBInstances"}, "End": true}`,
			[]string{`unknown-response-member A the answer of aws-sdk:textract:startDocumentAnalysis has no member "JobID"`},
		},
		"a variable of the surroundings": {
			`"A": {"Type": "Pass", "Assign": {"v": 1}, "Next": "B"}, "B": {"Type": "Parallel", "Branches": [{"StartAt": "P", "States": {"P": {"Type": "Pass", "Assign": {"v.$": "$v", "w": 1}, "End": true}}}], "Assign": {"v": 2}, "ResultPath": null, "Next": "C"},
			"C": {` + distributedWith(`{"StartAt": "Q", "States": {"Q": {"Type": "Pass", "Assign": {"v": 1}, "End": true}}}`) + `, "End": true}`,
			[]string{`outer-variable P the Pass state "P" assigns $v, which is a variable outside of its branch`},
		},
		"a variable that is named as a function": {
			`"A": {"QueryLanguage": "JSONata", "Type": "Pass", "Output": "{% 'n' & $number %}", "Assign": {"number": 1}, "End": true}`, []string{`unassigned-variable A no way to the Pass state "A" assigns the variable $number`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, d := range Document(asl.ParseJSON("m", []byte(`{"StartAt": "A", "States": {`+c.states+`}}`)), Options{}) {
				if isFlowCode(d.Code) {
					got = append(got, fmt.Sprintf("%s %s %s", d.Code, d.State, d.Message))
				}
			}
			ok := len(got) == len(c.want)
			for i := range got {
				ok = ok && strings.HasPrefix(got[i], c.want[i])
			}
			if !ok {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(c.want, "\n\t"))
			}
		})
	}
}

func TestGrowth(t *testing.T) {
	loop := func(fields, condition string) string {
		return `{"StartAt": "A", "States": {"A": {"Type": "Pass", ` + fields + `, "Next": "B"}, "B": {"Type": "Choice", "Choices": [{` + condition + `, "Next": "A"}], "Default": "C"}, "C": {"Type": "Succeed"}}}`
	}
	const more, counted = `"Variable": "$.more", "BooleanEquals": true`, `"Variable": "$.n", "NumericLessThan": 5`
	for _, c := range []struct {
		definition string
		want       bool
	}{
		{loop(`"Parameters": {"all.$": "States.Array($.kept.all, $.new)"}, "ResultPath": "$.kept"`, more), true},
		{loop(`"Parameters": {"all.$": "States.Array($.kept.all, $.new)"}, "ResultPath": "$.kept"`, counted), false},
		{loop(`"Parameters": {"all.$": "States.Array($.old, $.new)"}, "ResultPath": "$.kept"`, more), false},
		{loop(`"Assign": {"text.$": "States.Format('{}, {}', $text, $.new)"}`, more), true},
		{loop(`"Assign": {"text.$": "States.Format('{}', $text)"}`, more), false},
		{loop(`"QueryLanguage": "JSONata", "Output": {"all": "{% [$states.input.all, 1] %}", "more": true}`, more), true},
		{loop(`"QueryLanguage": "JSONata", "Assign": {"text": "{% $text & ', ' & $states.input.new %}"}`, more), true},
		{loop(`"QueryLanguage": "JSONata", "Assign": {"text": "{% $other & ', ' & $states.input.new %}"}`, more), false},
		{strings.Replace(loop(`"Assign": {"text.$": "States.Format('{}, {}', $text, $.new)"}`, more), `"Next": "A"`, `"Next": "C"`, 1), false},
	} {
		found := codes(Document(asl.ParseJSON("m", []byte(c.definition)), Options{}))
		if slices.Contains(found, "growing-value") != c.want {
			t.Errorf("%s\n\tfound %v", c.definition, found)
		}
	}
}

// TestPayload tells what of a state's result may well be too large.
func TestPayload(t *testing.T) {
	object := func(key, fields string) string {
		return `"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {"Bucket.$": "$.bucket", ` + key + `}` + fields + `, "End": true}`
	}
	answers := func(tokens, selector, fields string) string {
		return `"A": {"Type": "Map", "ItemsPath": "$.pages"` + fields + `, "ItemProcessor": {"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "anthropic.claude-3-haiku-20240307-v1:0", "Body": {"anthropic_version": "x", "max_tokens": ` + tokens + `}}` + selector + `, "End": true}}}, "End": true}`
	}
	textract := func(parameters, fields string) string {
		return `"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:textract:getDocumentTextDetection", "Parameters": {"JobId.$": "$.id"` + parameters + `}` + fields + `, "End": true}`
	}
	for _, c := range []struct {
		states string
		want   bool
	}{
		{object(`"Key.$": "$.key"`, ``), true},
		{object(`"Key.$": "$.key"`, `, "ResultSelector": {"a": {"b.$": "$.Body"}}, "ResultPath": "$.r"`), true},
		{object(`"Key.$": "$.key"`, `, "ResultSelector": {"config.$": "States.StringToJson($.Body)"}`), false},
		{object(`"Key.$": "$.key"`, `, "ResultSelector": {"type.$": "$.ContentType"}`), false},
		{object(`"Key.$": "$.key"`, `, "ResultPath": null`), false},
		{object(`"Key.$": "$.key"`, `, "ResultPath": null, "Assign": {"text.$": "$.Body"}`), true},
		{object(`"Key.$": "$.key", "Range": "bytes=0-999"`, ``), false},
		{object(`"Key": "config.json"`, ``), false},
		{textract(``, ``), true},
		{textract(``, `, "ResultSelector": {"status.$": "$.JobStatus", "blocks.$": "$.Blocks"}`), true},
		{textract(``, `, "ResultSelector": {"status.$": "$.JobStatus", "lines.$": "$.Blocks[?(@.BlockType == 'LINE')].Text"}`), false},
		{textract(`, "MaxResults": 100`, ``), false},
		{answers("8192", ``, ``), true},
		{answers("8192", `, "ResultSelector": {"text.$": "$.Body.content[0].text"}, "ResultPath": "$.answer"`, ``), true},
		{answers("8192", `, "ResultSelector": {"tokens.$": "$.Body.usage.output_tokens"}, "ResultPath": "$.answer"`, ``), false},
		{answers("8192", `, "ResultPath": null`, ``), false},
		{answers("8192", ``, `, "ResultPath": null`), false},
		{answers("512", ``, ``), false},
		{`"L": {"Type": "Pass", "Result": {"pages": [1, 2, 3]}, "Next": "M"}, "M": ` + strings.TrimPrefix(answers("8192", ``, ``), `"A": `) + `, "A": {"Type": "Wait", "Seconds": 1, "Next": "L"}`, false},
	} {
		definition := `{"StartAt": "A", "States": {` + c.states + `}}`
		if found := codes(Document(asl.ParseJSON("m", []byte(definition)), Options{})); slices.Contains(found, "payload-growth") != c.want {
			t.Errorf("%s\n\tfound %v", definition, found)
		}
	}
}

// TestComputedTypes puts what is computed into requests.
func TestComputedTypes(t *testing.T) {
	for text, want := range map[string]bool{
		`"Item": {"pk": {"S.$": "$.n"}}`:                                true,
		`"Item": {"pk": {"N.$": "$.n"}}`:                                true,
		`"Item": {"pk": {"N.$": "States.Format('{}', $.n)"}}`:           false,
		`"Item": {"pk": {"S.$": "$.s"}}`:                                false,
		`"Item": {"pk": {"S.$": "$.unknown.a"}}`:                        false,
		`"Item": {"pk": {"N": 5}}`:                                      true,
		`"Item": {"pk": {"S": "x"}, "m": {"M": {"a": {"S.$": "$.n"}}}}`: true,
		`"Item": {"pk": {"S": "x"}, "l": {"L": [{"BOOL.$": "$.n"}]}}`:   true,
		`"Item": {"pk": {"SS.$": "$.s"}}`:                               true,
		`"Item": {"pk.$": "$.s"}`:                                       false,
		`"TableName.$": "$.l", "Item": {"pk": {"S": "x"}}`:              true,
		`"Item": {"pk": {"S.$": "States.ArrayLength($.l)"}}`:            true,
	} {
		definition := `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"n": 1, "s": "x", "l": [1, 2], "unknown.$": "$.u"}, "Next": "B"}, "B": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {"TableName": "t", ` + text + `}, "End": true}}}`
		definition = strings.Replace(definition, `"TableName": "t", "TableName.$"`, `"TableName.$"`, 1)
		if found := codes(Document(asl.ParseJSON("m", []byte(definition)), Options{})); slices.Contains(found, "parameter-type") != want {
			t.Errorf("%s: found %v", text, found)
		}
	}
}

func isFlowCode(code string) bool {
	return slices.ContainsFunc(flowRules, func(r *Rule) bool { return r.Code == code })
}

func TestFlowWithInput(t *testing.T) {
	doc := asl.ParseJSON("m", []byte(`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"k.$": "$.detail.object.kye", "b.$": "$.detail.bucket.name", "v.$": "$.detail.object['version-id']", "i.$": "$$.Execution.Input.details"}, "End": true}}}`))
	found := Document(doc, Options{Input: S3Event()})
	if got := codes(found); !slices.Equal(got, []string{"path-not-found", "path-not-found"}) || found[0].Cure != `did you mean "key"?` || found[1].Cure != `did you mean "detail"?` {
		t.Errorf("found %+v", found)
	}
	if found := Document(doc, Options{}); len(found) > 0 {
		t.Errorf("found %v without an input", codes(found))
	}
}

func TestKnown(t *testing.T) {
	text := `{"StartAt": "A", "States": {
		"A": {"Type": "Pass", "Result": {"n": 1}, "ResultPath": "$.a", "Assign": {"v.$": "$.n"}, "Next": "B"},
		"B": {"Type": "Pass", "Parameters": {"x.$": "$.a.n"}, "End": true}, "C": {"Type": "Succeed"}}}`
	k := Known(asl.ParseJSON("m", []byte(text)), Options{Input: shape.Like(value.MustParse(`{"id": "x"}`))})
	b, ok := k.State("B")
	if want := `{"id": string, "a": {"n": 1}}`; !ok || b.Input.String() != want {
		t.Errorf("B gets %s, want %s", b.Input, want)
	}
	if b.Output.String() != `{"x": 1}` || len(b.Variables) != 1 || b.Variables[0].Name != "v" || b.Variables[0].Presence != shape.Always || b.Variables[0].Shape.String() != "1" {
		t.Errorf("B: %+v", b)
	}
	if c, ok := k.State("C"); !ok || c.Reached {
		t.Errorf("C: %+v", c)
	}
	if _, ok := k.State("D"); ok {
		t.Error("D is there")
	}
	at, node, v, ok := k.Value(strings.Index(text, "$.a.n") + 2)
	if !ok || at.State != "B" || v.String() != "1" || node.Value != value.Value(value.String("$.a.n")) {
		t.Errorf("%v %v %s", at, node, v)
	}
	if _, _, _, ok := k.Value(0); ok {
		t.Error("something is known at the start")
	}
}

// chain is a machine of many states, one after the other, each of which adds to the data.
func chain(n int, read string) string {
	var b strings.Builder
	b.WriteString(`{"StartAt": "S0", "States": {`)
	for i := range n {
		if i%10 == 9 {
			fmt.Fprintf(&b, `"S%d": {"Type": "Choice", "Choices": [{"Variable": "$.r%d.n", "NumericEquals": 1, "Next": "S%d"}], "Default": "S%d"},`, i, (i-1)%100, i-5, i+1)
			continue
		}
		fmt.Fprintf(&b, `"S%d": {"Type": "Pass", "Parameters": {"n": 1, "x.$": %q}, "ResultPath": "$.r%d", "Assign": {"v%d.$": "$"}, "Next": "S%d"},`, i, read, i%100, i%20, i+1)
	}
	fmt.Fprintf(&b, `"S%d": {"Type": "Succeed"}}}`, n)
	return b.String()
}

// TestFlowIsLinear makes sure that ten times as many states are visited no more than some ten times as often. BenchmarkFlow has the time.
func TestFlowIsLinear(t *testing.T) {
	visits := func(n int) int {
		f := newPass(asl.ParseJSON("m", []byte(chain(n, "$.id"))), Options{}).flow()
		if f.gaveUp {
			t.Errorf("%d states: gave up after %d visits", n, f.visits)
		}
		return f.visits
	}
	if small, large := visits(1000), visits(10_000); large > 12*small {
		t.Errorf("1,000 states take %d visits, 10,000 take %d", small, large)
	}
}

// TestParallelIsLinear makes sure that a Parallel is not visited again for each of its branches that ends.
func TestParallelIsLinear(t *testing.T) {
	const branches = 3000
	var b strings.Builder
	for i := range branches {
		fmt.Fprintf(&b, `,{"StartAt": "B%d", "States": {"B%d": {"Type": "Pass", "Parameters": {"x.$": "$.id"}, "End": true}}}`, i, i)
	}
	f := newPass(asl.ParseJSON("m", []byte(`{"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [`+b.String()[1:]+`]}}}`)), Options{}).flow()
	if f.gaveUp || f.visits > branches+10 {
		t.Errorf("%d branches take %d visits", branches, f.visits)
	}
}

// BenchmarkFlow has chains of states; in the last each state holds what those before it held.
func BenchmarkFlow(b *testing.B) {
	for _, c := range []struct {
		states int
		read   string
	}{{1000, "$.id"}, {10_000, "$.id"}, {300, "$"}} {
		b.Run(fmt.Sprintf("%d/%s", c.states, c.read), func(b *testing.B) {
			doc := asl.ParseJSON("m", []byte(chain(c.states, c.read)))
			for b.Loop() {
				newPass(doc, Options{}).flow()
			}
		})
	}
}
