package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// postLimit bounds each conversation with the mail server: to greet and sign in, and to hand one mail over.
const postLimit = 10 * time.Second

// Post hands mails to a mail server.
type Post struct {
	client *gomail.Client
	from   string // as the settings name it
	domain string // of message ids
}

// NewPost reads the address of a mail server, smtp://[user:password@]host[:port] or smtps://…, and the sender's. Beyond this
// very machine the conversation is encrypted or does not take place.
func NewPost(address, from string) (*Post, error) { return newPost(address, from, postLimit) }

func newPost(address, from string, limit time.Duration) (*Post, error) {
	sender, err := netmail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("sender %q is no mail address", from)
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("mail server is not smtp://[user:password@]host[:port] or smtps://…") // may hold a password
	}
	options := []gomail.Option{gomail.WithTimeout(limit), gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(587)}
	switch ip := net.ParseIP(u.Hostname()); {
	case u.Scheme == "smtps":
		options = append(options, gomail.WithSSL(), gomail.WithPort(465))
	case u.Hostname() == "localhost" || ip != nil && ip.IsLoopback():
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithPort(25))
	}
	if u.Port() != "" {
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			return nil, fmt.Errorf("mail server's port: %w", err)
		}
		options = append(options, gomail.WithPort(port))
	}
	if password, ok := u.User.Password(); ok {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	p := &Post{from: from}
	_, p.domain, _ = strings.Cut(sender.Address, "@")
	if p.client, err = gomail.NewClient(u.Hostname(), options...); err != nil {
		return nil, fmt.Errorf("make mail client: %w", err)
	}
	return p, nil
}

// outcome is what became of a mail.
type outcome string

const (
	sent    outcome = "sent"
	refused outcome = "refused" // for good
	later   outcome = "later"   // not now
	away    outcome = "away"    // the server does not answer: nor will it the next mail

	unreadable outcome = "unreadable" // its key is not here
	givenUp    outcome = "given_up"   // after too many tries
)

// letter is a mail as it is written.
type letter struct {
	id, to, subject, body string
	at                    time.Time
	stop                  string // the address that ends these mails; empty for those of duty
}

// talk hands letters over in one conversation, as they are asked for. The error says that there was none.
func (p *Post) talk(ctx context.Context, each func(send func(letter) outcome)) error {
	server, err := p.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("reach mail server: %w", err)
	}
	each(func(l letter) outcome { return p.send(server, l) })
	_ = p.client.CloseWithSMTPClient(server) // what was handed over stays so
	return nil
}

// Note is a mail to a colleague.
type Note struct {
	ID            string // stays the same when it is handed over again
	To            string
	Subject, Body string
	At            time.Time
}

// Hand hands one note over now. The problem is why the server did not take it, in a word that names nobody; empty when
// it did.
func (p *Post) Hand(ctx context.Context, n Note) (problem string) {
	result := away
	err := p.talk(ctx, func(send func(letter) outcome) {
		result = send(letter{id: n.ID, to: n.To, subject: n.Subject, body: n.Body, at: n.At})
	})
	if err == nil && result == sent {
		return ""
	}
	return string(result)
}

func (p *Post) send(server *smtp.Client, l letter) outcome {
	m, err := p.write(l)
	if err != nil {
		return refused // an address no server could take
	}
	err = p.client.SendWithSMTPClient(server, m)
	if err == nil || m.IsDelivered() {
		return sent
	}
	// The errors name the address, so none is kept.
	failure, ok := errors.AsType[*gomail.SendError](err)
	switch {
	case !ok || failure.ErrorCode() == 0 || failure.ErrorCode() == serviceAway:
		return away
	case failure.IsTemp():
		return later
	}
	return refused
}

// serviceAway is the answer of a server that closes (RFC 5321, 4.2.3).
const serviceAway = 421

func (p *Post) write(l letter) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(m.From(p.from), m.To(l.to)); err != nil {
		return nil, err
	}
	m.Subject(l.subject)
	m.SetMessageIDWithValue(l.id + "@" + p.domain)
	m.SetDateWithValue(l.at)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday answers it
	if l.stop != "" {
		m.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+l.stop+">")
		m.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click") // RFC 8058
	}
	m.SetBodyString(gomail.TypeTextPlain, l.body)
	return m, nil
}
