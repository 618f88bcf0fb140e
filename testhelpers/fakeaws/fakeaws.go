// Package fakeaws is AWS Secrets Manager and the decryption of AWS KMS in memory, by the JSON
// protocol of both: https://docs.aws.amazon.com/secretsmanager/latest/apireference and
// https://docs.aws.amazon.com/kms/latest/APIReference. It checks the signature of every
// request (Signature Version 4) and answers with the services' errors; see ASSUMPTIONS.md.
//
// A Fake embeds a fakehttp.Front; the kinds of its requests are "GetSecretValue",
// "PutSecretValue", "CreateSecret" and "Decrypt".
package fakeaws

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// Options of a Fake; the zero value takes AccessKey and SecretKey.
type Options struct {
	AccessKey string // "" = AccessKey
	SecretKey string // "" = SecretKey
}

// The credentials of a Fake without options.
const (
	AccessKey = "AKIDEXAMPLE"
	SecretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// Fake is both services of one region.
type Fake struct {
	fakehttp.Front
	o       Options
	handler http.Handler

	mu      sync.Mutex
	deny    bool
	secrets map[string][]version
	ciphers map[string]cipher
}

type version struct {
	id      string
	text    *string
	blob    []byte
	created time.Time
}

type cipher struct {
	plain   []byte
	context map[string]string
}

// New makes the services.
func New(o *Options) *Fake {
	f := &Fake{o: Options{AccessKey, SecretKey}, secrets: map[string][]version{}, ciphers: map[string]cipher{}}
	if o != nil {
		f.o = *o
	}
	f.handler = f.Wrap(http.HandlerFunc(f.serve), kind)
	return f
}

// ServeHTTP answers a request.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// RoundTripper is the door in memory.
func (f *Fake) RoundTripper() http.RoundTripper { return fakehttp.RoundTripper(f) }

// Start is the door on the loopback interface, by TLS.
func (f *Fake) Start() (*fakehttp.Server, error) { return fakehttp.Listen(f) }

// Put stores a new version of a secret as text and gives its id.
func (f *Fake) Put(name, value string) (id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.put(name, version{text: &value})
}

// PutBinary stores a new version as bytes.
func (f *Fake) PutBinary(name string, value []byte) (id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.put(name, version{blob: value})
}

func (f *Fake) put(name string, v version) string {
	if v.id == "" {
		v.id = uuid()
	}
	v.created = time.Now()
	f.secrets[name] = append(f.secrets[name], v)
	return v.id
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Encrypt makes a KMS ciphertext, in base64 as aws kms encrypt prints it.
func (f *Fake) Encrypt(plain []byte, context map[string]string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	blob := "ciphertext-" + uuid()
	f.ciphers[blob] = cipher{plain, context}
	return base64.StdEncoding.EncodeToString([]byte(blob))
}

// Deny takes the caller's rights away, or gives them back.
func (f *Fake) Deny(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deny = on
}

// kind is the operation, without the service's name.
func kind(r *http.Request) string {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return operation
}

// request is the union of the operations' fields.
type request struct {
	SecretId, VersionId, VersionStage, Name, ClientRequestToken string
	SecretString                                                *string
	SecretBinary, CiphertextBlob                                []byte
	EncryptionContext                                           map[string]string
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var in request
	if err != nil || json.Unmarshal(body, &in) != nil || r.Method != http.MethodPost || r.URL.Path != "/" {
		refuse(w, "SerializationException", "the request is no JSON of this protocol")
		return
	}
	if code, message := f.verify(r, body); code != "" {
		refuse(w, code, message)
		return
	}
	if f.deny {
		refuse(w, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/qa is not authorized to perform: "+kind(r)+" because no identity-based policy allows the action")
		return
	}
	switch r.Header.Get("X-Amz-Target") {
	case "secretsmanager.GetSecretValue":
		f.get(w, in)
	case "secretsmanager.PutSecretValue":
		f.change(w, in, in.SecretId, true)
	case "secretsmanager.CreateSecret":
		f.change(w, in, in.Name, false)
	case "TrentService.Decrypt":
		f.decrypt(w, in)
	default:
		refuse(w, "UnknownOperationException", "")
	}
}

func (f *Fake) get(w http.ResponseWriter, in request) {
	versions := f.secrets[in.SecretId]
	if len(versions) == 0 {
		refuse(w, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
		return
	}
	for i := len(versions) - 1; i >= 0; i-- {
		v := versions[i]
		stages := map[int][]string{len(versions) - 1: {"AWSCURRENT"}, len(versions) - 2: {"AWSPREVIOUS"}}[i]
		wanted := in.VersionId == v.id || in.VersionId == "" && len(stages) > 0 && (in.VersionStage == stages[0] || in.VersionStage == "" && stages[0] == "AWSCURRENT")
		if wanted {
			answer(w, http.StatusOK, map[string]any{"ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:" + in.SecretId + "-AbCdEf", "Name": in.SecretId,
				"VersionId": v.id, "VersionStages": stages, "SecretString": v.text, "SecretBinary": v.blob, "CreatedDate": float64(v.created.UnixMilli()) / 1000})
			return
		}
	}
	refuse(w, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: "+in.VersionId+in.VersionStage)
}

func (f *Fake) change(w http.ResponseWriter, in request, name string, exists bool) {
	switch known := len(f.secrets[name]) > 0; {
	case exists && !known:
		refuse(w, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	case !exists && known:
		refuse(w, "ResourceExistsException", "The operation failed because the secret "+name+" already exists.")
	case (in.SecretString == nil) == (in.SecretBinary == nil):
		refuse(w, "InvalidRequestException", "You must provide either SecretString or SecretBinary.")
	case len(in.ClientRequestToken) < 32:
		refuse(w, "InvalidParameterException", "You must provide a ClientRequestToken value.")
	default:
		f.put(name, version{id: in.ClientRequestToken, text: in.SecretString, blob: in.SecretBinary})
		answer(w, http.StatusOK, map[string]any{"Name": name, "VersionId": in.ClientRequestToken})
	}
}

func (f *Fake) decrypt(w http.ResponseWriter, in request) {
	c, ok := f.ciphers[string(in.CiphertextBlob)]
	if !ok || fmt.Sprint(c.context) != fmt.Sprint(in.EncryptionContext) {
		refuse(w, "InvalidCiphertextException", "")
		return
	}
	answer(w, http.StatusOK, map[string]any{"KeyId": "arn:aws:kms:eu-central-1:123456789012:key/k", "Plaintext": c.plain, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"})
}

// refuse answers as both services do: status 400, and the code in the body.
func refuse(w http.ResponseWriter, code, message string) {
	w.Header().Set("X-Amzn-ErrorType", code)
	answer(w, http.StatusBadRequest, map[string]any{"__type": code, "message": message})
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	for k, v := range body {
		if text, ok := v.(*string); ok && text == nil {
			delete(body, k)
		}
		if blob, ok := v.([]byte); ok && blob == nil {
			delete(body, k)
		}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-RequestId", uuid())
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
