package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// Server is an endpoint on loopback that the SDK's client talks to.
type Server struct {
	URL string

	mu     sync.Mutex
	tables Tables
	http   *http.Server
	ended  chan error
}

// maxRequest bounds a request: an item has at most 400 KB.
const maxRequest = 1 << 20

// Listen starts an endpoint without items. schemas are the tables that there are; without any there is a table of any name.
func Listen(schemas ...Schema) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "http://" + listener.Addr().String(), ended: make(chan error, 1), tables: Tables{Schemas: schemas}}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { s.ended <- s.http.Serve(listener) }()
	return s, nil
}

// Close stops the endpoint. What it holds is gone.
func (s *Server) Close() error {
	err := s.http.Close()
	if ended := <-s.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
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
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if err == nil {
		_, _ = io.WriteString(w, value.Text(result)) // a client that went away
		return
	}
	code := "InternalServerError"
	status := http.StatusInternalServerError
	var f *fault
	if errors.As(err, &f) {
		code, status = f.code, http.StatusBadRequest
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": err.Error()}) // as above
}
