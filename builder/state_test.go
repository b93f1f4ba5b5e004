package builder_test

import (
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder"
)

func TestStates(t *testing.T) {
	noon := time.Date(2026, 11, 23, 21, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	end := builder.Succeed("End")
	tests := map[string]func() (builder.Flow, want){
		"task": func() (builder.Flow, want) {
			a := extract("A").ResultPath("$.a")
			b := builder.Task[any, any]("B", "arn:aws:states:::sqs:sendMessage.waitForTaskToken", builder.Object{"QueueUrl": "q", "MessageBody": builder.Object{"token": builder.TaskToken}}).
				Comment("waits").Timeout(time.Hour).Heartbeat(time.Minute).DiscardResult().
				Credentials(builder.Format("arn:aws:iam::{}:role/r", a.Result("text")))
			c := extract("C").TimeoutFrom(a.Result("document.pages")).HeartbeatFrom(a.Result("document.pages"))
			return builder.Chain(a, b, c), want{
				"/States/B": `{"Type":"Task","Comment":"waits","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",` +
					`"Parameters":{"MessageBody":{"token.$":"$$.Task.Token"},"QueueUrl":"q"},` +
					`"TimeoutSeconds":3600,"HeartbeatSeconds":60,` +
					`"Credentials":{"RoleArn.$":"States.Format('arn:aws:iam::{}:role/r', $.a.text)"},"ResultPath":null,"Next":"C"}`,
				"/States/C/TimeoutSecondsPath":   "$.a.document.pages",
				"/States/C/HeartbeatSecondsPath": "$.a.document.pages",
				"/States/C/End":                  "true",
			}
		},
		"SDK task": func() (builder.Flow, want) {
			return builder.SDKTask[any, any]("A", "dynamodb", "putItem", builder.Object{"TableName": "t", "Item": map[string]any{"id": map[string]string{"S": "x"}}}), want{
				"/States/A/Resource":   "arn:aws:states:::aws-sdk:dynamodb:putItem",
				"/States/A/Parameters": `{"Item":{"id":{"S":"x"}},"TableName":"t"}`,
			}
		},
		"model with bodies in S3": func() (builder.Flow, want) {
			a := extract("A")
			return builder.Chain(a, builder.InvokeModelS3("B", "m", builder.Format("s3://b/{}", a.Result("document.key")), "s3://b/out")), want{
				"/States/B/Parameters": `{"ModelId":"m","Input":{"S3Uri.$":"States.Format('s3://b/{}', $.document.key)"},"Output":{"S3Uri":"s3://b/out"},"Accept":"application/json","ContentType":"application/json"}`,
			}
		},
		"pass": func() (builder.Flow, want) {
			a := builder.Pass("A").Value([]any{place{Bucket: "b"}, "$.kept as it is"}).ResultPath("$.a")
			b := builder.Pass("B").InputPath(builder.Nothing()).OutputPath(builder.Nothing()).Assign("n", 5)
			return builder.Chain(a, b), want{
				"/States/A": `{"Type":"Pass","Result":[{"bucket":"b","key":""},"$.kept as it is"],"ResultPath":"$.a","Next":"B"}`,
				"/States/B": `{"Type":"Pass","InputPath":null,"OutputPath":null,"Assign":{"n":5},"End":true}`,
			}
		},
		"waits": func() (builder.Flow, want) {
			a := extract("A")
			return builder.Chain(a, builder.Wait("B", 90*time.Second), builder.WaitUntil("C", noon), builder.WaitUntilTimestamp("D", a.Result("text"))), want{
				"/States/B/Seconds":       "90",
				"/States/C/Timestamp":     "2026-11-23T12:00:00Z",
				"/States/D/TimestampPath": "$.text",
			}
		},
		"ends": func() (builder.Flow, want) {
			a := extract("A").Catch(builder.Catch(builder.Fail("F", "Name", "cause"), "X"), builder.Catch(builder.Fail("G", nil, nil)).DiscardError())
			s := builder.Succeed("S").InputPath(a.Result("document")).OutputPath(builder.StateInput("key"))
			return builder.Chain(a, s), want{
				"/States/F":       `{"Type":"Fail","Error":"Name","Cause":"cause"}`,
				"/States/G":       `{"Type":"Fail"}`,
				"/States/S":       `{"Type":"Succeed","InputPath":"$.document","OutputPath":"$.key"}`,
				"/States/A/Catch": `[{"ErrorEquals":["X"],"ResultPath":"$.error","Next":"F"},{"ErrorEquals":["States.ALL"],"ResultPath":null,"Next":"G"}]`,
			}
		},
		"comparisons": func() (builder.Flow, want) {
			a := extract("A")
			text, pages, done := a.Result("text"), a.Result("document.pages"), a.Result("done")
			choice := builder.Choice("C").
				When(text.Equals("x"), end).When(pages.GreaterThan(1.5), end).When(done.Equals(true), end).
				When(text.LessThan(noon), end).When(text.Matches("*.pdf"), end).When(pages.LessThanEquals(pages), end).
				When(builder.JSONPath("$.any").GreaterThanEquals(text), end).
				When(builder.Or(text.IsNull(), builder.Not(text.IsString()), builder.And(pages.IsNumeric(), done.IsBoolean(), text.IsTimestamp(), text.IsPresent())), end).
				Otherwise(end).Assign("seen", true)
			return builder.Chain(a, choice), want{
				"/States/C/Choices/0": `{"Variable":"$.text","StringEquals":"x","Next":"End"}`,
				"/States/C/Choices/1": `{"Variable":"$.document.pages","NumericGreaterThan":1.5,"Next":"End"}`,
				"/States/C/Choices/2": `{"Variable":"$.done","BooleanEquals":true,"Next":"End"}`,
				"/States/C/Choices/3": `{"Variable":"$.text","TimestampLessThan":"2026-11-23T12:00:00Z","Next":"End"}`,
				"/States/C/Choices/4": `{"Variable":"$.text","StringMatches":"*.pdf","Next":"End"}`,
				"/States/C/Choices/5": `{"Variable":"$.document.pages","NumericLessThanEqualsPath":"$.document.pages","Next":"End"}`,
				"/States/C/Choices/6": `{"Variable":"$.any","StringGreaterThanEqualsPath":"$.text","Next":"End"}`,
				"/States/C/Choices/7": `{"Or":[{"Variable":"$.text","IsNull":true},{"Not":{"Variable":"$.text","IsString":true}},` +
					`{"And":[{"Variable":"$.document.pages","IsNumeric":true},{"Variable":"$.done","IsBoolean":true},{"Variable":"$.text","IsTimestamp":true},{"Variable":"$.text","IsPresent":true}]}],"Next":"End"}`,
				"/States/C/Default": "End",
				"/States/C/Assign":  `{"seen":true}`,
			}
		},
		"retriers": func() (builder.Flow, want) {
			exact := builder.Retry("X").Attempts(1)
			exact.NoJitter, exact.MaxDelay = true, 0
			return extract("A").Retry(builder.RetryLambda(), exact, builder.Never("Y"), builder.RetryThrottled("Z"), builder.RetryLambdaThrottled(), builder.RetryLambdaCrash(), builder.Retry()), want{
				"/States/A/Retry/0": `{"ErrorEquals":["Lambda.ClientExecutionTimeoutException","Lambda.ServiceException","Lambda.AWSLambdaException","Lambda.SdkClientException"],` +
					`"IntervalSeconds":2,"MaxAttempts":6,"BackoffRate":2,"MaxDelaySeconds":60,"JitterStrategy":"FULL"}`,
				"/States/A/Retry/1": `{"ErrorEquals":["X"],"IntervalSeconds":2,"MaxAttempts":1,"BackoffRate":2}`,
				"/States/A/Retry/2": `{"ErrorEquals":["Y"],"MaxAttempts":0}`,
				"/States/A/Retry/3": `{"ErrorEquals":["Z"],"IntervalSeconds":3,"MaxAttempts":8,"BackoffRate":2,"MaxDelaySeconds":90,"JitterStrategy":"FULL"}`,
				"/States/A/Retry/4": `{"ErrorEquals":["Lambda.TooManyRequestsException"],"IntervalSeconds":2,"MaxAttempts":24,"BackoffRate":2,"MaxDelaySeconds":300,"JitterStrategy":"FULL"}`,
				"/States/A/Retry/5": `{"ErrorEquals":["Lambda.Unknown","Runtime.ExitError","Runtime.OutOfMemory","Sandbox.Timedout","States.Timeout"],` +
					`"IntervalSeconds":2,"MaxAttempts":1,"BackoffRate":2,"MaxDelaySeconds":60,"JitterStrategy":"FULL"}`,
				"/States/A/Retry/6": `{"ErrorEquals":["States.ALL"],"IntervalSeconds":2,"MaxAttempts":4,"BackoffRate":2,"MaxDelaySeconds":60,"JitterStrategy":"FULL"}`,
			}
		},
		"parallel": func() (builder.Flow, want) {
			a := extract("A")
			p := builder.Parallel("P", builder.Pass("L"), builder.Pass("R")).Parameters(builder.Object{"key": a.Result("document.key")})
			p.ResultSelector(builder.Object{"left": p.Result("[0].key")})
			b := builder.Pass("B").Parameters(builder.Object{"key": a.Result("document.key")})
			return builder.Chain(a, p, b), want{
				"/States/P/Parameters":     `{"key.$":"$.document.key"}`,
				"/States/P/ResultSelector": `{"left.$":"$[0].key"}`,
				"/States/B/Parameters":     `{"key.$":"$.left"}`,
			}
		},
		"distributed Map": func() (builder.Flow, want) {
			count, percentage := 3, 12.5
			a := extract("A")
			m := builder.MapFrom[place]("M", asl.ItemReader{Resource: "arn:aws:states:::s3:listObjectsV2", ReaderConfig: &asl.ReaderConfig{MaxItems: asl.NumberOf(100)}},
				builder.Object{"Bucket": a.Result("document.bucket")},
				builder.Distributed{
					Express: true, Label: "chunks", ToleratedFailureCount: &count, ToleratedFailurePercentage: &percentage,
					MaxItemsPerBatch: 10, MaxInputBytesPerBatch: 1000, BatchInput: builder.Object{"text": a.Result("text")},
					ResultBucket: "b", ResultPrefix: builder.ExecutionName, WriterConfig: &asl.WriterConfig{OutputType: "JSONL"},
				})
			m.Each(builder.Pass("In").Parameters(builder.Object{"first": m.Batch("Items[0].key"), "text": a.Result("text")}))
			b := builder.Pass("B").Parameters(builder.Object{"where": m.Result("ResultWriterDetails.Key")})
			return builder.Chain(a, m, b), want{
				"/States/M/ItemReader":                         `{"Resource":"arn:aws:states:::s3:listObjectsV2","ReaderConfig":{"MaxItems":100},"Parameters":{"Bucket.$":"$.document.bucket"}}`,
				"/States/M/ItemBatcher":                        `{"MaxItemsPerBatch":10,"MaxInputBytesPerBatch":1000,"BatchInput":{"text.$":"$.text"}}`,
				"/States/M/ResultWriter":                       `{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b","Prefix.$":"$$.Execution.Name"},"WriterConfig":{"OutputType":"JSONL"}}`,
				"/States/M/Label":                              "chunks",
				"/States/M/ToleratedFailureCount":              "3",
				"/States/M/ToleratedFailurePercentage":         "12.5",
				"/States/M/ItemProcessor/ProcessorConfig":      `{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"}`,
				"/States/M/ItemProcessor/States/In/Parameters": `{"first.$":"$.Items[0].key","text.$":"$.BatchInput.text"}`,
				"/States/B/Parameters":                         `{"where.$":"$.ResultWriterDetails.Key"}`,
			}
		},
	}
	for name, describe := range tests {
		t.Run(name, func(t *testing.T) {
			flow, w := describe()
			check(t, builder.Machine{Start: flow}, w)
		})
	}
}

func TestMachineFields(t *testing.T) {
	check(t, builder.Machine{Comment: "c", Timeout: time.Hour, Start: builder.Pass("A")}, want{
		"": `{"Comment":"c","TimeoutSeconds":3600,"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`,
	})
}

func TestTexts(t *testing.T) {
	in := builder.InputOf[place]()
	key := in.Ref("key")
	tests := map[string]struct {
		value any
		want  string
	}{
		"holes":                         {builder.Format("{}/{}", "a", 1), `States.Format('{}/{}', 'a', 1)`},
		"quotes and backslashes":        {builder.Format(`it's a \ {}`, key), `States.Format('it\'s a \\ {}', $.key)`},
		"braces":                        {builder.Format(`{"a": {}}{{}}`, key, true), `States.Format('\{"a": {}\}\{{}\}', $.key, true)`},
		"a hole as a value":             {builder.Format(`{}`, `{}'`), `States.Format('{}', '\{\}\'')`},
		"substitutions stay":            {builder.Format("s3://${Bucket}/{}", "${Key}"), `States.Format('s3://${Bucket}/{}', '${Key}')`},
		"what only looks like one":      {builder.Format("${no name} {}", nil), `States.Format('$\{no name\} {}', null)`},
		"an escaped template":           {builder.FormatEscaped(`it\'s \{{}\}`, key), `States.Format('it\'s \{{}\}', $.key)`},
		"calls in calls":                {builder.Intrinsic("States.ArrayLength", builder.Intrinsic("States.Array", key, 1.5, value.String("$.x"))), `States.ArrayLength(States.Array($.key, 1.5, '$.x'))`},
		"a template known at run time":  {builder.Intrinsic("States.Format", key, 1), `States.Format($.key, 1)`},
		"a name with a type of its own": {builder.Format("{}", asl.JSONPath), `States.Format('{}', 'JSONPath')`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			check(t, builder.Machine{Input: in, Start: pass("A", builder.Object{"x": test.value})}, want{"/States/A/Parameters/x.$": test.want})
		})
	}
}
