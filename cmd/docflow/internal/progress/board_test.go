package progress

import (
	"bytes"
	"strings"
	"testing"
)

func TestLineText(t *testing.T) {
	l := NewBoard(nil, false).Add("report.pdf")
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "0 states done"},
		{func() { l.Entered("ExtractText") }, "ExtractText · 0 states done"},
		{func() { l.Exited("ExtractText") }, "1 state done"},
		{func() { l.Entered("AnalyzeChunks"); l.Entered("AnalyzeContent"); l.Entered("AnalyzeContent") }, "AnalyzeChunks, AnalyzeContent ×2 · 1 state done"},
		{func() { l.Retried() }, "AnalyzeChunks, AnalyzeContent ×2 · 1 state done · 1 retry"},
		{func() { l.Exited("AnalyzeContent") }, "AnalyzeChunks, AnalyzeContent · 2 states done · 1 retry"},
		{func() { l.Finish("SUCCEEDED") }, "SUCCEEDED · 2 states done · 1 retry"},
	} {
		step.do()
		if got := l.Text(); got != step.want {
			t.Errorf("got %q, want %q", got, step.want)
		}
	}
}

func TestLiveBoardDrawsEveryLine(t *testing.T) {
	var out bytes.Buffer
	board := NewBoard(&out, true)
	for _, name := range []string{"a.pdf", "報告書.pdf"} {
		l := board.Add(name)
		l.Entered("ExtractText")
		l.Exited("ExtractText")
		l.Finish("SUCCEEDED")
	}
	board.Wait()
	if got := out.String(); !strings.Contains(got, "a.pdf") || !strings.Contains(got, "報告書.pdf") || !strings.Contains(got, "SUCCEEDED · 1 state done") {
		t.Errorf("drawn: %q", got)
	}
}
