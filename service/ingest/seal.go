package ingest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/stream"
)

// A Sealer encrypts what may not be seen to the overseer's key. It cannot
// decrypt it.
type Sealer struct {
	recipient *age.X25519Recipient
	nameKey   []byte
}

// NewSealer makes a sealer for the overseer's public key ("age1…"). nameKey is
// a secret of this installation: what is sealed is named by a keyed hash, so
// that a repeat is known and a guess of the content cannot be tried against
// the name.
func NewSealer(recipient string, nameKey []byte) (*Sealer, error) {
	r, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the overseer's key is not an age public key: %v", err)
	}
	if len(nameKey) < 32 {
		return nil, vigia.Errorf(vigia.Invalid, "the key that names what is sealed has %d bytes; 32 are needed", len(nameKey))
	}
	return &Sealer{recipient: r, nameKey: nameKey}, nil
}

// Seal encrypts plain.
func (s *Sealer) Seal(flight vigia.ID, plain []byte) (vigia.Sealed, error) {
	mac := hmac.New(sha256.New, s.nameKey)
	fmt.Fprintf(mac, "%s\x00", flight)
	mac.Write(plain)
	sealed := vigia.Sealed{
		ID:        vigia.ID("seal-" + hex.EncodeToString(mac.Sum(nil)[:16])),
		Flight:    flight,
		Recipient: s.recipient.String(),
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, s.recipient)
	if err != nil {
		return sealed, fmt.Errorf("sealing: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return sealed, fmt.Errorf("sealing: %w", err)
	}
	if err := w.Close(); err != nil {
		return sealed, fmt.Errorf("sealing: %w", err)
	}
	sealed.Ciphertext = out.Bytes()
	return sealed, nil
}

// Unseal decrypts with the overseer's private key ("AGE-SECRET-KEY-1…").
func Unseal(sealed vigia.Sealed, identity string) ([]byte, error) {
	id, err := age.ParseX25519Identity(identity)
	if err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "this is not an age private key: %v", err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed.Ciphertext), id)
	if err != nil {
		return nil, vigia.Errorf(vigia.Forbidden, "the key does not open this seal: %v", err)
	}
	return io.ReadAll(r)
}

// GenerateOverseer makes an overseer's key pair.
func GenerateOverseer() (identity, recipient string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", fmt.Errorf("making the overseer's key: %w", err)
	}
	return id.String(), id.Recipient().String(), nil
}

// sealedPart gathers the records of a request that may not be seen.
type sealedPart struct {
	raw     []byte
	records int
	reasons map[vigia.SealReason]int
}

func (p *sealedPart) add(raw string, records int, reason vigia.SealReason) {
	if p.reasons == nil {
		p.reasons = map[vigia.SealReason]int{}
	}
	p.raw = append(p.raw, raw...)
	p.records += records
	p.reasons[reason] += records
}

// seal keeps raw, in which there are so many records, from everybody's eyes.
func (in *intake) seal(ctx context.Context, raw string, records int, reason vigia.SealReason) error {
	in.sealed.add(raw, records, reason)
	if in.sealed.records >= batchRecords || len(in.sealed.raw) >= batchBytes {
		return in.flushSealed(ctx)
	}
	return nil
}

// flushSealed puts what was gathered on the log, sealed.
func (in *intake) flushSealed(ctx context.Context) error {
	if in.sealed.records == 0 {
		return nil
	}
	sealed, err := in.sealer.Seal(in.flight.ID, append([]byte(in.header), in.sealed.raw...))
	if err != nil {
		return err
	}
	sealed.Records, sealed.Reasons, sealed.SealedAt = in.sealed.records, in.sealed.reasons, in.Clock().UTC()
	data, err := json.Marshal(sealed)
	if err != nil {
		return err
	}
	_, repeated, err := in.Stream.Publish(ctx, stream.Message{Subject: stream.Sealed + string(in.flight.ID), ID: string(sealed.ID), Data: data})
	if err != nil {
		return err
	}
	if repeated {
		in.receipt.Repeated += sealed.Records
		in.meter.Repeated(sealed.Records)
	} else {
		in.receipt.Sealed += sealed.Records
		in.meter.Sealed(sealed.Records)
		in.Counters.Add("ingest.sealed", float64(sealed.Records))
	}
	in.sealed = sealedPart{}
	return nil
}
