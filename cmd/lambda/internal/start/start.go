// Package start starts the process of a Lambda function: its log, its metrics, its trace, and what Lambda is told when the
// function cannot work.
package start

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/metrics"
	"github.com/docflow-asl/docflow/tasks/trace"
)

// Environment variables. Lambda sets the last three: the levels and formats of "Configuring advanced logging controls for Lambda
// functions" and the address of "Using AWS Lambda environment variables" of the AWS Lambda developer guide.
const (
	// PipelineName is the dimension of all metrics. Without it there are none.
	PipelineName = "PIPELINE_NAME"
	// LogDocuments, if it is "true", puts keys of documents, messages of errors, and with the level DEBUG what functions are
	// asked and answer into the log. Whoever reads the log may read the documents then.
	LogDocuments = "LOG_DOCUMENTS"

	logLevel     = "AWS_LAMBDA_LOG_LEVEL"
	runtimeAPI   = "AWS_LAMBDA_RUNTIME_API"
	xrayDaemon   = "AWS_XRAY_DAEMON_ADDRESS"
	exitInit     = 1
	initDeadline = time.Second // to tell Lambda
)

// Process is what a function is made with.
type Process struct {
	Log      *slog.Logger
	Observer *function.Observer
}

// Run makes the handler and answers calls with it, for as long as the process lives. When it cannot be made, Lambda is told why.
func Run(handler func(context.Context, Process) (lambda.Handler, error)) {
	logger := NewLogger(os.Stdout, os.Getenv)
	// aws-lambda-go and other libraries write to the standard log.
	log.SetFlags(0)
	log.SetOutput(standardLog{logger})
	made, err := newHandler(context.Background(), logger, handler)
	if err != nil {
		logger.Error("the function cannot start", "errorType", InitError, "errorDetail", err.Error())
		if err := reportInit(os.Getenv(runtimeAPI), err); err != nil {
			logger.Error("Lambda cannot be told", "errorDetail", err.Error())
		}
		os.Exit(exitInit)
	}
	lambda.Start(made)
}

func newHandler(ctx context.Context, logger *slog.Logger, handler func(context.Context, Process) (lambda.Handler, error)) (lambda.Handler, error) {
	process := Process{Log: logger, Observer: &function.Observer{}}
	if name := os.Getenv(PipelineName); name != "" {
		process.Observer.Metrics = metrics.NewEmitter(os.Stdout, name, levelName(level(os.Getenv(logLevel))))
	}
	if address := os.Getenv(xrayDaemon); address != "" {
		tracer, err := trace.New(address)
		if err != nil {
			logger.Warn("there will be no traces", "errorDetail", err.Error()) // no reason to refuse work
		}
		process.Observer.Trace = tracer
	}
	return handler(ctx, process)
}

// InitError is the type of the error that Lambda is told of. The Runtime API recommends that form, and this example of it
// (AWS Lambda developer guide, "Initialization error").
const InitError = "Runtime.ConfigInvalid"

// reportInit tells Lambda that the function cannot start: whoever calls it gets that error, rather than that a process ended.
func reportInit(api string, fault error) error {
	body, err := json.Marshal(map[string]any{"errorType": InitError, "errorMessage": fault.Error(), "stackTrace": []string{}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), initDeadline)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+api+"/2018-06-01/runtime/init/error", strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Lambda-Runtime-Function-Error-Type", InitError)
	response, err := (&http.Client{Transport: &http.Transport{}}).Do(request) // no proxy stands between
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("the Runtime API answered %s", response.Status)
	}
	return nil
}

// Levels that slog has not, as far from its own as those are from each other.
const (
	levelTrace = slog.LevelDebug - 4
	levelFatal = slog.LevelError + 4
)

var levels = map[string]slog.Level{
	"TRACE": levelTrace, "DEBUG": slog.LevelDebug, "INFO": slog.LevelInfo, "WARN": slog.LevelWarn, "ERROR": slog.LevelError, "FATAL": levelFatal,
}

// level reads the level of the log. Lambda's own default is INFO.
func level(name string) slog.Level {
	if l, ok := levels[name]; ok {
		return l
	}
	return slog.LevelInfo
}

func levelName(l slog.Level) string {
	for name, other := range levels {
		if l == other {
			return name
		}
	}
	return l.String()
}

// NewLogger returns the log of a function: one JSON object a line, with the members by which Lambda merges lines of an
// application with its own: timestamp, level, message, requestId. Lambda drops lines below the level that is set; they are not
// even made.
func NewLogger(w io.Writer, getenv func(string) string) *slog.Logger {
	handler := slog.Handler(slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: level(getenv(logLevel)),
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if l, ok := a.Value.Any().(slog.Level); ok && len(groups) == 0 && a.Key == slog.LevelKey {
				return slog.String(slog.LevelKey, levelName(l))
			}
			return lambdacontext.ReplaceAttr(groups, a)
		},
	}))
	if version := lambdacontext.FunctionVersion; version != "" {
		handler = handler.WithAttrs([]slog.Attr{slog.String("functionVersion", version)})
	}
	handler = inCall{handler}
	if getenv(LogDocuments) == "true" {
		handler = function.Reveal(handler)
	}
	return slog.New(handler)
}

// inCall adds which call a line belongs to.
type inCall struct{ slog.Handler }

func (h inCall) Handle(ctx context.Context, record slog.Record) error {
	if call, ok := lambdacontext.FromContext(ctx); ok {
		record.AddAttrs(slog.String("requestId", call.AwsRequestID))
	}
	if root := trace.FromContext(ctx).Root; root != "" {
		record.AddAttrs(slog.String("traceId", root))
	}
	return h.Handler.Handle(ctx, record)
}

func (h inCall) WithAttrs(attrs []slog.Attr) slog.Handler { return inCall{h.Handler.WithAttrs(attrs)} }

func (h inCall) WithGroup(name string) slog.Handler { return inCall{h.Handler.WithGroup(name)} }

// standardLog takes what libraries write to the standard log. aws-lambda-go writes every error of a function there, with its
// message, which is Private, and which the function has logged itself; a JSON object is such a line.
type standardLog struct{ log *slog.Logger }

// ofTheRuntime begin the lines of aws-lambda-go that have nothing of a call in them (lambda/*.go).
var ofTheRuntime = []string{
	"calling the handler function resulted in a panic", "failed to ", "unexpected error occurred", "expected AWS Lambda environment variables",
}

func (w standardLog) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if strings.HasPrefix(text, "{") {
		return len(line), nil
	}
	for _, beginning := range ofTheRuntime {
		if strings.HasPrefix(text, beginning) {
			w.log.Error(text)
			return len(line), nil
		}
	}
	w.log.Warn("a library writes to the log", "bytes", len(line), function.Private("text", text))
	return len(line), nil
}
