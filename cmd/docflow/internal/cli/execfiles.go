package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// maxInputFile is far above what an execution's input may have: one that is too large is still told by how much.
const maxInputFile = 64 << 20

// readInput reads an execution's input: JSON text, a file, or standard input.
func readInput(s *streams, arg string) (value.Value, error) {
	if arg == "" {
		return nil, nil //nolint:nilnil // the engine's default
	}
	text, name, err := inputText(s, arg)
	if err != nil {
		return nil, err
	}
	if len(text) > maxInputFile {
		return nil, refuse(s, "%s is larger than %d bytes; %s", name, maxInputFile, inputTooLarge(len(text)))
	}
	v, err := value.Parse(strings.TrimPrefix(text, "\ufeff"))
	var syntax *value.SyntaxError
	if errors.As(err, &syntax) {
		line, column := position(text, syntax.Offset)
		return nil, refuse(s, "%s:%d:%d: the input is no JSON: %s", name, line, column, syntax.Message)
	}
	return v, err
}

// inputText finds out what --input means. What begins as JSON does is JSON; other words are files, and JSON if there is no such file.
func inputText(s *streams, arg string) (text, name string, err error) {
	name = "--input"
	if strings.HasPrefix(strings.TrimSpace(arg), "{") || strings.HasPrefix(strings.TrimSpace(arg), "[") || strings.HasPrefix(strings.TrimSpace(arg), `"`) {
		return arg, name, nil
	}
	in := s.in
	if arg == "-" {
		name = stdinName
	} else {
		path := strings.TrimPrefix(arg, "file://") // as the AWS CLI has it
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			if _, wrong := value.Parse(arg); wrong == nil {
				return arg, name, nil
			}
			return "", "", usagef("--input: there is no file %q, and it is no JSON text either", path)
		}
		if err != nil {
			return "", "", usageError{err}
		}
		defer f.Close() // only read
		in, name = f, path
	}
	data, err := io.ReadAll(io.LimitReader(in, maxInputFile+1))
	if err != nil {
		return "", "", usageError{fmt.Errorf("--input: %w", err)}
	}
	return string(data), name, nil
}

// position gives line and column, in characters, of a byte offset.
func position(text string, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	line = strings.Count(before, "\n") + 1
	return line, len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
}

// pairs reads the values of a flag of the form NAME=VALUE. ARNs have no equals sign.
func pairs(flag, form string, values []string) (map[string]string, error) {
	m := map[string]string{}
	for _, v := range values {
		name, with, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, usagef("--%s is %q; it takes %s", flag, v, form)
		}
		if _, twice := m[name]; twice {
			return nil, usagef("--%s has %s twice", flag, name)
		}
		m[name] = with
	}
	return m, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// quoted is a text as JSON, whatever is in it.
func quoted(text string) json.RawMessage { return json.RawMessage(value.Text(value.String(text))) }

// writeExecution prints an execution for programs. The history has one event a line.
func writeExecution(w io.Writer, x *engine.Execution) error {
	out := bufio.NewWriter(w)
	member := func(name, text string) { fmt.Fprintf(out, "  %q: %s,\n", name, quoted(text)) }
	out.WriteString("{\n")
	member("status", string(x.Status))
	if x.Output != nil {
		member("output", value.Text(x.Output))
	}
	if x.Error != "" {
		member("error", x.Error)
	}
	if x.Cause != "" {
		member("cause", x.Cause)
	}
	out.WriteString(`  "history": `)
	if err := writeEvents(out, x.History); err != nil {
		return err
	}
	out.WriteString("\n}\n")
	return out.Flush()
}

// writeHistory writes events into a file.
func writeHistory(filename string, events []engine.Event) error {
	f, err := os.Create(filename)
	if err != nil {
		return fmt.Errorf("--history: %w", err)
	}
	out := bufio.NewWriter(f)
	out.WriteString("{\n  \"events\": ")
	err = writeEvents(out, events)
	out.WriteString("\n}\n")
	return errors.Join(err, out.Flush(), f.Close())
}

func writeEvents(out *bufio.Writer, events []engine.Event) error {
	out.WriteString("[")
	for i, e := range events {
		text, err := e.MarshalJSON()
		if err != nil {
			return err
		}
		if i > 0 {
			out.WriteString(",")
		}
		out.WriteString("\n    ")
		out.Write(text)
	}
	if len(events) > 0 {
		out.WriteString("\n  ")
	}
	_, err := out.WriteString("]")
	return err
}
