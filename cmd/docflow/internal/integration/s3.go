package integration

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// S3Actions is the pattern of the S3 tasks of the AWS SDK integration.
const S3Actions = "arn:aws:states:::aws-sdk:s3:*"

// S3 runs aws-sdk:s3 tasks.
// https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
type S3 struct {
	Client *s3.Client
}

// maxObjectText is the largest object that GetObject gives as a state's data: more would not fit a payload anyway.
const maxObjectText = 262144

// Handle runs putObject, getObject, deleteObject and putObjectTagging.
func (s *S3) Handle(ctx context.Context, call *engine.Call) (value.Value, error) {
	action := call.Resource[strings.LastIndexByte(call.Resource, ':')+1:]
	parameters, ok := call.Input.(*value.Object)
	if !ok {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: "aws-sdk:s3 tasks take an object as parameters"}
	}
	bucket, key, err := location(parameters)
	if err != nil {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: err.Error()}
	}
	switch action {
	case "putObject":
		return s.put(ctx, bucket, key, parameters)
	case "getObject":
		return s.get(ctx, bucket, key)
	case "deleteObject":
		if _, err := s.Client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key}); err != nil {
			return nil, serviceError("S3", err)
		}
		return value.NewObject(), nil
	case "putObjectTagging":
		return s.tag(ctx, bucket, key, parameters)
	}
	return nil, &engine.TaskError{
		Name:  "States.Runtime",
		Cause: fmt.Sprintf("docflow runs putObject, getObject, deleteObject and putObjectTagging of aws-sdk:s3, not %s", action),
	}
}

func (s *S3) put(ctx context.Context, bucket, key string, parameters *value.Object) (value.Value, error) {
	// A Body that is no string is sent as its JSON text, as AWS does for SDK integrations.
	var body string
	switch v, _ := parameters.Get("Body"); v := v.(type) {
	case nil:
	case value.String:
		body = string(v)
	default:
		body = value.Text(v)
	}
	in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}
	if v, ok := parameters.Get("ContentType"); ok {
		if text, ok := v.(value.String); ok {
			in.ContentType = aws.String(string(text))
		}
	}
	out, err := s.Client.PutObject(ctx, in)
	if err != nil {
		return nil, serviceError("S3", err)
	}
	return value.NewObject(value.Member{Name: "ETag", Value: value.String(aws.ToString(out.ETag))}), nil
}

// tag replaces the tags of an object, or of one of its versions.
func (s *S3) tag(ctx context.Context, bucket, key string, parameters *value.Object) (value.Value, error) {
	var tagging struct {
		VersionId string
		Tagging   struct{ TagSet []types.Tag }
	}
	if err := value.ToGo(parameters, &tagging); err != nil || len(tagging.Tagging.TagSet) == 0 {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: `putObjectTagging takes Tagging as {"TagSet": [{"Key": "…", "Value": "…"}]}`}
	}
	_, err := s.Client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{
		Bucket: &bucket, Key: &key, VersionId: optional(tagging.VersionId), Tagging: &types.Tagging{TagSet: tagging.Tagging.TagSet},
	})
	if err != nil {
		return nil, serviceError("S3", err)
	}
	return value.NewObject(), nil
}

func (s *S3) get(ctx context.Context, bucket, key string) (value.Value, error) {
	out, err := s.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, serviceError("S3", err)
	}
	defer out.Body.Close() // nothing was written
	body, err := io.ReadAll(io.LimitReader(out.Body, maxObjectText+1))
	if err != nil {
		return nil, serviceError("S3", err)
	}
	if len(body) > maxObjectText {
		return nil, &engine.TaskError{
			Name:  "States.DataLimitExceeded",
			Cause: fmt.Sprintf("s3://%s/%s is larger than the %d bytes that a state may hold", bucket, key, maxObjectText),
		}
	}
	return value.NewObject(
		value.Member{Name: "Body", Value: value.String(body)},
		value.Member{Name: "ContentType", Value: value.String(aws.ToString(out.ContentType))},
		value.Member{Name: "ETag", Value: value.String(aws.ToString(out.ETag))},
	), nil
}

func location(parameters *value.Object) (bucket, key string, err error) {
	for name, target := range map[string]*string{"Bucket": &bucket, "Key": &key} {
		v, _ := parameters.Get(name)
		text, ok := v.(value.String)
		if !ok || text == "" {
			return "", "", fmt.Errorf("aws-sdk:s3 tasks need %s as a string", name)
		}
		*target = string(text)
	}
	return bucket, key, nil
}
