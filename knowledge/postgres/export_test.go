package postgres

// Kept is whether the base is searched in memory.
func (x *Index) Kept() bool { return x.snapshot() != nil }

// Halves and their bits, for tests.
var (
	HalfOf = halfOf
	Halves = halves
	First  = first
)
