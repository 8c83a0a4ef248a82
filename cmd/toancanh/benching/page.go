package benching

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"
)

// pageReaders is how many connections read the page.
const pageReaders = 64

// page compares the server's CPU for one answer of the public page with nginx serving the same bytes from a file.
func page(ctx context.Context, b *bench) error {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		return &cannotError{"không có nginx trên máy / there is no nginx to compare with (apt-get install nginx)"}
	}
	h, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	if err := h.awaitPage(ctx); err != nil {
		return err
	}
	n, err := startNginx(ctx, b, nginx, h)
	if err != nil {
		return err
	}
	defer n.part.stop()
	var p pairs
	for range size(b, 1, max(b.Rounds, 5), 9) {
		var ours float64
		err := b.profiled(ctx, "page", func() (err error) {
			ours, err = h.read(ctx, b, h.address, h.server)
			return err
		})
		if err != nil {
			return err
		}
		floor, err := h.read(ctx, b, n.address, n.part)
		if err != nil {
			return fmt.Errorf("nginx: %w", err)
		}
		p.add(ours, floor)
	}
	b.table.row(line{
		name: fmt.Sprintf("trang công khai, gzip, %d byte", n.size), figure: fmt.Sprintf("%.1f µs CPU", median(p.figures)),
		floor: fmt.Sprintf("%.1f µs CPU (nginx)", median(p.floors)), value: p.ratio(), limit: &limit{most: 1}, spread: p.spread(),
	})
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
	part    *part
	address string
	size    int
}

const nginxConfig = `daemon off; worker_processes 2; pid %[1]s/nginx.pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=100;
  client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
  types { text/html html; }
  server { listen %[2]s; root %[1]s/www; location = / { try_files /page.html =404; default_type text/html; add_header Content-Encoding gzip; } }
}
`

// startNginx gives nginx the page's bytes as the server sends them.
func startNginx(ctx context.Context, b *bench, program string, h *house) (*fileServer, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	pageRequest(req, h.address)
	if err := h.http.Do(req, resp); err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	dir := filepath.Join(b.dir, "nginx")
	if err := os.MkdirAll(filepath.Join(dir, "www"), 0o755); err != nil { //nolint:gosec // another user's worker reads it
		return nil, fmt.Errorf("make nginx directory: %w", err)
	}
	_ = os.Chmod(b.dir, 0o711) //nolint:gosec // the same
	f := &fileServer{size: len(resp.Body())}
	var err error
	if f.address, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "nginx.conf")
	for path, content := range map[string][]byte{
		filepath.Join(dir, "www", "page.html"): resp.Body(), config: fmt.Appendf(nil, nginxConfig, dir, f.address),
	} {
		if err := os.WriteFile(path, content, 0o644); err != nil { //nolint:gosec // the same
			return nil, fmt.Errorf("write nginx files: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, program, "-p", dir, "-c", config) //nolint:gosec // found on PATH
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	endWith(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start nginx: %w", err)
	}
	f.part = &part{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(f.part.done)
		_ = cmd.Wait()
	}()
	return f, f.ready(ctx, h, dir)
}

func (f *fileServer) ready(ctx context.Context, h *house, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit/4)
	defer cancel()
	for {
		status, _, err := h.doAt(f.address, fasthttp.MethodGet, "/", nil, nil)
		if err == nil && status == http.StatusOK {
			return nil
		}
		if !pause(ctx, 50*time.Millisecond) {
			f.part.stop()
			return fmt.Errorf("wait for nginx: status %d: %s", status, strings.TrimSpace(lastLine(filepath.Join(dir, "error.log"))))
		}
	}
}

func pageRequest(req *fasthttp.Request, address string) {
	req.SetRequestURI("http://" + address + "/")
	req.Header.Set(fasthttp.HeaderAcceptEncoding, "gzip")
	req.Header.Set(fasthttp.HeaderAccept, "text/html")
}

// read fetches the page over many connections and answers the part's CPU microseconds for one answer.
func (h *house) read(ctx context.Context, b *bench, address string, p *part) (float64, error) {
	before, err := p.used()
	if err != nil {
		return 0, err
	}
	var answers atomic.Int64
	end := time.Now().Add(size(b, 200*time.Millisecond, time.Second, 4*time.Second))
	g, ctx := errgroup.WithContext(ctx)
	for range pageReaders {
		g.Go(func() error {
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(req)
			defer fasthttp.ReleaseResponse(resp)
			pageRequest(req, address)
			for time.Now().Before(end) && ctx.Err() == nil {
				if err := h.http.Do(req, resp); err != nil {
					return fmt.Errorf("read the page: %w", err)
				}
				if resp.StatusCode() != http.StatusOK {
					return fmt.Errorf("read the page: status %d", resp.StatusCode())
				}
				answers.Add(1)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	after, err := p.used()
	return float64((after - before).Microseconds()) / float64(answers.Load()), err
}
