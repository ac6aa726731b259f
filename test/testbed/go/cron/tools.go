// Command cron-times answers when cron expressions fire, by robfig/cron v3 and by the library that Velero
// 1.18.3 uses. One question per line of standard input, one answer per line of standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	velero "github.com/netresearch/go-cron"
	robfig "github.com/robfig/cron/v3"
)

type question struct {
	Library string `json:"library"`
	Text    string `json:"text"`
	Zone    string `json:"zone"`
	After   int64  `json:"afterMs"`
	Count   int    `json:"count"`
}

type answer struct {
	Problem string  `json:"problem,omitempty"`
	Seconds []int64 `json:"seconds"`
}

type schedule interface{ Next(time.Time) time.Time }

func parse(q question) (found schedule, err error) {
	// robfig/cron panics on a time zone without anything after it.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	if q.Library == "velero" {
		return velero.ParseStandard(q.Text)
	}
	return robfig.ParseStandard(q.Text)
}

func reply(q question) (a answer) {
	a.Seconds = []int64{}
	zone, err := time.LoadLocation(q.Zone)
	if err == nil {
		var s schedule
		if s, err = parse(q); err == nil {
			at := time.UnixMilli(q.After).In(zone)
			for len(a.Seconds) < q.Count {
				if at = s.Next(at); at.IsZero() {
					return a
				}
				a.Seconds = append(a.Seconds, at.Unix())
			}
			return a
		}
	}
	a.Problem = err.Error()
	return a
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		line, _ := json.Marshal(reply(q))
		out.Write(append(line, '\n'))
	}
}
