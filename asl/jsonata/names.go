package jsonata

import "fmt"

// IsFunction tells whether a variable's name, without the $, is that of a function of the language or of Step Functions.
func IsFunction(name string) bool { return builtins[name] != nil }

// Arguments tells how many arguments a function takes.
type Arguments struct {
	Least int // without those that the context stands in for
	Most  int // -1: any number
}

// String puts it in words: "1 to 3 arguments".
func (a Arguments) String() string {
	noun := "arguments"
	if a.Most == 1 || a.Most < 0 && a.Least == 1 {
		noun = "argument"
	}
	switch {
	case a.Most < 0:
		return fmt.Sprintf("at least %d %s", a.Least, noun)
	case a.Least == a.Most:
		return fmt.Sprintf("%d %s", a.Most, noun)
	}
	return fmt.Sprintf("%d to %d %s", a.Least, a.Most, noun)
}

// Takes tells how many arguments a function of Step Functions' dialect takes; nil when there is none of that name.
func Takes(name string) *Arguments {
	b := builtins[name]
	if b == nil || b.plain || b.sig == nil {
		return nil
	}
	a := &Arguments{Most: len(b.sig.params)}
	for i := range b.sig.params {
		p := &b.sig.params[i]
		if p.more {
			a.Most = -1
		}
		if !p.optional && !p.context {
			a.Least++
		}
	}
	return a
}
