package api

import (
	"context"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/report"
)

// postEntry keeps what an officer writes down for somebody: a call, a message, a letter. It needs the channel it came by, and
// may name the commune where nobody told a place.
func (a *API) postEntry(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c).Principal
	o, raw, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	s := intake.Submission{Draft: a.readEntry(o), Contact: readContact(o), Actor: actor(who), May: entering(who)}
	if err := o.done(); err != nil {
		return err
	}
	if s.Key, err = promise(c, who.ID, raw); err != nil {
		return err
	}
	receipt, repeated, err := a.Intake.AcceptReport(ctx, s)
	if err != nil {
		return err
	}
	return sendReceipt(c, receipt, repeated)
}

func (a *API) readEntry(o *object) report.Draft {
	commune := o.text("commune")
	if commune != "" && o.given("location") {
		o.wrong("commune", "both", "Chỉ ghi một trong hai: location hoặc commune.")
	}
	d := report.Draft{
		Category: o.text("category"), Description: o.text("description"), Address: o.text("address"),
		OccurredAt: o.instant("occurred_at"), Emergency: o.flag("emergency"),
	}
	if commune == "" {
		d.Location = readPoint(o)
	} else if at, ok := a.Intake.CommunePoint(commune); ok {
		d.Location = at
	} else {
		o.wrong("commune", "unknown", "Không có xã, phường này, hoặc có nhiều nơi cùng tên; hãy ghi mã.")
	}
	channel, err := channelNamed(o.text("channel"))
	switch {
	case err != nil:
		o.wrong("channel", "unknown", "%s", fault.Items(err)[0].Message)
	case channel == "":
		o.wrong("channel", "required", "Thiếu kênh tiếp nhận: phone, zalo, paper, counter hoặc staff.")
	}
	d.Source = channel
	return d
}

// channelNamed is the channel of a name; an empty name is none.
func channelNamed(name string) (report.Source, error) {
	channel := report.Source(name)
	if name != "" && !slices.Contains(report.Channels(), channel) {
		return "", fault.Invalid("channel", "Không có kênh tiếp nhận này; có: phone, zalo, paper, counter, staff.").Because("unknown")
	}
	return channel, nil
}

// flagParam is a parameter that is true or false; absent it is false.
func flagParam(q map[string]string, name string) (bool, error) {
	text, ok := q[name]
	if !ok {
		return false, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, fault.Invalid(name, "Tham số %s phải là true hoặc false.", name).Because("format")
	}
	return on, nil
}
