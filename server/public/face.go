package public

import (
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
	"toancanh/server/fault"
)

// facePolicy is the content security policy of wall and console: the map draws from a worker and from images it made
// itself. Scripts set styles on elements one by one, which no policy looks at; none is written into a page.
const facePolicy = "default-src 'none'; script-src 'self'; worker-src 'self' blob:; child-src 'self' blob:; " +
	"style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// own are the scripts of the public pages: small, and not needed to read or to report.
func own() []string { return []string{"page.js", "locate.js", "follow.js", "subscribe.js"} }

// prepareFiles reads the faces with their compressed twins, and the scripts of our own.
func (s *Site) prepareFiles() error {
	for _, name := range own() {
		body, err := pages.ReadFile("pages/" + name)
		if err != nil {
			return err
		}
		p := door.Prepare(door.Content{Body: body, Type: "text/javascript; charset=utf-8", Cache: door.CacheForever})
		s.files["/assets/"+p.Mark()+"-"+name] = p
	}
	if s.Faces == nil {
		return nil
	}
	for _, name := range []string{"wall", "console", "leader"} {
		p, err := s.prepareFile(name+".html", door.CacheAsk, [2]string{fiber.HeaderContentSecurityPolicy, facePolicy})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		s.faces[name] = p
	}
	var err error
	if s.worker, err = s.prepareWorker("wall-worker.js"); err != nil {
		return err
	}
	if s.pusher, err = s.prepareWorker("console-worker.js", [2]string{"Service-Worker-Allowed", "/console"}); err != nil {
		return err
	}
	err = fs.WalkDir(s.Faces, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") {
			return err
		}
		cache := door.CacheForever
		if !hashedName(name) {
			cache = "public, max-age=3600"
		}
		p, err := s.prepareFile(name, cache)
		s.files["/"+name] = p
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// workerPolicy is the content security policy of service workers: they fetch from this house, nothing else.
const workerPolicy = "default-src 'none'; connect-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// prepareWorker reads a service worker. The wall's address lies below /wall/, which bounds what it may answer, the console's
// below /console. They are asked for anew each time: an old one would hold the pages of an old build.
func (s *Site) prepareWorker(name string, headers ...[2]string) (*door.Prepared, error) {
	headers = append(headers, [2]string{fiber.HeaderContentSecurityPolicy, workerPolicy})
	p, err := s.prepareFile(name, door.CacheAsk, headers...)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // not built in
	}
	return p, err
}

func getWorker(worker *door.Prepared) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if worker == nil {
			return fault.NotFound("Không có tệp này.")
		}
		worker.Serve(c.Context())
		return nil
	}
}

// hashedName reports whether a build put a hash into the name, so that its content never changes: name-B1x9Zq0_.js.
func hashedName(name string) bool {
	const hash = 8
	stem := strings.TrimSuffix(path.Base(name), path.Ext(name))
	return len(stem) > hash+1 && stem[len(stem)-hash-1] == '-'
}

func (s *Site) prepareFile(name, cache string, headers ...[2]string) (*door.Prepared, error) {
	body, err := fs.ReadFile(s.Faces, name)
	if err != nil {
		return nil, fmt.Errorf("read face: %w", err)
	}
	c := door.Content{Body: body, Type: typeOf(name), Cache: cache, Headers: headers}
	if !compresses(c.Type) {
		c.Gzip, c.Brotli = body, body // no smaller: none is kept
	}
	if twin, err := fs.ReadFile(s.Faces, name+".gz"); err == nil {
		c.Gzip = twin
	}
	if twin, err := fs.ReadFile(s.Faces, name+".br"); err == nil {
		c.Brotli = twin
	}
	return door.Prepare(c), nil
}

// typeOf does not trust the host's table of types, which differs between machines.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return htmlType
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".json", ".map":
		return "application/json; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	case ".png":
		return "image/png"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compresses(contentType string) bool {
	packed := []string{"font/woff2", "image/png", "image/jpeg", "image/webp", "application/octet-stream"}
	return !slices.Contains(packed, contentType)
}

func fileURL(files map[string]*door.Prepared, name string) (string, error) {
	for url := range files {
		if strings.HasSuffix(url, "-"+name) && strings.HasPrefix(url, "/assets/") {
			return url, nil
		}
	}
	return "", fmt.Errorf("no file %q", name)
}

func (s *Site) getAsset(c *fiber.Ctx) error {
	p, ok := s.files[c.Path()]
	if !ok {
		return fault.NotFound("Không có tệp này.")
	}
	p.Serve(c.Context())
	return nil
}

// getFace serves the shell of wall, console or leader's card to anybody: it holds nothing, and what fills it the API gives only to those who may.
func (s *Site) getFace(name string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		p, ok := s.faces[name]
		if !ok {
			m := s.model(c, parseLook(c.Cookies(lookCookie)))
			m.Title, m.Closed = "Toàn Cảnh", true
			c.Status(fiber.StatusNotFound)
			return s.send(c, "unbuilt", m)
		}
		p.Serve(c.Context())
		return nil
	}
}
