package text

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// extractPDF hands the document to a PDF host and takes over what it found.
func extractPDF(ctx context.Context, src *source, doc *Document) error {
	result, err := pdfHosts.read(ctx, &pdfRequest{
		Data:     src.data,
		Password: src.password,
		Pages:    src.pages,
		Limits:   src.limits,
		CacheDir: src.cacheDir,
	})
	if err != nil {
		return err
	}
	if result.Failure != nil {
		return result.Failure
	}
	doc.Metadata = result.Metadata
	doc.Pages = result.Pages
	doc.Warnings = append(doc.Warnings, result.Warnings...)
	if src.ocr != nil {
		return recognizePDF(ctx, src, doc)
	}
	return nil
}

// pdfRequest is one PDF to read. It crosses a process border when a worker process reads it.
type pdfRequest struct {
	Data     []byte
	Password string
	Pages    []PageRange
	// Render asks for pictures of these pages instead of text.
	Render   []int
	Limits   Limits
	CacheDir string
}

// pdfResult is what was found. Failure is the document's fault; the host goes on.
type pdfResult struct {
	Metadata Metadata
	Pages    []Page
	Warnings []Warning
	// Images are the pictures that Render asked for; one that cannot be made is missing.
	Images  []Image
	Failure *Error
}

// pdfHost reads one PDF at a time, in this process or in another.
type pdfHost interface {
	// read ends when ctx does. After an error the host must be closed: its state is not known.
	read(ctx context.Context, request *pdfRequest) (*pdfResult, error)
	close()
}

// pdfHosts is started by the first PDF and lives as long as the process.
var pdfHosts = &hostPool{slots: make(chan struct{}, max(runtime.GOMAXPROCS(0), 1))}

// hostPool keeps hosts for reuse: starting one costs a hundred milliseconds or more. As many work at the same time as
// there are processors.
type hostPool struct {
	slots chan struct{}

	mutex sync.Mutex
	idle  []pdfHost
	// inProcess is set when worker processes turned out not to start here.
	inProcess bool
}

func (p *hostPool) read(ctx context.Context, request *pdfRequest) (*pdfResult, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, contextError(ctx)
	}
	result, err := p.readOnce(ctx, request)
	if errors.Is(err, errHostGone) {
		// An idle worker may have been ended from outside, for want of memory say. The next one is new.
		p.closeIdle()
		result, err = p.readOnce(ctx, request)
	}
	if errors.Is(err, errHostGone) {
		return nil, fail(ReaderFailed, "the PDF reader ends as soon as it is started: %w", err)
	}
	return result, err
}

// errHostGone is the error of a host that was gone before it had the document.
var errHostGone = errors.New("the PDF reader is gone")

func (p *hostPool) readOnce(ctx context.Context, request *pdfRequest) (*pdfResult, error) {
	host, err := p.take(ctx, request.CacheDir)
	if err != nil {
		return nil, err
	}
	healthy := false
	defer func() {
		// Also when reading panics: a host in an unknown state is never used again.
		if healthy {
			p.put(host)
		} else {
			host.close()
		}
	}()
	result, err := host.read(ctx, request)
	if ended := contextError(ctx); ended != nil {
		// A host may notice late or not at all that the time is over; either way it is not reused.
		return nil, ended
	}
	healthy = err == nil
	return result, err
}

func (p *hostPool) take(ctx context.Context, cacheDir string) (pdfHost, error) {
	p.mutex.Lock()
	if n := len(p.idle); n > 0 {
		host := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mutex.Unlock()
		return host, nil
	}
	inProcess := p.inProcess || !servesWorkers.Load()
	p.mutex.Unlock()

	if !inProcess {
		worker, err := startWorker(ctx, cacheDir)
		if err == nil {
			return worker, nil
		}
		if ended := contextError(ctx); ended != nil {
			return nil, ended
		}
		// Some sandboxes forbid new processes. Reading in this process is slower, but it is reading.
		p.mutex.Lock()
		p.inProcess = true
		p.mutex.Unlock()
	}
	engine, err := newEngine(cacheDir, true)
	if err != nil {
		return nil, fail(ReaderFailed, "the PDF reader cannot be started: %w", err)
	}
	return engine, nil
}

func (p *hostPool) put(host pdfHost) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.idle = append(p.idle, host)
}

// closeIdle ends the hosts that are not reading.
func (p *hostPool) closeIdle() {
	p.mutex.Lock()
	idle := p.idle
	p.idle = nil
	p.mutex.Unlock()
	for _, host := range idle {
		host.close()
	}
}

// ReleasePDF ends the PDF readers that are idle and frees their memory. The next PDF starts a new one. A program that
// ends anyway has no need to call it.
func ReleasePDF() { pdfHosts.closeIdle() }

// WarmPDF compiles PDFium into the folder dir, so that a deployment can ship the result beside the binary and set
// DOCFLOW_CACHE_DIR to it. The result fits only the same versions of wazero and PDFium, the same processor
// architecture and operating system; elsewhere it is passed over.
func WarmPDF(dir string) error {
	if dir == "" {
		return errors.New("no folder given for the compiled PDF reader")
	}
	engine, err := newEngineWithCache(dir, false)
	if err != nil {
		return err
	}
	engine.close()
	return nil
}
