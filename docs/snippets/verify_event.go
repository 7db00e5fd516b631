// Verifies an event of Tollgate's (the scheme of Standard Webhooks), with the standard library alone.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const tolerance = 300 * time.Second

// VerifyEvent returns an error when the event is not genuine. secrets: "whsec_…", two while one is being
// changed. body: the bytes as they came (io.ReadAll(request.Body)), before anything has parsed them.
func VerifyEvent(secrets []string, header http.Header, body []byte, now time.Time) error {
	id := header.Get("webhook-id")
	timestamp := header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil {
		return errors.New("no webhook-id, or no webhook-timestamp")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return errors.New("too old, or this clock is wrong")
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			return fmt.Errorf("a secret is no base64: %w", err)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(body)
		expected := []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		// Several, separated by spaces, while a secret is being changed; versions that we do not know
		// are none.
		for _, part := range strings.Split(header.Get("webhook-signature"), " ") {
			// Never ==: how long it takes would tell how much of a forgery is right.
			if strings.HasPrefix(part, "v1,") && hmac.Equal(expected, []byte(part[3:])) {
				return nil
			}
		}
	}
	return errors.New("the signature is not ours")
}

// For trying it by hand: the headers in the environment, the body on standard input.
func main() {
	header := http.Header{}
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		header.Set(name, os.Getenv(strings.ToUpper(strings.ReplaceAll(name, "-", "_"))))
	}
	body, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = VerifyEvent(os.Args[1:], header, body, time.Now())
	}
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println("verified", header.Get("webhook-id"))
}
