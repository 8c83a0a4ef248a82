package embedded

// GuardPID is the process id of the server's guard.
func (p *Postgres) GuardPID() int { return p.process.guard.Process.Pid }

// GuardPID is the process id of the server's guard.
func (r *Redis) GuardPID() int { return r.process.guard.Process.Pid }

// Hydrate is hydrate for tests.
func Hydrate(bin string) error { return hydrate(bin) }

// FoundIn is where the binaries of the server were found.
func (p *Postgres) FoundIn() string { return p.binaries.Dir }
