package javalang

// Random is java.util.Random: the linear congruential generator that its documentation lays down, so that a seed gives
// the same numbers as in Java.
type Random struct{ seed int64 }

const (
	multiplier = 0x5DEECE66D
	mask       = 1<<48 - 1
)

// NewRandom makes the generator of a seed.
func NewRandom(seed int64) *Random { return &Random{(seed ^ multiplier) & mask} }

func (r *Random) next(bits uint) int32 {
	r.seed = (r.seed*multiplier + 0xB) & mask
	return int32(r.seed >> (48 - bits))
}

// IntN is Random.nextInt(bound): a number from 0 up to, not including, bound, which must be positive.
func (r *Random) IntN(bound int32) int32 {
	if bound&-bound == bound {
		return int32(int64(bound) * int64(r.next(31)) >> 31)
	}
	for {
		bits := r.next(31)
		n := bits % bound
		if bits-n+(bound-1) >= 0 { // else it overflowed: the last, incomplete stretch of the range is drawn again
			return n
		}
	}
}

// Float64 is Random.nextDouble(): a number from 0 up to, not including, 1.
func (r *Random) Float64() float64 {
	return float64(int64(r.next(26))<<27+int64(r.next(27))) / (1 << 53)
}
