// Package check finds the faults of a definition in the Amazon States Language without running it and without AWS.
//
// Document (for parsed text) and Machine (for built machines) return diagnostics: what is wrong, where it stands in the text, what
// would be right, and, where AWS rejects the same, AWS's own code, words and location. File does the same
// for the definitions that package source finds in a file, and obeys docflow:ignore. WriteText, WriteJSON, WriteSARIF, WriteGitHub and
// WriteJUnit print results.
//
// What can be known of the data at every state, of variables and of what paths lead to is followed through the whole definition (flow….go)
// and given to tools by Known. Options.Input tells of the execution's input.
//
// A rule is a Rule: data, and one function. There is one file for each family of rules. What rules share (scopes, states, the results of
// the JSON Schemas, the places of paths and expressions) is computed once for each definition, in facts.go. README.md lists
// every code with an example.
package check
