// Package runtimeapi is a host for Lambda functions: it speaks the Lambda Runtime API to
// a function's process, as the Lambda service does (Lambda developer guide, "Using the
// Lambda runtime API for custom runtimes").
//
// A process asks for its next call with a request that waits, and posts the answer or the
// error of that call. Server is the API, Process the process that talks to it.
package runtimeapi

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	version = "/2018-06-01/runtime"
	// MaxAnswer is the largest answer of a call that is not streamed (Lambda developer
	// guide, "Lambda quotas": 6 MB).
	MaxAnswer = 6 << 20
)

// Headers of the API.
const (
	headerRequestID = "Lambda-Runtime-Aws-Request-Id"
	headerDeadline  = "Lambda-Runtime-Deadline-Ms"
	headerFunction  = "Lambda-Runtime-Invoked-Function-Arn"
	headerTrace     = "Lambda-Runtime-Trace-Id"
	headerErrorType = "Lambda-Runtime-Function-Error-Type"
	headerXRayCause = "Lambda-Runtime-Function-Xray-Error-Cause"
)

// Call is one call of a function.
type Call struct {
	Payload     []byte
	Deadline    time.Time
	FunctionARN string
	TraceID     string // may be empty
	RequestID   string // empty: a new one
}

// Answer is what a function answered.
type Answer struct {
	Payload     []byte
	ContentType string
}

// FunctionError is an error that a function reported, or that the host reports for it
// under the names that Lambda uses.
type FunctionError struct {
	Type       string          `json:"errorType"`
	Message    string          `json:"errorMessage"`
	StackTrace json.RawMessage `json:"stackTrace,omitempty"`
	// XRayCause is what the function sent beside the error for its trace.
	XRayCause string `json:"-"`
}

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// The errors that the host itself reports.
const (
	TimedOut       = "Sandbox.Timedout"
	ExitError      = "Runtime.ExitError"
	AnswerTooLarge = "Function.ResponseSizeTooLarge"
)

// Server is the Runtime API. It is an http.Handler.
type Server struct {
	// waiting has no buffer: a call is handed over only to a process that asks for one,
	// which is the one sign that a process is idle.
	waiting chan *pending
	mux     *http.ServeMux
	// polled is closed by the first process that asks for a call.
	polled     chan struct{}
	polledOnce sync.Once

	mu      sync.Mutex
	running map[string]*pending
	stopped chan struct{} // closed when there is no process any more
	why     *FunctionError
}

type pending struct {
	call Call
	done chan outcome // holds one
}

type outcome struct {
	answer Answer
	err    error
}

// NewServer returns a Runtime API without calls.
func NewServer() *Server {
	s := &Server{
		waiting: make(chan *pending), mux: http.NewServeMux(),
		running: map[string]*pending{}, stopped: make(chan struct{}), polled: make(chan struct{}),
	}
	s.mux.HandleFunc("GET "+version+"/invocation/next", s.next)
	s.mux.HandleFunc("POST "+version+"/invocation/{id}/response", s.response)
	s.mux.HandleFunc("POST "+version+"/invocation/{id}/error", s.error)
	s.mux.HandleFunc("POST "+version+"/init/error", s.initError)
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Invoke makes one call and waits for its end. An error of the function is a
// *FunctionError; so is the end of the time, after which the process should be ended, as
// Lambda does: it may still work on the call.
func (s *Server) Invoke(ctx context.Context, call Call) (Answer, error) {
	if call.RequestID == "" {
		call.RequestID = newRequestID()
	}
	ctx, cancel := context.WithDeadlineCause(ctx, call.Deadline, &FunctionError{
		Type: TimedOut, Message: fmt.Sprintf("RequestId: %s Error: the call did not end before %s", call.RequestID, call.Deadline.UTC().Format(time.RFC3339Nano)),
	})
	defer cancel()
	p := &pending{call: call, done: make(chan outcome, 1)}
	s.mu.Lock()
	if _, taken := s.running[call.RequestID]; taken {
		s.mu.Unlock()
		return Answer{}, fmt.Errorf("the request id %s is that of a call that runs", call.RequestID)
	}
	s.running[call.RequestID] = p
	s.mu.Unlock()
	defer s.forget(call.RequestID)

	select {
	case s.waiting <- p:
	case <-s.stopped:
		return Answer{}, s.why
	case <-ctx.Done():
		return Answer{}, context.Cause(ctx)
	}
	select {
	case out := <-p.done:
		return out.answer, out.err
	case <-ctx.Done():
		return Answer{}, context.Cause(ctx)
	}
}

// Stop ends all calls with an error, those that run and those that will come: the process
// is gone. Only the first reason counts.
func (s *Server) Stop(why *FunctionError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why != nil {
		return
	}
	s.why = why
	close(s.stopped)
	for _, p := range s.running {
		p.finish(outcome{err: why})
	}
}

// finish keeps the first outcome only.
func (p *pending) finish(out outcome) bool {
	select {
	case p.done <- out:
		return true
	default:
		return false
	}
}

func (s *Server) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, id)
}

func (s *Server) find(id string) *pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running[id]
}

// Polled is closed when a process has asked for a call: it has started.
func (s *Server) Polled() <-chan struct{} { return s.polled }

func (s *Server) next(w http.ResponseWriter, r *http.Request) {
	s.polledOnce.Do(func() { close(s.polled) })
	var p *pending
	select {
	case p = <-s.waiting:
	case <-r.Context().Done():
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set(headerRequestID, p.call.RequestID)
	h.Set(headerDeadline, strconv.FormatInt(p.call.Deadline.UnixMilli(), 10))
	h.Set(headerFunction, p.call.FunctionARN)
	if p.call.TraceID != "" {
		h.Set(headerTrace, p.call.TraceID)
	}
	if _, err := w.Write(p.call.Payload); err != nil {
		p.finish(outcome{err: &FunctionError{Type: ExitError, Message: "the process went away before it had its call: " + err.Error()}})
	}
}

func (s *Server) response(w http.ResponseWriter, r *http.Request) {
	payload, ok := read(w, r)
	out := outcome{answer: Answer{Payload: payload, ContentType: r.Header.Get("Content-Type")}}
	if !ok {
		out = outcome{err: &FunctionError{Type: AnswerTooLarge, Message: fmt.Sprintf("the answer has more than %d bytes", MaxAnswer)}}
		s.end(nil, r, out)
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the answer is too large")
		return
	}
	// A function that streams reports an error in its trailers.
	if kind := r.Trailer.Get(headerErrorType); kind != "" {
		out = outcome{err: &FunctionError{Type: kind, Message: "the function failed while it wrote its answer"}}
	}
	s.end(w, r, out)
}

func (s *Server) error(w http.ResponseWriter, r *http.Request) {
	fault, ok := readError(w, r)
	if !ok {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the error is too large")
		return
	}
	s.end(w, r, outcome{err: fault})
}

func (s *Server) initError(w http.ResponseWriter, r *http.Request) {
	fault, ok := readError(w, r)
	if !ok {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the error is too large")
		return
	}
	s.Stop(fault)
	accept(w)
}

// end finishes a call and tells the process so. w is nil when it is told something else.
func (s *Server) end(w http.ResponseWriter, r *http.Request, out outcome) {
	p := s.find(r.PathValue("id"))
	finished := p != nil && p.finish(out)
	switch {
	case w == nil:
	case finished:
		accept(w)
	default:
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "there is no call with this request id, or it has ended")
	}
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	// A process that does not wait for the confirmation has lost nothing.
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(&FunctionError{Type: kind, Message: message})
}

// read reads a body of at most MaxAnswer bytes.
func read(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxAnswer))
	return data, err == nil
}

func readError(w http.ResponseWriter, r *http.Request) (*FunctionError, bool) {
	data, ok := read(w, r)
	if !ok {
		return nil, false
	}
	var fault FunctionError
	if err := json.Unmarshal(data, &fault); err != nil {
		fault = FunctionError{Message: "the function reported an error that is not JSON"}
	}
	if fault.Type == "" {
		fault.Type = r.Header.Get(headerErrorType)
	}
	fault.XRayCause = r.Header.Get(headerXRayCause)
	return &fault, true
}

// newRequestID returns a random UUID (version 4).
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// IsTimeout tells whether a call ended because its time did.
func IsTimeout(err error) bool {
	var fault *FunctionError
	return errors.As(err, &fault) && fault.Type == TimedOut
}
