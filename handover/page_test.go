package handover_test

import (
	"testing"

	"github.com/deskbell/deskbell/handover"
)

func TestOfAPagesAddressOnlyWhatIsListedIsKept(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		"https://shop.example/orders?token=s3cret&product=7#access_token=x": "https://shop.example/orders?product=7",
		"https://mia:pw@shop.example/a?reset=abc":                           "https://shop.example/a",
		"https://shop.example/plain":                                        "https://shop.example/plain",
		"/relative?x=1":                                                     "/relative",
		"http://[::1":                                                       "",
		"":                                                                  "",
	} {
		if got := handover.PageAddress(page, []string{"product"}); got != want {
			t.Errorf("%q is kept as %q, want %q", page, got, want)
		}
	}
}
