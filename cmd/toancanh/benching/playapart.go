package benching

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/errgroup"

	"toancanh/schema/sample"
	"toancanh/server/api"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/door"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/store"
)

// apartWriters is how many transactions the floor of single posts has under way: more gained nothing.
const apartWriters = 16

// playApart is the door of reports with a transaction for each of them: what the server would be without joining
// commits. Nobody numbers or announces.
func playApart(ctx context.Context, r role, listener net.Listener) error {
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		return fmt.Errorf("read time zone: %w", err)
	}
	atlas, err := area.Sample()
	if err != nil {
		return err
	}
	rules, units, err := report.Load(sample.Files(), zone)
	if err != nil {
		return err
	}
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, r.Database, store.Sizes{Write: apartWriters, Read: 2})
	if err != nil {
		return err
	}
	defer s.Close()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	division := atlas.Tree.Default().Code
	in, err := intake.New(intake.Config{
		Store: s, Rules: rules, Atlas: atlas, Division: division, Sealer: sealer, Origin: report.Real, Location: zone,
		Now: time.Now, Wake: func() {}, Log: log, Committers: apartWriters, Together: 1,
	})
	if err != nil {
		return err
	}
	frame := door.New(door.Config{Log: log, Now: time.Now})
	app := fiber.New(frame.AppConfig())
	frame.Install(app)
	doors, err := api.New(api.Config{
		Frame: frame, Intake: in, Store: s, Atlas: atlas, Rules: rules, Units: units, Signer: auth.NewSigner(make([]byte, 32)),
		Location: zone, Now: time.Now, Division: division, Origin: report.Real, Build: "bench",
	})
	if err != nil {
		return err
	}
	doors.Routes(app)
	ctx, cancel := untilAlone(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return in.Run(ctx) })
	g.Go(func() error { return app.Listener(listener) })
	g.Go(func() error { <-ctx.Done(); return app.Shutdown() })
	tell(listener)
	if err := g.Wait(); err != nil {
		return fmt.Errorf("play apart: %w", err)
	}
	return nil
}
