package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

// An allow-list, so that a secret that Discord adds one day does not end up in the topic.
var published = []string{
	"type", "id", "application_id", "version", "guild_id", "channel_id", "data", "member", "user", "locale", "guild_locale",
}

type message struct {
	Data       []byte            `json:"data"`
	Attributes map[string]string `json:"attributes"`
}

func messageOf(interaction map[string]json.RawMessage) (message, error) {
	kept := make(map[string]json.RawMessage, len(published))
	for _, name := range published {
		if value, ok := interaction[name]; ok {
			kept[name] = value
		}
	}
	data, err := json.Marshal(kept)
	if err != nil {
		return message{}, err
	}
	var command struct {
		Name json.RawMessage `json:"name"`
	}
	json.Unmarshal(interaction["data"], &command)
	return message{Data: data, Attributes: map[string]string{
		"interaction_id":   text(interaction["id"]),
		"interaction_type": "2",
		"application_id":   text(interaction["application_id"]),
		"guild_id":         text(interaction["guild_id"]),
		"channel_id":       text(interaction["channel_id"]),
		"command_name":     text(command.Name),
		"timestamp":        time.Now().UTC().Format(time.RFC3339Nano),
	}}, nil
}

func text(value json.RawMessage) string {
	var decoded string
	if json.Unmarshal(value, &decoded) != nil {
		return ""
	}
	return decoded
}

// publisher returns a function that publishes one interaction and returns when Pub/Sub has it. Plain REST: the client
// library would cost more time at start than all the rest of this service.
func publisher() func(context.Context, map[string]json.RawMessage) error {
	project, topic := os.Getenv("GOOGLE_CLOUD_PROJECT"), os.Getenv("PUBSUB_TOPIC")
	if project == "" || topic == "" {
		log.Print("GOOGLE_CLOUD_PROJECT or PUBSUB_TOPIC is not set: slash commands are not published")
		return func(context.Context, map[string]json.RawMessage) error { return nil }
	}
	path := "/v1/projects/" + project + "/topics/" + topic + ":publish"
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 100
	client := &http.Client{Timeout: 10 * time.Second, Transport: transport}
	url, token := "https://pubsub.googleapis.com"+path, accessToken(client)
	if emulator := os.Getenv("PUBSUB_EMULATOR_HOST"); emulator != "" {
		url, token = "http://"+emulator+path, func(context.Context) (string, error) { return "", nil }
	}
	return func(ctx context.Context, interaction map[string]json.RawMessage) error {
		m, err := messageOf(interaction)
		if err != nil {
			return err
		}
		body, err := json.Marshal(map[string][]message{"messages": {m}})
		if err != nil {
			return err
		}
		bearer, err := token(ctx)
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/json")
		if bearer != "" {
			request.Header.Set("Authorization", "Bearer "+bearer)
		}
		_, err = exchange(client, request)
		return err
	}
}

// accessToken returns a function that gives the service account's token, kept until a minute before it expires.
func accessToken(client *http.Client) func(context.Context) (string, error) {
	host := os.Getenv("GCE_METADATA_HOST")
	if host == "" {
		host = "metadata.google.internal"
	}
	url := "http://" + host + "/computeMetadata/v1/instance/service-accounts/default/token"
	var lock sync.Mutex
	var value string
	var until time.Time
	return func(ctx context.Context) (string, error) {
		lock.Lock()
		defer lock.Unlock()
		if time.Now().Before(until) {
			return value, nil
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return "", err
		}
		request.Header.Set("Metadata-Flavor", "Google")
		body, err := exchange(client, request)
		if err != nil {
			return "", err
		}
		var answer struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   int    `json:"expires_in"`
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			return "", err
		}
		value, until = answer.AccessToken, time.Now().Add(time.Duration(answer.ExpiresIn-60)*time.Second)
		return value, nil
	}
}

// exchange reads the body to its end, so that the connection can be used again.
func exchange(client *http.Client, request *http.Request) ([]byte, error) {
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %d", request.URL.Host, response.StatusCode)
	}
	return body, err
}
