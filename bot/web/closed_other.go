//go:build !unix

package web

import "syscall"

// closed cannot tell here: the next heartbeat will.
func closed(syscall.RawConn) bool { return false }
