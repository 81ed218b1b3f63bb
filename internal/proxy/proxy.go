// Package proxy tells whose a request is that came through reverse proxies.
package proxy

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// Trusted are the networks of our own proxies: what they say of where a request came from is believed.
type Trusted []netip.Prefix

// Parse reads networks, as 10.0.0.0/8, or single addresses.
func Parse(network string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(network); err == nil {
		return a.Prefix(a.BitLen())
	}
	p, err := netip.ParsePrefix(network)
	return p.Masked(), err
}

func (t Trusted) contains(a netip.Addr) bool {
	for _, p := range t {
		if p.Contains(a.Unmap()) || p.Contains(a) {
			return true
		}
	}
	return false
}

// mostHops is how many proxies one behind the other are believed: whoever lists more is making them up.
const mostHops = 32

// Client is the address that a request came from: of those that Forwarded or X-Forwarded-For name, read from the right, the first that is none of
// our proxies. What stands further left anybody can have written.
func (t Trusted) Client(r *http.Request) netip.Addr {
	at := address(r.RemoteAddr)
	if !t.contains(at) {
		return at
	}
	hops := forwarded(r.Header)
	for i := len(hops) - 1; i >= 0 && i >= len(hops)-mostHops; i-- {
		next := address(hops[i])
		if !next.IsValid() { // "unknown", or a name of its own: the proxy that wrote it is the nearest we know
			return at
		}
		if at = next; !t.contains(at) {
			return at
		}
	}
	return at
}

// forwarded are the addresses that a request lists, as it lists them, the nearest last. X-Forwarded-For wins: proxies that write it may pass
// the other on as they got it.
func forwarded(h http.Header) (hops []string) {
	if all := h.Values("X-Forwarded-For"); len(all) > 0 {
		for part := range strings.SplitSeq(strings.Join(all, ","), ",") {
			hops = append(hops, strings.TrimSpace(part))
		}
		return hops
	}
	for element := range strings.SplitSeq(strings.Join(h.Values("Forwarded"), ","), ",") { // RFC 7239
		hop := ""
		for pair := range strings.SplitSeq(element, ";") {
			if name, value, is := strings.Cut(strings.TrimSpace(pair), "="); is && strings.EqualFold(name, "for") {
				hop = strings.Trim(value, `"`)
			}
		}
		hops = append(hops, hop)
	}
	return hops
}

// address reads an address with or without a port.
func address(s string) netip.Addr {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

// enough requests from one private address alone, all of them forwarded by somebody, tell a proxy that nobody has named.
const enough = 20

// Handler gives next each request with the address it came from. alone hears, once, of a private address that every request comes from
// although others sent them: a proxy that is not among the trusted, behind which all customers are one.
func (t Trusted) Handler(next http.Handler, alone func(address string)) http.Handler {
	var mu sync.Mutex
	var only netip.Addr
	seen, settled := 0, false
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer := address(r.RemoteAddr)
		if len(t) == 0 && alone != nil && strings.HasPrefix(r.URL.Path, "/web/") {
			mu.Lock()
			if !settled {
				switch via := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""; {
				case !via || !peer.IsPrivate() && !peer.IsLoopback() || seen > 0 && peer != only:
					settled = true
				default:
					only = peer
					if seen++; seen == enough {
						settled = true
						go alone(peer.String())
					}
				}
			}
			mu.Unlock()
		}
		if client := t.Client(r); client.IsValid() && client != peer {
			r.RemoteAddr = netip.AddrPortFrom(client, 0).String()
		}
		next.ServeHTTP(w, r)
	})
}
