package api

import (
	"encoding/json"
	"fmt"

	"toancanh/schema"
	"toancanh/server/door"
	"toancanh/server/scene"
)

// prepareScenes makes the answer to /scenes once: the scenes ship with the program.
func (a *API) prepareScenes() error {
	list, err := scene.Load(schema.Scenes)
	if err != nil {
		return fmt.Errorf("load scenes: %w", err)
	}
	body, err := json.Marshal(map[string]any{"scenes": list})
	if err != nil {
		return fmt.Errorf("encode scenes: %w", err)
	}
	a.places["scenes"] = door.Prepare(door.Content{
		Body: body, Type: "application/json; charset=utf-8", Cache: door.CacheAsk,
	})
	return nil
}
