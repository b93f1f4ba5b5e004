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
