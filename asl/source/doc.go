// Package source finds the definitions of state machines in files: a definition on its own (JSON or YAML), a SAM or
// CloudFormation template (what the CDK writes to cdk.out included), the configuration of the Serverless Framework, and
// Terraform.
//
// Find reads one file, and the files that it names as definitions. Every definition keeps the positions of the file that it
// stands in: within a block scalar of YAML, a heredoc, or a string with escapes. What is there but cannot be read without
// running something, such as the result of a Terraform function, is told in a Note and never guessed.
package source
