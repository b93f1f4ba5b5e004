package lsp

import (
	"context"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/assist"
)

// document gives the text that a request is about as it was when the request came; nil when it is no open definition.
func (s *server) document(ctx context.Context, u uri.URI) *document {
	all, _ := ctx.Value(documentsKey{}).(documents)
	return all[u]
}

// maxCandidates is how many candidates are sent. Where there are more, those that go with what is typed come first.
const maxCandidates = 1000

var candidateKinds = map[assist.CandidateKind]protocol.CompletionItemKind{
	assist.StateCandidate: protocol.CompletionItemKindReference, assist.FieldCandidate: protocol.CompletionItemKindProperty,
	assist.WordCandidate: protocol.CompletionItemKindEnumMember, assist.ErrorCandidate: protocol.CompletionItemKindConstant,
	assist.FunctionCandidate: protocol.CompletionItemKindFunction, assist.VariableCandidate: protocol.CompletionItemKindVariable,
	assist.MemberCandidate: protocol.CompletionItemKindField,
}

// Completion lists what may stand at a position.
func (s *server) Completion(ctx context.Context, params *protocol.CompletionParams) (protocol.CompletionResult, error) {
	result := &protocol.CompletionList{Items: []protocol.CompletionItem{}}
	d := s.document(ctx, params.TextDocument.URI)
	if d == nil {
		return result, nil
	}
	x := d.index()
	offset := x.offset(params.Position)
	list := d.view().Complete(offset)
	if len(list) > maxCandidates {
		var fitting []assist.Candidate
		for _, c := range list {
			typed := strings.ToLower(d.text[min(c.Edit.Start, offset):offset])
			if strings.Contains(strings.ToLower(c.Label), typed) {
				fitting = append(fitting, c)
			}
		}
		list = fitting[:min(len(fitting), maxCandidates)]
		result.IsIncomplete = true
	}
	for i, c := range list {
		where := x.between(c.Edit.Start, c.Edit.End)
		if where.Start.Line != where.End.Line {
			continue // the protocol wants edits within the line
		}
		item := protocol.CompletionItem{
			Label: c.Label, Kind: candidateKinds[c.Kind], SortText: protocol.NewOptional(fmt.Sprintf("%04d", i)), FilterText: protocol.NewOptional(c.Label),
			TextEdit: &protocol.TextEdit{Range: where, NewText: c.Edit.NewText},
		}
		if c.Detail != "" {
			item.Detail = protocol.NewOptional(c.Detail)
		}
		if c.Doc != "" {
			item.Documentation = protocol.String(c.Doc)
		}
		result.Items = append(result.Items, item)
	}
	return result, nil
}

// Hover says what stands at a position.
func (s *server) Hover(ctx context.Context, params *protocol.HoverParams) (*protocol.Hover, error) {
	d := s.document(ctx, params.TextDocument.URI)
	if d == nil {
		return nil, nil
	}
	h, ok := d.view().Hover(d.index().offset(params.Position))
	if !ok {
		return nil, nil
	}
	where := d.index().between(h.Start, h.End)
	content := &protocol.MarkupContent{Kind: protocol.MarkupKindMarkdown, Value: h.Markdown}
	if s.plain {
		content.Kind = protocol.MarkupKindPlainText
	}
	return &protocol.Hover{Contents: content, Range: &where}, nil
}

// Definition gives the place of the state that is named at a position.
func (s *server) Definition(ctx context.Context, params *protocol.DefinitionParams) (protocol.DefinitionResult, error) {
	locations := protocol.LocationSlice{}
	if d := s.document(ctx, params.TextDocument.URI); d != nil {
		if name, _, ok := d.view().Definition(d.index().offset(params.Position)); ok {
			locations = append(locations, protocol.Location{URI: d.uri, Range: d.index().span(name)})
		}
	}
	return locations, nil
}

// References gives the places that name the state that is named at a position.
func (s *server) References(ctx context.Context, params *protocol.ReferenceParams) ([]protocol.Location, error) {
	locations := []protocol.Location{}
	if d := s.document(ctx, params.TextDocument.URI); d != nil {
		for _, span := range d.view().References(d.index().offset(params.Position), params.Context.IncludeDeclaration) {
			locations = append(locations, protocol.Location{URI: d.uri, Range: d.index().span(span)})
		}
	}
	return locations, nil
}

// DocumentHighlight marks the places that name the state that is named at a position.
func (s *server) DocumentHighlight(ctx context.Context, params *protocol.DocumentHighlightParams) ([]protocol.DocumentHighlight, error) {
	highlights := []protocol.DocumentHighlight{}
	if d := s.document(ctx, params.TextDocument.URI); d != nil {
		for _, span := range d.view().References(d.index().offset(params.Position), true) {
			highlights = append(highlights, protocol.DocumentHighlight{Range: d.index().span(span)})
		}
	}
	return highlights, nil
}

// PrepareRename tells whether a position has the name of a state.
func (s *server) PrepareRename(ctx context.Context, params *protocol.PrepareRenameParams) (protocol.PrepareRenameResult, error) {
	d := s.document(ctx, params.TextDocument.URI)
	if d == nil {
		return nil, nil
	}
	name, start, end, err := d.view().Renamable(d.index().offset(params.Position))
	if err != nil {
		return nil, nil // "not here", which editors tell in their own words
	}
	return &protocol.PrepareRenamePlaceholder{Range: d.index().between(start, end), Placeholder: name}, nil
}

// Rename gives a state another name, where it stands and wherever something leads to it.
func (s *server) Rename(ctx context.Context, params *protocol.RenameParams) (*protocol.WorkspaceEdit, error) {
	d := s.document(ctx, params.TextDocument.URI)
	if d == nil {
		return nil, nil
	}
	edits, err := d.view().Rename(d.index().offset(params.Position), params.NewName)
	if err != nil {
		return nil, failed(err)
	}
	return d.workspaceEdit(edits), nil
}

func (d *document) edits(list []assist.Edit) []protocol.TextEdit {
	edits := make([]protocol.TextEdit, 0, len(list))
	for _, e := range list {
		edits = append(edits, protocol.TextEdit{Range: d.index().between(e.Start, e.End), NewText: e.NewText})
	}
	return edits
}

func (d *document) workspaceEdit(list []assist.Edit) *protocol.WorkspaceEdit {
	return &protocol.WorkspaceEdit{Changes: map[uri.URI][]protocol.TextEdit{d.uri: d.edits(list)}}
}

var symbolKinds = map[asl.StateType]protocol.SymbolKind{
	"": protocol.SymbolKindNamespace, asl.TypeTask: protocol.SymbolKindFunction, asl.TypeChoice: protocol.SymbolKindOperator, asl.TypeWait: protocol.SymbolKindEvent,
	asl.TypeParallel: protocol.SymbolKindNamespace, asl.TypeMap: protocol.SymbolKindArray, asl.TypePass: protocol.SymbolKindVariable,
}

// DocumentSymbol lists the states.
func (s *server) DocumentSymbol(ctx context.Context, params *protocol.DocumentSymbolParams) (protocol.DocumentSymbolResult, error) {
	d := s.document(ctx, params.TextDocument.URI)
	if d == nil {
		return protocol.DocumentSymbolSlice{}, nil
	}
	symbols := d.view().Symbols()
	if s.symbolTree {
		return d.symbolTree(symbols), nil
	}
	list := protocol.SymbolInformationSlice{}
	var flatten func(within string, symbols []assist.Symbol)
	flatten = func(within string, symbols []assist.Symbol) {
		for _, symbol := range symbols {
			info := protocol.SymbolInformation{Location: protocol.Location{URI: d.uri, Range: d.index().span(symbol.Whole)}}
			info.Name, info.Kind = symbol.Name, kindOf(symbol)
			if within != "" {
				info.ContainerName = &within
			}
			list = append(list, info)
			flatten(symbol.Name, symbol.Children)
		}
	}
	flatten("", symbols)
	return list, nil
}

func (d *document) symbolTree(symbols []assist.Symbol) protocol.DocumentSymbolSlice {
	list := protocol.DocumentSymbolSlice{}
	for _, symbol := range symbols {
		name := symbol.Name
		if strings.TrimSpace(name) == "" {
			name = `""` // the protocol wants one that can be seen
		}
		out := protocol.DocumentSymbol{Name: name, Kind: kindOf(symbol), Range: d.index().span(symbol.Whole), SelectionRange: d.index().span(symbol.Label), Children: d.symbolTree(symbol.Children)}
		if symbol.Detail != "" {
			out.Detail = &symbol.Detail
		}
		list = append(list, out)
	}
	return list
}

func kindOf(s assist.Symbol) protocol.SymbolKind {
	if kind, ok := symbolKinds[s.Type]; ok {
		return kind
	}
	return protocol.SymbolKindKey
}

// CodeAction offers the cures of findings that have one clear cure.
func (s *server) CodeAction(ctx context.Context, params *protocol.CodeActionParams) ([]protocol.CommandOrCodeAction, error) {
	actions := []protocol.CommandOrCodeAction{}
	d := s.document(ctx, params.TextDocument.URI)
	if d == nil || !wants(params.Context.Only, protocol.CodeActionKindQuickFix) {
		return actions, nil
	}
	kind, preferred := protocol.CodeActionKindQuickFix, true
	for _, fix := range d.view().Fixes(d.index().offset(params.Range.Start), d.index().offset(params.Range.End)) {
		actions = append(actions, &protocol.CodeAction{
			Title: fix.Title, Kind: &kind, IsPreferred: &preferred, Diagnostics: []protocol.Diagnostic{s.diagnostic(d, fix.Diagnostic)}, Edit: d.workspaceEdit(fix.Edits),
		})
	}
	return actions, nil
}

// wants tells whether a client that wants only some kinds of actions wants one kind. Kinds are parts of kinds: all are of "".
func wants(only []protocol.CodeActionKind, kind protocol.CodeActionKind) bool {
	for _, o := range only {
		if o == "" || o == kind || strings.HasPrefix(string(kind), string(o)+".") {
			return true
		}
	}
	return len(only) == 0
}

// Formatting lays a JSON text out.
func (s *server) Formatting(ctx context.Context, params *protocol.DocumentFormattingParams) ([]protocol.TextEdit, error) {
	d := s.document(ctx, params.TextDocument.URI)
	if d == nil {
		return []protocol.TextEdit{}, nil
	}
	indent := "\t"
	if params.Options.InsertSpaces {
		indent = strings.Repeat(" ", int(min(max(params.Options.TabSize, 1), 16)))
	}
	laidOut, err := assist.Format(d.view().Document(), indent)
	if err != nil {
		return nil, failed(err)
	}
	if laidOut == d.text {
		return []protocol.TextEdit{}, nil
	}
	return d.edits([]assist.Edit{{Start: 0, End: len(d.text), NewText: laidOut}}), nil
}
