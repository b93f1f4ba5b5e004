package asltest

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteText prints the report as `go test` does: what failed, with its place, and a line for each file. With verbose every case
// has a line.
func (r *Report) WriteText(w io.Writer, verbose bool) error {
	var b strings.Builder
	for i := range r.Files {
		f := &r.Files[i]
		if f.Err != nil {
			fmt.Fprintf(&b, "%s\nFAIL  %s  (not run)\n", f.Err, f.Filename)
			continue
		}
		failed := 0
		for _, result := range f.Results {
			if !result.Passed() {
				failed++
				result.writeFailure(&b)
			} else if verbose {
				fmt.Fprintf(&b, "--- PASS: %s  (%s, %s)\n", result.FullName(), result.Run.Status, result.Run.Duration().Round(time.Millisecond))
			}
		}
		switch n := len(f.Results); {
		case failed > 0:
			fmt.Fprintf(&b, "FAIL  %s  (%d of %s failed)\n", f.Filename, failed, cases(n))
		case n == 0:
			fmt.Fprintf(&b, "ok    %s  (no cases to run)\n", f.Filename)
		default:
			fmt.Fprintf(&b, "ok    %s  (%s)\n", f.Filename, cases(n))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func cases(n int) string {
	if n == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", n)
}

func (r *Result) writeFailure(b *strings.Builder) {
	fmt.Fprintf(b, "--- FAIL: %s\n%s: %s\n", r.FullName(), r.Place(), strings.TrimLeft(indent(strings.Join(r.Failures, "\n")), " "))
	if r.Story != "" {
		b.WriteString(indent(r.Story) + "\n")
	}
}

// indent puts four blanks before each line.
func indent(text string) string {
	return "    " + strings.ReplaceAll(text, "\n", "\n    ")
}

// Summary is one line about the whole.
func (r *Report) Summary() string {
	passed, failed, broken := r.Counts()
	text := fmt.Sprintf("%s, %d passed, %d failed", cases(passed+failed), passed, failed)
	if broken > 0 {
		text += fmt.Sprintf(", %d files not run", broken)
	}
	return text + fmt.Sprintf(" in %v", r.Elapsed.Round(time.Millisecond))
}
