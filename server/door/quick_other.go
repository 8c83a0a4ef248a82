//go:build !linux

package door

// serve answers plain requests until there is something for the HTTP server, which it leaves in p.
func (c *quickConn) serve(p []byte) (int, error) {
	for {
		n, err := c.TCPConn.Read(p)
		if err != nil {
			return n, err
		}
		rest, err := c.answerAll(p[:n])
		if err != nil {
			return 0, err
		}
		if len(rest) > 0 {
			return copy(p, rest), c.handOver()
		}
	}
}

func (c *quickConn) put(b []byte) error {
	_, err := c.TCPConn.Write(b)
	return err
}
