// Package outside speaks to other people's servers: whatever they answer, no more of it is read than was expected.
package outside

import (
	"fmt"
	"io"
	"net"
	"net/http"
)

// TooLargeError is what reading an answer ends with that has more bytes than it may.
type TooLargeError struct{ Most int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the answer has more than %d bytes", e.Most)
}

// Transport reads at most so many bytes of an answer's body, after decompression; next nil is http.DefaultTransport.
func Transport(next http.RoundTripper, most int64) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return bounded{next, most}
}

type bounded struct {
	next http.RoundTripper
	most int64
}

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusSwitchingProtocols { // a socket: its frames have limits of their own
		return res, nil
	}
	res.Body = &body{ReadCloser: res.Body, left: b.most, most: b.most}
	return res, nil
}

type body struct {
	io.ReadCloser
	left, most int64
}

func (b *body) Read(p []byte) (int, error) {
	if b.left <= 0 {
		var one [1]byte
		if n, err := b.ReadCloser.Read(one[:]); n == 0 {
			return 0, err
		}
		return 0, &TooLargeError{b.most}
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// Conn is a connection of which at most so many bytes are read.
func Conn(c net.Conn, most int64) net.Conn { return &conn{Conn: c, left: most, most: most} }

type conn struct {
	net.Conn
	left, most int64
}

func (c *conn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, &TooLargeError{c.most}
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}
