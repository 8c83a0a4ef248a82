package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/alarm"
	"toancanh/server/alarming"
	"toancanh/server/fault"
	"toancanh/server/store"
	"toancanh/server/view"
)

// alarmStore is what the store knows of alarms.
type alarmStore interface {
	ListAlarms(ctx context.Context, f store.AlarmFilter) (list []store.Alarm, next string, err error)
	Alarm(ctx context.Context, id string) (store.Alarm, error)
	AlarmsByID(ctx context.Context, ids []string) ([]store.Alarm, error)
	AlarmEntries(ctx context.Context, id string) ([]store.AlarmEntry, error)
	ActOnAlarms(ctx context.Context, act store.AlarmAct) (store.AlarmsDone, error)
	OpenAlarms(ctx context.Context) ([]store.Alarm, error)
	AlarmCalls(ctx context.Context, division string, since time.Time) ([]store.AlarmCall, error)
	AlarmFloods(ctx context.Context) (map[string]time.Time, error)
	AlarmHealth(ctx context.Context, p store.Span) ([]alarm.HealthRow, []alarm.CallRow, error)
	AlarmTypes(ctx context.Context) ([]store.AlarmTypeChange, error)
	AlarmType(ctx context.Context, code string) (store.AlarmTypeChange, error)
	AlarmTypeHistory(ctx context.Context, code string) ([]store.AlarmTypeChange, error)
	ChangeAlarmType(ctx context.Context, c store.AlarmTypeChange) (store.AlarmTypeChange, error)
}

// alarmRoutes are the alarms, what may be done to them, and their types.
func (a *API) alarmRoutes(v1 guarded) {
	v1.Get("/alarms", a.within(answerLimit, a.listAlarms))
	v1.Post("/alarms/group-acts", a.within(answerLimit, a.postAlarmGroup))
	v1.Get("/alarms/:id", a.within(answerLimit, a.getAlarm))
	v1.Post("/alarms/:id/acts", a.within(answerLimit, a.postAlarmAct))
	v1.Get("/alarm-flood", a.within(answerLimit, a.getAlarmFlood))
	v1.Get("/alarm-health", a.within(answerLimit, a.getAlarmHealth))
	v1.Get("/alarm-types", a.within(answerLimit, a.listAlarmTypes))
	v1.Get("/alarm-types/:code", a.within(answerLimit, a.getAlarmType))
	v1.Put("/alarm-types/:code", a.within(answerLimit, a.putAlarmType))
	v1.Post("/alarm-types/:code/enable", a.within(answerLimit, a.postAlarmTypeEnabled(true)))
	v1.Post("/alarm-types/:code/disable", a.within(answerLimit, a.postAlarmTypeEnabled(false)))
}

//nolint:gochecknoglobals // an error value
var errNoAlarm = fault.NotFound("Không có cảnh báo này.")

func alarmObject(x store.Alarm) access.Object {
	return access.Object{Place: access.Place{Division: x.Division, Path: x.Path}}
}

// listAlarms lists the alarms of the caller's areas.
func (a *API) listAlarms(ctx context.Context, c *fiber.Ctx) error {
	f, err := a.alarmFilter(c)
	if err != nil {
		return err
	}
	list, next, err := a.Store.ListAlarms(ctx, f)
	if err != nil {
		return err
	}
	shown, now := make([]view.OpsAlarm, len(list)), a.Now().UTC()
	for i, x := range list {
		shown[i] = view.Alarm(x.Alarm, x.Of, now)
	}
	c.Set(fiber.HeaderLink, links(c, next))
	return send(c, fiber.StatusOK, struct {
		Alarms []view.OpsAlarm `json:"alarms"`
		Next   string          `json:"next"`
	}{shown, next})
}

func (a *API) alarmFilter(c *fiber.Ctx) (store.AlarmFilter, error) {
	f := store.AlarmFilter{Reach: access.ReachOf(asking(c).Principal, access.ListAlarms), State: store.AlarmsOpen, Division: a.Division}
	q, err := query(c, "state", "priority", "area", "type", "target", "q", "from", "to", "limit", "cursor")
	if err != nil {
		return f, err
	}
	r := &filterReader{q: q}
	if text, ok := q["state"]; ok {
		f.State = store.AlarmsIn(text)
		if !slices.Contains([]store.AlarmsIn{store.AlarmsOpen, store.AlarmsShelved, store.AlarmsClosed, store.AlarmsAll}, f.State) {
			r.wrong("state", "unknown", "Tham số state là open, shelved, closed hoặc all.")
		}
	}
	f.Priorities = r.list("priority", "Không có mức ưu tiên này.", func(s string) bool {
		return slices.Contains([]alarm.Priority{alarm.High, alarm.Medium, alarm.Low, alarm.Journal}, alarm.Priority(s))
	})
	if f.Area = q["area"]; f.Area != "" && a.Atlas.Tree.Path(a.Division, f.Area) == nil {
		r.wrong("area", "unknown", "Không có địa bàn mang mã này.")
	}
	f.Type, f.Target, f.Query = q["type"], q["target"], strings.TrimSpace(q["q"])
	for _, name := range []string{"type", "target", "q"} {
		if len([]rune(q[name])) > mostText {
			r.wrong(name, "too_long", "Từ tìm dài tối đa 200 ký tự.")
		}
	}
	if from := r.instant("from"); from != nil {
		f.From = *from
	}
	if to := r.instant("to"); to != nil {
		f.To = *to
	}
	limit, err := wholeParam(q, "limit", bounded{usualPage, 1, mostPage})
	f.Limit = limit
	if f.Cursor = q["cursor"]; len(f.Cursor) > mostCursor {
		r.wrong("cursor", "format", "Dấu trang không đọc được; xin tải lại danh sách.")
	}
	return f, fault.Join(append(r.faults, err)...)
}

// alarmEntryShown is a line of an alarm's timeline.
type alarmEntryShown struct {
	N      int64      `json:"n"`
	At     time.Time  `json:"at"`
	Act    string     `json:"act"`
	ActID  string     `json:"act_id"`
	From   string     `json:"from"`
	To     string     `json:"to"`
	Aside  string     `json:"aside"`
	Actor  string     `json:"actor"`
	Role   string     `json:"role"`
	Reason string     `json:"reason"`
	Text   string     `json:"text"`
	Value  *float64   `json:"value"`
	Until  *time.Time `json:"until"`
}

// getAlarm tells an alarm with all that happened to it.
func (a *API) getAlarm(ctx context.Context, c *fiber.Ctx) error {
	x, err := a.alarmFor(ctx, c)
	if err != nil {
		return err
	}
	entries, err := a.Store.AlarmEntries(ctx, x.ID)
	if err != nil {
		return err
	}
	shown := make([]alarmEntryShown, len(entries))
	for i, e := range entries {
		shown[i] = alarmEntryShown{
			e.N, e.At, string(e.Act), e.ActID, string(e.From), string(e.To), string(e.Aside), e.By, e.As, e.Reason, e.Text, e.Value, e.Until,
		}
	}
	attempts := any([]struct{}{})
	if a.Attempts != nil {
		if attempts, err = a.Attempts(ctx, x.ID); err != nil {
			return err
		}
	}
	return send(c, fiber.StatusOK, struct {
		view.OpsAlarm
		Entries  []alarmEntryShown `json:"entries"`
		Attempts any               `json:"attempts"`
	}{view.Alarm(x.Alarm, x.Of, a.Now().UTC()), shown, attempts})
}

// alarmFor is the alarm of the address, if the caller may see it.
func (a *API) alarmFor(ctx context.Context, c *fiber.Ctx) (store.Alarm, error) {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return store.Alarm{}, errNoAlarm
	}
	x, err := a.Store.Alarm(ctx, id.String())
	if err != nil {
		return x, err
	}
	return x, allow(access.Decide(asking(c).Principal, access.ReadAlarm, alarmObject(x)), errNoAlarm)
}

// alarmAction is the right that an act asks for; false for a name that is no act.
func alarmAction(name alarm.ActName) (access.Action, bool) {
	switch name {
	case alarm.DoAck, alarm.DoSilence, alarm.DoUnsilence, alarm.DoComment:
		return access.AckAlarm, true
	case alarm.DoShelve, alarm.DoUnshelve:
		return access.ShelveAlarm, true
	case alarm.DoSuppress, alarm.DoUnsuppress:
		return access.SuppressAlarm, true
	case alarm.DoOutOfService, alarm.DoInService, alarm.DoCloseStale:
		return access.ServiceAlarm, true
	default:
		return "", false
	}
}

// mostMinutes bounds a number of minutes somebody sends; what a shelf may last, its rule says.
const mostMinutes = 60 * 24 * 366

// postAlarmAct does one act to one alarm.
func (a *API) postAlarmAct(ctx context.Context, c *fiber.Ctx) error {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return errNoAlarm
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	act := alarm.Act{Name: alarm.ActName(o.text("act")), Version: o.whole("version"), Minutes: int(o.whole("minutes"))}
	act.Reason, act.Text = o.phrase("reason", 0, mostReason), o.phrase("text", 0, mostReason)
	if _, ok := alarmAction(act.Name); !ok {
		o.wrong("act", "unknown", "Không có thao tác này.")
	}
	if act.Minutes < 0 || act.Minutes > mostMinutes {
		o.wrong("minutes", "out_of_range", "Số phút không hợp lệ.")
	}
	if err := o.done(); err != nil {
		return err
	}
	done, err := a.actOnAlarms(ctx, c, []string{id.String()}, act, "")
	if err != nil {
		return err
	}
	if err := done.Outcomes[0].Err; err != nil {
		action, _ := alarmAction(act.Name)
		return a.refuse(c, refused{action, "alarm:" + id.String(), err})
	}
	x := done.Outcomes[0].After
	return send(c, fiber.StatusOK, view.Alarm(x.Alarm, x.Of, a.Now().UTC()))
}

// actOnAlarms does an act to alarms in the caller's name; group names what several have in common.
func (a *API) actOnAlarms(ctx context.Context, c *fiber.Ctx, ids []string, act alarm.Act, group string) (store.AlarmsDone, error) {
	who := asking(c)
	action, _ := alarmAction(act.Name)
	act.By, act.As = nameOf(who), roleFor(who.acting(), action)
	now := a.Now().UTC().Truncate(time.Microsecond)
	deed := store.AlarmAct{
		IDs: ids, At: now, Actor: actor(who.Principal), Action: action, Name: act.Name, Why: act.Reason, Group: group,
		Decide: func(x store.Alarm) (alarm.Alarm, []alarm.Entry, error) {
			if err := allow(access.Decide(who.Principal, action, alarmObject(x)), errNoAlarm); err != nil {
				return x.Alarm, nil, err
			}
			mine := act
			mine.Lead = access.Decide(who.Principal, access.ServiceAlarm, alarmObject(x)) == access.Allow
			after, entry, err := x.Act(mine, now)
			return after, []alarm.Entry{entry}, err
		},
	}
	done, err := a.Store.ActOnAlarms(ctx, deed)
	if err == nil && a.Wake != nil {
		a.Wake()
	}
	return done, err
}

// nameOf is what colleagues call who acts.
func nameOf(who caller) string {
	if who.Session != nil {
		return who.Session.Person.Name
	}
	return roleFor(who.Principal, access.AckAlarm)
}

// roleFor is the word for the first of somebody's roles that grants an action.
func roleFor(p access.Principal, action access.Action) string {
	for _, role := range p.Roles {
		if access.May(access.Principal{ID: p.ID, Roles: []access.Role{role}, Bounds: p.Bounds}, action) {
			return role.Label()
		}
	}
	return ""
}

// postAlarmGroup takes the alarms of one group in one act. There is no way to take all there are.
func (a *API) postAlarmGroup(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	act, label := alarm.Act{Name: alarm.ActName(o.text("act"))}, o.phrase("label", 1, mostReason)
	if act.Name != alarm.DoAck && act.Name != alarm.DoSilence {
		o.wrong("act", "unknown", "Một nhóm chỉ nhận (ack) hoặc tắt còi (silence) được.")
	}
	ids := readAlarmIDs(o)
	if err := o.done(); err != nil {
		return err
	}
	if err := a.oneGroup(ctx, ids); err != nil {
		return err
	}
	done, err := a.actOnAlarms(ctx, c, ids, act, label)
	if err != nil {
		return err
	}
	answer := struct {
		ActID   string           `json:"act_id"`
		Done    int              `json:"done"`
		Refused int              `json:"refused"`
		Items   []alarmGroupItem `json:"items"`
	}{ActID: done.ActID, Items: make([]alarmGroupItem, len(done.Outcomes))}
	for i, out := range done.Outcomes {
		item := alarmGroupItem{ID: out.ID, Done: out.Err == nil, Version: out.After.Version, State: string(out.After.State)}
		if out.Err != nil {
			answer.Refused++
			item = alarmGroupItem{ID: out.ID, Reason: fault.KindOf(out.Err).String(), Detail: fault.Message(out.Err)}
		} else {
			answer.Done++
		}
		answer.Items[i] = item
	}
	return send(c, fiber.StatusOK, answer)
}

type alarmGroupItem struct {
	ID      string `json:"id"`
	Done    bool   `json:"done"`
	Version int64  `json:"version,omitempty"`
	State   string `json:"state,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

// readAlarmIDs reads which alarms are meant, each once.
func readAlarmIDs(o *object) []string {
	values := o.list("ids")
	switch {
	case len(values) == 0:
		o.wrong("ids", "required", "Chưa chọn cảnh báo nào.")
	case len(values) > mostTogether:
		o.wrong("ids", "too_long", "Chỉ nhận tối đa %d cảnh báo một lần.", mostTogether)
		return nil
	}
	ids := make([]string, 0, len(values))
	for _, v := range values {
		id, err := uuid.Parse(strings.Trim(string(v.raw), `"`))
		if err != nil || slices.Contains(ids, id.String()) {
			o.wrong("ids", "format", "Mỗi mục của ids là UUID của một cảnh báo, không trùng nhau.")
			break
		}
		ids = append(ids, id.String())
	}
	return ids
}

// oneGroup refuses alarms that have nothing in common: a group is of one type, of one area and kind, or of one gateway.
func (a *API) oneGroup(ctx context.Context, ids []string) error {
	list, err := a.Store.AlarmsByID(ctx, ids)
	if err != nil || len(list) == 0 {
		return err
	}
	same := func(key func(store.Alarm) string) bool {
		return key(list[0]) != "" && !slices.ContainsFunc(list, func(x store.Alarm) bool { return key(x) != key(list[0]) })
	}
	if same(func(x store.Alarm) string { return x.Type }) || same(func(x store.Alarm) string { return x.Area + "|" + x.Kind }) {
		return nil
	}
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return err
	}
	if same(func(x store.Alarm) string { return sensors[x.Target].Gateway }) {
		return nil
	}
	return fault.Invalid("ids", "Các cảnh báo không cùng một nhóm: phải cùng loại, cùng địa bàn và loại cảm biến, hoặc cùng trạm gom.").Because("mixed")
}

// boardNow counts the alarms that are open now, as the leader does.
func (a *API) boardNow(ctx context.Context, now time.Time) (*alarming.Board, error) {
	open, err := a.Store.OpenAlarms(ctx)
	if err != nil {
		return nil, err
	}
	calls, err := a.Store.AlarmCalls(ctx, a.Division, now.Add(-alarming.CallsWithin))
	if err != nil {
		return nil, err
	}
	floods, err := a.Store.AlarmFloods(ctx)
	if err != nil {
		return nil, err
	}
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return nil, err
	}
	board := alarming.NewBoard(a.Division, string(a.Origin), func(code string) []string { return sensors[code].Path })
	board.Load(open, calls, floods)
	return board, nil
}

// getAlarmFlood tells how the alarms of an area stand now, and their groups.
func (a *API) getAlarmFlood(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "area")
	if err != nil {
		return err
	}
	root, _ := a.Atlas.Tree.Root(a.Division)
	who, code := asking(c).Principal, q["area"]
	if code == "" {
		code = first(who.Scope, a.Division, root.Code)
	}
	path := a.Atlas.Tree.Path(a.Division, code)
	if path == nil || access.Decide(who, access.ListAlarms, access.Object{Place: access.Place{Division: a.Division, Path: path}}) != access.Allow {
		return fault.NotFound("Không có địa bàn mang mã này.")
	}
	now := a.Now().UTC()
	board, err := a.boardNow(ctx, now)
	if err != nil {
		return err
	}
	summary, ok := board.Summaries(now)[code]
	if !ok {
		summary = board.Quiet(now)
	}
	return send(c, fiber.StatusOK, map[string]any{"summary": summary, "groups": board.Groups(code)})
}

// getAlarmHealth tells how well the alarms of an area could be answered in a span.
func (a *API) getAlarmHealth(ctx context.Context, c *fiber.Ctx) error {
	p, err := a.span(c, access.ReadAlarmHealth)
	if err != nil {
		return err
	}
	now, wide := a.Now().UTC(), p
	if month := now.Add(-alarm.Month); month.Before(wide.From) {
		wide.From = month
	}
	if wide.To.Before(now) {
		wide.To = now
	}
	rows, calls, err := a.Store.AlarmHealth(ctx, wide)
	if err != nil {
		return err
	}
	list, err := a.Store.AlarmTypes(ctx)
	if err != nil {
		return err
	}
	types := map[string]alarm.Type{}
	for _, t := range list {
		types[t.Code] = t.Type
	}
	health := alarm.HealthOf(rows, calls, alarm.HealthSpan{From: p.From, To: p.To, Now: now, Types: types})
	return send(c, fiber.StatusOK, struct {
		spanShown
		alarm.Health
	}{showSpan(p), health})
}
