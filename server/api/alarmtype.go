package api

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/alarm"
	"toancanh/server/fault"
	"toancanh/server/store"
)

type alarmTypeShown struct {
	Code            string          `json:"code"`
	Version         int64           `json:"version"`
	Label           string          `json:"label"`
	Source          string          `json:"source"`
	Priority        string          `json:"priority"`
	Enabled         bool            `json:"enabled"`
	Sample          bool            `json:"sample"`
	Cause           string          `json:"cause"`
	Consequence     string          `json:"consequence"`
	Response        string          `json:"response"`
	ResponseMinutes int             `json:"response_minutes"`
	Owner           string          `json:"owner"`
	CallList        []string        `json:"call_list"`
	Condition       alarm.Condition `json:"condition"`
	Missing         []string        `json:"missing"` // what keeps it from being enabled
	ChangedAt       time.Time       `json:"changed_at"`
	ChangedBy       string          `json:"changed_by"`
	Why             string          `json:"why"`
}

func showAlarmType(t store.AlarmTypeChange) alarmTypeShown {
	shown := alarmTypeShown{
		t.Code, t.Version, t.Label, string(t.Source), string(t.Priority), t.Enabled, t.Sample, t.Cause, t.Consequence, t.Response,
		int(t.ResponseTime / time.Minute), t.Owner, append([]string{}, t.CallList...), t.Condition,
		[]string{},
		t.At, t.Name, t.Why,
	}
	if _, err := t.Enable(); err != nil {
		for _, f := range fault.Items(err) {
			shown.Missing = append(shown.Missing, f.Field)
		}
	}
	return shown
}

// listAlarmTypes lists the types of alarms in force.
func (a *API) listAlarmTypes(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	list, err := a.Store.AlarmTypes(ctx)
	if err != nil {
		return err
	}
	shown := make([]alarmTypeShown, len(list))
	for i, t := range list {
		shown[i] = showAlarmType(t)
	}
	return send(c, fiber.StatusOK, map[string]any{"types": shown})
}

type alarmTypeVersion struct {
	Version  int64     `json:"version"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Why      string    `json:"why"`
	Enabled  bool      `json:"enabled"`
	Priority string    `json:"priority"`
}

// getAlarmType tells one type and who changed it when and why.
func (a *API) getAlarmType(ctx context.Context, c *fiber.Ctx) error {
	t, err := a.Store.AlarmType(ctx, c.Params("code"))
	if err != nil {
		return err
	}
	list, err := a.Store.AlarmTypeHistory(ctx, t.Code)
	if err != nil {
		return err
	}
	history := make([]alarmTypeVersion, len(list))
	for i, v := range list {
		history[i] = alarmTypeVersion{v.Version, v.At, v.Name, v.Why, v.Enabled, string(v.Priority)}
	}
	return send(c, fiber.StatusOK, struct {
		alarmTypeShown
		History []alarmTypeVersion `json:"history"`
	}{showAlarmType(t), history})
}

// codeWord is what types of alarms and positions of the roster are called by.
var codeWord = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)

// Bounds of what is written about a type, in characters, and of its lists.
const (
	mostTypeText  = 500
	mostResponse  = 140
	mostPositions = 10
)

// readAlarmType reads a type and its condition.
func (a *API) readAlarmType(ctx context.Context, o *object, code string) (alarm.Type, error) {
	t := alarm.Type{
		Code: code, Label: o.phrase("label", 1, mostTeamName), Source: alarm.Source(o.text("source")), Priority: alarm.Priority(o.text("priority")),
		Cause: o.phrase("cause", 0, mostTypeText), Consequence: o.phrase("consequence", 0, mostTypeText), Response: o.phrase("response", 0, mostResponse),
		ResponseTime: time.Duration(o.whole("response_minutes")) * time.Minute, Owner: o.text("owner"),
	}
	if !codeWord.MatchString(code) {
		o.wrong("code", "format", "Mã loại gồm chữ thường không dấu, số và gạch dưới, 2 đến 40 ký tự.")
	}
	if t.ResponseTime < 0 || t.ResponseTime > mostMinutes*time.Minute {
		o.wrong("response_minutes", "out_of_range", "Số phút không hợp lệ.")
	}
	units, err := a.unitsNow(ctx)
	if err != nil {
		return t, err
	}
	if t.Owner != "" && !hasUnit(units, t.Owner) {
		o.wrong("owner", "unknown", "Không có đơn vị mang mã này.")
	}
	for _, v := range o.list("call_list") {
		name := ""
		if v.kind == isText {
			name = unquote(v.raw)
		}
		if !codeWord.MatchString(name) || len(t.CallList) == mostPositions || slices.Contains(t.CallList, name) {
			o.wrong("call_list", "format", "Danh sách gọi gồm tối đa %d mã vị trí trực, không trùng nhau.", mostPositions)
			break
		}
		t.CallList = append(t.CallList, name)
	}
	if v, ok := o.take("condition", isObject); ok {
		in := json.NewDecoder(bytes.NewReader(v.encode(nil)))
		in.DisallowUnknownFields()
		if err := in.Decode(&t.Condition); err != nil {
			o.wrong("condition", "format", "Điều kiện không đọc được: %s", clip(err.Error()))
		}
	} else {
		o.wrong("condition", "required", "Thiếu điều kiện.")
	}
	if t.Condition.Area != "" && a.Atlas.Tree.Path(a.Division, t.Condition.Area) == nil {
		o.wrong("condition.area", "unknown", "Không có địa bàn mang mã này.")
	}
	return t, nil
}

func hasUnit(units map[string]bool, id string) bool { _, ok := units[id]; return ok }

// mayAlarmType says whether somebody may change a type as it stands: one that is not confined to an area is the whole
// province's.
func (a *API) mayAlarmType(c *fiber.Ctx, t alarm.Type) error {
	code := t.Condition.Area
	if code == "" {
		root, _ := a.Atlas.Tree.Root(a.Division)
		code = root.Code
	}
	o := access.Object{Place: access.Place{Division: a.Division, Path: a.Atlas.Tree.Path(a.Division, code)}}
	if access.Decide(asking(c).Principal, access.ChangeAlarmTypes, o) == access.Allow {
		return nil
	}
	return fault.Forbidden("Loại cảnh báo này vượt ngoài địa bàn bạn phụ trách.").Because("right")
}

// putAlarmType makes a new version of a type, or its first. One that is enabled stays so, and must stay whole.
func (a *API) putAlarmType(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	code := c.Params("code")
	was, err := a.Store.AlarmType(ctx, code)
	fresh := fault.Is(err, fault.KindNotFound)
	if err != nil && !fresh {
		return err
	}
	change := a.alarmTypeChange(c, o)
	if change.Type, err = a.readAlarmType(ctx, o, code); err != nil {
		return err
	}
	change.Version, change.Enabled = o.whole("version"), was.Enabled
	if err := o.done(); err != nil {
		return err
	}
	if change.Type, err = change.Clean(); err == nil && change.Enabled {
		change.Type, err = change.Enable()
	}
	if err != nil {
		return err
	}
	err = a.mayAlarmType(c, change.Type)
	if err == nil && !fresh {
		err = a.mayAlarmType(c, was.Type)
	}
	return a.keepAlarmType(ctx, c, change, err)
}

// alarmTypeChange reads why a type is changed, and notes by whom.
func (a *API) alarmTypeChange(c *fiber.Ctx, o *object) store.AlarmTypeChange {
	who := asking(c)
	return store.AlarmTypeChange{
		At: a.Now().UTC().Truncate(time.Microsecond), By: actor(who.Principal), Name: nameOf(who), Why: o.phrase("why", 1, mostReason),
	}
}

// keepAlarmType keeps a change unless its author may not make it.
func (a *API) keepAlarmType(ctx context.Context, c *fiber.Ctx, change store.AlarmTypeChange, may error) error {
	if may != nil {
		return a.refuse(c, refused{access.ChangeAlarmTypes, "alarm_type:" + change.Code, may})
	}
	kept, err := a.Store.ChangeAlarmType(ctx, change)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, showAlarmType(kept))
}

// postAlarmTypeEnabled enables a type, or says of each thing that is missing that it is; or disables it.
func (a *API) postAlarmTypeEnabled(enabled bool) func(context.Context, *fiber.Ctx) error {
	return func(ctx context.Context, c *fiber.Ctx) error {
		o, _, err := readObject(c, smallBody)
		if err != nil {
			return err
		}
		t, err := a.Store.AlarmType(ctx, c.Params("code"))
		if err != nil {
			return err
		}
		change := a.alarmTypeChange(c, o)
		change.Type = t.Type
		change.Version = o.whole("version")
		if err := o.done(); err != nil {
			return err
		}
		change.Enabled = false
		if enabled {
			if change.Type, err = change.Enable(); err != nil {
				return err
			}
		}
		return a.keepAlarmType(ctx, c, change, a.mayAlarmType(c, t.Type))
	}
}
