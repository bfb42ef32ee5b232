// Command agent is the client behind lines of JSON, for the kit in tests/functional/thin_clients, whose page has the verbs.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"muster.internal/muster"
)

const lineBytesMax = 1 << 20

var errLine = errors.New(`a line is one object of JSON, of at most 1 MiB: {"id": 1, "do": "hello"}`)

func main() {
	agent := &agent{}
	config, err := options(os.Args[1:])
	if err == nil {
		config.WallClock = agent.wall
		agent.client, err = muster.New(config)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	agent.client.CloseOnSIGTERM(func() { os.Exit(0) })
	input := bufio.NewReaderSize(os.Stdin, 1<<16)
	for !agent.done {
		line, whole, err := readLine(input)
		if err != nil {
			if err := agent.client.Close(context.Background()); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			return
		}
		if !whole {
			line = nil
		}
		fmt.Printf("%s\n", agent.answer(line))
	}
}

// readLine reads a line without its end; whole is false for one that is too long, which is skipped.
func readLine(input *bufio.Reader) (line []byte, whole bool, err error) {
	whole = true
	for {
		piece, err := input.ReadSlice('\n')
		if len(line)+len(piece) > lineBytesMax+1 {
			line, whole = nil, false
		}
		if whole {
			line = append(line, piece...)
		}
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), whole, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, whole, nil
		default:
			return nil, whole, err
		}
	}
}

// agent answers one line after the other.
type agent struct {
	client *muster.Client
	clock  shiftedClock
	done   bool
}

func (a *agent) wall() time.Time { return a.clock.now() }

// answer is one line of output.
func (a *agent) answer(line []byte) []byte {
	var request struct {
		ID json.RawMessage `json:"id"`
		Do string          `json:"do"`
	}
	told := map[string]any{}
	err := errLine
	if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 && trimmed[0] == '{' && json.Unmarshal(line, &request) == nil {
		told, err = a.do(request.Do, line)
	}
	if err != nil {
		told = map[string]any{"error": err.Error()}
	}
	told["id"], told["ok"] = request.ID, err == nil
	text, err := json.Marshal(told)
	if err != nil {
		return []byte(`{"id": null, "ok": false, "error": "the answer cannot be written as JSON; mend the agent"}`)
	}
	return text
}

// options reads the settings: `--poll-ms 100`; `--node` may be given several times.
func options(arguments []string) (muster.Config, error) {
	var config muster.Config
	durations := map[string]*time.Duration{
		"--poll-ms": &config.Poll, "--peers-ms": &config.Peers, "--connect-timeout-ms": &config.ConnectTimeout,
		"--request-timeout-ms": &config.RequestTimeout, "--retry-ms": &config.Retry, "--quarantine-ms": &config.Quarantine,
		"--quarantine-max-ms": &config.QuarantineMax, "--ready-timeout-ms": &config.ReadyTimeout, "--hold-ms": &config.Hold,
		"--eject-ms": &config.Eject, "--eject-max-ms": &config.EjectMax, "--drain-ms": &config.Drain,
		"--stop-timeout-ms": &config.StopTimeout,
	}
	for at := 0; at < len(arguments); at += 2 {
		name := arguments[at]
		if at+1 == len(arguments) {
			return config, fmt.Errorf("%s wants a value", name)
		}
		value := arguments[at+1]
		switch {
		case name == "--node":
			config.Nodes = append(config.Nodes, value)
		case name == "--cache":
			config.CacheDir = value
		case name == "--client-id":
			config.ClientID = value
		case name != "--eject-after" && durations[name] == nil:
			return config, fmt.Errorf("unknown option %s; see client/README.md for the settings", name)
		default:
			var number float64
			if err := json.Unmarshal([]byte(value), &number); err != nil {
				return config, fmt.Errorf("%s is %q; give a number", name, value)
			}
			if name == "--eject-after" {
				config.EjectAfter = int(number)
				continue
			}
			*durations[name] = milliseconds(number)
			if number == 0 && (name == "--drain-ms" || name == "--ready-timeout-ms") {
				*durations[name] = -1 // none, where zero would be the default
			}
		}
	}
	return config, nil
}

func milliseconds(number float64) time.Duration {
	return time.Duration(number * float64(time.Millisecond))
}
