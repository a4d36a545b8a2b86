// Package audit is an account that nobody can alter: an append-only log whose
// entries are the leaves of a Merkle tree (RFC 6962 §2.1), with proofs that an
// entry is in it and that a later log holds an earlier one whole, and with
// signed checkpoints (C2SP tlog-checkpoint) that a witness elsewhere can keep.
//
// The package computes; where entries and hashes are kept is the caller's.
package audit

import (
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// An Entry is one line of the account.
type Entry struct {
	N       int64     `json:"n"` // its place, from 0
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`   // the user, or the service that worked it out
	Action  string    `json:"action"`  // what was done: "detection.found", "lead.approved"
	Subject string    `json:"subject"` // the ID of what it was done to
	Digest  string    `json:"digest"`  // SHA-256 of that thing as it then was, hexadecimal
}

// Leaf is the entry as the tree hashes it: one line of JSON.
func (e Entry) Leaf() []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic("audit: an entry of strings and a time cannot fail to marshal: " + err.Error())
	}
	return b
}

// ParseLeaf reads a leaf back.
func ParseLeaf(leaf []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(leaf, &e); err != nil {
		return e, fmt.Errorf("the entry is not readable: %w", err)
	}
	return e, nil
}

// A Hash is a node of the tree, SHA-256.
type Hash = tlog.Hash

// A HashReader gives the stored hashes at the given indexes, in the order of
// golang.org/x/mod/sumdb/tlog: see LeafIndex.
type HashReader = tlog.HashReader

// A HashReaderFunc is a function that is a HashReader.
type HashReaderFunc = tlog.HashReaderFunc

// LeafHash is the hash of a leaf: SHA-256(0x00 ‖ leaf).
func LeafHash(leaf []byte) Hash { return tlog.RecordHash(leaf) }

// LeafIndex is where the hash of leaf n is stored.
func LeafIndex(n int64) int64 { return tlog.StoredHashIndex(0, n) }

// Append returns the hashes to store when leaf becomes entry n: they go at
// LeafIndex(n) and the places after it.
func Append(n int64, leaf []byte, r HashReader) ([]Hash, error) {
	return tlog.StoredHashes(n, leaf, r)
}

// Root is the hash of the tree of the first n entries.
func Root(n int64, r HashReader) (Hash, error) { return tlog.TreeHash(n, r) }

// ProveInclusion proves that entry i is in the tree of the first n entries
// (RFC 6962 §2.1.1).
func ProveInclusion(n, i int64, r HashReader) ([]Hash, error) { return tlog.ProveRecord(n, i, r) }

// CheckInclusion tells why the proof does not show that leaf is entry i of the
// tree of n entries with the given root, or nil.
func CheckInclusion(proof []Hash, n int64, root Hash, i int64, leaf []byte) error {
	return tlog.CheckRecord(proof, n, root, i, LeafHash(leaf))
}

// ProveConsistency proves that the tree of the first n entries is the beginning
// of the tree of the first m (RFC 6962 §2.1.2).
func ProveConsistency(m, n int64, r HashReader) ([]Hash, error) { return tlog.ProveTree(m, n, r) }

// CheckConsistency tells why the proof does not show that, or nil.
func CheckConsistency(proof []Hash, m int64, newRoot Hash, n int64, oldRoot Hash) error {
	return tlog.CheckTree(proof, m, newRoot, n, oldRoot)
}
