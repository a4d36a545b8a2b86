package service

import (
	"github.com/go-json-experiment/json"

	"github.com/vigia-project/vigia"
)

// ReadMotion reads what a batch on the MOTION stream says, without the bytes as
// they came. Fifty aircraft at thirty pictures a second bring ten megabytes of it
// a second, to more than one reader (docs/decisions/following-keeps-pace.md).
func ReadMotion(data []byte) (vigia.Batch, error) {
	var b struct {
		ID      vigia.ID               `json:"id"`
		Flight  vigia.ID               `json:"flight"`
		Poses   []vigia.Pose           `json:"poses"`
		Reports []vigia.PositionReport `json:"reports"`
	}
	err := json.Unmarshal(data, &b)
	return vigia.Batch{ID: b.ID, Flight: b.Flight, Poses: b.Poses, Reports: b.Reports}, err
}
