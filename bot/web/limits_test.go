package web

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// connect sends a request by hand, and leaves its connection open.
func connect(t *testing.T, url, request string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	return conn
}

// status is the first line of what comes back.
func status(t *testing.T, conn net.Conn) string {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	b := make([]byte, 4096)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b[:n]), "\r\n")
	return strings.TrimPrefix(line, "HTTP/1.1 ")
}

func TestOneSessionHasSoManyStreamsAndOthersTheirs(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t, Options{Limits: Limits{StreamsPerSession: 3, StreamsPerAddress: 20}})
	token := func() string { return session(t, url) }
	get := func(token string) net.Conn {
		return connect(t, url, "GET /web/stream?token="+token+" HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	eve := token()
	var open []net.Conn
	for range 3 {
		open = append(open, get(eve))
		if s := status(t, open[len(open)-1]); s != "200 OK" {
			t.Fatal(s)
		}
	}
	code, body, header := raw(t, url, "/web/stream?token="+eve)
	if code != http.StatusTooManyRequests || header.Get("Retry-After") == "" || !strings.Contains(body, "too_many_streams") {
		t.Fatal(code, body, header)
	}
	for range 17 { // an office
		if s := status(t, get(token())); s != "200 OK" {
			t.Fatal(s)
		}
	}
	if code, body, _ := raw(t, url, "/web/stream?token="+token()); code != http.StatusTooManyRequests {
		t.Fatal(code, body)
	}
	for _, c := range open {
		_ = c.Close()
	}
}

// session opens one without a stream.
func session(t *testing.T, url string) string {
	t.Helper()
	_, body := call(t, http.MethodPost, url+"/web/sessions", "", "")
	_, rest, found := strings.Cut(body, `"token":"`)
	if !found {
		t.Fatal(body)
	}
	token, _, _ := strings.Cut(rest, `"`)
	return token
}

func raw(t *testing.T, url, path string) (int, string, http.Header) {
	t.Helper()
	res, err := http.Get(url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b), res.Header
}

func TestAReaderWhoHasGoneGivesItsPlaceBack(t *testing.T) {
	t.Parallel()
	_, c, url := serve(t, Options{Limits: Limits{StreamsPerSession: 1}})
	token := session(t, url)
	conn := connect(t, url, "GET /web/stream?token="+token+" HTTP/1.1\r\nHost: x\r\n\r\n")
	if s := status(t, conn); s != "200 OK" {
		t.Fatal(s)
	}
	_ = conn.Close()
	p := &page{url: url, token: token}
	wait(t, func() bool { // a wake, and the write that follows, find out; else the next heartbeat
		p.Write(t, fmt.Sprint(time.Now().UnixNano()), "x")
		release, ok := c.streamsOf.take(hashed(token))
		if ok {
			release()
		}
		return ok
	})
}

func TestTokensThatNobodyHasAreNotLookedUpForEver(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t, Options{Limits: Limits{BadTokensPerMinute: 5}})
	token := session(t, url)
	refused := 0
	for i := range 20 {
		code, _ := call(t, http.MethodGet, url+"/web/messages", fmt.Sprint("guess", i), "")
		if code == http.StatusTooManyRequests {
			refused++
		} else if code != http.StatusUnauthorized {
			t.Fatal(code)
		}
	}
	if refused < 14 {
		t.Fatal(refused)
	}
	if code, body := call(t, http.MethodGet, url+"/web/messages", token, ""); code != http.StatusOK { // a neighbour guesses, not this customer
		t.Fatal(code, body)
	}
}

func TestReadingAndTypingHaveTheirRate(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t, Options{Limits: Limits{ReadsPerSecond: 5}})
	token := session(t, url)
	for _, x := range [][2]string{{http.MethodGet, "/web/messages"}, {http.MethodPost, "/web/typing"}} {
		refused := 0
		for range 40 {
			if code, _ := call(t, x[0], url+x[1], token, ""); code == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused < 20 {
			t.Fatal(x, refused)
		}
	}
}

func TestSlowUploadsHoldUpNobodyAndEnd(t *testing.T) {
	t.Parallel()
	_, c, url := serve(t, Options{MostFile: 1 << 20, Limits: Limits{UploadsPerSession: 2, UploadsPerAddress: 16}})
	eve, ana := session(t, url), session(t, url)
	head := "POST /web/files?name=x.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100000\r\n\r\nslow"
	slow := []net.Conn{connect(t, url, fmt.Sprintf(head, eve)), connect(t, url, fmt.Sprintf(head, eve))}
	wait(t, func() bool { // both are under way
		c.uploadsOf.mu.Lock()
		defer c.uploadsOf.mu.Unlock()
		return c.uploadsOf.held[hashed(eve)] == 2
	})
	if code, body := call(t, http.MethodPost, url+"/web/files?name=x.txt", eve, "text"); code != http.StatusTooManyRequests {
		t.Fatal(code, body)
	}
	for range 7 { // more slow senders than there are places to keep
		who := session(t, url)
		slow = append(slow, connect(t, url, fmt.Sprintf(head, who)), connect(t, url, fmt.Sprintf(head, who)))
	}
	if code, body := call(t, http.MethodPost, url+"/web/files?name=x.txt", ana, "text"); code != http.StatusTooManyRequests && code != http.StatusCreated {
		t.Fatal(code, body)
	}
	for _, c := range slow[2:] {
		_ = c.Close()
	}
	wait(t, func() bool {
		code, _ := call(t, http.MethodPost, url+"/web/files?name=x.txt", ana, "text")
		return code == http.StatusCreated
	})
	if s := status(t, slow[0]); s != "408 Request Timeout" {
		t.Fatal(s)
	}
}

func TestAnAddressAndASessionHaveTheirBytesADay(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t, Options{MostFile: 1 << 20, Limits: Limits{BytesPerSession: 1000, BytesPerAddress: 2500}})
	eve, ana, bob := session(t, url), session(t, url), session(t, url)
	upload := func(token string, n int) int {
		code, _ := call(t, http.MethodPost, url+"/web/files?name=x.txt", token, strings.Repeat("x", n))
		return code
	}
	for i, x := range []struct {
		token string
		n     int
		want  int
	}{{eve, 900, 201}, {eve, 200, 429}, {ana, 900, 201}, {bob, 900, 429}, {bob, 400, 201}} {
		if got := upload(x.token, x.n); got != x.want {
			t.Errorf("%d: %d, want %d", i, got, x.want)
		}
	}
}

func TestMemoryStaysBoundedUnderSlowReaders(t *testing.T) {
	_, c, url := serve(t, Options{}) // alone: it measures
	const readers = 2000
	token := session(t, url)
	p := &page{url: url, token: token}
	p.Write(t, "0", "x")
	before := inUse()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range readers / 8 {
				_ = connect(t, url, "GET /web/stream?token="+token+" HTTP/1.1\r\nHost: x\r\n\r\n") // and never reads
			}
		})
	}
	wg.Wait()
	wait(t, func() bool { return c.bus.Readers() == readers })
	for i := range 10 { // 80 KB for each; a server as busy as this may ask to come again
		body := fmt.Sprintf(`{"id":"big%d","text":%q}`, i, strings.Repeat("x", 8000))
		for deadline := time.Now().Add(2 * time.Minute); ; {
			code, answer := call(t, http.MethodPost, url+"/web/messages", token, body)
			if code == http.StatusAccepted {
				break
			}
			if code != http.StatusServiceUnavailable || time.Now().After(deadline) {
				t.Fatal(code, answer)
			}
		}
	}
	runtime.GC()
	if took := inUse() - before; took > 150<<20 {
		t.Fatalf("%d slow readers take %d MiB", readers, took>>20)
	}
}

func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

func TestAWaitingStreamHasAHeartbeat(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t, Options{})
	conn := connect(t, url, "GET /web/stream?token="+session(t, url)+" HTTP/1.1\r\nHost: x\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(2 * heartbeat))
	heard, b := "", make([]byte, 4096)
	for !strings.Contains(heard, "\n: \n\n") {
		n, err := conn.Read(b)
		if heard += string(b[:n]); err != nil {
			t.Fatalf("no heartbeat: %q %v", heard, err)
		}
	}
}
