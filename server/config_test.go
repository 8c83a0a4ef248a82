package server

import (
	"strings"
	"testing"
	"time"
)

func valid() Config {
	return Config{Listen: "127.0.0.1:8080", Timezone: "Asia/Ho_Chi_Minh", KeepReadings: 9600 * time.Hour, PhotoQuota: 64, DeskIdle: 10 * time.Minute, PublicEvery: 15 * time.Minute}
}

func TestValidateTellsEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	if err := valid().Validate(); err != nil {
		t.Fatalf("a valid configuration: %v", err)
	}
	c := valid()
	c.Listen, c.Timezone, c.HubSecret = "8080", "Hanoi", "short"
	c.Origins, c.TrustedProxies, c.KeepReadings, c.PhotoQuota = []string{"example.com"}, []string{"10.0.0/8"}, time.Hour, 0
	c.HookNetworks = []string{"10.1.0.0/40"}
	c.MQTTURL, c.MQTTVersion, c.MQTTTopics, c.MQTTRefused = "ws://broker", "4", []string{"readings"}, "#"
	c.CapSender, c.CapFeeds = "a b", []string{"ftp://a.example/x"}
	c.SMTPURL, c.SMTPHome = "mail.example.vn", "http://example.vn"
	c.PushHosts, c.SMSURL, c.DutyHome = []string{"https://fcm.googleapis.com"}, "http://sms.example.vn/gui", "http://example.vn"
	c.OpenLicence = "CC-BY-NC-4.0"
	err := c.Validate()
	if err == nil {
		t.Fatal("all these faults were taken")
	}
	for _, name := range []string{
		"LISTEN", "TIMEZONE", "HUB_SECRET", "ORIGINS", "TRUSTED_PROXIES", "KEEP_READINGS", "PHOTO_QUOTA", "SMTP_FROM", "SMTP_HOME", "HOOK_NETWORKS",
		"MQTT_URL", "MQTT_VERSION", "MQTT_CLIENT", "MQTT_TOPICS", "MQTT_REFUSED", "CAP_SENDER", "CAP_FEEDS", "PUSH_HOSTS", "SMS_SECRET_FILE", "SMS_URL", "DUTY_HOME", "OPEN_LICENCE",
	} {
		if !strings.Contains(err.Error(), "TOANCANH_"+name) {
			t.Errorf("the error does not name TOANCANH_%s: %v", name, err)
		}
	}
}

func TestPublicURLChangesOnlyTheUser(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"postgres://app:secret@db:5432/toancanh?sslmode=disable": "postgres://toancanh_public_read:secret@db:5432/toancanh?sslmode=disable",
		"host=/tmp/x user=toancanh_app dbname=toancanh":          "host=/tmp/x user=toancanh_app dbname=toancanh user=toancanh_public_read",
	} {
		c := valid()
		c.DatabaseURL = address
		if got := c.publicURL(); got != want {
			t.Errorf("publicURL of %q = %q, want %q", address, got, want)
		}
	}
}
