package mapdata

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// Objects is the object storage that Maps read from and write to: S3, or something that stands for it.
//
// Failures are *StorageError where S3 has a code for them (NoSuchBucket, NoSuchKey, AccessDenied and so on make them).
type Objects interface {
	// Get opens an object. The caller closes its body.
	Get(ctx context.Context, ref ObjectRef) (*Object, error)
	// List gives the objects of a bucket whose keys begin with prefix, in the order of ListObjectsV2: by the UTF-8 bytes of the
	// whole keys. An error is the last that it gives.
	List(ctx context.Context, in ListInput) iter.Seq2[ObjectInfo, error]
	// Put writes a whole object, or nothing. The body is an io.ReadSeeker, as an S3 client asks for, in every call of this package.
	Put(ctx context.Context, bucket, key string, body io.Reader) error
}

// ObjectRef names an object, or a version of it.
type ObjectRef struct {
	Bucket, Key         string
	VersionID           string // "": the current one
	ExpectedBucketOwner string // an account's number; "": any
}

// ListInput says what to list.
type ListInput struct {
	Bucket, Prefix      string
	ExpectedBucketOwner string
}

// ObjectInfo is what a listing says of an object.
type ObjectInfo struct {
	Key          string
	ETag         string // in quotation marks, as S3 gives it
	Size         int64
	LastModified time.Time
	StorageClass string // "": STANDARD
}

// Object is an object opened for reading.
type Object struct {
	ObjectInfo
	Body io.ReadCloser
}

// The codes of StorageError that this package makes; implementations may use any other code of S3's.
const (
	CodeNoSuchBucket  = "NoSuchBucket"
	CodeNoSuchKey     = "NoSuchKey"
	CodeNoSuchVersion = "NoSuchVersion"
	CodeAccessDenied  = "AccessDenied"
)

// StorageError is a failure of the storage with S3's error code, message and HTTP status.
type StorageError struct {
	Code        string
	Message     string
	Status      int
	Bucket, Key string
	Err         error // may be nil
}

// Error gives the text that AWS's SDK makes of an S3 failure, without its request ids, then the place and the reason.
func (e *StorageError) Error() string {
	text := fmt.Sprintf("%s (Service: Amazon S3; Status Code: %d; Error Code: %s): %s", e.Message, e.Status, e.Code, URI(e.Bucket, e.Key))
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns what is behind the failure.
func (e *StorageError) Unwrap() error { return e.Err }

// NoSuchBucket says that a bucket does not exist.
func NoSuchBucket(bucket string) *StorageError {
	return &StorageError{Code: CodeNoSuchBucket, Message: "The specified bucket does not exist", Status: 404, Bucket: bucket}
}

// NoSuchKey says that a bucket has no object of that key.
func NoSuchKey(bucket, key string) *StorageError {
	return &StorageError{Code: CodeNoSuchKey, Message: "The specified key does not exist.", Status: 404, Bucket: bucket, Key: key}
}

// NoSuchVersion says that an object has no version of that id.
func NoSuchVersion(bucket, key string) *StorageError {
	return &StorageError{Code: CodeNoSuchVersion, Message: "The specified version does not exist.", Status: 404, Bucket: bucket, Key: key}
}

// AccessDenied says that the caller may not do what it asked for; err, the reason, may be nil.
func AccessDenied(bucket, key string, err error) *StorageError {
	return &StorageError{Code: CodeAccessDenied, Message: "Access Denied", Status: 403, Bucket: bucket, Key: key, Err: err}
}

// URI is the S3 URI of an object, or of a bucket when key is empty: what AWS was recorded to show as Map.Item.Source. (The
// documentation writes S3:// in capitals.)
func URI(bucket, key string) string {
	if key == "" {
		return "s3://" + bucket
	}
	return "s3://" + bucket + "/" + key
}

// ParseURI splits the S3 URI of an object into its bucket and key.
func ParseURI(uri string) (bucket, key string, ok bool) {
	scheme, rest, found := strings.Cut(uri, "://")
	if !found || !strings.EqualFold(scheme, "s3") {
		return "", "", false
	}
	bucket, key, _ = strings.Cut(rest, "/")
	return bucket, key, bucket != "" && key != ""
}
