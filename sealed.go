package vigia

import "time"

// A Sealed is what was sensed without permission: encrypted to the overseer's
// key at the door. The system keeps how much there was and why it was sealed,
// and can read none of it.
type Sealed struct {
	ID         ID                 `json:"id"`
	Flight     ID                 `json:"flight"`
	Records    int                `json:"records"`
	Reasons    map[SealReason]int `json:"reasons"` // records by reason
	SealedAt   time.Time          `json:"sealed_at"`
	Recipient  string             `json:"recipient"`            // the overseer's public key (age)
	Ciphertext []byte             `json:"ciphertext,omitempty"` // age v1
}
