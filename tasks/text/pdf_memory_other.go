//go:build !unix

package text

// reserve takes the memory from Go's heap; the operating system gives the pages when they are touched.
func reserve(size uint64) ([]byte, error) { return make([]byte, size), nil }

func unreserve([]byte) {}
