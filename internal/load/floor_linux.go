package load

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// writeFloor connects to itself and writes. The reader is a thread of its own, so
// that what it uses does not count.
func writeFloor(ctx context.Context, how FloorOptions) (used, took time.Duration, err error) {
	if err := raiseFileLimit(2*how.Connections + spareFiles); err != nil {
		return 0, 0, err
	}
	sockets, err := pairs(ctx, how.Connections)
	defer func() {
		for _, p := range sockets {
			_ = unix.Close(p.write)
			_ = unix.Close(p.read)
		}
	}()
	if err != nil {
		return 0, 0, err
	}
	var work errgroup.Group
	work.Go(func() error { return drain(sockets, int64(how.Connections)*int64(how.Messages)*int64(how.Bytes)) })
	work.Go(func() (err error) {
		used, took, err = writeAll(ctx, sockets, how)
		if err != nil {
			shut(sockets)
		}
		return err
	})
	return used, took, work.Wait()
}

// pair is the two ends of a TCP connection.
type pair struct{ write, read int }

// pairs connects sockets over the loopback.
func pairs(ctx context.Context, n int) (out []pair, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, listener.Close()) }()
	for range n {
		p, err := connectPair(listener)
		if err != nil {
			return out, err
		}
		out = append(out, p)
	}
	return out, nil
}

func connectPair(listener net.Listener) (p pair, err error) {
	target, _ := sockaddr(listener.Addr().(*net.TCPAddr).AddrPort())
	if p.read, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return p, os.NewSyscallError("socket", err)
	}
	if err = unix.Connect(p.read, target); err == nil {
		p.write, err = accept(listener)
	}
	if err == nil {
		err = unix.SetNonblock(p.read, true)
	}
	if err != nil {
		_ = unix.Close(p.read)
	}
	return p, err
}

// accept takes a connection out of the hands of Go's own poller.
func accept(listener net.Listener) (fd int, err error) {
	conn, err := listener.Accept()
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	if fd, err = unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0); err != nil {
		return 0, os.NewSyscallError("fcntl", err)
	}
	return fd, unix.SetNonblock(fd, true)
}

// shut ends the connections, so that their reader ends.
func shut(sockets []pair) {
	for _, p := range sockets {
		_ = unix.Shutdown(p.write, unix.SHUT_RDWR)
	}
}

// drain reads until so many bytes have come, or a connection ends.
func drain(sockets []pair, bytes int64) error {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	defer func() { _ = unix.Close(ep) }()
	for _, p := range sockets {
		if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, p.read, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(p.read)}); err != nil {
			return os.NewSyscallError("epoll_ctl", err)
		}
	}
	events, buf := make([]unix.EpollEvent, 512), make([]byte, 256<<10)
	for bytes > 0 {
		count, err := unix.EpollWait(ep, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("epoll_wait", err)
		}
		for _, event := range events[:max(count, 0)] {
			got, err := unix.Read(int(event.Fd), buf)
			if err == nil && got == 0 {
				return nil // the writer has given up, and says why
			}
			bytes -= int64(max(got, 0))
		}
	}
	return nil
}

// writeAll writes the messages, each to every connection, and tells what this thread has used.
func writeAll(ctx context.Context, sockets []pair, how FloorOptions) (used, took time.Duration, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	message := make([]byte, how.Bytes)
	cpu, began := threadCPU(), time.Now()
	for sent := 0; sent < how.Messages; sent += how.Coalesce {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		if how.Rate > 0 {
			// the last of those that go together is due
			time.Sleep(time.Until(began.Add(time.Duration(float64(sent+how.Coalesce-1) / how.Rate * float64(time.Second)))))
		}
		pieces := make([][]byte, min(how.Coalesce, how.Messages-sent))
		for i := range pieces {
			pieces[i] = message
		}
		for _, p := range sockets {
			if err := writePieces(p.write, pieces); err != nil {
				return 0, 0, err
			}
		}
	}
	return threadCPU() - cpu, time.Since(began), nil
}

// retry is how long a writer waits for a reader who is behind.
const retry = 100 * time.Microsecond

// writePieces writes all pieces with one system call, unless the reader is behind.
func writePieces(fd int, pieces [][]byte) error {
	for len(pieces) > 0 {
		sent, err := writeOnce(fd, pieces)
		switch {
		case errors.Is(err, unix.EAGAIN):
			time.Sleep(retry)
		case err != nil:
			return os.NewSyscallError("write", err)
		default:
			pieces = after(pieces, sent)
		}
	}
	return nil
}

func writeOnce(fd int, pieces [][]byte) (int, error) {
	if len(pieces) == 1 {
		return unix.Write(fd, pieces[0])
	}
	return unix.Writev(fd, pieces)
}

// after is what is left of the pieces when so many bytes are gone.
func after(pieces [][]byte, bytes int) [][]byte {
	for len(pieces) > 0 && bytes >= len(pieces[0]) {
		bytes -= len(pieces[0])
		pieces = pieces[1:]
	}
	if bytes > 0 {
		pieces = append([][]byte{pieces[0][bytes:]}, pieces[1:]...)
	}
	return pieces
}
