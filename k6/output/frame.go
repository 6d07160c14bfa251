package output

import (
	"encoding/binary"
	"encoding/json"
)

// Kinds of frame. A frame is its length (uint32, little endian, of what follows), its kind (a byte) and its payload.
// src/agent/k6/frames.ts reads them.
const (
	frameHello     = 1 // JSON: see hello.
	frameIteration = 2 // iterations of 24 bytes each: see iteration.
	frameScenario  = 3 // JSON: a number and the scenario that iterations call by it.
	frameFailure   = 4 // JSON: a number and the kind of failure that iterations call by it.
	framePart      = 5 // JSON: a number and the part that sums call by it.
	frameSums      = 6 // sums of parts since the last such frame: see appendSum.
	frameTick      = 7 // JSON, once a second: see tick.
	frameBye       = 8 // JSON, the last one: see tick.
)

const frameHead = 5

// How an iteration ended.
const (
	iterationOk          = 0
	iterationException   = 1
	iterationFailedCheck = 2
	iterationDropped     = 3
	iterationInterrupted = 4
)

// iteration is one tick of an executor as it ended. A dropped one has no duration, one that was interrupted an unknown
// one: both then stand at the instant that is known.
type iteration struct {
	startNs    int64 // wall clock, Unix
	durationNs int64
	scenario   uint16
	failure    uint16 // 0: none is told
	outcome    uint8
}

func appendIteration(to []byte, it iteration) []byte {
	to = binary.LittleEndian.AppendUint16(to, it.scenario)
	to = append(to, it.outcome, 0)
	to = binary.LittleEndian.AppendUint16(to, it.failure)
	to = append(to, 0, 0)
	to = binary.LittleEndian.AppendUint64(to, uint64(it.startNs))      //nolint:gosec // bits as they are.
	return binary.LittleEndian.AppendUint64(to, uint64(it.durationNs)) //nolint:gosec // likewise.
}

func appendFrame(to []byte, kind byte, payload []byte) []byte {
	to = binary.LittleEndian.AppendUint32(to, uint32(1+len(payload))) //nolint:gosec // frames are small.
	to = append(to, kind)
	return append(to, payload...)
}

func appendJSON(to []byte, kind byte, value any) []byte {
	payload, err := json.Marshal(value)
	if err != nil {
		payload = []byte("{}")
	}
	return appendFrame(to, kind, payload)
}
