package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
)

// StateMachine is one that the endpoint has.
type StateMachine struct {
	Program    *engine.Program
	Definition string // its text, as DescribeStateMachine gives it
	// Options are those of its executions. What names an execution and its machine, OnEvent and StartTime are the endpoint's.
	Options engine.Options
}

// Server is a running endpoint.
type Server struct {
	*loopback.Server

	machines map[string]StateMachine // by ARN
	stop     context.CancelFunc
	running  sync.WaitGroup
	context  context.Context // of all executions

	mu         sync.Mutex
	executions map[string]*execution // by ARN
	order      []*execution          // as they were started
}

// maxRequest bounds a request: an input has at most 262,144 bytes, which JSON may write with six for one.
const maxRequest = 2 << 20

// Listen starts an endpoint with state machines, by their ARNs.
func Listen(machines map[string]StateMachine) (*Server, error) {
	s := &Server{machines: machines, executions: map[string]*execution{}}
	s.context, s.stop = context.WithCancel(context.Background())
	var err error
	s.Server, err = loopback.Listen(s.context, s)
	return s, err
}

// Close stops the endpoint and all that runs. What it holds is gone.
func (s *Server) Close() error {
	err := s.Server.Close()
	s.stop()
	s.running.Wait()
	return err
}

// targetPrefix is before the names of operations in X-Amz-Target.
const targetPrefix = "AWSStepFunctions."

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	operations := map[string]func([]byte) (any, error){
		"StartExecution":                   call(s.startExecution),
		"DescribeExecution":                call(s.describeExecution),
		"GetExecutionHistory":              call(s.getExecutionHistory),
		"ListExecutions":                   call(s.listExecutions),
		"StopExecution":                    call(s.stopExecution),
		"RedriveExecution":                 call(s.redriveExecution),
		"DescribeStateMachine":             call(s.describeStateMachine),
		"DescribeStateMachineForExecution": call(s.describeStateMachineForExecution),
	}
	do := operations[operation]
	if !ok || do == nil {
		answer(w, nil, &engine.APIError{Name: "UnknownOperationException"})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		answer(w, nil, &engine.APIError{Name: "SerializationException", Message: err.Error()})
		return
	}
	result, err := do(body)
	answer(w, result, err)
}

// call makes an operation of a function that takes its decoded request.
func call[Request any](do func(Request) (any, error)) func([]byte) (any, error) {
	return func(body []byte) (any, error) {
		var request Request
		if err := json.Unmarshal(body, &request); err != nil {
			return nil, &engine.APIError{Name: "SerializationException", Message: err.Error()}
		}
		return do(request)
	}
}

func answer(w http.ResponseWriter, result any, err error) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if err != nil {
		var fault *engine.APIError
		if !errors.As(err, &fault) {
			fault = &engine.APIError{Name: "InternalServerError", Message: err.Error()}
			w.WriteHeader(http.StatusInternalServerError)
		} else {
			w.WriteHeader(http.StatusBadRequest)
		}
		result = map[string]string{"__type": fault.Name, "message": fault.Message}
	}
	_ = json.NewEncoder(w).Encode(result) // a client that went away
}

// seconds is a time as the protocol writes it: seconds since 1970, to the millisecond.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
