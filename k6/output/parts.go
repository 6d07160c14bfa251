package output

import (
	"encoding/binary"
	"math"
	"strings"

	"go.k6.io/k6/v2/metrics"
)

// mostParts bounds the parts of a test, mostSeries what is remembered of which series belongs to which part. Further names
// count under one name, otherParts.
const (
	mostParts  = 200
	mostSeries = 20_000
	otherParts = "(others)"
)

// Left out, unless a threshold names them: pieces of http_req_duration and of what comes before it that are told by their sums,
// and what iterations tell.
var leftOut = map[string]bool{
	metrics.HTTPReqSendingName:        true,
	metrics.HTTPReqReceivingName:      true,
	metrics.HTTPReqConnectingName:     true,
	metrics.HTTPReqTLSHandshakingName: true,
	metrics.DroppedIterationsName:     true,
	thrownMetric:                      true,
}

// partKey is what tells parts apart.
type partKey struct {
	Scenario string `json:"scenario"`
	Group    string `json:"group"`
	Name     string `json:"name"`
	Metric   string `json:"metric"`
}

// part is one (scenario, group, name, metric) since the last frame of sums.
type part struct {
	number   uint32
	kind     metrics.MetricType
	count    uint64
	nonzero  uint64
	sum      float64
	max      float64
	min      float64
	duration histogram
}

type parts struct {
	byKey    map[partKey]*part
	bySeries map[metrics.TimeSeries]*part
	order    []*part
	defined  []byte // frames that define what is new
	judged   map[string]bool
}

// newParts: thresholds of the script by what they judge, http_req_duration{name:login}.
func newParts(thresholds map[string]metrics.Thresholds) *parts {
	judged := map[string]bool{}
	for of := range thresholds {
		metric, _, _ := strings.Cut(of, "{")
		judged[metric] = true
	}
	return &parts{byKey: map[partKey]*part{}, bySeries: map[metrics.TimeSeries]*part{}, judged: judged}
}

func (p *parts) add(sample *metrics.Sample) {
	found, known := p.bySeries[sample.TimeSeries]
	if !known {
		found = p.find(sample.TimeSeries)
		if len(p.bySeries) >= mostSeries {
			clear(p.bySeries)
		}
		p.bySeries[sample.TimeSeries] = found
	}
	if found != nil {
		found.add(sample.Value)
	}
}

func (p *parts) find(series metrics.TimeSeries) *part {
	metric := series.Metric
	if leftOut[metric.Name] && !p.judged[metric.Name] {
		return nil
	}
	key := partKey{
		Scenario: tagOf(series.Tags, "scenario"),
		Group:    tagOf(series.Tags, "group"),
		Name:     nameOf(series.Tags),
		Metric:   metric.Name,
	}
	if found := p.byKey[key]; found != nil {
		return found
	}
	if len(p.order) >= mostParts {
		key.Name, key.Group = otherParts, ""
		if found := p.byKey[key]; found != nil {
			return found
		}
	}
	return p.define(key, metric)
}

func (p *parts) define(key partKey, metric *metrics.Metric) *part {
	made := &part{number: uint32(len(p.order)), kind: metric.Type} //nolint:gosec // few.
	p.byKey[key] = made
	p.order = append(p.order, made)
	p.defined = appendJSON(p.defined, framePart, struct {
		ID uint32 `json:"id"`
		partKey
		Type string `json:"type"`
		Time bool   `json:"time"`
	}{made.number, key, metric.Type.String(), metric.Contains == metrics.Time})
	return made
}

func (p *part) add(value float64) {
	if p.count == 0 || value < p.min {
		p.min = value
	}
	if p.count == 0 || value > p.max {
		p.max = value
	}
	p.count++
	if value != 0 {
		p.nonzero++
	}
	if p.kind == metrics.Trend {
		p.duration.record(value)
		p.sum = p.duration.sumMs
		return
	}
	if p.kind == metrics.Gauge {
		p.sum = value
		return
	}
	p.sum += value
}

// appendFrames appends what is new and the sums of everything that was touched, and begins anew.
func (p *parts) appendFrames(to []byte) []byte {
	to = append(to, p.defined...)
	p.defined = p.defined[:0]
	var sums []byte
	for _, each := range p.order {
		if each.count == 0 {
			continue
		}
		sums = each.appendSum(sums)
		each.clear()
	}
	if len(sums) == 0 {
		return to
	}
	return appendFrame(to, frameSums, sums)
}

// appendSum: number, bytes of the histogram (uint32 each), count, nonzero (uint64 each), sum, min, max (float64 each), the
// histogram. Values are as k6 has them: milliseconds where the metric holds times.
func (p *part) appendSum(to []byte) []byte {
	sparse := p.duration.appendSparse(nil)
	to = binary.LittleEndian.AppendUint32(to, p.number)
	to = binary.LittleEndian.AppendUint32(to, uint32(len(sparse))) //nolint:gosec // at most buckets pairs.
	to = binary.LittleEndian.AppendUint64(to, p.count)
	to = binary.LittleEndian.AppendUint64(to, p.nonzero)
	for _, value := range []float64{p.sum, p.min, p.max} {
		to = binary.LittleEndian.AppendUint64(to, math.Float64bits(value))
	}
	return append(to, sparse...)
}

func (p *part) clear() {
	p.duration.clear()
	p.count, p.nonzero, p.sum, p.min, p.max = 0, 0, 0, 0, 0
}

func tagOf(tags *metrics.TagSet, name string) string {
	value, _ := tags.Get(name)
	return value
}

// nameOf is the check that a series is of, else the name that the script gave its request.
func nameOf(tags *metrics.TagSet) string {
	if check := tagOf(tags, "check"); check != "" {
		return check
	}
	if name := tagOf(tags, "name"); name != "" {
		return name
	}
	return tagOf(tags, "method")
}
