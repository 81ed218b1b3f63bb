package postgres

// Kept is whether the base is searched in memory.
func (x *Index) Kept() bool { return x.snapshot() != nil }

// Halves and their bits, for tests.
var (
	HalfOf = halfOf
	First  = first
)

// Half is the number that a half's bits say.
func Half(bits uint16) float32 { return halfBits(bits) * halfScale }
