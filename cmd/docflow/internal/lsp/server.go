package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/docflow-asl/docflow/asl/check"
)

// Options say how to serve.
type Options struct {
	Version   string        // of docflow, for the client
	Check     check.Options // how to judge definitions
	RulePages string        // the folder for pages on rules; empty: no links to them
}

// Limits of what is open or asked at a time.
const (
	maxDocuments = 1000
	maxTexts     = 256 << 20 // bytes of all open texts
	maxRequests  = 1000
)

// ErrNoShutdown is the end of a connection that the client did not ask for with the shutdown request.
var ErrNoShutdown = errors.New("the client went without a shutdown request")

// Serve answers one client until it goes. It returns nil after shutdown and exit, as the protocol has it, and an error that says
// what was wrong when the client sends what cannot be read.
func Serve(ctx context.Context, in io.Reader, out io.Writer, opts Options) error {
	return newServer(opts).serve(ctx, in, out)
}

// server is a connection's state.
type server struct {
	opts  Options
	pages *rulePages
	conn  *jsonrpc2.Conn
	ready chan struct{} // conn is there

	documents atomic.Pointer[documents] // replaced as a whole by notifications, which come one after the other
	phase     atomic.Int32
	exited    chan struct{}
	exitOnce  sync.Once
	slots     chan struct{} // as many as are computed at a time

	// What the client can do, as it said at the start.
	utf8            bool
	codeDescription bool
	related         bool
	symbolTree      bool
	plain           bool // no Markdown

	work    chan struct{} // something is pending
	mu      sync.Mutex
	queued  []uri.URI                          // whose diagnostics are to be published, in order
	cancels map[jsonrpc2.ID]context.CancelFunc // of the requests that are being answered

	started func(ctx context.Context, method string) // for tests: a request begins
}

type documents map[uri.URI]*document

// The phases of a connection.
const (
	starting int32 = iota
	running
	shutDown
)

func newServer(opts Options) *server {
	s := &server{
		opts: opts, pages: &rulePages{folder: opts.RulePages}, exited: make(chan struct{}), slots: make(chan struct{}, runtime.GOMAXPROCS(0)),
		work: make(chan struct{}, 1), ready: make(chan struct{}), cancels: map[jsonrpc2.ID]context.CancelFunc{},
	}
	s.documents.Store(&documents{})
	return s
}

func (s *server) serve(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	connection := newStream(in, out)
	s.conn = jsonrpc2.NewConn(ctx, connection, s, jsonrpc2.SetLogger(log.New(io.Discard, "", 0)))
	close(s.ready)
	go s.publish(ctx)
	select {
	case <-s.exited:
	case <-s.conn.DisconnectNotify():
		if err := connection.failure; err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.phase.Load() != shutDown {
		return ErrNoShutdown
	}
	return nil
}

// notify tells the client something.
func (s *server) notify(ctx context.Context, method string, params any) {
	text, err := protocol.Marshal(params)
	if err == nil {
		_ = s.conn.Notify(ctx, method, json.RawMessage(text)) // the connection itself tells when it is broken
	}
}

// log tells the client's log that something failed.
func (s *server) log(ctx context.Context, message string) {
	s.notify(ctx, protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: protocol.MessageTypeError, Message: message})
}

// documentsKey is the key of the documents as they were when a request came.
type documentsKey struct{}

// Handle takes messages one by one. Notifications, and the requests that change the connection's phase, are handled in the order in
// which they come. Other requests are answered beside each other, for the texts as they were when the request came.
func (s *server) Handle(ctx context.Context, _ *jsonrpc2.Conn, req *jsonrpc2.Request) {
	<-s.ready
	handle := methods[req.Method]
	switch refusal := s.refuse(req); {
	case refusal != nil && !req.Notif:
		s.reply(ctx, req, nil, refusal)
	case refusal != nil:
	case req.Method == protocol.MethodCancelRequest:
		s.cancel(ctx, req)
	case handle == nil && req.Notif:
		// What begins with $/ may be ignored by the protocol; of others this server wants to know nothing either.
	case handle == nil:
		s.reply(ctx, req, nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: "docflow does not know " + shorten(req.Method)})
	case req.Notif:
		if _, err := s.call(ctx, handle, req); err != nil {
			s.log(ctx, fmt.Sprintf("%s: %v", req.Method, err))
		}
	case req.Method == protocol.MethodInitialize || req.Method == protocol.MethodShutdown:
		result, err := s.call(ctx, handle, req)
		s.reply(ctx, req, result, err)
	default:
		s.answer(ctx, handle, req)
	}
}

// refuse tells why a message does not fit in the connection's phase; nil if it does.
func (s *server) refuse(req *jsonrpc2.Request) error {
	switch phase := s.phase.Load(); {
	case req.Method == protocol.MethodExit:
	case phase == starting && req.Method != protocol.MethodInitialize:
		return &jsonrpc2.Error{Code: serverNotInitialized, Message: "the first request must be initialize"}
	case phase == running && req.Method == protocol.MethodInitialize:
		return &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidRequest, Message: "the server is initialized already"}
	case phase == shutDown:
		return &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidRequest, Message: "the server is shut down"}
	}
	return nil
}

// Codes of errors that the protocol has beyond JSON-RPC.
const (
	serverNotInitialized = -32002
	requestCancelled     = -32800
	requestFailed        = -32803 // the request is right, but cannot be done
)

var errCancelled = &jsonrpc2.Error{Code: requestCancelled, Message: "cancelled"}

// failed is the error of a request that is right, but cannot be done.
func failed(err error) error { return &jsonrpc2.Error{Code: requestFailed, Message: err.Error()} }

// answer answers a request beside others.
func (s *server) answer(ctx context.Context, handle method, req *jsonrpc2.Request) {
	ctx, cancel := context.WithCancel(context.WithValue(ctx, documentsKey{}, *s.documents.Load()))
	s.mu.Lock()
	_, twice := s.cancels[req.ID]
	full := len(s.cancels) >= maxRequests
	if !twice && !full {
		s.cancels[req.ID] = cancel
	}
	s.mu.Unlock()
	switch {
	case twice:
		s.reply(ctx, req, nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidRequest, Message: "another request with this id is being answered"})
		cancel()
		return
	case full:
		s.reply(ctx, req, nil, failed(fmt.Errorf("more than %d requests at a time", maxRequests)))
		cancel()
		return
	}
	go func() {
		result, err := s.compute(ctx, handle, req)
		s.mu.Lock()
		delete(s.cancels, req.ID)
		s.mu.Unlock()
		s.reply(ctx, req, result, err)
		cancel()
	}()
}

// compute waits for its turn and calls the method.
func (s *server) compute(ctx context.Context, handle method, req *jsonrpc2.Request) (any, error) {
	if s.started != nil {
		s.started(ctx, req.Method)
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, errCancelled
	}
	if ctx.Err() != nil {
		return nil, errCancelled
	}
	result, err := s.call(ctx, handle, req)
	if ctx.Err() != nil {
		return nil, errCancelled
	}
	return result, err
}

// cancel ends the request that a client does not want any more.
func (s *server) cancel(ctx context.Context, req *jsonrpc2.Request) {
	var params struct {
		ID jsonrpc2.ID `json:"id"`
	}
	if req.Params == nil || json.Unmarshal(*req.Params, &params) != nil {
		s.log(ctx, req.Method+": no id")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.cancels[params.ID]; cancel != nil {
		cancel()
	}
}

// call calls a method. One that fails in an unforeseen way does not end the connection.
func (s *server) call(ctx context.Context, handle method, req *jsonrpc2.Request) (result any, err error) {
	defer func() {
		if r := recover(); r != nil {
			result, err = nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInternalError, Message: fmt.Sprintf("docflow failed at %s: %v", req.Method, r)}
		}
	}()
	params := json.RawMessage("null")
	if req.Params != nil {
		params = *req.Params
	}
	return handle(s, ctx, params)
}

// reply sends a response.
func (s *server) reply(ctx context.Context, req *jsonrpc2.Request, result any, err error) {
	text, marshalErr := protocol.Marshal(result)
	if err == nil {
		err = marshalErr
	}
	if err != nil {
		var known *jsonrpc2.Error
		if !errors.As(err, &known) {
			known = &jsonrpc2.Error{Code: jsonrpc2.CodeInternalError, Message: err.Error()}
		}
		_ = s.conn.ReplyWithError(ctx, req.ID, known) // the connection itself tells when it is broken
		return
	}
	_ = s.conn.Reply(ctx, req.ID, json.RawMessage(text))
}

// shorten cuts a text that a message quotes.
func shorten(text string) string {
	const most = 60
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// method reads the parameters of a request or notification, and answers it.
type method func(s *server, ctx context.Context, params json.RawMessage) (any, error)

// request makes a method of one of the server's own.
func request[P, R any](answer func(s *server, ctx context.Context, params *P) (R, error)) method {
	return func(s *server, ctx context.Context, text json.RawMessage) (any, error) {
		var params P
		if err := protocol.Unmarshal(text, &params); err != nil {
			return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: "the parameters were not understood: " + err.Error()}
		}
		return answer(s, ctx, &params)
	}
}

// notification makes a method of one of the server's own that has no answer.
func notification[P any](take func(s *server, ctx context.Context, params *P) error) method {
	return request(func(s *server, ctx context.Context, params *P) (any, error) { return nil, take(s, ctx, params) })
}

// methods are what the server understands.
var methods = map[string]method{
	protocol.MethodInitialize:                    request((*server).Initialize),
	protocol.MethodInitialized:                   func(*server, context.Context, json.RawMessage) (any, error) { return nil, nil },
	protocol.MethodShutdown:                      func(s *server, _ context.Context, _ json.RawMessage) (any, error) { return nil, s.Shutdown() },
	protocol.MethodExit:                          func(s *server, _ context.Context, _ json.RawMessage) (any, error) { return nil, s.Exit() },
	protocol.MethodTextDocumentDidOpen:           notification((*server).DidOpen),
	protocol.MethodTextDocumentDidChange:         notification((*server).DidChange),
	protocol.MethodTextDocumentDidClose:          notification((*server).DidClose),
	protocol.MethodTextDocumentCompletion:        request((*server).Completion),
	protocol.MethodTextDocumentHover:             request((*server).Hover),
	protocol.MethodTextDocumentDefinition:        request((*server).Definition),
	protocol.MethodTextDocumentReferences:        request((*server).References),
	protocol.MethodTextDocumentDocumentHighlight: request((*server).DocumentHighlight),
	protocol.MethodTextDocumentDocumentSymbol:    request((*server).DocumentSymbol),
	protocol.MethodTextDocumentCodeAction:        request((*server).CodeAction),
	protocol.MethodTextDocumentPrepareRename:     request((*server).PrepareRename),
	protocol.MethodTextDocumentRename:            request((*server).Rename),
	protocol.MethodTextDocumentFormatting:        request((*server).Formatting),
}

// Initialize agrees with the client on what each can do.
func (s *server) Initialize(_ context.Context, params *protocol.InitializeParams) (*protocol.InitializeResult, error) {
	encoding := protocol.PositionEncodingKindUTF16
	if general := params.Capabilities.General; general != nil && slices.Contains(general.PositionEncodings, protocol.PositionEncodingKindUTF8) {
		encoding, s.utf8 = protocol.PositionEncodingKindUTF8, true
	}
	if text := params.Capabilities.TextDocument; text != nil {
		if published := text.PublishDiagnostics; published != nil {
			s.codeDescription, s.related = isTrue(published.CodeDescriptionSupport), isTrue(published.RelatedInformation)
		}
		s.symbolTree = text.DocumentSymbol != nil && isTrue(text.DocumentSymbol.HierarchicalDocumentSymbolSupport)
		s.plain = text.Hover != nil && len(text.Hover.ContentFormat) > 0 && !slices.Contains(text.Hover.ContentFormat, protocol.MarkupKindMarkdown)
	}
	s.phase.Store(running)
	yes, sync := true, protocol.TextDocumentSyncKindIncremental
	return &protocol.InitializeResult{
		ServerInfo: protocol.ServerInfo{Name: "docflow", Version: protocol.NewOptional(s.opts.Version)},
		Capabilities: protocol.ServerCapabilities{
			PositionEncoding:           encoding,
			TextDocumentSync:           &protocol.TextDocumentSyncOptions{OpenClose: &yes, Change: &sync},
			CompletionProvider:         &protocol.CompletionOptions{TriggerCharacters: []string{`"`, ".", "$"}},
			HoverProvider:              protocol.Boolean(true),
			DefinitionProvider:         protocol.Boolean(true),
			ReferencesProvider:         protocol.Boolean(true),
			DocumentHighlightProvider:  protocol.Boolean(true),
			DocumentSymbolProvider:     protocol.Boolean(true),
			CodeActionProvider:         &protocol.CodeActionOptions{CodeActionKinds: []protocol.CodeActionKind{protocol.CodeActionKindQuickFix}},
			RenameProvider:             &protocol.RenameOptions{PrepareProvider: &yes},
			DocumentFormattingProvider: protocol.Boolean(true),
		},
	}, nil
}

func isTrue(b *bool) bool { return b != nil && *b }

// Shutdown ends the work. What comes after it, but exit, is refused.
func (s *server) Shutdown() error {
	s.phase.Store(shutDown)
	return nil
}

// Exit ends the connection.
func (s *server) Exit() error {
	s.exitOnce.Do(func() { close(s.exited) })
	return nil
}

// set replaces a document, or drops it when next is nil.
func (s *server) set(u uri.URI, next *document) error {
	all := maps.Clone(*s.documents.Load())
	if next == nil {
		delete(all, u)
		s.documents.Store(&all)
		return nil
	}
	all[u] = next
	size := 0
	for _, d := range all {
		size += len(d.text)
	}
	if len(all) > maxDocuments || size > maxTexts {
		return fmt.Errorf("more than %d texts, or %d bytes of them, are open", maxDocuments, maxTexts)
	}
	s.documents.Store(&all)
	return nil
}

// DidOpen begins to look after a text.
func (s *server) DidOpen(_ context.Context, params *protocol.DidOpenTextDocumentParams) error {
	t := params.TextDocument
	if !isDefinition(t.URI, t.LanguageID) {
		return nil
	}
	if err := s.set(t.URI, &document{uri: t.URI, language: t.LanguageID, version: t.Version, text: t.Text, bytes: s.utf8, opts: s.opts.Check}); err != nil {
		return err
	}
	s.enqueue(t.URI)
	return nil
}

// DidChange takes changes of a text. After one that cannot be made, the text is not known any more, and is let go until it is
// opened again.
func (s *server) DidChange(_ context.Context, params *protocol.DidChangeTextDocumentParams) error {
	u := params.TextDocument.URI
	d := (*s.documents.Load())[u]
	if d == nil {
		return nil
	}
	next, err := d.changed(params.TextDocument.Version, params.ContentChanges)
	if err == nil {
		err = s.set(u, next)
	}
	if err != nil {
		_ = s.set(u, nil) // dropping never fails
		s.enqueue(u)
		return err
	}
	s.enqueue(u)
	return nil
}

// DidClose ends looking after a text.
func (s *server) DidClose(_ context.Context, params *protocol.DidCloseTextDocumentParams) error {
	u := params.TextDocument.URI
	if (*s.documents.Load())[u] == nil {
		return nil
	}
	_ = s.set(u, nil) // dropping never fails
	s.enqueue(u)
	return nil
}

// enqueue has the diagnostics of a text published soon.
func (s *server) enqueue(u uri.URI) {
	s.mu.Lock()
	if !slices.Contains(s.queued, u) {
		s.queued = append(s.queued, u)
	}
	s.mu.Unlock()
	select {
	case s.work <- struct{}{}:
	default:
	}
}

// publish sends diagnostics, always of the newest version: of what is typed while a version is being checked, only the last is.
func (s *server) publish(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.work:
		}
		for ctx.Err() == nil {
			s.mu.Lock()
			if len(s.queued) == 0 {
				s.mu.Unlock()
				break
			}
			u := s.queued[0]
			s.queued = s.queued[1:]
			s.mu.Unlock()
			s.publishOne(ctx, u)
		}
	}
}

func (s *server) publishOne(ctx context.Context, u uri.URI) {
	defer func() {
		if r := recover(); r != nil {
			s.log(ctx, fmt.Sprintf("docflow failed at checking %s: %v", u, r))
		}
	}()
	params := &protocol.PublishDiagnosticsParams{URI: u, Diagnostics: []protocol.Diagnostic{}}
	if d := (*s.documents.Load())[u]; d != nil {
		params.Version = protocol.NewOptional(d.version)
		params.Diagnostics = s.diagnostics(d, d.view().Diagnostics())
	}
	s.notify(ctx, protocol.MethodTextDocumentPublishDiagnostics, params)
}

// diagnostics gives findings as the protocol has them.
func (s *server) diagnostics(d *document, list []check.Diagnostic) []protocol.Diagnostic {
	out := make([]protocol.Diagnostic, 0, len(list))
	for _, finding := range list {
		out = append(out, s.diagnostic(d, finding))
	}
	return out
}

func (s *server) diagnostic(d *document, f check.Diagnostic) protocol.Diagnostic {
	severity := protocol.DiagnosticSeverityInformation
	switch f.Severity {
	case check.Error:
		severity = protocol.DiagnosticSeverityError
	case check.Warning:
		severity = protocol.DiagnosticSeverityWarning
	}
	message := f.Message
	if f.Cure != "" {
		message += "\nhelp: " + f.Cure
	}
	out := protocol.Diagnostic{
		Range: d.index().span(f.Span), Severity: severity, Code: protocol.String(f.Code), Source: protocol.NewOptional("docflow"), Message: protocol.String(message),
	}
	if s.codeDescription {
		out.CodeDescription.Href = s.pages.page(f.Code)
	}
	if s.related {
		for _, r := range f.Related {
			out.RelatedInformation = append(out.RelatedInformation, protocol.DiagnosticRelatedInformation{
				Location: protocol.Location{URI: d.uri, Range: d.index().span(r.Span)}, Message: r.Message,
			})
		}
	}
	return out
}
