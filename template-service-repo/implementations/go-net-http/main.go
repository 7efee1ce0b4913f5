// Command go-net-http is the Discord webhook on Go's standard library.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
	"unicode/utf8"
)

const maxBodyBytes = 4 << 20

type service struct {
	signed  func(signature, timestamp string, body []byte) bool
	publish func(ctx context.Context, interaction map[string]json.RawMessage) error
}

func main() {
	log.SetFlags(0)
	signed, err := signatureCheck(os.Getenv("DISCORD_PUBLIC_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	s := &service{signed: signed, publish: publisher()}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, `{"status":"ok"}`)
	})
	mux.HandleFunc("GET /_benchmark/ready", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, `{"status":"ready"}`)
	})
	mux.HandleFunc("POST /interactions", s.interaction)
	mux.HandleFunc("POST /{$}", s.interaction)

	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	server := &http.Server{Addr: ":" + port, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	drained := make(chan struct{})
	go func() {
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
		<-stop
		ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
		defer cancel()
		server.Shutdown(ctx)
		close(drained)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	<-drained
}

func (s *service) interaction(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "body too large")
		return
	}
	if !s.signed(r.Header.Get("X-Signature-Ed25519"), r.Header.Get("X-Signature-Timestamp"), body) {
		refuse(w, http.StatusUnauthorized, "invalid request signature")
		return
	}
	// Raw members keep every number and nested value exactly as it was sent.
	var received map[string]json.RawMessage
	if !utf8.Valid(body) || json.Unmarshal(body, &received) != nil {
		refuse(w, http.StatusBadRequest, "the body must be a JSON object")
		return
	}
	switch string(received["type"]) {
	case "1":
		answer(w, http.StatusOK, `{"type":1}`)
	case "2":
		if err := s.publish(r.Context(), received); err != nil {
			log.Printf("publish failed: %v", err)
			refuse(w, http.StatusInternalServerError, "internal error")
			return
		}
		answer(w, http.StatusOK, `{"type":5}`)
	default:
		refuse(w, http.StatusBadRequest, "unsupported interaction type")
	}
}

func refuse(w http.ResponseWriter, status int, reason string) {
	answer(w, status, `{"error":"`+reason+`"}`)
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, body)
}
