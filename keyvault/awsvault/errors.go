package awsvault

import (
	"context"
	"errors"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
)

// vaultName is this vault's usual name.
const vaultName = "aws"

// kinds are the codes of the services that are not named like what they mean.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
var kinds = map[string]error{
	"ResourceNotFoundException":        keyvault.ErrNotFound,
	"NotFoundException":                keyvault.ErrNotFound,
	"AccessDeniedException":            keyvault.ErrRefused,
	"UnrecognizedClientException":      keyvault.ErrRefused,
	"InvalidSignatureException":        keyvault.ErrRefused,
	"IncompleteSignature":              keyvault.ErrRefused,
	"MissingAuthenticationToken":       keyvault.ErrRefused,
	"InvalidClientTokenId":             keyvault.ErrRefused,
	"ExpiredTokenException":            keyvault.ErrRefused,
	"OptInRequired":                    keyvault.ErrRefused,
	"DecryptionFailure":                keyvault.ErrRefused,
	"ThrottlingException":              keyvault.ErrUnavailable,
	"TooManyRequestsException":         keyvault.ErrUnavailable,
	"InternalServiceError":             keyvault.ErrUnavailable,
	"KMSInternalException":             keyvault.ErrUnavailable,
	"DependencyTimeoutException":       keyvault.ErrUnavailable,
	"KeyUnavailableException":          keyvault.ErrUnavailable,
	"RequestLimitExceeded":             keyvault.ErrUnavailable,
	"ServiceUnavailable":               keyvault.ErrUnavailable,
	"InvalidCiphertextException":       keyvault.ErrConfig,
	"IncorrectKeyException":            keyvault.ErrConfig,
	"DisabledException":                keyvault.ErrRefused,
	"KMSInvalidStateException":         keyvault.ErrRefused,
	"InvalidRequestException":          keyvault.ErrNotFound, // marked for deletion
	"InvalidParameterException":        keyvault.ErrConfig,
	"ValidationException":              keyvault.ErrConfig,
	"ResourceExistsException":          keyvault.ErrUnavailable, // somebody else made it meanwhile
	"LimitExceededException":           keyvault.ErrConfig,
	"PreconditionNotMetException":      keyvault.ErrConfig,
	"MalformedPolicyDocumentException": keyvault.ErrConfig,
	"UnsupportedOperationException":    keyvault.ErrConfig,
	"InvalidGrantTokenException":       keyvault.ErrRefused,
	"InvalidKeyUsageException":         keyvault.ErrConfig,
	"EncryptionFailure":                keyvault.ErrRefused,
	"PublicPolicyException":            keyvault.ErrConfig,
	"RequestExpired":                   keyvault.ErrRefused,
	"AccessDenied":                     keyvault.ErrRefused,
}

var remedies = map[error]string{
	keyvault.ErrNotFound:    "check name, version and region; a secret marked for deletion can be restored",
	keyvault.ErrRefused:     "give the caller secretsmanager:GetSecretValue on the secret and kms:Decrypt on its key, and check its credentials",
	keyvault.ErrUnavailable: "wait, and see that the region's endpoint can be reached",
	keyvault.ErrConfig:      "check the name, the version, and for KMS the key and the encryption context",
}

// failed tells what an error of a request means. A message of AWS holds names and ARNs, and no values.
func failed(ctx context.Context, n keyvault.Name, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	kind, text := keyvault.ErrUnavailable, "the request failed"
	status, after := answer(err)
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		text = api.ErrorCode() + ": " + api.ErrorMessage()
		if kind, ok = kinds[api.ErrorCode()]; !ok {
			kind = byStatus(status)
		}
	} else if status == 0 && strings.Contains(err.Error(), "credentials") {
		return n.Error(keyvault.ErrRefused, keyvault.Cause("no credentials were found", err), "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run with a role")
	}
	e := n.Error(kind, keyvault.Cause(text, err), remedies[kind])
	if errors.Is(kind, keyvault.ErrUnavailable) {
		e.RetryAfter = after
	}
	return e
}

// answer gives status and Retry-After of the HTTP answer, 0 if there was none.
func answer(err error) (status int, after time.Duration) {
	e, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok || e.Response == nil {
		return 0, 0
	}
	return e.HTTPStatusCode(), rest.RetryAfter(e.Response.Header)
}

func byStatus(status int) error {
	switch {
	case status == 401 || status == 403:
		return keyvault.ErrRefused
	case status == 404:
		return keyvault.ErrNotFound
	case status == 429 || status >= 500 || status == 0:
		return keyvault.ErrUnavailable
	}
	return keyvault.ErrConfig
}
