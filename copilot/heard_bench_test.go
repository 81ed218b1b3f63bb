package copilot

import "testing"

func BenchmarkHear(b *testing.B) {
	for range b.N {
		hear("oh for gods sake this is useless, how long does the delivery of my parcel to france take")
	}
}

func BenchmarkWish(b *testing.B) {
	for range b.N {
		wishOf("oh for gods sake this is useless, how long does the delivery of my parcel to france take")
	}
}
