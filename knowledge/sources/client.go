package sources

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrPrivate is the answer to an address that only this machine or its networks have.
var ErrPrivate = errors.New("a private address: allow it with --allow-private if that is meant")

// SafeClient returns a client whose one dialer refuses addresses that are not public, whatever name led there and whichever redirect:
// it looks at the address that is dialled.
func SafeClient(allowPrivate bool, timeout time.Duration) *http.Client {
	d := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("dial %s: %w", address, err)
		}
		// Link-local is where clouds keep their machines' credentials: no knowledge lives there, allowed or not.
		if link := at.Addr().Unmap().IsLinkLocalUnicast(); link || !allowPrivate && !public(at.Addr()) {
			return fmt.Errorf("%s: %w", at.Addr(), ErrPrivate)
		}
		return nil
	}}
	return &http.Client{Timeout: timeout, Transport: &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout, MaxIdleConnsPerHost: 2, DisableCompression: true}}
}

// reserved are the blocks that the public internet does not route (IANA's special-purpose registries) and netip has no word for.
var reserved = func() (out []netip.Prefix) {
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "2002::/16", "64:ff9b::/96",
		"2001::/23", "192.88.99.0/24", "::/96", "3fff::/20", "5f00::/16", "fec0::/10"} /* Teredo and other tunnels: who knows where they end */ {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}()

func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}
