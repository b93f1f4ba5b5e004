// Package embeddeds3 is an S3 endpoint on loopback that keeps its objects in memory. The Lambda handlers' real S3 clients
// talk to it, so that `docflow run` has no second code path for local work.
//
// The protocol is gofakes3's (MIT): put, get, range, multipart, conditional, copy and versioning work. It has no checksum
// checks and no event notifications; tags of objects are kept beside it. Buckets have no versions, so that what is deleted is gone from memory.
package embeddeds3

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Region is the region that the embedded endpoints say they are in.
const Region = "us-east-1"

// Server is a running endpoint.
type Server struct{ *loopback.Server }

// Start listens on a free loopback port and makes the buckets.
func Start(ctx context.Context, buckets ...string) (*Server, error) {
	backend := s3mem.New()
	for _, name := range buckets {
		if err := backend.CreateBucket(name); err != nil {
			return nil, fmt.Errorf("embedded S3: bucket %s: %w", name, err)
		}
	}
	served, err := loopback.Listen(ctx, withTags(backend, withoutVersions(gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0), gofakes3.WithoutVersioning()).Server())))
	if err != nil {
		return nil, fmt.Errorf("embedded S3: %w", err)
	}
	return &Server{served}, nil
}

// Client is a real S3 client whose endpoint is this server.
func (s *Server) Client() *s3.Client {
	return s3.New(s3.Options{
		HTTPClient:   loopback.Client(nil),
		Region:       Region,
		BaseEndpoint: aws.String(s.URL),
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider("docflow", "embedded", ""),
		Retryer:      aws.NopRetryer{}, // the state machine is the one that retries
	})
}

// withoutVersions drops the version id that gofakes3 answers a PutObject with even where buckets have no versions; a client
// would take it for one that it can ask for. Such an answer has no body: its header is sent when the handler returns.
func withoutVersions(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		w.Header().Del("X-Amz-Version-Id")
	})
}
