package packaging

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/tasks/text"
)

// Options say what to make.
type Options struct {
	// Source is the root of a clone of docflow: where go.mod, template.yaml and cmd/lambda are.
	Source string
	// Out is the folder to write to. It is made when it does not exist.
	Out string
	// Processor is arm64 or amd64.
	Processor string
	// Step is told what is being done; may be nil.
	Step func(what string)
}

// Processors lists what Lambda runs on, as Go names it.
func Processors() []string { return []string{"arm64", "amd64"} }

// Artifact is a file that was written.
type Artifact struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// extractFunction is the function that reads PDFs.
const extractFunction = "extract"

// Make builds all functions that template.yaml names, and writes their ZIP files, the definitions and the template into
// the folder. Where the processor is that of this Linux machine, the extract function carries the compiled PDF engine,
// which saves seconds at each cold start; withEngine tells.
func Make(ctx context.Context, o Options) (artifacts []Artifact, withEngine bool, err error) {
	step := o.Step
	if step == nil {
		step = func(string) {}
	}
	if !slices.Contains(Processors(), o.Processor) {
		return nil, false, fmt.Errorf("the processor is %q; Lambda runs on %q", o.Processor, Processors())
	}
	source, err := os.ReadFile(filepath.Join(o.Source, "template.yaml"))
	if err != nil {
		return nil, false, fmt.Errorf("%w: give the root of a clone of docflow", err)
	}
	withEngine = runtime.GOOS == "linux" && runtime.GOARCH == o.Processor
	t, err := rewrite(string(source), o.Processor, withEngine)
	if err != nil {
		return nil, false, err
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return nil, false, err
	}
	work, err := os.MkdirTemp("", "docflow-package-")
	if err != nil {
		return nil, false, err
	}
	defer os.RemoveAll(work) // nothing of it is needed
	write := func(name string, data []byte) error {
		path := filepath.Join(o.Out, name)
		sum := sha256.Sum256(data)
		artifacts = append(artifacts, Artifact{Path: path, Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:])})
		return os.WriteFile(path, data, 0o644)
	}
	for _, name := range t.functions {
		step("building " + name)
		files, err := o.function(ctx, work, name)
		if err != nil {
			return nil, false, err
		}
		if name == extractFunction && withEngine {
			step("compiling the PDF engine")
			engine, err := compiledEngine(work)
			if err != nil {
				return nil, false, err
			}
			files = append(files, engine...)
		}
		data, err := archive(files)
		if err != nil {
			return nil, false, err
		}
		if err := write(name+".zip", data); err != nil {
			return nil, false, err
		}
	}
	for _, name := range t.definitions {
		data, err := os.ReadFile(filepath.Join(o.Source, filepath.FromSlash(name)))
		if err != nil {
			return nil, false, err
		}
		if err := write(filepath.Base(filepath.FromSlash(name)), data); err != nil {
			return nil, false, err
		}
	}
	return artifacts, withEngine, write("template.yaml", []byte(t.text))
}

// function builds one function: the file bootstrap, which provided.al2023 starts.
func (o Options) function(ctx context.Context, work, name string) ([]file, error) {
	binary := filepath.Join(work, name)
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=",
		"-o", binary, "./cmd/lambda/"+name)
	command.Dir = o.Source
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+o.Processor, "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build of cmd/lambda/%s: %w\n%s", name, err, strings.TrimSpace(string(out)))
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	return []file{{name: "bootstrap", data: data, mode: 0o755}}, nil
}

// compiledEngine compiles the PDF engine for this machine.
func compiledEngine(work string) ([]file, error) {
	folder := filepath.Join(work, CacheFolder)
	if err := text.WarmPDF(folder); err != nil {
		return nil, fmt.Errorf("the PDF engine: %w", err)
	}
	return below(folder, CacheFolder+"/")
}
