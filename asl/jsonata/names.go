package jsonata

// IsFunction tells whether a variable's name, without the $, is that of a function of the language or of Step Functions.
func IsFunction(name string) bool { return builtins[name] != nil }
