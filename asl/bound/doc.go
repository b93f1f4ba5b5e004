// Package bound computes the worst case of a definition: the longest time, the most task attempts, model calls and state transitions that
// an execution can come to, what it can cost, and the path that leads there.
//
// The tasks are adversaries. Each attempt lasts up to its time-out and then does what is worst: it succeeds, or fails with any error
// that a retrier or catcher, its own or one of the states around it, tells from others. Retriers count as they do on AWS, each for
// itself; FULL jitter takes its longest delay. A Choice goes any way. What the definition does not bound is unbounded: a task without
// TimeoutSeconds, a loop, a Map over a number of items that nobody knows. Options hold assumptions in their place.
//
// Every figure is an upper bound for itself: the path that takes longest need not be the one that costs most. Two things make it greater
// than what can happen: a branch that fails at once is reckoned to let its siblings finish their counted work, and a machine's
// TimeoutSeconds ends the time, but not the counts of what had time to happen. Errors of data (a path that finds nothing, a result that is
// too large) are no part of it: they do not come and go.
//
// # How
//
// Each States object is a graph. A state adds to the figure when control leaves it, by its Next, by a catcher, or by an error that nobody
// takes; the worst way is the longest path. A loop is cut open at its first state: the longest way around counts once for each iteration.
// Parallel and Map states ask the same of what is in them: what it takes to succeed, and what it takes to fail with each kind of error.
package bound
