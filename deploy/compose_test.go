// Package deploy_test holds the compose file and the proxy's configuration to what docs/operations.md promises.
// It needs no container engine.
package deploy_test

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"toancanh/server"
)

// secrets are what an operator fills in; each gets a value of its own, so that a mix-up shows.
var secrets = map[string]string{
	"TOANCANH_OWNER_PASSWORD":  "owner1",
	"TOANCANH_APP_PASSWORD":    "app1",
	"TOANCANH_PUBLIC_PASSWORD": "public1",
	"TOANCANH_HUB_SECRET":      "hub1hub1hub1hub1",
	"TOANCANH_ORIGINS":         "https://toancanh.example.vn",
}

// load reads the file as an engine would: schema validation, interpolation and consistency checks are all on.
func load(t *testing.T, env map[string]string) (*types.Project, error) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "docker-compose.yml")
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  root,
		ConfigFiles: []types.ConfigFile{{Filename: file}},
		Environment: maps.Clone(env), // the loader adds to it
	})
}

func project(t *testing.T) *types.Project {
	t.Helper()
	p, err := load(t, secrets)
	if err != nil {
		t.Fatalf("load docker-compose.yml: %v", err)
	}
	return p
}

func TestComposeHasEveryPart(t *testing.T) {
	t.Parallel()
	p := project(t)
	want := []string{"copy", "hub-1", "hub-2", "migrate", "postgres", "proxy", "redis", "server"}
	if diff := cmp.Diff(want, p.ServiceNames()); diff != "" {
		t.Errorf("services differ (-want +got):\n%s", diff)
	}
}

func TestComposeRefusesToStartWithoutASecret(t *testing.T) {
	t.Parallel()
	for name := range secrets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := maps.Clone(secrets)
			delete(env, name)
			_, err := load(t, env)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("got error %v, want one that names %s", err, name)
			}
		})
	}
}

func TestComposeGuardsEveryContainer(t *testing.T) {
	t.Parallel()
	for name, s := range project(t).Services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if uid, _, _ := strings.Cut(s.User, ":"); uid == "" || uid == "0" || uid == "root" {
				t.Errorf("runs as user %q, want one that is not root", s.User)
			}
			if !s.ReadOnly {
				t.Error("its root file system can be written")
			}
			if s.Privileged || !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.CapAdd) > 0 {
				t.Errorf("has capabilities: drops %v, adds %v", s.CapDrop, s.CapAdd)
			}
			if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
				t.Errorf("may gain privileges: %v", s.SecurityOpt)
			}
			once := name == "migrate"
			if hasCheck := s.HealthCheck != nil && !s.HealthCheck.Disable; hasCheck == once {
				t.Errorf("has a health check: %v", hasCheck)
			}
			if restarts := s.Restart == "unless-stopped"; restarts == once {
				t.Errorf("restart is %q", s.Restart)
			}
		})
	}
}

func TestComposePublishesOnlyTheProxy(t *testing.T) {
	t.Parallel()
	p := project(t)
	for name, s := range p.Services {
		if len(s.Ports) > 0 && name != "proxy" {
			t.Errorf("%s publishes %v", name, s.Ports)
		}
		if s.NetworkMode != "" {
			t.Errorf("%s leaves its networks by mode %q", name, s.NetworkMode)
		}
		_, front := s.Networks["front"]
		if stores := name == "postgres" || name == "redis" || name == "migrate" || name == "copy"; stores && front {
			t.Errorf("%s can be reached from the proxy's network", name)
		}
	}
	if !p.Networks["back"].Internal {
		t.Error("the back network is not internal")
	}
	if _, back := p.Services["proxy"].Networks["back"]; back {
		t.Error("the proxy reaches the database's network")
	}
}

func TestComposeKeepsDataInVolumes(t *testing.T) {
	t.Parallel()
	p := project(t)
	volumes := func(service string) map[string]string {
		got := map[string]string{}
		for _, v := range p.Services[service].Volumes {
			if v.Type == types.VolumeTypeVolume {
				got[v.Source] = v.Target
			}
		}
		return got
	}
	want := map[string]map[string]string{
		"postgres": {"database": "/var/lib/postgresql"},
		"server":   {"keys": "/var/lib/toancanh/keys", "photos": "/var/lib/toancanh/photos"},
		"copy":     {"copy": "/var/lib/toancanh/copy"},
		"proxy":    {"copy": "/usr/share/nginx/copy"},
		"redis":    {}, // it holds only what may be lost
		"hub-1":    {}, // a hub holds no key of ours
	}
	for service, volume := range want {
		if diff := cmp.Diff(volume, volumes(service)); diff != "" {
			t.Errorf("volumes of %s differ (-want +got):\n%s", service, diff)
		}
	}
	if strings.Contains(strings.Join(p.Services["redis"].Command, " "), "--appendonly yes") {
		t.Error("redis keeps a file")
	}
}

// TestComposeGivesEachOnlyItsOwnSecrets holds that who breaks into one part does not hold the others.
func TestComposeGivesEachOnlyItsOwnSecrets(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"postgres": {"owner1"},
		"redis":    nil,
		"migrate":  {"app1", "owner1", "public1"},
		"server":   {"app1", "hub1", "public1"},
		"hub-1":    {"hub1"},
		"hub-2":    {"hub1"},
		"copy":     {"public1"},
		"proxy":    nil,
	}
	for name, s := range project(t).Services {
		var got []string
		for _, secret := range []string{"app1", "hub1", "owner1", "public1"} {
			if slices.ContainsFunc(values(s.Environment), func(v string) bool { return strings.Contains(v, secret) }) {
				got = append(got, secret)
			}
		}
		if diff := cmp.Diff(want[name], got); diff != "" {
			t.Errorf("secrets of %s differ (-want +got):\n%s", name, diff)
		}
	}
}

func values(env types.MappingWithEquals) []string {
	var all []string
	for _, v := range env {
		if v != nil {
			all = append(all, *v)
		}
	}
	return all
}

func TestComposeDatabaseRoles(t *testing.T) {
	t.Parallel()
	p := project(t)
	want := map[string][2]string{ // variable: service, role
		"TOANCANH_OWNER_URL":           {"migrate", "toancanh_owner"},
		"TOANCANH_DATABASE_URL":        {"server", "toancanh_app"},
		"TOANCANH_PUBLIC_DATABASE_URL": {"server", "toancanh_public_read"},
	}
	for variable, w := range want {
		value := p.Services[w[0]].Environment[variable]
		if value == nil {
			t.Errorf("%s has no %s", w[0], variable)
			continue
		}
		u, err := url.Parse(*value)
		if err != nil {
			t.Errorf("%s: %v", variable, err)
			continue
		}
		if u.User.Username() != w[1] || u.Hostname() != "postgres" || u.Path != "/toancanh" {
			t.Errorf("%s is %s as %s, want database toancanh on postgres as %s", variable, u.Host+u.Path, u.User.Username(), w[1])
		}
	}
}

// TestComposeSetsOnlyWhatTheServerReads catches a misspelt or retired setting, which would be ignored in silence.
func TestComposeSetsOnlyWhatTheServerReads(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for field := range reflect.TypeFor[server.Config]().Fields() {
		known[field.Tag.Get("env")] = true
	}
	for name := range project(t).Services["server"].Environment {
		if !known[name] {
			t.Errorf("the server reads no setting %s", name)
		}
	}
}

func TestComposeDatabaseKnowsVietnamese(t *testing.T) {
	t.Parallel()
	got := project(t).Services["postgres"].Environment["POSTGRES_INITDB_ARGS"]
	for _, arg := range []string{"--locale-provider=icu", "--icu-locale=vi", "--locale=C.UTF-8", "--encoding=UTF8"} {
		if got == nil || !slices.Contains(strings.Fields(*got), arg) {
			t.Errorf("initdb is not given %s", arg)
		}
	}
}

// TestExampleNamesWhatIsAsked holds .env.example and the compose file together in both directions.
func TestExampleNamesWhatIsAsked(t *testing.T) {
	t.Parallel()
	example := names(t, "../.env.example", `(?m)^#?(TOANCANH_[A-Z_]+)=`)
	asked := names(t, "../docker-compose.yml", `\$\{(TOANCANH_[A-Z_]+)`)
	asked = slices.DeleteFunc(asked, func(name string) bool {
		return name == "TOANCANH_LIMITS" // lifting the limits is for measuring, not for an operator
	})
	if diff := cmp.Diff(asked, example); diff != "" {
		t.Errorf("variables differ (-compose +example):\n%s", diff)
	}
}

func names(t *testing.T, path, pattern string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
		found[match[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// TestProxyKnowsItsUpstreams holds nginx.conf to the services and ports of the compose file.
func TestProxyKnowsItsUpstreams(t *testing.T) {
	t.Parallel()
	p := project(t)
	upstreams := names(t, "nginx.conf", `(?m)^\s+server ([a-z0-9-]+:\d+) `)
	if diff := cmp.Diff([]string{"hub-1:8080", "hub-2:8080", "server:8080"}, upstreams); diff != "" {
		t.Errorf("upstreams differ (-want +got):\n%s", diff)
	}
	for _, upstream := range upstreams {
		name, port, _ := strings.Cut(upstream, ":")
		listen := p.Services[name].Environment["TOANCANH_LISTEN"]
		if listen == nil || *listen != ":"+port {
			t.Errorf("%s does not listen on port %s", name, port)
		}
	}
	listens := names(t, "nginx.conf", `listen (\d+)`)
	for _, port := range p.Services["proxy"].Ports {
		if !slices.Contains(listens, strconv.FormatUint(uint64(port.Target), 10)) {
			t.Errorf("nothing listens on the proxy's published port %d", port.Target)
		}
	}
}
