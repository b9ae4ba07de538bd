//go:build !linux

package main

// clockIsKept is not known.
func clockIsKept() (kept, known bool) { return false, false }

// fileSystem is not known.
func fileSystem(string) string { return "" }

// holderFiles is not known.
func holderFiles(string) (most uint64, pid int, known bool) { return 0, 0, false }
