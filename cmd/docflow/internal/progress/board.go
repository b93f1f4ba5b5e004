// Package progress shows on a terminal what every running document's execution is doing: one line a document with the states
// that are active, how many are done, retries, and the time.
//
// The drawing is mpb's (Unlicense): it knows terminals, widths and concurrent lines.
package progress

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Board is the whole display. A Board that is not live shows nothing.
type Board struct {
	container *mpb.Progress
}

// NewBoard makes a board that draws on w, if live.
func NewBoard(w io.Writer, live bool) *Board {
	if !live {
		return &Board{}
	}
	return &Board{container: mpb.New(mpb.WithOutput(w), mpb.WithAutoRefresh())}
}

// Wait draws the last state of the board; no line may be used afterwards.
func (b *Board) Wait() {
	if b.container != nil {
		b.container.Wait()
	}
}

// Line is one document's line. Its methods may be called from any goroutine.
type Line struct {
	bar *mpb.Bar

	mu      sync.Mutex
	active  []string
	done    int
	retries int
	note    string
}

// Add starts a document's line; the line shows the states as they come.
func (b *Board) Add(name string) *Line {
	l := &Line{}
	if b.container == nil {
		return l
	}
	l.bar = b.container.New(0, mpb.SpinnerStyle(),
		mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR)),
		mpb.AppendDecorators(
			decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace),
			decor.Any(func(decor.Statistics) string { return " " + l.Text() }),
		),
	)
	return l
}

// Entered notes that a state has become active.
func (l *Line) Entered(state string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active = append(l.active, state)
}

// Exited notes that a state is done.
func (l *Line) Exited(state string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.active, state); i >= 0 {
		l.active = slices.Delete(l.active, i, i+1)
	}
	l.done++
}

// Retried notes that a state's task failed and is tried again.
func (l *Line) Retried() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retries++
}

// Finish ends the line with a last word, such as the execution's status.
func (l *Line) Finish(note string) {
	l.mu.Lock()
	l.active, l.note = nil, note
	l.mu.Unlock()
	if l.bar != nil {
		l.bar.SetTotal(-1, true)
	}
}

// Text is what the line says at the moment.
func (l *Line) Text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var parts []string
	if l.note != "" {
		parts = append(parts, l.note)
	}
	if len(l.active) > 0 {
		parts = append(parts, summarize(l.active))
	}
	parts = append(parts, plural(l.done, "state")+" done")
	if l.retries > 0 {
		parts = append(parts, plural(l.retries, "retry"))
	}
	return strings.Join(parts, " · ")
}

// summarize lists each active state once, with how often it is active.
func summarize(active []string) string {
	var names []string
	count := map[string]int{}
	for _, name := range active {
		if count[name] == 0 {
			names = append(names, name)
		}
		count[name]++
	}
	for i, name := range names {
		if count[name] > 1 {
			names[i] = fmt.Sprintf("%s ×%d", name, count[name])
		}
	}
	return strings.Join(names, ", ")
}

func plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
