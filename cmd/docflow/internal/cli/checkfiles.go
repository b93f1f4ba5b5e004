package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/source"
)

// input is a file that is to be checked.
type input struct {
	name   string // as findings give it
	text   []byte // of standard input; other files are read when their turn comes
	named  bool   // on the command line, and not only found in a folder
	config *check.Config
}

// checkedFile is what was found in an input.
type checkedFile struct {
	results []check.Result
	config  *check.Config
	kind    source.Kind
	named   bool
	name    string
	others  []string // the files that it names as definitions
}

// skippedFolders hold what others wrote, or copies of what stands elsewhere.
var skippedFolders = map[string]bool{
	".git": true, ".hg": true, ".svn": true, "node_modules": true, "vendor": true, ".aws-sam": true, ".terraform": true, ".serverless": true, ".venv": true,
	"__pycache__": true,
}

// findInputs lists the files that the arguments name, each once.
func findInputs(s *streams, args []string, configs *configs) ([]input, error) {
	var list []input
	seen := map[string]bool{}
	add := func(in input) error {
		key := in.name
		if full, err := filepath.Abs(in.name); err == nil && in.text == nil {
			key = full
		}
		if seen[key] {
			return nil
		}
		seen[key] = true
		config, err := configs.of(in.name)
		if err != nil {
			return err
		}
		if in.config = config; !config.Excludes(in.name) {
			list = append(list, in)
		}
		return nil
	}
	for _, arg := range args {
		if arg == "-" {
			text, err := readAllOf(s.in, stdinName)
			if err != nil {
				return nil, err
			}
			if err := add(input{name: stdinName, text: text, named: true}); err != nil {
				return nil, err
			}
			continue
		}
		info, err := os.Stat(arg)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usageError{err}
		}
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			if err := add(input{name: arg, named: true}); err != nil {
				return nil, err
			}
			continue
		}
		before := len(seen)
		if err := walkFolder(arg, func(name string) error { return add(input{name: name}) }); err != nil {
			return nil, err
		}
		if len(seen) == before {
			return nil, usagef("%s: no .asl.json, .asl.yaml, .asl.yml, template or configuration in this folder", arg)
		}
	}
	return list, nil
}

// walkFolder visits the files of a folder that may hold definitions.
func walkFolder(folder string, visit func(name string) error) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path != folder && skippedFolders[entry.Name()] {
				return fs.SkipDir
			}
			return nil
		}
		switch strings.ToLower(filepath.Ext(path)) {
		case ".json", ".yaml", ".yml", ".template", ".tf":
			if entry.Type().IsRegular() {
				return visit(path)
			}
		}
		return nil
	})
}

// isDefinitionName tells whether a file's name says that it is a definition.
func isDefinitionName(name string) bool {
	for _, suffix := range []string{definitionSuffix, ".asl.yaml", ".asl.yml"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// mayHoldDefinition tells quickly whether a file that was only found in a folder is worth reading.
func mayHoldDefinition(text []byte) bool {
	for _, mark := range []string{"::StateMachine", "stepFunctions", "sfn_state_machine", "step-functions"} {
		if bytes.Contains(text, []byte(mark)) {
			return true
		}
	}
	return bytes.Contains(text, []byte("StartAt")) && bytes.Contains(text, []byte("States"))
}

// checkInputs checks the files, several at a time; the results are in the order of the files. A definition that a template names is
// judged with the template, and not once more on its own.
func checkInputs(files []input, opts check.Options) ([]checkedFile, error) {
	checked := make([]checkedFile, len(files))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, in := range files {
		group.Go(func() error {
			file, err := checkInput(in, opts)
			checked[i] = file
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	judged := map[string]bool{}
	for _, file := range checked {
		for _, name := range file.others {
			judged[name] = true
		}
	}
	kept := make([]checkedFile, 0, len(checked))
	for _, file := range checked {
		switch full, err := filepath.Abs(file.name); {
		case file.kind == source.Other && !file.named:
		case err == nil && judged[full] && len(file.others) == 0 && (file.kind == source.Plain || file.kind == source.Other):
		default:
			kept = append(kept, file)
		}
	}
	if len(kept) == 0 && len(files) > 0 && !files[0].named {
		return nil, usagef("no .asl.json, .asl.yaml or .asl.yml file in this folder, and no state machine in its templates")
	}
	return kept, nil
}

func checkInput(in input, opts check.Options) (checkedFile, error) {
	out := checkedFile{config: in.config, named: in.named || isDefinitionName(in.name), name: in.name, kind: source.Other}
	text := in.text
	if text == nil {
		var err error
		if text, err = readFile(in.name); err != nil {
			return out, err
		}
		if !out.named && !mayHoldDefinition(text) {
			return out, nil
		}
	}
	found := source.Find(in.name, text, readFile)
	out.kind = found.Kind
	if out.kind == source.Other && !out.named {
		return out, nil
	}
	if out.kind == source.Other && len(found.Definitions) == 0 {
		return out, usagef("%s: there is no state machine in this file", in.name)
	}
	out.results = check.File(found, in.config.Apply(opts))
	for _, d := range found.Definitions {
		if d.Document.Filename == in.name {
			continue
		}
		if full, err := filepath.Abs(d.Document.Filename); err == nil {
			out.others = append(out.others, full)
		}
	}
	return out, nil
}

// readFile reads a file that is not larger than any definition or template may be.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	return readAllOf(f, name)
}

func readAllOf(r io.Reader, name string) ([]byte, error) {
	var buffer bytes.Buffer
	n, err := buffer.ReadFrom(io.LimitReader(r, maxDefinitionFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if n > maxDefinitionFile {
		return nil, fmt.Errorf("%s: larger than %d bytes; a definition has 1,048,576 characters at most", name, maxDefinitionFile)
	}
	return append([]byte{}, buffer.Bytes()...), nil
}

// configs finds the configuration of files, and reads each once.
type configs struct {
	named  string // by --config
	mu     sync.Mutex
	cached map[string]*check.Config // by folder
}

// of gives the configuration for a file: the one that was named, or the nearest one upwards from the file.
func (c *configs) of(name string) (*check.Config, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cached == nil {
		c.cached = map[string]*check.Config{}
	}
	if c.named != "" {
		config := c.cached[""]
		if config == nil {
			var err error
			if config, err = readConfig(c.named); err != nil {
				return nil, err
			}
			if config == nil {
				return nil, usagef("--config: there is no file %s", c.named)
			}
			c.cached[""] = config
		}
		return config, nil
	}
	folder, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	return c.above(folder)
}

func (c *configs) above(folder string) (*check.Config, error) {
	if config := c.cached[folder]; config != nil {
		return config, nil
	}
	name := filepath.Join(folder, check.ConfigName)
	if here, err := os.Getwd(); err == nil {
		if relative, err := filepath.Rel(here, name); err == nil && filepath.IsLocal(relative) {
			name = relative // shorter in messages
		}
	}
	config, err := readConfig(name)
	if err != nil {
		return nil, err
	}
	if config == nil {
		if parent := filepath.Dir(folder); parent != folder {
			if config, err = c.above(parent); err != nil {
				return nil, err
			}
		} else {
			config = &check.Config{}
		}
	}
	c.cached[folder] = config
	return config, nil
}

// readConfig reads a configuration file; nil when there is none.
func readConfig(name string) (*check.Config, error) {
	text, err := readFile(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	config, err := check.ParseConfig(name, text)
	if err != nil {
		return nil, usageError{err}
	}
	return config, nil
}
