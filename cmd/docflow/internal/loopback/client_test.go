package loopback

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func TestClientHidesWriterTo(t *testing.T) {
	for _, body := range []io.Reader{nil, http.NoBody, bytes.NewReader([]byte("body"))} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1", body)
		if err != nil {
			t.Fatal(err)
		}
		want := request.Body
		if _, direct := want.(io.WriterTo); body != nil && !direct {
			t.Fatalf("%T is no io.WriterTo: there is nothing to hide", want)
		}
		_, err = Client(doer(func(r *http.Request) (*http.Response, error) {
			if _, direct := r.Body.(io.WriterTo); direct && r.Body != http.NoBody {
				t.Errorf("the body is sent as %T", r.Body)
			}
			if want == nil {
				return nil, nil
			}
			if got, err := io.ReadAll(r.Body); err != nil || body != http.NoBody && string(got) != "body" {
				t.Errorf("the body is %q, %v", got, err)
			}
			return nil, r.Body.Close()
		})).Do(request)
		if err != nil {
			t.Error(err)
		}
	}
}

// Without a client it is the SDK's own.
func TestClientOfNone(t *testing.T) {
	server, err := Listen(t.Context(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := Client(nil).Do(request)
	if err != nil || response.StatusCode != http.StatusTeapot {
		t.Fatal(response, err)
	}
	_ = response.Body.Close()
}
