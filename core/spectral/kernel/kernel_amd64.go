package kernel

// Available lists the implementations this processor has, the best first.
func Available() []Implementation {
	all := []Implementation{portable}
	fma, wide := features()
	if fma {
		all = append([]Implementation{{"avx2", centreAVX2, tileAVX2, norm2AVX2, dotAVX2}}, all...)
	}
	if wide {
		all = append([]Implementation{{"avx512", centreAVX512, tileAVX512, norm2AVX512, dotAVX512}}, all...)
	}
	return all
}

// features asks the processor and the operating system for AVX2 with FMA, and
// for AVX-512 F (Intel SDM vol. 1, §14.7.1 and §15.2): the instructions must be
// there, and the system must save their registers.
func features() (fma, wide bool) {
	most, _, _, _ := cpuid(0, 0)
	_, _, c1, _ := cpuid(1, 0)
	const osxsave, avx, fma3 = 1 << 27, 1 << 28, 1 << 12
	if most < 7 || c1&osxsave == 0 || c1&avx == 0 || c1&fma3 == 0 {
		return false, false
	}
	saved := xgetbv()
	_, b7, _, _ := cpuid(7, 0)
	fma = saved&0x6 == 0x6 && b7&(1<<5) != 0
	wide = fma && saved&0xe6 == 0xe6 && b7&(1<<16) != 0
	return fma, wide
}

func cpuid(leaf, sub uint32) (a, b, c, d uint32)
func xgetbv() uint32

//go:noescape
func centreAVX512(dst, src, shift, sum *float32, n, lanes, stride int)

//go:noescape
func tileAVX512(c, a, b *float32, stride, n int)

//go:noescape
func norm2AVX512(out, x, w *float32, panels, panelBytes int)

//go:noescape
func dotAVX512(out, x, w *float32, panels, panelBytes int)

//go:noescape
func centreAVX2(dst, src, shift, sum *float32, n, lanes, stride int)

//go:noescape
func tileAVX2(c, a, b *float32, stride, n int)

//go:noescape
func norm2AVX2(out, x, w *float32, panels, panelBytes int)

//go:noescape
func dotAVX2(out, x, w *float32, panels, panelBytes int)
