package dynamodb

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
)

// Server is an endpoint on loopback that the SDK's client talks to.
type Server struct {
	*loopback.Server // Close forgets the items

	mu     sync.Mutex
	tables Tables
}

// maxRequest bounds a request: an item has at most 400 KB.
const maxRequest = 1 << 20

// Listen starts an endpoint without items. schemas are the tables that there are; without any there is a table of any name.
func Listen(schemas ...Schema) (*Server, error) {
	s := &Server{tables: Tables{Schemas: schemas}}
	var err error
	s.Server, err = loopback.Listen(context.Background(), s)
	return s, err
}

var _ engine.Handler = (*Server)(nil)

// Handle answers a task with the items that the clients see.
func (s *Server) Handle(ctx context.Context, call *engine.Call) (value.Value, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tables.Handle(ctx, call)
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		answer(w, nil, &fault{"SerializationException", err.Error()})
		return
	}
	request, err := value.Parse(string(body))
	if err != nil {
		answer(w, nil, &fault{"SerializationException", err.Error()})
		return
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if action != "" {
		action = strings.ToLower(action[:1]) + action[1:]
	}
	s.mu.Lock()
	result, err := s.tables.do(action, request)
	s.mu.Unlock()
	answer(w, result, err)
}

func answer(w http.ResponseWriter, result value.Value, err error) {
	status, body := http.StatusOK, ""
	var f *fault
	switch {
	case err == nil:
		body = value.Text(result)
	case errors.As(err, &f):
		status, body = http.StatusBadRequest, errorBody(f.code, f.message)
	default:
		status, body = http.StatusInternalServerError, errorBody("InternalServerError", err.Error())
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	// The SDK holds the body against it, and warns where it is not there.
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(body))), 10))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a client that went away
}

func errorBody(code, message string) string {
	return value.Compact(value.NewObject(
		value.Member{Name: "__type", Value: value.String("com.amazonaws.dynamodb.v20120810#" + code)},
		value.Member{Name: "message", Value: value.String(message)},
	))
}
