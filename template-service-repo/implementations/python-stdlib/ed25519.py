"""Ed25519 verification by RFC 8032, section 5.1.7, in plain Python.

Python's standard library has no Ed25519. A binding to libsodium is about fifty times faster; use one where a dependency
is welcome. Verification handles public values only, so it need not run in constant time.
"""

from hashlib import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)

# A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z.


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _double(p):
    a = p[0] * p[0] % P
    b = p[1] * p[1] % P
    c = 2 * p[2] * p[2] % P
    h = a + b
    e = h - (p[0] + p[1]) ** 2 % P
    g = a - b
    f = c + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def _decode(encoded):
    """The point that 32 bytes stand for, or None."""
    y = int.from_bytes(encoded, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else (0, y, 1, 0)
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_MINUS_ONE % P
    if (x * x - x2) % P:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = _decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


class PublicKey:
    """A public key, decoded once. Raises ValueError when the 32 bytes are no point of the curve."""

    def __init__(self, encoded):
        point = _decode(encoded) if len(encoded) == 32 else None
        if point is None:
            raise ValueError("no Ed25519 public key")
        self._encoded = encoded
        self._minus = (P - point[0], point[1], 1, P - point[3])
        self._base_minus = _add(BASE, self._minus)

    def verify(self, signature, message):
        """Whether the 64 bytes of signature belong to the message."""
        r, s = signature[:32], int.from_bytes(signature[32:], "little")
        if len(signature) != 64 or s >= L:
            return False
        h = int.from_bytes(sha512(r + self._encoded + message).digest(), "little") % L
        # s*B - h*A in one pass over the bits of both numbers; it must be R.
        table = (None, BASE, self._minus, self._base_minus)
        q = IDENTITY
        for bit in range(252, -1, -1):
            q = _double(q)
            chosen = table[(s >> bit & 1) | (h >> bit & 1) << 1]
            if chosen is not None:
                q = _add(q, chosen)
        z = pow(q[2], P - 2, P)
        x, y = q[0] * z % P, q[1] * z % P
        return r == (y | (x & 1) << 255).to_bytes(32, "little")
