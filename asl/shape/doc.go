// Package shape describes JSON values before they exist: what a checker can know of a state's input, of a variable or of a task's
// result without running anything. A Shape stands for a set of values. Operations err on the side of larger sets: what a Shape says is
// true of every value that may be there, and what nobody can know is Any, of which nothing is ever reported.
//
// A Shape knows which JSON types a value may have; of objects, members that are always or sometimes there, and whether
// others may be; of arrays, what the items are, one by one where their number is known; of scalars, the few values that they may
// have. It also remembers where it was made and what it took the place of, so that a message can say where a value went.
//
// Shapes are immutable and may be shared between goroutines. They are a lattice: Join is the least upper bound as far as that is kept,
// Never is the bottom and Any the top; Widen bounds what grows, so that a loop over Shapes comes to an end.
package shape
