package main

import (
	"bufio"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed *.js
var scripts embed.FS

// original is the original, running under Node.
type original struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	folder string
}

// start starts the original that npm has put into a folder: as it is, or without its accidents.
func start(modules string, tame bool) (*original, error) {
	modules, err := filepath.Abs(modules)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "differential-")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(folder, scripts); err != nil {
		return nil, err
	}
	cmd := exec.Command("node", filepath.Join(folder, "original.js"), filepath.Join(modules, "node_modules", "jsonata"))
	if tame {
		cmd.Args = append(cmd.Args, "tame")
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &original{cmd, in, bufio.NewReaderSize(out, 1<<20), folder}, nil
}

func (o *original) stop() error {
	return errors.Join(o.in.Close(), o.cmd.Wait(), os.RemoveAll(o.folder))
}

// evaluate sends one line with all requests and reads one with all outcomes.
func (o *original) evaluate(requests []request) ([]outcome, error) {
	if len(requests) == 0 {
		return nil, nil
	}
	line, err := json.Marshal(requests)
	if err != nil {
		return nil, err
	}
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	answer, err := o.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("node gave no answer: %w", err)
	}
	var outcomes []outcome
	if err := json.Unmarshal(answer, &outcomes); err != nil {
		return nil, err
	}
	return outcomes, nil
}
