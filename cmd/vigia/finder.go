//go:build !onnx

package main

import "github.com/vigia-project/vigia/core/motion"

// finderFlags are the flags of a detector of one's own; there is none without
// the build tag onnx (docs/formats/motion.md).
type finderFlags struct{}

func (finderFlags) finder() (motion.Finder, error) { return nil, nil }
