//go:build !unix

package main

import "os"

// lockFile opens the file; this system's opening excludes nobody.
func lockFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
