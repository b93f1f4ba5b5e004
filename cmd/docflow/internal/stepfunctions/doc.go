// Package stepfunctions is a small endpoint of AWS Step Functions on loopback: the executions of given state machines run on the
// embedded engine, and the real SDK clients of docflow's commands start, describe, follow, list, stop and redrive them.
//
// It speaks the protocol awsJson1_0 (https://docs.aws.amazon.com/step-functions/latest/apireference/Welcome.html). Of a Standard
// workflow it has StartExecution, DescribeExecution, GetExecutionHistory, ListExecutions, StopExecution, RedriveExecution,
// DescribeStateMachine and DescribeStateMachineForExecution. It checks no signature.
package stepfunctions
