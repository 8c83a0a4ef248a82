package benching

import (
	"net"
	"testing"
)

// pipe is the two ends of a connection.
func pipe(t *testing.T) (client, server net.Conn) {
	t.Helper()
	client, server = net.Pipe()
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return client, server
}
