package load

import (
	"errors"
	"time"
)

// process is what a process has used.
type process struct {
	cpu     time.Duration // of all its threads, in the kernel too
	user    time.Duration // the part outside of the kernel
	rss     int64         // resident memory in bytes
	threads int64
}

// spareFiles is how many open files a process needs beside its connections.
const spareFiles = 64

// span is what a stretch of a run has cost.
type span struct {
	server, own process // cpu and user are those of the span; rss and threads those at its end
	took        time.Duration
}

// measure runs do and tells what it has cost the server pid and this process.
func measure(pid int, do func() error) (span, error) {
	server, err := readProcess(pid)
	if err != nil {
		return span{}, err
	}
	own, began := ownCPU(), time.Now()
	doErr := do()
	s := span{took: time.Since(began)}
	s.own.cpu = ownCPU() - own
	if s.server, err = readProcess(pid); err != nil {
		return s, errors.Join(doErr, err)
	}
	s.server.cpu -= server.cpu
	s.server.user -= server.user
	return s, doErr
}

// cores is how many processors cpu of the span kept busy.
func (s span) cores(cpu time.Duration) float64 { return float64(cpu) / float64(max(s.took, 1)) }
