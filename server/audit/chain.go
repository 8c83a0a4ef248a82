package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// Chain seals rows with a key that lies outside the database, so that not even the database's owner can change a row
// and make the chain fit again.
type Chain struct{ key []byte }

// NewChain makes a chain of a 32-byte key.
func NewChain(key []byte) *Chain { return &Chain{key} }

// Seal is the seal of a row that follows the seal before. Times count in microseconds, as the database keeps them.
func (c *Chain) Seal(before []byte, k Kept) []byte {
	mac := hmac.New(sha256.New, c.key)
	field := func(b []byte) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(b)))
		mac.Write(length[:])
		mac.Write(b)
	}
	number := func(n int64) { field(binary.BigEndian.AppendUint64(nil, uint64(n))) } //nolint:gosec // the same bits
	field(before)
	number(k.N)
	number(k.ID)
	number(k.At.UnixMicro())
	number(k.SealedAt.UnixMicro())
	for _, text := range []string{k.Who, k.Role, k.What, k.Object, k.Why, k.Network, k.Trace, k.Result, k.Detail} {
		field([]byte(text))
	}
	return mac.Sum(nil)
}

// Head is where a chain ends. An earlier head is an anchor: the chain must still lead through it.
type Head struct {
	N    int64  `json:"n"`
	Seal []byte `json:"seal"`
}

// Finding is something wrong with the audit.
type Finding struct {
	N, ID int64 // the row's, as far as it has them
	Words string
}

// String names the row and what is wrong.
func (f Finding) String() string { return fmt.Sprintf("row %d (number %d): %s", f.ID, f.N, f.Words) }

// Limits of a healthy audit.
const (
	sealWithin   = 10 * time.Second // older rows without a seal mean that nobody seals
	mostFindings = 100
)

// Inspection checks a chain row by row. Give it the rows by rising number, then those without one; End says what was
// found.
type Inspection struct {
	chain    *Chain
	last     Head
	anchors  map[int64][]byte
	missed   int64 // the highest anchor
	sealed   int64
	waiting  int64
	findings []Finding
}

// Inspect begins an inspection. Anchors are heads known from elsewhere: the database's own and those of files.
func (c *Chain) Inspect(anchors ...Head) *Inspection {
	i := &Inspection{chain: c, anchors: map[int64][]byte{}}
	for _, a := range anchors {
		if a.N == 0 {
			continue
		}
		if other, ok := i.anchors[a.N]; ok && !hmac.Equal(other, a.Seal) {
			i.find(Finding{N: a.N, Words: "two anchors name this number with different seals"})
		}
		i.anchors[a.N], i.missed = a.Seal, max(i.missed, a.N)
	}
	return i
}

func (i *Inspection) find(f Finding) {
	if len(i.findings) < mostFindings {
		i.findings = append(i.findings, f)
	}
}

// Row looks at one row.
func (i *Inspection) Row(k Kept, now time.Time) {
	if k.N == 0 {
		i.waiting++
		if now.Sub(k.At) > sealWithin {
			i.find(Finding{ID: k.ID, Words: "is not sealed although it is " + now.Sub(k.At).Round(time.Second).String() + " old"})
		}
		return
	}
	i.sealed++
	if k.N != i.last.N+1 {
		i.find(Finding{N: k.N, ID: k.ID, Words: fmt.Sprintf("follows number %d: rows between them are gone", i.last.N)})
	}
	if !hmac.Equal(k.Seal, i.chain.Seal(i.last.Seal, k)) {
		i.find(Finding{N: k.N, ID: k.ID, Words: "does not fit its seal: it, or the row before it, was changed"})
	}
	if want, ok := i.anchors[k.N]; ok && !hmac.Equal(want, k.Seal) {
		i.find(Finding{N: k.N, ID: k.ID, Words: "has another seal than the anchor: the chain was made anew"})
	}
	i.last = Head{k.N, k.Seal}
}

// Report is what an inspection found.
type Report struct {
	Sealed, Waiting int64
	Head            Head
	Findings        []Finding
}

// End ends the inspection.
func (i *Inspection) End() Report {
	if i.last.N < i.missed {
		i.find(Finding{N: i.missed, Words: fmt.Sprintf("was sealed once, and the chain ends at %d: its newest rows are gone", i.last.N)})
	}
	return Report{i.sealed, i.waiting, i.last, i.findings}
}
