// Package disclosure decides how much of the numbers, places and times of reports may leave the house: small numbers
// are told only as part of greater ones, places and times only roughly. It never stores or sends anything.
package disclosure

// Few is below what no number of one commune may be told: fewer than five reports could point at their senders.
const Few = 5

// Number is a count as everybody may read it: of the area or category it stands at, or only as part of a wider one.
// The zero value is a plain zero.
type Number struct {
	N int
	// Of is the code of the narrowest wider area whose count N is, in the same division, when the area's own is not told
	// apart from its neighbours'; empty when N is the area's own.
	Of string
	// Less means that even the widest count is below Few and not told: "dưới 5". N is then 0.
	Less bool
}

// Exact is the count of the very place it stands at; false when that is not told.
func (n Number) Exact() (int, bool) { return n.N, n.Of == "" && !n.Less }

// Some reports whether there is certainly one at least at the very place.
func (n Number) Some() bool { return n.Of == "" && !n.Less && n.N > 0 }
