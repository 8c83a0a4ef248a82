package benching

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/emersion/go-smtp"
)

// office is a mail server on a loopback address that takes every mail and counts how many each address got.
type office struct {
	address string // smtp://…
	server  *smtp.Server
	serving sync.WaitGroup

	mu    sync.Mutex
	mails map[string]int
}

func openOffice(ctx context.Context) (*office, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a mail server: %w", err)
	}
	o := &office{address: "smtp://" + listener.Addr().String(), mails: map[string]int{}}
	o.server = smtp.NewServer(o)
	o.server.Domain = "bench.test"
	o.serving.Go(func() { _ = o.server.Serve(listener) })
	return o, nil
}

// NewSession is a conversation with the server.
func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return &conversation{office: o}, nil }

// arrived is how many of the addresses got a mail.
func (o *office) arrived(addresses []string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, a := range addresses {
		if o.mails[a] > 0 {
			n++
		}
	}
	return n
}

func (o *office) close() {
	_ = o.server.Close()
	o.serving.Wait()
}

type conversation struct {
	office *office
	to     string
}

func (c *conversation) Reset()                               {}
func (c *conversation) Logout() error                        { return nil }
func (c *conversation) Mail(string, *smtp.MailOptions) error { return nil }

func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = to
	return nil
}

func (c *conversation) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	c.office.mails[c.to]++
	return nil
}
