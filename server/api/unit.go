package api

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/store"
)

// unitBook remembers the units for a little while; a change in this process shows at once.
type unitBook struct {
	mu   sync.Mutex
	list []store.Unit
	at   time.Time
}

// unitsFor is how long another process's change may stay unseen.
const unitsFor = 5 * time.Second

// unitList is every unit in the province's order.
func (a *API) unitList(ctx context.Context) ([]store.Unit, error) {
	a.unitBook.mu.Lock()
	defer a.unitBook.mu.Unlock()
	if a.People == nil {
		return a.seedUnits(), nil
	}
	now := a.Now()
	if age := now.Sub(a.unitBook.at); a.unitBook.list != nil && age >= 0 && age < unitsFor {
		return a.unitBook.list, nil
	}
	list, err := a.People.Units(ctx)
	if err != nil {
		if a.unitBook.list != nil {
			return a.unitBook.list, nil // better a little old than none while the database is away
		}
		return nil, err
	}
	if len(list) == 0 {
		list = a.seedUnits()
	}
	a.unitBook.list, a.unitBook.at = list, now
	return list, nil
}

func (a *API) seedUnits() []store.Unit {
	list := make([]store.Unit, len(a.Units))
	for i, u := range a.Units {
		list[i] = store.Unit{Unit: u}
	}
	return list
}

// unitsNow is the units by id; the value says whether it takes new reports.
func (a *API) unitsNow(ctx context.Context) (map[string]bool, error) {
	list, err := a.unitList(ctx)
	if err != nil {
		return nil, err
	}
	units := map[string]bool{}
	for _, u := range list {
		units[u.ID] = !u.Disabled
	}
	return units, nil
}

// getUnits lists the units that take reports; with all=1 also those that were given up, which older reports name.
func (a *API) getUnits(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "all")
	if err != nil {
		return err
	}
	list, err := a.unitList(ctx)
	if err != nil {
		return err
	}
	shown := []unitShown{}
	for _, u := range list {
		if !u.Disabled || q["all"] == "1" {
			shown = append(shown, unitShown{u.ID, u.Name, u.Disabled})
		}
	}
	return send(c, fiber.StatusOK, map[string]any{"units": shown})
}

// unitID is what a unit's id may look like: it is a word of a topic.
var unitID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`) //nolint:gochecknoglobals // compiled once

const mostUnitName = 200

func readUnitName(o *object) string {
	name := strings.TrimSpace(norm.NFC.String(o.text("name")))
	if n := utf8.RuneCountInString(name); n == 0 || n > mostUnitName || strings.ContainsFunc(name, unicode.IsControl) {
		o.wrong("name", "format", "Tên đơn vị có từ 1 đến %d ký tự.", mostUnitName)
	}
	return name
}

func (a *API) postUnit(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	u := report.Unit{ID: o.text("code"), Name: readUnitName(o)}
	if !unitID.MatchString(u.ID) {
		o.wrong("code", "format", "Mã đơn vị gồm 1 đến 40 ký tự a–z, 0–9 và gạch nối.")
	}
	if err := o.done(); err != nil {
		return err
	}
	if err := a.People.AddUnit(ctx, u); err != nil {
		if fault.Is(err, fault.KindConflict) {
			return fault.Conflict("Mã đơn vị này đã có.").Because("code_taken").Wrap(err)
		}
		return err
	}
	a.forgetUnits()
	return send(c, fiber.StatusCreated, unitShown{Code: u.ID, Name: u.Name})
}

func (a *API) putUnit(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	u := store.Unit{Unit: report.Unit{ID: c.Params("id"), Name: readUnitName(o)}, Disabled: o.flag("disabled")}
	if err := o.done(); err != nil {
		return err
	}
	if err := a.People.ChangeUnit(ctx, u); err != nil {
		return err
	}
	a.forgetUnits()
	return send(c, fiber.StatusOK, unitShown{u.ID, u.Name, u.Disabled})
}

func (a *API) forgetUnits() {
	a.unitBook.mu.Lock()
	defer a.unitBook.mu.Unlock()
	a.unitBook.list = nil
}
