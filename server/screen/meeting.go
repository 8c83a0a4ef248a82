package screen

import (
	"maps"
	"slices"

	"toancanh/server/fault"
)

// Meeting is a presenter and the screens that are to follow it.
type Meeting struct {
	Presenter   string
	Followers   []string
	Legible     Legible
	SkipRefused bool
}

// Meet begins a meeting, or gives one that runs other followers: those no longer named show again what they did
// before. A screen follows one presenter, and a presenter follows nobody, so nobody can follow in a circle.
func (b Board) Meet(m Meeting) ([]Screen, []Refusal, error) {
	presenter, err := b.checkMeeting(m)
	if err != nil {
		return nil, nil, err
	}
	t := turn{board: b, legible: m.Legible, checks: true, changed: map[string]Screen{}}
	for _, id := range unique(m.Followers) {
		follower, _ := b.Get(id)
		if follower.Show.Presenter == "" {
			before := follower.Show
			follower.Before = &before
		}
		t.keep(b.follow(follower, presenter))
	}
	for _, f := range b.Followers(m.Presenter) {
		if !slices.Contains(m.Followers, f.ID) {
			t.changed[f.ID] = grown(release(f))
		}
	}
	return t.end(m.SkipRefused)
}

func (b Board) checkMeeting(m Meeting) (Screen, error) {
	presenter, ok := b.Get(m.Presenter)
	switch {
	case !ok:
		return presenter, unknown("presenter", m.Presenter)
	case presenter.Show.Presenter != "":
		return presenter, fault.Invalid("presenter", "Màn hình %s đang theo màn hình %s, không thể chủ trì.",
			m.Presenter, presenter.Show.Presenter).Because("following")
	case len(m.Followers) == 0:
		return presenter, fault.Invalid("screens", "Chưa chọn màn hình nào theo màn hình chủ trì.").Because("required")
	}
	var faults []error
	for _, id := range unique(m.Followers) {
		follower, ok := b.Get(id)
		switch other := follower.Show.Presenter; {
		case !ok:
			faults = append(faults, unknown("screens", id))
		case id == m.Presenter:
			faults = append(faults, fault.Invalid("screens", "Màn hình %s không thể theo chính nó.", id).Because("cycle"))
		case len(b.Followers(id)) > 0:
			faults = append(faults, fault.Invalid("screens", "Màn hình %s đang chủ trì một cuộc họp khác.", id).Because("cycle"))
		case other != "" && other != m.Presenter:
			faults = append(faults, fault.Invalid("screens", "Màn hình %s đang theo màn hình %s.", id, other).Because("following"))
		}
	}
	return presenter, fault.Join(faults...)
}

// EndMeeting lets the followers of a presenter go.
func (b Board) EndMeeting(presenter string) ([]Screen, error) {
	var changed []Screen
	for _, f := range b.Followers(presenter) {
		changed = append(changed, grown(release(f)))
	}
	if len(changed) == 0 {
		return nil, fault.NotFound("Không có cuộc họp nào do màn hình này chủ trì.")
	}
	return changed, nil
}

// follow is a screen that shows what its presenter shows, also where that follows from the presenter's settings.
func (b Board) follow(s, presenter Screen) Screen {
	reload := s.Show.Reload
	s.Show = presenter.Show
	s.Show.Scene, s.Show.Presenter, s.Show.Reload = presenter.SceneInForce(), presenter.ID, reload
	s.Show.Area = &Place{b.ground.Division, b.ground.AreaOf(presenter).Code}
	return s
}

// release is a screen that shows again what it did before it followed.
func release(s Screen) Screen {
	reload := s.Show.Reload
	s.Show = Show{}
	if s.Before != nil {
		s.Show = *s.Before
	}
	s.Show.Reload, s.Show.Presenter, s.Before = reload, "", nil
	return s
}

func unique(ids []string) []string {
	set := map[string]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return slices.Sorted(maps.Keys(set))
}
