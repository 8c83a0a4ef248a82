package api

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/auth"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/gateway"
	"toancanh/server/intake"
)

// gateways is what the door asks of the intake about gateways.
type gateways interface {
	Gateway(ctx context.Context, code string) (gateway.Gateway, error)
	GatewayOfKey(ctx context.Context, id string) (g gateway.Gateway, ok bool, err error)
	AdmitGateway(ctx context.Context, g gateway.Gateway, n int) (wait time.Duration)
	MisreadGateway(g gateway.Gateway, detail string)
	AcceptUplink(ctx context.Context, b intake.UplinkBody) (int, []intake.Refusal, error)
	RegisterGateway(ctx context.Context, g gateway.Gateway, why string) (gateway.Gateway, error)
}

func (a *API) gatewayRoutes(v1 guarded) {
	v1.Get("/gateways", a.within(answerLimit, a.listGateways))
	v1.Get("/gateways/:code", a.within(answerLimit, a.getGateway))
	v1.Put("/gateways/:code", a.within(answerLimit, a.putGateway))
	v1.Delete("/gateways/:code", a.within(answerLimit, a.deleteGateway))
	v1.Post("/gateways/:code/chirpstack", a.within(answerLimit, a.postChirpStack))
	v1.Post("/gateways/:code/tts", a.within(answerLimit, a.postTTS))
}

// gatewayShown is a gateway with how it behaves and what it brought since midnight in the centre's zone.
type gatewayShown struct {
	Code        string           `json:"code"`
	Name        string           `json:"name"`
	Kind        string           `json:"kind"`
	Lat         float64          `json:"lat"`
	Lon         float64          `json:"lon"`
	Area        string           `json:"area"`
	Owner       string           `json:"owner"`
	Parent      string           `json:"parent"`
	KeyID       string           `json:"key_id"`
	StaleAfterS int64            `json:"stale_after_s"`
	PerMinute   int              `json:"per_minute"`
	Standing    string           `json:"standing"`
	Sample      bool             `json:"sample"`
	Origin      string           `json:"origin"`
	SeenAt      *time.Time       `json:"seen_at"`
	State       string           `json:"state"`
	Since       *time.Time       `json:"since"` // null: ever since it was registered
	Notice      string           `json:"notice"`
	Complaint   string           `json:"complaint"`
	ComplaintAt *time.Time       `json:"complaint_at"`
	Today       map[string]int64 `json:"today"` // "taken" and every reason of refusal that occurred
	Sensors     []string         `json:"sensors"`
	UpdatedAt   time.Time        `json:"updated_at"`
}

// gatewayFacts are what is known of all gateways beside their own rows.
type gatewayFacts struct {
	counts  map[string]map[string]int64
	sensors map[string][]string
	now     time.Time
}

func (a *API) gatewayFacts(ctx context.Context) (gatewayFacts, error) {
	f := gatewayFacts{sensors: map[string][]string{}, now: a.Now()}
	y, m, d := f.now.In(a.Location).Date()
	var err error
	if f.counts, err = a.Store.GatewayCounts(ctx, time.Date(y, m, d, 0, 0, 0, 0, time.UTC)); err != nil {
		return f, err
	}
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return f, err
	}
	for code, s := range sensors {
		if s.Gateway != "" {
			f.sensors[s.Gateway] = append(f.sensors[s.Gateway], code)
		}
	}
	return f, nil
}

func (f gatewayFacts) show(g gateway.Gateway) gatewayShown {
	state, since := g.Shown(f.now)
	shown := gatewayShown{
		Code: g.Code, Name: g.Name, Kind: g.Kind, Lat: g.Lat, Lon: g.Lon, Area: g.Area, Owner: g.Owner, Parent: g.Parent, KeyID: g.Key,
		StaleAfterS: int64(g.StaleAfter / time.Second), PerMinute: g.PerMinute, Standing: string(g.Standing), Sample: g.Sample,
		Origin: g.Origin, SeenAt: instant(g.SeenAt), State: string(state), Since: instant(since), Notice: state.Notice(),
		Complaint: g.Complaint, ComplaintAt: instant(g.ComplaintAt), Today: f.counts[g.Code], Sensors: f.sensors[g.Code], UpdatedAt: g.UpdatedAt,
	}
	if shown.Today == nil {
		shown.Today = map[string]int64{}
	}
	shown.Sensors = some(shown.Sensors)
	slices.Sort(shown.Sensors)
	return shown
}

// instant is a time, or null for none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *API) listGateways(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	known, err := a.Store.Gateways(ctx)
	if err != nil {
		return err
	}
	facts, err := a.gatewayFacts(ctx)
	if err != nil {
		return err
	}
	shown := make([]gatewayShown, 0, len(known))
	for _, g := range known {
		shown = append(shown, facts.show(g))
	}
	slices.SortFunc(shown, func(x, y gatewayShown) int { return strings.Compare(x.Code, y.Code) })
	return send(c, fiber.StatusOK, map[string]any{"gateways": shown})
}

func (a *API) getGateway(ctx context.Context, c *fiber.Ctx) error {
	g, err := a.gatewayNamed(ctx, c.Params("code"))
	if err != nil {
		return err
	}
	return a.sendGateway(ctx, c, g)
}

func (a *API) sendGateway(ctx context.Context, c *fiber.Ctx, g gateway.Gateway) error {
	facts, err := a.gatewayFacts(ctx)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, facts.show(g))
}

// gatewayNamed is a registered gateway, retired ones too.
func (a *API) gatewayNamed(ctx context.Context, code string) (gateway.Gateway, error) {
	known, err := a.Store.Gateways(ctx)
	if err != nil {
		return gateway.Gateway{}, err
	}
	g, ok := known[code]
	if !ok {
		return g, fault.NotFound("Không có cổng mang mã này.").Because("unknown_gateway")
	}
	return g, nil
}

// putGateway registers a gateway or changes one. What is left out becomes usual again.
func (a *API) putGateway(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	g := gateway.Gateway{
		Code: strings.Clone(c.Params("code")), Name: o.text("name"), Kind: o.text("kind"), Lat: o.need("lat"), Lon: o.need("lon"),
		Owner: o.text("owner"), Key: o.text("key_id"), Parent: o.text("parent"), StaleAfter: seconds(o, "stale_after_s"),
		Standing: gateway.Standing(o.text("standing")), Sample: o.flag("sample"),
	}
	if o.given("per_minute") {
		g.PerMinute = int(min(max(o.whole("per_minute"), -1), math.MaxInt32))
		if g.PerMinute == 0 {
			g.PerMinute = -1 // zero is no wish for the usual
		}
	}
	if err := a.gatewayBelongs(ctx, o, g); err != nil {
		return err
	}
	if err := o.done(); err != nil {
		return err
	}
	if g, err = a.Intake.RegisterGateway(ctx, g, "put"); err != nil {
		return err
	}
	return a.sendGateway(ctx, c, g)
}

// gatewayBelongs says what is wrong with the unit and the key that a gateway is said to have.
func (a *API) gatewayBelongs(ctx context.Context, o *object, g gateway.Gateway) error {
	if g.Owner != "" {
		units, err := a.unitsNow(ctx)
		if err != nil {
			return err
		}
		if _, ok := units[g.Owner]; !ok {
			o.wrong("owner", "unknown", "Không có đơn vị mang mã này.")
		}
	}
	if g.Key == "" {
		return nil
	}
	key, err := a.Store.Key(ctx, g.Key)
	switch {
	case fault.Is(err, fault.KindUnauthenticated), err == nil && (key.RevokedAt != nil || !key.May(auth.RightReadings)):
		o.wrong("key_id", "unknown", "Không có khóa này, hoặc khóa không có quyền gửi số đo.")
		return nil
	}
	return err
}

// deleteGateway ends a gateway's use. It stays listed with what it brought, and may be taken into use again.
func (a *API) deleteGateway(ctx context.Context, c *fiber.Ctx) error {
	g, err := a.gatewayNamed(ctx, c.Params("code"))
	if err != nil {
		return err
	}
	g.Standing, g.Key = gateway.Retired, ""
	if _, err := a.Intake.RegisterGateway(ctx, g, "retired"); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// uplinkTaken is the answer to a message of a network server.
type uplinkTaken struct {
	Event    string           `json:"event"`
	Accepted int              `json:"accepted"`
	Refused  []intake.Refusal `json:"refused"`
	Omitted  int              `json:"omitted,omitempty"`
	Notice   string           `json:"notice,omitempty"`
}

// postChirpStack takes an event of the HTTP integration of ChirpStack v4.
func (a *API) postChirpStack(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "event")
	if err != nil {
		return err
	}
	return a.takeUplink(ctx, c, func(raw []byte) (gateway.Uplink, error) { return gateway.DecodeChirpStack(q["event"], raw) })
}

// postTTS takes a message of a web hook of The Things Stack v3.
func (a *API) postTTS(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return a.takeUplink(ctx, c, gateway.DecodeTTS)
}

func (a *API) takeUplink(ctx context.Context, c *fiber.Ctx, decode func([]byte) (gateway.Uplink, error)) error {
	key, err := a.need(ctx, c, auth.RightReadings)
	if err != nil {
		return err
	}
	g, err := a.Intake.Gateway(ctx, strings.Clone(c.Params("code")))
	if err != nil {
		return err
	}
	if g.Key != "" && g.Key != key.ID {
		return fault.Forbidden("Cổng này có khóa riêng; khóa đang dùng không phải khóa đó.").Because("key")
	}
	if err := takes(c, jsonType); err != nil {
		return err
	}
	raw, err := body(c, smallBody)
	if err != nil {
		return err
	}
	u, err := decode(raw)
	if err != nil {
		a.Intake.MisreadGateway(g, fault.Message(err))
		return &door.Refusal{Status: fiber.StatusBadRequest, Detail: fault.Message(err), Err: err}
	}
	if err := a.bear(ctx, c, load{g, max(1, len(u.Values))}); err != nil {
		return err
	}
	accepted, refused, err := a.Intake.AcceptUplink(ctx, intake.UplinkBody{Gateway: g, Uplink: u, Origin: originOf(key), May: a.readingWithin(key)})
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, uplinkTaken{u.Event, accepted, append([]intake.Refusal{}, refused...), u.Omitted, g.State.Notice()})
}

// load is how many values a gateway brings at once; the zero gateway is none.
type load struct {
	gateway gateway.Gateway
	values  int
}

// bear counts what a gateway brings, and refuses when it is more than it may.
func (a *API) bear(ctx context.Context, c *fiber.Ctx, l load) error {
	if l.gateway.Code == "" {
		return nil
	}
	wait := a.Intake.AdmitGateway(ctx, l.gateway, l.values)
	if wait == 0 {
		return nil
	}
	after := max(1, int(math.Ceil(wait.Seconds())))
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(after))
	return fault.TooMany("Cổng %s gửi vượt mức %d giá trị mỗi phút, xin gửi lại sau %d giây.", l.gateway.Code, l.gateway.Allowance(), after).
		Because("rate_limited")
}

// gatewayOf is the gateway whose own key this is; the zero gateway when it is nobody's.
func (a *API) gatewayOf(ctx context.Context, key auth.Key) (gateway.Gateway, error) {
	g, ok, err := a.Intake.GatewayOfKey(ctx, key.ID)
	if err != nil || !ok {
		return gateway.Gateway{}, err
	}
	return g, nil
}
