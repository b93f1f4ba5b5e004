package engine

import (
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

// The blocks of a distributed Map that say where items come from and results go to. A nil spec is one that the state has not.

// readerSpec is an ItemReader.
type readerSpec struct {
	source     mapdata.Source // what is constant of it
	parameters expr           // nil for none
	csvHeaders expr           // nil for none
	maxItems   number
}

func (c *compiler) reader(lang language, r *asl.ItemReader) *readerSpec {
	if r == nil {
		return nil
	}
	spec := &readerSpec{parameters: lang.parameters(c, "ItemReader", r.Parameters, r.Arguments)}
	spec.source.Resource = r.Resource
	if r.Resource == "" {
		c.problem("ItemReader.Resource", "is missing; an ItemReader names what it reads from")
	}
	config := r.ReaderConfig
	if config == nil {
		return spec
	}
	spec.source.Config = mapdata.Config{
		InputType: config.InputType, Transformation: config.Transformation, ManifestType: config.ManifestType,
		CSVDelimiter: config.CSVDelimiter, CSVHeaderLocation: config.CSVHeaderLocation, ItemsPointer: config.ItemsPointer,
	}
	if config.CSVHeaders != nil {
		spec.csvHeaders = lang.expression(c, "ItemReader/ReaderConfig/CSVHeaders", config.CSVHeaders)
	}
	spec.maxItems = within("ItemReader/ReaderConfig/", lang.number(c, "MaxItems", config.MaxItems, config.MaxItemsPath))
	return spec
}

// within puts what a number field stands in before the name by which failures of an expression name it.
func within(prefix string, n number) number {
	if n.query != nil {
		n.query.field = prefix + n.query.field
	}
	return n
}

func (r *readerSpec) evaluate(t *thread) (*mapdata.Source, error) {
	if r == nil {
		return nil, nil
	}
	source := r.source
	var err error
	if r.parameters != nil {
		if source.Parameters, err = r.parameters.eval(t.env(t.effective)); err != nil {
			return nil, err
		}
	}
	if r.csvHeaders != nil {
		if source.Config.CSVHeaders, err = r.csvHeaders.eval(t.env(t.effective)); err != nil {
			return nil, err
		}
	}
	n, f := r.maxItems.integer(t.env(t.effective))
	if f != nil {
		return nil, f
	}
	source.Config.MaxItems = n
	return &source, nil
}

// batcherSpec is an ItemBatcher.
type batcherSpec struct {
	maxItems, maxBytes number
	input              expr // nil for none
}

func (c *compiler) batcher(lang language, b *asl.ItemBatcher) *batcherSpec {
	if b == nil {
		return nil
	}
	spec := &batcherSpec{
		maxItems: within("ItemBatcher/", lang.number(c, "MaxItemsPerBatch", b.MaxItemsPerBatch, b.MaxItemsPerBatchPath)),
		maxBytes: within("ItemBatcher/", lang.number(c, "MaxInputBytesPerBatch", b.MaxInputBytesPerBatch, b.MaxInputBytesPerBatchPath)),
	}
	if b.BatchInput != nil {
		spec.input = lang.expression(c, "ItemBatcher/BatchInput", b.BatchInput)
	}
	return spec
}

func (b *batcherSpec) evaluate(t *thread) (*mapdata.Batcher, error) {
	if b == nil {
		return nil, nil
	}
	batcher := &mapdata.Batcher{}
	var f *failure
	if batcher.MaxItems, f = b.maxItems.integer(t.env(t.effective)); f != nil {
		return nil, f
	}
	if batcher.MaxInputBytes, f = b.maxBytes.integer(t.env(t.effective)); f != nil {
		return nil, f
	}
	if b.input != nil {
		input, err := b.input.eval(t.env(t.effective))
		if err != nil {
			return nil, err
		}
		batcher.Input = input
	}
	return batcher, nil
}

// writerSpec is a ResultWriter.
type writerSpec struct {
	writer     mapdata.Writer // what is constant of it
	parameters expr           // nil for none
}

func (c *compiler) writer(lang language, w *asl.ResultWriter) *writerSpec {
	if w == nil {
		return nil
	}
	spec := &writerSpec{parameters: lang.parameters(c, "ResultWriter", w.Parameters, w.Arguments)}
	spec.writer.Resource = w.Resource
	if w.WriterConfig != nil {
		spec.writer.Transformation, spec.writer.OutputType = w.WriterConfig.Transformation, w.WriterConfig.OutputType
	}
	return spec
}

func (w *writerSpec) evaluate(t *thread) (*mapdata.Writer, error) {
	if w == nil {
		return nil, nil
	}
	writer := w.writer
	if w.parameters != nil {
		parameters, err := w.parameters.eval(t.env(t.effective))
		if err != nil {
			return nil, err
		}
		writer.Parameters = parameters
	}
	return &writer, nil
}

// parameters compiles the Parameters of a block; in JSONPath it has no Arguments.
func (pathLanguage) parameters(c *compiler, block string, parameters, arguments value.Value) expr {
	c.jsonataOnly(block+".Arguments", arguments)
	return c.template(block+".Parameters", parameters)
}

// parameters compiles the Arguments of a block; in JSONata it has no Parameters.
func (queryLanguage) parameters(c *compiler, block string, parameters, arguments value.Value) expr {
	c.pathOnly(block+".Parameters", parameters != nil)
	return c.queryTemplate(block+"/Arguments", arguments)
}
