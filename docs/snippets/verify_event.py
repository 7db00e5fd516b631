"""Verifies an event of Tollgate's (the scheme of Standard Webhooks), with the standard library alone."""
import base64
import hashlib
import hmac
import time

TOLERANCE_SECONDS = 300


def verify_event(secrets, headers, body, now=None):
    """`secrets`: ["whsec_…"], two while one is being changed. `headers`: by lower-case name. `body`: the
    bytes as they came, before anything has parsed them. Raises ValueError when it is not genuine."""
    event_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not event_id or not (timestamp.isascii() and timestamp.isdigit()):
        raise ValueError("no webhook-id, or no webhook-timestamp")
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE_SECONDS:
        raise ValueError("too old, or this clock is wrong")
    signed = event_id.encode() + b"." + timestamp.encode() + b"." + body
    # Several, separated by spaces, while a secret is being changed; versions that we do not know are none.
    given = [part[3:] for part in headers.get("webhook-signature", "").split(" ") if part.startswith("v1,")]
    genuine = False
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        for signature in given:
            # Never `==`: how long it takes would tell how much of a forgery is right.
            genuine |= hmac.compare_digest(expected, signature.encode())
    if not genuine:
        raise ValueError("the signature is not ours")
    return event_id


# For trying it by hand: the headers in the environment, the body on standard input.
if __name__ == "__main__":
    import os
    import sys

    given_headers = {name: os.environ.get(name.upper().replace("-", "_"), "")
                     for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    try:
        print("verified", verify_event(sys.argv[1:], given_headers, sys.stdin.buffer.read()))
    except ValueError as problem:
        print("refused:", problem)
        sys.exit(1)
