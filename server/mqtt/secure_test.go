package mqtt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"toancanh/server/embedded/testpg"
	"toancanh/server/mqtt/testmqtt"
)

// certificate makes an authority and the certificate of a broker on this machine, and returns their files.
func certificate(t *testing.T, dir string) (authority, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	cert, key = filepath.Join(dir, "broker.crt"), filepath.Join(dir, "broker.key")
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600))
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, cert, key
}

func TestABrokerIsReachedBehindItsOwnAuthorityAndAPassword(t *testing.T) {
	t.Parallel()
	hasher, err := exec.LookPath("mosquitto_passwd")
	if err != nil {
		t.Skip("mosquitto_passwd is not installed, with which a broker learns passwords")
	}
	dir := t.TempDir()
	authority, cert, key := certificate(t, dir)
	passwords := filepath.Join(dir, "passwords")
	if out, err := exec.Command(hasher, "-c", "-b", passwords, "toancanh", "mật khẩu").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	broker := testmqtt.New(t, "allow_anonymous false", "password_file "+passwords, "certfile "+cert, "keyfile "+key)
	h := newHouse(t, testpg.New(t).DSN(testpg.App))
	right, wrong := filepath.Join(dir, "right"), filepath.Join(dir, "wrong")
	must(t, os.WriteFile(right, []byte("mật khẩu\n"), 0o600))
	must(t, os.WriteFile(wrong, []byte("sai\n"), 0o600))
	for _, version := range []string{"5", "3.1.1"} {
		s := settings(broker, version)
		s.URL, s.CAFile, s.PasswordFile = "mqtts://toancanh@"+strings.TrimPrefix(broker.URL(), "mqtt://"), authority, right
		b := h.bridge(s)
		await(t, "the broker is read in MQTT "+version, b.connected)
		b.stop()
		refusing := broker.Refusals()
		s.PasswordFile = wrong
		b = h.bridge(s)
		await(t, "the broker refuses a wrong password in MQTT "+version, func() bool { return broker.Refusals() > refusing })
		if b.connected() {
			t.Errorf("MQTT %s: a wrong password opens", version)
		}
		b.stop()
	}
}
