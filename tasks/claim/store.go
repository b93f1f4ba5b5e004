package claim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// Getter is the part of the S3 client that reads.
type Getter interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Putter is the part of the S3 client that writes.
type Putter interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// S3API is what a task that reads and writes needs of the S3 client.
type S3API interface {
	Getter
	Putter
}

// Content types of what the pipeline writes.
const (
	TypeText = "text/plain; charset=utf-8"
	TypeJSON = "application/json"
)

// MaxKey is the longest key of S3, in bytes of UTF-8 (Amazon S3 user guide, "Naming
// Amazon S3 objects").
const MaxKey = 1024

// Body is an object that was read.
type Body struct {
	Data      []byte
	ETag      string // without its quotes
	VersionID string // empty in a bucket without versions
}

// Get reads an object of at most limit bytes. Its errors are *StorageError.
func Get(ctx context.Context, api Getter, object Object, limit int64) (Body, error) {
	in := &s3.GetObjectInput{Bucket: aws.String(object.Bucket), Key: aws.String(object.Key)}
	if object.VersionID != "" {
		in.VersionId = aws.String(object.VersionID)
	}
	out, err := api.GetObject(ctx, in)
	if err != nil {
		return Body{}, newStorageError("read", object, err)
	}
	data, err := readAll(out, limit)
	if closeErr := out.Body.Close(); err == nil {
		err = closeErr
	}
	var large *tooLarge
	if errors.As(err, &large) {
		return Body{}, &StorageError{Kind: TooLarge, Op: "read", Object: object, cause: err}
	}
	if err != nil {
		return Body{}, newStorageError("read", object, err)
	}
	return Body{
		Data:      data,
		ETag:      strings.Trim(aws.ToString(out.ETag), `"`),
		VersionID: RealVersion(aws.ToString(out.VersionId)),
	}, nil
}

// tooLarge is the error of an object beyond its limit.
type tooLarge struct{ size, limit int64 }

func (e *tooLarge) Error() string {
	if e.size > 0 {
		return fmt.Sprintf("it has %d bytes; the limit is %d", e.size, e.limit)
	}
	return fmt.Sprintf("it has more than %d bytes, which is the limit", e.limit)
}

// readAll reads a body. The limit holds for the declared length, so that nothing is read
// of an object that says it is too large, and again for what comes.
func readAll(out *s3.GetObjectOutput, limit int64) ([]byte, error) {
	size := aws.ToInt64(out.ContentLength)
	if size > limit {
		return nil, &tooLarge{size, limit}
	}
	var buffer bytes.Buffer
	buffer.Grow(int(size) + bytes.MinRead)
	n, err := buffer.ReadFrom(io.LimitReader(out.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, &tooLarge{0, limit}
	}
	return buffer.Bytes(), nil
}

// GetJSON reads an object of at most limit bytes of JSON into v.
func GetJSON(ctx context.Context, api Getter, object Object, limit int64, v any) error {
	body, err := Get(ctx, api, object, limit)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body.Data, v); err != nil {
		return &StorageError{Kind: Malformed, Op: "read", Object: object, cause: err}
	}
	return nil
}

// Put writes an object. Its errors are *StorageError.
func Put(ctx context.Context, api Putter, object Object, contentType string, data []byte) error {
	return put(ctx, api, object, &s3.PutObjectInput{ContentType: aws.String(contentType), Body: bytes.NewReader(data)})
}

// PutNew writes an object that is not there yet. When it is, it stays as it is, and created is false. Its errors are
// *StorageError.
func PutNew(ctx context.Context, api Putter, object Object, contentType string, data []byte) (created bool, err error) {
	// Amazon S3 user guide, "How to prevent object overwrites with conditional writes".
	err = put(ctx, api, object, &s3.PutObjectInput{ContentType: aws.String(contentType), Body: bytes.NewReader(data), IfNoneMatch: aws.String("*")})
	var storage *StorageError
	if errors.As(err, &storage) && storage.Kind == Exists {
		return false, nil
	}
	return err == nil, err
}

func put(ctx context.Context, api Putter, object Object, in *s3.PutObjectInput) error {
	if len(object.Key) > MaxKey {
		return &StorageError{
			Kind: Refused, Op: "write", Object: object,
			cause: fmt.Errorf("the key has %d bytes; the limit of S3 is %d", len(object.Key), MaxKey),
		}
	}
	in.Bucket, in.Key = aws.String(object.Bucket), aws.String(object.Key)
	if _, err := api.PutObject(ctx, in); err != nil {
		return newStorageError("write", object, err)
	}
	return nil
}

// JSON returns v as indented JSON: people read these objects.
func JSON(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, failure.New(failure.Unexpected, "%T cannot be written as JSON: %v", v, err)
	}
	return append(data, '\n'), nil
}

// PutJSON writes v as JSON.
func PutJSON(ctx context.Context, api Putter, object Object, v any) error {
	data, err := JSON(v)
	if err != nil {
		return err
	}
	return Put(ctx, api, object, TypeJSON, data)
}

// RealVersion returns id, or "" for "null": that is how S3 names the version of an
// object that was written while its bucket kept no versions, and the next write to the
// key replaces it under the same name. It identifies nothing.
func RealVersion(id string) string {
	if id == "null" {
		return ""
	}
	return id
}
