package integration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/embeddeds3"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/offline"
)

// outcome is a handler's answer in one line: the result's JSON, or the error's name and cause.
func outcome(t *testing.T, h engine.Handler, resource, input string) string {
	t.Helper()
	result, err := h.Handle(context.Background(), &engine.Call{Resource: resource, Input: value.MustParse(input), State: "S", ExecutionName: "E"})
	var task *engine.TaskError
	switch {
	case errors.As(err, &task):
		return task.Name + " " + task.Cause
	case err != nil:
		return "not a task error: " + err.Error()
	}
	return value.Text(result)
}

type ownError struct{}

func (*ownError) Error() string { return "own" }

func TestLambda(t *testing.T) {
	functions := Functions{
		"arn:f": NewFunction(func(_ context.Context, in struct{ Do string }) (map[string]string, error) {
			switch in.Do {
			case "declared":
				return nil, messages.InvokeResponse_Error{Type: "NoText", Message: "only images"}
			case "own":
				return nil, &ownError{}
			case "wrapped":
				return nil, fmt.Errorf("x: %w", &ownError{})
			case "panic":
				panic("boom")
			}
			return map[string]string{"did": in.Do}, nil
		}),
	}
	for _, tc := range []struct{ resource, input, want string }{
		{LambdaInvoke, `{"FunctionName":"arn:f","Payload":{"Do":"x"}}`, `{"ExecutedVersion":"$LATEST","Payload":{"did":"x"},"StatusCode":200}`},
		{LambdaInvoke, `{"FunctionName":"arn:f"}`, `{"ExecutedVersion":"$LATEST","Payload":{"did":""},"StatusCode":200}`},
		{"arn:f", `{"Do":"x"}`, `{"did":"x"}`},
		{"arn:f", `{"Do":"declared"}`, `NoText {"errorMessage":"only images","errorType":"NoText"}`},
		{"arn:f", `{"Do":"own"}`, `ownError {"errorMessage":"own","errorType":"ownError"}`},
		{"arn:f", `{"Do":"wrapped"}`, `wrapError {"errorMessage":"x: own","errorType":"wrapError"}`},
		{"arn:f", `{"Do":"panic"}`, `string {"errorMessage":"boom","errorType":"string"}`},
		{LambdaInvoke, `{"FunctionName":"arn:none"}`, `Lambda.ResourceNotFoundException Function not found: arn:none`},
		{LambdaInvoke, `{}`, `States.Runtime lambda:invoke needs a FunctionName`},
		{LambdaInvoke, `[]`, `States.Runtime lambda:invoke takes an object as parameters`},
	} {
		if got := outcome(t, functions, tc.resource, tc.input); got != tc.want {
			t.Errorf("%s %s:\n got %s\nwant %s", tc.resource, tc.input, got, tc.want)
		}
	}
}

func startS3(t *testing.T) *s3.Client {
	t.Helper()
	server, err := embeddeds3.Start(context.Background(), "b")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.Client()
}

func TestS3(t *testing.T) {
	h := &S3{Client: startS3(t)}
	const sdk = "arn:aws:states:::aws-sdk:s3:"
	for _, tc := range []struct{ action, input, want string }{
		{"putObject", `{"Bucket":"b","Key":"text","Body":"plain","ContentType":"text/plain"}`, `{"ETag":`},
		{"getObject", `{"Bucket":"b","Key":"text"}`, `{"Body":"plain","ContentType":"text/plain","ETag":`},
		{"putObject", `{"Bucket":"b","Key":"json","Body":{"a": [1,  2]}}`, `{"ETag":`},
		{"getObject", `{"Bucket":"b","Key":"json"}`, `{"Body":"{\"a\": [1,  2]}"`},
		{"deleteObject", `{"Bucket":"b","Key":"text"}`, `{}`},
		{"getObject", `{"Bucket":"b","Key":"text"}`, `S3.NoSuchKeyException`},
		{"getObject", `{"Bucket":"none","Key":"text"}`, `S3.NoSuchBucketException`},
		{"putObjectTagging", `{"Bucket":"b","Key":"json","Tagging":{"TagSet":[{"Key":"docflow-status","Value":"quarantined"}]}}`, `{}`},
		{"getObject", `{"Bucket":"b","Key":"json"}`, `{"Body":"{\"a\": [1,  2]}"`},
		{"putObjectTagging", `{"Bucket":"b","Key":"text","Tagging":{"TagSet":[{"Key":"a","Value":"b"}]}}`, `S3.NoSuchKeyException`},
		{"putObjectTagging", `{"Bucket":"b","Key":"json"}`, `States.Runtime putObjectTagging takes Tagging as`},
		{"putObject", `{"Bucket":"b"}`, `States.Runtime aws-sdk:s3 tasks need Key as a string`},
		{"putObject", `1`, `States.Runtime aws-sdk:s3 tasks take an object`},
		{"listBuckets", `{"Bucket":"b","Key":"k"}`, `States.Runtime docflow runs putObject, getObject, deleteObject and putObjectTagging`},
		{"putObject", `{"Bucket":"b","Key":"large","Body":"` + strings.Repeat("x", maxObjectText+1) + `"}`, `{"ETag":`},
		{"getObject", `{"Bucket":"b","Key":"large"}`, `States.DataLimitExceeded s3://b/large is larger than the 262144 bytes`},
	} {
		if got := outcome(t, h, sdk+tc.action, tc.input); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s %.60s:\n got %.200s\nwant %s", tc.action, tc.input, got, tc.want)
		}
	}
}

func TestTopics(t *testing.T) {
	topics := &Topics{}
	for _, tc := range []struct{ input, want string }{
		{`{"TopicArn":"arn:t","Message":{"state":"ExtractText"},"Subject":"quarantined"}`, `{"MessageId":"00000000-0000-4000-8000-000000000001"}`},
		{`{"TopicArn":"arn:t"}`, `States.Runtime sns:publish needs a TopicArn and a Message`},
		{`{"TopicArn":"arn:t","Message":"x","Topic":1}`, `States.Runtime docflow's sns:publish does not take the parameter Topic = 1`},
		{`[]`, `States.Runtime sns:publish takes an object as parameters`},
	} {
		if got := outcome(t, topics, SNSPublish, tc.input); got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", tc.input, got, tc.want)
		}
	}
	messages := topics.Messages()
	if len(messages) != 1 || messages[0].TopicArn != "arn:t" || messages[0].Subject != "quarantined" || value.Text(messages[0].Message) != `{"state":"ExtractText"}` {
		t.Errorf("messages %+v", messages)
	}
}

// Distributed Maps read and write through the real client, whose errors keep S3's codes.
func TestObjects(t *testing.T) {
	ctx := context.Background()
	o := Objects{Client: startS3(t)}
	for _, key := range []string{"in/b.json", "in/a.json", "out/c.json"} {
		if err := o.Put(ctx, "b", key, strings.NewReader("body of "+key)); err != nil {
			t.Fatal(err)
		}
	}
	object, err := o.Get(ctx, mapdata.ObjectRef{Bucket: "b", Key: "in/a.json"})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(object.Body)
	if err != nil || string(body) != "body of in/a.json" || object.Size != int64(len(body)) {
		t.Errorf("%q, %d bytes, %v", body, object.Size, err)
	}
	var keys []string
	for info, err := range o.List(ctx, mapdata.ListInput{Bucket: "b", Prefix: "in/"}) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	if want := []string{"in/a.json", "in/b.json"}; !slices.Equal(keys, want) {
		t.Errorf("keys %v, want %v", keys, want)
	}
	var storage *mapdata.StorageError
	if _, err := o.Get(ctx, mapdata.ObjectRef{Bucket: "b", Key: "none"}); !errors.As(err, &storage) || storage.Code != mapdata.CodeNoSuchKey || storage.Status != 404 {
		t.Errorf("a missing key gives %v", err)
	}
	for _, err := range o.List(ctx, mapdata.ListInput{Bucket: "none"}) {
		if !errors.As(err, &storage) || storage.Code != mapdata.CodeNoSuchBucket {
			t.Errorf("a missing bucket gives %v", err)
		}
	}
}

func TestBedrock(t *testing.T) {
	ctx := context.Background()
	objects := startS3(t)
	server, err := bedrockserver.Listen(bedrockserver.Options{
		Completer: &offline.Model{},
		Before:    bedrockserver.FailFirst(1, bedrockserver.Throttling),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &Bedrock{S3: objects, Runtime: bedrockruntime.New(bedrockruntime.Options{
		HTTPClient: loopback.Client(nil),
		Region:     "us-east-1", BaseEndpoint: aws.String(server.URL), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})}
	const body = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":300,"messages":[{"role":"user","content":"要約してください: The meeting was good. Sales rose by nine percent."}]}`
	if _, err := objects.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("in/request.json"), Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
	const model = `"ModelId":"anthropic.claude-3-haiku-20240307-v1:0"`
	for _, tc := range []struct{ input, want string }{
		{`{` + model + `,"Body":` + body + `}`, `Bedrock.ThrottlingException`}, // the injected fault
		{`{` + model + `,"Body":` + body + `}`, `{"Body":{"id":`},
		{`{` + model + `,"Input":{"S3Uri":"s3://b/in/request.json"},"Output":{"S3Uri":"s3://b/out/response.json"}}`, `{"Body":{"S3Uri":"s3://b/out/response.json"},"ContentType":"application/json"}`},
		{`{` + model + `,"Input":{"S3Uri":"s3://b/none"}}`, `Bedrock.NoSuchKeyException`},
		{`{` + model + `,"Input":{"S3Uri":"https://b/none"}}`, `Bedrock.SdkClientException "https://b/none" is not an S3 URI`},
		{`{` + model + `,"Input":"s3://b/in"}`, `States.Runtime bedrock:invokeModel takes Input as {"S3Uri"`},
		{`{` + model + `}`, `States.Runtime bedrock:invokeModel needs exactly one of Body and Input`},
		{`{"Body":{}}`, `States.Runtime bedrock:invokeModel needs a ModelId`},
		{`{"modelId":"x","Body":{}}`, `States.Runtime bedrock:invokeModel does not take the parameter modelId = "x"`},
		{`{"ModelId":"nonsense","Body":` + body + `}`, `Bedrock.ValidationException The provided model identifier is invalid`},
		{`{` + model + `,"Body":{}}`, `Bedrock.ValidationException`},
		{`"x"`, `States.Runtime bedrock:invokeModel takes an object as parameters`},
	} {
		if got := outcome(t, h, BedrockInvokeModel, tc.input); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s:\n got %.300s\nwant %s", tc.input, got, tc.want)
		}
	}
	out, err := objects.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("out/response.json")})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(out.Body)
	if err != nil || !strings.Contains(string(answer), "docflow-offline") {
		t.Errorf("the answer in S3 is %s, %v", answer, err)
	}
}
