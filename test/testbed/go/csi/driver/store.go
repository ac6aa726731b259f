package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// record stands beside each folder, and is written last: what has none was not made.
type record struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Source  string    `json:"source,omitempty"`
	Bytes   int64     `json:"bytes"`
	Created time.Time `json:"created"`
	// Group is that of a snapshot, Members are the snapshots of a group.
	Group      string            `json:"group,omitempty"`
	Members    []string          `json:"members,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
}

// store keeps volumes and snapshots as folders; that of a group is empty. One call works at a time.
type store struct {
	sync.Mutex
	root string
}

const (
	volumes   = "volumes"
	snapshots = "snapshots"
	groups    = "groups"
)

func openStore(root string) (*store, error) {
	for _, kind := range []string{volumes, snapshots, groups} {
		if err := os.MkdirAll(filepath.Join(root, kind), 0o755); err != nil {
			return nil, err
		}
	}
	return &store{root: root}, nil
}

// idOf makes the same id of the same name: that is what makes a call that is repeated harmless.
func idOf(kind, name string) string {
	sum := sha256.Sum256([]byte(kind + "/" + name))
	return hex.EncodeToString(sum[:12])
}

func (s *store) folder(kind, id string) string { return filepath.Join(s.root, kind, filepath.Base(id)) }

func (s *store) find(kind, id string) (*record, error) {
	text, err := os.ReadFile(s.folder(kind, id) + ".json")
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := &record{}
	return found, json.Unmarshal(text, found)
}

// create copies the folder `from`, or makes an empty one.
func (s *store) create(kind, from string, made record) (*record, error) {
	target := s.folder(kind, made.ID)
	if err := os.RemoveAll(target); err != nil {
		return nil, err
	}
	if from == "" {
		if err := os.Mkdir(target, 0o777); err != nil {
			return nil, err
		}
		if err := os.Chmod(target, 0o777); err != nil {
			return nil, err
		}
	} else {
		copying := exec.Command("cp", "-a", "--reflink=auto", "--sparse=always", from, target)
		if text, err := copying.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, text)
		}
	}
	if made.Created.IsZero() {
		made.Created = time.Now()
	}
	text, err := json.Marshal(made)
	if err != nil {
		return nil, err
	}
	file := target + ".json"
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return nil, err
	}
	return &made, os.Rename(file+".new", file)
}

func (s *store) remove(kind, id string) error {
	if err := os.Remove(s.folder(kind, id) + ".json"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.RemoveAll(s.folder(kind, id))
}

func (s *store) list(kind string) ([]*record, error) {
	files, err := filepath.Glob(filepath.Join(s.root, kind, "*.json"))
	if err != nil {
		return nil, err
	}
	all := []*record{}
	for _, file := range files {
		id := filepath.Base(file)
		one, err := s.find(kind, id[:len(id)-len(".json")])
		if err != nil {
			return nil, err
		}
		if one != nil {
			all = append(all, one)
		}
	}
	return all, nil
}
