package runtimeapi_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docflow-asl/docflow/cmd/lambda/internal/runtimeapi"
)

const function = "arn:aws:lambda:us-east-1:123456789012:function:extract"

// worker is a function's process, played by the test.
type worker struct {
	t   *testing.T
	url string
}

func (w worker) next() (id string, header http.Header, payload string) {
	w.t.Helper()
	response, err := http.Get(w.url + "/2018-06-01/runtime/invocation/next")
	if err != nil {
		w.t.Error(err)
		return "", nil, ""
	}
	body, err := io.ReadAll(response.Body)
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil || response.StatusCode != http.StatusOK {
		w.t.Errorf("next: %s, %v", response.Status, err)
	}
	return response.Header.Get("Lambda-Runtime-Aws-Request-Id"), response.Header, string(body)
}

// post returns the status and the body.
func (w worker) post(path, body string, header ...string) (int, string) {
	w.t.Helper()
	request, err := http.NewRequest(http.MethodPost, w.url+"/2018-06-01/runtime/"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Error(err)
		return 0, ""
	}
	answer, err := io.ReadAll(response.Body)
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		w.t.Error(err)
	}
	return response.StatusCode, string(answer)
}

func start(t *testing.T) (*runtimeapi.Server, worker) {
	t.Helper()
	api := runtimeapi.NewServer()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return api, worker{t, server.URL}
}

func soon() time.Time { return time.Now().Add(time.Minute) }

func TestAnswer(t *testing.T) {
	api, worker := start(t)
	deadline := soon()
	done := make(chan struct{})
	go func() {
		defer close(done)
		id, header, payload := worker.next()
		want := map[string]string{
			"Lambda-Runtime-Aws-Request-Id": "call-1", "Lambda-Runtime-Invoked-Function-Arn": function, "Lambda-Runtime-Trace-Id": "Root=1-a",
			"Lambda-Runtime-Deadline-Ms": strconv.FormatInt(deadline.UnixMilli(), 10),
		}
		for name, value := range want {
			if header.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, header.Get(name), value)
			}
		}
		if payload != `{"a":1}` {
			t.Errorf("the payload is %s", payload)
		}
		if status, body := worker.post("invocation/"+id+"/response", `{"b":2}`); status != http.StatusAccepted || body != `{"status":"OK"}` {
			t.Errorf("got %d %s", status, body)
		}
		if status, body := worker.post("invocation/"+id+"/response", `again`); status != http.StatusBadRequest || !strings.Contains(body, "InvalidRequestID") {
			t.Errorf("a second answer to the same call: %d %s", status, body)
		}
	}()
	answer, err := api.Invoke(context.Background(), runtimeapi.Call{Payload: []byte(`{"a":1}`), Deadline: deadline, FunctionARN: function, TraceID: "Root=1-a", RequestID: "call-1"})
	if err != nil || string(answer.Payload) != `{"b":2}` || answer.ContentType != "application/json" {
		t.Errorf("got %+v, %v", answer, err)
	}
	<-done
}

func TestErrors(t *testing.T) {
	cases := []struct {
		name          string
		path, body    string
		header        []string
		kind, message string
		status        int
	}{
		{"declared", "error", `{"errorType":"NoText","errorMessage":"no text","stackTrace":[]}`, nil, "NoText", "no text", http.StatusAccepted},
		{"type in the header", "error", `{"errorMessage":"no text"}`, []string{"Lambda-Runtime-Function-Error-Type", "Function.X"}, "Function.X", "no text", http.StatusAccepted},
		{"not JSON", "error", `oops`, []string{"Lambda-Runtime-Function-Error-Type", "Function.X"}, "Function.X", "not JSON", http.StatusAccepted},
		{"answer too large", "response", strings.Repeat("x", runtimeapi.MaxAnswer+1), nil, runtimeapi.AnswerTooLarge, "6291456", http.StatusRequestEntityTooLarge},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			api, worker := start(t)
			done := make(chan struct{})
			go func() {
				defer close(done)
				id, _, _ := worker.next()
				if status, _ := worker.post("invocation/"+id+"/"+c.path, c.body, c.header...); status != c.status {
					t.Errorf("the status is %d, want %d", status, c.status)
				}
			}()
			_, err := api.Invoke(context.Background(), runtimeapi.Call{Deadline: soon()})
			var fault *runtimeapi.FunctionError
			if !errors.As(err, &fault) || fault.Type != c.kind || !strings.Contains(fault.Message, c.message) {
				t.Errorf("got %v, want %s: %s", err, c.kind, c.message)
			}
			<-done
		})
	}
}

func TestInitErrorEndsCallsThatWaitAndCallsToCome(t *testing.T) {
	api, worker := start(t)
	first := make(chan error, 1)
	go func() {
		_, err := api.Invoke(context.Background(), runtimeapi.Call{Deadline: soon()})
		first <- err
	}()
	if status, _ := worker.post("init/error", `{"errorType":"Runtime.NoSetting","errorMessage":"RESULTS_BUCKET is not set"}`); status != http.StatusAccepted {
		t.Errorf("the status is %d", status)
	}
	_, second := api.Invoke(context.Background(), runtimeapi.Call{Deadline: soon()})
	for _, err := range []error{<-first, second} {
		if err == nil || err.Error() != "Runtime.NoSetting: RESULTS_BUCKET is not set" {
			t.Errorf("got %v", err)
		}
	}
}

func TestTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time is the bubble's own
		api := runtimeapi.NewServer()
		_, err := api.Invoke(context.Background(), runtimeapi.Call{Deadline: time.Now().Add(time.Minute)})
		if !runtimeapi.IsTimeout(err) {
			t.Errorf("no process asked: got %v", err)
		}
		next := httptest.NewRecorder()
		served := make(chan struct{})
		go func() {
			defer close(served)
			api.ServeHTTP(next, httptest.NewRequest(http.MethodGet, "/2018-06-01/runtime/invocation/next", nil))
		}()
		_, err = api.Invoke(context.Background(), runtimeapi.Call{Deadline: time.Now().Add(time.Minute)})
		if !runtimeapi.IsTimeout(err) {
			t.Errorf("no answer came: got %v", err)
		}
		<-served
		id := next.Header().Get("Lambda-Runtime-Aws-Request-Id")
		late := httptest.NewRecorder()
		api.ServeHTTP(late, httptest.NewRequest(http.MethodPost, "/2018-06-01/runtime/invocation/"+id+"/response", strings.NewReader("late")))
		if id == "" || late.Code != http.StatusBadRequest {
			t.Errorf("a late answer to %q: %d", id, late.Code)
		}
	})
}

func TestCallerGoesAway(t *testing.T) {
	api, _ := start(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := api.Invoke(ctx, runtimeapi.Call{Deadline: soon()}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCallsGoToProcessesThatAsk(t *testing.T) {
	api, worker := start(t)
	const calls = 20
	answers := make(chan error, calls)
	for range calls {
		go func() {
			answer, err := api.Invoke(context.Background(), runtimeapi.Call{Payload: []byte(`x`), Deadline: soon()})
			if err == nil && string(answer.Payload) != "x!" {
				err = errors.New("got " + string(answer.Payload))
			}
			answers <- err
		}()
	}
	for range 4 { // processes
		go func() {
			for range calls / 4 {
				id, _, payload := worker.next()
				worker.post("invocation/"+id+"/response", payload+"!")
			}
		}()
	}
	for range calls {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
}

func TestUnknownCallsAndPaths(t *testing.T) {
	_, worker := start(t)
	for path, want := range map[string]int{
		"invocation/none/response": http.StatusBadRequest, "invocation/none/error": http.StatusBadRequest, "elsewhere": http.StatusNotFound,
	} {
		if status, _ := worker.post(path, `{}`); status != want {
			t.Errorf("%s: got %d, want %d", path, status, want)
		}
	}
}

func TestRequestIDsDiffer(t *testing.T) {
	api, worker := start(t)
	seen := map[string]bool{}
	for range 3 {
		done := make(chan string, 1)
		go func() {
			id, _, _ := worker.next()
			worker.post("invocation/"+id+"/response", id)
			done <- id
		}()
		answer, err := api.Invoke(context.Background(), runtimeapi.Call{Deadline: soon()})
		if id := <-done; err != nil || !bytes.Equal(answer.Payload, []byte(id)) || len(id) != 36 || seen[id] {
			t.Errorf("got %s, %v", answer.Payload, err)
		}
		seen[string(answer.Payload)] = true
	}
}
