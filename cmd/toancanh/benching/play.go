package benching

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/pprof"
)

// Play makes this process what the bench that started it wants: it serves until its standard input ends. ok is false
// in a process that was started by nobody's bench.
func Play(ctx context.Context) (ok bool, err error) {
	raw, ok := os.LookupEnv(roleVariable)
	if !ok {
		return false, nil
	}
	var r role
	if err := json.Unmarshal([]byte(raw), &r); err != nil {
		return true, fmt.Errorf("%w: %w", errRole, err)
	}
	if err := raiseFiles(); err != nil {
		return true, err
	}
	if r.Profile != "" {
		stop, err := profile(r.Profile)
		if err != nil {
			return true, err
		}
		defer stop()
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return true, fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = listener.Close() }()
	switch r.Name {
	case "hub":
		return true, playHub(ctx, r, listener)
	case "floor":
		return true, playFloor(listener)
	case "apart":
		return true, playApart(ctx, r, listener)
	}
	return true, fmt.Errorf("%w: there is no role %q", errRole, r.Name)
}

func profile(path string) (stop func(), err error) {
	file, err := os.Create(path) //nolint:gosec // named by who runs the bench
	if err != nil {
		return nil, fmt.Errorf("keep a profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, fmt.Errorf("keep a profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close()
	}, nil
}

// tell says to the bench where this process listens.
func tell(l net.Listener) { _, _ = fmt.Fprintln(os.Stdout, l.Addr()) }

// untilAlone ends the context when the bench closes the input or dies.
func untilAlone(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx, cancel
}
