package text

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// pdfRoot is the whole file system that PDFium sees (by default it would be the machine's root folder). Its one file is
// a font of 800 bytes that claims the CJK code pages and draws every character as a square: where a PDF does not embed
// its CJK font, PDFium drops vertical lines and single characters unless it finds some font that gives them an extent.
// TestFontIsTheOneDescribedHere builds it.
//
//go:embed pdfroot
var pdfRoot embed.FS

// pdfEngine is PDFium in this process, one document at a time. Every document gets an instance of its own with fresh
// memory, which costs 3 ms and leaves nothing of one document to the next.
type pdfEngine struct {
	pool   pdfium.Pool
	memory *memoryKeeper
	cancel context.CancelFunc
	// interruptible engines check in every loop whether they shall stop; it makes text three times slower.
	interruptible bool
}

// compilations holds one cache a folder; engines in one process share what is compiled.
var compilations struct {
	mutex sync.Mutex
	byDir map[string]wazero.CompilationCache
}

// compilationCache opens the cache in dir, or one in memory for "".
func compilationCache(dir string) (wazero.CompilationCache, error) {
	compilations.mutex.Lock()
	defer compilations.mutex.Unlock()
	if cache := compilations.byDir[dir]; cache != nil {
		return cache, nil
	}
	cache := wazero.NewCompilationCache()
	if dir != "" {
		var err error
		if cache, err = wazero.NewCompilationCacheWithDir(dir); err != nil {
			return nil, err
		}
	}
	if compilations.byDir == nil {
		compilations.byDir = map[string]wazero.CompilationCache{}
	}
	compilations.byDir[dir] = cache
	return cache, nil
}

const cacheDirVariable = "DOCFLOW_CACHE_DIR"

// resolveCacheDir applies the defaults of Options.CacheDir. It returns "" when there is no place.
func resolveCacheDir(dir string) string {
	if dir == "" {
		dir = os.Getenv(cacheDirVariable)
	}
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(user, "docflow", "wazero")
	}
	return dir
}

// newEngine starts PDFium with the cache in dir, and without a cache where that fails: a folder may be read-only and
// not hold the right code.
func newEngine(dir string, interruptible bool) (*pdfEngine, error) {
	if dir = resolveCacheDir(dir); dir != "" {
		if engine, err := newEngineWithCache(dir, interruptible); err == nil {
			return engine, nil
		}
	}
	return newEngineWithCache("", interruptible)
}

func newEngineWithCache(dir string, interruptible bool) (*pdfEngine, error) {
	cache, err := compilationCache(dir)
	if err != nil {
		return nil, err
	}
	root, err := fs.Sub(pdfRoot, "pdfroot")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	memory := &memoryKeeper{}
	pool, err := webassembly.Init(webassembly.Config{
		Context:  experimental.WithCompilationWorkers(experimental.WithMemoryAllocator(ctx, memory), runtime.GOMAXPROCS(0)),
		MaxTotal: 1,
		FSConfig: wazero.NewFSConfig().WithFSMount(root, "/"),
		Stdout:   io.Discard,
		Stderr:   io.Discard,
		RuntimeConfig: wazero.NewRuntimeConfig().
			WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
			WithCompilationCache(cache).
			WithCloseOnContextDone(interruptible),
	})
	if err != nil {
		cancel()
		return nil, err
	}
	return &pdfEngine{pool: pool, memory: memory, cancel: cancel, interruptible: interruptible}, nil
}

// close ends the engine. An error says only that something was closed already.
func (e *pdfEngine) close() {
	e.cancel()
	_ = e.pool.Close()
	e.memory.release()
}

// read reads one document. When ctx ends, an interruptible engine stops within a loop of PDFium's code; any other can
// be stopped only with its process.
func (e *pdfEngine) read(ctx context.Context, request *pdfRequest) (*pdfResult, error) {
	if e.interruptible {
		stop := context.AfterFunc(ctx, e.cancel)
		defer stop()
	}
	reader := &pdfReader{engine: e, request: request, result: &pdfResult{}}
	if err := reader.read(ctx); err != nil {
		var own *Error
		if !errors.As(err, &own) {
			return nil, err
		}
		return &pdfResult{Failure: own}, nil
	}
	return reader.result, nil
}

// instance starts a fresh PDFium with at most limit bytes of memory.
func (e *pdfEngine) instance(ctx context.Context, limit int64) (pdfium.Pdfium, error) {
	e.memory.begin(limit)
	instance, err := e.pool.GetInstanceWithContext(ctx)
	if err != nil {
		e.memory.release()
		return nil, fmt.Errorf("a PDFium instance cannot be started: %w", err)
	}
	return instance, nil
}

// discard ends an instance, healthy or not, and frees its memory.
func (e *pdfEngine) discard(instance pdfium.Pdfium) {
	// Closing walks the open handles; after a trap it may fail, and the memory goes all the same.
	_ = instance.Close()
	e.memory.release()
}

// trapped says whether err is the end of the WebAssembly instance (out of memory, stack overflow, an abort in PDFium)
// rather than an answer of PDFium.
func trapped(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "wasm error") || strings.Contains(err.Error(), "module closed") ||
		strings.Contains(err.Error(), "panic occurred"))
}
