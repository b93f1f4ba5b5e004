package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// BedrockInvokeModel is the resource of the optimized Bedrock integration.
const BedrockInvokeModel = "arn:aws:states:::bedrock:invokeModel"

// maxModelBody is the largest body that the Bedrock runtime takes.
const maxModelBody = 25 << 20

// Bedrock runs bedrock:invokeModel tasks: the request is Body, or the object that Input.S3Uri names; the answer is the
// result's Body, or is written to Output.S3Uri. Step Functions itself reads and writes those objects on AWS.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html
type Bedrock struct {
	Runtime *bedrockruntime.Client
	S3      *s3.Client // where Input and Output live
}

type invokeModelParameters struct {
	ModelId             string // AWS's name
	Body                value.Value
	Input, Output       *struct{ S3Uri string }
	Accept, ContentType string
	GuardrailIdentifier string
	GuardrailVersion    string
}

// Handle runs one invokeModel call.
func (b *Bedrock) Handle(ctx context.Context, call *engine.Call) (value.Value, error) {
	p, err := decodeInvokeModel(call.Input)
	if err != nil {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: err.Error()}
	}
	body := []byte(value.Text(p.Body))
	if p.Input != nil {
		if body, err = b.read(ctx, p.Input.S3Uri); err != nil {
			return nil, serviceError("Bedrock", err)
		}
	}
	in := &bedrockruntime.InvokeModelInput{
		ModelId:     aws.String(p.ModelId),
		Body:        body,
		ContentType: aws.String(orDefault(p.ContentType, "application/json")),
		Accept:      aws.String(orDefault(p.Accept, "application/json")),
	}
	if p.GuardrailIdentifier != "" {
		in.GuardrailIdentifier, in.GuardrailVersion = aws.String(p.GuardrailIdentifier), aws.String(p.GuardrailVersion)
	}
	out, err := b.Runtime.InvokeModel(ctx, in)
	if err != nil {
		return nil, serviceError("Bedrock", err)
	}
	contentType := value.Member{Name: "ContentType", Value: value.String(aws.ToString(out.ContentType))}
	if p.Output != nil {
		if err := b.write(ctx, p.Output.S3Uri, out.Body, aws.ToString(out.ContentType)); err != nil {
			return nil, serviceError("Bedrock", err)
		}
		// The shape of this reference is not documented: flows know the URI and do not read it here.
		reference := value.NewObject(value.Member{Name: "S3Uri", Value: value.String(p.Output.S3Uri)})
		return value.NewObject(value.Member{Name: "Body", Value: reference}, contentType), nil
	}
	answer, err := value.Parse(string(out.Body))
	if err != nil {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: fmt.Sprintf("the model's answer is no JSON: %v", err)}
	}
	return value.NewObject(value.Member{Name: "Body", Value: answer}, contentType), nil
}

func decodeInvokeModel(input value.Value) (*invokeModelParameters, error) {
	o, ok := input.(*value.Object)
	if !ok {
		return nil, errors.New("bedrock:invokeModel takes an object as parameters")
	}
	p := &invokeModelParameters{}
	texts := map[string]*string{
		"ModelId": &p.ModelId, "Accept": &p.Accept, "ContentType": &p.ContentType,
		"GuardrailIdentifier": &p.GuardrailIdentifier, "GuardrailVersion": &p.GuardrailVersion,
	}
	for _, m := range o.Members() {
		switch m.Name {
		case "Body":
			p.Body = m.Value
		case "Input", "Output":
			uri, err := s3URI(m)
			if err != nil {
				return nil, err
			}
			if m.Name == "Input" {
				p.Input = uri
			} else {
				p.Output = uri
			}
		case "Trace":
		default:
			target, known := texts[m.Name]
			text, isText := m.Value.(value.String)
			if !known || !isText {
				return nil, fmt.Errorf("bedrock:invokeModel does not take the parameter %s = %s", m.Name, value.Text(m.Value))
			}
			*target = string(text)
		}
	}
	switch {
	case p.ModelId == "":
		return nil, errors.New("bedrock:invokeModel needs a ModelId")
	case (p.Body == nil) == (p.Input == nil):
		return nil, errors.New("bedrock:invokeModel needs exactly one of Body and Input")
	}
	return p, nil
}

func s3URI(m value.Member) (*struct{ S3Uri string }, error) {
	if o, ok := m.Value.(*value.Object); ok {
		if uri, ok := o.Get("S3Uri"); ok {
			if text, ok := uri.(value.String); ok {
				return &struct{ S3Uri string }{string(text)}, nil
			}
		}
	}
	return nil, fmt.Errorf(`bedrock:invokeModel takes %s as {"S3Uri": "s3://bucket/key"}`, m.Name)
}

func (b *Bedrock) read(ctx context.Context, uri string) ([]byte, error) {
	bucket, key, err := splitURI(uri)
	if err != nil {
		return nil, err
	}
	out, err := b.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close() // nothing was written
	body, err := io.ReadAll(io.LimitReader(out.Body, maxModelBody+1))
	if err == nil && len(body) > maxModelBody {
		return nil, fmt.Errorf("%s is larger than the %d bytes that a model request may have", uri, maxModelBody)
	}
	return body, err
}

func (b *Bedrock) write(ctx context.Context, uri string, body []byte, contentType string) error {
	bucket, key, err := splitURI(uri)
	if err != nil {
		return err
	}
	_, err = b.S3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(body), ContentType: aws.String(contentType),
	})
	return err
}

func splitURI(uri string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(uri, "s3://")
	if ok {
		bucket, key, ok = strings.Cut(rest, "/")
	}
	if !ok || bucket == "" || key == "" {
		return "", "", fmt.Errorf("%q is not an S3 URI such as s3://bucket/key", uri)
	}
	return bucket, key, nil
}

// serviceError names a service's error as Step Functions does: the service, a dot, the exception.
func serviceError(service string, err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		name := api.ErrorCode()
		if !strings.HasSuffix(name, "Exception") {
			name += "Exception"
		}
		return &engine.TaskError{Name: service + "." + name, Cause: api.ErrorMessage()}
	}
	return &engine.TaskError{Name: service + ".SdkClientException", Cause: err.Error()}
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
