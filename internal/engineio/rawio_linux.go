package engineio

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Reading and writing a socket that never blocks, without telling the scheduler, as
// it is told of system calls that may: it would hand the processor on to another thread, of which
// there are soon dozens, whenever one of these is interrupted.

// rawRead is read(2). p is not empty.
func rawRead(fd int, p []byte) (int, error) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	return result(n, errno)
}

// rawWrite is write(2). p is not empty.
func rawWrite(fd int, p []byte) (int, error) {
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	return result(n, errno)
}

// rawWritev is writev(2). There are frames, maxBatch at most, and none is empty.
func rawWritev(fd int, frames [][]byte) (int, error) {
	var vectors [maxBatch]unix.Iovec
	for i, f := range frames {
		vectors[i].Base = &f[0]
		vectors[i].SetLen(len(f))
	}
	n, _, errno := unix.RawSyscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&vectors)), uintptr(len(frames)))
	return result(n, errno)
}

// rawEpollWait is epoll_wait(2) without waiting: how many events there are at the moment.
func rawEpollWait(fd int, events []unix.EpollEvent) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

func result(n uintptr, errno unix.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
