// Package flows describes the document pipelines in Go: the two state machines of the article that docflow grew from, the
// one that a team would deploy, and the one that does its work for many documents at once. Their definitions stand in asl/definitions.
//
// With ArticleOptions the first two equal the article's JSON, value for value. With DefaultOptions every task has a time-out,
// retriers with jitter and a cap, and catchers; text of a document reaches a model inside a fence; models and functions are
// CloudFormation substitutions.
package flows

//go:generate go run ../../cmd/docflow generate --dir ../../asl/definitions
