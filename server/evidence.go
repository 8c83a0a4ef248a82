package server

import "toancanh/server/auth"

// EvidenceKey is the file of the key that signs what is taken of incidents. With another key what was signed before is still good, and
// the fingerprint is another one.
const EvidenceKey = "evidence.key"

// EvidenceSigner signs with the key of a house, which is made at the first need.
func EvidenceSigner(c Config) (*auth.Signer, error) {
	seed, err := auth.KeyFile(c.KeyFile(EvidenceKey))
	if err != nil {
		return nil, err
	}
	return auth.NewSigner(seed), nil
}
