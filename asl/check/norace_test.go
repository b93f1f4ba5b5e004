//go:build !race

package check

// raceEnabled tells that the tests run under the race detector.
const raceEnabled = false
