//go:build race

package text

// raceEnabled tells that the race detector makes everything some ten times slower.
const raceEnabled = true
