package builder_test

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/builder"
)

// The JSON that a task takes and returns, as Go types.
type (
	Upload struct {
		Bucket string `json:"bucket"`
		Key    string `json:"key"`
	}
	Text struct {
		Text  string `json:"text"`
		Pages int    `json:"pages"`
	}
	Verdict struct {
		Score float64 `json:"score"`
	}
)

func Example() {
	in := builder.InputOf[Upload]()
	extract := builder.LambdaInvoke[Upload, Text]("Extract", builder.Sub("ExtractFunctionArn"), builder.Object{
		"bucket": in.Ref("bucket"),
		"key":    in.Ref("key"),
	}).ResultPath("$.extracted")
	judge := builder.LambdaInvoke[Text, Verdict]("Judge", builder.Sub("JudgeFunctionArn"), builder.Object{
		"text":  extract.Result("text"),
		"pages": extract.Result("pages"),
	})
	machine, err := builder.Machine{Input: in, Start: builder.Chain(extract, judge)}.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = os.Stdout.Write(asl.Marshal(machine))
	// Output:
	// {
	//   "StartAt": "Extract",
	//   "States": {
	//     "Extract": {
	//       "Type": "Task",
	//       "Resource": "arn:aws:states:::lambda:invoke",
	//       "Parameters": {
	//         "FunctionName": "${ExtractFunctionArn}",
	//         "Payload": {
	//           "bucket.$": "$.bucket",
	//           "key.$": "$.key"
	//         }
	//       },
	//       "ResultSelector": {
	//         "Payload.$": "$.Payload"
	//       },
	//       "ResultPath": "$.extracted",
	//       "Next": "Judge"
	//     },
	//     "Judge": {
	//       "Type": "Task",
	//       "Resource": "arn:aws:states:::lambda:invoke",
	//       "Parameters": {
	//         "FunctionName": "${JudgeFunctionArn}",
	//         "Payload": {
	//           "text.$": "$.extracted.Payload.text",
	//           "pages.$": "$.extracted.Payload.pages"
	//         }
	//       },
	//       "OutputPath": "$.Payload",
	//       "End": true
	//     }
	//   }
	// }
}

// All faults come at once, each an *Error.
func ExampleError() {
	extract := builder.LambdaFunction[any, Text]("Extract", builder.Sub("ExtractFunctionArn"))
	report := builder.Pass("Report").Parameters(builder.Object{"text": extract.Result("txt")})
	wait := builder.Wait("Wait", 1500*time.Millisecond)
	_, err := builder.Machine{Start: builder.Chain(extract, report, wait)}.Build()

	joined, _ := err.(interface{ Unwrap() []error })
	for _, e := range joined.Unwrap() {
		var fault *builder.Error
		if errors.As(e, &fault) {
			fmt.Printf("%s, state %s, %s: %s (%s?)\n", fault.Kind, fault.State, fault.Field, fault.Message, fault.Nearest)
		}
	}
	// Output:
	// unknown-field, state Report, Parameters.text: the result of "Extract" has no field "txt": there is no "txt" in builder_test.Text (text?)
	// bad-value, state Wait, Seconds: 1.5s is no whole number of seconds (?)
}

func ExampleChoice() {
	in := builder.InputOf[Text]()
	short := builder.Pass("Short")
	long := builder.Chain(builder.Wait("Rest", 5*time.Second), builder.Pass("Long"))
	choice := builder.Choice("Which").When(in.Ref("pages").LessThan(10), short).Otherwise(long)
	machine, err := builder.Machine{Input: in, Start: choice}.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = os.Stdout.Write(asl.MarshalState(machine.States[0]))
	// Output:
	// {
	//   "Type": "Choice",
	//   "Choices": [
	//     {
	//       "Variable": "$.pages",
	//       "NumericLessThan": 10,
	//       "Next": "Short"
	//     }
	//   ],
	//   "Default": "Rest"
	// }
}

// Errors are retried with jitter and a cap, then caught; the error goes next to the state's input.
func ExampleCatch() {
	refused := builder.Fail("Refused", "Refused", builder.CaughtError("Cause"))
	extract := builder.LambdaFunction[any, Text]("Extract", builder.Sub("ExtractFunctionArn")).
		Timeout(time.Minute).
		Retry(builder.Retry("StorageUnavailable")).
		Catch(builder.Catch(refused, "CorruptDocument", "EmptyDocument"))
	machine, err := builder.Machine{Start: extract}.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = os.Stdout.Write(asl.MarshalState(machine.States[0]))
	// Output:
	// {
	//   "Type": "Task",
	//   "Resource": "${ExtractFunctionArn}",
	//   "TimeoutSeconds": 60,
	//   "Retry": [
	//     {
	//       "ErrorEquals": [
	//         "StorageUnavailable"
	//       ],
	//       "IntervalSeconds": 2,
	//       "MaxAttempts": 4,
	//       "BackoffRate": 2,
	//       "MaxDelaySeconds": 60,
	//       "JitterStrategy": "FULL"
	//     }
	//   ],
	//   "Catch": [
	//     {
	//       "ErrorEquals": [
	//         "CorruptDocument",
	//         "EmptyDocument"
	//       ],
	//       "ResultPath": "$.error",
	//       "Next": "Refused"
	//     }
	//   ],
	//   "End": true
	// }
}

// A Map's flow refers to its item, so that it is given after the Map is made.
func ExampleMap() {
	type uploads struct {
		Uploads []Upload `json:"uploads"`
	}
	in := builder.InputOf[uploads]()
	each := builder.Map("Each", in.Ref("uploads")).MaxConcurrency(5)
	each.Each(builder.LambdaInvoke[Upload, Text]("Extract", builder.Sub("ExtractFunctionArn"), builder.Object{
		"bucket": each.Item("bucket"),
		"key":    each.Item("key"),
	}))
	machine, err := builder.Machine{Input: in, Start: each}.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(builder.Substitutions(machine))
	_, _ = os.Stdout.Write(asl.MarshalState(machine.States[0]))
	// Output:
	// [ExtractFunctionArn]
	// {
	//   "Type": "Map",
	//   "ItemsPath": "$.uploads",
	//   "MaxConcurrency": 5,
	//   "ItemProcessor": {
	//     "StartAt": "Extract",
	//     "States": {
	//       "Extract": {
	//         "Type": "Task",
	//         "Resource": "arn:aws:states:::lambda:invoke",
	//         "Parameters": {
	//           "FunctionName": "${ExtractFunctionArn}",
	//           "Payload": {
	//             "bucket.$": "$.bucket",
	//             "key.$": "$.key"
	//           }
	//         },
	//         "OutputPath": "$.Payload",
	//         "End": true
	//       }
	//     }
	//   },
	//   "End": true
	// }
}
