package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// clockTick is the unit of times in /proc: USER_HZ is 100 wherever Go runs on Linux.
const clockTick = 10 * time.Millisecond

// readProcess reads what pid has used (proc_pid_stat(5), proc_pid_status(5)). A pid of 0 has used nothing.
func readProcess(pid int) (process, error) {
	if pid == 0 {
		return process{}, nil
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, fmt.Errorf("what the server %d has used: %w", pid, err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return process{}, fmt.Errorf("what the server %d has used: %w", pid, err)
	}
	return parseProcess(stat, status)
}

func parseProcess(stat, status []byte) (process, error) {
	// The second field is the program's name in brackets, which may hold anything, spaces and brackets too.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return process{}, fmt.Errorf("/proc/PID/stat is not as expected: %.200q", stat)
	}
	user, err := strconv.ParseInt(string(fields[11]), 10, 64) // field 14, utime
	if err != nil {
		return process{}, fmt.Errorf("utime in /proc/PID/stat: %w", err)
	}
	system, err := strconv.ParseInt(string(fields[12]), 10, 64) // field 15, stime
	if err != nil {
		return process{}, fmt.Errorf("stime in /proc/PID/stat: %w", err)
	}
	return process{
		cpu: time.Duration(user+system) * clockTick, user: time.Duration(user) * clockTick,
		rss: statusField(status, "VmRSS") << 10, threads: statusField(status, "Threads"),
	}, nil
}

// statusField is the number that a line of /proc/PID/status begins with, 0 if there is none.
func statusField(status []byte, name string) int64 {
	for line := range bytes.Lines(status) {
		if value, ok := bytes.CutPrefix(line, []byte(name+":")); ok {
			n, _ := leadingNumber(bytes.TrimSpace(value))
			return int64(n)
		}
	}
	return 0
}

// ownCPU is the processor time that this process has used.
func ownCPU() time.Duration { return usage(unix.RUSAGE_SELF) }

// threadCPU is the processor time that this thread has used.
func threadCPU() time.Duration { return usage(unix.RUSAGE_THREAD) }

func usage(who int) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(who, &u); err != nil {
		return 0 // fails for another who only
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// raiseFileLimit lets this process open n files, beyond the hard limit too where it may.
func raiseFileLimit(n int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("the limit of open files: %w", err)
	}
	if limit.Cur >= uint64(n) {
		return nil
	}
	raised := unix.Rlimit{Cur: uint64(n), Max: max(uint64(n), limit.Max)}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &raised); err != nil {
		return fmt.Errorf("so many connections take %d open files, and this process may have %d: raise the hard limit, as with `ulimit -Hn %d` by root: %w", n, limit.Max, n, err)
	}
	return nil
}

// checkServerFiles finds a server that may not open n files, which would look like one that hangs.
func checkServerFiles(pid, n int) error {
	if pid == 0 {
		return nil
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		return fmt.Errorf("the limits of the server %d: %w", pid, err)
	}
	if may, known := openFiles(limits); known && may < n {
		return fmt.Errorf("so many connections take %d open files of the server, and its process %d may have %d: start it with a higher limit (LimitNOFILE= of systemd, or `ulimit -n`)", n, pid, may)
	}
	return nil
}

// openFiles is the soft limit of open files in /proc/PID/limits (proc_pid_limits(5)).
func openFiles(limits []byte) (n int, known bool) {
	for line := range bytes.Lines(limits) {
		if value, ok := bytes.CutPrefix(line, []byte("Max open files")); ok {
			value = bytes.TrimSpace(value)
			n, _ = leadingNumber(value)
			return n, len(value) > 0 && value[0] >= '0' && value[0] <= '9'
		}
	}
	return 0, false
}
