package testredis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// slots is the number of hash slots every Redis Cluster has.
const slots = 16384

// clusterSize is the smallest number of masters that can agree on a failure.
const clusterSize = 3

// Cluster starts a Redis Cluster of three masters on loopback for one test and returns their addresses.
func Cluster(tb testing.TB) []string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	nodes := make([]*node, clusterSize)
	for i := range nodes {
		nodes[i] = newNode(tb)
	}
	for i, n := range nodes {
		first, last := i*slots/clusterSize, (i+1)*slots/clusterSize-1
		if err := n.join(ctx, nodes[0], clusterShare{Epoch: i + 1, First: first, Last: last}); err != nil {
			tb.Fatalf("testredis: %v", err)
		}
	}
	addresses := make([]string, clusterSize)
	for i, n := range nodes {
		if err := n.awaitAgreement(ctx); err != nil {
			tb.Fatalf("testredis: %v", err)
		}
		addresses[i] = n.server.Addr()
	}
	return addresses
}

// node is one member of a cluster.
type node struct {
	server *Server
	client *redis.Client
}

// clusterShare is what a node answers for: its slots, and an epoch no other node has.
type clusterShare struct{ Epoch, First, Last int }

func newNode(tb testing.TB) *node {
	tb.Helper()
	s := prepare(tb)
	s.clustered = true
	s.startOnFreePort()
	return &node{server: s, client: s.Client()}
}

func (s *Server) clusterArguments() []string {
	return []string{
		"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "5000",
		// By default the bus takes port+10000, which a free port from the kernel may not leave room for.
		"--cluster-port", strconv.Itoa(s.busPort),
	}
}

func (n *node) join(ctx context.Context, first *node, share clusterShare) error {
	err := errors.Join(
		n.client.Do(ctx, "cluster", "set-config-epoch", share.Epoch).Err(),
		n.client.ClusterAddSlotsRange(ctx, share.First, share.Last).Err(),
	)
	if err == nil && n != first {
		err = n.client.Do(ctx, "cluster", "meet", "127.0.0.1", first.server.port, first.server.busPort).Err()
	}
	if err != nil {
		return fmt.Errorf("join the cluster: %w", err)
	}
	return nil
}

// awaitAgreement returns when the node knows all others and all slots.
func (n *node) awaitAgreement(ctx context.Context) error {
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		state, err := n.client.ClusterInfo(ctx).Result()
		if err == nil && strings.Contains(state, "cluster_state:ok") &&
			strings.Contains(state, "cluster_size:"+strconv.Itoa(clusterSize)) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the cluster to agree: %w: %s", errors.Join(ctx.Err(), err), state)
		case <-poll.C:
		}
	}
}
