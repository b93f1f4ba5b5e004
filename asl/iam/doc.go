// Package iam derives the least-privilege policy that the role of a state machine needs for its definition, and compares it with what a SAM
// or CloudFormation template grants.
//
// Derive gives the policy; its statements say which states need them, and why a resource is "*" where it is known only at run time.
// Compare says what the role in a template lacks and what it has too much of.
//
// What an integration needs beside the API that it names is from AWS's pages on service integrations ("IAM policies for integrated services",
// docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html) and their pages for each service; the names of
// actions and which of them know resources are from the Service Authorization Reference.
package iam
