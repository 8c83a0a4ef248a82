package server

import (
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"toancanh/server/auth"
	"toancanh/server/hook"
	"toancanh/server/mail"
	"toancanh/server/opendata"
)

// Config holds every setting of a serving process. Each has a TOANCANH_* variable and a flag of the same words; the
// tags are read by the command line and held to docs/configuration.md by a test.
type Config struct {
	Listen        string `env:"TOANCANH_LISTEN" default:"127.0.0.1:8080" help:"Address to serve pages, API and live feed on, host:port."`
	MetricsListen string `env:"TOANCANH_METRICS_LISTEN" help:"Private address for /metrics and /debug/pprof, host:port. Empty: /metrics is served on the main address, and only while that is a loopback address."`

	Data string `env:"TOANCANH_DATA" default:"data" help:"Data directory: the embedded database, key files, logs of child servers."`
	Keys string `env:"TOANCANH_KEYS" help:"Directory of the key files contact.key, ticket.key, person.key, photo.key, mail.key, duty.key, browser.key, push.key, receipt.key, hook.key, file.key, evidence.key and audit.key. Empty: keys inside the data directory."`

	Photos     string `env:"TOANCANH_PHOTOS" help:"Directory for the photos of reports, sealed. Empty: up keeps them in the data directory; serve takes none."`
	PhotoQuota int64  `env:"TOANCANH_PHOTO_QUOTA" default:"20480" help:"MiB that photos may take together; beyond it none are taken, and reports still are."`

	DatabaseURL       string `env:"TOANCANH_DATABASE_URL" help:"PostgreSQL as the application role. Empty: up starts one of its own."`
	PublicDatabaseURL string `env:"TOANCANH_PUBLIC_DATABASE_URL" help:"PostgreSQL as the role that sees the public projection only. Empty: the application's address with the user toancanh_public_read."`
	RedisURL          string `env:"TOANCANH_REDIS_URL" help:"Redis: redis://, rediss://, unix://, redis+sentinel://, or several addresses with commas for a cluster. Empty: up looks for redis-server or valkey-server, else all happens in one process."`

	Timezone string `env:"TOANCANH_TIMEZONE" default:"Asia/Ho_Chi_Minh" help:"Zone whose days, hours and working times count."`
	Division string `env:"TOANCANH_DIVISION" help:"Administrative division in which reports are placed and announced. Empty: the default of the area data."`
	Title    string `env:"TOANCANH_TITLE" default:"Trung tâm Giám sát, điều hành thông minh" help:"Name of the centre as pages show it, before the area's name."`

	Open           string   `env:"TOANCANH_OPEN" default:"no" enum:"yes,no" help:"yes: take everybody who reaches this address for the shift lead, without signing in. For closed networks and tests only."`
	Limits         string   `env:"TOANCANH_LIMITS" default:"on" enum:"on,off" help:"off: lift rate and socket limits, for measuring only."`
	Origins        []string `env:"TOANCANH_ORIGINS" help:"Further web origins that may open the live feed, https://host[:port], with commas."`
	TrustedProxies []string `env:"TOANCANH_TRUSTED_PROXIES" help:"Addresses or networks of reverse proxies whose X-Forwarded-For is believed, with commas."`
	HubSecret      string   `env:"TOANCANH_HUB_SECRET" help:"Secret with which stand-alone hubs ask this process for snapshots, 16 characters or more. Empty: none may."`
	PMTiles        string   `env:"TOANCANH_PMTILES" name:"pmtiles" help:"PMTiles file (version 3) that walls lay under their map, served at /tiles/base.pmtiles. Empty: no base map."`

	DeskIdle    time.Duration `env:"TOANCANH_DESK_IDLE" default:"10m" help:"How long the hands of the person on duty may rest before a paired desk locks; its list goes on."`
	OIDCIssuer  string        `env:"TOANCANH_OIDC_ISSUER" name:"oidc-issuer" help:"Sign-in provider (OpenID Connect) as its issuer address, https://host. Empty: none; passwords work with it too."`
	OIDCClient  string        `env:"TOANCANH_OIDC_CLIENT" name:"oidc-client" help:"Client id of this house at the sign-in provider."`
	OIDCSecret  string        `env:"TOANCANH_OIDC_SECRET_FILE" name:"oidc-secret-file" help:"File with the client secret. Empty: a public client; PKCE is used either way."`
	OIDCHome    string        `env:"TOANCANH_OIDC_HOME" name:"oidc-home" help:"This house as browsers see it, https://host: the provider must allow <home>/api/v1/oidc/return and, after signing out, <home>/console."`
	OIDCLabel   string        `env:"TOANCANH_OIDC_LABEL" name:"oidc-label" default:"Đăng nhập bằng tài khoản dùng chung" help:"Words on the button."`
	OIDCClaim   string        `env:"TOANCANH_OIDC_CLAIM" name:"oidc-claim" help:"Claim that links a person at their first sign-in when it equals their login: email (only when verified) or preferred_username. Empty: the administrator links."`
	OIDCFactors []string      `env:"TOANCANH_OIDC_FACTORS" name:"oidc-factors" help:"Values of acr or amr by which the provider vouches for a second factor, such as mfa or otp, with commas. Empty: ours is asked for as ever."`

	SMTPURL  string `env:"TOANCANH_SMTP_URL" name:"smtp-url" help:"Mail server that tells followers of a report: smtp://[user:password@]host[:port] (STARTTLS; plain on this machine only) or smtps://. Empty: no mail is sent."`
	SMTPFrom string `env:"TOANCANH_SMTP_FROM" name:"smtp-from" help:"Sender of these mails: an address, or Name <address>."`
	SMTPHome string `env:"TOANCANH_SMTP_HOME" name:"smtp-home" help:"This house as readers of mails reach it, https://host."`

	HookNetworks []string `env:"TOANCANH_HOOK_NETWORKS" name:"hook-networks" help:"Networks inside which web hooks may reach systems, there over plain HTTP too, such as 10.1.0.0/16, with commas. Empty: public addresses over HTTPS only."`

	MQTTURL      string   `env:"TOANCANH_MQTT_URL" name:"mqtt-url" help:"MQTT broker that gateways publish on: mqtt://[user@]host[:port] or mqtts://. Empty: none is read."`
	MQTTVersion  string   `env:"TOANCANH_MQTT_VERSION" name:"mqtt-version" default:"5" enum:"5,3.1.1" help:"Version of MQTT the broker is spoken to in: 5 or 3.1.1."`
	MQTTPassword string   `env:"TOANCANH_MQTT_PASSWORD_FILE" name:"mqtt-password-file" help:"File with the password of the broker's user. Empty: none."`
	MQTTCA       string   `env:"TOANCANH_MQTT_CA_FILE" name:"mqtt-ca-file" help:"File (PEM) with the authority of the broker's certificate. Empty: those this machine trusts."`
	MQTTClient   string   `env:"TOANCANH_MQTT_CLIENT" name:"mqtt-client" default:"toancanh" help:"Client identifier, under which the broker keeps what was not yet taken. Each house on one broker needs its own, all servers of a house the same."`
	MQTTTopics   []string `env:"TOANCANH_MQTT_TOPICS" name:"mqtt-topics" default:"toancanh/v1/+/readings" help:"Topic filters with commas, of which the first + stands for the gateway's code; or chirpstack:<gateway>:<filter> and tts:<gateway>:<filter> for uplinks of a network server."`
	MQTTRefused  string   `env:"TOANCANH_MQTT_REFUSED" name:"mqtt-refused" default:"toancanh/v1/+/refused" help:"Topic on which a gateway is told what was refused; + stands for its code."`
	CapSender    string   `env:"TOANCANH_CAP_SENDER" name:"cap-sender" help:"Who warnings to the public are from, as CAP wants it: a name of this house that no other bears, such as canhbao.tinh.gov.vn, and no person's; without space, comma, < and &. Empty: toancanh.<code of the province>."`
	CapFeeds     []string `env:"TOANCANH_CAP_FEEDS" name:"cap-feeds" help:"CAP feeds of others (CAP, Atom or RSS), https addresses with commas, asked every minute; inside TOANCANH_HOOK_NETWORKS over plain HTTP too. Their warnings are shown beside ours and never sent as ours."`
	PushHosts    []string `env:"TOANCANH_PUSH_HOSTS" name:"push-hosts" default:"fcm.googleapis.com,updates.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com" help:"Push services that may be asked to wake the browsers of people on duty and of those who follow public news, host or *.domain, with commas. off: no pushes, as in a closed network."`
	SMSURL       string   `env:"TOANCANH_SMS_URL" name:"sms-url" help:"The province's gateway for short messages and voice, https://host/path: it is told whom on duty to call. Empty: none."`
	SMSSecret    string   `env:"TOANCANH_SMS_SECRET_FILE" name:"sms-secret-file" help:"File with the secret shared with that gateway, whsec_ and base64: it signs what the gateway is asked and what it reports."`
	DutyHome     string   `env:"TOANCANH_DUTY_HOME" name:"duty-home" help:"This house as people on duty reach it, https://host, for links in their messages. Empty: TOANCANH_SMTP_HOME."`

	Hub          string        `env:"TOANCANH_HUB" default:"on" enum:"on,off" help:"off: do not serve the live feed from this process; stand-alone hubs do."`
	PublicEvery  time.Duration `env:"TOANCANH_PUBLIC_EVERY" default:"15m" help:"How often facts of single reports and numbers of districts and communes leave for everybody. Shorter than 15m tells when things happened: for demonstrations and tests only."`
	OpenLicence  string        `env:"TOANCANH_OPEN_LICENCE" default:"CC-BY-4.0" help:"Licence of the open data, by its SPDX identifier: CC-BY-4.0, CC-BY-SA-4.0, CC0-1.0, ODC-By-1.0, ODbL-1.0 or PDDL-1.0."`
	KeepReadings time.Duration `env:"TOANCANH_KEEP_READINGS" default:"9600h" help:"How long single readings are kept; five-minute sums stay."`
	LogFormat    string        `env:"TOANCANH_LOG_FORMAT" default:"text" enum:"text,json" help:"Form of the log on standard error: text or json."`
	LogLevel     string        `env:"TOANCANH_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged."`
}

// keepEvents is how long events can be asked for again; longer absences take a snapshot.
const keepEvents = 48 * time.Hour

// mostQuota bounds the setting of photos, in MiB: 1 EiB, so that bytes can be counted.
const mostQuota = 1 << 40

// Validate says everything that is wrong at once.
func (c Config) Validate() error {
	var faults []error
	wrong := func(name, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		wrong("TOANCANH_LISTEN", "%q is not host:port", c.Listen)
	}
	if c.MetricsListen != "" {
		if _, _, err := net.SplitHostPort(c.MetricsListen); err != nil {
			wrong("TOANCANH_METRICS_LISTEN", "%q is not host:port", c.MetricsListen)
		}
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "" || c.Timezone == "Local" {
		wrong("TOANCANH_TIMEZONE", "%q is no zone, such as Asia/Ho_Chi_Minh", c.Timezone)
	}
	for _, o := range c.Origins {
		if u, err := url.Parse(o); err != nil || u.Host == "" || u.Path != "" || u.Scheme != "https" && u.Scheme != "http" {
			wrong("TOANCANH_ORIGINS", "%q is not scheme://host[:port]", o)
		}
	}
	for _, p := range c.TrustedProxies {
		if _, _, err := net.ParseCIDR(p); err != nil && net.ParseIP(p) == nil {
			wrong("TOANCANH_TRUSTED_PROXIES", "%q is neither an address nor a network", p)
		}
	}
	if c.HubSecret != "" && len(c.HubSecret) < 16 {
		wrong("TOANCANH_HUB_SECRET", "has %d characters, want at least 16", len(c.HubSecret))
	}
	c.checkProvider(wrong)
	c.checkMail(wrong)
	if c.MQTTURL != "" {
		c.broker().Check(func(setting, problem string) { wrong("TOANCANH_MQTT_"+setting, "%s", problem) })
	}
	c.checkDuty(wrong)
	if _, err := hook.ParseNetworks(c.HookNetworks); err != nil {
		wrong("TOANCANH_HOOK_NETWORKS", "%s", err)
	}
	c.checkFeeds(wrong)
	if c.DeskIdle < time.Minute || c.DeskIdle > 12*time.Hour {
		wrong("TOANCANH_DESK_IDLE", "%s is not between 1m and 12h", c.DeskIdle)
	}
	if c.PhotoQuota < 1 || c.PhotoQuota > mostQuota {
		wrong("TOANCANH_PHOTO_QUOTA", "%d is not between 1 and %d MiB", c.PhotoQuota, mostQuota)
	}
	if c.PublicEvery < 100*time.Millisecond || c.PublicEvery > time.Hour {
		wrong("TOANCANH_PUBLIC_EVERY", "%s is not between 100ms and 1h", c.PublicEvery)
	}
	if _, err := opendata.ParseLicence(c.OpenLicence); err != nil {
		wrong("TOANCANH_OPEN_LICENCE", "%s", err)
	}
	if c.KeepReadings < 48*time.Hour {
		wrong("TOANCANH_KEEP_READINGS", "%s is less than 48h, which the pages need", c.KeepReadings)
	}
	return errors.Join(faults...)
}

// checkProvider says what is wrong with the sign-in provider's settings.
func (c Config) checkProvider(wrong func(name, format string, args ...any)) {
	if c.OIDCIssuer == "" {
		return
	}
	if !safeAddress(c.OIDCIssuer, true) {
		wrong("TOANCANH_OIDC_ISSUER", "%q is not https://host (http only on this machine)", c.OIDCIssuer)
	}
	if c.OIDCClient == "" {
		wrong("TOANCANH_OIDC_CLIENT", "is needed with TOANCANH_OIDC_ISSUER")
	}
	if !safeAddress(c.OIDCHome, false) {
		wrong("TOANCANH_OIDC_HOME", "%q is not https://host[:port] (http only on this machine)", c.OIDCHome)
	}
	if c.OIDCClaim != "" && c.OIDCClaim != auth.ClaimEmail && c.OIDCClaim != auth.ClaimLogin {
		wrong("TOANCANH_OIDC_CLAIM", "%q is neither %s nor %s", c.OIDCClaim, auth.ClaimEmail, auth.ClaimLogin)
	}
}

// checkMail says what is wrong with the mail server's settings.
func (c Config) checkMail(wrong func(name, format string, args ...any)) {
	if c.SMTPURL == "" {
		return
	}
	if _, err := netmail.ParseAddress(c.SMTPFrom); err != nil {
		wrong("TOANCANH_SMTP_FROM", "%q is no mail address", c.SMTPFrom)
	} else if _, err := mail.NewPost(c.SMTPURL, c.SMTPFrom); err != nil {
		wrong("TOANCANH_SMTP_URL", "%s", err)
	}
	if !safeAddress(c.SMTPHome, false) {
		wrong("TOANCANH_SMTP_HOME", "%q is not https://host[:port] (http only on this machine)", c.SMTPHome)
	}
}

// mostFeeds bounds the CAP feeds of others.
const mostFeeds = 20

// checkFeeds says what is wrong with the settings of warnings.
func (c Config) checkFeeds(wrong func(name, format string, args ...any)) {
	if strings.ContainsAny(c.CapSender, " ,<&\t\n") || len(c.CapSender) > 200 {
		wrong("TOANCANH_CAP_SENDER", "%q has a space, a comma, < or &, or more than 200 characters", c.CapSender)
	}
	if len(c.CapFeeds) > mostFeeds {
		wrong("TOANCANH_CAP_FEEDS", "%d feeds, want at most %d", len(c.CapFeeds), mostFeeds)
	}
	networks, _ := hook.ParseNetworks(c.HookNetworks) // what is wrong with them is said of their own setting
	client := hook.NewClient(networks)
	for i, f := range c.CapFeeds {
		if err := client.Check(f); err != nil {
			wrong("TOANCANH_CAP_FEEDS", "feed %d: %s", i+1, err)
		}
	}
}

// safeAddress reports whether an address is encrypted, or leads to this very machine.
func safeAddress(text string, path bool) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && !path {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// Location is the zone of the setting; Validate has seen that it exists.
func (c Config) Location() *time.Location {
	loc, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// KeyFile is the path of a key file.
func (c Config) KeyFile(name string) string {
	dir := c.Keys
	if dir == "" {
		dir = filepath.Join(c.Data, "keys")
	}
	return filepath.Join(dir, name)
}

// SealKey is the path of the active key that seals things of a kind.
func (c Config) SealKey(kind auth.SealedKind) string { return c.KeyFile(string(kind) + ".key") }

// Loopback reports whether only this machine can reach the main address.
func (c Config) Loopback() bool {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// publicURL is the database's address as the public role.
func (c Config) publicURL() string {
	if c.PublicDatabaseURL != "" {
		return c.PublicDatabaseURL
	}
	return withUser(c.DatabaseURL, "toancanh_public_read")
}

// withUser puts another user into a connection address of either form.
func withUser(address, user string) string {
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		u, err := url.Parse(address)
		if err != nil {
			return address
		}
		if password, ok := u.User.Password(); ok {
			u.User = url.UserPassword(user, password)
		} else {
			u.User = url.User(user)
		}
		return u.String()
	}
	return address + " user=" + user // of a repeated keyword the last one counts
}
