// Runs AWS's clients for JavaScript, unchanged, against a fakeaws on the loopback interface.
//
//   node aws-client.mjs MODULES URL ACCESS_KEY SECRET_KEY CIPHERTEXT
//
// Each step prints one line of JSON.
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, url, accessKeyId, secretAccessKey, ciphertext] = process.argv.slice(2);
const require = createRequire(join(modules, "package.json"));
const sm = require("@aws-sdk/client-secrets-manager");
const kms = require("@aws-sdk/client-kms");

const step = (name, result) => console.log(JSON.stringify({ step: name, ...result }));
const options = (secret) => ({ region: "eu-central-1", endpoint: url, maxAttempts: 1, credentials: { accessKeyId, secretAccessKey: secret } });
const client = new sm.SecretsManagerClient(options(secretAccessKey));

const get = (input) => client.send(new sm.GetSecretValueCommand({ SecretId: "mail", ...input }));
step("get", { value: (await get({})).SecretString });
step("previous", { value: (await get({ VersionStage: "AWSPREVIOUS" })).SecretString });
await client.send(new sm.CreateSecretCommand({ Name: "fresh", SecretString: "one" }));
const put = await client.send(new sm.PutSecretValueCommand({ SecretId: "fresh", SecretBinary: Buffer.from([0, 255]) }));
const binary = await client.send(new sm.GetSecretValueCommand({ SecretId: "fresh", VersionId: put.VersionId }));
step("binary", { bytes: [...binary.SecretBinary] });

const plain = await new kms.KMSClient(options(secretAccessKey)).send(new kms.DecryptCommand({ CiphertextBlob: Buffer.from(ciphertext, "base64") }));
step("decrypt", { value: Buffer.from(plain.Plaintext).toString() });

for (const [name, call] of Object.entries({
  missing: () => client.send(new sm.GetSecretValueCommand({ SecretId: "none" })),
  exists: () => client.send(new sm.CreateSecretCommand({ Name: "mail", SecretString: "x" })),
  signature: () => new sm.SecretsManagerClient(options("wrong")).send(new sm.GetSecretValueCommand({ SecretId: "mail" })),
})) {
  try {
    await call();
    step(name, { error: null });
  } catch (error) {
    step(name, { error: error.name });
  }
}
