"""Tokens as a forger makes them, with signatures of a key of the forger's own (Ed25519, RFC 8032, slow and plain)."""

import base64
import hashlib
import json

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, FIELD - 2, FIELD) % FIELD
_BASE_Y = 4 * pow(5, FIELD - 2, FIELD) % FIELD


def _recover_x(y):
    square = (y * y - 1) * pow(_D * y * y + 1, FIELD - 2, FIELD)
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if (x * x - square) % FIELD:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    return FIELD - x if x & 1 else x


_BASE = (_recover_x(_BASE_Y), _BASE_Y, 1, _recover_x(_BASE_Y) * _BASE_Y % FIELD)


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % FIELD, (p[1] + p[0]) * (q[1] + q[0]) % FIELD
    c, d = 2 * p[3] * q[3] * _D % FIELD, 2 * p[2] * q[2] % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD


def _times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point, number = _add(point, point), number >> 1
    return result


def _packed(point):
    inverse = pow(point[2], FIELD - 2, FIELD)
    x, y = point[0] * inverse % FIELD, point[1] * inverse % FIELD
    return (y | (x & 1) << 255).to_bytes(32, "little")


class Key:
    """The forger's own key."""

    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        self._scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self._prefix = digest[32:]
        self.public = _packed(_times(self._scalar, _BASE))

    def sign(self, message):
        nonce = int.from_bytes(hashlib.sha512(self._prefix + message).digest(), "little") % ORDER
        point = _packed(_times(nonce, _BASE))
        challenge = int.from_bytes(hashlib.sha512(point + self.public + message).digest(), "little") % ORDER
        return point + ((nonce + challenge * self._scalar) % ORDER).to_bytes(32, "little")


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def data(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def read(token):
    """Header and claims of a token."""
    header, claims, _ = token.split(".")
    return json.loads(data(header)), json.loads(data(claims))


def join(header, claims, signature):
    return ".".join(text(json.dumps(part).encode()) for part in (header, claims)) + "." + text(signature)


def altered(token, header=None, claims=None):
    """The token with other words and its old signature."""
    old_header, old_claims = read(token)
    signature = data(token.split(".")[2])
    return join({**old_header, **(header or {})}, {**old_claims, **(claims or {})}, signature)


def signed(token, key, header=None, claims=None):
    """The token with other words, signed by the forger."""
    old_header, old_claims = read(token)
    header, claims = {**old_header, **(header or {})}, {**old_claims, **(claims or {})}
    words = ".".join(text(json.dumps(part).encode()) for part in (header, claims))
    return words + "." + text(key.sign(words.encode()))


def with_signature(token, signature):
    return ".".join(token.split(".")[:2]) + "." + signature


def malleable(token):
    """The same signature with the order of the group added to its scalar: another text that a careless verifier takes."""
    signature = data(token.split(".")[2])
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    return with_signature(token, text(signature[:32] + scalar.to_bytes(32, "little")))
