package main

import (
	"fmt"

	"github.com/zikr-app/zikr/internal/rest"
)

// The documents are made from the types that the server runs on; they need no server.

type openAPICmd struct{}

// Run prints the OpenAPI document.
func (openAPICmd) Run(io streams) error {
	api, err := documents()
	if err != nil {
		return err
	}
	_, err = io.out.Write(api.OpenAPI())
	return err
}

type asyncAPICmd struct {
	Markdown bool `help:"As a page for people, as docs/events.md is."`
}

// Run prints the AsyncAPI document.
func (c asyncAPICmd) Run(io streams) error {
	if c.Markdown {
		page, err := rest.EventsMarkdown()
		if err != nil {
			return fmt.Errorf("make the page: %w", err)
		}
		_, err = io.out.Write(page)
		return err
	}
	api, err := documents()
	if err != nil {
		return err
	}
	_, err = io.out.Write(api.AsyncAPI())
	return err
}

func documents() (*rest.API, error) {
	api, err := rest.New(rest.Options{Version: versionName()})
	if err != nil {
		return nil, fmt.Errorf("make the documents: %w", err)
	}
	return api, nil
}
