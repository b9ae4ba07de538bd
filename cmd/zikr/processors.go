package main

import (
	"os"
	"runtime"
)

// leastProcs is how many threads run Go's code at once at least. One alone stands still while its thread
// waits for the disk, until Go notices, which takes it up to 10 ms. Go's own least in a container is the same.
const leastProcs = 2

// raiseProcs lets a machine of one processor go on while a commit is on its way to the disk, unless the operator
// has chosen with Go's own variable.
func raiseProcs() {
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < leastProcs {
		runtime.GOMAXPROCS(leastProcs)
	}
}
