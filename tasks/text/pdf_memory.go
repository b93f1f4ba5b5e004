package text

import (
	"sync"

	"github.com/tetratelabs/wazero/experimental"
)

// memoryKeeper gives WebAssembly its memory: one range of addresses with a fixed limit, so that growing never copies,
// the garbage collector never sees it, and a PDF bomb ends at the limit.
//
// wazero asks for memory when an instance starts and frees it when the instance closes. The keeper frees it only in
// release, when the engine knows that no code runs in it any more.
type memoryKeeper struct {
	mutex   sync.Mutex
	limit   uint64
	current *linearMemory
}

// begin sets the limit for the next instance.
func (k *memoryKeeper) begin(limit int64) {
	k.release()
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.limit = uint64(limit)
}

// Allocate implements experimental.MemoryAllocator.
func (k *memoryKeeper) Allocate(initial, maximum uint64) experimental.LinearMemory {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	size := max(min(k.limit, maximum), initial)
	k.current = &linearMemory{limit: size}
	k.current.reserved, k.current.err = reserve(size)
	return k.current
}

// refused says whether the current instance asked for more than its limit.
func (k *memoryKeeper) refused() bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.current != nil && k.current.refused
}

func (k *memoryKeeper) release() {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.current != nil {
		unreserve(k.current.reserved)
		k.current = nil
	}
}

type linearMemory struct {
	reserved []byte
	limit    uint64
	refused  bool
	err      error
}

// Reallocate implements experimental.LinearMemory: nil means that there is no more.
func (m *linearMemory) Reallocate(size uint64) []byte {
	if m.err != nil || size > m.limit {
		m.refused = true
		return nil
	}
	return m.reserved[:size]
}

// Free implements experimental.LinearMemory. See memoryKeeper.
func (m *linearMemory) Free() {}
