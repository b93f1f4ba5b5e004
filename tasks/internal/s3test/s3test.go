// Package s3test is an S3 endpoint for tests that the real client talks to, with faults
// on demand.
package s3test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Server is a running endpoint.
type Server struct {
	Client *s3.Client
	URL    string

	mu     sync.Mutex
	faults map[string]Fault
	writes []string
}

// Fault is an answer of S3 that is an error.
type Fault struct {
	Status int
	Code   string
}

// Start starts an endpoint with buckets; it ends with the test.
func Start(t testing.TB, buckets ...string) *Server {
	t.Helper()
	backend := s3mem.New()
	for _, bucket := range buckets {
		if err := backend.CreateBucket(bucket); err != nil {
			t.Fatal(err)
		}
	}
	s := &Server{faults: map[string]Fault{}}
	store := gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := r.Method + " " + r.URL.Path
		s.mu.Lock()
		fault, faulty := s.faults[call]
		if r.Method == http.MethodPut && !faulty {
			s.writes = append(s.writes, r.URL.Path)
		}
		s.mu.Unlock()
		if !faulty {
			store.ServeHTTP(w, r)
			return
		}
		// A body that nobody reads makes the client see a broken connection instead.
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Errorf("%s: %v", call, err)
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(fault.Status)
		if _, err := fmt.Fprintf(w, "<Error><Code>%s</Code><Message>as the test asked for</Message></Error>", fault.Code); err != nil {
			t.Errorf("%s: %v", call, err)
		}
	}))
	t.Cleanup(server.Close)
	s.URL = server.URL
	s.Client = s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer:     aws.NopRetryer{},
	})
	return s
}

// Fail makes calls such as "GET /bucket/key" fail from now on.
func (s *Server) Fail(call string, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[call] = fault
}

// Writes returns the paths of all writes so far, in order.
func (s *Server) Writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.writes...)
}

// Put writes an object.
func (s *Server) Put(t testing.TB, bucket, key string, data []byte) {
	t.Helper()
	_, err := s.Client.PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(data),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// PutFile writes the content of a file.
func (s *Server) PutFile(t testing.TB, bucket, key, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s.Put(t, bucket, key, data)
	return data
}

// Get returns the content and the content type of an object.
func (s *Server) Get(t testing.TB, bucket, key string) (data []byte, contentType string) {
	t.Helper()
	out, err := s.Client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	data, err = io.ReadAll(out.Body)
	if closeErr := out.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		t.Fatal(err)
	}
	return data, aws.ToString(out.ContentType)
}

// GetJSON reads an object into v.
func (s *Server) GetJSON(t testing.TB, bucket, key string, v any) {
	t.Helper()
	data, _ := s.Get(t, bucket, key)
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s/%s: %v", bucket, key, err)
	}
}

// All returns every object of a bucket below a prefix, by key.
func (s *Server) All(t testing.TB, bucket, prefix string) map[string]string {
	t.Helper()
	out := map[string]string{}
	pages := s3.NewListObjectsV2Paginator(s.Client, &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Contents {
			if key := aws.ToString(object.Key); strings.HasPrefix(key, prefix) {
				data, _ := s.Get(t, bucket, key)
				out[key] = string(data)
			}
		}
	}
	return out
}
