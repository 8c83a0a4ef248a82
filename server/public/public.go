// Package public is the door of HTML pages: the public page and its areas, the report form, the page that follows a
// report, the newcomer's page, and the built faces of wall and console. The public pages are fed from the public
// projection alone and are bytes made before anybody asks. It decides nothing about a report.
package public

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/area"
	"toancanh/server/door"
	"toancanh/server/dti"
	"toancanh/server/follow"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/store"
)

// answerLimit is how long the form and the page of a report may take.
const answerLimit = 5 * time.Second

// Pictures reads the public projection.
type Pictures interface {
	Picture(ctx context.Context, division string) (store.PublicPicture, error)
}

// Intake accepts reports, and photos of them from who is known to be their sender.
type Intake interface {
	AcceptReport(ctx context.Context, s intake.Submission) (receipt json.RawMessage, repeated bool, err error)
	AddSendersPhoto(ctx context.Context, reportID string, content []byte, key *intake.Key) (answer json.RawMessage, repeated bool, err error)
}

// Config names what the door needs. Storm and Faces may be nil.
type Config struct {
	Frame    *door.Frame
	Pictures Pictures
	Intake   Intake
	Follow   Follow
	Receipts follow.Receipts
	Mails    Mails // nil: nobody is written to
	Atlas    *area.Atlas
	Rules    *report.Rulebook
	DTI      dti.Book // what was published of digital transformation
	Location *time.Location
	Now      func() time.Time
	Log      *slog.Logger

	Division string        // in which reports are placed
	Title    string        // of the centre, before the area's name
	Origin   report.Origin // what the dataset was born as
	OpenData OpenData      // what the page about them tells
	Sample   bool          // the newcomer's page is there for this machine's user
	// Enter signs the caller in as the sample's person of a role; nil: nobody signs in here.
	Enter func(c *fiber.Ctx, role string) error
	// Visits and Member are for community teams: Member is the id of the person signed in; Visits nil: no such pages.
	Visits Visits
	Member func(c *fiber.Ctx) (personID string, err error)
	// Duty hears of people on duty that a message reached them; nil: nobody is called.
	Duty Duty
	// PushKey is the public key that browsers subscribe to public facts with; empty: nobody is pushed to.
	PushKey string
	Storm   func() // plays the sample's storm; must not block
	Photos  Photos // opens what everybody may see of photos; nil: there are none and none are taken
	Faces   fs.FS  // wall.html, console.html, assets/; nil: not built in
}

// Site is the door. Make it with New, hang it in with Routes, and keep Run running.
type Site struct {
	Config
	book     *book
	kinds    map[kind]func(*edition, pageKey) model
	looks    map[string]look // by how their cookies hold them
	now      atomic.Pointer[edition]
	redraw   atomic.Bool               // the maps are others since the edition was made
	files    map[string]*door.Prepared // by path, "/assets/…"
	faces    map[string]*door.Prepared // wall, console
	worker   *door.Prepared            // the wall's service worker; nil: not built in
	pusher   *door.Prepared            // the console's service worker; nil: not built in
	teller   *door.Prepared            // the service worker of those who follow public facts
	formFace *formFace                 // nil: not built in
	places   []district
	division area.Division
}

// New reads the templates and the faces.
func New(c Config) (*Site, error) {
	s := &Site{Config: c, files: map[string]*door.Prepared{}, faces: map[string]*door.Prepared{}, looks: allLooks()}
	var ok bool
	if s.division, ok = c.Atlas.Tree.Division(c.Division); !ok {
		return nil, fmt.Errorf("make public pages: division %q is unknown", c.Division)
	}
	if err := s.prepareFiles(); err != nil {
		return nil, fmt.Errorf("make public pages: %w", err)
	}
	if err := s.prepareTeller(); err != nil {
		return nil, fmt.Errorf("make public pages: %w", err)
	}
	if err := s.prepareFormFace(); err != nil {
		return nil, fmt.Errorf("make public pages: %w", err)
	}
	var err error
	if s.book, err = newBook(s.files); err != nil {
		return nil, fmt.Errorf("make public pages: %w", err)
	}
	s.places, s.kinds = s.listPlaces(), s.makers()
	s.now.Store(s.newEdition(store.PublicPicture{Origin: string(c.Origin)}, missing))
	return s, nil
}

// Routes hangs the pages into the application and gives the frame a page for errors.
func (s *Site) Routes(app *fiber.App) {
	s.Frame.ErrorPage(s.errorPage)
	s.Frame.Prepared(s.find)
	if s.Photos != nil {
		s.Frame.Bulk("/phan-anh", mostWires)
		s.Frame.BulkOf("/phan-anh/", "/anh", mostWires)
	}
	app.Get("/", s.getArea)
	app.Get("/tinh-hinh/:division/:area", s.getArea)
	app.Get("/dti", s.getDTI)
	app.Get("/hieu-qua", s.getPerformance)
	app.Get("/hieu-qua.csv", s.getPerformanceTable)
	app.Get("/hieu-qua/:division/:area", s.getPerformance)
	s.feedRoutes(app)
	app.Get("/du-lieu", s.getOpenData)
	app.Get("/phan-anh", s.getForm)
	app.Post("/phan-anh", s.Frame.SameSite, s.postForm)
	app.Get("/phan-anh/worker.js", s.getFormFile(func(f *formFace) *door.Prepared { return f.worker }))
	app.Get("/phan-anh/app.webmanifest", s.getFormFile(func(f *formFace) *door.Prepared { return f.manifest }))
	s.routeFollow(app)
	app.Get("/anh/:name.jpg", s.getPhoto)
	s.teamRoutes(app)
	s.dutyRoutes(app)
	s.subscribeRoutes(app)
	app.Get("/bat-dau", s.getStart)
	app.Post("/bat-dau", s.Frame.SameSite, s.postStart)
	app.Get("/wall/worker.js", getWorker(s.worker))
	app.Get("/console/worker.js", getWorker(s.pusher))
	app.Get("/wall/:screen", s.getFace("wall"))
	app.Get("/console", s.getFace("console"))
	app.Get("/lanh-dao", s.getFace("leader"))
	app.Get("/assets/*", s.getAsset)
	app.Get("/favicon.ico", func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusNoContent) })
	app.Get("/robots.txt", func(c *fiber.Ctx) error {
		return c.SendString("User-agent: *\nDisallow: /phan-anh/\nDisallow: /thu/\nDisallow: /wall/\nDisallow: /console\nDisallow: /to-cong-nghe\nDisallow: /truc\n")
	})
}
