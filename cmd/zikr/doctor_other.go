//go:build !linux

package main

// clockIsKept is not known.
func clockIsKept() (kept, known bool) { return false, false }

// fileSystem is not known.
func fileSystem(string) string { return "" }
