package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"toancanh/schema"
	"toancanh/server/door"
	"toancanh/server/scene"
	"toancanh/server/screen"
)

// prepareScenes keeps the scenes and makes the answer to /scenes once: they ship with the program.
func (a *API) prepareScenes() error {
	list, err := scene.Load(schema.Scenes)
	if err != nil {
		return fmt.Errorf("load scenes: %w", err)
	}
	body, err := json.Marshal(map[string]any{"scenes": list})
	if err != nil {
		return fmt.Errorf("encode scenes: %w", err)
	}
	a.scenes = map[string]scene.Scene{}
	for _, s := range list {
		a.scenes[s.ID] = s
	}
	a.places["scenes"] = door.Prepare(door.Content{
		Body: body, Type: "application/json; charset=utf-8", Cache: door.CacheAsk,
	})
	return nil
}

// hasScene reports whether a scene ships with the program.
func (a *API) hasScene(id string) bool {
	_, ok := a.scenes[id]
	return ok
}

// legible says why a screen cannot show the scene it would have in force: from its farthest seat a text would be too
// small. A scene that the program no longer has is the page's to speak about.
func (a *API) legible(s screen.Screen) *screen.Refusal {
	show, ok := a.scenes[s.SceneInForce()]
	if !ok {
		return nil
	}
	panel := scene.DefaultPanel()
	if s.PanelMM != nil {
		panel.HeightMM = float64(*s.PanelMM)
	}
	if s.ViewingMM != nil {
		panel.ViewingMM = float64(*s.ViewingMM)
	}
	var err error
	if density := s.State().Density; density == screen.Auto {
		_, err = scene.Check(show, panel)
	} else {
		err = show.Fits(scene.Density(density), panel)
	}
	small, ok := errors.AsType[*scene.TooSmallError](err)
	if !ok {
		return nil
	}
	return &screen.Refusal{
		Screen: s.ID, Part: small.Part, PX: small.PX, NeedPX: small.NeedPX,
		Detail: fmt.Sprintf("Màn hình %s không hiện được cảnh “%s”: chữ của phần %s (%s) cao %s px, ngồi xa %s m với hình cao %s mm cần %s px.",
			s.ID, cmp.Or(show.Name.VI, show.ID), small.Part, small.Role, decimal(small.PX), decimal(panel.ViewingMM/1000),
			decimal(panel.HeightMM), decimal(small.NeedPX)),
	}
}

// decimal writes a number with at most one decimal, as Vietnamese does.
func decimal(n float64) string {
	return strings.ReplaceAll(strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0"), ".", ",")
}
