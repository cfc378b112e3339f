package inflate

// This file is the headers of blocks, and stored blocks (RFC 1951 §3.2.3, §3.2.4
// and §3.2.7).

func (d *Decoder) blockHeader(in *input) (more bool, err error) {
	if !d.have(in, 3) {
		return false, nil
	}
	d.final = d.take(1) == 1
	switch d.take(2) {
	case 0:
		d.drop(d.n & 7)
		d.state = storedHeader
	case 1:
		d.literal, d.distance = fixedLiterals, fixedDistances
		d.state = symbols
	case 2:
		d.state = dynamicHeader
	default:
		return false, corrupt("block of the reserved type 3")
	}
	return true, nil
}

func (d *Decoder) storedHeader(in *input) (more bool, err error) {
	if !d.have(in, 32) {
		return false, nil
	}
	d.left = d.take(16)
	if check := d.take(16); check != d.left^0xFFFF {
		return false, corrupt("stored block of %#04x bytes, but the complement is %#04x", d.left, check)
	}
	d.state = storedBytes
	return true, nil
}

func (d *Decoder) storedBytes(in *input, out *output) (more bool, err error) {
	for d.left > 0 && d.n > 0 { // the bits are whole bytes here
		if err := out.need(1); err != nil {
			return false, err
		}
		out.b = append(out.b, byte(d.take(8)))
		d.left--
	}
	n := min(d.left, len(in.src)-in.i)
	room := min(n, out.limit-len(out.b))
	_ = out.need(room)
	out.b = append(out.b, in.src[in.i:in.i+room]...)
	if room < n {
		return false, ErrTooLong
	}
	in.i += n
	if d.left -= n; d.left > 0 {
		return false, nil
	}
	d.endBlock()
	return true, nil
}

// lengthOrder is the order of the code lengths of the code for code lengths.
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func (d *Decoder) dynamicHeader(in *input) (more bool, err error) {
	if !d.have(in, 14) {
		return false, nil
	}
	d.literals, d.distances, d.lengthCodes = 257+d.take(5), 1+d.take(5), 4+d.take(4)
	if d.literals > maxLiterals || d.distances > maxDistances {
		return false, corrupt("code for %d literals and lengths, and %d distances", d.literals, d.distances)
	}
	clear(d.lengths[:len(lengthOrder)])
	d.left = d.lengthCodes
	d.state = codeLengths
	return true, nil
}

func (d *Decoder) codeLengths(in *input) (more bool, err error) {
	for ; d.left > 0; d.left-- {
		if !d.have(in, 3) {
			return false, nil
		}
		d.lengths[lengthOrder[d.lengthCodes-d.left]] = uint8(d.take(3))
	}
	// This code is not needed any more when those for the data are made.
	if !d.own[0].init(d.lengths[:len(lengthOrder)]) {
		return false, corrupt("no code for code lengths")
	}
	d.left = d.literals + d.distances
	d.state = symbolLengths
	return true, nil
}

func (d *Decoder) symbolLengths(in *input) (more bool, err error) {
	total := d.literals + d.distances
	for d.left > 0 {
		// The code has at most 7 bits, and there are at most 7 behind it. What has
		// come may be enough though it is less.
		enough := d.have(in, 14)
		s := d.own[0].find(d.bits)
		length, extra, times := uint8(s.number()), uint(0), 1
		switch {
		case s == noSymbol && !enough:
			return false, nil
		case s == noSymbol:
			return false, corrupt("bits that are no code length")
		case length == 16:
			extra, times = 2, 3
		case length == 17:
			extra, times = 3, 3
		case length == 18:
			extra, times = 7, 11
		}
		if s.length()+extra > d.n {
			return false, nil
		}
		d.drop(s.length())
		times += d.take(extra)
		i := total - d.left
		switch length {
		case 16:
			if i == 0 {
				return false, corrupt("the first code length is a repetition")
			}
			length = d.lengths[i-1]
		case 17, 18:
			length = 0
		}
		if times > d.left {
			return false, corrupt("%d code lengths where %d are left", times, d.left)
		}
		for j := range times {
			d.lengths[i+j] = length
		}
		d.left -= times
	}
	d.literal, d.distance = &d.own[0], &d.own[1]
	if !d.literal.init(d.lengths[:d.literals]) || !d.distance.init(d.lengths[d.literals:total]) {
		return false, corrupt("no code for literals, lengths and distances")
	}
	d.state = symbols
	return true, nil
}
