package jsonata

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestPow(t *testing.T) {
	for _, tc := range []struct{ x, y, want float64 }{
		{409, 0.1, 1.8246195792947333}, // math.Pow: 1.8246195792947335
		{211, 8, 3928797478390152481},
		{9, -8, 2.3230573125418773e-08},
		{11, 0.25, 1.8211602868378718},
		{2, 0.5, math.Sqrt2},
		{10, 22, 1e22},
		{-2, 3, -8},
		{-2, -3, -0.125},
		{0, 0, 1},
		{0, 2, 0},
		{0, -1, math.Inf(1)},
		{10, 309, math.Inf(1)},
		{10, -330, 0},
		{2, -1074, 5e-324},
		{1, math.Inf(1), math.NaN()},
		{-1, math.Inf(-1), math.NaN()},
		{-8, 1. / 3, math.NaN()},
		{2, math.NaN(), math.NaN()},
		{math.NaN(), 0, 1},
		{math.Inf(-1), 3, math.Inf(-1)},
		{1e-300, 1000, 0},
		{1.0000000001, 1e10, 2.7182820532347874}, // math.Pow: 2.718282043475248
	} {
		got := pow(tc.x, tc.y)
		if got != tc.want && !(math.IsNaN(got) && math.IsNaN(tc.want)) {
			t.Errorf("%v to the power of %v is %v, want %v", tc.x, tc.y, got, tc.want)
		}
	}
}

// TestPowIsNearest holds whole powers against exact ones.
func TestPowIsNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		x, n := r.Float64()*math.Pow10(r.IntN(8)-2), 2+r.IntN(30)
		exact := new(big.Float).SetPrec(4000).SetFloat64(1)
		for range n {
			exact.Mul(exact, new(big.Float).SetFloat64(x))
		}
		if want, _ := exact.Float64(); pow(x, float64(n)) != want {
			t.Fatalf("%v to the power of %d is %v, want %v", x, n, pow(x, float64(n)), want)
		}
		// The root of the power is the number again, to the last place but one.
		if root := pow(pow(x, float64(n)), 1/float64(n)); math.Abs(root-x) > 2e-15*x {
			t.Fatalf("root %d of %v to the power of it is %v", n, x, root)
		}
	}
}
