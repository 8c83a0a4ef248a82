package mqtt

import (
	"testing"
)

func TestATopicNamesItsGateway(t *testing.T) {
	t.Parallel()
	routes, err := parseRoutes([]string{UsualTopic, "chirpstack:lora-1:application/+/device/+/event/+", "tts:lora-2:v3/+/devices/+/up", "tinh/+/tram/#"})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		format, gateway string
		read            bool
	}{
		"toancanh/v1/tram-7/readings":               {readings, "tram-7", true},
		"toancanh/v1/tram-7/refused":                {"", "", false},
		"toancanh/v1/tram-7/readings/x":             {"", "", false},
		"toancanh/v1":                               {"", "", false},
		"application/17c8/device/0101/event/up":     {chirpStack, "lora-1", true},
		"application/17c8/device/0101/command/down": {"", "", false},
		"v3/mua@dak-nong/devices/tram-07/up":        {tts, "lora-2", true},
		"tinh/dak-nong/tram":                        {readings, "dak-nong", true},
		"tinh/dak-nong/tram/a/b":                    {readings, "dak-nong", true},
		"tinh//tram/a":                              {readings, "", true},
	}
	for topic, want := range tests {
		r, code, ok := routeOf(routes, topic)
		if r.format != want.format || code != want.gateway || ok != want.read {
			t.Errorf("%s: %s of %q, read %v; want %+v", topic, r.format, code, ok, want)
		}
	}
}

func TestSettingsThatCannotWorkAreToldAtOnce(t *testing.T) {
	t.Parallel()
	good := Settings{
		URL: "mqtts://toancanh@broker.example:8883", Version: "5", Client: "toancanh", Topics: []string{UsualTopic}, Refused: UsualRefused,
	}
	faults := func(s Settings) (list []string) {
		s.Check(func(setting, problem string) { list = append(list, setting+" "+problem) })
		return list
	}
	if list := faults(good); len(list) > 0 {
		t.Fatal(list)
	}
	tests := map[string]func(*Settings){
		"no scheme":                    func(s *Settings) { s.URL = "broker.example:1883" },
		"another scheme":               func(s *Settings) { s.URL = "ws://broker.example" },
		"a path":                       func(s *Settings) { s.URL = "mqtt://broker.example/x" },
		"a password in the open":       func(s *Settings) { s.URL = "mqtt://a:b@broker.example" },
		"another version":              func(s *Settings) { s.Version = "3.1" },
		"no client":                    func(s *Settings) { s.Client = "" },
		"no topic":                     func(s *Settings) { s.Topics = nil },
		"a topic of no gateway":        func(s *Settings) { s.Topics = []string{"readings"} },
		"a plus inside a level":        func(s *Settings) { s.Topics = []string{"a/+b"} },
		"a hash in the middle":         func(s *Settings) { s.Topics = []string{"+/#/b"} },
		"an uplink of no gateway":      func(s *Settings) { s.Topics = []string{"chirpstack:application/+/device/+/event/up"} },
		"a topic twice":                func(s *Settings) { s.Topics = []string{"a/+", "tts:g:a/+"} },
		"refusals that we should read": func(s *Settings) { s.Topics = []string{"toancanh/v1/+/#"} },
		"refusals on many topics":      func(s *Settings) { s.Refused = "x/#" },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := good
			spoil(&s)
			if list := faults(s); len(list) != 1 {
				t.Errorf("%+v: %d faults %v, want one", s, len(list), list)
			}
		})
	}
}
