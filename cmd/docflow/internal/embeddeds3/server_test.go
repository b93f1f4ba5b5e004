package embeddeds3

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestObjectsRoundTrip(t *testing.T) {
	ctx := context.Background()
	server, err := Start(ctx, "documents")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	client := server.Client()
	for _, key := range []string{"plain.txt", "with space+plus%.txt", "日本語/報告書.pdf"} {
		put, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String("documents"), Key: aws.String(key), Body: strings.NewReader("body of " + key), ContentType: aws.String("text/plain"),
		})
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if put.VersionId != nil {
			t.Errorf("%s: version %s in a bucket without versions", key, *put.VersionId)
		}
		out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("documents"), Key: aws.String(key)})
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		body, err := io.ReadAll(out.Body)
		if err != nil || string(body) != "body of "+key || aws.ToString(out.ContentType) != "text/plain" {
			t.Errorf("%s: got %q (%s), %v", key, body, aws.ToString(out.ContentType), err)
		}
	}
	_, err = client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("documents"), Key: aws.String("none")})
	var missing *types.NoSuchKey
	if !errors.As(err, &missing) {
		t.Errorf("a missing key gives %v, want NoSuchKey", err)
	}
}
