package trigger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// MaxName is the longest name of an execution (Step Functions API reference,
// StartExecution).
const MaxName = 80

const (
	digestDigits = 40 // 160 bits
	maxSlug      = MaxName - digestDigits - len("-")
)

// Name returns the name of the execution for one content of an object: a readable part
// of the key, for the people who look at a list of executions, and a hash of all
// arguments. identity is the version id or what else tells the content apart.
//
// Only the readable part is cut to fit. It holds letters, digits and single hyphens of
// ASCII, since names with other characters do not work with CloudWatch.
func Name(bucket, key, identity, pipelineVersion string) string {
	h := sha256.New()
	for _, part := range []string{bucket, key, identity, pipelineVersion} {
		writePart(h, part)
	}
	digest := hex.EncodeToString(h.Sum(nil))[:digestDigits]
	if s := slug(key); s != "" {
		return s + "-" + digest
	}
	return digest
}

// writePart writes the length first, so that no two lists of parts give the same bytes.
func writePart(h hash.Hash, part string) {
	// A hash never fails to take bytes (hash.Hash).
	_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
}

// slug returns the last part of a key as letters, digits and single hyphens.
func slug(key string) string {
	key = key[strings.LastIndexByte(key, '/')+1:]
	var b strings.Builder
	for _, r := range key {
		if b.Len() == maxSlug {
			break
		}
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// Identity returns what tells one content of a key from others, given what is known of it: the version id, else the
// sequencer of its event, else the entity tag. It is empty when nothing is known.
func Identity(versionID, sequencer, eTag string) string {
	switch {
	case versionID != "":
		return "version " + versionID
	case sequencer != "":
		return "sequencer " + sequencer
	case eTag != "":
		return "etag " + strings.Trim(eTag, `"`)
	}
	return ""
}

// Again returns the identity of a content that somebody asked to have processed again. The same request asks once, however often
// it is made.
func Again(identity, request string) string { return identity + ", again: " + request }
