package output

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

func TestPartsBeyondTheBoundCountUnderOneName(t *testing.T) {
	t.Parallel()
	s, p := newSource(), newParts(nil)
	for i := range mostParts + 50 {
		p.add(s.sample(s.builtin.HTTPReqDuration, "1", 0, 2, "name", strconv.Itoa(i)))
	}
	others := p.byKey[partKey{Scenario: "main", Name: otherParts, Metric: metrics.HTTPReqDurationName}]
	if len(p.order) != mostParts+1 || others == nil || others.count != 50 {
		t.Fatalf("found %d parts and %+v", len(p.order), others)
	}
}

func TestWhatIsLeftOutIsKeptWhereAThresholdNamesIt(t *testing.T) {
	t.Parallel()
	s := newSource()
	for _, want := range []struct {
		thresholds map[string]metrics.Thresholds
		kept       int
	}{
		{nil, 0},
		{map[string]metrics.Thresholds{"dropped_iterations": {}, "http_req_connecting{name:login}": {}}, 2},
	} {
		p := newParts(want.thresholds)
		p.add(s.sample(s.builtin.DroppedIterations, "", 0, 1))
		p.add(s.sample(s.builtin.HTTPReqConnecting, "1", 0, 2, "name", "login"))
		if len(p.order) != want.kept {
			t.Errorf("found %d parts, expected %d", len(p.order), want.kept)
		}
	}
}

func TestSumsOfAPartBeginAnewWithEveryFrame(t *testing.T) {
	t.Parallel()
	s, p := newSource(), newParts(nil)
	p.add(s.sample(s.builtin.HTTPReqDuration, "1", 0, 2, "name", "login"))
	p.add(s.sample(s.builtin.HTTPReqDuration, "1", 0, 4, "name", "login"))
	p.add(s.sample(s.builtin.HTTPReqs, "1", 0, 3, "name", "login"))
	for _, want := range []struct {
		sum   float64
		count uint64
	}{{6, 2}, {0, 0}} {
		frames := framesOf(p.appendFrames(nil))
		sums := frames[frameSums]
		if want.count == 0 {
			if len(sums) != 0 {
				t.Fatal("sums were told twice")
			}
			continue
		}
		first := sums[0]
		sum := math.Float64frombits(binary.LittleEndian.Uint64(first[24:]))
		if binary.LittleEndian.Uint64(first[8:]) != want.count || sum != want.sum {
			t.Fatalf("found %v", first[:48])
		}
	}
}

// stuck never takes a byte until it is released.
type stuck struct{ released chan struct{} }

func (s stuck) Write(bytes []byte) (int, error) { <-s.released; return len(bytes), nil }
func (s stuck) Close() error                    { return nil }

func TestAReaderThatDoesNotReadNeverHoldsK6(t *testing.T) {
	t.Parallel()
	s := newSource()
	reader := stuck{make(chan struct{})}
	out := &Output{
		params: output.Params{Logger: logrus.New()}, iterations: newIterations(), parts: newParts(nil),
		open: func() (io.WriteCloser, error) { return reader, nil },
	}
	if err := out.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(1500 * time.Millisecond)
	for time.Now().Before(deadline) {
		began := time.Now()
		out.AddMetricSamples([]metrics.SampleContainer{*s.sample(s.builtin.IterationDuration, "1", 0, 1)})
		if time.Since(began) > time.Second {
			t.Fatal("k6 would have waited")
		}
		time.Sleep(time.Millisecond)
	}
	close(reader.released)
	if err := out.Stop(); err != nil {
		t.Fatal(err)
	}
}

func TestArgumentsThatNameNoStreamAreRefused(t *testing.T) {
	t.Parallel()
	for _, argument := range []string{"", "fd:1", "fd:x", "file"} {
		if _, err := New(output.Params{ConfigArgument: argument}); err == nil {
			t.Errorf("%q was taken", argument)
		}
	}
}

func framesOf(bytes []byte) map[byte][][]byte {
	found := map[byte][][]byte{}
	for len(bytes) > 0 {
		length := binary.LittleEndian.Uint32(bytes)
		found[bytes[4]] = append(found[bytes[4]], bytes[frameHead:4+length])
		bytes = bytes[4+length:]
	}
	return found
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
func (broken) Close() error              { return nil }

func TestK6EndsWhenItsReaderIsGone(t *testing.T) {
	t.Parallel()
	gone := make(chan int, 1)
	out := &Output{
		params: output.Params{Logger: logrus.New()}, iterations: newIterations(), parts: newParts(nil),
		open: func() (io.WriteCloser, error) { return broken{}, nil },
		exit: func(code int) { gone <- code },
	}
	if err := out.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-gone:
		if code != exitGone {
			t.Fatalf("found exit code %d", code)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("k6 would have gone on")
	}
}
