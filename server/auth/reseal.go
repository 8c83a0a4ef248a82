package auth

import (
	"context"
	"errors"
	"fmt"
)

// SealedKind is what is sealed with one key file.
type SealedKind string

// The kinds.
const (
	SealedContacts SealedKind = "contact" // how to reach senders, under contact.key
	SealedFactors  SealedKind = "person"  // second factors, under person.key
	SealedPhotos   SealedKind = "photo"   // the keys of photos' files, under photo.key
	SealedMails    SealedKind = "mail"    // addresses that hear of a report, under mail.key
	SealedWays     SealedKind = "duty"    // how staff on duty are reached, under duty.key
	SealedFiles    SealedKind = "file"    // the keys of incidents' files, under file.key
	SealedBrowsers SealedKind = "browser" // browsers that hear of public facts, under browser.key
)

// name is what a row's content is sealed for.
func (k SealedKind) name(rowID string) string {
	if k == SealedFactors {
		return factorName(rowID)
	}
	return rowID
}

// ResealBatch asks for rows of a kind that are not under KeyID and come after After; Do makes each anew. Of a row that Do
// fails on, the store keeps what it had.
type ResealBatch struct {
	Kind  SealedKind
	KeyID string
	After string // a row's id; empty for the first batch
	Do    func(rowID string, s Sealed) (Sealed, error)
}

// Resealed is what became of rows.
type Resealed struct {
	Last string // the last row's id; empty at the end
	Done int
	Left []string // ids of rows that could not be opened
}

// ResealStore keeps what is sealed. Reseal takes a bounded number of rows in one transaction.
type ResealStore interface {
	Reseal(ctx context.Context, b ResealBatch) (Resealed, error)
	SealedUnder(ctx context.Context, kind SealedKind) (map[string]int, error)
}

// ErrLeft says that rows stay under their old key because it does not open them.
var ErrLeft = errors.New("rows could not be opened and stay under their old key") //nolint:gochecknoglobals // an error value

// Reseal brings everything of a kind under the active key, batch by batch; told hears of each batch after its commit. It
// may be ended at any moment and begun again: what is done stays done.
func Reseal(ctx context.Context, s ResealStore, sealer *Sealer, kind SealedKind, told func(Resealed)) (Resealed, error) {
	var all Resealed
	id, err := sealer.KeyID()
	if err != nil {
		return all, err
	}
	batch := ResealBatch{Kind: kind, KeyID: id, Do: func(rowID string, old Sealed) (Sealed, error) {
		plain, err := sealer.Open(kind.name(rowID), old)
		if err != nil {
			return old, err
		}
		return sealer.Seal(kind.name(rowID), plain)
	}}
	for {
		some, err := s.Reseal(ctx, batch)
		if err != nil {
			return all, fmt.Errorf("reseal %s: %w", kind, err)
		}
		all.Done += some.Done
		all.Left = append(all.Left, some.Left...)
		if some.Last == "" {
			break
		}
		told(some)
		batch.After = some.Last
	}
	if len(all.Left) > 0 {
		return all, fmt.Errorf("reseal %s: %w", kind, ErrLeft)
	}
	return all, nil
}
