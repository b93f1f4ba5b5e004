package embeddeds3

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/johannesboyne/gofakes3"
)

// tagging is the body of PutObjectTagging and GetObjectTagging.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	Tags    []tag    `xml:"TagSet>Tag"`
}

type tag struct {
	Key   string
	Value string
}

// maxTags is how many tags S3 lets an object have.
const maxTags = 10

const maxTaggingBody = 64 << 10

// tags holds the tags of objects, which gofakes3 has none of: it would take the body of PutObjectTagging for the object's.
type tags struct {
	backend gofakes3.Backend
	next    http.Handler
	mu      sync.Mutex
	sets    map[string][]tag // by path
}

func withTags(backend gofakes3.Backend, next http.Handler) http.Handler {
	return &tags{backend: backend, next: next, sets: map[string][]tag{}}
}

func (t *tags) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, key, isObject := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if !isObject || key == "" {
		t.next.ServeHTTP(w, r)
		return
	}
	if !r.URL.Query().Has("tagging") {
		if r.Method == http.MethodPut || r.Method == http.MethodDelete {
			t.set(r.URL.Path, nil) // a new object has none of the old one's
		}
		t.next.ServeHTTP(w, r)
		return
	}
	if _, err := t.backend.HeadObject(bucket, key); err != nil {
		fail(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		return
	}
	switch r.Method {
	case http.MethodPut:
		var body tagging
		data, err := io.ReadAll(io.LimitReader(r.Body, maxTaggingBody))
		if err == nil {
			err = xml.Unmarshal(data, &body)
		}
		if err != nil {
			fail(w, http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed.")
			return
		}
		if len(body.Tags) > maxTags {
			fail(w, http.StatusBadRequest, "BadRequest", "Object tags cannot be greater than 10")
			return
		}
		t.set(r.URL.Path, body.Tags)
	case http.MethodGet:
		t.mu.Lock()
		body := tagging{Tags: t.sets[r.URL.Path]}
		t.mu.Unlock()
		writeXML(w, http.StatusOK, body)
	case http.MethodDelete:
		t.set(r.URL.Path, nil)
		w.WriteHeader(http.StatusNoContent)
	default:
		fail(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
}

func (t *tags) set(path string, set []tag) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(set) == 0 {
		delete(t.sets, path)
		return
	}
	t.sets[path] = set
}

func fail(w http.ResponseWriter, status int, code, message string) {
	writeXML(w, status, struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: message})
}

func writeXML(w http.ResponseWriter, status int, v any) {
	data, err := xml.Marshal(v)
	if err != nil { // of fixed types: cannot be
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client that has gone needs no answer
}
