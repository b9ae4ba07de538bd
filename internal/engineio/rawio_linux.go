package engineio

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Reading and writing a socket that never blocks, without telling the scheduler, as
// it is told of system calls that may: it would hand the processor on to another thread, of which
// there are soon dozens, whenever one of these is interrupted.
//
// They are the calls for sockets, recvfrom(2) and sendto(2), not read(2) and write(2), which do the
// same by way of all that files have.

// rawRead reads from a socket. p is not empty.
func rawRead(fd int, p []byte) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
	return result(n, errno)
}

// rawWrite writes to a socket. p is not empty.
func rawWrite(fd int, p []byte) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return result(n, errno)
}

// small is how many bytes are copied together, which takes less than having the kernel collect them.
const small = 2048

// rawWriteAll writes frames to a socket, with one call. There are frames, maxBatch at most, and none is empty.
func rawWriteAll(fd int, frames [][]byte) (int, error) {
	if totalSize(frames) > small {
		return rawWritev(fd, frames)
	}
	var room [small]byte
	whole := room[:0]
	for _, f := range frames {
		whole = append(whole, f...)
	}
	return rawWrite(fd, whole)
}

// rawWritev is writev(2).
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
