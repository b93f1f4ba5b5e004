//go:build race

package ocr

// raceEnabled tells that the race detector makes everything some ten times slower.
const raceEnabled = true
