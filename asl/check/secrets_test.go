package check

import (
	"strings"
	"testing"
)

// TestStartsOfTokens finds GitHub's two kinds of tokens and AWS's two kinds of keys: a pattern is tried only where its start stands.
func TestStartsOfTokens(t *testing.T) {
	for text, want := range map[string]string{
		"ghp_" + strings.Repeat("a1B2", 9):         "a GitHub token",
		"github_pat_" + strings.Repeat("a1B2", 20): "a GitHub token",
		"AKIA" + strings.Repeat("Q7", 8):           "an AWS access key id",
		"ASIA" + strings.Repeat("Q7", 8):           "an AWS access key id",
	} {
		if got := (secretNames{}).secretIn("x", text); got != want {
			t.Errorf("%s…: found %q, want %q", text[:12], got, want)
		}
	}
}
