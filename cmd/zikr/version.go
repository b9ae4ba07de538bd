package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by `make build`; a binary of `go install` knows its module's version.
var version = ""

type versionCmd struct{}

// Run prints the version and what the binary was built with.
func (versionCmd) Run(io streams) error {
	_, err := fmt.Fprintf(io.out, "zikr %s (%s, %s/%s)\n", versionName(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// versionName is the version of the binary, "devel" if nobody gave it one.
func versionName() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
