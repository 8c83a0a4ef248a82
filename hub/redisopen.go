package hub

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Limits of a Redis client made by OpenRedis.
const (
	redisDialTimeout = time.Second
	redisIOTimeout   = time.Second
	redisPoolTimeout = 200 * time.Millisecond
)

// OpenRedis makes a client from an address. Nothing is dialled yet; the caller closes the client. It understands
//
//	redis://user:password@host:port/db, rediss:// (TLS), unix:///path/redis.sock
//	redis://a:7000,b:7000,c:7000 or redis+cluster://a:7000,b:7000 (rediss+cluster://): a cluster
//	redis+sentinel://host:26379,host:26379/master (rediss+sentinel://): the master the sentinels name
func OpenRedis(address string) (redis.UniversalClient, error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return nil, errors.New("redis address must begin with redis://, rediss://, unix://, redis+cluster:// or redis+sentinel://")
	}
	base, mode, _ := strings.Cut(scheme, "+")
	switch {
	case mode == "sentinel":
		return openSentinel(base, rest)
	case mode == "cluster", mode == "" && base != "unix" && strings.Contains(hostPart(rest), ","):
		return openCluster(base, rest)
	case mode == "":
		return openSingle(address)
	default:
		return nil, fmt.Errorf("redis address: unknown scheme %q", scheme)
	}
}

func openSingle(address string) (redis.UniversalClient, error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("read redis address: %w", hidden(err))
	}
	o.DialTimeout, o.DialerRetries, o.ReadTimeout, o.WriteTimeout = redisDialTimeout, 1, redisIOTimeout, redisIOTimeout
	o.PoolTimeout, o.MaxRetries, o.ContextTimeoutEnabled = redisPoolTimeout, 1, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(o), nil
}

func openCluster(base, rest string) (redis.UniversalClient, error) {
	first, others, user, err := splitHosts(rest)
	if err != nil {
		return nil, err
	}
	u := url.URL{Scheme: base, User: user, Host: first}
	q := url.Values{}
	for _, h := range others {
		q.Add("addr", h)
	}
	u.RawQuery = q.Encode()
	o, err := redis.ParseClusterURL(u.String())
	if err != nil {
		return nil, fmt.Errorf("read redis cluster address: %w", hidden(err))
	}
	o.DialTimeout, o.DialerRetries, o.ReadTimeout, o.WriteTimeout = redisDialTimeout, 1, redisIOTimeout, redisIOTimeout
	o.PoolTimeout, o.MaxRetries, o.ContextTimeoutEnabled = redisPoolTimeout, 1, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClusterClient(o), nil
}

func openSentinel(base, rest string) (redis.UniversalClient, error) {
	hosts, master, _ := strings.Cut(rest, "/")
	master, _, _ = strings.Cut(master, "?")
	if master == "" {
		return nil, errors.New("redis sentinel address must end with /<master name>")
	}
	first, others, user, err := splitHosts(hosts)
	if err != nil {
		return nil, err
	}
	u := url.URL{Scheme: base, User: user, Host: first}
	q := url.Values{"master_name": {master}}
	for _, h := range others {
		q.Add("addr", h)
	}
	u.RawQuery = q.Encode()
	o, err := redis.ParseFailoverURL(u.String())
	if err != nil {
		return nil, fmt.Errorf("read redis sentinel address: %w", hidden(err))
	}
	o.DialTimeout, o.DialerRetries, o.ReadTimeout, o.WriteTimeout = redisDialTimeout, 1, redisIOTimeout, redisIOTimeout
	o.PoolTimeout, o.MaxRetries, o.ContextTimeoutEnabled = redisPoolTimeout, 1, true
	return redis.NewFailoverClient(o), nil
}

// hostPart is what stands before the path and the query.
func hostPart(rest string) string {
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		return rest[:i]
	}
	return rest
}

// splitHosts takes "user:password@a:1,b:2" apart. Each host may repeat its scheme, as in "redis://a:1,redis://b:2".
func splitHosts(rest string) (first string, others []string, user *url.Userinfo, err error) {
	list := strings.TrimSuffix(rest, "/")
	if at := strings.LastIndex(list, "@"); at >= 0 {
		name, password, has := strings.Cut(list[:at], ":")
		if user = url.User(name); has {
			user = url.UserPassword(name, password)
		}
		list = list[at+1:]
	}
	var hosts []string
	for h := range strings.SplitSeq(list, ",") {
		if _, bare, ok := strings.Cut(h, "://"); ok {
			h = bare
		}
		if h = strings.TrimSpace(hostPart(h)); h != "" {
			hosts = append(hosts, h)
		}
	}
	if len(hosts) == 0 {
		return "", nil, nil, errors.New("redis address names no host")
	}
	return hosts[0], hosts[1:], user, nil
}

// hidden strips the address, which may hold a password, from an error of package url.
func hidden(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
