package api

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/store"
)

// maintenanceBook is what the store knows of times of maintenance.
type maintenanceBook interface {
	Maintenance(ctx context.Context, now time.Time) ([]store.MaintenanceWindow, error)
	MaintenanceBetween(ctx context.Context, from, to time.Time) ([]store.MaintenanceWindow, error)
	MaintenanceOf(ctx context.Context, sensorCode, gatewayCode string) ([]store.MaintenanceWindow, error)
	Window(ctx context.Context, id int64) (store.MaintenanceWindow, error)
	AddMaintenance(ctx context.Context, w store.MaintenanceWindow) (int64, error)
	EndMaintenance(ctx context.Context, w store.MaintenanceWindow, by string, now time.Time) error
}

const (
	// longestMaintenance bounds one window: what is out of use for longer is retired, not maintained.
	longestMaintenance = 30 * 24 * time.Hour
	// soonMaintenance is how far ahead windows are set and listed.
	soonMaintenance = 90 * 24 * time.Hour
)

// gatewayShape keeps the code of a gateway fit for addresses.
var gatewayShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

type windowShown struct {
	ID      int64     `json:"id"`
	Sensor  string    `json:"sensor,omitempty"`
	Gateway string    `json:"gateway,omitempty"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	Reason  string    `json:"reason"`
	Open    bool      `json:"open"`
	Ended   bool      `json:"ended"` // before its time
}

func (a *API) showWindow(w store.MaintenanceWindow, now time.Time) windowShown {
	return windowShown{w.ID, w.Sensor, w.Gateway, w.From.UTC(), w.Until.UTC(), w.Reason, w.Holds(now), w.EndedAt != nil}
}

// listMaintenance lists the windows that are open or to come.
func (a *API) listMaintenance(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	now := a.Now()
	list, err := a.Store.MaintenanceBetween(ctx, now, now.Add(soonMaintenance))
	if err != nil {
		return err
	}
	shown := make([]windowShown, len(list))
	for i, w := range list {
		shown[i] = a.showWindow(w, now)
	}
	return send(c, fiber.StatusOK, map[string]any{"windows": shown})
}

// postMaintenance sets a time of maintenance for a sensor, or for a gateway and all that speaks through it.
func (a *API) postMaintenance(ctx context.Context, c *fiber.Ctx) error {
	who, now := asking(c).Principal, a.Now()
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	w := store.MaintenanceWindow{Sensor: o.text("sensor"), Gateway: o.text("gateway"), Reason: o.phrase("reason", 1, mostNote), By: actor(who), From: now}
	if at := o.instant("from"); at != nil {
		w.From = *at
	}
	until := o.instant("until")
	switch {
	case until == nil:
		o.wrong("until", "required", "Thiếu lúc kết thúc until.")
	case !until.After(w.From) || !until.After(now):
		o.wrong("until", "out_of_range", "Lúc kết thúc phải sau lúc bắt đầu và sau bây giờ.")
	case until.Sub(w.From) > longestMaintenance || w.From.After(now.Add(soonMaintenance)):
		o.wrong("until", "out_of_range", "Một đợt bảo trì dài tối đa 30 ngày và bắt đầu trong vòng 90 ngày tới.")
	default:
		w.Until = *until
	}
	if (w.Sensor == "") == (w.Gateway == "") {
		o.wrong("sensor", "required", "Ghi một trong hai: sensor hoặc gateway.")
	}
	if w.Gateway != "" && !gatewayShape.MatchString(w.Gateway) {
		o.wrong("gateway", "format", "Mã cổng kết nối không hợp lệ.")
	}
	if err := o.done(); err != nil {
		return err
	}
	if err := a.mayMaintain(ctx, c, w); err != nil {
		return err
	}
	if w.ID, err = a.Store.AddMaintenance(ctx, w); err != nil {
		return err
	}
	return send(c, fiber.StatusCreated, a.showWindow(w, now))
}

// mayMaintain says why the caller may not maintain what a window is of. Of a gateway they must reach every sensor that
// speaks through it.
func (a *API) mayMaintain(ctx context.Context, c *fiber.Ctx, w store.MaintenanceWindow) error {
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return err
	}
	found := false
	for _, s := range sensors {
		if s.Code != w.Sensor && (w.Gateway == "" || s.Gateway != w.Gateway) {
			continue
		}
		found = true
		if access.Decide(asking(c).Principal, access.MaintainSensors, access.Object{Place: placeOfSensor(s.Sensor)}) != access.Allow {
			why := fault.Forbidden("Cảm biến %s nằm ngoài địa bàn của bạn.", s.Code).Because("right")
			return a.refuse(c, refused{access.MaintainSensors, "sensor:" + s.Code, why})
		}
	}
	switch {
	case found:
		return nil
	case w.Sensor != "":
		return errNoSensor
	}
	return fault.NotFound("Không có cảm biến nào nói qua cổng kết nối này.")
}

// deleteMaintenance ends a window before its time.
func (a *API) deleteMaintenance(ctx context.Context, c *fiber.Ctx) error {
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil {
		return fault.NotFound("Không có đợt bảo trì này.")
	}
	w, err := a.Store.Window(ctx, id)
	if err != nil {
		return err
	}
	if err := a.mayMaintain(ctx, c, w); err != nil {
		return err
	}
	if err := a.Store.EndMaintenance(ctx, w, actor(asking(c).Principal), a.Now()); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
