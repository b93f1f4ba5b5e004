package jsonata

import "math"

// pow is JavaScript's Math.pow. The results of math.Pow are off by one in the last place in two of five cases, which JSON shows; those
// of V8 are the nearest ones almost always, as these are: they are computed with twice the digits.
func pow(x, y float64) float64 {
	result := math.Pow(x, y)
	if math.IsNaN(y) || math.Abs(x) == 1 && math.IsInf(y, 0) {
		return math.NaN() // where C, and Go, have 1
	}
	const smallest = 0x1p-1000 // the pieces of smaller numbers lose digits
	size := math.Abs(result)
	if !(size >= smallest && size <= 1/smallest) || x == 0 || math.IsInf(x, 0) || y == 0 {
		return result
	}
	var z double
	if n := math.Abs(y); n <= 1024 && n == math.Trunc(n) {
		z = double{1, 0}
		for square, k := (double{math.Abs(x), 0}), int(n); k > 0; k >>= 1 {
			if k&1 == 1 {
				z = z.mul(square)
			}
			if k > 1 {
				square = square.mul(square)
			}
		}
		if y < 0 {
			z = double{1, 0}.div(z)
		}
	} else {
		z = log(math.Abs(x)).mul(double{y, 0}).exp()
	}
	if !(math.Abs(z.hi-size) <= size/2) { // an intermediate result was out of range
		return result
	}
	return math.Copysign(z.hi, result)
}

// double is a number of some 106 bits: the sum of a float64 and of what it lacks.
type double struct{ hi, lo float64 }

func sum2(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, (a - (s - t)) + (b - t)}
}

func (a double) add(b double) double {
	s := sum2(a.hi, b.hi)
	t := sum2(a.lo, b.lo)
	s = sum2(s.hi, s.lo+t.hi)
	return sum2(s.hi, s.lo+t.lo)
}

func (a double) mul(b double) double {
	p := a.hi * b.hi
	return sum2(p, math.FMA(a.hi, b.hi, -p)+(a.hi*b.lo+a.lo*b.hi))
}

func (a double) div(b double) double {
	q := a.hi / b.hi
	r := a.add(b.mul(double{-q, 0}))
	p := r.hi / b.hi
	r = r.add(b.mul(double{-p, 0}))
	return sum2(q, p).add(double{r.hi / b.hi, 0})
}

var ln2 = double{0.6931471805599453, 2.3190468138462996e-17}

// log is the natural logarithm of a positive number, by the series of its area hyperbolic tangent.
func log(x float64) double {
	mantissa, exponent := math.Frexp(x)
	if mantissa < math.Sqrt2/2 {
		mantissa *= 2
		exponent--
	}
	s := sum2(mantissa, -1).div(sum2(mantissa, 1))
	square := s.mul(s)
	total := double{}
	for n := 45.0; n >= 1; n -= 2 { // s is below 0.18
		total = total.mul(square).add(double{1, 0}.div(double{n, 0}))
	}
	total = total.mul(s).mul(double{2, 0})
	return total.add(ln2.mul(double{float64(exponent), 0}))
}

// exp is e to the power of a, by its series at a part of a that is small.
func (a double) exp() double {
	const halvings = 8
	k := math.Round(a.hi / ln2.hi)
	r := a.add(ln2.mul(double{-k, 0}))
	r = double{r.hi / (1 << halvings), r.lo / (1 << halvings)}
	total := double{1, 0} // (e^r - 1) / r
	for n := 11.0; n >= 2; n-- {
		total = total.mul(r).div(double{n, 0}).add(double{1, 0})
	}
	total = total.mul(r)
	for range halvings { // e^2r - 1 = (e^r - 1)(e^r - 1 + 2)
		total = total.mul(total.add(double{2, 0}))
	}
	total = total.add(double{1, 0})
	return double{math.Ldexp(total.hi, int(k)), math.Ldexp(total.lo, int(k))}
}
