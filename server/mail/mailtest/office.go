// Package mailtest provides a mail server on a loopback address that keeps what it is handed. Tests alone use it.
package mailtest

import (
	"context"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// Mail is a mail that the server took.
type Mail struct {
	To, Subject, Body string
	Header            netmail.Header
}

// Office is the server. It ends with its test.
type Office struct {
	Address string // smtp://host:port
	// Silence, while it is not nil, holds up every mail until it is closed. It is set before anything is handed over.
	Silence chan struct{}

	t      testing.TB
	mu     sync.Mutex // guards mails and rcpt
	mails  []Mail
	rcpt   error
	server *smtp.Server
}

// New opens an office on a free port.
func New(t testing.TB) *Office {
	t.Helper()
	o := &Office{t: t}
	o.Address = "smtp://" + o.serve("127.0.0.1:0")
	return o
}

// Open serves again at the address of before.
func (o *Office) Open() {
	o.t.Helper()
	o.serve(strings.TrimPrefix(o.Address, "smtp://"))
}

// Close stops serving.
func (o *Office) Close() error { return o.server.Close() }

func (o *Office) serve(address string) string {
	o.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		o.t.Fatal(err)
	}
	o.server = smtp.NewServer(o)
	o.server.Domain = "mail.test"
	server, done := o.server, make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	o.t.Cleanup(func() { _ = server.Close(); <-done })
	return listener.Addr().String()
}

// Answer is what every recipient is answered from now on; nil: taken.
func (o *Office) Answer(rcpt error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rcpt = rcpt
}

// Taken is what was handed over so far.
func (o *Office) Taken() []Mail {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Mail(nil), o.mails...)
}

// NewSession is a conversation with the server (smtp.Backend).
func (o *Office) NewSession(*smtp.Conn) (smtp.Session, error) { return &talk{office: o}, nil }

type talk struct {
	office *Office
	to     string
}

func (k *talk) Reset()                               {}
func (k *talk) Logout() error                        { return nil }
func (k *talk) Mail(string, *smtp.MailOptions) error { return nil }
func (k *talk) Rcpt(to string, _ *smtp.RcptOptions) error {
	k.office.mu.Lock()
	defer k.office.mu.Unlock()
	k.to = to
	return k.office.rcpt
}

func (k *talk) Data(r io.Reader) error {
	if k.office.Silence != nil {
		<-k.office.Silence
	}
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		return err
	}
	k.office.mu.Lock()
	defer k.office.mu.Unlock()
	k.office.mails = append(k.office.mails, Mail{k.to, subject, strings.ReplaceAll(string(raw), "\r\n", "\n"), m.Header})
	return nil
}
