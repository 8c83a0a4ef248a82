package embedded

import (
	"context"
	"os/exec"
	"time"
)

// arguments is the command line of the server. All settings are given there, so that a cluster copied or
// left by an older release needs no edited file.
func (p *Postgres) arguments(ctx context.Context) []string {
	settings := []string{
		"listen_addresses=",
		"unix_socket_directories=" + p.socket,
		"unix_socket_permissions=0700",
		"port=5432",
		"max_connections=100",
		"shared_buffers=128MB",
		"max_wal_size=1GB",
		"wal_level=replica",
		"jit=off", // our queries are short: compiling them costs more than it saves
		"TimeZone=UTC",
		"log_timezone=UTC",
		"logging_collector=off",
		"log_min_messages=warning",
	}
	if p.options.Volatile {
		settings = append(settings, "fsync=off", "full_page_writes=off", "synchronous_commit=off",
			"wal_level=minimal", "max_wal_senders=0", "autovacuum=off")
	} else {
		// What was acknowledged survives kill -9 and power loss, whatever the cluster's own files say.
		settings = append(settings, "fsync=on", "full_page_writes=on", "synchronous_commit=on",
			"wal_compression="+p.compression(ctx))
	}
	args := []string{"-D", p.cluster}
	for _, setting := range append(settings, p.options.Extra...) {
		args = append(args, "-c", setting)
	}
	return args
}

// compression is the best method for full-page images in the WAL this build has: lz4 halves them nearly
// free of cost, and the npm build lacks it.
func (p *Postgres) compression(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.binaries.program("postgres"), "-D", p.cluster, "-c", "wal_compression=lz4", "-C", "wal_compression")
	cmd.Env = childEnv(p.options.DataDir)
	p.identity.apply(cmd)
	if cmd.Run() != nil {
		return "on"
	}
	return "lz4"
}
