package benching

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// pageReaders is how many connections read the page as fast as they are answered.
const pageReaders = 64

// page compares the server's CPU for one answer of the public page with nginx, which serves the same bytes and headers from
// files. Before it tells what a crowd of readers holds, and after it what reports that come in do to those who read.
func page(ctx context.Context, b *bench) error {
	h, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	if err := h.awaitPage(ctx); err != nil {
		return err
	}
	if err := pageCrowd(ctx, b, h); err != nil { // first: later nothing is as it was at the start
		return err
	}
	if nginx, err := exec.LookPath("nginx"); err != nil {
		b.table.note("không có nginx trên máy / there is no nginx to compare with (apt-get install nginx)")
	} else if err := pageCost(ctx, b, h, nginx); err != nil {
		return err
	}
	return pageBusy(ctx, b, h)
}

// pageCost takes both forms of answer: the whole page in gzip, and 304 for who holds it.
func pageCost(ctx context.Context, b *bench, h *house, nginx string) error {
	for _, held := range []bool{false, true} {
		n, err := startNginx(ctx, b, nginx, h, held)
		if err != nil {
			return err
		}
		var p pairs
		for range size(b, 1, max(b.Rounds, 5), 9) {
			var ours float64
			err := b.profiled(ctx, n.name, func() (err error) {
				ours, err = read(ctx, b, h.address, h.server, held)
				return err
			})
			if err != nil {
				n.part.stop()
				return err
			}
			floor, err := read(ctx, b, n.address, n.part, held)
			if err != nil {
				n.part.stop()
				return fmt.Errorf("nginx: %w", err)
			}
			p.add(ours, floor)
		}
		n.part.stop()
		name := fmt.Sprintf("trang công khai, gzip, %d byte", n.size)
		if held {
			name = "trang công khai, 304"
		}
		b.table.row(line{
			name: name, figure: fmt.Sprintf("%.2f µs CPU", median(p.figures)),
			floor: fmt.Sprintf("%.2f µs CPU (nginx)", median(p.floors)), value: p.ratio(), limit: &limit{most: 1}, spread: p.spread(),
		})
	}
	return nil
}

// awaitPage waits until the public page was made for the first time.
func (h *house) awaitPage(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit/2)
	defer cancel()
	for {
		status, _, err := h.do(fasthttp.MethodGet, "/", nil)
		switch {
		case err != nil || status == http.StatusOK:
			return err
		case status == http.StatusNotFound || !pause(ctx, 100*time.Millisecond):
			return &cannotError{fmt.Sprintf("trang công khai trả lời %d / the public page answers %d", status, status)}
		}
	}
}

// fileServer is an nginx with one file.
type fileServer struct {
	name    string
	part    *part
	address string
	size    int
}

// nginxConfig serves the twin that was compressed beforehand, with the headers given.
const nginxConfig = `daemon off; worker_processes 2; pid %[1]s/nginx.pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=100; gzip_static on; server_tokens off;
  client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
  types { text/html html; } default_type text/html; charset utf-8;
  server { listen %[2]s; root %[1]s/www; location = / { try_files /page.html =404; add_header Last-Modified "";
%[3]s  } }
}
`

// startNginx gives nginx the page's bytes and the headers that the server sends with this form of answer.
func startNginx(ctx context.Context, b *bench, program string, h *house, held bool) (*fileServer, error) {
	f := &fileServer{name: "page"}
	if held {
		f.name = "page304"
	}
	plain, err := h.seePage(ctx, "", "")
	if err != nil {
		return nil, err
	}
	zipped, err := h.seePage(ctx, "gzip", "")
	if err != nil {
		return nil, err
	}
	answer := zipped
	if held {
		if answer, err = h.seePage(ctx, "gzip", zipped.header.Get("Etag")); err != nil {
			return nil, err
		}
	}
	f.size = len(zipped.body)
	dir := filepath.Join(b.dir, f.name)
	if err := os.MkdirAll(filepath.Join(dir, "www"), 0o755); err != nil { //nolint:gosec // another user's worker reads it
		return nil, fmt.Errorf("make nginx directory: %w", err)
	}
	_ = os.Chmod(b.dir, 0o711) //nolint:gosec // the same
	if f.address, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "nginx.conf")
	for path, content := range map[string][]byte{
		filepath.Join(dir, "www", "page.html"): plain.body, filepath.Join(dir, "www", "page.html.gz"): zipped.body,
		config: fmt.Appendf(nil, nginxConfig, dir, f.address, addHeaders(answer.header)),
	} {
		if err := os.WriteFile(path, content, 0o644); err != nil { //nolint:gosec // the same
			return nil, fmt.Errorf("write nginx files: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, program, "-p", dir, "-c", config) //nolint:gosec // found on PATH
	endWith(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start nginx: %w", err)
	}
	f.part = &part{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(f.part.done)
		_ = cmd.Wait()
	}()
	return f, f.ready(ctx, dir, zipped.body)
}

// seen is an answer of the public page.
type seen struct {
	header http.Header
	body   []byte
}

// seePage reads the page once with all its headers.
func (h *house) seePage(ctx context.Context, encoding, etag string) (seen, error) {
	return seePageAt(ctx, h.address, encoding, etag)
}

func seePageAt(ctx context.Context, address, encoding, etag string) (seen, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", nil)
	if err != nil {
		return seen{}, err
	}
	req.Header.Set("Accept-Encoding", cmp.Or(encoding, "identity"))
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return seen{}, fmt.Errorf("read the page: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNotModified {
		return seen{}, fmt.Errorf("read the page: status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(resp.Body)
	return seen{resp.Header, body}, err
}

// addHeaders tells nginx to add what it does not send by itself.
func addHeaders(h http.Header) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		switch name {
		case "Date", "Content-Type", "Content-Length", "Content-Encoding", "Etag", "Server", "Last-Modified", "Connection":
		default:
			fmt.Fprintf(&b, "    add_header %s %q;\n", name, h.Get(name))
		}
	}
	return b.String()
}

// ready waits until nginx serves the very bytes.
func (f *fileServer) ready(ctx context.Context, dir string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit/4)
	defer cancel()
	for {
		answer, err := seePageAt(ctx, f.address, "gzip", "")
		switch {
		case err == nil && bytes.Equal(answer.body, body) && answer.header.Get("Content-Encoding") == "gzip":
			return nil
		case err == nil:
			err = fmt.Errorf("%d other bytes than the %d of the page", len(answer.body), len(body))
		}
		if !pause(ctx, 50*time.Millisecond) {
			f.part.stop()
			return fmt.Errorf("wait for nginx: %w: %s", err, strings.TrimSpace(lastLine(filepath.Join(dir, "error.log"))))
		}
	}
}

// read fetches the page over many connections and answers the part's CPU microseconds for one answer.
func read(ctx context.Context, b *bench, address string, p *part, held bool) (float64, error) {
	rs, err := openReaders(ctx, address, pageReaders)
	if err != nil {
		return 0, err
	}
	defer rs.leave()
	if err := rs.each(func(_ int, r *reader) error { _, err := r.ask(address, false); return err }); err != nil {
		return 0, err
	}
	before, err := p.used()
	if err != nil {
		return 0, err
	}
	var answers atomic.Int64
	end := time.Now().Add(size(b, 200*time.Millisecond, 2*time.Second, 4*time.Second))
	err = rs.each(func(_ int, r *reader) error {
		n := int64(0)
		defer func() { answers.Add(n) }()
		for time.Now().Before(end) && ctx.Err() == nil {
			g, err := r.ask(address, held)
			switch {
			case err != nil:
				return err
			case held && g.status == http.StatusNotModified, g.status == http.StatusOK && len(g.body) > 0:
				n++ // a page that was made anew meanwhile comes whole once
			default:
				return fmt.Errorf("read the page: status %d, %d bytes", g.status, len(g.body))
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	after, err := p.used()
	return float64((after - before).Microseconds()) / float64(answers.Load()), err
}
