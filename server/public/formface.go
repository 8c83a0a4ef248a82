package public

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
	"toancanh/server/fault"
)

// formFace is what the built form adds to the plain one: three steps, an outbox, a start without a network. Its page
// stays the server's.
type formFace struct {
	Scripts, Parts, Styles []string // addresses; Parts are what the scripts import
	worker, manifest       *door.Prepared
}

// formWorkerPolicy is the content security policy of the form's service worker: it speaks with this house, nothing else.
const formWorkerPolicy = "default-src 'none'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

// prepareFormFace reads the built form; none is no fault.
func (s *Site) prepareFormFace() error {
	if s.Faces == nil {
		return nil
	}
	page, err := fs.ReadFile(s.Faces, "report.html")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	f := &formFace{}
	for _, tag := range regexp.MustCompile(`<(script|link)\b[^>]*?(?:src|href)="(/assets/[^"]+)"[^>]*>`).FindAllStringSubmatch(string(page), -1) {
		switch {
		case tag[1] == "script":
			f.Scripts = append(f.Scripts, tag[2])
		case strings.Contains(tag[0], `rel="stylesheet"`):
			f.Styles = append(f.Styles, tag[2])
		case strings.Contains(tag[0], `rel="modulepreload"`):
			f.Parts = append(f.Parts, tag[2])
		}
	}
	// Its address lies below the page it answers for, which the second header lets it do.
	f.worker, err = s.prepareFile("report-worker.js", door.CacheAsk,
		[2]string{fiber.HeaderContentSecurityPolicy, formWorkerPolicy}, [2]string{"Service-Worker-Allowed", "/phan-anh"})
	if err != nil {
		return err
	}
	if f.manifest, err = s.manifest(); err != nil {
		return err
	}
	s.formFace = f
	return nil
}

// manifest describes the form to a phone that keeps it among its apps (W3C Web Application Manifest).
func (s *Site) manifest() (*door.Prepared, error) {
	type icon struct {
		Src   string `json:"src"`
		Type  string `json:"type"`
		Sizes string `json:"sizes"`
	}
	icons := []icon{}
	for address := range s.files { // the build puts a hash into the name
		if strings.HasPrefix(address, "/assets/icon-") && strings.HasSuffix(address, ".svg") {
			icons = append(icons, icon{Src: address, Type: "image/svg+xml", Sizes: "any"})
		}
	}
	body, err := json.Marshal(map[string]any{
		"id": "/phan-anh", "start_url": "/phan-anh", "scope": "/phan-anh", "lang": "vi", "dir": "ltr", "display": "standalone",
		"name": "Gửi phản ánh – " + s.centre(), "short_name": "Phản ánh",
		"background_color": "#ffffff", "theme_color": "#f3f5f6",
		"icons": icons,
	})
	if err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	return door.Prepare(door.Content{Body: body, Type: "application/manifest+json", Cache: door.CacheAsk}), nil
}

func (s *Site) getFormFile(of func(*formFace) *door.Prepared) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if s.formFace == nil {
			return fault.NotFound("Không có tệp này.")
		}
		of(s.formFace).Serve(c.Context())
		return nil
	}
}
