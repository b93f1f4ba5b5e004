//go:build race

package simulate_test

// raceEnabled tells that the race detector makes everything some ten times slower.
const raceEnabled = true
