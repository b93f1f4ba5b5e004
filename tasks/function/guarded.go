package function

import (
	"fmt"
	"runtime/debug"
)

// workPanic is the error of guarded work that panicked. What it panicked with is not kept: it can quote the data.
type workPanic struct {
	kind  string // the Go type of what it panicked with
	stack []byte
}

func (p *workPanic) Error() string { return "the work panicked (" + p.kind + ")" }

// Guarded makes a panic of work an error, with which the call ends as if its handler had panicked. It is for work in goroutines
// of their own, where nothing else can recover it: Go would end the process, and print what the panic was with.
func Guarded(work func() error) func() error {
	return func() (err error) {
		defer func() {
			if fault := recover(); fault != nil {
				err = &workPanic{fmt.Sprintf("%T", fault), debug.Stack()}
			}
		}()
		return work()
	}
}
