package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// Process is a function's process and the Runtime API that it talks to. A process that
// has ended gives every call a *FunctionError of the type ExitError; a new one must be
// started.
type Process struct {
	*Server
	server  *http.Server
	command *exec.Cmd
	exited  chan struct{}
}

// Start runs the executable of a function. Its environment is env and the address of the
// Runtime API, nothing else; what it writes goes to log.
func Start(ctx context.Context, executable string, env []string, log io.Writer) (*Process, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("runtime API: %w", err)
	}
	api := NewServer()
	p := &Process{
		Server:  api,
		server:  &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second},
		command: exec.Command(executable),
		exited:  make(chan struct{}),
	}
	p.command.Env = append(append([]string(nil), env...), "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String())
	p.command.Stdout, p.command.Stderr = log, log
	if err := p.command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start of the function: %w", err), listener.Close())
	}
	go func() {
		// Serve returns when Close closes the server, and has nothing to tell then.
		_ = p.server.Serve(listener)
	}()
	go func() {
		reason := "exit status 0"
		if err := p.command.Wait(); err != nil {
			reason = err.Error()
		}
		p.Stop(&FunctionError{Type: ExitError, Message: "the process ended: " + reason})
		close(p.exited)
	}()
	return p, nil
}

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Close ends the process and its Runtime API.
func (p *Process) Close() error {
	if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.exited
	return p.server.Close()
}
