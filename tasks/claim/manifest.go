package claim

import (
	"context"
	"strings"

	"github.com/docflow-asl/docflow/tasks/failure"
)

// Limits on what is read back, in bytes.
const (
	// MaxManifest: 10,000 pages with a warning each, and 2,000 chunks, have about 9 MB.
	MaxManifest = 16 << 20
	// MaxChunk is far above any budget of tokens that a chunk is made for.
	MaxChunk = 4 << 20
)

// ReadManifest reads and checks a manifest. document is what the request says that the
// manifest is about. Its errors are declared.
func ReadManifest(ctx context.Context, api Getter, object Object, document Document) (Manifest, error) {
	var manifest Manifest
	if object.Bucket == "" || object.Key == "" {
		return manifest, failure.New(failure.InvalidRequest, `manifest is missing or has no bucket and key; it should be the manifest that the function extract returns`)
	}
	if err := GetJSON(ctx, api, object, MaxManifest, &manifest); err != nil {
		return manifest, Failure(err, failure.ManifestNotFound)
	}
	if manifest.Document.SHA256 != document.SHA256 {
		return manifest, failure.New(failure.InvalidRequest, "%s is about a document with SHA-256 %s, the request about one with %q; both should come from one call of extract",
			object.URI(), manifest.Document.SHA256, document.SHA256)
	}
	if len(manifest.Chunks) == 0 {
		return manifest, failure.New(failure.InvalidRequest, "%s has no chunks; a document with text has at least one", object.URI())
	}
	for i, chunk := range manifest.Chunks {
		if chunk.Index != i {
			return manifest, failure.New(failure.InvalidRequest, "%s: chunks[%d].index is %d; chunks should be in order from 0", object.URI(), i, chunk.Index)
		}
	}
	return manifest, nil
}

// ReadChunk reads the text of a chunk and checks that it is what the manifest says. Its
// errors are declared.
func ReadChunk(ctx context.Context, api Getter, bucket string, chunk Chunk) (string, error) {
	object := Object{Bucket: bucket, Key: chunk.Key}
	body, err := Get(ctx, api, object, MaxChunk)
	if err != nil {
		return "", Failure(err, failure.ManifestNotFound)
	}
	if sum := SHA256(body.Data); sum != chunk.SHA256 {
		return "", failure.New(failure.InvalidRequest, "%s has SHA-256 %s; the manifest says %s: it was changed after extract wrote it",
			object.URI(), sum, chunk.SHA256)
	}
	return strings.ToValidUTF8(string(body.Data), "\uFFFD"), nil
}
