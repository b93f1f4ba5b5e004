package engine

import (
	"errors"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

// testMapSettings are the settings of a Map that InspectionData shows; nil where they were not looked at, or are not set.
type testMapSettings struct {
	concurrency *int64
	count       *int64
	percent     *float64
	pointer     bool // the items come from an ItemsPointer
}

// testMapData is what stands around the iterations of a distributed Map: where its items come from, and how they are grouped.
type testMapData struct {
	reader  *testReader
	batcher *testBatcher
}

type testReader struct {
	resource  string
	arguments expr // nil for none
	config    mapdata.Config
	maxItems  number
}

type testBatcher struct {
	maxItems, maxBytes number
	input              expr // nil for none
}

func (c *compiler) testMapData(lang language, s *asl.MapState) (d testMapData) {
	if b := s.ItemBatcher; b != nil {
		d.batcher = &testBatcher{
			maxItems: lang.number(c, "MaxItemsPerBatch", b.MaxItemsPerBatch, b.MaxItemsPerBatchPath),
			maxBytes: lang.number(c, "MaxInputBytesPerBatch", b.MaxInputBytesPerBatch, b.MaxInputBytesPerBatchPath),
		}
		if b.BatchInput != nil {
			d.batcher.input = lang.expression(c, "ItemBatcher/BatchInput", b.BatchInput)
		}
	}
	r := s.ItemReader
	if r == nil {
		return d
	}
	d.reader = &testReader{resource: r.Resource}
	switch {
	case r.Arguments != nil:
		d.reader.arguments = lang.expression(c, "ItemReader/Arguments", r.Arguments)
	case r.Parameters != nil:
		d.reader.arguments = lang.expression(c, "ItemReader/Parameters", r.Parameters)
	}
	if config := r.ReaderConfig; config != nil {
		d.reader.config = mapdata.Config{
			InputType: config.InputType, CSVDelimiter: config.CSVDelimiter, CSVHeaderLocation: config.CSVHeaderLocation, CSVHeaders: config.CSVHeaders,
			ItemsPointer: config.ItemsPointer,
		}
		d.reader.maxItems = lang.number(c, "MaxItems", config.MaxItems, config.MaxItemsPath)
	}
	return d
}

// group takes the place of a Parallel's branches or a Map's iterations: the mock says what came of them.
func (p *probe) group(t *thread) {
	e := t.env(t.effective)
	var err error
	if t.state.groups.processor != nil {
		err = p.mapState(t, e)
	} else {
		_, err = t.state.flow.arguments(e, t.effective)
	}
	var refused *TestStateError
	switch {
	case errors.As(err, &refused):
		p.refused = refused
		p.stop()
	case err != nil:
		t.refuse(asFailure(err))
	case p.test.Mock.ErrorOutput != nil:
		t.handle(taskFailure(p.test.Mock.ErrorOutput.err()))
	default:
		t.exit(p.test.mocked)
	}
}

// mapState does what a Map does before its iterations begin, and then counts those that failed.
func (p *probe) mapState(t *thread, e *env) error {
	spec := t.state.groups
	items, err := p.items(e)
	if err != nil {
		return err
	}
	e.data = t.effective
	concurrency, f := spec.concurrency.integer(e)
	if f == nil && concurrency < 0 {
		f = runtimeFailure("MaxConcurrency cannot be negative.")
	}
	if f != nil {
		return f
	}
	p.mapped.concurrency = &concurrency
	run := &mapRun{failures: int(min(p.test.Configuration.MapIterationFailureCount, maxRetries))}
	if f := p.tolerance(t, e, run); f != nil {
		return f
	}
	inputs, err := p.inputs(t, items)
	if err != nil {
		return err
	}
	run.total = len(inputs)
	switch {
	case run.failures > run.total:
		return invalidTest("Map iteration failure count must be less than or equal to the number of Map iterations")
	case (p.mapped.count != nil || p.mapped.percent != nil) && !run.tolerates():
		// Recorded: without a tolerance in the definition nothing is compared.
		return newFailure(ErrorToleranceExceeded, "The specified tolerated failure threshold was exceeded")
	case p.test.Mock.ErrorOutput == nil && !p.fits(run):
		return invalidTest("Input array does not equal the mocked result array's size.")
	}
	return nil
}

// fits tells whether the mocked result may be that of so many iterations. Recorded is one with as many items as iterations, of which some failed;
// that those may be missing, as in a real result, and that other sizes are refused, is an assumption.
func (p *probe) fits(run *mapRun) bool {
	results, ok := p.test.mocked.(*value.Array)
	return !ok || results.Len() <= run.total && results.Len() >= run.total-run.failures
}

func (p *probe) tolerance(t *thread, e *env, run *mapRun) *failure {
	spec := t.state.groups
	var f *failure
	if spec.toleratedCount.set {
		if run.count, f = spec.toleratedCount.integer(e); f != nil {
			return f
		}
		if run.count < 0 {
			return runtimeFailure("ToleratedFailureCount cannot be negative.")
		}
		p.mapped.count = &run.count
	}
	if spec.toleratedPercent.set {
		if run.percent, f = spec.toleratedPercent.float(e); f != nil {
			return f
		}
		if run.percent < 0 || run.percent > 100 {
			return runtimeFailure("ToleratedFailurePercentage must be between 0 and 100.")
		}
		p.mapped.percent = &run.percent
	}
	return nil
}

// items are the items of the Map, also those that its ItemReader reads.
func (p *probe) items(e *env) ([]value.Value, error) {
	if p.test.around.reader != nil {
		return p.read(e, p.test.around.reader)
	}
	items, err := e.t.state.groups.items.items(e)
	if err != nil {
		return nil, err
	}
	p.note(afterItems, items)
	return items.Items(), nil
}

// inputs are what the iterations get.
func (p *probe) inputs(t *thread, items []value.Value) ([]value.Value, error) {
	if selector := t.state.groups.selector; selector != nil {
		outer := t.item
		defer func() { t.item, t.context = outer, nil }()
		selected := make([]value.Value, len(items))
		for i, item := range items {
			t.item, t.context = &mapItem{index: i, value: item}, nil
			var err error
			if selected[i], err = selector.eval(t.env(t.effective)); err != nil {
				return nil, err
			}
		}
		items = selected
		p.note(afterItemSelector, value.NewArray(items...))
	}
	if p.test.around.batcher == nil {
		return items, nil
	}
	return p.batch(t, p.test.around.batcher, items)
}

func (p *probe) batch(t *thread, spec *testBatcher, items []value.Value) ([]value.Value, error) {
	var (
		batcher mapdata.Batcher
		f       *failure
		err     error
	)
	e := t.env(t.effective)
	if batcher.MaxItems, f = spec.maxItems.integer(e); f != nil {
		return nil, f
	}
	if batcher.MaxInputBytes, f = spec.maxBytes.integer(e); f != nil {
		return nil, f
	}
	if spec.input != nil {
		if batcher.Input, err = spec.input.eval(e); err != nil {
			return nil, err
		}
	}
	var batches []value.Value
	for batch, err := range batcher.Batches(slices.Values(items)) {
		if err != nil {
			return nil, mapFailure(err)
		}
		batches = append(batches, batch.Input)
	}
	p.note(afterItemBatcher, value.NewArray(batches...))
	return batches, nil
}

// read makes items of mapItemReaderData, as the ItemReader would of what it finds in S3.
func (p *probe) read(e *env, spec *testReader) ([]value.Value, error) {
	data := p.test.Configuration.MapItemReaderData
	if data == "" { // assumed
		return nil, invalidTest("ItemReader data must be specified when testing a Map state with ItemReader specified.")
	}
	source := mapdata.Source{Resource: spec.resource, Config: spec.config, MapObjects: true}
	arguments := value.NewObject()
	if spec.arguments != nil {
		v, err := spec.arguments.eval(e)
		if err != nil {
			return nil, err
		}
		if o, ok := v.(*value.Object); ok {
			arguments = o
		}
	}
	e.data = e.t.effective
	var f *failure
	if source.Config.MaxItems, f = spec.maxItems.integer(e); f != nil {
		return nil, f
	}
	if !strings.HasSuffix(source.Resource, ":s3:getObject") || source.Config.InputType == "MANIFEST" {
		// What was read is more than one file: the data are its items.
		source.Resource, source.Config = "arn:aws:states:::s3:getObject", mapdata.Config{InputType: "JSON", MaxItems: source.Config.MaxItems}
	}
	bucket, key := memberText(arguments, "Bucket", "bucket"), memberText(arguments, "Key", "key")
	source.Parameters = value.NewObject(value.Member{Name: "Bucket", Value: value.String(bucket)}, value.Member{Name: "Key", Value: value.String(key)})
	objects := &mapdata.Memory{}
	objects.Store(bucket, key, []byte(data))
	read, err := mapdata.ReadAll(e.t.x.s.ctx, objects, source)
	if err != nil {
		return nil, mapFailure(err)
	}
	items := make([]value.Value, len(read))
	for i, item := range read {
		items[i] = item.Input()
	}
	p.mapped.pointer = source.Config.ItemsPointer != ""
	p.note(afterItems, value.NewArray(items...))
	return items, nil
}

// memberText is a member's text, or what stands for it.
func memberText(o *value.Object, name, standard string) string {
	if v, _ := o.Get(name); v != nil {
		if s, ok := v.(value.String); ok && s != "" {
			return string(s)
		}
	}
	return standard
}

// mapFailure gives what reading or grouping items failed with.
func mapFailure(err error) error {
	if e, ok := err.(*mapdata.Error); ok {
		if e.Name == ErrorRuntime {
			return runtimeFailure("%s", e.Cause)
		}
		return newFailure(e.Name, e.Cause)
	}
	return err
}
