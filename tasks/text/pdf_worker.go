package text

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
)

const workerVariable = "DOCFLOW_TEXT_WORKER"

// servesWorkers is set by ServeWorker: this executable, started again, becomes a worker.
var servesWorkers atomic.Bool

// ServeWorker belongs at the very start of a program's main function. In a process that Extract has started as a PDF
// worker it serves until its parent is gone, and never returns. In any other it returns at once, and Extract knows
// from then on that it may start this executable as a worker.
func ServeWorker() {
	if os.Getenv(workerVariable) == "" {
		servesWorkers.Store(true)
		return
	}
	os.Exit(serveWorker(os.Stdin, os.Stdout))
}

// workerHello is the first message of a worker: its engine runs, or why not.
type workerHello struct{ Failure string }

// serveWorker answers requests until its input ends.
func serveWorker(input io.Reader, output io.Writer) int {
	encoder := gob.NewEncoder(output)
	engine, err := newEngine("", false)
	if err != nil {
		// Nobody is left to tell if this fails.
		_ = encoder.Encode(workerHello{Failure: err.Error()})
		return 1
	}
	if err := encoder.Encode(workerHello{}); err != nil {
		return 1
	}
	requests := make(chan *pdfRequest)
	go func() {
		decoder := gob.NewDecoder(input)
		for {
			request := &pdfRequest{}
			if err := decoder.Decode(request); err != nil {
				// The parent is gone. End at once, also in the midst of a document.
				os.Exit(0)
			}
			requests <- request
		}
	}()
	for request := range requests {
		result, err := readGuarded(engine, request)
		if err == nil {
			err = encoder.Encode(result)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

// readGuarded reads one document; a panic is the document's fault, and the engine is not to be trusted afterwards.
func readGuarded(engine *pdfEngine, request *pdfRequest) (result *pdfResult, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the PDF reader panicked: %v", r)
		}
	}()
	// The time is the parent's to watch: it ends this process.
	return engine.read(context.Background(), request)
}

// workerProcess is the parent's side of a worker.
type workerProcess struct {
	command *exec.Cmd
	input   io.WriteCloser
	encoder *gob.Encoder
	decoder *gob.Decoder
	stderr  *tail
	end     func()
}

// startWorker starts this executable as a worker and waits until it is ready.
func startWorker(ctx context.Context, cacheDir string) (*workerProcess, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(executable)
	// Nothing of the parent's environment: it may hold credentials, and a worker reads what strangers wrote.
	command.Env = []string{workerVariable + "=1", cacheDirVariable + "=" + resolveCacheDir(cacheDir)}
	for _, name := range []string{"GOCOVERDIR", "SYSTEMROOT"} {
		if value, ok := os.LookupEnv(name); ok {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	w := &workerProcess{command: command, stderr: &tail{}}
	command.Stderr = w.stderr
	if w.input, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	w.encoder, w.decoder = gob.NewEncoder(w.input), gob.NewDecoder(output)
	w.end = sync.OnceFunc(func() {
		// A process that is gone already cannot be killed, and how it ended does not matter.
		_ = command.Process.Kill()
		_ = w.input.Close()
		_ = command.Wait()
	})
	stop := context.AfterFunc(ctx, w.kill)
	defer stop()
	var hello workerHello
	if err := w.decoder.Decode(&hello); err != nil {
		w.close()
		return nil, fmt.Errorf("the worker did not start: %w%s", err, w.stderr)
	}
	if hello.Failure != "" {
		w.close()
		return nil, errors.New(hello.Failure)
	}
	return w, nil
}

// kill ends the process but leaves the rest to close, so that a pending read sees the end of the stream.
func (w *workerProcess) kill() { _ = w.command.Process.Kill() }

func (w *workerProcess) close() { w.end() }

func (w *workerProcess) read(ctx context.Context, request *pdfRequest) (*pdfResult, error) {
	// The watchdog: whatever the worker does, it does not outlive the context.
	stop := context.AfterFunc(ctx, w.kill)
	defer stop()
	result := &pdfResult{}
	if err := w.encoder.Encode(request); err != nil {
		return nil, fmt.Errorf("%w: %w", errHostGone, err)
	}
	if err := w.decoder.Decode(result); err != nil {
		if ended := contextError(ctx); ended != nil {
			return nil, ended
		}
		// The end of the process completes its standard error, which says why.
		w.close()
		return nil, fail(CorruptDocument, "the PDF made its reader process end: %w%s", err, w.stderr)
	}
	return result, nil
}

// tail keeps the last bytes that a process wrote to its standard error.
type tail struct {
	mutex sync.Mutex
	data  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const keep = 4 << 10
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.data = append(t.data, p...)
	if len(t.data) > keep {
		t.data = bytes.Clone(t.data[len(t.data)-keep:])
	}
	return len(p), nil
}

// String returns the first line that was kept, in brackets, for use in a message.
func (t *tail) String() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if line := firstLine(strings.TrimSpace(string(t.data))); line != "" {
		return " (" + line + ")"
	}
	return ""
}
