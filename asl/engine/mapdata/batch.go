package mapdata

import (
	"fmt"
	"iter"

	"github.com/docflow-asl/docflow/asl/value"
)

// Batcher is an ItemBatcher, its expressions evaluated: it groups the inputs of child executions.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
type Batcher struct {
	MaxItems int64 // MaxItemsPerBatch; 0: as many as fit
	// MaxInputBytes is MaxInputBytesPerBatch; 0, and any number above it, counts as 262,144. What is counted is the JSON text of
	// the whole batch, BatchInput included; that AWS counts so is an assumption, except at 262,144, which no input may exceed.
	MaxInputBytes int64
	Input         value.Value // BatchInput; nil when there is none
}

// Batch is the input of one child execution, and which items it holds.
type Batch struct {
	Input value.Value // {"BatchInput": …, "Items": […]}, in this order (captured); without BatchInput when there is none
	First int         // the index of its first item
	Count int
}

// Batches groups the items in their order. Each batch but the last holds as many as the limits allow. It fails with an *Error:
// for a negative limit States.Runtime, for an item that no batch has room for States.DataLimitExceeded; AWS's texts for these
// are not known. A failure is the last that it gives.
func (b Batcher) Batches(items iter.Seq[value.Value]) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		for _, field := range []struct {
			name string
			n    int64
		}{{"MaxItemsPerBatch", b.MaxItems}, {"MaxInputBytesPerBatch", b.MaxInputBytes}} {
			if field.n < 0 {
				yield(Batch{}, &Error{Name: ErrorRuntime, Cause: field.name + " cannot be negative."})
				return
			}
		}
		limit := b.MaxInputBytes
		if limit == 0 || limit > MaxInputBytes {
			limit = MaxInputBytes
		}
		empty := int64(value.Size(b.batch(nil)))
		var (
			held  []value.Value
			size  = empty
			first int
			index int
		)
		for item := range items {
			more := int64(value.Size(item))
			if empty+more > limit {
				yield(Batch{}, itemTooLarge(index, empty+more, limit))
				return
			}
			if len(held) > 0 && (size+1+more > limit || int64(len(held)) == b.MaxItems) {
				if !yield(Batch{b.batch(held), first, len(held)}, nil) {
					return
				}
				held, size, first = nil, empty, index
			}
			if len(held) > 0 {
				size++ // the comma
			}
			held = append(held, item)
			size += more
			index++
		}
		if len(held) > 0 {
			yield(Batch{b.batch(held), first, len(held)}, nil)
		}
	}
}

func (b Batcher) batch(items []value.Value) value.Value {
	members := make([]value.Member, 0, 2)
	if b.Input != nil {
		members = append(members, value.Member{Name: "BatchInput", Value: b.Input})
	}
	return value.NewObject(append(members, value.Member{Name: "Items", Value: value.NewArray(items...)})...)
}

// CheckInput tells whether a child execution may get the input of item index without a batcher: nil, or States.DataLimitExceeded
// when it has more than 262,144 bytes.
func CheckInput(index int, input value.Value) error {
	if size := int64(value.Size(input)); size > MaxInputBytes {
		return itemTooLarge(index, size, MaxInputBytes)
	}
	return nil
}

func itemTooLarge(index int, size, limit int64) error {
	what := fmt.Sprintf("the input that item %d takes", index)
	return &Error{
		Name:  ErrorDataLimitExceeded,
		Cause: fmt.Sprintf("The input of a child execution for item %d would have %d bytes, and the limit is %d bytes.", index, size, limit),
		Err:   &LimitError{"MaxInputBytes", limit, what},
	}
}
