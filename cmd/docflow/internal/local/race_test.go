//go:build race

package local

// raceDetector tells that the tests run under the race detector.
const raceDetector = true
