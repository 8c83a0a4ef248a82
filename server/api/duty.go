package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/auth"
	"toancanh/server/callout"
	"toancanh/server/duty"
	"toancanh/server/fault"
	"toancanh/server/store"
)

// Duty keeps the roster, the ladder and what was called.
type Duty interface {
	Shifts(ctx context.Context, from, until time.Time) ([]duty.Shift, error)
	AddShift(ctx context.Context, shift duty.Shift, by string) error
	ChangeShift(ctx context.Context, shift duty.Shift, by string) (duty.Shift, error)
	DropShift(ctx context.Context, id string) error
	FillShifts(ctx context.Context, f store.Filling) (made, replaced int, err error)
	Ladder(ctx context.Context) (store.KeptLadder, error)
	ChangeLadder(ctx context.Context, l store.KeptLadder, by string) error
	calledOut
}

// dutyRoutes are who is on duty, how they are reached, and what was tried.
func (a *API) dutyRoutes(v1 guarded) {
	v1.Get("/duty/positions", a.within(answerLimit, a.getPositions))
	v1.Get("/duty/now", a.within(answerLimit, a.getOnDuty))
	v1.Get("/duty/shifts", a.within(answerLimit, a.listShifts))
	v1.Post("/duty/shifts", a.within(answerLimit, a.postShift))
	v1.Put("/duty/shifts/:id", a.within(answerLimit, a.putShift))
	v1.Delete("/duty/shifts/:id", a.within(answerLimit, a.deleteShift))
	v1.Post("/duty/pattern", a.within(answerLimit, a.postPattern))
	v1.Get("/duty/people", a.within(answerLimit, a.listDutyPeople))
	v1.Get("/duty/ladder", a.within(answerLimit, a.getLadder))
	v1.Put("/duty/ladder", a.within(answerLimit, a.putLadder))
	a.calloutRoutes(v1)
}

type positionShown struct {
	Position duty.Position `json:"position"`
	Label    string        `json:"label"`
	OfUnit   bool          `json:"of_unit"` // each unit has its own
}

func (a *API) getPositions(_ context.Context, c *fiber.Ctx) error {
	shown := []positionShown{}
	for _, p := range duty.Positions() {
		shown = append(shown, positionShown{p, p.Label(), p == duty.UnitOnDuty})
	}
	return send(c, fiber.StatusOK, map[string]any{"positions": shown})
}

type shiftShown struct {
	ID             string        `json:"id"`
	Version        int64         `json:"version"`
	Position       duty.Position `json:"position"`
	Unit           string        `json:"unit"`
	Name           string        `json:"name"`
	Person         string        `json:"person"`
	PersonName     string        `json:"person_name"`
	Substitute     string        `json:"substitute"`
	SubstituteName string        `json:"substitute_name"`
	From           time.Time     `json:"from"`
	Until          time.Time     `json:"until"`
}

// showShifts names who is in shifts.
func (a *API) showShifts(ctx context.Context, list []duty.Shift) ([]shiftShown, error) {
	principal := func(id string) string { return auth.Person{ID: id}.Principal() }
	var people []string
	for _, s := range list {
		people = append(people, principal(s.Person), principal(s.Substitute))
	}
	slices.Sort(people)
	names, err := a.Store.PersonNames(ctx, slices.Compact(people))
	if err != nil {
		return nil, err
	}
	shown := make([]shiftShown, len(list))
	for i, s := range list {
		shown[i] = shiftShown{
			s.ID, s.Version, s.Position, s.Unit, s.Name, s.Person, names[principal(s.Person)], s.Substitute, names[principal(s.Substitute)], s.From, s.Until,
		}
	}
	return shown, nil
}

type gapShown struct {
	Position duty.Position `json:"position"`
	Unit     string        `json:"unit"`
	From     time.Time     `json:"from"`
	Until    time.Time     `json:"until"`
}

// listShifts lists the shifts of a span, and when nobody holds a position of the room.
func (a *API) listShifts(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "from", "until")
	if err != nil {
		return err
	}
	span := map[string]time.Time{}
	for _, name := range []string{"from", "until"} {
		at, ok := parseTime(q[name])
		if !ok {
			return fault.Invalid(name, "Tham số %s phải là thời điểm RFC 3339.", name).Because("format")
		}
		span[name] = at
	}
	from, until := span["from"], span["until"]
	if d := until.Sub(from); d <= 0 || d > duty.MostDays*24*time.Hour {
		return fault.Invalid("until", "Khoảng thời gian phải dài từ trên 0 đến %d ngày.", duty.MostDays).Because("out_of_range")
	}
	list, err := a.Duty.Shifts(ctx, from, until)
	if err != nil {
		return err
	}
	shown, err := a.showShifts(ctx, list)
	if err != nil {
		return err
	}
	posts := []duty.Post{}
	for _, p := range duty.RoomPositions() {
		posts = append(posts, duty.Post{Position: p})
	}
	gaps := []gapShown{}
	for _, g := range duty.Roster(list).Gaps(posts, from, until) {
		gaps = append(gaps, gapShown{g.Position, g.Unit, g.From, g.Until})
	}
	return send(c, fiber.StatusOK, map[string]any{"from": from, "until": until, "shifts": shown, "gaps": gaps})
}

// crewBook checks that who is named can be on duty.
type crewBook struct {
	people map[string]bool
	units  map[string]bool
}

func (a *API) crewBook(ctx context.Context) (crewBook, error) {
	list, err := a.People.People(ctx)
	if err != nil {
		return crewBook{}, err
	}
	book := crewBook{people: map[string]bool{}}
	for _, p := range list {
		book.people[p.ID] = p.DisabledAt == nil
	}
	book.units, err = a.unitsNow(ctx)
	return book, err
}

// person reads somebody who can be on duty.
func (b crewBook) person(o *object, name string) string {
	id := o.text(name)
	if id != "" && !b.people[id] {
		o.wrong(name, "unknown", "Không có người dùng này, hoặc đã bị khóa.")
		return id
	}
	return id
}

// post reads a position.
func (b crewBook) post(o *object) duty.Post {
	p := duty.Post{Position: duty.Position(o.text("position")), Unit: o.text("unit")}
	if p.Unit != "" && !b.units[p.Unit] {
		o.wrong("unit", "unknown", "Không có đơn vị mang mã này.")
	}
	return p
}

// readShift reads a shift; whatever is wrong with it is said at once.
func (a *API) readShift(ctx context.Context, c *fiber.Ctx) (duty.Shift, error) {
	book, err := a.crewBook(ctx)
	if err != nil {
		return duty.Shift{}, err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return duty.Shift{}, err
	}
	s := duty.Shift{
		Post: book.post(o), Name: o.phrase("name", 0, duty.MostName), Person: book.person(o, "person"), Substitute: book.person(o, "substitute"),
		Version: o.whole("version"),
	}
	for name, at := range map[string]*time.Time{"from": &s.From, "until": &s.Until} {
		if given := o.instant(name); given != nil {
			*at = *given
		}
	}
	return s, fault.Join(o.done(), s.Check())
}

func (a *API) postShift(ctx context.Context, c *fiber.Ctx) error {
	s, err := a.readShift(ctx, c)
	if err != nil {
		return err
	}
	s.ID, s.Version = uuid.NewString(), 1
	if err := a.Duty.AddShift(ctx, s, asking(c).ID); err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, "/api/v1/duty/shifts/"+s.ID)
	return a.sendShift(ctx, c, fiber.StatusCreated, s)
}

func (a *API) sendShift(ctx context.Context, c *fiber.Ctx, status int, s duty.Shift) error {
	shown, err := a.showShifts(ctx, []duty.Shift{s})
	if err != nil {
		return err
	}
	return send(c, status, shown[0])
}

func (a *API) putShift(ctx context.Context, c *fiber.Ctx) error {
	s, err := a.readShift(ctx, c)
	if err != nil {
		return err
	}
	s.ID = strings.Clone(c.Params("id"))
	if s, err = a.Duty.ChangeShift(ctx, s, asking(c).ID); err != nil {
		return err
	}
	return a.sendShift(ctx, c, fiber.StatusOK, s)
}

func (a *API) deleteShift(ctx context.Context, c *fiber.Ctx) error {
	if err := a.Duty.DropShift(ctx, c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// postPattern fills a position's days with shifts.
func (a *API) postPattern(ctx context.Context, c *fiber.Ctx) error {
	book, err := a.crewBook(ctx)
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	p := duty.Pattern{Post: book.post(o), Days: int(o.whole("days"))}
	if p.First, err = time.ParseInLocation(time.DateOnly, o.text("first"), a.Location); err != nil {
		o.wrong("first", "format", "Ngày đầu phải viết YYYY-MM-DD.")
	}
	for i, v := range bound(o, "slots", duty.MostSlots) {
		one := o.item(fmt.Sprintf("slots[%d]", i), v)
		p.Slots = append(p.Slots, duty.Slot{Name: strings.TrimSpace(one.text("name")), From: one.text("from"), Until: one.text("until")})
		one.refuseUnknown()
	}
	for i, v := range bound(o, "crews", duty.MostCrews) {
		one := o.item(fmt.Sprintf("crews[%d]", i), v)
		p.Crews = append(p.Crews, duty.Crew{Person: book.person(one, "person"), Substitute: book.person(one, "substitute")})
		one.refuseUnknown()
	}
	replace := o.flag("replace")
	if p.Position.Label() == "" || (p.Position == duty.UnitOnDuty) != (p.Unit != "") {
		o.wrong("position", "unknown", "Vị trí phải là truong_ca, truc_ban, lanh_dao_truc, hoặc truc_don_vi với mã đơn vị.")
	}
	if err := fault.Join(o.done(), p.Check()); err != nil {
		return err
	}
	made, replaced, err := a.Duty.FillShifts(ctx, store.Filling{
		Post: p.Post, Shifts: p.Fill(a.Location), Replace: replace, Now: a.Now().UTC(), By: asking(c).ID,
	})
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]int{"made": made, "replaced": replaced})
}

// bound is the items of a list, of which there may be so many.
func bound(o *object, name string, most int) []value {
	items := o.list(name)
	if len(items) > most {
		o.wrong(name, "too_many_items", "Danh sách này có tối đa %d mục.", most)
		return nil
	}
	return items
}

type dutyPerson struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Roles    []roleShown    `json:"roles"`
	Channels []duty.Channel `json:"channels"` // by which the person can be reached; never where they lead
}

// listDutyPeople are those who can be put on the roster.
func (a *API) listDutyPeople(ctx context.Context, c *fiber.Ctx) error {
	list, err := a.People.People(ctx)
	if err != nil {
		return err
	}
	channels, err := a.Duty.AllChannels(ctx)
	if err != nil {
		return err
	}
	shown := []dutyPerson{}
	for _, p := range list {
		if p.DisabledAt == nil {
			shown = append(shown, dutyPerson{p.ID, p.Name, showRoles(p.Roles), append([]duty.Channel{}, channels[p.ID]...)})
		}
	}
	return send(c, fiber.StatusOK, map[string]any{"people": shown})
}

type ladderShown struct {
	Version int64 `json:"version"`
	High    []int `json:"high"` // seconds
	Medium  []int `json:"medium"`
	Low     []int `json:"low"`
}

func (a *API) getLadder(ctx context.Context, c *fiber.Ctx) error {
	l, err := a.Duty.Ladder(ctx)
	if err != nil {
		return err
	}
	seconds := func(list []time.Duration) []int {
		shown := make([]int, len(list))
		for i, d := range list {
			shown[i] = int(d.Seconds())
		}
		return shown
	}
	return send(c, fiber.StatusOK, ladderShown{l.Version, seconds(l.High), seconds(l.Medium), seconds(l.Low)})
}

func (a *API) putLadder(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	l := store.KeptLadder{Version: o.whole("version")}
	for name, list := range map[string]*[]time.Duration{"high": &l.High, "medium": &l.Medium, "low": &l.Low} {
		for _, v := range bound(o, name, 10) {
			after, err := time.ParseDuration(string(v.raw) + "s")
			if v.kind != isNumber || err != nil || after != after.Truncate(time.Second) {
				o.wrong(name, "type", "Mỗi mốc là một số nguyên giây.")
				break
			}
			*list = append(*list, after)
		}
	}
	if err := fault.Join(o.done(), l.Check()); err != nil {
		return err
	}
	if err := a.Duty.ChangeLadder(ctx, l, asking(c).ID); err != nil {
		return err
	}
	return a.getLadder(ctx, c)
}

type heldShown struct {
	Position duty.Position `json:"position"`
	Label    string        `json:"label"`
	Unit     string        `json:"unit"`
	Holders  []holderShown `json:"holders"` // none: nobody is there
}

type holderShown struct {
	shiftShown
	Channels           []duty.Channel `json:"channels"`
	SubstituteChannels []duty.Channel `json:"substitute_channels"`
}

// getOnDuty says who is on duty now, and by which channels they can be reached.
func (a *API) getOnDuty(ctx context.Context, c *fiber.Ctx) error {
	on, err := a.Callout.OnDuty(ctx)
	if err != nil {
		return err
	}
	channels, err := a.Duty.AllChannels(ctx)
	if err != nil {
		return err
	}
	held := []heldShown{}
	for _, h := range on.Positions {
		shifts, err := a.showShifts(ctx, h.Holders)
		if err != nil {
			return err
		}
		one := heldShown{h.Position, h.Position.Label(), h.Unit, []holderShown{}}
		for _, s := range shifts {
			one.Holders = append(one.Holders, holderShown{s, append([]duty.Channel{}, channels[s.Person]...), append([]duty.Channel{}, channels[s.Substitute]...)})
		}
		held = append(held, one)
	}
	return send(c, fiber.StatusOK, struct {
		Shift     string      `json:"shift"`
		AsOf      time.Time   `json:"as_of"`
		Positions []heldShown `json:"positions"`
	}{on.Shift, on.AsOf, held})
}

// Callout reaches people on duty.
type Callout interface {
	OnDuty(ctx context.Context) (callout.OnDuty, error)
	Channels() []duty.Channel
	PushKey() string
	KeepBrowser(ctx context.Context, person string, b callout.Browser) (store.Way, error)
	KeepAddress(ctx context.Context, person string, channel duty.Channel, to string) (store.Way, error)
	Shown(w store.Way) string
	Test(ctx context.Context, by, name string) (id string, err error)
	TestOwn(ctx context.Context, person, by, name string) (id string, err error)
	Arrived(ctx context.Context, token string, answered bool) (test bool, err error)
	Reported(ctx context.Context, header func(string) string, body []byte) (signed bool, err error)
}
