package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// tinyBytes is the memory of a tiny machine.
const tinyBytes = 512 << 20

// cgroup is how a version of cgroups bounds memory: its root, and the file with the bound.
type cgroup struct{ root, limit string }

// makeTiny has a command that was not started yet run on one processor, in a cgroup of 512 MB: by root on Linux,
// where taskset and cgroups are. leave takes the cgroup away when the command has ended.
func makeTiny(cmd *exec.Cmd) (leave func() error, err error) {
	program, err := exec.LookPath("taskset")
	if err != nil {
		return nil, fmt.Errorf("one processor only: %w", err)
	}
	var errs []error
	for _, kind := range []cgroup{{"/sys/fs/cgroup", "memory.max"}, {"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}} {
		dir := filepath.Join(kind.root, "zikr-bench-"+strconv.Itoa(os.Getpid()))
		if err := kind.make(dir); err != nil {
			errs = append(errs, err)
			continue
		}
		const enter = `echo $$ > "$0/cgroup.procs" && exec "$@"`
		cmd.Args = append([]string{"sh", "-c", enter, dir, program, "-c", "0", cmd.Path}, cmd.Args[1:]...)
		cmd.Path, err = exec.LookPath("sh")
		return func() error { return os.Remove(dir) }, err
	}
	return nil, fmt.Errorf("512 MB only: %w", errors.Join(errs...))
}

// make makes a cgroup with the bound.
func (kind cgroup) make(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil { // #nosec G301 -- as all cgroups are
		return err
	}
	limit := filepath.Join(dir, kind.limit)
	if _, err := os.Stat(limit); err != nil { // a file that is made here is no bound
		return errors.Join(err, os.Remove(dir))
	}
	if err := os.WriteFile(limit, []byte(strconv.Itoa(tinyBytes)), 0o600); err != nil {
		return errors.Join(err, os.Remove(dir))
	}
	return nil
}
