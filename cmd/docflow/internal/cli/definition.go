package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/docflow-asl/docflow/asl"
)

// maxDefinitionFile is far above the 1 MiB that a definition may have: the checker can still say by how much it is too large.
const maxDefinitionFile = 16 << 20

// stdinName is the name of a file that was read from standard input.
const stdinName = "<stdin>"

// readDefinition parses a file, or standard input when the name is "-".
func readDefinition(s *streams, name string) (*asl.Document, error) {
	in := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close() // only read
		in = f
	} else {
		name = stdinName
	}
	text, err := io.ReadAll(io.LimitReader(in, maxDefinitionFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > maxDefinitionFile {
		return nil, fmt.Errorf("%s: larger than %d bytes; a definition has 1,048,576 characters at most", name, maxDefinitionFile)
	}
	return asl.Parse(name, text), nil
}
