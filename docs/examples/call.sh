#!/usr/bin/env bash
# Sends one signed call to a participant. Usage: call.sh URL OPERATION PURCHASE STEP [BODY_MEMBERS]
# The secret is read from the file that SECRET_FILE names, so that it stands on no command line of yours.
set -euo pipefail
url=$1 operation=$2 purchase=$3 step=$4
more=${5:-'"sku": "GAME-100", "quantity": 2, "amount": 2000'}

body="{\"purchase\": \"$purchase\", \"step\": \"$step\", \"operation\": \"$operation\", \"shop\": \"shop-1\",
  \"order_id\": \"A-1001\", \"buyer\": \"b-42\", \"currency\": \"CNY\", \"merchant\": \"m-1\", $more,
  \"payload\": {}, \"results\": {}}"
key="$purchase:$step:$operation"
timestamp=$(date +%s)

digest=$(printf %s "$body" | openssl dgst -sha256 -binary | base64)
secret_hex=$(grep -m1 '^whsec_' "$SECRET_FILE" | cut -c7- | base64 -d | od -An -v -tx1 | tr -d ' \n')
signature=$(printf %s "$key.$timestamp.$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret_hex" -binary | base64)

curl --silent --show-error --write-out ' (%{http_code})\n' "$url/$operation" \
  -H 'Content-Type: application/json' \
  -H "Idempotency-Key: $key" \
  -H "Settle-Purchase: $purchase" -H "Settle-Step: $step" -H "Settle-Operation: $operation" \
  -H 'Settle-Attempt: 1' -H "Settle-Epoch: ${EPOCH:-0:1}" \
  -H "Content-Digest: sha-256=:$digest:" \
  -H "webhook-id: $key" -H "webhook-timestamp: $timestamp" -H "webhook-signature: v1,$signature" \
  --data-binary "$body"
