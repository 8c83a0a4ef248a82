package simulation

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// Chance is drawn by name, never in sequence: the same seed and the same name
// give the same number whatever else was drawn before. So the live simulation
// continues the weather and the decisions of the history without a seam, and a
// restart repeats nothing differently.

// dice is a source of chance that belongs to one name.
func dice(seed uint64, name string) *rand.Rand {
	return rand.New(rand.NewPCG(seed, hash(name))) //nolint:gosec // invented data needs no secrecy
}

// chance is a number from 0 up to but not including 1 that belongs to a name.
func chance(seed uint64, name string) float64 {
	return float64(mix(seed^hash(name))>>11) / (1 << 53)
}

func hash(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return h.Sum64()
}

// mix is the finaliser of splitmix64.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// wander is smooth noise in [-1, 1]: it takes a new value at every whole x and
// goes gently from one to the next.
func wander(seed uint64, x float64) float64 {
	floor := math.Floor(x)
	at := func(n float64) float64 {
		return float64(mix(seed^uint64(int64(n)))>>11)/(1<<52) - 1 //nolint:gosec // any bits will do
	}
	f := x - floor
	f = f * f * (3 - 2*f)
	return at(floor)*(1-f) + at(floor+1)*f
}

// pick draws one of the items.
func pick[T any](r *rand.Rand, items []T) T { return items[r.IntN(len(items))] }

// pickWeighted draws an index with the given weights, of which one is positive.
func pickWeighted(r *rand.Rand, weights []float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	x := r.Float64() * sum
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}
