package folder

import (
	"errors"
	"syscall"
)

// notDirectory tells whether a path goes on below what is no directory: there is no object of that key.
func notDirectory(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
