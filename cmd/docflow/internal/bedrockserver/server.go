// Package bedrockserver is an embedded Amazon Bedrock runtime endpoint on loopback: the
// real SDK clients of the flows' tasks talk to it, so that no task has a second code path
// for running on a laptop. Who answers is a Completer: the offline model, or a forwarder
// to another server.
//
// It speaks InvokeModel for Anthropic models and Converse. It refuses what AWS refuses,
// in AWS's words where they are known, and checks no signatures.
package bedrockserver

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// MaxBodyBytes is the largest body that InvokeModel takes (API reference: body, maximum
// length 25000000).
const MaxBodyBytes = 25_000_000

// Completer answers requests. Errors that are an *Exception or a *bedrock.RequestError
// reach the client as such; others as InternalServerException.
type Completer interface {
	Complete(ctx context.Context, request bedrock.Request, modelID string) (bedrock.Response, error)
}

// Options says how the endpoint behaves.
type Options struct {
	// Completer answers. Required.
	Completer Completer
	// Strict refuses what depends on the day and the account too: models at end of life,
	// and ids of models that need an inference profile. Without it every model of the
	// table is answered by all its ids, so that old definitions run as they are.
	Strict bool
	// Today is the day by which Strict judges. Nil: the clock.
	Today func() time.Time
	// Before is called before each request is answered. An error that it returns is sent
	// instead: tests inject faults with it (see FailFirst).
	Before func(Call) error
}

// Call is one request, as Options.Before sees it.
type Call struct {
	Number    int // from 1
	Operation string
	ModelID   string // as the client sent it
	// Guardrail is the id and the version of the one that InvokeModel asks for, with a colon between; none is there.
	Guardrail string
}

// FailFirst returns a hook for Options.Before that fails the first n calls.
func FailFirst(n int, exception string) func(Call) error {
	return func(c Call) error {
		if c.Number > n {
			return nil
		}
		return &Exception{exception, fmt.Sprintf("injected fault %d of %d", c.Number, n)}
	}
}

// Handler is the endpoint as an http.Handler.
type Handler struct {
	options Options
	calls   atomic.Int64
}

// New returns the endpoint.
func New(options Options) *Handler {
	if options.Today == nil {
		options.Today = time.Now
	}
	return &Handler{options: options}
}

// ServeHTTP answers POST /model/{id or ARN, escaped}/{operation}.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("x-amzn-RequestId", requestID())
	body, header, err := h.serve(w, r)
	if err != nil {
		writeException(w, asException(err))
		return
	}
	for name, value := range header {
		w.Header().Set(name, value)
	}
	writeJSON(w, http.StatusOK, body)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) (body any, header map[string]string, err error) {
	// A web page must not be able to spend the user's tokens through a forwarder. SDKs
	// send no Origin.
	if r.Header.Get("Origin") != "" {
		return nil, nil, &Exception{AccessDenied, "docflow's embedded Bedrock endpoint does not answer web pages"}
	}
	id, operation, err := readPath(r)
	if err != nil {
		return nil, nil, err
	}
	model, err := h.findModel(id)
	if err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBodyBytes))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, nil, &Exception{Validation, fmt.Sprintf(
				"1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to %d", MaxBodyBytes)}
		}
		return nil, nil, &Exception{Validation, "the request body could not be read: " + err.Error()}
	}
	request, err := operation.decode(data, model)
	if err != nil {
		return nil, nil, err
	}
	if err := checkForModel(request, model); err != nil {
		return nil, nil, err
	}
	if before := h.options.Before; before != nil {
		call := Call{Number: int(h.calls.Add(1)), Operation: operation.name, ModelID: id}
		if guardrail := r.Header.Get("X-Amzn-Bedrock-GuardrailIdentifier"); guardrail != "" {
			call.Guardrail = guardrail + ":" + r.Header.Get("X-Amzn-Bedrock-GuardrailVersion")
		}
		if err := before(call); err != nil {
			return nil, nil, err
		}
	}
	start := time.Now()
	response, err := h.options.Completer.Complete(r.Context(), request, id)
	if err != nil {
		return nil, nil, err
	}
	latency := time.Since(start).Milliseconds()
	return operation.encode(response, latency), map[string]string{
		"X-Amzn-Bedrock-Input-Token-Count":  strconv.Itoa(response.Usage.InputTokens),
		"X-Amzn-Bedrock-Output-Token-Count": strconv.Itoa(response.Usage.OutputTokens),
		"X-Amzn-Bedrock-Invocation-Latency": strconv.FormatInt(latency, 10),
	}, nil
}

// operation is one way to call a model.
type operation struct {
	name   string
	decode func([]byte, bedrock.Model) (bedrock.Request, error)
	encode func(bedrock.Response, int64) any
}

var operations = map[string]operation{
	"invoke":   {"InvokeModel", decodeInvoke, func(r bedrock.Response, _ int64) any { return r }},
	"converse": {"Converse", decodeConverse, encodeConverse},
}

// readPath takes the model id and the operation out of the path. It reads the escaped
// path, because the id may be an ARN with slashes in it.
func readPath(r *http.Request) (id string, op operation, err error) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), "/model/")
	slash := strings.LastIndexByte(rest, '/')
	if !ok || slash < 0 {
		return "", op, &Exception{unknownOperation, fmt.Sprintf("no operation has the path %s; there are /model/{id}/invoke and /model/{id}/converse", r.URL.Path)}
	}
	op, ok = operations[rest[slash+1:]]
	if !ok || r.Method != http.MethodPost {
		return "", op, &Exception{unknownOperation, fmt.Sprintf("%s …/%s is not answered by docflow's embedded endpoint; POST …/invoke and POST …/converse are", r.Method, rest[slash+1:])}
	}
	if id, err = url.PathUnescape(rest[:slash]); err != nil {
		return "", op, &Exception{Validation, "The provided model identifier is invalid."}
	}
	return id, op, nil
}

func (h *Handler) findModel(id string) (bedrock.Model, error) {
	model, geography, err := bedrock.Lookup(id)
	if err != nil {
		return model, &Exception{Validation, "The provided model identifier is invalid."}
	}
	if !h.options.Strict {
		return model, nil
	}
	if bedrock.Status(model, h.options.Today()) == bedrock.EndOfLife {
		return model, &Exception{ResourceNotFound, "This model version has reached the end of its life. Please refer to the AWS documentation for more details."}
	}
	if geography == "" && model.NeedsProfile {
		return model, &Exception{Validation, fmt.Sprintf(
			"Invocation of model ID %s with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.", model.ID)}
	}
	return model, nil
}

// checkForModel refuses what is right in form but wrong for the model.
func checkForModel(r bedrock.Request, m bedrock.Model) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if r.MaxTokens > m.MaxOutputTokens {
		return &Exception{Validation, fmt.Sprintf("max_tokens: %d > %d, which is the maximum allowed number of output tokens for %s",
			r.MaxTokens, m.MaxOutputTokens, strings.TrimPrefix(m.ID, "anthropic."))}
	}
	if m.RejectsSampling {
		switch {
		case r.Temperature != nil:
			return deprecated("temperature")
		case r.TopP != nil:
			return deprecated("top_p")
		case r.TopK != nil:
			return deprecated("top_k")
		}
	}
	return nil
}

func deprecated(field string) error {
	return &Exception{Validation, fmt.Sprintf("`%s` is deprecated for this model.", field)}
}

// errorTypeSuffix follows the name in the header as AWS sends it; clients cut it off.
const errorTypeSuffix = ":http://internal.amazon.com/coral/com.amazon.bedrock/"

func writeException(w http.ResponseWriter, e *Exception) {
	status, known := statusOf[e.Type]
	if !known {
		status = http.StatusInternalServerError
	}
	w.Header().Set("x-amzn-ErrorType", e.Type+errorTypeSuffix)
	writeJSON(w, status, map[string]string{"message": e.Message})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client is gone when this fails: there is nobody to tell.
	_ = json.NewEncoder(w).Encode(body)
}

func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// Listen starts the endpoint on a free port of 127.0.0.1. Its URL is what the SDK client takes as its base endpoint.
func Listen(options Options) (*loopback.Server, error) {
	s, err := loopback.Listen(context.Background(), New(options))
	if err != nil {
		return nil, fmt.Errorf("the embedded Bedrock endpoint cannot listen on loopback: %w", err)
	}
	return s, nil
}
