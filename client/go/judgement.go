package muster

import "encoding/json"

const lossMin = 3 // fewer are an ordinary day

// sharp says whether an answer loses so much of what is known that it needs a reason. onlyEmpty: what is known is old.
func sharp(known, answered map[string]*Endpoint, missing map[string]missed, onlyEmpty bool) bool {
	if len(known) == 0 {
		return false
	}
	if len(answered) == 0 {
		return true
	}
	if onlyEmpty {
		return false
	}
	lost := 0
	for id := range known {
		if _, there := answered[id]; there {
			continue
		}
		lost++
		if _, still := missing[id]; still {
			return true
		}
	}
	return lost >= lossMin && 2*lost > len(known)
}

// explained are those of lost whose latest event says that they were taken out. document is the answer of /v1/events.
func explained(document []byte, lost map[string]bool) []string {
	var events []json.RawMessage
	if json.Unmarshal(objectOf(document)["events"], &events) != nil {
		return nil
	}
	latest := map[string]string{} // they come oldest first
	for _, one := range events {
		event := objectOf(one)
		if id := textOf(event["id"]); lost[id] {
			latest[id] = textOf(event["cause"])
		}
	}
	var gone []string
	for id, cause := range latest {
		switch cause {
		case "cancelled", "hold_expired", "hold_released":
			gone = append(gone, id)
		}
	}
	return gone
}
