package integration

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
)

// Objects is what distributed Maps read their items from and write their results to: S3, through the real client.
type Objects struct {
	Client *s3.Client
}

var _ mapdata.Objects = Objects{}

// Get opens an object.
func (o Objects) Get(ctx context.Context, ref mapdata.ObjectRef) (*mapdata.Object, error) {
	out, err := o.Client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &ref.Bucket, Key: &ref.Key, VersionId: optional(ref.VersionID), ExpectedBucketOwner: optional(ref.ExpectedBucketOwner),
	})
	if err != nil {
		return nil, storageError(err, ref.Bucket, ref.Key)
	}
	return &mapdata.Object{
		ObjectInfo: mapdata.ObjectInfo{
			Key: ref.Key, ETag: aws.ToString(out.ETag), Size: aws.ToInt64(out.ContentLength), LastModified: aws.ToTime(out.LastModified),
			StorageClass: string(out.StorageClass),
		},
		Body: out.Body,
	}, nil
}

// List gives the objects of a bucket.
func (o Objects) List(ctx context.Context, in mapdata.ListInput) iter.Seq2[mapdata.ObjectInfo, error] {
	return func(yield func(mapdata.ObjectInfo, error) bool) {
		pages := s3.NewListObjectsV2Paginator(o.Client, &s3.ListObjectsV2Input{
			Bucket: &in.Bucket, Prefix: optional(in.Prefix), ExpectedBucketOwner: optional(in.ExpectedBucketOwner),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(mapdata.ObjectInfo{}, storageError(err, in.Bucket, ""))
				return
			}
			for _, object := range page.Contents {
				info := mapdata.ObjectInfo{
					Key: aws.ToString(object.Key), ETag: aws.ToString(object.ETag), Size: aws.ToInt64(object.Size),
					LastModified: aws.ToTime(object.LastModified), StorageClass: string(object.StorageClass),
				}
				if !yield(info, nil) {
					return
				}
			}
		}
	}
}

// Put writes an object.
func (o Objects) Put(ctx context.Context, bucket, key string, body io.Reader) error {
	_, err := o.Client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: body})
	return storageError(err, bucket, key)
}

// storageError gives S3's answer as package mapdata reads it.
func storageError(err error, bucket, key string) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	status := 0
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	return &mapdata.StorageError{Code: api.ErrorCode(), Message: api.ErrorMessage(), Status: status, Bucket: bucket, Key: key, Err: err}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
