package copilot

import "testing"

func BenchmarkHear(b *testing.B) {
	for range b.N {
		listen("oh for gods sake this is useless, how long does the delivery of my parcel to france take")
	}
}

func BenchmarkWish(b *testing.B) {
	for range b.N {
		findWish("oh for gods sake this is useless, how long does the delivery of my parcel to france take")
	}
}
