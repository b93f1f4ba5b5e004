package builder

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl"
)

func (e *evaluation) parallel(fields asl.StateFields) stepped {
	n := e.node
	state := &asl.ParallelState{StateFields: fields}
	paths, raw := e.input()
	state.Paths = paths
	parameters, input := e.parameters(nil)
	state.Parameters = parameters
	result := &data{typ: &typ{kind: arrayKind}, items: []*data{}}
	never := false
	for _, inner := range e.scope.inner[n] {
		states, out := e.build.run(inner, &env{input, e.env.variables})
		state.Branches = append(state.Branches, &asl.Branch{StartAt: inner.start.name, States: states})
		if out == nil {
			never = true // every way through the branch ends in a Fail
			out = &env{root: unknown}
		}
		result.items = append(result.items, out.root)
	}
	ways := e.finish(raw, result.labelled(n.result, nil), &outcome{
		&state.Paths, &state.ResultSelector, &state.ResultPath, &state.ErrorHandling, &state.Assignment, &state.Transition,
	})
	if never {
		ways = ways[1:]
	}
	return stepped{state, ways}
}

// writtenResult is the result of a Map that writes its results elsewhere.
var writtenResult = &typ{kind: objectKind, name: "the result of a ResultWriter", fields: []field{
	{name: "MapRunArn", typ: &typ{kind: stringKind}, required: true},
	{name: "ResultWriterDetails", required: true, typ: &typ{kind: objectKind, fields: []field{
		{name: "Bucket", typ: &typ{kind: stringKind}, required: true}, {name: "Key", typ: &typ{kind: stringKind}, required: true},
	}}},
}}

func (e *evaluation) mapped(fields asl.StateFields) stepped {
	n, settings := e.node, e.node.batch
	state := &asl.MapState{StateFields: fields}
	paths, raw := e.input()
	state.Paths = paths
	if settings.concurrency < 0 {
		e.fail(BadValue, "MaxConcurrency", fmt.Sprintf("%d is less than 0", settings.concurrency))
	}
	if settings.concurrency > 0 {
		state.MaxConcurrency = asl.NumberOf(int64(settings.concurrency))
	}
	if from := settings.concurrencyFrom; from != nil {
		path, d := e.reference(*from, "MaxConcurrencyPath")
		e.checkKind(d, numberKind, "MaxConcurrencyPath", *from)
		state.MaxConcurrencyPath = path
	}
	item := sourced(settings.item, e.items(state))
	e.build.values[settings.item] = item
	input := item
	if settings.selector != nil {
		selecting := *e
		selecting.selecting = true
		p := selecting.object(settings.selector, "ItemSelector", nil)
		state.ItemSelector, input = p.literal, p.data
	}
	state.ItemProcessor = &asl.Processor{}
	variables := e.env.variables
	if d := settings.distributed; d != nil {
		input = e.distributed(state, d, input)
		variables = map[string]*data{} // an iteration is another execution
	}
	var result *data
	never := false
	for _, inner := range e.scope.inner[n] {
		states, out := e.build.run(inner, &env{input, variables})
		state.ItemProcessor.StartAt, state.ItemProcessor.States = inner.start.name, states
		never = out == nil
		if out == nil {
			out = &env{root: unknown}
		}
		result = sourced(n.result, &typ{kind: arrayKind, elem: out.root.shape()})
	}
	if result == nil || state.ResultWriter != nil {
		result = sourced(n.result, writtenResult)
	}
	ways := e.finish(raw, result, &outcome{
		&state.Paths, &state.ResultSelector, &state.ResultPath, &state.ErrorHandling, &state.Assignment, &state.Transition,
	})
	if never && settings.distributed == nil {
		ways = ways[1:]
	}
	return stepped{state, ways}
}

// items writes where the items come from, and gives the type of one.
func (e *evaluation) items(state *asl.MapState) *typ {
	settings := e.node.batch
	if settings.items == nil {
		return settings.itemType
	}
	path, items := e.reference(*settings.items, "ItemsPath")
	if path.Text != "$" { // the default
		state.ItemsPath = path
	}
	t := items.shape()
	e.checkKind(items, arrayKind, "ItemsPath", *settings.items)
	of, _ := t.child(segment{kind: allItems})
	if t != nil && t.items != nil {
		of = nil // items of known number can be of different types
	}
	return of
}

// distributed writes what only a distributed Map has, and gives an iteration's input.
func (e *evaluation) distributed(state *asl.MapState, d *Distributed, input *data) *data {
	fault := func(field, message string) { e.fail(BadValue, field, message) }
	config := &asl.ProcessorConfig{Mode: "DISTRIBUTED", ExecutionType: "STANDARD"}
	if d.Express {
		config.ExecutionType = "EXPRESS"
	}
	state.ItemProcessor.ProcessorConfig = config
	state.Label = d.Label
	if utf8.RuneCountInString(d.Label) > maxLabelRunes || strings.ContainsAny(d.Label, "?*<>{}[]:;,\\|^~$#%&`\" \t\r\n") {
		fault("Label", fmt.Sprintf("%q should be of %d characters at most, without blanks and special characters", d.Label, maxLabelRunes))
	}
	if c := d.ToleratedFailureCount; c != nil {
		state.ToleratedFailureCount = asl.NumberOf(int64(*c))
		if *c < 0 {
			fault("ToleratedFailureCount", fmt.Sprintf("%d is less than 0", *c))
		}
	}
	if p := d.ToleratedFailurePercentage; p != nil {
		state.ToleratedFailurePercentage = asl.FloatOf(*p)
		if *p < 0 || *p > 100 {
			fault("ToleratedFailurePercentage", fmt.Sprintf("%v is not between 0 and 100", *p))
		}
	}
	if d.reader != nil {
		reader := *d.reader
		if d.readerParameters != nil {
			reader.Parameters = e.object(d.readerParameters, "ItemReader.Parameters", nil).literal
		}
		state.ItemReader = &reader
	}
	if d.ResultBucket != nil {
		location := Object{"Bucket": d.ResultBucket}
		if d.ResultPrefix != nil {
			location["Prefix"] = d.ResultPrefix
		}
		state.ResultWriter = &asl.ResultWriter{
			Resource:     "arn:aws:states:::s3:putObject",
			Parameters:   e.object(location, "ResultWriter.Parameters", nil).literal,
			WriterConfig: d.WriterConfig,
		}
	}
	if !d.batched() {
		if d.BatchInput != nil {
			fault("ItemBatcher", "BatchInput is for batches; give MaxItemsPerBatch or MaxInputBytesPerBatch")
		}
		return input
	}
	return e.batched(state, d, input)
}

// batched writes ItemBatcher, and gives the input of an iteration: {"Items": […], "BatchInput": …}.
func (e *evaluation) batched(state *asl.MapState, d *Distributed, input *data) *data {
	const maxBatchBytes = 262_144
	batcher := &asl.ItemBatcher{}
	if d.MaxItemsPerBatch > 0 {
		batcher.MaxItemsPerBatch = asl.NumberOf(int64(d.MaxItemsPerBatch))
	}
	if d.MaxInputBytesPerBatch > 0 {
		batcher.MaxInputBytesPerBatch = asl.NumberOf(int64(d.MaxInputBytesPerBatch))
	}
	if d.MaxInputBytesPerBatch > maxBatchBytes {
		e.fail(BadValue, "ItemBatcher.MaxInputBytesPerBatch", fmt.Sprintf("%d is more than %d", d.MaxInputBytesPerBatch, maxBatchBytes))
	}
	members := map[string]*data{"Items": {typ: &typ{kind: arrayKind, elem: input.shape()}}}
	if d.BatchInput != nil {
		p := e.object(d.BatchInput, "ItemBatcher.BatchInput", nil)
		batcher.BatchInput, members["BatchInput"] = p.literal, p.data
	}
	state.ItemBatcher = batcher
	batch := object(members).labelled(e.node.batch.batch, nil)
	e.build.values[e.node.batch.batch] = batch
	return batch
}
