//go:build onnx

package main

import (
	"fmt"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/motion"
)

// finderFlags are the flags of a detector of one's own
// (docs/formats/motion.md).
type finderFlags struct {
	Model       string  `help:"ONNX model of a detector to use in place of what moves." type:"existingfile"`
	ModelInput  string  `help:"Name of its input." default:"images"`
	ModelOutput string  `help:"Name of its output." default:"output0"`
	ModelWidth  int     `help:"Width of its input, pixels." default:"640"`
	ModelHeight int     `help:"Height of its input, pixels." default:"640"`
	ModelGrey   bool    `help:"Its input has one channel, not three."`
	ModelScore  float64 `help:"Least score of a box that is taken." default:"0.4"`
	Runtime     string  `help:"The ONNX Runtime library." default:"libonnxruntime.so" placeholder:"FILE"`
}

// An onnxFinder runs a model: 1 × channels × height × width numbers from 0 to 1
// in, rows of left, top, right, bottom, score … in pixels of the input out.
type onnxFinder struct {
	flags   finderFlags
	session *ort.DynamicAdvancedSession
	input   *ort.Tensor[float32]
	planes  int
}

func (f finderFlags) finder() (motion.Finder, error) {
	if f.Model == "" {
		return nil, nil
	}
	if f.ModelWidth < 1 || f.ModelHeight < 1 || f.ModelWidth > 1<<14 || f.ModelHeight > 1<<14 {
		return nil, vigia.Errorf(vigia.Invalid, "a model's input of %d × %d pixels", f.ModelWidth, f.ModelHeight)
	}
	ort.SetSharedLibraryPath(f.Runtime)
	if err := ort.InitializeEnvironment(); err != nil {
		return nil, vigia.Errorf(vigia.Unavailable, "the ONNX Runtime cannot be used (--runtime): %v", err)
	}
	o := &onnxFinder{flags: f, planes: 3}
	if f.ModelGrey {
		o.planes = 1
	}
	var err error
	if o.input, err = ort.NewEmptyTensor[float32](ort.NewShape(1, int64(o.planes), int64(f.ModelHeight), int64(f.ModelWidth))); err != nil {
		return nil, fmt.Errorf("making room for the model's input: %w", err)
	}
	if o.session, err = ort.NewDynamicAdvancedSession(f.Model, []string{f.ModelInput}, []string{f.ModelOutput}, nil); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the model %s cannot be used: %v", f.Model, err)
	}
	return o, nil
}

// Find runs the model on one picture, stretched to its input.
func (o *onnxFinder) Find(p motion.Picture) ([]motion.Box, error) {
	w, h := o.flags.ModelWidth, o.flags.ModelHeight
	in := o.input.GetData()
	for y := range h {
		row := p.Pixels[(y*p.Height/h)*p.Width:]
		for x := range w {
			v := float32(row[x*p.Width/w]) / 255
			for c := range o.planes {
				in[(c*h+y)*w+x] = v
			}
		}
	}
	outputs := []ort.Value{nil}
	if err := o.session.Run([]ort.Value{o.input}, outputs); err != nil {
		return nil, vigia.Errorf(vigia.Invalid, "the model cannot be run on a picture: %v", err)
	}
	defer outputs[0].Destroy() //nolint:errcheck // it is only memory
	out, ok := outputs[0].(*ort.Tensor[float32])
	shape := outputs[0].GetShape()
	if !ok || len(shape) != 3 || shape[2] < 5 {
		return nil, vigia.Errorf(vigia.Invalid, "the model's output is of the shape %v; 1 × boxes × (left, top, right, bottom, score, …) is needed", shape)
	}
	sx, sy := float64(p.Width)/float64(w), float64(p.Height)/float64(h)
	var all []motion.Box
	data, n := out.GetData(), int(shape[2])
	for at := 0; at+n <= len(data); at += n {
		r := data[at : at+5]
		if float64(r[4]) >= o.flags.ModelScore {
			all = append(all, motion.Box{Left: float64(r[0]) * sx, Top: float64(r[1]) * sy, Right: float64(r[2]) * sx, Bottom: float64(r[3]) * sy, Score: float64(r[4])})
		}
	}
	return all, nil
}
