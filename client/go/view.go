package muster

import (
	"bytes"
	"encoding/json"
	"errors"
	"sort"
	"time"
)

const (
	holdMax      = 10 * time.Minute
	oldAfter     = time.Hour // a list from disk that is older is protected against an empty answer only
	rewriteAfter = 5 * time.Minute
	writesApart  = time.Second
	freshPolls   = 3
	never        = time.Duration(-1)
)

// missed is how long answers have lacked an endpoint.
type missed = time.Duration

// view is what is known of one service, and what an answer makes of it. It is told the time; its owner serialises calls.
type view struct {
	service    string
	poll, hold time.Duration
	known      map[string]*Endpoint
	answered   map[string]*Endpoint // the last answer as it was: what a 304 stands for
	missing    map[string]missed
	tag        string
	source     Source
	confirmed  time.Duration // when a node last did; never: not since the start
	readAt     time.Duration
	diskAge    time.Duration // when it was read; negative: nobody can tell
	old        bool
	dirty      bool
	written    time.Duration // when the file was last tried; never: not yet
	shown      *List         // of the current content, without the age
}

func newView(service string, poll, hold time.Duration) *view {
	return &view{
		service: service, poll: poll, hold: hold, known: map[string]*Endpoint{}, answered: map[string]*Endpoint{},
		missing: map[string]missed{}, source: FromNowhere, confirmed: never, diskAge: never, written: never,
	}
}

func (v *view) sharp(answer map[string]*Endpoint) bool {
	return sharp(v.known, answer, v.missing, v.old)
}

// lost are the ids that an answer lacks.
func (v *view) lost(answer map[string]*Endpoint) map[string]bool {
	lost := map[string]bool{}
	for id := range v.known {
		if _, there := answer[id]; !there {
			lost[id] = true
		}
	}
	return lost
}

// forget drops what events say was taken out.
func (v *view) forget(gone []string) {
	if len(gone) == 0 {
		return
	}
	known := make(map[string]*Endpoint, len(v.known))
	for id, one := range v.known {
		known[id] = one
	}
	for _, id := range gone {
		delete(known, id)
		delete(v.missing, id)
	}
	v.known, v.dirty, v.shown = known, true, nil
}

// take believes the answer as it is.
func (v *view) take(answer map[string]*Endpoint, now time.Duration) {
	v.set(answer, map[string]missed{})
	v.confirm(answer, now)
}

// keep believes what the answer has, and keeps what it lacks for its time.
func (v *view) keep(answer map[string]*Endpoint, now time.Duration) {
	var step time.Duration
	if v.confirmed != never {
		step = least(now-v.confirmed, 2*v.poll)
	}
	known, missing := make(map[string]*Endpoint, len(v.known)), map[string]missed{}
	for id, one := range answer {
		known[id] = one
	}
	for id := range v.lost(answer) {
		lacked, again := v.missing[id]
		if again {
			lacked += step
		}
		if lacked < v.holdOf(v.known[id]) {
			known[id], missing[id] = v.known[id], lacked
		}
	}
	v.set(known, missing)
	v.confirm(answer, now)
}

func (v *view) holdOf(one *Endpoint) time.Duration {
	if v.hold > 0 {
		return least(v.hold, holdMax)
	}
	return least(one.lease, holdMax)
}

func (v *view) set(known map[string]*Endpoint, missing map[string]missed) {
	changed := v.source == FromNowhere || len(known) != len(v.known)
	for id, one := range known {
		if changed {
			break
		}
		before, there := v.known[id]
		changed = !there || (before != one && !bytes.Equal(before.document, one.document))
	}
	v.dirty = v.dirty || changed
	v.known, v.missing, v.shown = known, missing, nil
}

func (v *view) confirm(answer map[string]*Endpoint, now time.Duration) {
	v.answered, v.confirmed, v.source, v.old = answer, now, FromRegistry, false
}

// ------------------------------------------------------------------------------------------------ disk

type serviceDocument struct {
	Service     string            `json:"service"`
	ConfirmedAt int64             `json:"confirmed_at_ms"`
	Etag        string            `json:"etag"`
	Instances   []json.RawMessage `json:"instances"`
}

func (v *view) read(files *cache, now time.Duration, wall time.Time) {
	name := cacheName(v.service)
	document := files.read(name, kindOfService)
	if document == nil {
		return
	}
	fields := objectOf(document)
	if textOf(fields["service"]) != v.service {
		files.ignore(name, errors.New("it is of another service"))
		return
	}
	known, err := endpointsOf(document)
	if err != nil {
		files.ignore(name, err)
		return
	}
	var date float64
	v.diskAge = never
	if json.Unmarshal(fields["confirmed_at_ms"], &date) == nil {
		// Beyond the most, an age is of no interest but for being that great.
		if age := float64(wall.UnixMilli()) - date; age >= 0 && age < float64(durationMax/time.Millisecond) {
			v.diskAge = time.Duration(age * float64(time.Millisecond))
		} else if age >= 0 {
			v.diskAge = durationMax
		}
	}
	v.old = v.diskAge > oldAfter
	v.readAt, v.source, v.known, v.answered, v.shown = now, FromDisk, known, known, nil
	v.tag = cleanTag(textOf(fields["etag"]))
}

// writeDue is when the file is to be written, at the earliest; false: there is nothing new.
func (v *view) writeDue() (time.Duration, bool) {
	switch {
	case v.written == never && (v.dirty || v.confirmed != never):
		return 0, true
	case v.dirty:
		return v.written + writesApart, true
	case v.confirmed > v.written:
		return v.written + rewriteAfter, true
	}
	return 0, false
}

// document is what is written to the file.
func (v *view) document(now time.Duration, wall time.Time) []byte {
	age := time.Duration(0)
	if v.confirmed != never {
		age = now - v.confirmed
	}
	made := serviceDocument{Service: v.service, ConfirmedAt: wall.Add(-age).UnixMilli(), Instances: []json.RawMessage{}}
	if len(v.missing) == 0 {
		made.Etag = v.tag
	}
	for _, one := range v.sorted() {
		made.Instances = append(made.Instances, one.document)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // instances stay as they came
	if encoder.Encode(made) != nil {
		return nil // cannot be: every part was read as JSON
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// --------------------------------------------------------------------------------------------- readers

func (v *view) sorted() []*Endpoint {
	all := make([]*Endpoint, 0, len(v.known))
	for _, one := range v.known {
		all = append(all, one)
	}
	sort.Slice(all, func(a, b int) bool { return all[a].ID < all[b].ID })
	return all
}

func (v *view) list(now time.Duration) *List {
	if v.shown == nil {
		v.shown = &List{Service: v.service, Endpoints: make([]Endpoint, 0, len(v.known)), Missing: []string{}}
		for _, one := range v.sorted() {
			v.shown.Endpoints = append(v.shown.Endpoints, *one)
		}
		for id := range v.missing {
			v.shown.Missing = append(v.shown.Missing, id)
		}
		sort.Strings(v.shown.Missing)
	}
	told := *v.shown
	told.Source = v.source
	switch {
	case v.confirmed != never:
		told.Age, told.State = now-v.confirmed, Fresh
		if told.Age > freshPolls*v.poll {
			told.State = Stale
		}
	case v.source == FromDisk:
		told.Age, told.State = never, CachedOnly
		if v.diskAge >= 0 {
			told.Age = v.diskAge + now - v.readAt
		}
	default:
		told.Age, told.State = never, Never
	}
	return &told
}
