package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// receiptBytes is the length of a receipt's secret, 128 bits.
const receiptBytes = 16

// Receipts make the secrets of receipts: what only the sender of a report has. A secret is derived from the report's id with
// a key outside the database, so that a repeated request gets the same one and no table holds it. The key is made once and
// never renewed: with another one every receipt in people's hands would be worthless.
type Receipts struct{ key []byte }

// OpenReceipts reads the key in a file, or makes it when there is none.
func OpenReceipts(file string) (*Receipts, error) {
	key, err := KeyFile(file)
	if err != nil {
		return nil, err
	}
	return NewReceipts(key), nil
}

// NewReceipts makes receipts of a 32-byte key.
func NewReceipts(key []byte) *Receipts { return &Receipts{key} }

// Secret is the secret of a report's receipt, in 22 characters of base64url.
func (r *Receipts) Secret(reportID string) string {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte("receipt of report " + reportID))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:receiptBytes])
}

// Check reports whether a secret is that of the report's receipt. It takes the same time however wrong it is.
func (r *Receipts) Check(reportID, secret string) bool {
	return hmac.Equal([]byte(r.Secret(reportID)), []byte(secret))
}
