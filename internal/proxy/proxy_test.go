package proxy

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func trusted(t *testing.T, networks ...string) (all Trusted) {
	t.Helper()
	for _, n := range networks {
		p, err := Parse(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestTheClientIsTheFirstFromTheRightThatIsNoProxyOfOurs(t *testing.T) {
	t.Parallel()
	ours := trusted(t, "10.0.0.0/8", "127.0.0.1", "fd00::/8")
	for _, x := range []struct {
		name, peer string
		header     map[string][]string
		want       string
	}{
		{"no proxy", "203.0.113.9:5000", nil, "203.0.113.9"},
		{"a stranger who claims to be another", "203.0.113.9:5000", map[string][]string{"X-Forwarded-For": {"198.51.100.1"}}, "203.0.113.9"},
		{"one proxy", "10.0.0.1:80", map[string][]string{"X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1"},
		{"a customer who makes one up", "10.0.0.1:80", map[string][]string{"X-Forwarded-For": {"1.1.1.1, 198.51.100.1"}}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:80", map[string][]string{"X-Forwarded-For": {"198.51.100.1, 10.0.0.2"}}, "198.51.100.1"},
		{"two header lines", "10.0.0.1:80", map[string][]string{"X-Forwarded-For": {"6.6.6.6", "198.51.100.1"}}, "198.51.100.1"},
		{"proxies alone", "10.0.0.1:80", map[string][]string{"X-Forwarded-For": {"10.0.0.3, 10.0.0.2"}}, "10.0.0.3"},
		{"rubbish", "10.0.0.1:80", map[string][]string{"X-Forwarded-For": {"198.51.100.1, <script>"}}, "10.0.0.1"},
		{"with a port", "10.0.0.1:80", map[string][]string{"X-Forwarded-For": {"198.51.100.1:4711"}}, "198.51.100.1"},
		{"IPv6", "[fd00::1]:80", map[string][]string{"X-Forwarded-For": {"2001:db8::7"}}, "2001:db8::7"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:80", map[string][]string{"X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1"},
		{"Forwarded", "10.0.0.1:80", map[string][]string{"Forwarded": {`for=1.1.1.1, for="[2001:db8::7]:80";proto=https;by=10.0.0.1`}}, "2001:db8::7"},
		{"Forwarded of nobody", "10.0.0.1:80", map[string][]string{"Forwarded": {"for=unknown"}}, "10.0.0.1"},
		{"both", "10.0.0.1:80", map[string][]string{"Forwarded": {"for=6.6.6.6"}, "X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1"},
		{"nothing", "10.0.0.1:80", nil, "10.0.0.1"},
	} {
		if got := ours.Client(&http.Request{RemoteAddr: x.peer, Header: http.Header(x.header)}); got.String() != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
	}
}

func TestAProxyThatNobodyNamedIsTold(t *testing.T) {
	t.Parallel()
	told := make(chan string, 1)
	ask := func(h http.Handler, peer, client string) {
		r := httptest.NewRequest(http.MethodGet, "/web/messages", nil)
		r.RemoteAddr = peer
		if client != "" {
			r.Header.Set("X-Forwarded-For", client)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	h := Trusted(nil).Handler(nothing, func(a string) { told <- a })
	for range enough {
		ask(h, "172.18.0.2:80", "198.51.100.1")
	}
	select {
	case a := <-told:
		if a != "172.18.0.2" {
			t.Fatal(a)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("nobody is told")
	}
	h = Trusted(nil).Handler(nothing, func(a string) { told <- a })
	ask(h, "203.0.113.9:80", "")
	for range 2 * enough {
		ask(h, "172.18.0.2:80", "198.51.100.1")
	}
	select {
	case a := <-told:
		t.Fatal(a)
	default:
	}
}
