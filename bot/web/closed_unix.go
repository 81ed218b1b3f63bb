//go:build unix

package web

import "syscall"

// closed says whether the other end has closed a connection. It takes nothing from it, and waits for nothing.
func closed(raw syscall.RawConn) (is bool) {
	err := raw.Read(func(fd uintptr) bool {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		is = err == nil && n == 0 || err == syscall.ECONNRESET
		return true
	})
	return is || err != nil
}
