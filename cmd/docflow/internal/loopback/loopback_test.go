package loopback

import (
	"fmt"
	"io"
	"net/http"
	"testing"
)

func TestServer(t *testing.T) {
	s, err := Listen(t.Context(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "at ", r.URL.Path) }))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(s.URL + "/x")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "at /x" {
		t.Errorf("%q, %v", body, err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if response, err := http.Get(s.URL + "/x"); err == nil {
		t.Errorf("after the end: %s", response.Status)
		_ = response.Body.Close()
	}
}
