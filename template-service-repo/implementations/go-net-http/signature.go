package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"strconv"
	"time"
)

const windowSeconds = 5

// signatureCheck returns a function that tells whether a body was signed for this key, now.
func signatureCheck(publicKeyHex string) (func(signature, timestamp string, body []byte) bool, error) {
	key, err := hex.DecodeString(publicKeyHex)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("DISCORD_PUBLIC_KEY must be 64 hexadecimal digits (the public key of the application)")
	}
	return func(signature, timestamp string, body []byte) bool {
		decoded, err := hex.DecodeString(signature)
		if err != nil || len(decoded) != ed25519.SignatureSize {
			return false
		}
		signedAt, err := strconv.ParseUint(timestamp, 10, 40)
		if err != nil {
			return false
		}
		age := time.Now().Unix() - int64(signedAt)
		if age > windowSeconds || age < -windowSeconds {
			return false
		}
		return ed25519.Verify(key, append([]byte(timestamp), body...), decoded)
	}, nil
}
