package benching

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// reader is a connection that asks for a page again and again, as cheaply as can be: what it costs is taken from the machine
// that serves beside it.
type reader struct {
	conn net.Conn
	in   *bufio.Reader
	etag []byte // of the page it holds; empty: it asks for all of it
}

// got is one answer of a page; etag and body live until the next.
type got struct {
	status     int
	etag, body []byte
}

const readerBuffer = 4 << 10

// ask fetches the page once; held says whether to name the page it holds.
func (r *reader) ask(address string, held bool) (got, error) {
	request := make([]byte, 0, 256)
	request = append(request, "GET / HTTP/1.1\r\nHost: "+address+"\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n"...)
	if held && len(r.etag) > 0 {
		request = append(append(append(request, "If-None-Match: "...), r.etag...), "\r\n"...)
	}
	_ = r.conn.SetDeadline(time.Now().Add(handshakeLimit))
	if _, err := r.conn.Write(append(request, "\r\n"...)); err != nil {
		return got{}, fmt.Errorf("ask for the page: %w", err)
	}
	g, err := r.answer()
	if err != nil {
		return g, fmt.Errorf("read the page: %w", err)
	}
	if g.status == http.StatusOK {
		r.etag = append(r.etag[:0], g.etag...)
	}
	return g, nil
}

func (r *reader) answer() (g got, err error) {
	length := 0
	for first := true; ; first = false {
		line, err := r.in.ReadSlice('\n')
		if err != nil {
			return g, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first {
			if g.status, err = strconv.Atoi(string(line[min(9, len(line)):min(12, len(line))])); err != nil {
				return g, fmt.Errorf("%.40q is no answer", line)
			}
			continue
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return g, err
			}
		case bytes.EqualFold(name, []byte("etag")):
			g.etag = append([]byte(nil), value...)
		}
	}
	if g.status == http.StatusNotModified {
		return g, nil
	}
	g.body = make([]byte, length)
	_, err = io.ReadFull(r.in, g.body)
	return g, err
}

// readers are many of them.
type readers struct {
	address string
	all     []*reader
}

// openReaders connects n readers.
func openReaders(ctx context.Context, address string, n int) (*readers, error) {
	rs := &readers{address: address, all: make([]*reader, n)}
	g, groupCtx := errgroup.WithContext(ctx)
	g.SetLimit(dialers)
	for i := range n {
		g.Go(func() error {
			conn, err := (&net.Dialer{Timeout: handshakeLimit}).DialContext(groupCtx, "tcp", address)
			if err != nil {
				return fmt.Errorf("reader %d of %d: %w", i+1, n, err)
			}
			rs.all[i] = &reader{conn: conn, in: bufio.NewReaderSize(conn, readerBuffer)}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		rs.leave()
		return nil, err
	}
	return rs, nil
}

func (rs *readers) leave() {
	for _, r := range rs.all {
		if r != nil {
			_ = r.conn.Close()
		}
	}
}

// each lets every reader do something at the same time.
func (rs *readers) each(do func(i int, r *reader) error) error {
	var g errgroup.Group
	for i, r := range rs.all {
		g.Go(func() error { return do(i, r) })
	}
	return g.Wait()
}
