package mqtt

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
)

// Settings say which broker is asked, and for what.
type Settings struct {
	URL          string // mqtt://[user@]host[:port] or mqtts://
	Version      string // "5" or "3.1.1"
	PasswordFile string // empty: no password
	CAFile       string // of the broker's certificate; empty: the system's
	Client       string // the client identifier, one of its own for each deployment
	Topics       []string
	Refused      string // topic that refusals are told on; "+" stands for the gateway's code
}

// Usual topics: where gateways publish readings, and where they are told what was refused.
const (
	UsualTopic   = "toancanh/v1/+/readings"
	UsualRefused = "toancanh/v1/+/refused"
)

// Check says what is wrong with each setting, without reaching anybody.
func (s Settings) Check(wrong func(setting, problem string)) {
	if _, err := s.target(); err != nil {
		wrong("URL", err.Error())
	}
	if s.Version != "5" && s.Version != "3.1.1" {
		wrong("VERSION", fmt.Sprintf("%q is neither 5 nor 3.1.1", s.Version))
	}
	if s.Client == "" || len(s.Client) > mostClient {
		wrong("CLIENT", fmt.Sprintf("has %d characters, want 1 to %d", len(s.Client), mostClient))
	}
	routes, err := parseRoutes(s.Topics)
	if err != nil {
		wrong("TOPICS", err.Error())
	}
	if s.Refused == "" || strings.Contains(s.Refused, "#") || strings.Count(s.Refused, "+") > 1 {
		wrong("REFUSED", fmt.Sprintf(`%q is no topic with at most one "+"`, s.Refused))
	}
	for _, r := range routes {
		if matches(r.filter, strings.Replace(s.Refused, "+", "x", 1)) {
			wrong("REFUSED", fmt.Sprintf("%q would be read as one of %q", s.Refused, r.filter))
		}
	}
}

// mostClient bounds the client identifier, in bytes.
const mostClient = 200

// target is where the broker is and as whom it is asked.
type target struct {
	address string // host:port
	host    string
	user    string
	secure  bool
}

func (s Settings) target() (target, error) {
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return target{}, errors.New("is not mqtt://[user@]host[:port] or mqtts://")
	}
	t := target{host: u.Hostname(), user: u.User.Username()}
	if _, has := u.User.Password(); has {
		return t, errors.New("holds a password: that belongs into a file")
	}
	port := u.Port()
	switch u.Scheme {
	case "mqtt":
		if port == "" {
			port = "1883"
		}
	case "mqtts":
		t.secure = true
		if port == "" {
			port = "8883"
		}
	default:
		return t, errors.New("is not mqtt://[user@]host[:port] or mqtts://")
	}
	t.address = net.JoinHostPort(t.host, port)
	return t, nil
}

// access is a target with its secrets, read anew for every connection so that they can be changed.
type access struct {
	target
	password []byte
	tls      *tls.Config // nil: plain
}

func (s Settings) access() (access, error) {
	t, err := s.target()
	if err != nil {
		return access{}, err
	}
	a := access{target: t}
	if s.PasswordFile != "" {
		raw, err := os.ReadFile(s.PasswordFile)
		if err != nil {
			return a, fmt.Errorf("read password file: %w", err)
		}
		a.password = []byte(strings.TrimRight(string(raw), "\r\n"))
	}
	if !t.secure {
		return a, nil
	}
	a.tls = &tls.Config{ServerName: t.host, MinVersion: tls.VersionTLS12}
	if s.CAFile == "" {
		return a, nil
	}
	raw, err := os.ReadFile(s.CAFile)
	if err != nil {
		return a, fmt.Errorf("read authority file: %w", err)
	}
	a.tls.RootCAs = x509.NewCertPool()
	if !a.tls.RootCAs.AppendCertsFromPEM(raw) {
		return a, errors.New("authority file holds no certificate")
	}
	return a, nil
}

// Times and bounds of a connection.
const (
	inflight     = 256     // messages that wait for their commit
	mostPayload  = 8 << 20 // as of a body over HTTP
	keepAlive    = 20 * time.Second
	packetLimit  = 5 * time.Second // for the broker to answer
	ackEvery     = 20 * time.Millisecond
	sessionLife  = 30 * 24 * time.Hour // what the broker keeps for us while we are away (MQTT 5)
	leastBackoff = 250 * time.Millisecond
	mostBackoff  = 5 * time.Second
)
