//go:build race

package lambda_test

// raceEnabled tells that the race detector makes everything some ten times slower.
const raceEnabled = true
