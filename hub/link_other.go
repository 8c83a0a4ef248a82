//go:build !linux

package hub

import (
	"net"
	"time"
)

// takeOver is only for Linux; elsewhere every connection has a goroutine that writes.
func takeOver(net.Conn, int, time.Duration) (link, net.Conn, []byte, bool) {
	return nil, nil, nil, false
}

func bare(conn net.Conn) net.Conn {
	if u, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
		return u.UnsafeConn()
	}
	return conn
}
