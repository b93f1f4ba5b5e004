package start_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/runtimeapi"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/start"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/metrics"
)

// asFunction makes a process of this test's executable a function that misbehaves as it is told.
const asFunction = "DOCFLOW_TEST_FUNCTION"

func TestMain(m *testing.M) {
	switch os.Getenv(asFunction) {
	case "":
		os.Exit(m.Run())
	case "broken":
		start.Run(func(context.Context, start.Process) (lambda.Handler, error) {
			return nil, errors.New("the environment variable X is not set")
		})
	default:
		start.Run(func(_ context.Context, p start.Process) (lambda.Handler, error) { return misbehaving(p), nil })
	}
}

// secret must be nowhere.
const secret = "the secret nightingale"

func misbehaving(p start.Process) lambda.Handler {
	return function.Task[string, string]{
		Name: "misbehaving", Log: p.Log, Observer: p.Observer, Errors: failure.NewTable(nil, []string{failure.StorageUnavailable}),
		Decode: func(payload []byte) (string, error) {
			return function.DecodeJSON[string](payload, "a text")
		},
		Attributes: func(string) []slog.Attr {
			return []slog.Attr{slog.String("execution", "run-1"), function.Private("key", secret)}
		},
		Handle: misbehave,
		Measure: func(c function.Call[string, string]) []metrics.Metric {
			return []metrics.Metric{{Name: metrics.Pages, Unit: metrics.Count, Value: 1}}
		},
	}
}

func misbehave(ctx context.Context, how string) (string, error) {
	switch how {
	case "panic":
		panic(secret)
	case "nil pointer":
		var nobody *bytes.Buffer
		nobody.WriteString(secret)
	case "exit":
		os.Exit(3)
	case "crash":
		done := make(chan struct{})
		go func() {
			defer close(done)
			var list []int
			_ = list[len(how)] // in a goroutine that nobody recovers
		}()
		<-done
		select {}
	case "hang":
		select {}
	case "wait":
		<-ctx.Done()
		return "", failure.New(failure.StorageUnavailable, "%s: %v", secret, ctx.Err())
	case "fail":
		return "", failure.New(failure.StorageUnavailable, "%s", secret)
	case "library":
		log.Printf("parsing of %q", secret)
	}
	return "did " + how, nil
}

func run(t *testing.T, env ...string) (*runtimeapi.Process, *runtimeapi.Log) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := &runtimeapi.Log{}
	if !slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, asFunction) }) {
		env = append(env, asFunction+"=misbehaving")
	}
	process, err := runtimeapi.Start(t.Context(), executable, append(env, "AWS_LAMBDA_FUNCTION_VERSION=7", start.PipelineName+"=prod"), out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("output:\n%s", out)
		}
	})
	return process, out
}

func call(p *runtimeapi.Process, how string, within time.Duration) (string, error) {
	answer, err := p.Invoke(context.Background(), runtimeapi.Call{
		Payload: []byte(fmt.Sprintf("%q", how)), Deadline: time.Now().Add(within), RequestID: "request-" + how,
		FunctionARN: "arn:aws:lambda:us-east-1:123456789012:function:f", TraceID: "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
	})
	return string(answer.Payload), err
}

// How a function ends is what a state machine sees. Errors of its code have declared names; a function that ends without an
// answer has one of the names of Lambda, after which builder.RetryLambdaCrash tries once more.
func TestMisbehaviour(t *testing.T) {
	const soon = 5 * time.Second
	for how, c := range map[string]struct {
		within time.Duration
		want   string
		lives  bool // and answers the next call
	}{
		"panic":       {soon, failure.Unexpected, false},
		"nil pointer": {soon, failure.Unexpected, false},
		"exit":        {soon, runtimeapi.ExitError, false},
		"crash":       {soon, runtimeapi.ExitError, false},
		"hang":        {time.Second, runtimeapi.TimedOut, false},
		"wait":        {function.AnswerMargin + 200*time.Millisecond, failure.StorageUnavailable, true},
		"fail":        {soon, failure.StorageUnavailable, true},
		"library":     {soon, "", true},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			process, out := run(t)
			_, err := call(process, how, c.within)
			var fault *runtimeapi.FunctionError
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v", err)
			case c.want != "" && (!errors.As(err, &fault) || fault.Type != c.want):
				t.Fatalf("got %v, want %s", err, c.want)
			}
			crashed := c.want == runtimeapi.ExitError || c.want == runtimeapi.TimedOut
			if slices.Contains(builder.LambdaCrashes(), c.want) != crashed {
				t.Errorf("the flows' retriers take %s for a crash: %v", c.want, !crashed)
			}
			if fault != nil && fault.XRayCause != "" && !strings.Contains(fault.XRayCause, `"type":"`+c.want+`"`) {
				t.Errorf("the trace is told %s", fault.XRayCause)
			}
			if how != "hang" {
				answer, err := call(process, "again", soon)
				if lives := err == nil && answer == `"did again"`; lives != c.lives {
					t.Errorf("the next call: %s, %v", answer, err)
				}
			}
			if err := process.Close(); err != nil { // the output is complete then
				t.Fatal(err)
			}
			if strings.Contains(out.String(), "nightingale") {
				t.Errorf("the output tells what is private")
			}
			if fault != nil && fault.Type == failure.Unexpected && strings.Contains(fault.Message+fault.XRayCause, "nightingale") {
				t.Errorf("the error tells what the panic was about: %v", fault)
			}
		})
	}
}

// Every line but the Go runtime's own is JSON, with the members that Lambda looks for, and says which call it belongs to.
func TestLines(t *testing.T) {
	process, out := run(t)
	for _, how := range []string{"work", "fail", "library", "work again"} {
		_, _ = call(process, how, 5*time.Second)
	}
	if err := process.Close(); err != nil {
		t.Fatal(err)
	}
	var messages []string
	for line := range strings.Lines(out.String()) {
		var l struct {
			Timestamp, Level, Message, RequestID, TraceID, FunctionVersion, Function, Execution, ErrorType string
			ColdStart                                                                                      *bool
			AWS                                                                                            any `json:"_aws"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if _, err := time.Parse(time.RFC3339, l.Timestamp); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		switch {
		case l.AWS != nil:
			messages = append(messages, "metrics")
			if l.RequestID == "" || l.Execution != "run-1" {
				t.Errorf("metrics of no call: %s", line)
			}
			continue
		case l.FunctionVersion != "7" || l.Level == "" || l.Message == "":
			t.Errorf("a member is missing: %s", line)
		}
		messages = append(messages, l.Message)
		if l.Message != "done" && l.Message != "failed" {
			continue
		}
		if l.TraceID != "1-5bef4de7-ad49b0e87f6ef6c87fc2e700" || !strings.HasPrefix(l.RequestID, "request-") || l.Function != "misbehaving" || l.Execution != "run-1" {
			t.Errorf("not told which call: %s", line)
		}
		if l.ColdStart == nil || *l.ColdStart != (l.RequestID == "request-work") {
			t.Errorf("coldStart is %v: %s", l.ColdStart, line)
		}
	}
	want := []string{"metrics", "done", "metrics", "failed", "a library writes to the log", "metrics", "done", "metrics", "done"}
	if !slices.Equal(messages, want) {
		t.Errorf("got %q, want %q", messages, want)
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[string]string{
		"": "IWE", "TRACE": "TDIWE", "DEBUG": "DIWE", "INFO": "IWE", "WARN": "WE", "ERROR": "E", "FATAL": "", "nonsense": "IWE",
	} {
		var out bytes.Buffer
		logger := start.NewLogger(&out, func(name string) string { return map[string]string{"AWS_LAMBDA_LOG_LEVEL": level}[name] })
		for name, l := range map[string]slog.Level{"T": -8, "D": slog.LevelDebug, "I": slog.LevelInfo, "W": slog.LevelWarn, "E": slog.LevelError} {
			out.Reset()
			logger.Log(t.Context(), l, "x")
			if (out.Len() > 0) != strings.Contains(want, name) {
				t.Errorf("level %q: a line of %s is %q", level, name, out.String())
			}
			if name == "T" && out.Len() > 0 && !strings.Contains(out.String(), `"level":"TRACE"`) {
				t.Errorf("a line of the level TRACE is %s", out.String())
			}
		}
	}
}

// Only whoever sets LOG_DOCUMENTS sees what is private.
func TestLogDocuments(t *testing.T) {
	for setting, shown := range map[string]bool{"": false, "false": false, "1": false, "true": true} {
		process, out := run(t, start.LogDocuments+"="+setting, "AWS_LAMBDA_LOG_LEVEL=DEBUG")
		for _, how := range []string{"fail", "library"} {
			_, _ = call(process, how, 5*time.Second)
		}
		if err := process.Close(); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{`"key":"` + secret, `"errorMessage":"` + secret, `"payload":"\"library\""`, `"payload":"\"did library\""`, `"text":"parsing of`} {
			if strings.Contains(out.String(), part) != shown {
				t.Errorf("LOG_DOCUMENTS=%s: %s is in the log: %v", setting, part, !shown)
			}
		}
	}
}

// Metrics have the level that the log is set to, so that Lambda does not drop them.
func TestMetricsPassEveryLevel(t *testing.T) {
	for level, want := range map[string]string{"": "INFO", "ERROR": "ERROR", "FATAL": "FATAL"} {
		process, out := run(t, "AWS_LAMBDA_LOG_LEVEL="+level)
		if _, err := call(process, "work", 5*time.Second); err != nil {
			t.Fatal(err)
		}
		if err := process.Close(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), `"Pages":1,"Pipeline":"prod"`) || !strings.Contains(out.String(), `"level":"`+want+`"`) {
			t.Errorf("level %q: %s", level, out)
		}
	}
}

// A function that cannot start says so to Lambda, and in the log.
func TestInitError(t *testing.T) {
	process, out := run(t, asFunction+"=broken")
	_, err := call(process, "anything", 5*time.Second)
	var fault *runtimeapi.FunctionError
	if !errors.As(err, &fault) || fault.Type != start.InitError || fault.Message != "the environment variable X is not set" {
		t.Errorf("got %v", err)
	}
	<-process.Exited()
	if !strings.Contains(out.String(), `"errorDetail":"the environment variable X is not set"`) {
		t.Errorf("the log says %s", out)
	}
}

// The trace goes to the daemon that Lambda names; an address that is none is no reason not to work.
func TestTrace(t *testing.T) {
	daemon, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = daemon.Close() }()
	for _, address := range []string{daemon.LocalAddr().String(), "nonsense"} {
		process, _ := run(t, "AWS_XRAY_DAEMON_ADDRESS="+address)
		if answer, err := call(process, "work", 5*time.Second); err != nil || answer != `"did work"` {
			t.Errorf("%s: got %s, %v", address, answer, err)
		}
	}
	buffer := make([]byte, 64<<10)
	if err := daemon.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, _, err := daemon.ReadFrom(buffer)
	if err != nil {
		t.Fatal(err)
	}
	got := string(buffer[:n])
	for _, part := range []string{`"trace_id":"1-5bef4de7-ad49b0e87f6ef6c87fc2e700"`, `"parent_id":"9a9197af755a6419"`, `"execution":"run-1"`, `"coldStart":true`} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
	if strings.Contains(got, "nightingale") {
		t.Errorf("the trace tells what is private: %s", got)
	}
}
