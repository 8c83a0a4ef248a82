package intake

import (
	"context"

	"toancanh/server/gateway"
	"toancanh/server/sensor"
)

// arrange finds the sensors of each thing; the caller holds the lock.
func (c *sensorCache) arrange() {
	c.byThing = map[string][]string{}
	for code, s := range c.byCode {
		if s.Thing != "" && s.Field != "" {
			thing := gateway.Thing(s.Thing)
			c.byThing[thing] = append(c.byThing[thing], code)
		}
	}
}

// fieldsOf finds the sensors of a thing that speak through a gateway that suits, by field. Of the names the thing goes by the
// first that anybody registered counts; empty is none.
func (c *sensorCache) fieldsOf(ctx context.Context, things []string, suits func(gateway string) bool) (thing string, fields map[string]string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.readAt) > sensorsAge {
		if err := c.read(ctx); err != nil {
			return "", nil, err
		}
	}
	for {
		for _, name := range things {
			fields := map[string]string{}
			for _, code := range c.byThing[name] {
				s := c.byCode[code]
				// Of two sensors that claim one field the first by code has it, every time.
				if first, ok := fields[s.Field]; suits(s.Gateway) && (!ok || code < first) {
					fields[s.Field] = code
				}
			}
			if len(fields) > 0 {
				return name, fields, nil
			}
		}
		if c.now().Sub(c.readAt) <= sensorsPause {
			return "", nil, nil
		}
		if err := c.read(ctx); err != nil {
			return "", nil, err
		}
	}
}

// through counts readings by the gateways their sensors speak through.
func (c *sensorCache) through(items []sensor.Item) map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	by := map[string]int{}
	for _, item := range items {
		if s, ok := c.byCode[item.Reading.Sensor]; ok && s.Gateway != "" {
			by[s.Gateway]++
		}
	}
	return by
}
