package fakeaws

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$`)

// verify checks the signature of a request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (f *Fake) verify(r *http.Request, body []byte) (code, message string) {
	parts := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if parts == nil {
		return "MissingAuthenticationTokenException", "Missing Authentication Token"
	}
	key, day, region, service, signed, signature := parts[1], parts[2], parts[3], parts[4], parts[5], parts[6]
	stamp := r.Header.Get("X-Amz-Date")
	at, err := time.Parse("20060102T150405Z", stamp)
	switch {
	case key != f.o.AccessKey:
		return "UnrecognizedClientException", "The security token included in the request is invalid."
	case err != nil || !strings.HasPrefix(stamp, day) || time.Since(at).Abs() > 5*time.Minute:
		return "InvalidSignatureException", "Signature expired"
	}
	scope := day + "/" + region + "/" + service + "/aws4_request"
	canonical := canonicalRequest(r, strings.Split(signed, ";"), body)
	text := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + digest(canonical)
	secret := []byte("AWS4" + f.o.SecretKey)
	for _, step := range []string{day, region, service, "aws4_request"} {
		secret = mac(secret, step)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(mac(secret, text))), []byte(signature)) {
		return "InvalidSignatureException", "The request signature we calculated does not match the signature you provided."
	}
	return "", ""
}

func canonicalRequest(r *http.Request, signed []string, body []byte) string {
	headers := ""
	for _, name := range signed {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			if value == "" {
				value = strconv.FormatInt(r.ContentLength, 10)
			}
		}
		headers += name + ":" + strings.Join(strings.Fields(value), " ") + "\n"
	}
	return strings.Join([]string{r.Method, "/", r.URL.RawQuery, headers, strings.Join(signed, ";"), digest(string(body))}, "\n")
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
