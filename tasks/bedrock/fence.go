package bedrock

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

const (
	fencePrefix = "document-"
	titlePrefix = "title-"
	// fenceBytes is the length of the random-looking part: 128 bits, 32 hex digits.
	fenceBytes = 16
)

// Fence returns a tag name for enclosing text, such as
// "document-3f9c0a…" with 32 hex digits. Text cannot hold its own fence: the digits are
// taken from the SHA-256 of the text, and should the text hold them all the same (in
// either case of letters), a counter is hashed in until it does not.
//
// The same text always gets the same fence, so that a retried request is the same
// request.
func Fence(text string) string {
	lower := strings.ToLower(text)
	for counter := 0; ; counter++ {
		digits := fenceDigits(text, counter)
		if !strings.Contains(lower, digits) {
			return fencePrefix + digits
		}
	}
}

func fenceDigits(text string, counter int) string {
	h := sha256.New()
	// A hash never fails to take bytes (hash.Hash).
	_, _ = h.Write([]byte(text))
	if counter > 0 {
		_, _ = h.Write([]byte("\x00" + strconv.Itoa(counter)))
	}
	return hex.EncodeToString(h.Sum(nil)[:fenceBytes])
}

// Enclose puts text between the opening and the closing form of tag, each on a line of
// its own. The tag must come from Fence for this text, or for text that includes it.
func Enclose(tag, text string) string {
	return "<" + tag + ">\n" + text + "\n</" + tag + ">"
}
