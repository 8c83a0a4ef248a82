// Package api is the JSON door (/api/v1): it reads requests, asks who may, hands what was sent to the intake or asks
// the store, and says the answer or the fault. It decides nothing about a report and never touches the bus.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/door"
	"toancanh/server/drill"
	"toancanh/server/dti"
	"toancanh/server/evidence"
	"toancanh/server/follow"
	"toancanh/server/forecast"
	"toancanh/server/gateway"
	"toancanh/server/incident"
	"toancanh/server/intake"
	"toancanh/server/photo"
	"toancanh/server/report"
	"toancanh/server/scene"
	"toancanh/server/screen"
	"toancanh/server/sensor"
	"toancanh/server/store"
	"toancanh/server/storm"
	"toancanh/server/view"
)

// How long a handler may take. History comes in bodies of thousands.
const (
	answerLimit  = 5 * time.Second
	historyLimit = 30 * time.Second
	bulkLimit    = 20 * time.Second // two hundred acts, one after the other
	photoLimit   = 20 * time.Second // decoding has to wait for its turn, and is long for the largest
	readyLimit   = 2500 * time.Millisecond
)

// Intake accepts what comes in.
type Intake interface {
	CheckReport(s intake.Submission) error
	CommunePoint(text string) (report.Point, bool)
	AcceptReport(ctx context.Context, s intake.Submission) (receipt json.RawMessage, repeated bool, err error)
	ActAs(ctx context.Context, id string, act report.Act, may func(report.Report) error) (report.Report, error)
	AskVisit(ctx context.Context, v report.Visit, version int64, may func(report.Report) error) (report.Visit, error)
	PlaceAt(code string) (*report.Placed, error)
	DecidePlaces(ctx context.Context, d intake.PlaceDecision) (intake.DecidedPlaces, error)
	AddPhoto(ctx context.Context, b intake.PhotoBody) (answer json.RawMessage, repeated bool, err error)
	CoverPhoto(ctx context.Context, c intake.PhotoCover) (store.Photo, error)
	OpenPhoto(ctx context.Context, p store.Photo, covered bool) ([]byte, error)
	AttachFile(ctx context.Context, b intake.FileBody) (incident.Done, store.Accepted, error)
	OpenFile(ctx context.Context, f store.IncidentFile) ([]byte, error)
	AcceptReadingsAs(ctx context.Context, b intake.ReadingBody) (int, []intake.Refusal, error)
	RegisterSensorsAs(ctx context.Context, list []sensor.Sensor, may func(sensor.Sensor) error) error
	sensorDeeds
	gateways
	AcceptHistory(ctx context.Context, body intake.PastBody) (answer json.RawMessage, repeated bool, err error)
	Ground() screen.Ground
	ChangeScreens(ctx context.Context, decide func(screen.Board) ([]screen.Screen, error)) ([]screen.Screen, error)
}

// Store answers questions.
type Store interface {
	Report(ctx context.Context, id string) (report.Report, error)
	Timeline(ctx context.Context, reportID string) ([]report.Entry, error)
	Attributes(ctx context.Context, reportID string) ([]report.Attribute, error)
	PersonNames(ctx context.Context, principals []string) (map[string]string, error)
	assigning
	teamwork
	alarmStore
	incidents
	dtiValues
	Photos(ctx context.Context, reportID string) ([]store.Photo, error)
	Photo(ctx context.Context, id string) (store.Photo, error)
	List(ctx context.Context, f store.Filter) (list []report.Report, next string, err error)
	Rows(ctx context.Context, f store.Filter) (rows []store.Row, next string, err error)
	Count(ctx context.Context, f store.Filter, most int) (store.Total, error)
	NearbyReports(ctx context.Context, n store.Nearby) ([]view.NearbyReport, error)
	keyUse
	Sensors(ctx context.Context) (map[string]store.Sensor, error)
	Gateways(ctx context.Context) (map[string]gateway.Gateway, error)
	GatewayCounts(ctx context.Context, day time.Time) (map[string]map[string]int64, error)
	LatestSince(ctx context.Context, since time.Time) ([]store.Latest, time.Time, error)
	Series(ctx context.Context, sensorID int32, since time.Time) ([]store.Point, error)
	seriesBook
	maintenanceBook
	CountAreas(ctx context.Context, division string, realOnly bool, at time.Time) (map[string]store.Counts, error)
	SensorFigures(ctx context.Context, division string, ids []int32, at time.Time) (map[string]storm.Figures, error)
	ChangedCounts(ctx context.Context, division string, realOnly bool, at time.Time) (map[string]map[string]int, error)
	ChangedItems(ctx context.Context, division, area string, realOnly bool, at time.Time) ([]store.Happened, error)
	HandledReports(ctx context.Context, h store.Handled) ([]forecast.Past, error)
	Promised(ctx context.Context, p store.Promise) (store.Accepted, bool, error)
	KeepPromise(ctx context.Context, p store.Promise) error
	Screen(ctx context.Context, id string) (one screen.Screen, ok bool, err error)
	Screens(ctx context.Context, ground screen.Ground) (list []store.KnownScreen, now time.Time, err error)
	SeeScreen(ctx context.Context, id string, seen screen.Seen) error
	BeatScreen(ctx context.Context, id string, b screen.Beat) error
	Boundaries(ctx context.Context) ([]store.Boundary, error)
	Proposals(ctx context.Context, after string, limit int) (list []store.Proposal, total int, err error)
}

// Live is what stand-alone hubs ask for.
type Live interface {
	Snapshot(ctx context.Context, topic string) (schema.SourceSnapshot, error)
	Since(ctx context.Context, topic string, seq int64, limit int) (schema.SourceSince, error)
}

// Config names what the door needs. Frame, Intake, Store, Past, Atlas, Rules, Signer, Location, Now and Log are needed.
type Config struct {
	Frame    *door.Frame
	Intake   Intake
	Store    Store
	Past     Past
	Atlas    *area.Atlas
	Rules    *report.Rulebook
	Units    []report.Unit
	Signer   *auth.Signer
	Location *time.Location
	Now      func() time.Time

	DTI dti.Book // schemes of the digital transformation index

	Division string        // in which reports are placed and announced
	Title    string        // of the centre, before the area's name: "Trung tâm Giám sát, điều hành thông minh"
	Origin   report.Origin // what the dataset was born as
	Build    string
	Log      *slog.Logger

	Open   bool // wall and console answer callers of other machines too
	Sample bool // the sample province: Storm may be asked for

	Keeper *auth.Keeper       // lets people in; nil: nobody signs in here
	Walls  *auth.ScreenKeeper // pairs screens; needed with Keeper
	People People             // needed with Keeper
	Keys   Keys               // needed with Keeper
	Hooks  Hooks              // needed with Keeper
	// HookDesk reaches the systems that are told of changes; needed with Hooks.
	HookDesk HookDesk
	Duty     Duty    // keeps who is on duty; needed with Keeper
	Callout  Callout // reaches them; needed with Duty
	// Subscriptions keeps browsers that hear of public facts; needed.
	Subscriptions Subscriptions
	// Provider lets people sign in elsewhere; nil: passwords alone.
	Provider *auth.Provider
	// Contacts and Sealer open the contacts of senders; needed with Keeper.
	Contacts Contacts
	Sealer   *auth.Sealer

	// Queue keeps notes, templates and saved views, and Presence who has a report before them; nil: there is none of it.
	Queue    Queue
	Presence Presence

	// Wake says that an act wrote events; it must not block. Nil: nobody waits for it.
	Wake func()
	// Attempts tells whom the house called for an alarm; nil: it calls nobody.
	Attempts func(ctx context.Context, alarmID string) (any, error)

	Handovers Handovers // keeps shifts handed over; needed

	Drills Drills // keeps exercises; needed
	// DrillsChanged tells the player that there is something to look at. It must not block.
	DrillsChanged func()

	// Warnings keeps warnings to the public and CapSender is who they are from; nil: there are none.
	Warnings  Warnings
	CapSender string

	Follow   Follow          // answers those who follow a report; needed
	Receipts follow.Receipts // makes the secrets of receipts; needed

	Live      Live   // nil: no hub may ask
	HubSecret string // empty: no hub may ask
	// Storm plays the sample's storm; nil: there is none. It must not block.
	Storm func()
	// Ready says why a report could not be stored now; nil: it could.
	Ready func(context.Context) error
	// Evidence signs what is taken of incidents; nil: nothing is.
	Evidence evidence.Key
	// Tiles is the address of the operator's base map; empty without one.
	Tiles string
}

// API is the door. Make it with New, hang it in with Routes, and let Run keep its books.
type API struct {
	Config
	keyring *keyring
	maps    sync.Map                  // *door.Prepared by mapKey
	drawing sync.Mutex                // held while one of them is made
	scenes  map[string]scene.Scene    // by id
	scripts []drill.Scenario          // by code
	places  map[string]*door.Prepared // by path
	spec    *door.Prepared
	guide   *door.Prepared
	sheets  mapSheets
	names   []bearer // of areas and categories, for search
	running sync.Map // scope and key of deeds under way

	packing  chan struct{} // held while a pack of evidence is made
	unitBook unitBook
	seer     seer
	settled  atomic.Bool // somebody can sign in; never false again
}

// New makes the door and prepares what never changes: areas, their shapes, the description of the API.
func New(c Config) (*API, error) {
	a := &API{Config: c, keyring: newKeyring(c.Store, c.Now), packing: make(chan struct{}, 1)}
	if err := a.preparePlaces(); err != nil {
		return nil, fmt.Errorf("make api: %w", err)
	}
	if err := a.prepareScenes(); err != nil {
		return nil, fmt.Errorf("make api: %w", err)
	}
	var err error
	if a.scripts, err = drill.Scenarios(schema.Drills); err != nil {
		return nil, fmt.Errorf("make api: %w", err)
	}
	if err := a.prepareGuide(); err != nil {
		return nil, fmt.Errorf("make api: %w", err)
	}
	a.names = a.bearers()
	return a, nil
}

// Routes hangs the door into the application. The frame must be installed before. Every route stands behind its right:
// routeActions names it, and the guard asks before the handler is reached.
func (a *API) Routes(app *fiber.App) {
	for path, most := range largeBodies() {
		a.Frame.Bulk(path, most)
	}
	a.Frame.BulkOf("/api/v1/reports/", "/photos", photo.MaxBytes)
	a.Frame.BulkOf("/api/v1/incidents/", "/attachments", mostAttached)
	top := guarded{a, app, ""}
	top.Get("/healthz", a.within(readyLimit, a.health))
	top.Get("/readyz", a.within(readyLimit, a.ready))
	top.Get("/api", a.getGuide)

	v1 := guarded{a, app.Group("/api/v1", a.Frame.SameSite), "/api/v1"}
	v1.Get("/openapi.json", a.getSpec)

	v1.Get("/divisions", a.place("divisions"))
	v1.Get("/categories", a.place("categories"))
	v1.Get("/units", a.within(answerLimit, a.getUnits))
	v1.Get("/scenes", a.place("scenes"))
	v1.Get("/areas/:division", a.getAreas)
	v1.Get("/areas/:division/geometry", a.getGeometry)
	v1.Get("/areas/:division/map.svg", a.within(answerLimit, a.getMapSVG))

	v1.Post("/reports", a.within(answerLimit, a.postReport))
	v1.Get("/reports", a.within(answerLimit, a.listReports))
	v1.Post("/reports/entries", a.within(answerLimit, a.postEntry))
	v1.Post("/reports/import", a.within(importLimit, a.postImport))
	v1.Get("/reports/rows", a.within(answerLimit, a.listRows))
	v1.Get("/reports/export", a.within(answerLimit, a.getExport))
	v1.Get("/reports/nearby", a.within(answerLimit, a.getNearby))
	v1.Get("/reports/:id", a.within(answerLimit, a.getReport))
	v1.Post("/reports/:id/acts", a.within(answerLimit, a.postAct))
	v1.Post("/reports/acts", a.within(bulkLimit, a.postActs))
	v1.Post("/reports/undo", a.within(bulkLimit, a.postUndo))
	if a.Queue != nil {
		a.queueRoutes(v1)
	}
	v1.Get("/reports/:id/transfers", a.within(answerLimit, a.listTransfers))
	v1.Get("/transfers/:id.pdf", a.within(answerLimit, a.getTransferPDF))
	v1.Put("/transfers/:id", a.within(answerLimit, a.putTransfer))
	v1.Get("/reports/:id/visits", a.within(answerLimit, a.listVisits))
	v1.Post("/reports/:id/visits", a.within(answerLimit, a.postVisit))
	a.incidentRoutes(v1)
	v1.Get("/teams", a.within(answerLimit, a.listTeams))
	v1.Post("/teams", a.within(answerLimit, a.postTeam))
	v1.Get("/teams/board", a.within(answerLimit, a.getTeamBoard))
	v1.Put("/teams/:id", a.within(answerLimit, a.putTeam))
	v1.Get("/bounces", a.within(answerLimit, a.getBounces))
	v1.Get("/assignment", a.within(answerLimit, a.getAssignment))
	v1.Put("/assignment", a.within(answerLimit, a.putAssignment))
	v1.Get("/assignment/overruled", a.within(answerLimit, a.getOverruled))

	v1.Post("/reports/:id/photos", a.within(photoLimit, a.postPhoto))
	v1.Get("/reports/:id/photos", a.within(answerLimit, a.listPhotos))
	v1.Get("/photos/:photo", a.within(answerLimit, a.getPhoto))
	v1.Put("/photos/:photo/redaction", a.within(photoLimit, a.putRedaction))
	v1.Get("/follow/:code", a.within(answerLimit, a.getFollow))
	v1.Post("/follow/:code/acts", a.within(answerLimit, a.postFollowAct))
	v1.Post("/subscriptions", a.within(answerLimit, a.postSubscription))
	v1.Post("/subscriptions/move", a.within(answerLimit, a.moveSubscription))
	v1.Post("/subscriptions/end", a.within(answerLimit, a.endSubscription))
	v1.Post("/follow/:code/mail", a.within(answerLimit, a.postFollowMail))

	v1.Post("/readings", a.within(answerLimit, a.postReadings))
	v1.Post("/events", a.within(answerLimit, a.postEvents))
	v1.Options("/events", a.getHandshake)
	v1.Get("/sensors", a.within(answerLimit, a.listSensors))
	v1.Put("/sensors", a.within(answerLimit, a.putSensors))
	v1.Get("/sensors/:code/readings", a.within(answerLimit, a.getSeries))
	a.registryRoutes(v1)
	a.alarmRoutes(v1)
	a.gatewayRoutes(v1)
	v1.Get("/kpis", a.within(answerLimit, a.getKPIs))
	a.dtiRoutes(v1)
	v1.Get("/forecast", a.within(pastLimit, a.getForecast))
	v1.Get("/past", a.within(pastLimit, a.getPast))
	v1.Get("/past/changes", a.within(pastLimit, a.getPastChanges))

	v1.Get("/boundaries", a.within(answerLimit, a.listBoundaries))
	v1.Get("/boundaries/proposals", a.within(answerLimit, a.listProposals))
	v1.Post("/boundaries/proposals", a.within(historyLimit, a.decideProposals))

	if a.Warnings != nil {
		a.warningRoutes(v1)
	}

	v1.Post("/tickets", a.within(answerLimit, a.postTicket))

	v1.Get("/screens", a.within(answerLimit, a.listScreens))
	v1.Post("/screens/orders", a.within(answerLimit, a.postOrder))
	v1.Get("/screens/:screen", a.within(answerLimit, a.getScreen))
	v1.Put("/screens/:screen", a.within(answerLimit, a.putScreen))
	v1.Delete("/screens/:screen", a.within(answerLimit, a.deleteScreen))
	v1.Post("/screens/:screen/seen", a.within(answerLimit, a.postSeen))
	v1.Post("/screens/:screen/beat", a.within(answerLimit, a.postBeat))
	if a.Walls != nil {
		v1.Post("/screens/pairing", a.within(answerLimit, a.postPairing))
		v1.Put("/screens/:screen/pairing", a.within(answerLimit, a.putPairing))
		v1.Delete("/screens/:screen/pairing", a.within(answerLimit, a.deletePairing))
	}
	v1.Post("/meetings", a.within(answerLimit, a.postMeeting))
	v1.Delete("/meetings/:presenter", a.within(answerLimit, a.deleteMeeting))

	v1.Post("/history", a.within(historyLimit, a.postHistory))
	v1.Post("/history/readings", a.within(historyLimit, a.postPastReadings))
	v1.Post("/simulation", a.within(answerLimit, a.postSimulation))

	v1.Get("/handovers", a.within(answerLimit, a.listHandovers))
	v1.Post("/handovers", a.within(answerLimit, a.postHandover))
	v1.Get("/handovers/draft", a.within(answerLimit, a.getHandoverDraft))
	v1.Get("/handovers/:id", a.within(answerLimit, a.getHandover))
	v1.Post("/handovers/:id/taken", a.within(answerLimit, a.postHandoverTaken))
	v1.Get("/drills", a.within(answerLimit, a.listDrills))
	v1.Post("/drills", a.within(answerLimit, a.postDrill))
	v1.Get("/drills/:id", a.within(answerLimit, a.getDrill))
	v1.Post("/drills/:id/end", a.within(answerLimit, a.postDrillEnd))
	if a.Keeper != nil {
		a.peopleRoutes(v1)
	}

	top.Get(schema.PathHubSnapshot, a.within(answerLimit, a.hubSnapshot))
	top.Get(schema.PathHubSince, a.within(answerLimit, a.hubSince))
	top.Get(schema.PathHubKey, a.hubKey)
}

// queueRoutes are what operators put beside the reports of their queue.
func (a *API) queueRoutes(v1 guarded) {
	v1.Get("/reports/:id/notes", a.within(answerLimit, a.listNotes))
	v1.Post("/reports/:id/notes", a.within(answerLimit, a.postNote))
	v1.Get("/reports/:id/templates", a.within(answerLimit, a.listTemplatesOf))
	v1.Put("/reports/:id/presence", a.within(answerLimit, a.putPresence))
	v1.Delete("/reports/:id/presence", a.within(answerLimit, a.deletePresence))
	v1.Post("/redactions", a.within(answerLimit, a.postRedaction))
	v1.Get("/templates", a.within(answerLimit, a.listTemplates))
	v1.Post("/templates", a.within(answerLimit, a.postTemplate))
	v1.Put("/templates/:id", a.within(answerLimit, a.putTemplate))
	v1.Delete("/templates/:id", a.within(answerLimit, a.deleteTemplate))
	v1.Get("/views", a.within(answerLimit, a.listViews))
	v1.Post("/views", a.within(answerLimit, a.postView))
	v1.Put("/views/:id", a.within(answerLimit, a.putView))
	v1.Delete("/views/:id", a.within(answerLimit, a.deleteView))
}

// peopleRoutes are signing in and out, and who may.
func (a *API) peopleRoutes(v1 guarded) {
	v1.Get("/session", a.within(answerLimit, a.getSession))
	v1.Post("/session", a.within(answerLimit, a.postSession))
	v1.Delete("/session", a.within(answerLimit, a.deleteSession))
	v1.Post("/session/code", a.within(answerLimit, a.postCode))
	v1.Post("/session/factor", a.within(answerLimit, a.postFactor))
	v1.Post("/session/password", a.within(answerLimit, a.postPassword))
	v1.Put("/session/pin", a.within(answerLimit, a.putPIN))
	v1.Delete("/session/pin", a.within(answerLimit, a.deletePIN))
	v1.Get("/oidc", a.within(providerLimit, a.getProvider))
	v1.Get("/oidc/return", a.within(providerLimit, a.getReturned))
	v1.Post("/desks", a.within(answerLimit, a.postDesk))
	v1.Get("/desks", a.within(answerLimit, a.listDesks))
	v1.Delete("/desks/:id", a.within(answerLimit, a.deleteDesk))
	v1.Post("/desk/person", a.within(answerLimit, a.postDeskPerson))
	v1.Post("/desk/unlock", a.within(answerLimit, a.postDeskUnlock))
	v1.Post("/desk/lock", a.within(answerLimit, a.postDeskLock))
	v1.Get("/sessions", a.within(answerLimit, a.listSessions))
	v1.Delete("/sessions/:id", a.within(answerLimit, a.endSession))
	v1.Post("/invitations", a.within(answerLimit, a.postInvitation))

	v1.Get("/people", a.within(answerLimit, a.listPeople))
	v1.Post("/people", a.within(answerLimit, a.postPerson))
	v1.Get("/people/:id", a.within(answerLimit, a.getPerson))
	v1.Put("/people/:id", a.within(answerLimit, a.putPerson))
	v1.Post("/people/:id/link", a.within(answerLimit, a.postLink))
	v1.Delete("/people/:id/factor", a.within(answerLimit, a.deleteFactor))
	v1.Put("/people/:id/subject", a.within(answerLimit, a.putSubject))
	v1.Delete("/people/:id/subject", a.within(answerLimit, a.deleteSubject))
	v1.Post("/units", a.within(answerLimit, a.postUnit))
	v1.Put("/units/:id", a.within(answerLimit, a.putUnit))
	v1.Get("/keys", a.within(answerLimit, a.listKeys))
	v1.Post("/keys", a.within(answerLimit, a.postKey))
	v1.Put("/keys/:id", a.within(answerLimit, a.putKey))
	v1.Post("/keys/:id/rotation", a.within(answerLimit, a.postRotation))
	v1.Delete("/keys/:id", a.within(answerLimit, a.deleteKey))

	a.dutyRoutes(v1)
	v1.Get("/hooks", a.within(answerLimit, a.listHooks))
	v1.Post("/hooks", a.within(answerLimit, a.postHook))
	v1.Put("/hooks/:id", a.within(answerLimit, a.putHook))
	v1.Post("/hooks/:id/rotation", a.within(answerLimit, a.postHookRotation))
	v1.Post("/hooks/:id/ping", a.within(3*answerLimit, a.postPing))
	v1.Delete("/hooks/:id", a.within(answerLimit, a.deleteHook))
	v1.Post("/reports/:id/contact", a.within(answerLimit, a.postReveal))
	v1.Get("/reveals", a.within(answerLimit, a.listReveals))
	v1.Post("/reveals/:id/seen", a.within(answerLimit, a.postRevealSeen))
	v1.Post("/reports/:id/callbacks", a.within(answerLimit, a.postCallback))
	v1.Get("/callbacks", a.within(answerLimit, a.listCallbacks))
	v1.Post("/callbacks/:id/confirmation", a.within(answerLimit, a.postConfirm))
	v1.Post("/callbacks/:id/refusal", a.within(answerLimit, a.postRefusal))
	v1.Post("/callbacks/:id/number", a.within(answerLimit, a.postNumber))
	v1.Get("/rights", a.within(answerLimit, a.getRights))
	v1.Get("/audit", a.within(answerLimit, a.listAudit))
}

// within gives a handler a context that ends after the limit: no answer waits longer on anything.
func (a *API) within(limit time.Duration, handle func(context.Context, *fiber.Ctx) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), limit)
		defer cancel()
		return handle(ctx, c)
	}
}

// send answers with JSON that nobody may keep.
func send(c *fiber.Ctx, status int, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return sendRaw(c, status, raw)
}

func sendRaw(c *fiber.Ctx, status int, raw []byte) error {
	c.Status(status)
	c.Response().Header.SetContentType("application/json; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Response().SetBodyRaw(raw)
	return nil
}
