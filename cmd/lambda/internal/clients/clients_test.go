package clients

import "testing"

func TestConcurrency(t *testing.T) {
	for text, want := range map[string]int{"": 0, "0": 0, "7": 7, "-1": -1, "many": -1} {
		t.Setenv(ModelConcurrency, text)
		if n, err := Concurrency(); want >= 0 && (n != want || err != nil) || want < 0 && err == nil {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
}
