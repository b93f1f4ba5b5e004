//go:build unix

package text

import "syscall"

// reserve maps size bytes that cost nothing until they are touched.
func reserve(size uint64) ([]byte, error) {
	return syscall.Mmap(-1, 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
}

func unreserve(memory []byte) {
	if memory != nil {
		// Unmapping a range that was mapped as a whole does not fail.
		_ = syscall.Munmap(memory)
	}
}
