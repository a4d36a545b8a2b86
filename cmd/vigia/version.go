package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker on a release (make build).
var version = ""

type versionCmd struct{}

func (versionCmd) Run(io std) error {
	_, err := fmt.Fprintf(io.out, "vigia %s (%s, %s/%s)\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// versionText is the version, or the commit it was built from.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return "devel-" + s.Value[:12]
			}
		}
	}
	return "devel"
}
