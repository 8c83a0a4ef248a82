package benching

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"toancanh/server"
)

// apartWriters is how many transactions the floor of single posts has under way: more gained nothing.
const apartWriters = 16

// playApart is the whole server with a transaction for each report: everything is as it is, but nobody shares a commit.
func playApart(ctx context.Context, r role, listener net.Listener) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	s, err := server.New(ctx, server.Options{
		Config: server.Config{
			Listen: listener.Addr().String(), Data: r.Data, DatabaseURL: r.Database, Timezone: "Asia/Ho_Chi_Minh",
			Open: "no", Limits: "off", Hub: "on", KeepReadings: 9600 * time.Hour, DeskIdle: 10 * time.Minute,
			PublicEvery: 15 * time.Minute,
		},
		Build: "bench", Log: log, Intake: server.Intake{Committers: apartWriters, Together: 1},
	})
	if err != nil {
		return err
	}
	ctx, cancel := untilAlone(ctx)
	defer cancel()
	tell(listener)
	if err := s.Run(ctx, listener); err != nil {
		return fmt.Errorf("play apart: %w", err)
	}
	return nil
}
