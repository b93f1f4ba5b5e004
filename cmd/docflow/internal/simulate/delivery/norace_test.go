//go:build !race

package delivery_test

// raceEnabled tells that the race detector makes everything some ten times slower.
const raceEnabled = false
