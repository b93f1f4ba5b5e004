package jsonata

import "slices"

// builtins are the functions of the language by name, with the signatures of the original. Filled by init, since functions such as
// $eval refer back to it.
var builtins map[string]*builtin

type nativeFunc = func(r *run, args []any) (any, error)

func init() {
	builtins = map[string]*builtin{}
	for _, family := range []map[string]*builtin{
		stringFunctions(), numberFunctions(), arrayFunctions(), objectFunctions(), higherOrderFunctions(), dateFunctions(), dialectFunctions(),
	} {
		for name, b := range family {
			b.name = name
			builtins[name] = b
		}
	}
}

func define(signature string, arity int, call nativeFunc) *builtin {
	return &builtin{sig: mustSignature(signature), arity: arity, call: call}
}

// arg returns argument i, or undefined.
func arg(args []any, i int) any {
	if i < len(args) {
		return args[i]
	}
	return nil
}

// Functions lists the names of the functions that an expression may call in a dialect, without the $, in order.
func Functions(stepFunctions bool) []string {
	s := settings{states: stepFunctions}
	var list []string
	for name, b := range builtins {
		if s.has(b) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
