package main

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// watch tells how much of the machine others have used meanwhile: what they use
// spoils the figures.
type watch struct {
	began time.Time
	busy  time.Duration // of all processors, since the system started
	known bool
	own   time.Duration // of the processes that were measured
}

func newWatch() *watch {
	w := &watch{began: time.Now()}
	w.busy, w.known = busyTime()
	return w
}

// note counts a process that has ended as ours.
func (w *watch) note(cmd *exec.Cmd) {
	if cmd.ProcessState != nil {
		w.own += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
}

// others is how many processors others have kept busy on average, where that is known.
func (w *watch) others() (processors float64, known bool) {
	busy, known := busyTime()
	if !w.known || !known {
		return 0, false
	}
	return max(float64(busy-w.busy-w.own)/float64(time.Since(w.began)), 0), true
}

func busyTime() (time.Duration, bool) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	return parseBusy(stat)
}

// clockTick is the unit of times in /proc/stat (proc_stat(5)).
const clockTick = 10 * time.Millisecond

// parseBusy adds up the first line of /proc/stat without the fields idle and
// iowait: user, nice, system, irq, softirq, and steal, which other machines have used.
func parseBusy(stat []byte) (time.Duration, bool) {
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 9 || string(fields[0]) != "cpu" {
		return 0, false
	}
	var ticks int64
	for i, field := range fields[1:9] {
		if i == 3 || i == 4 {
			continue
		}
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, false
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, true
}
