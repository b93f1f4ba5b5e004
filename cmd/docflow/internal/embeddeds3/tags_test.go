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
	"github.com/aws/smithy-go"
)

func TestTagsOfObjects(t *testing.T) {
	ctx := context.Background()
	server, err := Start(ctx, "documents")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	client := server.Client()
	bucket, key := aws.String("documents"), aws.String("in/報告 1+2%.pdf")
	put := func() {
		t.Helper()
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("text")}); err != nil {
			t.Fatal(err)
		}
	}
	tags := func() []types.Tag {
		t.Helper()
		out, err := client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		return out.TagSet
	}
	put()
	if got := tags(); len(got) > 0 {
		t.Errorf("a new object has the tags %v", got)
	}
	set := types.Tagging{TagSet: []types.Tag{{Key: aws.String("docflow-status"), Value: aws.String("quarantined")}}}
	if _, err := client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: bucket, Key: key, Tagging: &set}); err != nil {
		t.Fatal(err)
	}
	if got := tags(); len(got) != 1 || *got[0].Key != "docflow-status" || *got[0].Value != "quarantined" {
		t.Errorf("the tags are %v", got)
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(out.Body); err != nil || string(body) != "text" {
		t.Errorf("tagging changed the object to %q, %v", body, err)
	}
	if _, err := client.DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: bucket, Key: key}); err != nil || len(tags()) > 0 {
		t.Errorf("after deletion: %v, %v", tags(), err)
	}
	if _, err := client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: bucket, Key: key, Tagging: &set}); err != nil {
		t.Fatal(err)
	}
	if put(); len(tags()) > 0 {
		t.Error("a new object has the tags of the old one")
	}
	var api smithy.APIError
	_, err = client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: bucket, Key: aws.String("none"), Tagging: &set})
	if !errors.As(err, &api) || api.ErrorCode() != "NoSuchKey" {
		t.Errorf("tags of nothing: %v", err)
	}
}
