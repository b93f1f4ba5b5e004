package builder

import "github.com/docflow-asl/docflow/asl"

// MapState runs a flow once for every item of an array.
type MapState struct{ guarded[*MapState] }

// mapSettings is what only a Map has.
type mapSettings struct {
	items       *Ref
	itemType    *typ
	item        *source // what Item refers to
	batch       *source // what Batch refers to
	selector    Object
	distributed *Distributed
	concurrency int
	// concurrencyFrom, if not nil, is where the concurrency stands in the data.
	concurrencyFrom *Ref
}

// Map runs a flow, which Each gives, for every item of the array that items refers to. An iteration's input is the item,
// unless ItemSelector says otherwise; the result is the array of the iterations' outputs, in the order of the items.
func Map(name string, items Ref) *MapState {
	m := newMap(name)
	m.node.batch.items = &items
	return m
}

// MapFrom runs a flow for every item that the reader of a distributed Map finds; T is the shape of an item.
func MapFrom[T any](name string, reader asl.ItemReader, parameters Object, distributed Distributed) *MapState {
	m := newMap(name)
	m.node.batch.itemType = typeFor[T]()
	distributed.reader, distributed.readerParameters = &reader, parameters
	return m.Distributed(distributed)
}

func newMap(name string) *MapState {
	m := &MapState{}
	m.node, m.self = newNode(asl.TypeMap, name), m
	m.node.batch = &mapSettings{item: &source{kind: itemSource, node: m.node}, batch: &source{kind: batchSource, node: m.node}}
	return m
}

// Each says what is done for every item. It stands apart from Map so that the flow's states can refer to Item.
func (m *MapState) Each(flow Flow) *MapState {
	first, _ := ends(flow)
	switch {
	case first == nil:
		m.node.fail(BadTransition, "ItemProcessor", "the flow is nil, or a chain without states")
	case len(m.node.branches) > 0:
		m.node.fail(BadTransition, "ItemProcessor", "Each was called before; a Map has one flow")
	default:
		m.node.branches = []*node{first}
	}
	return m
}

// ItemSelector makes an iteration's input of what the object says. It can refer to Item, Index and the state's data.
func (m *MapState) ItemSelector(input Object) *MapState {
	if input == nil {
		input = Object{}
	}
	m.node.batch.selector = input
	return m
}

// MaxConcurrency bounds the iterations that run at the same time. Without it, or with 0, there is no bound but AWS's.
func (m *MapState) MaxConcurrency(n int) *MapState {
	m.node.batch.concurrency, m.node.batch.concurrencyFrom = n, nil
	return m
}

// MaxConcurrencyFrom takes that number from the state's input.
func (m *MapState) MaxConcurrencyFrom(n Ref) *MapState {
	m.node.batch.concurrency, m.node.batch.concurrencyFrom = 0, &n
	return m
}

// Item refers to a part of the item that an iteration is about; to the whole of it with "".
func (m *MapState) Item(path string) Ref { return newRef(m.node.batch.item, nil, path) }

// Index refers to the number of the item that an iteration is about, from 0.
func (m *MapState) Index() Ref {
	return Ref{source: &source{kind: contextSource, text: "Map.Item.Index", node: m.node, typ: &typ{kind: numberKind}}, pos: caller()}
}

// Batch refers to a part of an iteration's input where items come in batches: "Items[0].key", "BatchInput.name".
func (m *MapState) Batch(path string) Ref { return newRef(m.node.batch.batch, nil, path) }

// Distributed says how a distributed Map runs its iterations: each as an execution of its own, whose history is its own too.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
type Distributed struct {
	Express bool   // the iterations are EXPRESS executions, else STANDARD ones
	Label   string // a part of the iterations' ARN; 40 characters at most

	// How many iterations may fail before the Map does; nil is none.
	ToleratedFailureCount      *int
	ToleratedFailurePercentage *float64

	// Batches of items, when one of the two is above 0.
	MaxItemsPerBatch      int
	MaxInputBytesPerBatch int
	BatchInput            Object

	// Where the results are written to. The Map's result then says where they are, instead of holding them.
	ResultBucket, ResultPrefix any // strings or expressions
	WriterConfig               *asl.WriterConfig

	reader           *asl.ItemReader
	readerParameters Object
}

func (d *Distributed) batched() bool {
	return d != nil && (d.MaxItemsPerBatch > 0 || d.MaxInputBytesPerBatch > 0)
}

// Distributed makes the Map a distributed one.
func (m *MapState) Distributed(d Distributed) *MapState {
	m.node.batch.distributed = &d
	return m
}
