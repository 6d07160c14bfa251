// Package output is a k6 output that folds samples inside k6 and streams what accounting needs: every iteration as it
// ended, and per second and (scenario, group, name, metric) a sparse HDR histogram.
//
//	k6 run --out loadcell=fd:3 script.ts
//	k6 run --out loadcell=unix:/run/agent.sock script.ts
//
// It never blocks k6: samples are taken into a buffer, folded on a goroutine of their own, and written by another one. While
// nobody reads, sums go on adding up and iterations are kept up to a bound; what is lost beyond it is counted and told.
package output

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

const (
	// Protocol is raised when frames change their meaning.
	Protocol = 1

	flushEvery = 100 * time.Millisecond
	tickEvery  = time.Second
	// How long the end waits for whoever reads.
	partingTime = 10 * time.Second
)

func init() { //nolint:gochecknoinits // how k6 learns of extensions
	output.RegisterExtension("loadcell", func(params output.Params) (output.Output, error) { return New(params) })
}

// Output implements output.Output.
type Output struct {
	output.SampleBuffer
	params output.Params
	open   func() (io.WriteCloser, error)
	exit   func(int)

	exceptions exceptionHook
	flusher    *output.PeriodicFlusher
	iterations *iterations
	parts      *parts
	writer     *frameWriter
	nextTick   time.Time
	vus        float64
	vusMax     float64
}

type hello struct {
	Protocol   int                 `json:"protocol"`
	PID        int                 `json:"pid"`
	Thresholds map[string][]string `json:"thresholds"`
	HasVUTag   bool                `json:"hasVuTag"`
}

type tick struct {
	AtNs   int64   `json:"atNs,string"`
	VUs    float64 `json:"vus"`
	VUsMax float64 `json:"vusMax"`
	// Lost: iterations that were not told, for nobody read. Orphans: exceptions whose iteration was not found.
	Lost    uint64 `json:"lost"`
	Orphans uint64 `json:"orphans"`
}

// New is an output that writes to what its argument names: fd:NUMBER or unix:PATH.
func New(params output.Params) (*Output, error) {
	open, err := opener(params.ConfigArgument)
	if err != nil {
		return nil, err
	}
	return &Output{
		params: params, open: open, exit: os.Exit,
		iterations: newIterations(), parts: newParts(params.ScriptOptions.Thresholds),
	}, nil
}

func opener(argument string) (func() (io.WriteCloser, error), error) {
	kind, rest, _ := strings.Cut(argument, ":")
	switch kind {
	case "fd":
		number, err := strconv.Atoi(rest)
		if err != nil || number < 3 {
			return nil, fmt.Errorf("found --out loadcell=%s, expected fd: and a number from 3 on", argument)
		}
		return func() (io.WriteCloser, error) {
			file := os.NewFile(uintptr(number), "loadcell") //nolint:gosec // checked above.
			if file == nil {
				return nil, errors.New("the file descriptor is not open")
			}
			return file, nil
		}, nil
	case "unix":
		return func() (io.WriteCloser, error) { return net.Dial("unix", rest) }, nil
	default:
		return nil, fmt.Errorf("found --out loadcell=%s, expected loadcell=fd:3 or loadcell=unix:/path", argument)
	}
}

// Description is what k6 prints.
func (o *Output) Description() string { return "loadcell (" + o.params.ConfigArgument + ")" }

// Start opens the stream and begins to fold.
func (o *Output) Start() error {
	stream, err := o.open()
	if err != nil {
		return fmt.Errorf("loadcell output: the stream could not be opened: %w", err)
	}
	o.writer = newFrameWriter(stream, o.leave)
	o.writer.offer(appendJSON(nil, frameHello, o.hello()))
	o.listen()
	o.nextTick = time.Now().Add(tickEvery)
	o.flusher, err = output.NewPeriodicFlusher(flushEvery, o.flush)
	return err
}

// leave ends k6: whoever started it is gone, and a load that nobody watches must not go on.
func (o *Output) leave() {
	o.params.Logger.Error("loadcell output: whoever read the samples is gone; k6 ends")
	o.exit(exitGone)
}

// exitGone is k6's own code of a test that was aborted from outside.
const exitGone = 105

func (o *Output) hello() hello {
	thresholds := map[string][]string{}
	for metric, of := range o.params.ScriptOptions.Thresholds {
		for _, each := range of.Thresholds {
			thresholds[metric] = append(thresholds[metric], each.Source)
		}
	}
	tags := o.params.ScriptOptions.SystemTags
	return hello{Protocol, os.Getpid(), thresholds, tags != nil && tags.Has(metrics.TagVU)}
}

// listen hears of exceptions where k6 tells of them: in its log.
func (o *Output) listen() {
	switch logger := o.params.Logger.(type) {
	case *logrus.Logger:
		logger.AddHook(&o.exceptions)
	case *logrus.Entry:
		logger.Logger.AddHook(&o.exceptions)
	}
}

// StopWithTestError folds and writes what is left.
func (o *Output) StopWithTestError(error) error { return o.Stop() }

// Stop folds and writes what is left; it waits for whoever reads at most partingTime.
func (o *Output) Stop() error {
	o.flusher.Stop()
	now := o.fold(true)
	return o.writer.close(o.appendFrames(nil, frameBye, now), partingTime)
}

// flush writes what there is, unless nobody reads: then everything goes on adding up here.
func (o *Output) flush() {
	now := o.fold(false)
	if !o.writer.isFree() {
		return
	}
	var frames []byte
	if now.Before(o.nextTick) {
		frames = o.iterations.appendFrames(frames)
	} else {
		o.nextTick = now.Add(tickEvery)
		frames = o.appendFrames(frames, frameTick, now)
	}
	if len(frames) > 0 {
		o.writer.offer(frames)
	}
}

func (o *Output) fold(isEnd bool) time.Time {
	for _, container := range o.GetBufferedSamples() {
		samples := container.GetSamples()
		for i := range samples {
			o.add(&samples[i])
		}
	}
	now := time.Now()
	o.iterations.match(o.exceptions.take(), now, isEnd)
	return now
}

func (o *Output) appendFrames(to []byte, kind byte, now time.Time) []byte {
	to = o.iterations.appendFrames(to)
	to = o.parts.appendFrames(to)
	return appendJSON(to, kind, o.tick(now))
}

func (o *Output) tick(now time.Time) tick {
	return tick{now.UnixNano(), o.vus, o.vusMax, o.iterations.lost, o.iterations.orphans}
}

func (o *Output) add(sample *metrics.Sample) {
	switch sample.Metric.Name {
	case metrics.VUsName:
		o.vus = sample.Value
	case metrics.VUsMaxName:
		o.vusMax = sample.Value
	default:
		o.iterations.add(sample)
		o.parts.add(sample)
	}
}

// exceptionHook keeps what executors log of exceptions inside iterations.
type exceptionHook struct {
	mutex sync.Mutex
	heard []thrown
}

// Levels are those at which executors log exceptions.
func (h *exceptionHook) Levels() []logrus.Level { return []logrus.Level{logrus.ErrorLevel} }

// Fire is called on the goroutine of the VU.
func (h *exceptionHook) Fire(entry *logrus.Entry) error {
	scenario, isOfExecutor := entry.Data["scenario"].(string)
	if !isOfExecutor || entry.Message == allocationMessage {
		return nil
	}
	h.mutex.Lock()
	h.heard = append(h.heard, thrown{scenario, time.Now(), entry.Message})
	h.mutex.Unlock()
	return nil
}

// Logged by executors with a scenario and at the same level, and no exception.
const allocationMessage = "Error while allocating unplanned VU"

func (h *exceptionHook) take() []thrown {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	heard := h.heard
	h.heard = nil
	return heard
}
