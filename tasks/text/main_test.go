package text

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMain lends the test's own executable as a PDF worker.
func TestMain(m *testing.M) {
	ServeWorker()
	code := m.Run()
	ReleasePDF()
	os.Exit(code)
}
