package intake

import (
	"context"

	"toancanh/server/screen"
	"toancanh/server/store"
)

// Ground is the areas that screens can show.
func (in *Intake) Ground() screen.Ground {
	return screen.Ground{Tree: in.Atlas.Tree, Division: in.Division}
}

// ChangeScreens lets decide say which screens change and how, keeps them with their events in one transaction, and
// answers after its commit.
func (in *Intake) ChangeScreens(ctx context.Context, decide func(screen.Board) ([]screen.Screen, error)) ([]screen.Screen, error) {
	changed, err := in.Store.ChangeScreens(ctx, store.ScreenChange{At: in.Now().UTC(), Ground: in.Ground(), Decide: decide})
	if err == nil && len(changed) > 0 {
		in.Wake()
	}
	return changed, err
}

// SeedScreens makes the screens of the sample that were never there; a deleted one stays deleted.
func (in *Intake) SeedScreens(ctx context.Context) error {
	height, seat := 1370, 3000 // two by two panels of 55 inches, the last row 3 m away
	wall := screen.Unset(screen.Province)
	wall.Point, wall.PanelMM, wall.ViewingMM = "Phòng trực của tỉnh", &height, &seat
	_, err := in.ChangeScreens(ctx, func(b screen.Board) ([]screen.Screen, error) {
		return b.Seed(wall, screen.Unset("xa")), nil
	})
	return err
}
