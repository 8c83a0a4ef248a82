package server

import (
	"fmt"
	netmail "net/mail"
	"os"
	"strings"
	"time"

	"toancanh/schema"
	"toancanh/server/auth"
	"toancanh/server/callout"
	"toancanh/server/hook"
	"toancanh/server/mail"
)

// pushKey is the file of the key with which this house shows push services who it is.
const pushKey = "push.key"

// openCallout makes the desk that reaches people on duty, with the channels of the settings.
func (s *Server) openCallout() (err error) {
	sealer, err := auth.OpenSealer(s.options.SealKey(auth.SealedWays))
	if err != nil {
		return err
	}
	networks, err := hook.ParseNetworks(s.options.HookNetworks)
	if err != nil {
		return err
	}
	root, _ := s.atlas.Tree.Root(s.options.Division)
	c := callout.Config{
		Store: s.store, Sealer: sealer, Client: hook.NewClient(networks), Home: s.options.dutyHome(), Centre: s.options.Title + ", " + root.Title(),
		Place: s.placeName, Note: s.store.NoteCallout,
		Ops: schema.AreaTopic(schema.Ops, s.options.Division, root.Code), Wall: schema.AreaTopic(schema.Wall, s.options.Division, root.Code),
		Location: s.location, Now: time.Now, Log: s.log, Metrics: s.metrics,
	}
	if hosts := s.options.pushHosts(); len(hosts) > 0 {
		if c.Push, err = callout.OpenPush(s.options.KeyFile(pushKey), hosts, s.options.pushSubject()); err != nil {
			return err
		}
	}
	if s.options.SMTPURL != "" {
		if c.Post, err = mail.NewPost(s.options.SMTPURL, s.options.SMTPFrom); err != nil {
			return err
		}
	}
	if c.SMS, err = s.options.gateway(); err != nil {
		return err
	}
	s.callout, err = callout.New(c)
	return err
}

// placeName is what people call an area; empty for one that is not known.
func (s *Server) placeName(division, code string) string {
	at, ok := s.atlas.Tree.Get(division, code)
	if !ok {
		return ""
	}
	return at.Title()
}

// pushHosts are the push services that may be spoken to; none when pushes are off.
func (c Config) pushHosts() []string {
	if len(c.PushHosts) == 1 && c.PushHosts[0] == "off" {
		return nil
	}
	return c.PushHosts
}

// dutyHome is this house as people on duty reach it.
func (c Config) dutyHome() string {
	if c.DutyHome != "" {
		return c.DutyHome
	}
	return c.SMTPHome
}

// pushSubject tells those who run push services whom to ask.
func (c Config) pushSubject() string {
	if sender, err := netmail.ParseAddress(c.SMTPFrom); err == nil {
		return "mailto:" + sender.Address
	}
	if home := c.dutyHome(); strings.HasPrefix(home, "https://") {
		return home
	}
	return "https://localhost"
}

// gateway is the gateway for short messages of the settings.
func (c Config) gateway() (callout.SMS, error) {
	if c.SMSURL == "" {
		return callout.SMS{}, nil
	}
	raw, err := os.ReadFile(c.SMSSecret)
	if err != nil {
		return callout.SMS{}, fmt.Errorf("TOANCANH_SMS_SECRET_FILE: %w", err)
	}
	secret, err := hook.ParseSecret(string(raw))
	if err != nil {
		return callout.SMS{}, fmt.Errorf("TOANCANH_SMS_SECRET_FILE: %w", err)
	}
	return callout.SMS{URL: c.SMSURL, Secret: secret}, nil
}

// checkDuty says what is wrong with the settings of calling people out.
func (c Config) checkDuty(wrong func(name, format string, args ...any)) {
	if c.DutyHome != "" && !safeAddress(c.DutyHome, false) {
		wrong("TOANCANH_DUTY_HOME", "%q is not https://host[:port] (http only on this machine)", c.DutyHome)
	}
	if err := callout.CheckHosts(c.pushHosts()); err != nil {
		wrong("TOANCANH_PUSH_HOSTS", "%s", err)
	}
	if c.SMSURL == "" {
		return
	}
	networks, _ := hook.ParseNetworks(c.HookNetworks) // what is wrong with them is said where they are checked
	if hook.NewClient(networks).Check(c.SMSURL) != nil {
		wrong("TOANCANH_SMS_URL", "%q is not https://host[:port]/path (http only inside TOANCANH_HOOK_NETWORKS)", c.SMSURL)
	}
	if c.SMSSecret == "" {
		wrong("TOANCANH_SMS_SECRET_FILE", "is needed with TOANCANH_SMS_URL")
	}
}
