package mqtt

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"toancanh/server/gateway"
)

// The formats of what is published.
const (
	readings   = "readings"
	chirpStack = "chirpstack"
	tts        = "tts"
)

// route is one subscription and how its messages are read.
type route struct {
	filter string
	format string
	// gateway is whose messages these are; empty where a level of the topic says so.
	gateway string
	level   int // of the gateway's code, where the topic says it
}

// parseRoutes reads the setting of topics: filters, of which the first "+" stands for the code of the gateway, or
// "chirpstack:<gateway>:<filter>" and "tts:<gateway>:<filter>".
func parseRoutes(list []string) ([]route, error) {
	if len(list) == 0 {
		return nil, errors.New("names no topic")
	}
	var routes []route
	for _, text := range list {
		r, err := parseRoute(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%q %w", text, err)
		}
		if slices.ContainsFunc(routes, func(o route) bool { return o.filter == r.filter }) {
			return nil, fmt.Errorf("%q is there twice", text)
		}
		routes = append(routes, r)
	}
	return routes, nil
}

func parseRoute(text string) (route, error) {
	r := route{filter: text, format: readings}
	if format, rest, ok := strings.Cut(text, ":"); ok && (format == chirpStack || format == tts) {
		r.format = format
		if r.gateway, r.filter, ok = strings.Cut(rest, ":"); !ok || !gateway.CodeFits(r.gateway) {
			return r, fmt.Errorf("is not %s:<gateway>:<topic filter>", format)
		}
	}
	if err := checkFilter(r.filter); err != nil {
		return r, err
	}
	if r.gateway != "" {
		return r, nil
	}
	if r.level = slices.Index(strings.Split(r.filter, "/"), "+"); r.level < 0 {
		return r, errors.New(`has no "+" in the place of the gateway's code`)
	}
	return r, nil
}

// mostTopic bounds a topic filter; MQTT allows 65 535 bytes.
const mostTopic = 1000

// checkFilter holds a filter to MQTT 5, 4.7.
func checkFilter(filter string) error {
	if filter == "" || len(filter) > mostTopic || strings.ContainsRune(filter, 0) {
		return errors.New("is no topic filter")
	}
	levels := strings.Split(filter, "/")
	for i, l := range levels {
		if strings.ContainsAny(l, "+#") && (len(l) > 1 || l == "#" && i < len(levels)-1) {
			return errors.New(`is no topic filter: "+" stands for a whole level, "#" for the last`)
		}
	}
	return nil
}

// matches reports whether a topic is one of a filter's.
func matches(filter, topic string) bool {
	want, got := strings.Split(filter, "/"), strings.Split(topic, "/")
	for i, l := range want {
		switch {
		case l == "#":
			return true
		case i >= len(got), l != "+" && l != got[i]:
			return false
		}
	}
	return len(want) == len(got)
}

// routeOf finds how a topic is read, and the code of its gateway.
func routeOf(routes []route, topic string) (r route, code string, ok bool) {
	for _, r := range routes {
		if !matches(r.filter, topic) {
			continue
		}
		if r.gateway != "" {
			return r, r.gateway, true
		}
		return r, strings.Split(topic, "/")[r.level], true
	}
	return route{}, "", false
}

// lastLevel is what ChirpStack names an event in.
func lastLevel(topic string) string { return topic[strings.LastIndexByte(topic, '/')+1:] }
