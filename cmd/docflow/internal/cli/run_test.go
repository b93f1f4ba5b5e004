package cli

import "testing"

func TestReadableCause(t *testing.T) {
	for cause, want := range map[string]string{
		"":      "",
		"plain": "plain",
		`{"errorMessage":"no text","errorType":"NoText"}`:                           "no text",
		`ExtractText failed with NoText: {"errorMessage":"a","errorType":"NoText"}`: "ExtractText failed with NoText: a",
		`not {json}`:             `not {json}`,
		`{"other":"member"}`:     `{"other":"member"}`,
		`x: {"errorMessage":""}`: `x: {"errorMessage":""}`,
	} {
		if got := readableCause(cause); got != want {
			t.Errorf("%s: got %s, want %s", cause, got, want)
		}
	}
}
