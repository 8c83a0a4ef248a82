package main

import (
	"errors"
	"fmt"
	"os"

	"toancanh/server"
	"toancanh/server/evidence"
)

type evidenceCmd struct {
	Verify evidenceVerifyCmd `cmd:"" help:"Check that a file of evidence is, byte for byte, what was signed; exit status 1 when it is not. Needs no server and no network."`
	Key    evidenceKeyCmd    `cmd:"" help:"Print the fingerprint of the key that signs evidence here, to be published."`
}

type evidenceVerifyCmd struct {
	File        string `arg:"" type:"existingfile" help:"The zip file."`
	Fingerprint string `help:"What the centre published, sha256:…; the file must be signed with that key."`
}

// errOtherKey says that somebody signed the file, and not who was expected.
var errOtherKey = errors.New("the file is whole, and signed with another key than the one expected") //nolint:gochecknoglobals // an error value

// Run checks a file.
func (c evidenceVerifyCmd) Run() error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read evidence: %w", err)
	}
	v, err := evidence.Verify(raw)
	if err != nil {
		return fmt.Errorf("%s is not what was signed: %w", c.File, err)
	}
	if _, err := fmt.Printf("whole: incident %s, version %d, %d files, made %s\nsigned with %s\n",
		v.Incident, v.Version, v.Files, v.MadeAt.UTC().Format("2006-01-02 15:04:05Z"), v.Fingerprint); err != nil {
		return err
	}
	if c.Fingerprint != "" && c.Fingerprint != v.Fingerprint {
		return errOtherKey
	}
	return nil
}

type evidenceKeyCmd struct {
	Data string `env:"TOANCANH_DATA" default:"data" help:"Data directory whose key signs."`
	Keys string `env:"TOANCANH_KEYS" help:"Directory of the key files. Empty: keys inside the data directory."`
}

// Run prints the fingerprint. A key that is not there is not made: nothing would be signed with it.
func (c evidenceKeyCmd) Run() error {
	config := server.Config{Data: c.Data, Keys: c.Keys}
	if _, err := os.Stat(config.KeyFile(server.EvidenceKey)); err != nil {
		return fmt.Errorf("find the key that signs evidence: %w", err)
	}
	signer, err := server.EvidenceSigner(config)
	if err != nil {
		return err
	}
	_, err = fmt.Println(evidence.Fingerprint(signer.Public()))
	return err
}
