package main

//go:generate go test -run TestConfigurationPageIsTheProgram . -update

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"toancanh/server/embedded"
)

var update = flag.Bool("update", false, "write docs/configuration.md")

func TestMain(m *testing.M) {
	embedded.Guard()
	flag.Parse()
	os.Exit(m.Run())
}

func parser(t *testing.T) *kong.Kong {
	t.Helper()
	p, err := kong.New(&verbs{}, kong.Name("toancanh"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestConfigurationPageIsTheProgram(t *testing.T) {
	const page = "../../docs/configuration.md"
	want := configuration(parser(t).Model)
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the flags say (%v): run make generate", page, err)
	}
}

func TestEverySettingHasAVariableAndAMeaning(t *testing.T) {
	for _, node := range parser(t).Model.Leaves(true) {
		for _, f := range node.Flags {
			if f.Name == "help" {
				continue
			}
			if f.Help == "" {
				t.Errorf("%s --%s has no help", node.FullPath(), f.Name)
			}
			for _, env := range f.Envs {
				if want := "TOANCANH_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")); env != want {
					t.Errorf("%s --%s reads %s, want %s", node.FullPath(), f.Name, env, want)
				}
			}
		}
	}
}

func TestEnvironmentTellsEveryFaultAtOnce(t *testing.T) {
	set := map[string]string{"TOANCANH_PACE": "fast", "TOANCANH_LIMITS": "maybe", "TOANCANH_KEEP_READINGS": "a year", "TOANCANH_OPEN": "yes"}
	err := checkEnvironment(parser(t).Model, func(name string) (string, bool) { v, ok := set[name]; return v, ok })
	if err == nil {
		t.Fatal("three faults were taken")
	}
	for name := range set {
		if got := strings.Contains(err.Error(), name); got != (name != "TOANCANH_OPEN") {
			t.Errorf("the error names %s: %t\n%v", name, got, err)
		}
	}
}

// configuration renders docs/configuration.md from the flags of every verb, so that the page cannot lag behind.
func configuration(model *kong.Application) string {
	type setting struct {
		env, flag, fallback, help string
		verbs                     []string
	}
	byEnv := map[string]*setting{}
	for _, node := range model.Leaves(true) {
		for _, flag := range node.Flags {
			if len(flag.Envs) == 0 {
				continue
			}
			env := flag.Envs[0]
			s, known := byEnv[env]
			if !known {
				s = &setting{env: env, flag: flag.Name, fallback: flag.Default, help: flag.Help}
				byEnv[env] = s
			}
			if verb := strings.TrimPrefix(node.FullPath(), "toancanh "); !slices.Contains(s.verbs, verb) {
				s.verbs = append(s.verbs, verb)
			}
		}
	}
	var b strings.Builder
	b.WriteString("# Configuration\n\n" +
		"Every setting is a variable and a flag of the same words; the flag wins. All faults are told at once. Made from the\n" +
		"program by `make generate`; a test holds it to the program.\n\n" +
		"| variable | flag | default | verbs | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, env := range slices.Sorted(maps.Keys(byEnv)) {
		s := byEnv[env]
		fallback := s.fallback
		if fallback != "" {
			fallback = "`" + fallback + "`"
		}
		slices.Sort(s.verbs)
		fmt.Fprintf(&b, "| `%s` | `--%s` | %s | %s | %s |\n", s.env, s.flag, fallback, strings.Join(s.verbs, ", "), s.help)
	}
	b.WriteString("\n`TOANCANH_PG_BIN` names a folder with PostgreSQL's programs (15 or newer) for `up`, before every other place it looks.\n")
	return b.String()
}
