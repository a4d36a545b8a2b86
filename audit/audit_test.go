package audit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vigia-project/vigia/audit"
)

// memory is a log in memory, as a store would keep it.
type memory struct {
	records     []audit.Record
	hashes      []audit.Hash // by stored index
	checkpoints []string
	signer      *audit.Signer
}

func (m *memory) ReadHashes(indexes []int64) ([]audit.Hash, error) {
	out := make([]audit.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = m.hashes[x]
	}
	return out, nil
}

func (m *memory) add(t testing.TB, e audit.Entry) {
	t.Helper()
	e.N = int64(len(m.records))
	leaf := e.Leaf()
	hs, err := audit.Append(e.N, leaf, m)
	if err != nil {
		t.Fatal(err)
	}
	m.hashes = append(m.hashes, hs...)
	m.records = append(m.records, audit.Record{N: e.N, Leaf: leaf})
}

func (m *memory) sign(t testing.TB) audit.Checkpoint {
	t.Helper()
	n := int64(len(m.records))
	root, err := audit.Root(n, m)
	if err != nil {
		t.Fatal(err)
	}
	c, err := m.signer.Sign(n, root)
	if err != nil {
		t.Fatal(err)
	}
	m.checkpoints = append(m.checkpoints, c.Note)
	return c
}

func (m *memory) Records(_ context.Context, f func(audit.Record) error) error {
	for _, r := range m.records {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) LeafHashes(_ context.Context, f func(int64, audit.Hash) error) error {
	for n := int64(0); audit.LeafIndex(n) < int64(len(m.hashes)); n++ {
		if err := f(n, m.hashes[audit.LeafIndex(n)]); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Checkpoints(_ context.Context, f func(string) error) error {
	for _, c := range m.checkpoints {
		if err := f(c); err != nil {
			return err
		}
	}
	return nil
}

func entry(i int) audit.Entry {
	return audit.Entry{
		Time:    time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC),
		Actor:   "service/detect",
		Action:  "detection.found",
		Subject: fmt.Sprintf("det-%d", i),
		Digest:  "00",
	}
}

// newLog builds a log of n entries with a checkpoint after every block.
func newLog(t testing.TB, n, block int) (*memory, *audit.Verifier) {
	t.Helper()
	private, public, err := audit.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{}
	if m.signer, err = audit.NewSigner(private); err != nil {
		t.Fatal(err)
	}
	v, err := audit.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		m.add(t, entry(i))
		if (i+1)%block == 0 || i == n-1 {
			m.sign(t)
		}
	}
	return m, v
}

func verify(t testing.TB, m *memory, v *audit.Verifier, trusted ...audit.Checkpoint) audit.Report {
	t.Helper()
	r, err := audit.Verify(context.Background(), m, v, trusted, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestVerify_Million is the bar of the log: one changed, removed or reordered
// entry among a million is found and named.
func TestVerify_Million(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a log of a million entries; run without -short")
	}
	const n, at = 1_000_000, 654_321
	m, v := newLog(t, n, 1000)
	if r := verify(t, m, v); !r.OK() || r.Entries != n {
		t.Fatalf("an untouched log: %+v", r)
	}
	records := m.records
	for name, tamper := range map[string]func() []audit.Record{
		"changed": func() []audit.Record {
			out := append([]audit.Record(nil), records...)
			e := entry(at)
			e.N, e.Actor = at, "somebody else"
			out[at].Leaf = e.Leaf()
			return out
		},
		"removed": func() []audit.Record {
			return append(append([]audit.Record(nil), records[:at]...), records[at+1:]...)
		},
		"moved": func() []audit.Record {
			out := append([]audit.Record(nil), records...)
			out[at].Leaf, out[at+7].Leaf = out[at+7].Leaf, out[at].Leaf
			return out
		},
	} {
		m.records = tamper()
		r := verify(t, m, v)
		if r.OK() || r.Findings[0].From != at || r.Findings[0].To != at || !strings.HasPrefix(r.Findings[0].Problem, name) {
			t.Errorf("entry %d %s: the report says %v", at, name, r.Findings)
		}
		want := map[string]int{"changed": 1, "removed": 1, "moved": 2}[name]
		if len(r.Findings) != want {
			t.Errorf("entry %d %s: %d findings, want %d: %v", at, name, len(r.Findings), want, r.Findings)
		}
	}
}

// A forger who rewrites an entry and every hash above it, but has no key, is
// caught between the two checkpoints that lie around it.
func TestVerify_RewrittenWithItsHashes(t *testing.T) {
	m, v := newLog(t, 1000, 10)
	forged := &memory{signer: m.signer, checkpoints: m.checkpoints}
	for i := range 1000 {
		e := entry(i)
		if i == 456 {
			e.Actor = "nobody"
		}
		forged.add(t, e)
	}
	r := verify(t, forged, v)
	if len(r.Findings) != 1 || r.Findings[0].From != 450 || r.Findings[0].To != 459 {
		t.Fatalf("want entries 450 to 459, got %v", r.Findings)
	}
}

func TestVerify_Renumbered(t *testing.T) {
	m, v := newLog(t, 100, 10)
	m.records = append(m.records[:40:40], m.records[41:]...)
	for i := 40; i < len(m.records); i++ {
		m.records[i].N = int64(i)
	}
	r := verify(t, m, v)
	if r.OK() || r.Findings[0].From != 40 || !strings.Contains(r.Findings[0].Problem, "number 41") {
		t.Fatalf("want entry 40 named, got %v", r.Findings)
	}
}

// Cutting the tail off, checkpoints and all, shows only against a checkpoint
// that somebody else kept. That is why the overseer keeps one.
func TestVerify_CutTail(t *testing.T) {
	m, v := newLog(t, 100, 10)
	kept, err := v.Open(m.checkpoints[9])
	if err != nil {
		t.Fatal(err)
	}
	m.records, m.hashes, m.checkpoints = m.records[:80], m.hashes[:audit.LeafIndex(80)], m.checkpoints[:8]
	if r := verify(t, m, v); !r.OK() {
		t.Fatalf("a shorter log is whole by itself: %v", r.Findings)
	}
	r := verify(t, m, v, kept)
	if r.OK() || r.Findings[0].From != 80 || r.Findings[0].To != 99 {
		t.Fatalf("want entries 80 to 99 missed, got %v", r.Findings)
	}
}

func TestVerify_UnsignedTail(t *testing.T) {
	m, v := newLog(t, 20, 10)
	m.add(t, entry(20))
	if r := verify(t, m, v); r.OK() || r.Findings[0].From != 20 {
		t.Fatalf("an entry that no checkpoint covers must be told: %v", r.Findings)
	}
}

func TestVerify_ForgedCheckpoint(t *testing.T) {
	m, v := newLog(t, 20, 10)
	m.checkpoints[0] = strings.Replace(m.checkpoints[0], "\n10\n", "\n11\n", 1)
	if r := verify(t, m, v); r.OK() {
		t.Fatal("a checkpoint whose signature does not hold must be told")
	}
}

// Any single change to any entry of any log is found.
func TestVerify_AnyChange(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 80).Draw(rt, "n")
		m, v := newLog(t, n, rapid.IntRange(1, 9).Draw(rt, "block"))
		at := rapid.IntRange(0, n-1).Draw(rt, "at")
		leaf := append([]byte(nil), m.records[at].Leaf...)
		leaf[rapid.IntRange(0, len(leaf)-1).Draw(rt, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		m.records[at].Leaf = leaf
		r := verify(t, m, v)
		if r.OK() || r.Findings[0].From > int64(at) || r.Findings[0].To < int64(at) {
			rt.Fatalf("entry %d changed, findings %v", at, r.Findings)
		}
	})
}

func TestProofs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Int64Range(1, 200).Draw(rt, "n")
		m, _ := newLog(t, int(n), 50)
		root, err := audit.Root(n, m)
		if err != nil {
			rt.Fatal(err)
		}
		i := rapid.Int64Range(0, n-1).Draw(rt, "i")
		proof, err := audit.ProveInclusion(n, i, m)
		if err != nil {
			rt.Fatal(err)
		}
		if err := audit.CheckInclusion(proof, n, root, i, m.records[i].Leaf); err != nil {
			rt.Fatal(err)
		}
		if err := audit.CheckInclusion(proof, n, root, i, []byte("another")); err == nil {
			rt.Fatal("a proof held for an entry that is not in the log")
		}
		old := rapid.Int64Range(1, n).Draw(rt, "old")
		oldRoot, err := audit.Root(old, m)
		if err != nil {
			rt.Fatal(err)
		}
		proof, err = audit.ProveConsistency(n, old, m)
		if err != nil {
			rt.Fatal(err)
		}
		if err := audit.CheckConsistency(proof, n, root, old, oldRoot); err != nil {
			rt.Fatal(err)
		}
	})
}

// The tree hashes are those of RFC 6962: the empty leaf and the first two of
// the test vectors of certificate-transparency's reference implementation.
func TestRFC6962Vectors(t *testing.T) {
	m := &memory{}
	want := []string{
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	}
	for i, leaf := range [][]byte{{}, {0x00}, {0x10}} {
		hs, err := audit.Append(int64(i), leaf, m)
		if err != nil {
			t.Fatal(err)
		}
		m.hashes = append(m.hashes, hs...)
		root, err := audit.Root(int64(i+1), m)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", root[:]); got != want[i] {
			t.Errorf("root of %d leaves = %s, want %s", i+1, got, want[i])
		}
	}
}

// BenchmarkVerify verifies a log of a hundred thousand entries, a checkpoint
// every three.
func BenchmarkVerify(b *testing.B) {
	const n = 100_000
	m, v := newLog(b, n, 3)
	for b.Loop() {
		if r := verify(b, m, v); !r.OK() {
			b.Fatal(r.Findings)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
