package outside

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnEndlessAnswerIsReadToItsLimit(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/endless":
			for {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		case "/bomb": // 10 MB in 10 KB
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, strings.Repeat("x", 10<<20))
			_ = z.Close()
		case "/exact":
			_, _ = io.WriteString(w, strings.Repeat("x", 1000))
		}
	}))
	defer s.Close()
	client := &http.Client{Transport: Transport(nil, 1000)}
	for path, want := range map[string]bool{"/endless": true, "/bomb": true, "/exact": false} {
		res, err := client.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if len(b) != 1000 || errors.As(err, new(*TooLargeError)) != want {
			t.Errorf("%s: %d bytes, %v", path, len(b), err)
		}
	}
}
