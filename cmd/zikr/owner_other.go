//go:build !unix

package main

import "os"

// adopt has nothing to do where there is no root.
func adopt(string, ...string) error { return nil }

// changeable is not known where files have no mode.
func changeable(os.FileInfo) (by string, ok bool) { return "", false }

// foreign is not known where files have no owner of this kind.
func foreign(string) (owner string, names []string) { return "", nil }

// openFiles has no limit that is known.
func openFiles() (most uint64, known bool) { return 0, false }
