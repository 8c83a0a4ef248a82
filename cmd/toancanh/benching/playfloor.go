package benching

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
)

// fixedKey is the Sec-WebSocket-Key every socket of the bench sends, and fixedAccept its answer (RFC 6455, 1.3).
const (
	fixedKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	fixedAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

const floorAnswer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
	fixedAccept + "\r\n\r\n"

// floorServer is what cannot be left out of a fan-out: it accepts sockets and writes each message to every one of
// them with one system call. It keeps no state of a client, reads nothing and parses nothing.
type floorServer struct {
	mu    sync.Mutex
	conns map[net.Conn]rawWriter
}

// playFloor accepts sockets and sends them the records of standard input, finished frames; a record's tag says how
// many messages travel in one write.
func playFloor(listener net.Listener) error {
	f := &floorServer{conns: map[net.Conn]rawWriter{}}
	go f.accept(listener)
	tell(listener)
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	var joined []byte
	waiting := 0
	for {
		join, frame, err := readRecord(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("play floor: %w", err)
		}
		joined = append(joined, frame...)
		if waiting++; waiting < int(join) {
			continue
		}
		f.send(joined)
		joined, waiting = joined[:0], 0
	}
}

func (f *floorServer) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go f.welcome(conn)
	}
}

// welcome answers the handshake and adds the socket; it waits for the socket's end in a read.
func (f *floorServer) welcome(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if !f.handshake(conn) {
		return
	}
	var one [1]byte
	_, _ = conn.Read(one[:])
	f.mu.Lock()
	delete(f.conns, conn)
	f.mu.Unlock()
}

func (f *floorServer) handshake(conn net.Conn) bool {
	request := make([]byte, 0, 1024)
	for !bytes.HasSuffix(request, []byte("\r\n\r\n")) {
		if len(request) == cap(request) {
			return false
		}
		n, err := conn.Read(request[len(request):cap(request)])
		if err != nil {
			return false
		}
		request = request[:len(request)+n]
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	w, err := newRawWriter(raw)
	if err != nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conns[conn] = w
	return w.write([]byte(floorAnswer)) == nil
}

// send writes b to every socket. The lock keeps a socket from being closed, and its number reused, meanwhile.
func (f *floorServer) send(b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range f.conns {
		_ = w.write(b)
	}
}
