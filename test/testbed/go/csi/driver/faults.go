package main

import (
	"context"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Faults are asked for by parameters of a class, so that tests on one node do not meet each other's:
//
//	fault: slow          the answer comes after `milliseconds`
//	fault: fail          every call fails
//	fault: fail-once     the first call of each name fails, and nothing was made
//	fault: answer-lost   the first call of each name fails after the work was done
//	fault: twice         as answer-lost, but the driver then does the work once more
//	fault: rate          calls are refused but for one in each `milliseconds`
//	fault: not-ready     a snapshot is ready only `milliseconds` after it was cut
//	fault: keep          what is made cannot be deleted; of a group only the group as a whole
//	fault: full          there is no space in the first `milliseconds` after the first call of a name
type faults struct {
	sync.Mutex
	calls map[string]attempt
	next  time.Time
}

// attempt is a call of a name.
type attempt struct {
	// number counts from 1.
	number int
	// first is the time of the first one.
	first time.Time
}

func newFaults() *faults { return &faults{calls: map[string]attempt{}} }

func milliseconds(parameters map[string]string) time.Duration {
	count, err := strconv.Atoi(parameters["milliseconds"])
	if err != nil {
		count = 1000
	}
	return time.Duration(count) * time.Millisecond
}

// call notes a call of a name.
func (f *faults) call(name string) attempt {
	f.Lock()
	defer f.Unlock()
	one, known := f.calls[name]
	if !known {
		one.first = time.Now()
	}
	one.number++
	f.calls[name] = one
	return one
}

// before answers what goes wrong before any work is done.
func (f *faults) before(ctx context.Context, call attempt, parameters map[string]string) error {
	switch parameters["fault"] {
	case "slow":
		select {
		case <-time.After(milliseconds(parameters)):
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	case "fail":
		return status.Error(codes.Internal, "asked to fail")
	case "full":
		if time.Since(call.first) < milliseconds(parameters) {
			return status.Error(codes.ResourceExhausted, "no space left in the storage")
		}
	case "fail-once":
		if call.number == 1 {
			return status.Error(codes.Internal, "asked to fail once")
		}
	case "rate":
		f.Lock()
		defer f.Unlock()
		if now := time.Now(); now.Before(f.next) {
			return status.Error(codes.ResourceExhausted, "429: too many snapshots at a time")
		}
		f.next = time.Now().Add(milliseconds(parameters))
	}
	return nil
}

// after answers what goes wrong when the work was done.
func (f *faults) after(call attempt, parameters map[string]string) error {
	fault := parameters["fault"]
	if call.number == 1 && (fault == "answer-lost" || fault == "twice") {
		return status.Error(codes.Unavailable, "asked to lose the answer")
	}
	return nil
}
