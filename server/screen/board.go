package screen

import (
	"cmp"
	"maps"
	"slices"

	"toancanh/server/fault"
)

// Board is every screen as of one instant. Its methods say which screens a deed changes, and how; they change nothing.
// A screen appears at most once in what they return, with its version grown.
type Board struct {
	rows   map[string]Screen // also the deleted ones, whose versions go on
	heard  map[string]bool   // pages that speak, set up or not
	ground Ground
}

// NewBoard makes a board of the rows there are, deleted ones included, and the ids of pages that were heard lately.
func NewBoard(rows []Screen, heard []string, ground Ground) Board {
	b := Board{rows: map[string]Screen{}, heard: map[string]bool{}, ground: ground}
	for _, s := range rows {
		b.rows[s.ID] = s
	}
	for _, id := range heard {
		_, b.heard[id] = ground.Names(id)
	}
	return b
}

// Get finds a screen: one that was set up, or one whose id says enough.
func (b Board) Get(id string) (Screen, bool) {
	s, ok := b.rows[id]
	if ok && !s.Deleted {
		return s, true
	}
	unset := Unset(id)
	unset.Version = s.Version
	_, ok = b.ground.Names(id)
	return unset, ok
}

// All lists the screens that are set up or speak, by id.
func (b Board) All() []Screen {
	var list []Screen
	for id, s := range b.rows {
		if !s.Deleted {
			list = append(list, s)
		} else if b.heard[id] {
			s, _ = b.Get(id)
			list = append(list, s)
		}
	}
	for id, ok := range b.heard {
		if _, row := b.rows[id]; ok && !row {
			list = append(list, Unset(id))
		}
	}
	slices.SortFunc(list, func(a, b Screen) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Followers lists who follows a presenter, by id.
func (b Board) Followers(presenter string) []Screen {
	var list []Screen
	for _, id := range slices.Sorted(maps.Keys(b.rows)) {
		if s := b.rows[id]; !s.Deleted && s.Show.Presenter == presenter && presenter != "" {
			list = append(list, s)
		}
	}
	return list
}

// Refusal is a screen that cannot show a scene, and the text that would be too small on it.
type Refusal struct {
	Screen string
	Part   string
	PX     float64 // at 1080 lines
	NeedPX float64
	Detail string // for people
}

// Legible says whether a screen can show the scene it would then have in force; nil: it can.
type Legible func(Screen) *Refusal

// Sending is an order to some screens, or to all when Screens is nil.
type Sending struct {
	Screens     []string
	Order       Order
	Legible     Legible
	SkipRefused bool // leave out whoever refuses, in place of sending nothing
}

// Send gives an order to screens, and to everybody who follows one of them.
func (b Board) Send(s Sending) ([]Screen, []Refusal, error) {
	ids, err := b.addressed(s)
	if err != nil {
		return nil, nil, err
	}
	t := turn{board: b, legible: s.Legible, checks: s.Order.Scene.To != "", changed: map[string]Screen{}}
	for _, id := range ids {
		before, _ := b.Get(id)
		if before.Show.Presenter != "" && !s.Order.OnlyReload() {
			continue // its presenter is addressed too, and it follows
		}
		after := before
		after.Show = s.Order.Apply(before.Show)
		if !t.keep(after) {
			continue
		}
		for _, f := range b.Followers(id) {
			follower := b.follow(f, after)
			if s.Order.Reload {
				follower.Show.Reload++
			}
			t.keep(follower)
		}
	}
	return t.end(s.SkipRefused)
}

func (b Board) addressed(s Sending) ([]string, error) {
	if s.Screens == nil {
		var ids []string
		for _, one := range b.All() {
			ids = append(ids, one.ID)
		}
		return ids, nil
	}
	if len(s.Screens) == 0 {
		return nil, fault.Invalid("screens", "Chưa chọn màn hình nào.").Because("required")
	}
	var faults []error
	for _, id := range s.Screens {
		one, ok := b.Get(id)
		switch presenter := one.Show.Presenter; {
		case !ok:
			faults = append(faults, unknown("screens", id))
		case presenter != "" && !s.Order.OnlyReload() && !slices.Contains(s.Screens, presenter):
			faults = append(faults, fault.Invalid("screens", "Màn hình %s đang theo màn hình %s trong chế độ họp: hãy gửi cho %s, hoặc kết thúc họp.",
				id, presenter, presenter).Because("following"))
		}
	}
	ids := slices.Clone(s.Screens)
	slices.Sort(ids)
	return slices.Compact(ids), fault.Join(faults...)
}

// Set gives a screen its settings, and makes it when there is none.
func (b Board) Set(id string, to Settings, legible Legible) ([]Screen, error) {
	before, known := b.Get(id)
	if !known {
		if err := CheckID(id); err != nil {
			return nil, err
		}
	}
	if row, ok := b.rows[id]; (!ok || row.Deleted) && len(b.All()) >= mostScreens {
		return nil, fault.Conflict("Đã có %d màn hình, không thể thêm nữa.", mostScreens).Because("too_many")
	}
	after := before
	after.Title, after.Point, after.Area, after.Scene = to.Title, to.Point, to.Area, to.Scene
	after.Density, after.PanelMM, after.ViewingMM = to.Density, to.PanelMM, to.ViewingMM
	t := turn{board: b, legible: legible, checks: true, changed: map[string]Screen{}}
	t.keep(after)
	t.checks = false // who already follows has been asked; a new size concerns this screen alone
	for _, f := range b.Followers(id) {
		t.keep(b.follow(f, after))
	}
	changed, _, err := t.end(false)
	return changed, err
}

// Seed makes screens that were never there.
func (b Board) Seed(list ...Screen) []Screen {
	var made []Screen
	for _, s := range list {
		if _, ok := b.rows[s.ID]; !ok {
			made = append(made, grown(s))
		}
	}
	return made
}

// Delete forgets what was set and sent. Its followers show again what they did before.
func (b Board) Delete(id string) ([]Screen, error) {
	s, ok := b.rows[id]
	if !ok || s.Deleted {
		return nil, fault.NotFound("Màn hình này không có thiết lập nào.")
	}
	gone := Unset(id)
	gone.Version, gone.Deleted = s.Version+1, true
	changed := []Screen{gone}
	for _, f := range b.Followers(id) {
		changed = append(changed, grown(release(f)))
	}
	return changed, nil
}

func unknown(field, id string) error {
	return fault.Invalid(field, "Không có màn hình %q.", clip(id)).Because("unknown")
}

func grown(s Screen) Screen {
	s.Version++
	return s
}

// turn gathers what one deed changes and who refuses.
type turn struct {
	board   Board
	legible Legible
	checks  bool // the deed brings a scene
	changed map[string]Screen
	refused []Refusal
}

// keep notes a screen's new state, unless the scene it would show cannot be read on it.
func (t *turn) keep(after Screen) bool {
	if t.checks && t.legible != nil {
		if r := t.legible(after); r != nil {
			t.refused = append(t.refused, *r)
			return false
		}
	}
	t.changed[after.ID] = grown(after)
	return true
}

func (t *turn) end(skip bool) ([]Screen, []Refusal, error) {
	if len(t.refused) > 0 && !skip {
		var faults []error
		for _, r := range t.refused {
			faults = append(faults, fault.Invalid("screens", "%s", r.Detail).Because("illegible"))
		}
		return nil, t.refused, fault.Join(faults...)
	}
	return slices.SortedFunc(maps.Values(t.changed), func(a, b Screen) int { return cmp.Compare(a.ID, b.ID) }), t.refused, nil
}
