// Package lsp is a language server for definitions in the Amazon States Language: the protocol glue around asl/assist, which knows the
// language. It speaks the Language Server Protocol over one stream, such as stdin and stdout.
//
// The messages' types and their JSON are those of go.lsp.dev/protocol, generated from the protocol's own meta-model; the connection is
// that of github.com/sourcegraph/jsonrpc2. The framing is read here, since what it accepts must have a limit.
package lsp
